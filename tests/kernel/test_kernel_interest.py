"""Rates and days: interest by integers, months that end, years of 360 days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlet.kernel import calendar
from martlet.kernel.clock import ManualClock, ShiftedClock, SystemClock
from martlet.kernel.limits import AMOUNT_FEN_MAX, DAYS_SPAN_MAX, RATE_PPM_PER_DAY_MAX
from martlet.kernel.rates import annual_ppm, daily_interest_ticks, percent_text, ticks_to_fen

PRINCIPALS = st.integers(0, AMOUNT_FEN_MAX)
RATES = st.integers(0, RATE_PPM_PER_DAY_MAX)
DATES = st.dates(date(1990, 1, 1), date(2100, 12, 31))


def test_a_day_of_one_yuan_at_a_basis_point_is_not_lost() -> None:
    """100 fen at 0.01 % a day are a hundredth of a fen: 100 ticks."""
    assert daily_interest_ticks(100, 100, 1) == 100
    assert ticks_to_fen(100 * 100) == 1


@given(PRINCIPALS, RATES, st.integers(0, DAYS_SPAN_MAX))
def test_interest_is_the_exact_product_rounded_once(principal: int, rate: int, days: int) -> None:
    exact = Fraction(principal * rate * days * 10_000, 1_000_000)
    assert daily_interest_ticks(principal, rate, days) == round(exact)


@given(st.integers(1, 10**11), st.integers(1, 1000), st.integers(1, 400))
def test_ten_thousand_fen_accrue_the_same_day_by_day(principal: int, rate: int, days: int) -> None:
    """Where a day's interest is whole ticks, the sum of the days is the interest of the span."""
    whole = principal * 100
    each = sum(daily_interest_ticks(whole, rate, 1) for _ in range(days))
    assert each == daily_interest_ticks(whole, rate, days)


@pytest.mark.parametrize(
    ("principal", "rate", "days"),
    [
        (-1, 1, 1),
        (AMOUNT_FEN_MAX + 1, 1, 1),
        (1, -1, 1),
        (1, 10_001, 1),
        (1, 1, -1),
        (1, 1, 36_601),
    ],
)
def test_interest_outside_reason_is_a_mistake(principal: int, rate: int, days: int) -> None:
    with pytest.raises(AssertionError):
        daily_interest_ticks(principal, rate, days)


def test_the_nominal_year_is_the_products() -> None:
    assert annual_ppm(300) == 108_000
    assert annual_ppm(300, 365) == 109_500
    with pytest.raises(AssertionError):
        annual_ppm(300, 364)


@pytest.mark.parametrize(
    ("ppm", "decimals", "text"),
    [
        (300, 2, "0.03"),
        (300, 3, "0.030"),
        (108_000, 2, "10.80"),
        (-5_000, 1, "-0.5"),
        (1_000_000, 0, "100"),
    ],
)
def test_a_rate_is_written_as_per_cent(ppm: int, decimals: int, text: str) -> None:
    assert percent_text(ppm, decimals) == text


def test_a_loan_of_the_31st_stays_on_the_31st() -> None:
    start = date(2026, 1, 31)
    assert calendar.add_months(start, 1) == date(2026, 2, 28)
    assert calendar.add_months(date(2026, 2, 28), 1, anchor_day=31) == date(2026, 3, 31)
    assert calendar.add_months(date(2024, 1, 30), 1) == date(2024, 2, 29)
    assert calendar.add_months(date(2026, 11, 30), 3) == date(2027, 2, 28)


@given(DATES, st.integers(0, 600))
def test_months_later_is_that_month_and_never_a_later_day(start: date, months: int) -> None:
    later = calendar.add_months(start, months)
    passed = (later.year - start.year) * 12 + later.month - start.month
    assert passed == months
    assert later.day <= start.day
    assert later.day == start.day or calendar.next_day(later).day == 1


@given(DATES, DATES)
def test_days_between_count_up_to_the_end(start: date, end: date) -> None:
    assert start + timedelta(days=calendar.days_between(start, end)) == end
    assert calendar.days_between(end, start) == -calendar.days_between(start, end)


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (date(2026, 1, 1), date(2027, 1, 1), 360),
        (date(2026, 1, 31), date(2026, 2, 28), 28),
        (date(2026, 1, 30), date(2026, 1, 31), 0),
        (date(2026, 3, 5), date(2026, 4, 4), 29),
    ],
)
def test_months_of_thirty_days(start: date, end: date, days: int) -> None:
    assert calendar.days_30_360(start, end) == days


def test_the_business_day_is_shanghais() -> None:
    assert calendar.business_date_of(datetime(2026, 3, 1, 15, 59, tzinfo=UTC)) == date(2026, 3, 1)
    assert calendar.business_date_of(datetime(2026, 3, 1, 16, 0, tzinfo=UTC)) == date(2026, 3, 2)
    with pytest.raises(AssertionError):
        calendar.business_date_of(datetime(2026, 3, 1))  # noqa: DTZ001 - naive on purpose


def test_a_manual_clock_only_goes_forward() -> None:
    clock = ManualClock(datetime(2026, 3, 2, 9, 0, tzinfo=calendar.SHANGHAI))
    assert clock.now() == datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    clock.advance(timedelta(hours=1))
    clock.set(datetime(2026, 3, 2, 3, 0, tzinfo=UTC))
    assert clock.now().hour == 3
    with pytest.raises(AssertionError):
        clock.advance(timedelta(seconds=-1))
    with pytest.raises(AssertionError):
        clock.set(datetime(2026, 3, 2, 2, 0, tzinfo=UTC))
    with pytest.raises(AssertionError):
        ManualClock(datetime(2026, 3, 2))  # noqa: DTZ001 - naive on purpose


def test_a_shifted_clock_runs_on_another_day_and_only_forward() -> None:
    machine = ManualClock(datetime(2026, 3, 2, tzinfo=UTC))
    clock = ShiftedClock(datetime(2020, 1, 1, tzinfo=UTC), machine)
    machine.advance(timedelta(hours=2))
    assert clock.now() == datetime(2020, 1, 1, 2, 0, tzinfo=UTC)
    clock.set(datetime(2020, 1, 5, tzinfo=UTC))
    assert clock.now() == datetime(2020, 1, 5, tzinfo=UTC)
    with pytest.raises(AssertionError):
        clock.set(datetime(2020, 1, 4, tzinfo=UTC))


def test_the_system_clock_is_aware_of_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)
