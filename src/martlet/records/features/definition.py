"""How a feature is written down: measures are summed once per business, features are made of them.

Whole numbers throughout, so that one business alone and a million together give the same answer
to the last digit whatever the order of the rows. A month here is a twelfth of the 365 days that
end at the decision's day: windows always end there, and never depend on the calendar.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import polars as pl

from martlet.signals import Unit

if TYPE_CHECKING:
    from martlet.records.model import Kind

PPM = 1_000_000
YEAR_DAYS = 365
MONTHS = 12
RATIO_PPM_MAX = 1_000_000_000
"""A thousandfold: refunds can leave a whole of one fen, and then a ratio says nothing more."""
TREND_PPM_MAX = 10_000_000
"""Ten-fold growth in half a year; beyond it the figure says 'new', not 'better'."""
ROUND_FEN = 10_000
"""A hundred yuan: prices rarely end there by themselves."""
WEEK, FORTNIGHT, FOUR_WEEKS = 7, 14, 28
D7, D14, D28, M3, M6, M12, ALL = (
    *("7 days", "14 days", "28 days", "91 days", "182 days", "365 days", "all history"),
)
"""The windows by name; 91 and 182 days are a quarter and a half of the year in whole days."""

Direction = Literal["good", "bad", "neutral"]
Measures = Mapping[str, pl.Expr]


@dataclass(frozen=True, slots=True)
class Feature:
    """One figure about one business at one moment."""

    slug: str
    unit: Unit
    window: str
    """Which days it looks at; all windows end at the day of `as_of`."""
    direction: Direction
    """Whether more of it speaks for the business, against it, or depends."""
    expression: pl.Expr
    """Over measures."""
    sample: str
    """The measure that counts the records behind it."""
    why: str


@dataclass(frozen=True, slots=True)
class View:
    """Measures of one grouping: rows prepared, then summed per business."""

    prepare: Callable[[pl.LazyFrame], pl.LazyFrame]
    measures: Measures


@dataclass(frozen=True, slots=True)
class FeatureFamily:
    """All features that are read from one kind of records."""

    kind: Kind
    values: Measures
    """What each row is worth for the measures, by name; `amount` and `made` tell its sales."""
    rows: Measures
    """Measures of the rows."""
    views: tuple[View, ...]
    features: tuple[Feature, ...]


_UNITS = {"fen": Unit.FEN, "ppm": Unit.PPM, "days": Unit.DAYS}


def figure(
    slug: str, window: str, direction: Direction, value: pl.Expr, sample: str, why: str
) -> Feature:
    """Return a feature whose unit is the one that its name ends in; a count where it is none."""
    unit = _UNITS.get(slug.rpartition("_")[2], Unit.COUNT)
    return Feature(slug, unit, window, direction, value, sample, why)


def last_days(days: int) -> pl.Expr:
    """Tell of each row whether it is of the last so many days, today being one of them."""
    return pl.col("age_days") < days


def within(months: int) -> pl.Expr:
    """Tell of each row whether it is of the last so many months of 365 / 12 days."""
    return pl.col("month") < months


WINDOWS: Measures = {
    "7d": last_days(WEEK),
    "14d": last_days(FORTNIGHT),
    "28d": last_days(FOUR_WEEKS),
    "3m": within(3),
    "6m": within(6),
    "12m": within(MONTHS),
}
"""Each is a column of the rows, of its own name; a row may be in several."""


def where(value: pl.Expr, *conditions: pl.Expr) -> pl.Expr:
    """Return a value where all conditions hold, and nothing elsewhere.

    Not a filter: with many small groups, sums of such a column are far quicker.
    """
    return pl.when(*conditions).then(value) if conditions else value


def total(amount: pl.Expr, *conditions: pl.Expr) -> pl.Expr:
    """Add up an amount over the rows for which all conditions hold."""
    return where(amount, *conditions).sum().cast(pl.Int64)


def count(condition: pl.Expr, *conditions: pl.Expr) -> pl.Expr:
    """Count the rows for which all conditions hold."""
    for other in conditions:
        condition &= other
    return condition.sum().cast(pl.Int64)


def windowed(wanted: Mapping[str, Iterable[str]]) -> dict[str, pl.Expr]:
    """Return the sums of some values over some windows, each named `value_window`."""
    return {
        f"{name}_{window}": total(pl.col(name), pl.col(window))
        for window, names in wanted.items()
        for name in names
    }


def distinct(column: str, *conditions: pl.Expr) -> pl.Expr:
    """Count the different values over the rows for which all conditions hold."""
    return pl.col(column).filter(*conditions).drop_nulls().n_unique().cast(pl.Int64)


def place_of(ordered: str, per_cent: int) -> pl.Expr:
    """Return of a measure in rising order the value that so many of a hundred do not pass.

    Between two values it is the lower one: no figure is made up that was never there.
    """
    values = pl.col(ordered).list
    last = values.len().cast(pl.Int64) - 1
    return values.get(last * per_cent // 100, null_on_oob=True)


def monthly(name: str) -> dict[str, pl.Expr]:
    """Return a value's measures by month, the newest first, and over 3, 6 and 12 of them."""
    value, month = pl.col(name), pl.col("month")
    return {
        **{f"{name}_m{number}": total(value, month == number) for number in range(MONTHS)},
        **windowed(dict.fromkeys(("3m", "6m", "12m"), (name,))),
    }


