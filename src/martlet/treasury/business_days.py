"""Business days of a fund: when it confirms and when it pays. A pure function of a dated table.

A year whose days off are not decreed yet has weekends only; what is reckoned in it is provisional
and says so.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from martlet.kernel.calendar import next_day
from martlet.treasury.limits import CALENDAR_DAYS_MAX, NON_BUSINESS_DAYS_MAX


@dataclass(frozen=True, slots=True)
class BusinessDays:
    """Which days are business days."""

    off: frozenset[date]
    open_weekends: frozenset[date]
    weekend: frozenset[int]
    decreed: frozenset[int]

    def __post_init__(self) -> None:
        assert len(self.off) + len(self.open_weekends) <= CALENDAR_DAYS_MAX
        assert not self.off & self.open_weekends, "a day is off or not"
        assert len(self.weekend) < 7, "a week has a business day"  # noqa: PLR2004 - days of a week

    def is_open(self, day: date) -> bool:
        """Tell whether a day is a business day."""
        if day in self.off:
            return False
        return day.isoweekday() not in self.weekend or day in self.open_weekends

    def is_provisional(self, day: date) -> bool:
        """Tell whether a day's year is one whose days off nobody has decreed yet."""
        return day.year not in self.decreed

    def on_or_after(self, day: date) -> date:
        """Return the day itself, or the next business day."""
        for _ in range(NON_BUSINESS_DAYS_MAX):
            if self.is_open(day):
                return day
            day = next_day(day)
        message = f"no business day in the {NON_BUSINESS_DAYS_MAX} days before {day}"
        raise AssertionError(message)

    def later(self, day: date, count: int) -> date:
        """Return the business day that is `count` business days after a day."""
        assert count >= 0, count
        for _ in range(count):
            day = self.on_or_after(next_day(day))
        return day


def read_business_days(text: str) -> BusinessDays:
    """Read a calendar's TOML; a run of days that ends before it begins is a mistake."""
    table = tomllib.loads(text)
    off: set[date] = set()
    for run in table["off"]:
        length = (run["to"] - run["from"]).days + 1
        assert 0 < length <= NON_BUSINESS_DAYS_MAX, run
        off.update(run["from"] + timedelta(days=number) for number in range(length))
    return BusinessDays(
        frozenset(off),
        frozenset(table["open_weekends"]),
        frozenset(table["weekend"]),
        frozenset(table["decreed"]),
    )


@cache
def shipped_business_days() -> BusinessDays:
    """Return the calendar that ships with the bank."""
    text = files("martlet.treasury").joinpath("business_days.toml").read_text(encoding="utf-8")
    return read_business_days(text)
