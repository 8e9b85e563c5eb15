"""From a programme to one loan's events, and what they cost: pure, and the same everywhere.

The cost of relief is the difference between two sums: what the loan would charge from the day on
if everything were paid on its day, without the programme's gifts and with them. A longer term is
no gift, the borrower pays for the time, so it stands on both sides; and the cost is never negative.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from martlet.kernel.rates import PPM
from martlet.kernel.rounding import RoundingMode, divide
from martlet.lending.events import (
    EventKind,
    Extended,
    InterestPaused,
    LoanEvent,
    Rate,
    RateChanged,
    Reversed,
    Waived,
    standing,
)
from martlet.lending.plan.offered import offers
from martlet.lending.product import Component, ScheduleKind, TenorUnit
from martlet.lending.projection import project, schedule
from martlet.lending.relief.model import LASTING, MeasureKind, steps_from

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date
    from uuid import UUID

    from martlet.lending.events import Details
    from martlet.lending.loan import LoanState, LoanTerms
    from martlet.lending.relief.model import Measure, Programme, Step

    NewId = Callable[[], UUID]

TERM_EVENTS = frozenset({EventKind.EXTENDED})
"""What gives time and no money."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a programme does to one loan: its events in order, what they cost, until when."""

    events: tuple[LoanEvent, ...]
    cost_fen: int
    until_on: date

    def __post_init__(self) -> None:
        assert 0 <= self.waived_fen <= self.cost_fen, self.cost_fen

    @property
    def waived_fen(self) -> int:
        """The part of the cost that is given up at once."""
        given = (one.amount_fen for one in self.events if one.kind is EventKind.WAIVED)
        return min(sum(given), self.cost_fen)


def grant(
    programme: Programme,
    terms: LoanTerms,
    events: Sequence[LoanEvent],
    starts_on: date,
    new_id: NewId,
) -> Grant | None:
    """Return what a programme does to a loan from a day on; None where it gives nothing."""
    steps = steps_from(programme, starts_on)
    state = project(terms, events, starts_on)
    sequence = max(event.sequence for event in events)
    agreed = rate_on(terms, events, starts_on)
    made: list[LoanEvent] = []
    plan = terms.conventions.plan
    for kind, amount_fen, details in changes(steps, agreed, terms, state):
        if plan is not None and not offers(plan, kind, details, starts_on):
            return None
        sequence += 1
        made.append(LoanEvent(new_id(), sequence, kind, starts_on, amount_fen, details))
    if not made:
        return None
    cost_fen = cost_of(terms, events, made, starts_on)
    gives_time = any(event.kind in TERM_EVENTS for event in made)
    if cost_fen == 0 and not gives_time:
        return None
    return Grant(tuple(made), cost_fen, max(step.ends for step in steps))


def changes(
    steps: Sequence[Step], agreed: Rate, terms: LoanTerms, state: LoanState
) -> list[tuple[EventKind, int, Details]]:
    """Return what happens to a loan, in order: kind, amount, details.

    What happens at once comes first. After the last step that lasts the agreed rate is back, also
    for a loan that is then still running because it is late.
    """
    found: list[tuple[EventKind, int, Details]] = []
    for step in steps:
        found += _at_once(step.measure, terms, state)
    lasting = [step for step in steps if step.measure.kind in LASTING]
    for place, step in enumerate(lasting):
        if step.measure.kind is MeasureKind.PAUSE:
            last = step.ends - timedelta(days=1)
            found.append((EventKind.INTEREST_PAUSED, 0, InterestPaused(step.begins, last)))
            continue
        rate = reduced(step.measure, agreed)
        found.append((EventKind.RATE_CHANGED, 0, RateChanged(step.begins, rate)))
        after = lasting[place + 1].measure.kind if place + 1 < len(lasting) else None
        if after in {None, MeasureKind.PAUSE}:
            found.append((EventKind.RATE_CHANGED, 0, RateChanged(step.ends, agreed)))
    return found


