"""How a business sells through the year, told alike for every kind of records: from its days.

Level, trend, ups and downs, season, regularity and silence need nothing but what each day brought.
So every family first sums its rows by day and then asks here; a figure means the same whether it
comes from orders, invoices, payments or the till.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from martlet.records.features.definition import (
    D28,
    FORTNIGHT,
    FOUR_WEEKS,
    M3,
    M6,
    M12,
    MONTHS,
    PPM,
    WEEK,
    YEAR_DAYS,
    Feature,
    Measures,
    View,
    count,
    distinct,
    figure,
    last_days,
    money,
    monthly,
    months_of,
    pace_ppm,
    place_of,
    ratio_ppm,
    share_ppm,
    total,
    trend_ppm,
    volatility_ppm,
    where,
    windowed,
    within,
    worst_month,
)

_WEEKS = 52
_QUARTER = 3
_SATURDAY = 6
_amount, _age, _year = pl.col("amount"), pl.col("age_days"), within(MONTHS)
_sold = (pl.col("made") > 0) & _year
_c = pl.col


SALES: Measures = {
    **monthly("amount"),
    **windowed({"28d": ("amount",), "14d": ("amount",)}),
    "amount_weekend": total(_amount, _c("12m"), _c("day").dt.weekday() >= _SATURDAY),
    "last_age": where(_age, _c("made")).min(),
    "first_age": where(_age, _c("made")).max(),
}
"""What the figures below need of the rows of any family."""

DAYS: Measures = {
    "best_day": where(_amount, _year).max(),
    "days_12m": count(_sold),
    "days_3m": count(_sold, within(3)),
    "days_28d": count(_sold, last_days(FOUR_WEEKS)),
    "months_12m": distinct("month", _sold),
    "pauses": _age.filter(_sold).sort().diff().drop_nulls().sort(),
}
"""What they need of the days."""


def by_day(rows: pl.LazyFrame, more: Measures | None = None) -> pl.LazyFrame:
    """Return one row a business and day: what it brought, how many sales made it, and `more`."""
    return (
        rows.group_by("party_id", "day")
        .agg(
            _age.first(),
            _amount.sum(),
            _c("made").sum().cast(pl.Int64),
            *(value.alias(name) for name, value in (more or {}).items()),
        )
        .with_columns((_age * MONTHS // YEAR_DAYS).alias("month"))
    )


_week_amount = pl.col("week_amount")
_WEEKLY: Measures = {
    "weeks_12m": count(_c("week_made") > 0),
    "weekly_whole": _week_amount.sum(),
    "weekly_apart": (_week_amount * _WEEKS - _week_amount.sum()).abs().sum()
    + (_WEEKS - pl.len().cast(pl.Int64)) * _week_amount.sum().abs(),
}


def _by_week(rows: pl.LazyFrame) -> pl.LazyFrame:
    return (
        rows.filter(last_days(_WEEKS * WEEK))
        .group_by("party_id", (_age // WEEK).alias("week"))
        .agg(_amount.sum().alias("week_amount"), _c("made").sum().alias("week_made"))
    )


WEEKS = View(_by_week, _WEEKLY)
"""The view by weeks, the same for every family."""


@dataclass(frozen=True, slots=True)
class Trade:
    """How a family names its sales, and which measure counts the records behind them."""

    name: str
    level: str
    days: str
    sample: str


_whole = _c("amount_12m")


def rhythm_features(trade: Trade) -> tuple[Feature, ...]:
    """Return the figures of time of one family."""
    return (*_levels(trade), *_movements(trade), *_seasons(trade), *_regularity(trade))


def _levels(trade: Trade) -> tuple[Feature, ...]:
    name, level, n = trade.name, trade.level, trade.sample
    half = money(_c("amount_6m"))
    best = pl.max_horizontal(months_of("amount"))
    return (
        figure(f"{level}_6m_fen", M6, "good", half, n, "a season's turnover"),
        figure(f"{level}_28d_fen", D28, "good", money(_c("amount_28d")), n, "what it brings now"),
        figure(
            f"{name}_worst_month_fen", M12, "good", worst_month("amount"), n,
            "what even the weakest month brought",
        ),
        figure(
            f"{name}_best_month_share_ppm", M12, "bad", share_ppm(best, _whole), n,
            "a year that hangs on one month is a year of one chance",
        ),
        figure(
            f"{name}_largest_day_share_ppm", M12, "bad", share_ppm(_c("best_day"), _whole), n,
            "one huge day is luck, or made up",
        ),
    )  # fmt: skip


def _movements(trade: Trade) -> tuple[Feature, ...]:
    name, n = trade.name, trade.sample
    weekly_apart = ratio_ppm(_c("weekly_apart"), _c("weekly_whole") * _WEEKS)
    return (
        figure(
            f"{name}_trend_ppm", M12, "good", trend_ppm("amount"), n,
            "the last six months over the six before",
        ),
        figure(
            f"{name}_trend_3m_ppm", M6, "good", trend_ppm("amount", "3m", "6m"), n,
            "the last three months over the three before: a turn shows here first",
        ),
        figure(
            f"{name}_pace_28d_ppm", M12, "good",
            pace_ppm("amount_28d", "amount_12m", FOUR_WEEKS), n,
            "the last 28 days over 28 usual days of the rest of the year",
        ),
        figure(
            f"{name}_burst_14d_ppm", M12, "neutral",
            pace_ppm("amount_14d", "amount_12m", FORTNIGHT), n,
            "the last 14 days over 14 usual ones: a leap just before applying is worth a look",
        ),
        figure(
            f"{name}_volatility_ppm", M12, "bad", volatility_ppm("amount"), n,
            "how far a month strays from the mean month",
        ),
        figure(
            f"{name}_weekly_volatility_ppm", M12, "bad", weekly_apart, n,
            "how far a week strays from the mean week of 52",
        ),
    )  # fmt: skip


def _seasons(trade: Trade) -> tuple[Feature, ...]:
    name, n = trade.name, trade.sample
    quarters = [
        pl.sum_horizontal(months_of("amount", first + _QUARTER, first))
        for first in range(0, MONTHS, _QUARTER)
    ]
    a_year_old = _c("first_age") >= YEAR_DAYS
    return (
        figure(
            f"{name}_coming_season_share_ppm", M12, "good",
            pl.when(a_year_old).then(share_ppm(quarters[-1], _whole)), n,
            "what the quarter that begins now brought a year ago, of the whole year since;"
            " unknown before a year of trade",
        ),
        figure(
            f"{name}_best_quarter_share_ppm", M12, "bad",
            share_ppm(pl.max_horizontal(quarters), _whole), n,
            "a quarter of the year brings a quarter where there is no season",
        ),
        figure(
            f"{name}_weekend_share_ppm", M12, "neutral",
            share_ppm(_c("amount_weekend"), _whole), n,
            "Saturdays and Sundays: two sevenths where all days are alike",
        ),
    )  # fmt: skip


def _regularity(trade: Trade) -> tuple[Feature, ...]:
    name, days, n = trade.name, trade.days, trade.sample
    quiet = (FOUR_WEEKS - _c("days_28d")) * PPM // FOUR_WEEKS
    return (
        figure(
            f"{name}_months_active_12m", M12, "good", _c("months_12m"), n,
            "steadiness over the year, by months",
        ),
        figure(
            f"{name}_weeks_active_12m", M12, "good", _c("weeks_12m").fill_null(0), n,
            "steadiness over the year, by weeks (of 52)",
        ),
        figure(
            f"{days}_12m_count", M12, "good", _c("days_12m"), n,
            "on how many days of the year there was trade",
        ),
        figure(
            f"{days}_3m_count", M3, "good", _c("days_3m"), n,
            "on how many days of the quarter there was trade",
        ),
        figure(
            f"{name}_quiet_28d_ppm", D28, "bad", quiet, n,
            "share of the last 28 days without any trade",
        ),
        figure(
            f"{name}_longest_pause_12m_days", M12, "bad", place_of("pauses", 100), n,
            "the longest time from one day with trade to the next",
        ),
        figure(
            f"{name}_usual_gap_days", M12, "bad", place_of("pauses", 50), n,
            "the median time from one day with trade to the next; the lower one of two",
        ),
    )  # fmt: skip
