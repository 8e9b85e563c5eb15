"""The limit, step by step: what adds to it, what caps it, each step visible with its reason.

The invariant: the limit is the sum of the steps, and each step only rises when a number in it
gets better. Caps that bite are steps with a negative amount.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.credit.chain import chain_step
from martlet.credit.coverage import coverage_step
from martlet.credit.model import Application, Change, Component, Parameter, Reason, WouldChange
from martlet.kernel.rounding import RoundingMode, divide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlet.credit.policy import Band, CapacitySource, Policy, ProductTerms

HISTORY = "records_history_days"
TAKINGS = "verified_takings_monthly_fen"
_PPM = 1_000_000


def waterfall(
    application: Application,
    numbers: Mapping[str, int],
    band: Band | None,
    policy: Policy,
    terms: ProductTerms,
) -> tuple[Component, ...]:
    """Return the steps from what a business can show to its limit."""
    wanted_fen = min(application.requested_fen, terms.limit_max_fen)
    steps = [
        _capacity_step(source, numbers, band, policy, wanted_fen)
        for source in policy.capacity
        if source.kind in numbers
    ]
    by_chain = chain_step(numbers, band, policy, sum(step.amount_fen for step in steps))
    if by_chain is not None:
        steps.append(by_chain)
    steps.append(_starter_step(numbers, policy, sum(step.amount_fen for step in steps)))
    total = sum(step.amount_fen for step in steps)
    if policy.coverage:
        rate = policy.asked_rate(band)
        step = coverage_step(application, numbers, rate, terms, (policy, total))
        if step is not None:
            steps.append(step)
            total += step.amount_fen
    room = max(policy.exposure_max_fen - application.committed_fen, 0)
    caps = (
        ("committed", max(total - application.committed_fen, 0), application.committed_fen),
        ("exposure", _whole(room, policy), policy.exposure_max_fen),
        ("product", terms.limit_max_fen, terms.limit_max_fen),
        ("requested", _whole(application.requested_fen, policy), application.requested_fen),
    )
    for name, most_fen, shown_fen in caps:
        if total > most_fen:
            reason = Reason(f"credit.cap_{name}", {"cap_fen": shown_fen})
            steps.append(Component(name, most_fen - total, total, name, reason))
            total = most_fen
    return tuple(steps)


def _capacity_step(
    source: CapacitySource,
    numbers: Mapping[str, int],
    band: Band | None,
    policy: Policy,
    wanted_fen: int,
) -> Component:
    """Return what one kind of money adds: its share by band, up to its cap, once unlocked."""
    value = max(numbers[source.kind], 0)
    share_ppm = 0 if band is None else source.share_ppm[band.name]
    before_fen = _part(value, share_ppm, policy)
    days = numbers.get(HISTORY, 0)
    params: dict[str, Parameter] = {"kind": source.kind, "value": value, "share_ppm": share_ppm}
    if days < source.history_min_days:
        needed = source.history_min_days
        way_out = WouldChange((Change(HISTORY, days, needed),))
        params |= {"history_days": days, "needed_days": needed, "more_days": needed - days}
        reason = Reason("credit.capacity_locked", params, way_out)
        return Component(source.kind, 0, before_fen, "history", reason)
    if band is None:
        return Component(source.kind, 0, 0, "band", Reason("credit.capacity_unbanded", params))
    if before_fen > source.cap_fen:
        reason = Reason("credit.capacity_capped", {**params, "cap_fen": source.cap_fen})
        return Component(source.kind, _whole(source.cap_fen, policy), before_fen, "source", reason)
    more = _more_needed(source, value, share_ppm, min(wanted_fen, source.cap_fen), policy)
    reason = Reason("credit.capacity_share", params, more)
    return Component(source.kind, before_fen, before_fen, "", reason)


def _more_needed(
    source: CapacitySource, value: int, share_ppm: int, wanted_fen: int, policy: Policy
) -> WouldChange | None:
    """Return how much of the money would carry all that is wanted; None where it does already."""
    if not share_ppm:
        return None
    needed = divide(_whole(wanted_fen, policy) * _PPM, share_ppm, RoundingMode.UP)
    return WouldChange((Change(source.kind, value, needed),)) if needed > value else None


def _starter_step(numbers: Mapping[str, int], policy: Policy, so_far_fen: int) -> Component:
    """Return what lifts the limit to the starter line of a business with little history.

    The line is the policy's least, or the step of the days recorded, up to a share of the takings
    that the records show, whichever is more. Nothing is added where capacity gives more already.
    """
    thin, days = policy.thin_history, numbers.get(HISTORY, 0)
    step_fen = max((s.limit_fen for s in thin.steps if days >= s.history_min_days), default=0)
    takings_fen = max(numbers.get(TAKINGS, 0), 0)
    shown_fen = min(step_fen, _part(takings_fen, thin.takings_share_ppm, policy))
    line_fen = max(thin.least_fen, _whole(shown_fen, policy))
    amount_fen = max(line_fen - so_far_fen, 0)
    params = {"line_fen": line_fen, "history_days": days}
    longer = next((s for s in thin.steps if s.history_min_days > days), None)
    way_out = None
    if longer is not None and amount_fen:
        way_out = WouldChange((Change(HISTORY, days, longer.history_min_days),))
    code = "credit.starter_line" if amount_fen else "credit.starter_line_exceeded"
    return Component("starter", amount_fen, amount_fen, "", Reason(code, params, way_out))


def _part(value_fen: int, share_ppm: int, policy: Policy) -> int:
    """Return a share of an amount, in whole units, never rounded up."""
    return _whole(divide(value_fen * share_ppm, _PPM, RoundingMode.DOWN), policy)


def _whole(amount_fen: int, policy: Policy) -> int:
    """Return an amount lowered to whole units of the policy."""
    return amount_fen - amount_fen % policy.limit_unit_fen
