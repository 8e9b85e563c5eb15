"""Day counts: which part of a year lies between two days, exactly.

A fraction of a year is a factor of a rate and never an amount; it stays a quotient of whole
numbers until `kernel.rounding` makes an amount of the product.
"""

from __future__ import annotations

from calendar import isleap
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from martlet.kernel.calendar import days_30_360

if TYPE_CHECKING:
    from collections.abc import Iterator

_DAYS_OF_YEAR = 365
_DAYS_OF_LEAP_YEAR = 366


class DayCount(StrEnum):
    """How days become a part of a year."""

    THIRTY_360 = "30/360"
    """Months of 30 days, a year of 360."""
    ACTUAL_360 = "actual/360"
    ACTUAL_364 = "actual/364"
    """52 weeks: a loan repaid by the week costs the same every week."""
    ACTUAL_365 = "actual/365"
    ACTUAL_365_NO_LEAP = "actual/365-no-leap"
    """29 February costs nothing."""
    ACTUAL_ACTUAL = "actual/actual"
    """Each calendar year by its own length, split at 31 December: a night belongs to its end."""
    ACTUAL_ACTUAL_ISDA = "actual/actual-isda"
    """The same, split at 1 January: a night belongs to its beginning."""


_FIXED_YEARS = {
    DayCount.ACTUAL_360: 360,
    DayCount.ACTUAL_364: 364,
    DayCount.ACTUAL_365: _DAYS_OF_YEAR,
    DayCount.ACTUAL_365_NO_LEAP: _DAYS_OF_YEAR,
}


def days_in_year(year: int) -> int:
    """Return the days of a calendar year."""
    return _DAYS_OF_LEAP_YEAR if isleap(year) else _DAYS_OF_YEAR


def year_fraction(basis: DayCount, start: date, end: date) -> Fraction:
    """Return the part of a year from `start` to `end`, exactly."""
    assert start <= end, (start, end)
    if basis is DayCount.THIRTY_360:
        return Fraction(days_30_360(start, end), 360)
    if basis in {DayCount.ACTUAL_ACTUAL, DayCount.ACTUAL_ACTUAL_ISDA}:
        parts = split_by_year(start, end, at_31_december=basis is DayCount.ACTUAL_ACTUAL)
        return sum((Fraction(days, days_in_year(year)) for year, days in parts), Fraction(0))
    days = (end - start).days
    if basis is DayCount.ACTUAL_365_NO_LEAP:
        days -= leap_days(start, end)
    return Fraction(days, _FIXED_YEARS[basis])


def split_by_year(start: date, end: date, *, at_31_december: bool) -> Iterator[tuple[int, int]]:
    """Yield how many of the nights between two days belong to each calendar year."""
    day = start
    for year in range(start.year, end.year + 1):
        turn = date(year, 12, 31) if at_31_december else date(year + 1, 1, 1)
        until = end if year == end.year else min(turn, end)
        yield year, (until - day).days
        day = until


def leap_days(start: date, end: date) -> int:
    """Return how many of the days from `start` up to but not including `end` are 29 February."""
    found = 0
    for year in range(start.year, end.year + 1):
        if isleap(year) and start <= date(year, 3, 1) - timedelta(days=1) < end:
            found += 1
    return found
