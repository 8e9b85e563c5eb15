"""Which days are off in China, which weekends are worked, how far Spring Festival is: as known.

A year's days off are decreed some weeks before it begins. The invariant: what is asked for as known
on a day uses only decrees known by then; a year without one has its statutory holidays, no make-up
days, and every day of it is provisional. A decree of a file outranks the ones that ship here.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from martlet.cashflow.model import DayFeatures
from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from martlet.cashflow.model import BoolArray

_SHIPPED = Path(__file__).with_name("decrees.toml")
_SATURDAY, _MONDAY = 5, 0
_LUNAR_FIRST, _LUNAR_LAST = 1901, 2099
"""Years whose Spring Festival `lunardate` knows with one to either side."""
_MARGIN_DAYS = 12
"""Longer than any run of days off: a break that began before the first day is seen whole."""


class _Year(NamedTuple):
    """A year's days as the package has them, final."""

    statutory: frozenset[date]
    days_off: frozenset[date]
    working: frozenset[date]


@dataclass(frozen=True, slots=True)
class Decree:
    """How a year's holidays are worked, and since when that is known."""

    year: int
    known_on: date
    verified: bool
    days_off: frozenset[date]
    """Holidays and the weekdays that are off beside them; plain weekends need not be told."""
    working_days: frozenset[date]
    """Weekend days that are worked."""
    of_file: bool = False


@dataclass(frozen=True, slots=True)
class Calendar:
    """The decrees that one forecast or back-test may look at."""

    decrees: tuple[Decree, ...] = field(default=())
    observed: bool = True
    """False: a calendar of weekdays alone, for series of another country."""

    def decree(self, year: int, known_on: date) -> Decree | None:
        """Return the newest decree of a year that was known by then; a file's before ours."""
        known = [d for d in self.decrees if d.year == year and d.known_on <= known_on]
        return max(known, key=lambda d: (d.of_file, d.known_on), default=None)

    def features(self, first_day: date, count: int, known_on: date) -> DayFeatures:
        """Return what the calendar says of `count` days, as it was known on a day."""
        begin = first_day - timedelta(days=_MARGIN_DAYS)
        days = [begin + timedelta(days=n) for n in range(count + 2 * _MARGIN_DAYS)]
        off, working, undecreed = self._days(days, known_on)
        plain = np.array([day.weekday() for day in days], dtype=np.int64)
        holiday = np.array([day in off for day in days], dtype=np.bool_)
        make_up = np.array([day in working for day in days], dtype=np.bool_) & ~holiday
        at_work = ~holiday & ((plain < _SATURDAY) | make_up)
        in_break = _breaks(holiday, at_work)
        whole = DayFeatures(
            first_day=begin,
            weekday=np.where(make_up, _MONDAY, plain),
            holiday=in_break,
            make_up=make_up,
            before_holiday=at_work & np.append(in_break[1:], np.False_),
            after_holiday=at_work & np.append(np.False_, in_break[:-1]),
            day_of_month=np.array([day.day for day in days], dtype=np.int64),
            days_to_month_end=np.array([_to_month_end(day) for day in days], dtype=np.int64),
            spring_festival=np.array([_from_spring_festival(d) for d in days], dtype=np.int64),
            provisional=np.array([day.year in undecreed for day in days], dtype=np.bool_),
        )
        return whole.span(_MARGIN_DAYS, _MARGIN_DAYS + count)

    def _days(
        self, days: Iterable[date], known_on: date
    ) -> tuple[frozenset[date], frozenset[date], frozenset[int]]:
        """Return days off, worked weekend days, and the years that nobody has decreed."""
        off: frozenset[date] = frozenset()
        working: frozenset[date] = frozenset()
        undecreed: set[int] = set()
        if not self.observed:
            return off, working, frozenset()
        for year in {day.year for day in days}:
            decree = self.decree(year, known_on)
            if decree is None:
                undecreed.add(year)
                off |= _year(year).statutory
            else:
                off |= decree.days_off
                working |= decree.working_days
        return off, working, frozenset(undecreed)


def chinese_calendar(override: str = "") -> Calendar:
    """Return the shipped decrees, with those of an override file's text before them."""
    shipped = _shipped()
    return Calendar((*shipped, *parse_decrees(override, of_file=True))) if override else _plain()


def weekday_calendar() -> Calendar:
    """Return a calendar that knows weekdays and months and no holidays."""
    return Calendar(observed=False)


