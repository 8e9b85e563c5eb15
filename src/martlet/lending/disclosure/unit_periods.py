"""Unit periods of Regulation Z (12 CFR 1026, Appendix J, part b): how time is counted in an APR.

The unit period is the interval that occurs most often, a whole number of days, weeks, half months
or months up to a year; time before the first payment is full unit periods counted back from it,
and a fraction for the days that remain.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from martlet.kernel.calendar import add_months
from martlet.kernel.rates import MONTHS_PER_YEAR

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

_DAYS_PER_WEEK = 7
_DAYS_PER_MONTH = 30
_DAYS_PER_HALF_MONTH = 15
_DAYS_PER_YEAR = 365
_WEEKS_PER_YEAR = 52
_HALF_MONTH_DAYS = range(13, 17)
"""What lies between two days of a month fifteen days apart, in any month."""


class Interval(IntEnum):
    """What a unit period counts, from short to long."""

    DAYS = 1
    WEEKS = 2
    HALF_MONTHS = 3
    MONTHS = 4


@dataclass(frozen=True, slots=True)
class UnitPeriod:
    """So many days, weeks, half months or months."""

    interval: Interval
    every: int

    def __post_init__(self) -> None:
        assert self.every >= 1, self.every

    @property
    def days(self) -> int:
        """Its length in days, months of thirty days."""
        lengths = {
            Interval.DAYS: 1,
            Interval.WEEKS: _DAYS_PER_WEEK,
            Interval.HALF_MONTHS: _DAYS_PER_HALF_MONTH,
            Interval.MONTHS: _DAYS_PER_MONTH,
        }
        return lengths[self.interval] * self.every

    @property
    def per_year(self) -> Fraction:
        """How many of them are in a year."""
        whole = {
            Interval.DAYS: _DAYS_PER_YEAR,
            Interval.WEEKS: _WEEKS_PER_YEAR,
            Interval.HALF_MONTHS: 2 * MONTHS_PER_YEAR,
            Interval.MONTHS: MONTHS_PER_YEAR,
        }
        return Fraction(whole[self.interval], self.every)


YEAR = UnitPeriod(Interval.MONTHS, MONTHS_PER_YEAR)


def unit_period_of(days: Sequence[date]) -> UnitPeriod:
    """Return the unit period of a transaction, from its ordered days of advances and payments."""
    assert len(days) > 1, days
    if len(days) == 2:  # noqa: PLR2004 - one advance and one payment
        return _single_payment(days[0], days[1])
    votes: Counter[UnitPeriod] = Counter()
    for position, (first, last) in enumerate(pairwise(days)):
        after = days[position + 2] if position + 2 < len(days) else None
        before = days[position - 1] if position else None
        votes.update(_names(first, last, before, after))
    common = [(count, name) for name, count in votes.items() if count > 1]
    if not common:
        return _nearest_standard(Fraction((days[-1] - days[0]).days, len(days) - 1))
    most = max(count for count, _ in common)
    return min((name for count, name in common if count == most), key=lambda name: name.days)


def _single_payment(advance: date, payment: date) -> UnitPeriod:
    """Return the term itself, up to a year."""
    months = whole_months(advance, payment)
    if months is not None and 0 < months < MONTHS_PER_YEAR:
        return UnitPeriod(Interval.MONTHS, months)
    days = (payment - advance).days
    return UnitPeriod(Interval.DAYS, days) if payment < add_months(advance, 12) else YEAR


def _names(first: date, last: date, before: date | None, after: date | None) -> set[UnitPeriod]:
    """Return every standard interval that two neighbouring days may be apart."""
    days = (last - first).days
    found: set[UnitPeriod] = set()
    months = whole_months(first, last)
    if months is not None and 0 < months <= MONTHS_PER_YEAR:
        found.add(UnitPeriod(Interval.MONTHS, months))
    if 0 < days <= _DAYS_PER_YEAR:
        whole = days % _DAYS_PER_WEEK == 0
        found.add(
            UnitPeriod(Interval.WEEKS, days // _DAYS_PER_WEEK)
            if whole
            else UnitPeriod(Interval.DAYS, days)
        )
    with_next = after is not None and whole_months(first, after) == 1
    with_last = before is not None and whole_months(before, last) == 1
    if days in _HALF_MONTH_DAYS and (with_next or with_last):
        found.add(UnitPeriod(Interval.HALF_MONTHS, 1))
    return found


def _nearest_standard(average_days: Fraction) -> UnitPeriod:
    """Return the standard interval nearest to an average, the lower of two equally near."""
    standard = [UnitPeriod(Interval.DAYS, 1), UnitPeriod(Interval.HALF_MONTHS, 1)]
    standard += [UnitPeriod(Interval.WEEKS, every) for every in range(1, _WEEKS_PER_YEAR)]
    standard += [UnitPeriod(Interval.MONTHS, every) for every in range(1, MONTHS_PER_YEAR + 1)]
    return min(standard, key=lambda unit: (abs(unit.days - average_days), unit.days))


def whole_months(first: date, last: date) -> int | None:
    """Return the months from one day to the same day of another month; None where days remain."""
    months = (last.year - first.year) * MONTHS_PER_YEAR + last.month - first.month
    same = first.day == last.day
    ends = _is_month_end(first) and _is_month_end(last)
    return months if same or ends else None


def _is_month_end(day: date) -> bool:
    return day.day == monthrange(day.year, day.month)[1]


def months_back(first: date, last: date) -> tuple[int, int]:
    """Return the full months counted back from the later day, and the days that remain."""
    if (whole := whole_months(first, last)) is not None:
        return whole, 0
    months = (last.year - first.year) * MONTHS_PER_YEAR + last.month - first.month
    anchor = add_months(last, -months)
    if anchor < first:
        months -= 1
        anchor = add_months(last, -months)
    return months, (anchor - first).days


def unit_periods_between(unit: UnitPeriod, first: date, last: date) -> tuple[int, Fraction]:
    """Return the full unit periods between two days and the fraction that remains."""
    if unit.interval in {Interval.DAYS, Interval.WEEKS}:
        full, rest = divmod((last - first).days, unit.days)
        return full, Fraction(rest, unit.days)
    months, days = months_back(first, last)
    if unit == YEAR:
        years, months = divmod(months, MONTHS_PER_YEAR)
        if days == 0:
            return years, Fraction(months, MONTHS_PER_YEAR)
        anchor = add_months(last, -years * MONTHS_PER_YEAR)
        return years, Fraction((anchor - first).days, _DAYS_PER_YEAR)
    full, rest = divmod(months * _DAYS_PER_MONTH + days, unit.days)
    return full, Fraction(rest, unit.days)
