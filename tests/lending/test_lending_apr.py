"""Annual percentage rates by Regulation Z: worked examples of Appendix J, and how time is told."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from martlet.lending.disclosure import regulation_z_apr_ppm, unit_period_of
from martlet.lending.disclosure.unit_periods import (
    Interval,
    UnitPeriod,
    months_back,
    unit_periods_between,
)
from martlet.lending.schedules import DueRule, Frequency, PeriodUnit, due_dates

MONTH = UnitPeriod(Interval.MONTHS, 1)
MONTHLY = Frequency(1, PeriodUnit.MONTHS)
QUARTERLY = Frequency(3, PeriodUnit.MONTHS)
WEEKLY = Frequency(1, PeriodUnit.WEEKS)
ONCE = Frequency(1, PeriodUnit.DAYS)


def apr_ppm(
    advance: tuple[str, int], first: str, count: int, amount: int, frequency: Frequency
) -> int | None:
    start = date.fromisoformat(first)
    days = (start, *due_dates(DueRule(frequency), start, count - 1))
    on, lent = advance
    return regulation_z_apr_ppm([(date.fromisoformat(on), lent)], [(day, amount) for day in days])


@pytest.mark.parametrize(
    ("advance", "first", "count", "amount", "frequency", "per_cent"),
    [
        (
            ("1978-02-10", 6_000_00),
            "1978-04-01",
            36,
            200_00,
            Frequency(1, PeriodUnit.MONTHS),
            11.82,
        ),
        (
            ("1978-05-23", 10_000_00),
            "1978-10-01",
            40,
            385_00,
            Frequency(3, PeriodUnit.MONTHS),
            8.97,
        ),
        (("1978-03-20", 500_00), "1978-04-21", 30, 17_60, WEEKLY, 14.96),
        (("1978-01-03", 1_000_00), "1978-09-15", 1, 1_080_00, ONCE, 11.45),
        (("1978-07-15", 1_000_00), "1979-01-15", 1, 1_044_00, ONCE, 8.80),
        (("1978-01-15", 1_000_00), "1979-07-15", 1, 1_135_19, ONCE, 8.76),
        (("1978-01-10", 1_000_00), "1980-01-10", 1, 1_240_00, ONCE, 11.36),
    ],
)
def test_worked_examples_of_the_regulation(
    advance: tuple[str, int],
    first: str,
    count: int,
    amount: int,
    frequency: Frequency,
    per_cent: float,
) -> None:
    found = apr_ppm(advance, first, count, amount, frequency)
    assert found is not None
    assert round(found / 10_000, 2) == per_cent


def test_two_advances_are_worth_what_is_paid() -> None:
    """Each advance repaid a month later with one per cent is twelve per cent a year."""
    days = [date(2025, month, 1) for month in (1, 2, 3)]
    advances = [(days[0], 1_000_00), (days[1], 1_000_00)]
    payments = [(days[1], 1_010_00), (days[2], 1_010_00)]
    assert regulation_z_apr_ppm(advances, payments, MONTH) == 120_000


def test_credit_that_costs_nothing_has_no_rate() -> None:
    day = date(2025, 1, 1)
    assert regulation_z_apr_ppm([(day, 100)], [(date(2025, 2, 1), 100)]) is None


def test_the_unit_period_is_what_occurs_most() -> None:
    monthly = [date(2025, 1, 3), *(date(2025, month, 1) for month in range(2, 6))]
    assert unit_period_of(monthly) == MONTH
    halves = [date(2025, 2, 23), date(2025, 3, 1), date(2025, 3, 16), date(2025, 4, 1)]
    assert unit_period_of(halves) == UnitPeriod(Interval.HALF_MONTHS, 1)
    fortnights = [date(2025, 1, day) for day in (1, 15, 29)]
    assert unit_period_of(fortnights) == UnitPeriod(Interval.WEEKS, 2)
    odd = [date(2025, 1, 1), date(2025, 1, 21), date(2025, 3, 5)]
    assert unit_period_of(odd) == MONTH


def test_months_are_counted_back_from_the_later_day() -> None:
    assert months_back(date(1978, 1, 10), date(1978, 3, 1)) == (1, 22)
    assert months_back(date(2025, 1, 31), date(2025, 2, 28)) == (1, 0)
    two_months = UnitPeriod(Interval.MONTHS, 2)
    between = unit_periods_between(two_months, date(1978, 1, 10), date(1978, 3, 1))
    assert between == (0, Fraction(52, 60))
    four_weeks = UnitPeriod(Interval.WEEKS, 4)
    weeks = unit_periods_between(four_weeks, date(1978, 3, 18), date(1978, 4, 20))
    assert weeks == (1, Fraction(5, 28))
