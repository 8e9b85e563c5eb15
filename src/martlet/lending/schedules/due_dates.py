"""Due dates: how often, on which day, and what happens where a month is too short or a day is off.

The days of a schedule depend on its first day and its rule alone: shifting one day to a working
day never moves the ones after it.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING

from martlet.kernel.calendar import add_months
from martlet.kernel.rates import MONTHS_PER_YEAR
from martlet.lending.limits import NON_WORKING_DAYS_MAX, PLAN_PERIODS_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    WorkingDay = Callable[[date], bool]

_DAYS_PER_WEEK = 7
_WEEKS_PER_YEAR = 52
_DAYS_PER_YEAR = 365
_HALF_MONTH_DAYS = 15
_LAST_DAY_OF_ANY_MONTH = 31


class PeriodUnit(StrEnum):
    """What a frequency counts."""

    DAYS = "days"
    WEEKS = "weeks"
    SEMI_MONTHS = "semi_months"
    """Twice a month: on a day, and fifteen days after it."""
    MONTHS = "months"
    YEARS = "years"


class MonthEnd(StrEnum):
    """Where an instalment falls whose day a month does not have."""

    CLAMP = "clamp"
    """On the month's last day; the next one is on its own day again."""
    ROLL = "roll"
    """On the first of the month after."""
    STICK = "stick"
    """What starts on a month's last day stays on last days."""


class Shift(StrEnum):
    """Where an instalment falls that would be due on a day off."""

    NONE = "none"
    FOLLOWING = "following"
    MODIFIED_FOLLOWING = "modified_following"
    """The working day after it, unless that lies in the next month: then the one before."""
    PRECEDING = "preceding"


@dataclass(frozen=True, slots=True)
class Frequency:
    """How often something falls due: every `every` days, weeks, half months, months or years."""

    every: int
    unit: PeriodUnit

    def __post_init__(self) -> None:
        assert 1 <= self.every <= PLAN_PERIODS_MAX, self.every

    @property
    def per_year(self) -> Fraction:
        """How many periods bankers count in a year: 12 months, 24 half months, 52 weeks."""
        whole = {
            PeriodUnit.DAYS: _DAYS_PER_YEAR,
            PeriodUnit.WEEKS: _WEEKS_PER_YEAR,
            PeriodUnit.SEMI_MONTHS: 2 * MONTHS_PER_YEAR,
            PeriodUnit.MONTHS: MONTHS_PER_YEAR,
            PeriodUnit.YEARS: 1,
        }
        return Fraction(whole[self.unit], self.every)


MONTHLY = Frequency(1, PeriodUnit.MONTHS)


@dataclass(frozen=True, slots=True)
class DueRule:
    """On which days instalments fall due."""

    frequency: Frequency = MONTHLY
    month_end: MonthEnd = MonthEnd.CLAMP
    on_day: int | None = None
    """A fixed day of the month (31: its last); None counts from the day of the first drawdown."""
    second_day: int | None = None
    """The later day of the two on which half months end; None is fifteen days after the first."""
    shift: Shift = Shift.NONE

    def __post_init__(self) -> None:
        if self.on_day is not None:
            assert 1 <= self.on_day <= _LAST_DAY_OF_ANY_MONTH, self.on_day
            halves = self.second_day is not None
            unit = PeriodUnit.SEMI_MONTHS if halves else PeriodUnit.MONTHS
            assert self.frequency.unit is unit, "a fixed day belongs to months, two to half months"
        if self.second_day is not None:
            assert self.on_day is not None, self
            assert self.on_day < self.second_day <= _LAST_DAY_OF_ANY_MONTH, self


