"""A plan for one firm: what stays, what is locked, until when, within the owner's standing order.

The invariant: at every look ahead, wealth less what is locked then covers the reserve; one term
is solved in closed form, several or instalments by the ladder.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from martlet.kernel.rates import PPM
from martlet.kernel.rounding import RoundingMode, divide
from martlet.treasury.allocation.ladder import ladder
from martlet.treasury.allocation.model import Placement, Plan, check_places

if TYPE_CHECKING:
    from datetime import date

    from martlet.treasury.allocation.model import Place, Situation, StandingOrder

_DAYS_PER_YEAR = 365


def plan_for(
    situation: Situation, places: tuple[Place, ...], order: StandingOrder, day: date
) -> Plan:
    """Return how a firm's wealth lies best from today on."""
    check_places(places)
    liquid = max((place for place in places if not place.lock_days), key=lambda p: p.annual_ppm)
    terms = [
        place
        for place in places
        if 0 < place.lock_days <= (order.lock_days_most or place.lock_days)
        and place.lock_days <= max(situation.need_fen)
        and place.annual_ppm > liquid.annual_ppm
    ]
    amounts = _amounts(situation, terms, liquid, order)
    placements, left_fen = [], max(situation.wealth_fen - situation.locked_after_fen(0), 0)
    for place, amount_fen in zip(terms, amounts, strict=True):
        if amount_fen >= order.lot_least_fen:
            placements.append(_placement(place, amount_fen, day))
            left_fen -= amount_fen
    account_fen = min(max(order.account_least_fen, situation.account_need_fen), left_fen)
    if left_fen > account_fen:
        earns_fen = _interest(left_fen - account_fen, liquid.annual_ppm, 1)
        placements.append(Placement(liquid.name, left_fen - account_fen, None, earns_fen))
    return Plan(
        day,
        tuple(placements),
        account_fen,
        dict(situation.need_fen),
        situation.level,
        not order.covers(day),
    )


def _amounts(
    situation: Situation, terms: list[Place], liquid: Place, order: StandingOrder
) -> tuple[int, ...]:
    """Return what goes into each term today; of an instalment plan, one instalment."""
    if not terms:
        return ()
    rows, room = _rows(situation, terms)
    kept_fen = max(order.account_least_fen, situation.account_need_fen)
    rows.append([1] * len(terms))
    room.append(situation.wealth_fen - situation.locked_after_fen(0) - kept_fen)
    if order.locked_most_fen is not None:
        rows.append([term.instalments for term in terms])
        room.append(order.locked_most_fen - situation.locked_after_fen(0))
    if len(terms) == 1:
        most = (max(r, 0) // times[0] for r, times in zip(room, rows, strict=True) if times[0])
        return (min(most),)
    gains = [(term.annual_ppm - liquid.annual_ppm) * term.fen_days() for term in terms]
    return ladder(gains, rows, room)


def _rows(situation: Situation, terms: list[Place]) -> tuple[list[list[int]], list[int]]:
    """Return, between one look ahead and the next, how often a fen is locked and what may be."""
    rows, room, earlier = [], [], 0
    worst_fen = 0
    for horizon in sorted(situation.need_fen):
        worst_fen = max(worst_fen, situation.need_fen[horizon])
        free = situation.wealth_fen - situation.locked_after_fen(earlier) - worst_fen
        locked = [t.paid_in_by(horizon) if t.lock_days > earlier else 0 for t in terms]
        if any(locked):
            rows.append(locked)
            room.append(free)
        earlier = horizon
    return rows, room


def _placement(place: Place, amount_fen: int, day: date) -> Placement:
    earns_fen = _interest(amount_fen, place.annual_ppm, place.fen_days())
    until = day + timedelta(days=place.lock_days)
    return Placement(place.name, amount_fen, until, earns_fen, place.instalments)


def _interest(amount_fen: int, annual_ppm: int, days: int) -> int:
    return divide(amount_fen * annual_ppm * days, PPM * _DAYS_PER_YEAR, RoundingMode.DOWN)
