"""Laws that hold for every loan with a plan, whatever its product and whatever happens to it."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lending.plan_stories import (
    MONTHLY,
    START,
    happened,
    lives,
    loan_terms,
    progressive,
    terms,
)

from martlet.lending.events import CREDITS, MONEY_OUT, EventKind, LoanEvent, ReAged
from martlet.lending.loan import LoanTerms
from martlet.lending.plan.replay import replay
from martlet.lending.plan.rules import PRINCIPAL
from martlet.lending.plan.story import PlanTerms
from martlet.lending.projection import project

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from martlet.lending.plan.account import Account

LATER = START + timedelta(days=400)


@settings(max_examples=80, deadline=None)
@given(terms=terms(), events=lives())
def test_principal_is_never_lost_or_made(terms: PlanTerms, events: list[LoanEvent]) -> None:
    """What was drawn, and what was raised again, stands in exactly one row each."""
    account = replay(terms, events, LATER)
    asked = sum(row.due[PRINCIPAL] for row in account.rows)
    raised = sum(row.credited_fen for row in account.rows)
    assert asked - raised == account.disbursed_fen


@settings(max_examples=80, deadline=None)
@given(terms=terms(), events=lives())
def test_every_fen_that_came_in_is_somewhere(terms: PlanTerms, events: list[LoanEvent]) -> None:
    """Money in less money out is what rows were paid and what is overpaid, less what is raised."""
    account = replay(terms, events, LATER)
    came = sum(event.amount_fen for event in events if event.kind in CREDITS)
    gone = sum(event.amount_fen for event in events if event.kind in MONEY_OUT)
    paid = sum(row.paid_fen for row in account.rows)
    raised = sum(row.credited_fen for row in account.rows)
    assert paid + account.overpaid_fen - raised == came - gone


@settings(max_examples=80, deadline=None)
@given(terms=terms(), events=lives())
def test_nothing_is_negative(terms: PlanTerms, events: list[LoanEvent]) -> None:
    account = replay(terms, events, LATER)
    assert account.overpaid_fen >= 0
    for row in account.rows:
        assert all(0 <= row.paid[part] <= row.due[part] for part in row.due), row
        assert row.advance_fen + row.late_fen <= row.paid_fen
        assert (row.met_on is None) or row.open_fen == 0
    for entry in account.entries:
        assert min(*entry.parts.values(), entry.overpaid_fen, entry.balance_fen) >= 0, entry


@settings(max_examples=30, deadline=None)
@given(terms=terms(), events=lives(), random=st.randoms(use_true_random=False))
def test_the_order_in_which_events_are_read_does_not_matter(
    terms: PlanTerms, events: list[LoanEvent], random: object
) -> None:
    shuffled = list(events)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert _told(replay(terms, shuffled, LATER)) == _told(replay(terms, events, LATER))


@settings(max_examples=30, deadline=None)
@given(terms=terms(), events=lives(), days=st.integers(0, 160))
def test_a_replay_to_a_day_knows_nothing_of_later_days(
    terms: PlanTerms, events: list[LoanEvent], days: int
) -> None:
    day = START + timedelta(days=days)
    known = [event for event in events if event.value_date <= day]
    assert _told(replay(terms, events, day)) == _told(replay(terms, known, day))


def _told(account: Account) -> tuple[Sequence[object], Sequence[object], int, date | None]:
    return (account.rows, account.entries, account.overpaid_fen, account.closed_on)


@settings(max_examples=80, deadline=None)
@given(agreed=terms(), events=lives(), days=st.integers(0, 300))
def test_the_line_finds_what_a_replay_finds(
    agreed: PlanTerms, events: list[LoanEvent], days: int
) -> None:
    """While nothing happens, following the line is as good as projecting every day anew."""
    loan, day = loan_terms(agreed), START + timedelta(days=days)
    known = [event for event in events if event.value_date <= day]
    state, line = project(loan, known, day), project(loan, known, day).line
    assert line is not None
    mode = loan.conventions.rounding_mode
    for later in (day + timedelta(days=ahead) for ahead in (1, 2, 9, 40)):
        if not line.covers(later):
            break
        assert project(loan, known, later).interest_ticks == line.interest_at(later, mode)
    assert state.interest_fen >= 0
    assert state.due_fen >= 0


@settings(max_examples=80, deadline=None)
@given(agreed=terms(), events=lives(), days=st.integers(0, 300))
def test_the_state_says_what_the_account_says(
    agreed: PlanTerms, events: list[LoanEvent], days: int
) -> None:
    loan, day = loan_terms(agreed), START + timedelta(days=days)
    state = project(loan, events, day)
    came = sum(event.amount_fen for event in events if _counts(event, CREDITS, day))
    gone = sum(event.amount_fen for event in events if _counts(event, MONEY_OUT, day))
    paid = state.principal_paid_fen + state.interest_paid_fen
    paid += state.fee_paid_fen + state.penalty_paid_fen
    assert paid + state.overpaid_fen - state.principal_raised_fen == came - gone
    assert LoanTerms.from_json(loan.as_json()) == loan


def _counts(event: LoanEvent, kinds: Collection[EventKind], day: date) -> bool:
    return event.kind in kinds and event.value_date <= day


def test_a_down_payment_before_rows_that_were_emptied_is_asked_for_once() -> None:
    """Paid by 0.04 yuan too much, re-aged twice, then 0.03 yuan more is drawn: one fen is left."""
    rules = progressive(frequency=MONTHLY, advanced=None, down_payment_ppm=250_000)
    agreed = PlanTerms(annual_rate=Fraction(12, 100), instalments=3, rules=rules)
    soon = START + timedelta(days=5)
    told = happened(
        (EventKind.DISBURSED, START, 10_000),
        (EventKind.REPAID, START, 10_004),
        (EventKind.RE_AGED, START, 0, ReAged(soon, 2, MONTHLY)),
        (EventKind.RE_AGED, START, 0, ReAged(soon, 2, MONTHLY)),
        (EventKind.DISBURSED, START, 3),
    )
    state = project(loan_terms(agreed), told, START)
    assert (state.principal_paid_fen, state.principal_fen, state.overpaid_fen) == (10_003, 0, 1)
    assert state.closed_on == START
