"""A loan is a pure function of terms, events and a day: examples first, then the laws."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lending.loan_stories import START, by_columns, day, story, terms_of

from martlet.kernel.rounding import RoundingMode
from martlet.lending import LoanStatus, LoanTerms, products, project, schedule
from martlet.lending.postings import Accounts, Position, movements, position_of
from martlet.lending.product import Component, Prepayment
from martlet.lending.projection import agreed_schedule

if TYPE_CHECKING:
    from martlet.lending.events import LoanEvent

ACCOUNTS = Accounts("revolving_daily", "simulated")


def test_a_revolving_loan_costs_the_days_used() -> None:
    """¥10,000 at 0.03 % a day, paid back after ten days: ¥30, whatever the tenor."""
    terms = terms_of("revolving_daily", 1_000_000)
    owed = project(terms, story(terms), day(10))
    assert (owed.principal_fen, owed.interest_fen) == (1_000_000, 3_000)
    closed = project(terms, story(terms, (10, 1_003_000)), day(300))
    assert closed.status is LoanStatus.CLOSED
    assert (closed.closed_on, closed.outstanding_fen, closed.overpaid_fen) == (day(10), 0, 0)


def test_paid_back_on_the_day_it_costs_nothing() -> None:
    terms = terms_of("revolving_daily", 1_000_000)
    assert project(terms, story(terms, (0, 1_000_000)), day(0)).status is LoanStatus.CLOSED


def test_a_loan_of_one_yuan_works_to_the_fen() -> None:
    """0.03 fen a night: the first whole fen is recognised when half of it has accrued."""
    terms = terms_of("revolving_daily", 100)
    accrued = {n: project(terms, story(terms), day(n)).interest_fen for n in (0, 16, 17, 33, 50)}
    assert accrued == {0: 0, 16: 0, 17: 1, 33: 1, 50: 2}


def test_partial_repayment_pays_interest_first_and_lowers_the_rest() -> None:
    """After 10 days ¥3,000 is owed in fen; ¥5,000 repays it and ¥4,970 of principal."""
    terms = terms_of("revolving_daily", 1_000_000)
    state = project(terms, story(terms, (10, 500_000)), day(20))
    (paid,) = state.allocations
    assert (paid.interest_fen, paid.principal_fen, paid.overpaid_fen) == (3_000, 497_000, 0)
    assert state.interest_fen == 1_509
    assert state.status is LoanStatus.LIVE


def test_equal_instalments_are_equal_and_the_last_absorbs() -> None:
    """¥10,000 over 12 months at 0.9 % a month: the textbook's ¥882.88."""
    terms = terms_of("equal_instalments", 1_000_000)
    rows = schedule(terms, story(terms), START)
    assert [row.due_fen for row in rows] == [88_288] * 11 + [88_293]
    assert (rows[0].interest_fen, rows[0].principal_fen) == (9_000, 79_288)
    assert sum(row.principal_fen for row in rows) == 1_000_000


def test_due_dates_keep_the_day_of_the_month() -> None:
    terms = terms_of("equal_instalments", 1_000_000, 3)
    events = [replace(story(terms)[0], value_date=START.replace(day=31))]
    rows = schedule(terms, events, START.replace(day=31))
    assert [row.due_on.isoformat() for row in rows] == ["2026-02-28", "2026-03-31", "2026-04-30"]


def test_an_instalment_paid_early_is_not_asked_for_again() -> None:
    terms = terms_of("equal_instalments", 1_000_000)
    state = project(terms, story(terms, (28, 88_288)), day(35))
    assert state.due_fen == 0
    assert state.instalments[0].unpaid_fen == 0


@pytest.mark.parametrize(
    ("prepayment", "expected"), [(Prepayment.RELEVEL, 11), (Prepayment.SHORTEN, 5)]
)
def test_a_prepayment_lowers_or_shortens_what_comes(prepayment: Prepayment, expected: int) -> None:
    terms = terms_of("equal_instalments", 1_000_000)
    terms = replace(terms, conventions=replace(terms.conventions, prepayment=prepayment))
    rows = schedule(terms, story(terms, (20, 588_288)), day(32))
    assert len(rows) == expected
    level = 40_000 < rows[0].due_fen < 41_000
    assert level is (prepayment is Prepayment.RELEVEL)


