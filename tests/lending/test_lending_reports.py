"""Reports of the book: a loan's course, the book by age, vintages; held against the loans."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lending.conftest import TODAY

from martlet.kernel.errors import Invalid
from martlet.kernel.ids import parse_id
from martlet.kernel.rates import annual_ppm, parse_percent, percent_text
from martlet.lending import EventKind, LoanEvent, LoanTerms, product_named, project
from martlet.lending.reports import OVERDUE_DAYS, book_by_age, cohorts, example, timeline
from martlet.lending.reports.timeline import course
from martlet.lending.reports.vintages import first_reached

if TYPE_CHECKING:
    from tests.lending.conftest import LendingBank

START = date(2026, 1, 31)
A_LOAN = parse_id("01900000-0000-7000-8000-00000000beef")


def test_an_example_is_the_forecast_of_the_product() -> None:
    made = example(product_named("equal_instalments"), START, 1_200_000, 12, 300)
    assert [row["due_on"] for row in made["schedule"]][:2] == ["2026-02-28", "2026-03-31"]
    assert sum(row["principal_fen"] for row in made["schedule"]) == 1_200_000
    assert made["rates"]["simple_annual_ppm"] == annual_ppm(300)
    assert made["rates"]["internal_annual_ppm"] > annual_ppm(300), "compounding costs more"


@pytest.mark.parametrize(("amount", "tenor", "rate"), [(0, 3, 300), (1, 0, 300), (1, 3, 10**9)])
def test_an_example_outside_the_bounds_is_refused(amount: int, tenor: int, rate: int) -> None:
    with pytest.raises(Invalid):
        example(product_named("equal_instalments"), START, amount, tenor, rate)


@given(st.integers(0, 9_999_9999))
def test_a_percent_is_read_as_it_is_written(ppm: int) -> None:
    assert parse_percent(percent_text(ppm, 4)) == ppm
    assert parse_percent(f" {percent_text(ppm, 4)}% ") == ppm


@pytest.mark.parametrize("text", ["", "x", "0.00001", "-1", "1,5", "١"])
def test_what_is_no_percent_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="percent_unreadable"):
        parse_percent(text)


@given(
    st.integers(100, 10_000_000),
    st.integers(1, 24),
    st.lists(st.tuples(st.integers(0, 500), st.integers(1, 3_000_000)), max_size=4),
    st.integers(0, 900),
)
def test_a_course_follows_the_projection_and_ends_at_nothing(
    principal_fen: int, tenor: int, payments: list[tuple[int, int]], days: int
) -> None:
    terms = LoanTerms(principal_fen, 300, tenor, product_named("equal_instalments").conventions)
    events = [LoanEvent(A_LOAN, 1, EventKind.DISBURSED, START, principal_fen)]
    for number, (after, amount_fen) in enumerate(payments, 2):
        paid_on = START + timedelta(days=after)
        events.append(LoanEvent(A_LOAN, number, EventKind.REPAID, paid_on, amount_fen))
    today = START + timedelta(days=days)
    points = course(terms, events, today)
    assert points[0]["on"] == START.isoformat()
    assert len(points) <= 64
    for point in points:
        if point["principal_fen"] is not None:
            day = date.fromisoformat(point["on"])
            assert point["principal_fen"] == project(terms, events, day).principal_fen
        else:
            assert point["planned_fen"] >= 0
    last = points[-1]
    if last["principal_fen"] is None:
        assert last["planned_fen"] == 0, "a plan ends with everything repaid"


def test_lateness_is_reached_on_its_day_whatever_came_later() -> None:
    due = date(2026, 3, 1)
    moments = [(due + timedelta(days=40), due), (due + timedelta(days=70), None)]
    assert first_reached(moments, 30) == due + timedelta(days=30)
    assert first_reached(moments, 60) is None


def test_the_book_by_age_and_its_vintages_tell_of_the_same_loans(bank: LendingBank) -> None:
    """One borrower pays, one never does: after three months they stand in different buckets."""
    paying = bank.drawn(300_000, "equal_instalments", tenor=3)
    silent = bank.drawn(600_000, "equal_instalments", tenor=3)
    daily = bank.drawn(50_000, "revolving_daily", tenor=30)
    bank.lending.repay(bank.principal, bank.key(), paying, 300_000)
    bank.close_days(100)
    with bank.database.read() as connection:
        rows = book_by_age(connection, bank.principal)
        seen = timeline(connection, bank.principal, silent)
    by_bucket = {(row["product"], row["bucket"]): row for row in rows}
    assert by_bucket["equal_instalments", "61_90"]["principal_fen"] == 600_000
    assert by_bucket["revolving_daily", "61_90"]["loans_count"] == 1
    running = bank.lending.portfolio(bank.principal)["rows"]
    assert sum(row["principal_fen"] for row in rows) == sum(
        row["principal_fen"] for row in running if row["status"] in {"live", "overdue"}
    )
    assert [row["standing"] for row in seen["plan"]] == ["late", "late", "late"]
    assert {row["on"] for row in seen["course"]} >= {TODAY.isoformat(), seen["as_of"]}
    read = cohorts(bank.database, bank.principal)
    (cohort,) = read.cohorts
    assert (cohort.month, cohort.loans, cohort.months_seen) == ("2026-03", 3, 3)
    assert cohort.amount_fen == 950_000
    late = {days: cohort.shares_ppm(days) for days in OVERDUE_DAYS}
    assert late[30] == [0, 666_667, 666_667], "two of three, in their second month on book"
    assert late[60] == [0, 0, 666_667]
    assert late[90] == [0, 0, 0]
    assert bank.lending.loan(bank.principal, daily)["days_overdue"] == 70


def test_vintages_of_a_large_book_are_of_the_newest_and_say_so(bank: LendingBank) -> None:
    for _ in range(2):
        bank.drawn(1_000)
        bank.close_days(31)
    bank.drawn(1_000)
    whole = cohorts(bank.database, bank.principal)
    assert (whole.whole, len(whole.cohorts)) == (True, 3)
    part = cohorts(bank.database, bank.principal, newest=2)
    assert (part.whole, part.loans_count) == (False, 2)
    assert [one.month for one in part.cohorts] == [whole.cohorts[-1].month]
