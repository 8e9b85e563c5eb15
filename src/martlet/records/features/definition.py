"""How a feature is written down: measures are summed once per business, features are made of them.

Whole numbers throughout, so that one business alone and a million together give the same answer
to the last digit whatever the order of the rows. A month here is a twelfth of the 365 days that
end at the decision's day: windows always end there, and never depend on the calendar.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import polars as pl

if TYPE_CHECKING:
    from martlet.records.model import Kind
    from martlet.signals import Unit

PPM = 1_000_000
YEAR_DAYS = 365
MONTHS = 12
RATIO_PPM_MAX = 1_000_000_000
"""A thousandfold: refunds can leave a whole of one fen, and then a ratio says nothing more."""
TREND_PPM_MAX = 10_000_000
"""Ten-fold growth in half a year; beyond it the figure says 'new', not 'better'."""

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
    views: tuple[View, ...]
    features: tuple[Feature, ...]


def as_is(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Take the rows as they are."""
    return rows


def within(months: int, since: int = 0) -> pl.Expr:
    """Tell of each row whether it is at most `months` old and at least `since`."""
    return (pl.col("month") >= since) & (pl.col("month") < months)


def total(amount: pl.Expr, *conditions: pl.Expr) -> pl.Expr:
    """Add up an amount over the rows for which all conditions hold."""
    return (amount.filter(*conditions) if conditions else amount).sum()


def count(*conditions: pl.Expr) -> pl.Expr:
    """Count the rows for which all conditions hold."""
    return _all_of(conditions).sum() if conditions else pl.len().cast(pl.Int64)


def _all_of(conditions: tuple[pl.Expr, ...]) -> pl.Expr:
    return pl.all_horizontal(*conditions).cast(pl.Int64)


def distinct(column: str, *conditions: pl.Expr) -> pl.Expr:
    """Count the different values over the rows for which all conditions hold."""
    return pl.col(column).filter(*conditions).drop_nulls().n_unique().cast(pl.Int64)


def monthly(prefix: str, amount: pl.Expr, *conditions: pl.Expr) -> dict[str, pl.Expr]:
    """Return twelve measures: the amount of each month, the newest first."""
    return {
        f"{prefix}_m{month}": total(amount, *conditions, pl.col("month") == month)
        for month in range(MONTHS)
    }


def months_of(prefix: str, last: int = MONTHS, first: int = 0) -> list[pl.Expr]:
    """Return the monthly measures from `first` up to but not including `last`."""
    return [pl.col(f"{prefix}_m{month}") for month in range(first, last)]


def ratio_ppm(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Return part / whole in ppm, rounded down; nothing where the whole is not positive."""
    exact = (part.cast(pl.Int128) * PPM) // whole.cast(pl.Int128)
    return pl.when(whole > 0).then(exact.clip(-RATIO_PPM_MAX, RATIO_PPM_MAX).cast(pl.Int64))


def mean_of(amount: pl.Expr, number: pl.Expr) -> pl.Expr:
    """Return amount / number, rounded down; nothing where there is none."""
    return pl.when(number > 0).then(amount // number)


def trend_ppm(prefix: str) -> pl.Expr:
    """Return the last six months over the six before, nothing where those were empty."""
    last = pl.sum_horizontal(months_of(prefix, 6))
    before = pl.sum_horizontal(months_of(prefix, 12, 6))
    return ratio_ppm(last, before).clip(0, TREND_PPM_MAX)


def volatility_ppm(prefix: str) -> pl.Expr:
    """Return the mean absolute deviation of the twelve months over their mean.

    Not the standard deviation: that needs a root, and its last digit would depend on the machine.
    """
    whole = pl.sum_horizontal(months_of(prefix))
    apart = pl.sum_horizontal([(month * MONTHS - whole).abs() for month in months_of(prefix)])
    return ratio_ppm(apart, whole * MONTHS)


def worst_month(prefix: str) -> pl.Expr:
    """Return the least of the twelve months, never below nothing."""
    return pl.min_horizontal(months_of(prefix)).clip(lower_bound=0)


def money(amount: pl.Expr) -> pl.Expr:
    """Return an amount that refunds cannot push below nothing."""
    return amount.clip(lower_bound=0)
