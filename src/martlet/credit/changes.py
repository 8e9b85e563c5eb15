"""Reasons and ways out: which causes weigh most, and the smallest change that turns the answer.

Searched on the whole-number scorecard itself, so that what is promised is what would happen: with
the change made, the pd is at most the one named. True causes only: each reason names a
characteristic whose better bin earns more points.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from martlet.credit.limits import PRICE_CAUSES_MAX, REASONS_FEATURES_MAX
from martlet.credit.model import Change, Parameter, Reason, WouldChange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlet.credit.policy import Policy
    from martlet.credit.scorecard import Bin, Scorecard


Room = tuple["Bin", int | None]
"""How far one characteristic is from its best bin: the bin that it is in, and its value."""


def _change(room: Room, gain: int) -> Change:
    """Return the least demanding value that adds `gain` points."""
    (_, kind, points, _, part), value = room
    needed = part.asked[points + gain]
    assert needed is not None, (kind, gain)
    return Change(kind, value, needed)


def rooms(model: Scorecard, values: Mapping[str, int]) -> list[Room]:
    """Return the characteristics that could be better, those that weigh most first."""
    found: list[Room] = []
    for kind, edges, bins in model.ladder:
        value = values.get(kind)
        here = bins[-1 if value is None else bisect_right(edges, value)]
        if here.gains:
            found.append((here, value))
    found.sort()
    return found


def smallest_change(
    model: Scorecard, found: list[Room], score: int, pd_max_ppm: int
) -> WouldChange | None:
    """Return the smallest change that brings the pd to at most `pd_max_ppm`; None if none does.

    Smallest: as few characteristics as possible, then as few bins climbed as possible.
    """
    target = model.score_for(pd_max_ppm)
    if target is None:
        return None
    gap = target - score
    if gap <= 0:
        return None
    singles = []
    for room in found:
        gains = room[0].gains
        if gains[-1] < gap:
            break  # and so has everything after it
        rank = bisect_left(gains, gap)
        singles.append((rank, gains[rank], room[0].kind, room))
    if singles:
        _, gain, _, room = min(singles)
        return WouldChange((_change(room, gain),), model.pd_ppm(score + gain))
    return _several(model, found, score, gap)


def _several(model: Scorecard, found: list[Room], score: int, gap: int) -> WouldChange | None:
    """Return the fewest characteristics that close the gap, each no further than needed."""
    chosen: list[Room] = []
    total = 0
    for room in found:
        chosen.append(room)
        total += room[0].gains[-1]
        if total >= gap:
            break
    else:
        return None
    taken = [here.gains[-1] for here, _ in chosen]
    for place, (here, _) in enumerate(chosen):
        rest = total - taken[place]
        least = next(gain for gain in here.gains if rest + gain >= gap)
        taken[place], total = least, rest + least
    changes = tuple(_change(room, gain) for room, gain in zip(chosen, taken, strict=True))
    return WouldChange(changes, model.pd_ppm(score + total))


def reasons_of_risk(
    model: Scorecard, values: Mapping[str, int], score: int, pd_max_ppm: int
) -> list[Reason]:
    """Return why the risk is too high: the verdict with what turns it, then the main causes."""
    params = {"pd_ppm": model.pd_ppm(score), "pd_max_ppm": pd_max_ppm}
    found = rooms(model, values)
    way_out = smallest_change(model, found, score, pd_max_ppm)
    verdict = Reason("credit.risk_too_high", params, way_out)
    return [verdict, *causes(model, found[:REASONS_FEATURES_MAX], score)]


def causes(model: Scorecard, found: list[Room], score: int) -> list[Reason]:
    """Return characteristics that cost points, each with its own next better bin."""
    reasons = []
    for room in found:
        here, value = room
        gain = here.gains[0]
        way_out = WouldChange((_change(room, gain),), model.pd_ppm(score + gain))
        code = "credit.cause_unknown" if value is None else "credit.cause"
        params: dict[str, Parameter] = {
            "kind": here.kind,
            "value": value,
            "points": here.gains[-1],
        }
        reasons.append(Reason(code, params, way_out))
    return reasons


def reasons_of_price(
    policy: Policy,
    model: Scorecard,
    values: Mapping[str, int],
    scored: tuple[int, int],
    rates: tuple[int, int],
) -> list[Reason]:
    """Return why the price is what it is, and what would lead to the next better one."""
    (score, pd_ppm), (asked, rate) = scored, rates
    band = policy.band_of(pd_ppm)
    name = "" if band is None else band.name
    better = [b for b in policy.bands if band is None or b.pd_max_ppm < band.pd_max_ppm]
    params: dict[str, Parameter] = {"band": name, "pd_ppm": pd_ppm, "rate_ppm_per_day": rate}
    room = rooms(model, values) if better else []
    way_out = smallest_change(model, room, score, better[-1].pd_max_ppm) if better else None
    code = "credit.price_starter" if band is None else "credit.price_band"
    found = [Reason(code, params, way_out)]
    if rate < asked:
        capped: dict[str, Parameter] = {"asked_ppm_per_day": asked, "rate_ppm_per_day": rate}
        found.append(Reason("credit.price_lowered_by_law", capped))
    return [*found, *causes(model, room[:PRICE_CAUSES_MAX], score)]