def due_dates(
    rule: DueRule,
    start: date,
    count: int,
    *,
    first_due: date | None = None,
    is_working: WorkingDay | None = None,
) -> tuple[date, ...]:
    """Return the first `count` due dates of a loan drawn on `start`."""
    assert 0 <= count <= PLAN_PERIODS_MAX, count
    assert first_due is None or first_due > start, (start, first_due)
    assert rule.shift is Shift.NONE or is_working is not None, "shifting needs a calendar"
    days = islice(_days(rule, start, first_due), count)
    if is_working is None:
        return tuple(days)
    return tuple(shifted(day, rule.shift, is_working) for day in days)


def _days(rule: DueRule, start: date, first_due: date | None) -> Iterator[date]:
    if rule.second_day is not None:
        yield from _on_two_days(rule, start, first_due)
        return
    anchor, number = (first_due, 0) if first_due else (start, 1)
    every, unit = rule.frequency.every, rule.frequency.unit
    if rule.on_day is not None and first_due is None:
        anchor, number = _first_on_day(start, rule.on_day), 0
    while True:
        if unit is PeriodUnit.DAYS:
            yield anchor + timedelta(days=every * number)
        elif unit is PeriodUnit.WEEKS:
            yield anchor + timedelta(days=every * number * _DAYS_PER_WEEK)
        elif unit is PeriodUnit.SEMI_MONTHS:
            yield _half_months_after(anchor, every * number)
        else:
            months = every * number * (MONTHS_PER_YEAR if unit is PeriodUnit.YEARS else 1)
            yield months_after(anchor, months, rule.month_end, rule.on_day)
        number += 1


def _on_two_days(rule: DueRule, start: date, first_due: date | None) -> Iterator[date]:
    """Yield the two days of each month, every so many of them."""
    month, found = (first_due or start).replace(day=1), 0
    while True:
        for wanted in (rule.on_day, rule.second_day):
            day = add_months(month, 0, wanted)
            if day > start and (first_due is None or day >= first_due):
                if found % rule.frequency.every == 0:
                    yield day
                found += 1
        month = add_months(month, 1)


def months_after(
    anchor: date, months: int, rule: MonthEnd = MonthEnd.CLAMP, on_day: int | None = None
) -> date:
    """Return the day some months later; the rule says what a month without that day does."""
    wanted = on_day or anchor.day
    if rule is MonthEnd.STICK and anchor.day == monthrange(anchor.year, anchor.month)[1]:
        wanted = _LAST_DAY_OF_ANY_MONTH
    day = add_months(anchor, months, wanted)
    if rule is MonthEnd.ROLL and day.day < wanted:
        return day + timedelta(days=1)
    return day


def _first_on_day(start: date, on_day: int) -> date:
    """Return the first such day of a month after `start`."""
    this_month = add_months(start, 0, on_day)
    return this_month if this_month > start else add_months(start, 1, on_day)


def _half_months_after(anchor: date, halves: int) -> date:
    """Return the day some half months later: two days of each month, fifteen days apart."""
    early = anchor.day <= _HALF_MONTH_DAYS
    low = anchor.day if early else anchor.day - _HALF_MONTH_DAYS
    high = anchor.day if not early else anchor.day + _HALF_MONTH_DAYS
    months, half = divmod(halves + (0 if early else 1), 2)
    return add_months(anchor, months, high if half else low)


def shifted(day: date, shift: Shift, is_working: WorkingDay) -> date:
    """Return the working day on which something due on `day` is paid."""
    if shift is Shift.NONE or is_working(day):
        return day
    back = shift is Shift.PRECEDING
    found = _nearest(day, -1 if back else 1, is_working)
    if shift is Shift.MODIFIED_FOLLOWING and found.month != day.month:
        found = _nearest(day, -1, is_working)
    return found


def _nearest(day: date, step: int, is_working: WorkingDay) -> date:
    for distance in range(1, NON_WORKING_DAYS_MAX + 1):
        candidate = day + timedelta(days=step * distance)
        if is_working(candidate):
            return candidate
    message = f"a calendar without a working day in {NON_WORKING_DAYS_MAX} days of {day}"
    raise ValueError(message)
