"""The laws that hold whatever happens to a loan, on whatever day it becomes known."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lending.event_stories import happenings, loans, told
from tests.lending.loan_stories import by_columns, day

from martlet.lending import EventKind, LoanEvent, LoanStatus, LoanTerms, project, schedule
from martlet.lending.events import (
    CREDITS,
    MONEY_OUT,
    Charged,
    InterestPaused,
    Reasoned,
    Reversed,
)

if TYPE_CHECKING:
    from martlet.lending import LoanState
    from martlet.lending.events import Details

Happenings = list[tuple[int, EventKind, int, "Details"]]


@settings(max_examples=250, deadline=None)
@given(loans(), happenings(), st.integers(0, 900))
def test_money_is_conserved_and_nothing_is_negative(
    terms: LoanTerms, events: Happenings, days: int
) -> None:
    """Lent and raised again = paid + outstanding + given up, for every part."""
    state = project(terms, told(terms, events), day(days))
    known = [event for event in told(terms, events) if event.value_date <= day(days)]
    lent = sum(event.amount_fen for event in known if event.kind is EventKind.DISBURSED)
    assert state.disbursed_fen == lent
    settled = state.principal_paid_fen + state.principal_written_off_fen
    assert state.disbursed_fen + state.principal_raised_fen == settled + state.principal_fen
    assert 0 <= state.due_fen <= state.outstanding_fen
    assert (state.status in {LoanStatus.CLOSED, LoanStatus.WRITTEN_OFF}) == (
        state.outstanding_fen == 0
    )
    assert _in_hand(state) == _came_in(known, state)


def _came_in(events: list[LoanEvent], state: LoanState) -> int:
    """Return the money of others that came in, less what went back."""
    lost_on = state.written_off_on
    found = 0
    for event in events:
        if event.kind in CREDITS | {EventKind.RECOVERED}:
            found += event.amount_fen
        elif event.kind in MONEY_OUT:
            found -= event.amount_fen
    ignored = [
        event
        for event in events
        if event.kind is EventKind.GOODWILL_CREDIT
        and lost_on is not None
        and all(part.event_id != event.event_id for part in state.allocations)
    ]
    return found - sum(event.amount_fen for event in ignored)


def _in_hand(state: LoanState) -> int:
    paid = state.principal_paid_fen + state.interest_paid_fen
    paid += state.fee_paid_fen + state.penalty_paid_fen + state.overpaid_fen + state.recovered_fen
    raised = state.principal_raised_fen + state.interest_raised_fen
    return paid - raised - state.fee_raised_fen - state.penalty_raised_fen


@settings(max_examples=200, deadline=None)
@given(loans(), happenings(), st.integers(0, 900), st.data())
def test_only_value_dates_and_the_order_of_becoming_known_count(
    terms: LoanTerms, events: Happenings, days: int, data: st.DataObject
) -> None:
    known = told(terms, events)
    shuffled = data.draw(st.permutations(known))
    assert project(terms, shuffled, day(days)) == project(terms, known, day(days))


@settings(max_examples=200, deadline=None)
@given(loans(), happenings(), st.integers(0, 700), st.integers(0, 60))
def test_the_line_of_a_state_foretells_the_projection(
    terms: LoanTerms, events: Happenings, days: int, ahead: int
) -> None:
    """Columns follow lines; where the line holds they equal the scalar projection."""
    known = [event for event in told(terms, events) if event.value_date <= day(days)]
    now, then = (project(terms, known, day(on)) for on in (days, days + ahead))
    found = by_columns(now.line, day(days + ahead), terms.conventions.rounding_mode)
    if found is not None:
        assert found == (then.interest_accrued_fen, then.penalty_accrued_fen)
    else:
        assert now.line is not None
        assert not now.line.covers(day(days + ahead))


@settings(max_examples=60, deadline=None)
@given(loans(), happenings(), st.integers(0, 700), st.integers(1, 60))
def test_accruals_never_run_backwards_while_nothing_happens(
    terms: LoanTerms, events: Happenings, days: int, ahead: int
) -> None:
    known = [event for event in told(terms, events) if event.value_date <= day(days)]
    states = [project(terms, known, day(days + number)) for number in range(ahead)]
    for before, after in pairwise(states):
        # An instalment by a plan is rounded when it falls due: then in whole fen only.
        assert after.interest_accrued_fen >= before.interest_accrued_fen
        assert after.penalty_accrued_fen >= before.penalty_accrued_fen
        if terms.conventions.plan is None:
            assert after.interest_ticks >= before.interest_ticks
            assert after.penalty_ticks >= before.penalty_ticks


@settings(max_examples=200, deadline=None)
@given(loans(), happenings(), st.integers(0, 900), st.data())
def test_what_was_undone_never_happened(
    terms: LoanTerms, events: Happenings, days: int, data: st.DataObject
) -> None:
    """A reversal gives the state without the event; undoing the reversal gives it back."""
    known = told(terms, events)
    undone = data.draw(st.sampled_from(known[1:] or [known[0]]))
    if undone is known[0]:
        return
    number = len(known) + 1
    reversal = _undoing(number, undone)
    without = [event for event in known if event is not undone]
    again = [*known, reversal, _undoing(number + 1, reversal)]
    for told_so, meant in (([*known, reversal], without), (again, known)):
        found, expected = project(terms, told_so, day(days)), project(terms, meant, day(days))
        assert found == expected


def _undoing(number: int, event: LoanEvent) -> LoanEvent:
    details = Reversed(event.event_id)
    return LoanEvent(
        UUID(int=number), number, EventKind.REVERSED, event.value_date, details=details
    )


@settings(max_examples=100, deadline=None)
@given(loans(), happenings(), st.integers(0, 500))
def test_a_schedule_repays_all_that_is_not_due_yet(
    terms: LoanTerms, events: Happenings, days: int
) -> None:
    known = [event for event in told(terms, events) if event.value_date <= day(days)]
    state = project(terms, known, day(days))
    rows = schedule(terms, known, day(days))
    if state.next_due_on is not None:
        not_due = state.principal_fen - state.principal_due_fen
        assert [row.due_on for row in rows] == sorted(row.due_on for row in rows)
        asked = sum(row.principal_fen for row in rows)
        if terms.conventions.plan is not None:
            # What was paid ahead stands in the instalments that it was paid on.
            assert asked == not_due + sum(row.principal_paid_fen for row in rows)
        assert not_due <= asked <= not_due + max(state.advance_fen, state.principal_paid_fen)


@settings(max_examples=150, deadline=None)
@given(loans(), happenings(4), st.integers(0, 500), st.integers(1, 9_000), st.integers(1, 9_000))
def test_two_payments_of_one_day_are_one(
    terms: LoanTerms, events: Happenings, days: int, first: int, second: int
) -> None:
    """In whatever order payments of one day became known; only a charge-back names one of them."""
    rest = [
        event for event in events if event[0] != days and event[1] is not EventKind.CHARGED_BACK
    ]
    one = [*rest, (days, EventKind.REPAID, first, None), (days, EventKind.REPAID, second, None)]
    other = [*rest, (days, EventKind.REPAID, second, None), (days, EventKind.REPAID, first, None)]
    states = [project(terms, told(terms, each), day(days + 40)) for each in (one, other)]
    assert _figures(states[0]) == _figures(states[1])


@settings(max_examples=100, deadline=None)
@given(loans(), happenings(3), st.integers(0, 400), st.permutations(range(4)))
def test_what_does_not_touch_each_other_may_become_known_in_any_order(
    terms: LoanTerms, events: Happenings, days: int, order: list[int]
) -> None:
    """A fee, a penalty, a pause and a charge-off of one day: the state is the same."""
    pause = InterestPaused(day(days), day(days + 9))
    same_day: Happenings = [
        (days, EventKind.FEE_CHARGED, 700, Charged("合成费用", day(days + 20))),
        (days, EventKind.PENALTY_CHARGED, 300, Charged("合成罚款")),
        (days, EventKind.INTEREST_PAUSED, 0, pause),
        (days, EventKind.CHARGED_OFF, 0, Reasoned("合成")),
    ]
    rest = [event for event in events if event[0] != days]
    shuffled = [same_day[place] for place in order]
    states = [
        project(terms, told(terms, [*rest, *each]), day(days + 40)) for each in (same_day, shuffled)
    ]
    assert _figures(states[0]) == _figures(states[1])


def _figures(state: LoanState) -> tuple[object, ...]:
    return (
        state.outstanding_fen,
        state.principal_fen,
        state.interest_ticks,
        state.penalty_ticks,
        state.due_fen,
        state.oldest_due_on,
        state.instalments,
    )
