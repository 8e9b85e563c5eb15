"""What a forecast is made from and what it is: one daily grid in, means and quantiles out.

Rows are series, columns are days, and every series of a `History` shares one grid. The invariant:
what is not known is NaN and nothing else is (before a series begins; a day that nobody recorded).
A series that cannot be used is not a row: it is a `Finding` that says why. Values are floats in
the unit of the file; an amount of the book is made from one only by `kernel.rounding`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from martlet.cashflow.limits import HORIZON_DAYS_MAX, LEVELS_MAX
from martlet.kernel.errors import Detail, Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Quantiles that a forecast gives where nothing else is asked."""

CUMULATIVE_DAYS = (7, 14, 28, 56)
"""Over these first days of the horizon the total has quantiles of its own."""

SEASON_DAYS = 7
"""The season of scaled errors (MASE) and of every weekday profile."""


class Standing(StrEnum):
    """What a series' answer is worth."""

    SOUND = "sound"
    THIN = "thin"
    """It has an answer, and a reason not to lean on it."""
    REFUSED = "refused"
    """It has no answer, and the reason why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to be said of one series; its sentence is the code's in either language."""

    series_id: str
    standing: Standing
    code: str
    details: Mapping[str, Detail] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """What happened: N series on T days that follow one another."""

    series_ids: tuple[str, ...]
    first_day: date
    values: FloatArray
    """N x T; NaN before a series begins and on days that nobody knows."""
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Column name to each series' member of it: `chain`, `city`, `type`."""
    currencies: tuple[str, ...] = ()
    """Each series' currency; empty where the file does not say. Totals never cross currencies."""
    findings: tuple[Finding, ...] = ()
    """Of thin series, which are rows, and of refused ones, which are not."""

    def __post_init__(self) -> None:
        count = len(self.series_ids)
        assert self.values.ndim == 2, self.values.shape  # noqa: PLR2004 - rows and columns
        assert self.values.shape[0] == count, (self.values.shape, count)
        assert self.values.shape[1] > 0, "a history has at least a day"
        assert all(len(members) == count for members in self.groups.values())
        assert len(self.currencies) in {0, count}

    @property
    def day_count(self) -> int:
        """Return T, the days of the grid."""
        return int(self.values.shape[1])

    @property
    def last_day(self) -> date:
        """Return the newest day: a forecast's origin, the first day ahead is the one after."""
        return self.first_day + timedelta(days=self.day_count - 1)

    @property
    def days(self) -> tuple[date, ...]:
        """Return every day of the grid."""
        return days_from(self.first_day, self.day_count)

    @property
    def known(self) -> BoolArray:
        """Return N x T: where a value is known."""
        return ~np.isnan(self.values)

    @property
    def thin_ids(self) -> frozenset[str]:
        """Return the series whose answers are thin."""
        return frozenset(f.series_id for f in self.findings if f.standing is Standing.THIN)

    def until(self, last_day: date) -> History:
        """Return what was there at the end of `last_day`: a back-test's origin."""
        count = (last_day - self.first_day).days + 1
        if not 0 < count <= self.day_count:
            raise Invalid("cashflow.day_outside", day=str(last_day), first_day=str(self.first_day))
        return replace(self, values=self.values[:, :count])

    def take(self, rows: Sequence[int] | IntArray | BoolArray) -> History:
        """Return some of the series, in the order given (or where a mask holds)."""
        chosen = np.arange(len(self.series_ids))[np.asarray(rows)]
        ids = _picked(self.series_ids, chosen)
        kept = frozenset(ids)
        return replace(
            self,
            series_ids=ids,
            values=self.values[chosen],
            groups={name: _picked(members, chosen) for name, members in self.groups.items()},
            currencies=_picked(self.currencies, chosen) if self.currencies else (),
            findings=tuple(f for f in self.findings if f.series_id in kept),
        )