def test_a_missed_instalment_is_overdue_the_next_day_and_costs_more_after_the_grace() -> None:
    terms = terms_of("equal_instalments", 1_000_000)
    due_on = schedule(terms, story(terms), START)[0].due_on
    on_the_day = project(terms, story(terms), due_on)
    assert (on_the_day.status, on_the_day.due_fen) == (LoanStatus.LIVE, 88_288)
    late = project(terms, story(terms), due_on + timedelta(days=1))
    assert (late.status, late.days_overdue, late.penalty_fen) == (LoanStatus.OVERDUE, 1, 0)
    later = project(terms, story(terms), due_on + timedelta(days=13))
    assert later.penalty_fen == round(79_288 * 10 * 0.00045)


def test_at_maturity_a_revolving_loan_is_due_as_a_whole() -> None:
    terms = terms_of("revolving_daily", 1_000_000, 30)
    state = project(terms, story(terms), day(30))
    assert (state.due_fen, state.days_overdue) == (1_009_000, 0)
    late = project(terms, story(terms), day(40))
    assert (late.days_overdue, late.interest_fen, late.penalty_fen) == (10, 9_000, 4_500)


def test_a_payment_slipped_in_weeks_back_posts_only_the_difference() -> None:
    """
    Known on day 30:  interest accrued ¥90.00, a payment of ¥5,090.00 that day.
    Learnt on day 40: ¥2,000.00 had come in on day 10.

        income/interest    debit   the interest of ¥1,970 for 20 nights, and of the days since
        settlement         debit   ¥2,000.00
    """
    terms = terms_of("revolving_daily", 1_000_000)
    before = project(terms, story(terms, (30, 509_000)), day(40))
    after = project(terms, story(terms, (30, 509_000), (10, 200_000)), day(40))
    posted = movements(position_of(before), position_of(after), ACCOUNTS)
    net: dict[str, int] = {}
    for move in posted:
        net[move.debit] = net.get(move.debit, 0) + move.amount_fen
        net[move.credit] = net.get(move.credit, 0) - move.amount_fen
    assert net[ACCOUNTS.settlement] == 200_000
    saved = before.interest_accrued_fen - after.interest_accrued_fen
    assert net[ACCOUNTS.interest_income] == saved
    assert net[ACCOUNTS.principal] == after.principal_fen - before.principal_fen
    assert net[ACCOUNTS.interest] == after.interest_fen - before.interest_fen
    assert sum(net.values()) == 0


# Laws.

amounts = st.integers(1, 3_000_000)
payments = st.lists(st.tuples(st.integers(0, 500), amounts), max_size=8)


@st.composite
def loans(draw: st.DrawFn) -> LoanTerms:
    product = products()[draw(st.sampled_from(sorted(products())))]
    conventions = replace(
        product.conventions,
        rounding_mode=draw(st.sampled_from(sorted(RoundingMode))),
        prepayment=draw(st.sampled_from(sorted(Prepayment))),
        grace_days=draw(st.sampled_from([0, 3])),
        allocation_order=tuple(draw(st.permutations(sorted(Component)))),
    )
    principal_fen = draw(st.one_of(st.just(100), st.integers(100, 2_000_000)))
    rate_ppm_per_day = draw(st.integers(0, 1_000))
    tenor = draw(st.sampled_from(product.tenor_options))
    return LoanTerms(principal_fen, rate_ppm_per_day, tenor, conventions)


@settings(max_examples=150, deadline=None)
@given(loans(), payments, st.integers(0, 800))
def test_money_is_conserved_and_nothing_is_negative(
    terms: LoanTerms, paid: list[tuple[int, int]], days: int
) -> None:
    state = project(terms, story(terms, *paid), day(days))
    received = sum(amount for after, amount in paid if after <= days)
    assert position_of(state).received_fen == received
    assert state.disbursed_fen == state.principal_paid_fen + state.principal_fen
    assert sum(part.amount_fen for part in state.allocations) == received
    assert 0 <= state.due_fen <= state.outstanding_fen
    assert (state.status is LoanStatus.CLOSED) == (state.outstanding_fen == 0)