@lru_cache(maxsize=1)
def _plain() -> Calendar:
    return Calendar(_shipped())


@lru_cache(maxsize=1)
def _shipped() -> tuple[Decree, ...]:
    return parse_decrees(_SHIPPED.read_text(encoding="utf-8"))


def parse_decrees(text: str, *, of_file: bool = False) -> tuple[Decree, ...]:
    """Read decrees from TOML; one that cannot be understood is refused by its place."""
    try:
        rows = tomllib.loads(text).get("decree", [])
        rows = rows if isinstance(rows, list) else [rows]
    except tomllib.TOMLDecodeError as error:
        raise Invalid("cashflow.calendar_unreadable", detail=str(error)[:200]) from error
    return tuple(_decree(row, place, of_file=of_file) for place, row in enumerate(rows, 1))


def _decree(row: dict[str, Any], place: int, *, of_file: bool) -> Decree:
    known = {"year", "known_on", "verified", "days_off", "working_days", "source"}
    known |= {"without_days_off", "without_working_days", "with_working_days"}
    if unknown := sorted(set(row) - known):
        raise Invalid("cashflow.calendar_unreadable", detail=f"{place}: {unknown[0]}"[:200])
    year, known_on = row.get("year"), row.get("known_on")
    usable = isinstance(year, int) and _LUNAR_FIRST <= year <= _LUNAR_LAST
    if not usable or type(known_on) is not date:
        raise Invalid("cashflow.calendar_unreadable", detail=f"{place}: year, known_on")
    assert isinstance(year, int)
    final = _year(year)
    days_off = _dates(row, "days_off", place, year) if "days_off" in row else final.days_off
    working = _dates(row, "working_days", place, year) if "working_days" in row else final.working
    if "days_off" in row and "working_days" not in row:
        working = frozenset()
    return Decree(
        year=year,
        known_on=known_on,
        verified=row.get("verified") is True,
        days_off=days_off - _dates(row, "without_days_off", place, year),
        working_days=(working - _dates(row, "without_working_days", place, year))
        | _dates(row, "with_working_days", place, year),
        of_file=of_file,
    )


def _dates(row: dict[str, Any], name: str, place: int, year: int) -> frozenset[date]:
    """Read days, or pairs of a first and a last day."""
    found: set[date] = set()
    listed = row.get(name, [])
    for item in listed if isinstance(listed, list) else [listed]:
        ends = item if isinstance(item, list) else [item, item]
        dated = len(ends) == 2 and all(type(end) is date for end in ends)  # noqa: PLR2004 - a pair
        if not dated or not (ends[0] <= ends[1] and ends[0].year == ends[1].year == year):
            raise Invalid("cashflow.calendar_unreadable", detail=f"{place}: {name} {item}"[:200])
        found |= {ends[0] + timedelta(days=n) for n in range((ends[1] - ends[0]).days + 1)}
    return frozenset(found)


@lru_cache(maxsize=256)
def _year(year: int) -> _Year:
    """Return a year's days by the `holidays` package, which knows nothing of when."""
    import holidays  # noqa: PLC0415 - half a second's loading, only where a calendar is read

    days = holidays.country_holidays("CN", years=year, language="en_US")
    named = {day: name for day, name in days.items() if day.year == year}
    moved = {day for day, name in named.items() if "substituted" in name or "Extended" in name}
    working = frozenset(day for day in days.weekend_workdays if day.year == year)
    return _Year(frozenset(named.keys() - moved), frozenset(named), working)


def _breaks(holiday: BoolArray, at_work: BoolArray) -> BoolArray:
    """Tell which days lie in a run of days not worked that holds a holiday."""
    run = np.cumsum(at_work)
    with_holiday = np.zeros(int(run[-1]) + 1, dtype=np.bool_)
    with_holiday[run[holiday]] = True
    return np.asarray(with_holiday[run] & ~at_work)


def _to_month_end(day: date) -> int:
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return (following - day).days - 1


def _from_spring_festival(day: date) -> int:
    years = (min(max(day.year + step, _LUNAR_FIRST), _LUNAR_LAST) for step in (-1, 0, 1))
    return min(((day - _spring_festival(year)).days for year in years), key=abs)


@lru_cache(maxsize=256)
def _spring_festival(year: int) -> date:
    from lunardate import LunarDate  # noqa: PLC0415 - only where a calendar is read

    solar: date = LunarDate(year, 1, 1).to_solar_date()
    return solar
