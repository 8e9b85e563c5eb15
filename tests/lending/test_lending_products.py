"""Products that differ in when principal falls due: schedules, early money, and a whole life."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lending.loan_stories import START, day, story, terms_of

from martlet.lending import LoanEvent, LoanStatus, LoanTerms, project, schedule, verify_lending
from martlet.lending.product import DayCount as NightCount
from martlet.lending.schedules import (
    DayCount,
    InterestBy,
    PlanConventions,
    PlanKind,
    PlanTerms,
    plan_rows,
)

if TYPE_CHECKING:
    from tests.lending.conftest import LendingBank

KINDS = {
    "equal_instalments": PlanKind.LEVEL,
    "equal_principal": PlanKind.EQUAL_PRINCIPAL,
    "interest_then_principal": PlanKind.INTEREST_THEN_PRINCIPAL,
}


def rows_of(product: str, tenor: int = 3) -> list[tuple[int, int]]:
    terms = terms_of(product, 30_000_00, tenor, 333)
    found = schedule(terms, story(terms), START)
    return [(row.principal_fen, row.interest_fen) for row in found]


def test_equal_principal_falls_due_with_the_interest_of_what_was_owed() -> None:
    assert rows_of("equal_principal") == [
        (10_000_00, 299_70),
        (10_000_00, 199_80),
        (10_000_00, 99_90),
    ]


def test_interest_falls_due_by_its_days_and_principal_at_the_end() -> None:
    """15 January to 15 April: 31, 28 and 31 nights at 0.0333 % of ¥30,000."""
    assert rows_of("interest_then_principal") == [(0, 309_69), (0, 279_72), (30_000_00, 309_69)]


def test_a_bullet_asks_once_for_everything() -> None:
    assert rows_of("bullet") == [(30_000_00, 899_10)]


@pytest.mark.parametrize("product", KINDS)
@given(
    amount_fen=st.integers(100_00, 1_000_000_00), rate=st.integers(1, 600), place=st.integers(0, 2)
)
@settings(max_examples=30, deadline=None)
def test_what_the_book_asks_for_is_the_schedule_on_paper(
    product: str, amount_fen: int, rate: int, place: int
) -> None:
    """The replay of a loan paid on its days against the rows of `schedules`, within a fen each."""
    terms = terms_of(product, amount_fen, (3, 6, 12)[place], rate)
    by_days = terms.conventions.day_count is NightCount.ACTUAL
    conventions = PlanConventions(
        kind=KINDS[product],
        day_count=DayCount.ACTUAL_360 if by_days else DayCount.THIRTY_360,
        interest_by=InterestBy.DAYS if by_days else InterestBy.PERIOD,
    )
    paper = plan_rows(
        PlanTerms(amount_fen, Fraction(rate * 360, 10**6), terms.tenor, start=START), conventions
    )
    book = schedule(terms, story(terms), START)
    assert [row.due_on for row in book] == [row.due_on for row in paper]
    for asked, written in zip(book, paper, strict=True):
        # The book rounds what has accrued in all, the paper each row: a fen in a row, and what a
        # level payment makes of it in the principal.
        assert abs(asked.interest_fen - written.interest) <= 1
        assert abs(asked.principal_fen - written.principal) <= len(paper)
    assert sum(row.principal_fen for row in book) == amount_fen


def test_early_money_lowers_the_later_shares_of_principal() -> None:
    """¥15,000 on the tenth day: its interest, the coming share, and the rest off the later ones."""
    terms = terms_of("equal_principal", 30_000_00, 3, 333)
    events = story(terms, (10, 15_000_00))
    coming = schedule(terms, events, day(10))
    assert coming[0].principal_fen == 10_000_00
    assert coming[1].principal_fen == coming[2].principal_fen
    state = project(terms, events, day(10))
    assert state.principal_fen + state.principal_paid_fen == 30_000_00
    assert sum(row.principal_fen for row in coming[1:]) == state.principal_fen


def test_early_money_lowers_the_monthly_interest_where_principal_comes_last() -> None:
    terms = terms_of("interest_then_principal", 30_000_00, 3, 333)
    plain = schedule(terms, story(terms), START)
    coming = schedule(terms, story(terms, (10, 20_000_00)), day(10))
    assert coming[1].interest_fen < plain[1].interest_fen / 2
    assert coming[0].principal_fen == coming[1].principal_fen == 0


@st.composite
def lives(draw: st.DrawFn) -> tuple[LoanTerms, list[LoanEvent]]:
    product = draw(st.sampled_from(["equal_principal", "interest_then_principal", "bullet"]))
    terms = terms_of(
        product,
        draw(st.integers(1, 200_000_00)),
        draw(st.sampled_from([3, 6])),
        draw(st.integers(0, 600)),
    )
    payments = draw(
        st.lists(st.tuples(st.integers(0, 250), st.integers(1, 120_000_00)), max_size=6)
    )
    return terms, story(terms, *payments)


@given(lives())
@settings(max_examples=120, deadline=None)
def test_whatever_is_paid_whenever_nothing_is_lost_or_negative(
    life: tuple[LoanTerms, list[LoanEvent]],
) -> None:
    terms, events = life
    for number in (0, 31, 100, 260):
        state = project(terms, events, day(number))
        paid = sum(e.amount_fen for e in events[1:] if e.value_date <= day(number))
        applied = state.principal_paid_fen + state.interest_paid_fen + state.penalty_paid_fen
        assert paid == applied + state.overpaid_fen
        assert 0 <= state.principal_due_fen <= state.principal_fen
        asked = sum(row.principal_fen for row in schedule(terms, events, day(number)))
        left = state.principal_fen - state.principal_due_fen
        # What was paid towards the coming instalment is still part of it.
        assert left <= asked <= left + state.advance_fen


@pytest.mark.parametrize("product", ["equal_principal", "interest_then_principal", "bullet"])
def test_a_loan_of_each_product_lives_through_the_service(product: str, bank: LendingBank) -> None:
    loan_id = bank.drawn(10_000_00, product, tenor=3)
    shown = bank.lending.loan(bank.principal, loan_id)
    bank.close_days(32)
    asked = bank.lending.loan(bank.principal, loan_id)
    assert asked["status"] == LoanStatus.OVERDUE.value or product == "bullet"
    first = shown["schedule"][0]
    assert product == "bullet" or asked["fallen_due"][0]["due_fen"] == first["due_fen"]
    bank.lending.repay(bank.principal, bank.key(), loan_id, asked["outstanding_fen"])
    closed = bank.lending.loan(bank.principal, loan_id)
    assert (closed["status"], closed["outstanding_fen"]) == (LoanStatus.CLOSED.value, 0)
    with bank.database.read() as connection:
        assert verify_lending(connection).loans == 1