@settings(max_examples=100, deadline=None)
@given(loans(), payments, st.integers(0, 800), st.data())
def test_the_order_in_which_events_became_known_does_not_matter(
    terms: LoanTerms, paid: list[tuple[int, int]], days: int, data: st.DataObject
) -> None:
    events = story(terms, *paid)
    shuffled = data.draw(st.permutations(events))
    assert project(terms, shuffled, day(days)) == project(terms, events, day(days))


@settings(max_examples=60, deadline=None)
@given(loans(), payments, st.lists(st.integers(0, 800), min_size=1, max_size=6))
def test_posting_by_differences_ends_where_one_posting_would(
    terms: LoanTerms, paid: list[tuple[int, int]], days: list[int]
) -> None:
    """However often and in whatever order the bank looks, the ledger ends at the same figures."""
    known: list[LoanEvent] = story(terms)
    position, net = Position(disbursed_fen=terms.principal_fen), dict[str, int]()
    events = story(terms, *paid)[1:]
    for index, number in enumerate(sorted(days)):
        known += events[index : index + 1]
        after = position_of(project(terms, known, day(number)))
        for move in movements(position, after, ACCOUNTS):
            net[move.debit] = net.get(move.debit, 0) + move.amount_fen
            net[move.credit] = net.get(move.credit, 0) - move.amount_fen
        position = after
    state = project(terms, known, day(max(days)))
    assert net.get(ACCOUNTS.interest, 0) == state.interest_fen
    assert net.get(ACCOUNTS.penalty, 0) == state.penalty_fen
    assert net.get(ACCOUNTS.principal, 0) == -state.principal_paid_fen
    assert net.get(ACCOUNTS.interest_income, 0) == -state.interest_accrued_fen
    assert sum(net.values()) == 0


@settings(max_examples=60, deadline=None)
@given(loans(), payments, st.integers(0, 700), st.integers(0, 60))
def test_the_line_of_a_state_foretells_the_projection(
    terms: LoanTerms, paid: list[tuple[int, int]], days: int, ahead: int
) -> None:
    """Columns follow lines; where the line holds they equal the scalar projection."""
    events = [event for event in story(terms, *paid) if event.value_date <= day(days)]
    now = project(terms, events, day(days))
    then = project(terms, events, day(days + ahead))
    found = by_columns(now.line, day(days + ahead), terms.conventions.rounding_mode)
    if found is not None:
        assert found == (then.interest_accrued_fen, then.penalty_accrued_fen)
    else:
        assert now.line is not None
        assert not now.line.covers(day(days + ahead))


@settings(max_examples=60, deadline=None)
@given(loans())
def test_a_loan_paid_by_its_schedule_closes_at_maturity(terms: LoanTerms) -> None:
    rows = agreed_schedule(terms, story(terms)[0])
    # A loan of a few fen can end before its last rows; their fees, though foretold, never come.
    asking = [row for row in rows if row.principal_fen or row.interest_fen]
    paid = [((row.due_on - START).days, row.due_fen) for row in asking]
    state = project(terms, story(terms, *paid), rows[-1].due_on)
    assert state.status is LoanStatus.CLOSED
    assert (state.overpaid_fen, state.penalty_accrued_fen) == (0, 0)


@settings(max_examples=60, deadline=None)
@given(loans(), st.integers(0, 400))
def test_early_repayment_costs_no_more_than_the_days_used(terms: LoanTerms, days: int) -> None:
    quote = project(terms, story(terms), day(days))
    ceiling = terms.principal_fen * terms.rate_ppm_per_day * days * 2 // 1_000_000 + 2
    assert quote.interest_fen <= ceiling
    closed = project(terms, story(terms, (days, quote.outstanding_fen)), day(days))
    assert closed.status is LoanStatus.CLOSED
    assert closed.overpaid_fen == 0


@settings(max_examples=100, deadline=None)
@given(loans(), payments, st.tuples(st.integers(0, 500), amounts), st.integers(0, 800))
def test_more_money_never_leaves_more_to_pay(
    terms: LoanTerms, paid: list[tuple[int, int]], found: tuple[int, int], days: int
) -> None:
    """A payment found late, wherever it falls, takes back no principal and closes nothing anew."""
    before = project(terms, story(terms, *paid), day(days))
    after = project(terms, story(terms, *paid, found), day(days))
    assert after.outstanding_fen <= before.outstanding_fen
    if before.status is LoanStatus.CLOSED:
        assert after.status is LoanStatus.CLOSED