@dataclass(frozen=True, slots=True)
class Ask:
    """How far ahead is asked, at which levels, and over which first days in total."""

    horizon: int
    levels: tuple[float, ...] = LEVELS
    cumulative_days: tuple[int, ...] = CUMULATIVE_DAYS

    def __post_init__(self) -> None:
        if not 1 <= self.horizon <= HORIZON_DAYS_MAX:
            raise Invalid("cashflow.horizon_outside", horizon=self.horizon, most=HORIZON_DAYS_MAX)
        rising = all(low < high for low, high in zip(self.levels, self.levels[1:], strict=False))
        inside = all(0 < level < 1 for level in self.levels)
        if not (rising and inside and 1 <= len(self.levels) <= LEVELS_MAX):
            shown = ", ".join(f"{level:g}" for level in self.levels[:12])
            raise Invalid("cashflow.levels_unusable", levels=shown, most=LEVELS_MAX)

    @property
    def totals(self) -> tuple[int, ...]:
        """Return the first days over which a total is given: those inside the horizon."""
        return tuple(days for days in self.cumulative_days if 0 < days <= self.horizon)


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """What is expected: N series, H days ahead, Q levels; the mean is money, quantiles are care.

    Quantiles never cross: along the last axis they do not fall.
    """

    series_ids: tuple[str, ...]
    days: tuple[date, ...]
    mean: FloatArray
    """N x H. Totals of it are expectations of totals: a median's would not be."""
    levels: tuple[float, ...]
    quantiles: FloatArray
    """N x H x Q, of each day alone."""
    cumulative: Mapping[int, FloatArray]
    """Days to N x Q: quantiles of the total over that many first days; not sums of quantiles."""
    findings: tuple[Finding, ...] = ()
    provisional: tuple[date, ...] = ()
    """Days whose calendar nobody has decreed yet."""
    methods: tuple[str, ...] = ()
    """Which method answered each series; empty where one answered all and the caller knows it."""

    def __post_init__(self) -> None:
        count, horizon, levels = len(self.series_ids), len(self.days), len(self.levels)
        assert self.mean.shape == (count, horizon), self.mean.shape
        assert self.quantiles.shape == (count, horizon, levels), self.quantiles.shape
        assert all(0 < days <= horizon for days in self.cumulative), self.cumulative.keys()
        assert all(total.shape == (count, levels) for total in self.cumulative.values())
        assert len(self.methods) in {0, count}

    @property
    def horizon(self) -> int:
        """Return H, the days ahead."""
        return len(self.days)

    def at(self, level: float) -> FloatArray:
        """Return N x H at one of the levels; a level that was not asked for is refused."""
        return self.quantiles[:, :, self._place(level)]

    def total_at(self, days: int, level: float) -> FloatArray:
        """Return N totals over the first days at one of the levels."""
        return self.cumulative[days][:, self._place(level)]

    def take(self, rows: Sequence[int] | IntArray | BoolArray) -> Forecast:
        """Return some of the series, in the order given (or where a mask holds)."""
        chosen = np.arange(len(self.series_ids))[np.asarray(rows)]
        ids = _picked(self.series_ids, chosen)
        kept = frozenset(ids)
        return replace(
            self,
            series_ids=ids,
            mean=self.mean[chosen],
            quantiles=self.quantiles[chosen],
            cumulative={days: total[chosen] for days, total in self.cumulative.items()},
            findings=tuple(f for f in self.findings if f.series_id in kept),
            methods=_picked(self.methods, chosen) if self.methods else (),
        )

    def _place(self, level: float) -> int:
        for place, known in enumerate(self.levels):
            if abs(known - level) < 1e-9:  # noqa: PLR2004 - levels are percents, not sums
                return place
        raise Invalid("cashflow.level_unasked", level=f"{level:g}")


@dataclass(frozen=True, slots=True, eq=False)
class DayFeatures:
    """What the calendar says of D days that follow one another, as it was known at one moment."""

    first_day: date
    weekday: IntArray
    """0 (Monday) to 6 as it is worked: a make-up weekend day is worked like a Monday."""
    holiday: BoolArray
    """A day of a run of days off that holds a holiday; a plain weekend is not."""
    make_up: BoolArray
    """A weekend day that is worked."""
    before_holiday: BoolArray
    after_holiday: BoolArray
    day_of_month: IntArray
    days_to_month_end: IntArray
    """0 on a month's last day."""
    spring_festival: IntArray
    """Days to the nearest Spring Festival: negative before its first day, 0 on it."""
    provisional: BoolArray
    """Nobody has decreed the days off of this year yet."""

    def __len__(self) -> int:
        return len(self.weekday)

    def span(self, start: int, stop: int) -> DayFeatures:
        """Return the days from `start` up to but not including `stop`, counted from the first."""
        columns = {name: getattr(self, name)[start:stop] for name in _FEATURE_COLUMNS}
        return DayFeatures(self.first_day + timedelta(days=start), **columns)


class Days(Protocol):
    """Whoever can say what the calendar knows: `calendar.Calendar`."""

    def features(self, first_day: date, count: int, known_on: date) -> DayFeatures:
        """Return what was known on a day of `count` days from the first."""
        ...


class Method(Protocol):
    """One way to forecast; `history.last_day` is the origin and the calendar is asked as of it."""

    @property
    def name(self) -> str:
        """The slug by which a forecast says who made it."""
        ...

    def forecast(self, history: History, ask: Ask, days: Days) -> Forecast:
        """Return an answer for every row of the history, in its order."""
        ...


_FEATURE_COLUMNS = tuple(name for name in DayFeatures.__dataclass_fields__ if name != "first_day")


def days_from(first_day: date, count: int) -> tuple[date, ...]:
    """Return `count` days that follow one another."""
    return tuple(first_day + timedelta(days=day) for day in range(count))


def level_name(level: float) -> str:
    """Return a level's column: q10, q95, q99_5."""
    return "q" + f"{100 * level:.6g}".replace(".", "_")


def _picked(members: tuple[str, ...], chosen: IntArray) -> tuple[str, ...]:
    return tuple(members[row] for row in chosen)