def _at_once(
    measure: Measure, terms: LoanTerms, state: LoanState
) -> list[tuple[EventKind, int, Details]]:
    if measure.kind is MeasureKind.WAIVE:
        assert measure.component is not None
        interest = measure.component is Component.INTEREST
        owed_fen = state.interest_fen if interest else state.penalty_fen
        given_fen = measure.waived_of(owed_fen)
        return [(EventKind.WAIVED, given_fen, Waived(measure.component))] if given_fen else []
    if measure.kind is MeasureKind.EXTEND and state.matures_on is not None:
        one_due = terms.conventions.schedule is ScheduleKind.BULLET
        by_days = one_due and terms.conventions.tenor_unit is TenorUnit.DAYS
        terms_more = measure.days if by_days else measure.instalments
        return [(EventKind.EXTENDED, 0, Extended(terms_more))] if terms_more else []
    return []


def reduced(measure: Measure, agreed: Rate) -> Rate:
    """Return the rate while a measure holds, rounded in the borrower's favour."""
    share = measure.rate_ppm if measure.kind is MeasureKind.RATE else 0
    return Rate(divide(agreed.ppm * share, PPM, RoundingMode.DOWN), agreed.days)


def rate_on(terms: LoanTerms, events: Sequence[LoanEvent], day: date) -> Rate:
    """Return the rate that holds for the night of a day."""
    rate, since = terms.rate, None
    for event in standing(list(events)):
        details = event.details
        if isinstance(details, RateChanged) and details.effective_on <= day:
            at = (details.effective_on, event.value_date, event.sequence)
            if since is None or at >= since:
                rate, since = details.rate, at
    return rate


def cost_of(
    terms: LoanTerms, events: Sequence[LoanEvent], added: Sequence[LoanEvent], on: date
) -> int:
    """Return what some events cost whoever pays for them, seen from a day."""
    time_only = [event for event in added if event.kind in TERM_EVENTS]
    without = charge(terms, [*events, *time_only], on)
    return max(0, without - charge(terms, [*events, *added], on))


def charge(terms: LoanTerms, events: Sequence[LoanEvent], on: date) -> int:
    """Return all that is still to be paid beyond principal if everything is paid on its day."""
    state = project(terms, events, on)
    due_fen = state.interest_due_fen + state.penalty_due_fen + state.fee_due_fen
    coming = schedule(terms, events, on)
    return due_fen + sum(row.due_fen - row.principal_fen - row.waived_fen for row in coming)


def cost_until(
    terms: LoanTerms,
    before: Sequence[LoanEvent],
    granted: Sequence[LoanEvent],
    undone: Sequence[LoanEvent],
    starts_on: date,
) -> int:
    """Return what a grant costs where it was ended early, seen from the day it was given."""
    known_then = [replace(event, value_date=starts_on) for event in undone]
    return cost_of(terms, before, [*granted, *known_then], starts_on)


def undoing(
    terms: LoanTerms,
    events: Sequence[LoanEvent],
    granted: Sequence[LoanEvent],
    from_on: date,
    today: date,
    new_id: NewId,
) -> list[LoanEvent]:
    """Return the events that end a grant's relief from a day on and leave what was before it.

    What was still to come is reversed; what runs is ended by the rate agreed before. What was
    given at once stays given.
    """
    known = {event.event_id for event in granted}
    before = [event for event in events if event.event_id not in known]
    alive = {event.event_id for event in standing(list(events))}
    found: list[tuple[EventKind, Details]] = []
    running = False
    for event in granted:
        if event.event_id not in alive:
            continue
        details = event.details
        if isinstance(details, RateChanged):
            if details.effective_on >= from_on:
                found.append((EventKind.REVERSED, Reversed(event.event_id, "relief")))
            running = running or details.effective_on < from_on
        elif isinstance(details, InterestPaused) and details.until_on >= from_on:
            found.append((EventKind.REVERSED, Reversed(event.event_id, "relief")))
            if details.from_on < from_on:
                kept = InterestPaused(details.from_on, from_on - timedelta(days=1))
                found.append((EventKind.INTEREST_PAUSED, kept))
    if running:
        agreed = rate_on(terms, before, from_on)
        found.append((EventKind.RATE_CHANGED, RateChanged(from_on, agreed)))
    sequence = max(event.sequence for event in events)
    made = []
    for kind, details_made in found:
        sequence += 1
        # Nights of a pause that have passed stay free, so what is kept of it counts from its start.
        counts_from = today
        if isinstance(details_made, InterestPaused):
            counts_from = details_made.from_on
        made.append(LoanEvent(new_id(), sequence, kind, counts_from, 0, details_made))
    return made