def months_of(name: str, last: int = MONTHS, first: int = 0) -> list[pl.Expr]:
    """Return the monthly measures from `first` up to but not including `last`."""
    return [pl.col(f"{name}_m{month}") for month in range(first, last)]


def counts_ppm(part: str, whole: str) -> pl.Expr:
    """Return one count over another that holds it, in ppm, rounded down; nothing over nothing."""
    return pl.col(part) * PPM // pl.col(whole)


def amounts_ppm(part: str, whole: str) -> pl.Expr:
    """Return an amount over one that holds it, in ppm, rounded down; nothing over nothing."""
    return (pl.col(part).cast(pl.Int128) * PPM // pl.col(whole)).cast(pl.Int64)


def ratio_ppm(
    part: pl.Expr, whole: pl.Expr, low: int = -RATIO_PPM_MAX, high: int = RATIO_PPM_MAX
) -> pl.Expr:
    """Return part / whole in ppm, rounded down and kept in a range; nothing over nothing or less.

    For figures that refunds can push below nothing or above the whole.
    """
    exact = part.cast(pl.Int128) * PPM // whole
    return pl.when(whole > 0).then(exact.clip(low, high).cast(pl.Int64))


def share_ppm(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Return part / whole in ppm, kept between nothing and all where refunds push it out."""
    return ratio_ppm(part, whole, 0, PPM)


def growth_ppm(new: pl.Expr, old: pl.Expr) -> pl.Expr:
    """Return new over old in ppm, ten-fold at most; nothing where there was no old."""
    return ratio_ppm(new, old, 0, TREND_PPM_MAX)


def mean_of(amount: str, number: str) -> pl.Expr:
    """Return amount / number, rounded down; nothing where there is none."""
    return pl.col(amount) // pl.col(number)


def trend_ppm(name: str, window: str = "6m", double: str = "12m") -> pl.Expr:
    """Return a value of a window over the same time before, nothing where that was empty."""
    last = pl.col(f"{name}_{window}")
    return growth_ppm(last, pl.col(f"{name}_{double}") - last)


def pace_ppm(part: str, whole: str, days: int) -> pl.Expr:
    """Return the last so many days over as many days of the rest of the year."""
    last, rest = pl.col(part), pl.col(whole) - pl.col(part)
    return growth_ppm(last * (YEAR_DAYS - days), rest * days)


def rise_ppm(part: str, whole: str) -> pl.Expr:
    """Return the share of three months over the year's, nothing where the year has none of it."""
    now = pl.col(f"{part}_3m").cast(pl.Int128) * pl.col(f"{whole}_12m")
    usual = pl.col(f"{whole}_3m").cast(pl.Int128) * pl.col(f"{part}_12m")
    return growth_ppm(now, usual)


def volatility_ppm(name: str) -> pl.Expr:
    """Return the mean absolute deviation of the twelve months over their mean.

    Not the standard deviation: that needs a root, and its last digit would depend on the machine.
    """
    whole = pl.col(f"{name}_12m")
    apart = pl.sum_horizontal([(month * MONTHS - whole).abs() for month in months_of(name)])
    return ratio_ppm(apart, whole * MONTHS)


def worst_month(name: str) -> pl.Expr:
    """Return the least of the twelve months, never below nothing."""
    return pl.min_horizontal(months_of(name)).clip(lower_bound=0)


def money(amount: pl.Expr) -> pl.Expr:
    """Return an amount that refunds cannot push below nothing."""
    return amount.clip(lower_bound=0)
