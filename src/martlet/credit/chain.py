"""What a place in a supply chain carries: the least of three amounts, and which of them it is.

Verified revenue through the chain × a share by band, the working capital needed, a cap by chain
grade. The invariant: without verified revenue there is nothing, whatever the grade; and each of the
three only rises when a signal in it gets better, one that nobody has seen counting as the least.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.credit.model import Change, Component, Parameter, Reason, WouldChange
from martlet.kernel.rates import PPM
from martlet.kernel.rounding import RoundingMode, divide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlet.credit.policy import Band, ChainCapacity, Policy

REVENUE = "chain_revenue_monthly_fen"
NEED = "chain_working_capital_fen"
GRADE = "chain_grade_count"
SOURCE = "chain"
_HISTORY = "records_history_days"


def chain_step(
    numbers: Mapping[str, int], band: Band | None, policy: Policy, so_far_fen: int
) -> Component | None:
    """Return what lifts the limit to the line through the chain; None where nothing is verified.

    Nothing is added where other money gives more already: the same invoices are not lent against
    twice.
    """
    chain, revenue_fen = policy.chain, numbers.get(REVENUE, 0)
    if chain is None or revenue_fen <= 0:
        return None
    share_ppm = 0 if band is None else chain.share_ppm[band.name]
    params: dict[str, Parameter] = {"revenue_fen": revenue_fen, "share_ppm": share_ppm}
    days = numbers.get(_HISTORY, 0)
    if days < chain.history_min_days:
        needed = chain.history_min_days
        params |= {"history_days": days, "needed_days": needed, "more_days": needed - days}
        way_out = WouldChange((Change(_HISTORY, days, needed),))
        return Component(SOURCE, 0, 0, "history", Reason("credit.chain_locked", params, way_out))
    if band is None:
        return Component(SOURCE, 0, 0, "band", Reason("credit.chain_unbanded", params))
    grade = _grade(numbers, chain)
    amounts = {
        "revenue": _whole(divide(revenue_fen * share_ppm, PPM, RoundingMode.DOWN), policy),
        "need": _whole(
            max(
                numbers.get(NEED, 0),
                divide(revenue_fen * chain.need_least_ppm, PPM, RoundingMode.DOWN),
            ),
            policy,
        ),
        "grade": _whole(chain.grade_caps_fen[grade - 1], policy),
    }
    bound = min(amounts, key=amounts.__getitem__)
    line_fen = amounts[bound]
    params |= {
        "grade": grade,
        "line_fen": line_fen,
        "by_revenue_fen": amounts["revenue"],
        "by_need_fen": amounts["need"],
        "by_grade_fen": amounts["grade"],
    }
    amount_fen = max(line_fen - so_far_fen, 0)
    code = f"credit.chain_{bound}" if amount_fen else "credit.chain_exceeded"
    way_out_of = _better_grade(chain, grade) if bound == "grade" and amount_fen else None
    return Component(SOURCE, amount_fen, line_fen, bound, Reason(code, params, way_out_of))


def _grade(numbers: Mapping[str, int], chain: ChainCapacity) -> int:
    worst = len(chain.grade_caps_fen)
    return min(max(numbers.get(GRADE, worst), 1), worst)


def _better_grade(chain: ChainCapacity, grade: int) -> WouldChange | None:
    """Return the nearest grade that may have more; None where no grade may."""
    cap_fen = chain.grade_caps_fen[grade - 1]
    better = next((g for g in range(grade - 1, 0, -1) if chain.grade_caps_fen[g - 1] > cap_fen), 0)
    return WouldChange((Change(GRADE, grade, better),)) if better else None


def _whole(amount_fen: int, policy: Policy) -> int:
    return amount_fen - amount_fen % policy.limit_unit_fen
