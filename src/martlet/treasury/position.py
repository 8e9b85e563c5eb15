"""A position as a pure function of its terms, its events, the yields that were known, and a day.

Nothing pays a yield that was not earned: a day whose yield nobody has published adds nothing, is
remembered with what stood on it, and is made good on the day on which its yield becomes known.
Going on from a position that was kept gives the same as replaying everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from martlet.kernel.calendar import next_day
from martlet.kernel.rates import ticks_to_fen
from martlet.treasury.earning import earned_ticks, kept_fen, lot_days, lots_fen
from martlet.treasury.limits import DAYS_WITHOUT_YIELD_MAX, EVENTS_MAX
from martlet.treasury.model import (
    MONEY_IN,
    EventKind,
    Lot,
    Pending,
    Position,
    Unyielded,
    Waiting,
)
from martlet.treasury.product import Crediting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from martlet.treasury.model import Event, Yield
    from martlet.treasury.product import Terms


def replay(
    terms: Terms, events: Sequence[Event], yields: Mapping[date, Yield], until: date
) -> Position:
    """Return where a position stands at the start of a day, from its first event on."""
    assert events, "a position begins with an event"
    assert len(events) <= EVENTS_MAX, len(events)
    return advance(terms, Position(through=events[0].day), events, yields, until)


def advance(
    terms: Terms,
    position: Position,
    events: Iterable[Event],
    yields: Mapping[date, Yield],
    until: date,
) -> Position:
    """Return where a position stands at the start of a day, from where it stood before."""
    for event in events:
        assert event.day >= position.through, (event, position.through)
        position = _happened(terms, _accrued(terms, position, yields, event.day), event)
        assert position.conserved(), (event, position)
    position = _accrued(terms, position, yields, max(until, position.through))
    assert position.conserved(), position
    return position


def _accrued(
    terms: Terms, position: Position, yields: Mapping[date, Yield], until: date
) -> Position:
    """Let every day before `until` be earned."""
    if terms.crediting is Crediting.AT_END:
        return _with_lots(terms, replace(position, through=until))
    while position.through < until:
        position = _earned_day(terms, position, yields)
    return position


def _with_lots(terms: Terms, position: Position) -> Position:
    """Reckon what the lots have earned by the day the position has come to."""
    accrued_fen = lots_fen(terms, position, position.through)
    earned_fen = position.earned_fen + accrued_fen - position.accrued_fen
    return replace(position, accrued_fen=accrued_fen, earned_fen=earned_fen)


def _earned_day(terms: Terms, position: Position, yields: Mapping[date, Yield]) -> Position:
    """Earn one day, and every earlier one whose yield has become known on it."""
    day = position.through
    base_fen = position.standing_fen + (position.queued_fen if terms.waiting_earns else 0)
    days = (*position.unyielded, Unyielded(day, base_fen)) if base_fen else position.unyielded
    ticks, left = position.ticks, []
    for one in days:
        known = yields.get(one.day)
        if known is None or known.known_on > day:
            left.append(one)
        else:
            ticks += earned_ticks(terms.day_base, one.base_fen, known.ppm_per_year, 1)
    assert len(left) <= DAYS_WITHOUT_YIELD_MAX, len(left)
    earned_fen = ticks_to_fen(ticks, terms.rounding_mode)
    return replace(
        position,
        through=next_day(day),
        unyielded=tuple(left),
        ticks=ticks,
        earned_fen=earned_fen,
        standing_fen=position.standing_fen + earned_fen - position.earned_fen,
    )


def _happened(terms: Terms, position: Position, event: Event) -> Position:
    """Apply one event to a position that is accrued up to its day."""
    if event.kind in MONEY_IN:
        return _subscribed(position, event)
    match event.kind:
        case EventKind.CONFIRMED:
            return _confirmed(terms, position, event)
        case EventKind.MISSED:
            missed = position.instalments_missed + 1
            return replace(position, instalments_missed=missed, lapsed=missed > terms.missed_max)
        case EventKind.REDEEMED:
            left_fen = position.standing_fen - event.amount_fen
            return replace(_waits(position, event, event.amount_fen), standing_fen=left_fen)
        case EventKind.BROKEN | EventKind.MATURED:
            return _ended(terms, position, event)
        case EventKind.PAID_OUT:
            paid, position = _no_longer_waiting(position, event)
            return replace(position, paid_fen=position.paid_fen + paid.amount_fen)
        case EventKind.RETURNED:
            back, position = _no_longer_waiting(position, event)
            return replace(position, standing_fen=position.standing_fen + back.amount_fen)
    raise AssertionError(event.kind)


def _subscribed(position: Position, event: Event) -> Position:
    assert event.due_on is not None, event
    one = Pending(event.sequence, event.amount_fen, event.due_on, event.ppm_per_year)
    return replace(
        position,
        pending=(*position.pending, one),
        subscribed_fen=position.subscribed_fen + event.amount_fen,
        instalments_paid=position.instalments_paid + (event.kind is EventKind.INSTALMENT),
    )


def _confirmed(terms: Terms, position: Position, event: Event) -> Position:
    (one,) = (one for one in position.pending if one.sequence == event.of)
    position = replace(
        position,
        pending=tuple(other for other in position.pending if other is not one),
        standing_fen=position.standing_fen + one.amount_fen,
    )
    if terms.crediting is Crediting.DAILY:
        return position
    agreed = terms.ppm_per_year if one.ppm_per_year is None else one.ppm_per_year
    return replace(
        position,
        lots=(*position.lots, Lot(event.day, one.amount_fen, agreed)),
        matures_on=position.matures_on or event.due_on,
    )


def _waits(position: Position, event: Event, amount_fen: int) -> Position:
    one = Waiting(event.sequence, amount_fen, event.due_on or event.day, event.at_once)
    return replace(position, waiting=(*position.waiting, one))


def _no_longer_waiting(position: Position, event: Event) -> tuple[Waiting, Position]:
    (one,) = (one for one in position.waiting if one.sequence == event.of)
    left = tuple(other for other in position.waiting if other is not one)
    return one, replace(position, waiting=left)


@dataclass(frozen=True, slots=True)
class EarlyEnd:
    """What breaking money off would give: principal, what it has earned, what of it is kept."""

    principal_fen: int
    earned_fen: int
    kept_fen: int
    left: tuple[Lot, ...]

    @property
    def lost_fen(self) -> int:
        """The price of breaking: interest earned so far and given up."""
        return self.earned_fen - self.kept_fen

    @property
    def paid_fen(self) -> int:
        """What the business gets."""
        return self.principal_fen + self.kept_fen


def early_end(terms: Terms, position: Position, amount_fen: int) -> EarlyEnd:
    """Price what it gives to take an amount of principal out today; the newest money goes first."""
    assert 0 < amount_fen <= position.standing_fen, (amount_fen, position.standing_fen)
    wanted, kept, left = amount_fen, 0, list(position.lots)
    while wanted:
        lot = left.pop()
        part = min(wanted, lot.principal_fen)
        days = lot_days(terms, lot, position.matures_on, position.through)
        kept += kept_fen(terms, replace(lot, principal_fen=part), days)
        if part < lot.principal_fen:
            left.append(replace(lot, principal_fen=lot.principal_fen - part))
        wanted -= part
    after = replace(position, lots=tuple(left))
    earned = position.accrued_fen - lots_fen(terms, after, position.through)
    return EarlyEnd(amount_fen, earned, min(kept, earned), tuple(left))


def _ended(terms: Terms, position: Position, event: Event) -> Position:
    """End a term: in full on its day, or a part before it at its price."""
    if event.kind is EventKind.MATURED:
        all_fen = position.standing_fen + position.accrued_fen
        position = _waits(position, event, all_fen)
        return replace(position, lots=(), standing_fen=0, accrued_fen=0)
    end = early_end(terms, position, event.amount_fen)
    position = _waits(position, event, end.paid_fen)
    return replace(
        position,
        lots=end.left,
        standing_fen=position.standing_fen - end.principal_fen,
        accrued_fen=position.accrued_fen - end.earned_fen,
        earned_fen=position.earned_fen - end.lost_fen,
        lost_fen=position.lost_fen + end.lost_fen,
    )
