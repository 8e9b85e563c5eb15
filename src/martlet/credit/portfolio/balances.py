"""The account day by day: when it is used, and what lies on it between two movements."""

from __future__ import annotations

import polars as pl

from martlet.credit.portfolio.flows import YEAR_DAYS
from martlet.credit.portfolio.ratios import PPM, ratio

_HALF_YEAR_DAYS = 180
_QUARTER_DAYS = 90
_OPENING_DAYS = 30
_SETTLED_DAYS = 120
_LOW_QUANTILE = 0.05
_CASE = "case"


def _spans(days: pl.DataFrame) -> pl.DataFrame:
    """Add to each day the age of the next one: 0, the day of application, after the last."""
    ordered = days.sort(_CASE, "age", descending=[False, True])
    following = pl.col("age").shift(-1).over(_CASE).fill_null(0)
    return ordered.with_columns(following.alias("next"))


def rhythm(joined: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Return on how many days there is movement, and the longest silence."""
    days = joined.filter(pl.col("age") <= YEAR_DAYS).select(_CASE, "age").unique()
    gap = (pl.col("age") - pl.col("next")).max()
    used = _spans(days).group_by(_CASE).agg(gap.alias("gap_longest_days"), pl.len().alias("days"))
    span = pl.col("history_days").clip(1, YEAR_DAYS)
    return used.join(found.select(_CASE, "history_days"), on=_CASE).select(
        _CASE,
        "gap_longest_days",
        ratio(pl.col("days").cast(pl.Int64), span).clip(0, PPM).alias("days_active_ppm"),
    )


def _held(window_days: int, since_days: int = 0) -> pl.Expr:
    """Return for how many days of a window a balance holds."""
    begun = pl.col("age").clip(since_days, window_days)
    return (begun - pl.col("next").clip(since_days, window_days)).clip(0)


def _daily(joined: pl.DataFrame) -> pl.DataFrame:
    """Return each day's lowest balance, and the lowest at its last moment."""
    known = joined.filter(pl.col("balance").is_not_null())
    last = pl.col("known_at") == pl.col("known_at").max().over(_CASE, "age")
    lows = known.group_by(_CASE, "age").agg(
        pl.col("balance").min().alias("low"), pl.col("payment_fen").first()
    )
    closing = known.filter(last).group_by(_CASE, "age").agg(pl.col("balance").min().alias("close"))
    return _spans(lows.join(closing, on=[_CASE, "age"]))


def _mean(window_days: int, since_days: int = 0) -> pl.Expr:
    """Return the average balance over the days of a window, in whole hundredths."""
    held = _held(window_days, since_days)
    total = held.sum()
    return pl.when(total > 0).then((pl.col("close") * held).sum() // total.clip(1))


def _share_below(bound: pl.Expr, window_days: int = YEAR_DAYS) -> pl.Expr:
    """Return on which share of the window's days the balance is below a bound."""
    held = _held(window_days)
    # An unknown bound makes the comparison null, and a filter drops nulls: told apart here.
    below = pl.when(bound.is_not_null().any()).then(held.filter(pl.col("close") < bound).sum())
    return ratio(below, held.sum())


def levels(joined: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Return floor, average, end and shares of days below; null where no balance is known."""
    days = _daily(joined).join(found.select(_CASE, "history_days"), on=_CASE)
    age, payment = pl.col("age"), pl.col("payment_fen")
    settled = pl.col("history_days") - _OPENING_DAYS
    opening = (pl.col("history_days") >= _SETTLED_DAYS) & (age > settled)
    floor_days = (age <= _HALF_YEAR_DAYS) & ~opening
    carried = (age > _HALF_YEAR_DAYS) & (pl.col("next") < _HALF_YEAR_DAYS)
    lowest = pl.min_horizontal(
        pl.col("low").filter(floor_days).min(), pl.col("close").filter(carried & ~opening).min()
    )
    year = age <= YEAR_DAYS
    return days.group_by(_CASE).agg(
        _mean(YEAR_DAYS).alias("balance_mean_fen"),
        lowest.alias("balance_min_6m_fen"),
        pl.col("close")
        .filter(year)
        .quantile(_LOW_QUANTILE, "lower")
        .cast(pl.Int64)
        .alias("balance_p5_fen"),
        pl.col("close").filter(age == age.min()).first().alias("balance_last_fen"),
        (_mean(_QUARTER_DAYS) - _mean(_HALF_YEAR_DAYS, _QUARTER_DAYS)).alias("balance_gain_3m_fen"),
        _share_below(pl.lit(0)).alias("days_negative_ppm"),
        _share_below(payment).alias("days_below_payment_ppm"),
        _share_below(payment // 2).alias("days_below_half_ppm"),
        _share_below(payment, _QUARTER_DAYS).alias("days_below_payment_3m_ppm"),
    )
