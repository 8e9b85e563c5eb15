"""What comes in and goes out: level, trend, unsteadiness, what the categories give away."""

from __future__ import annotations

import polars as pl

from martlet.credit.portfolio.ratios import PPM, ratio

YEAR_DAYS = 360
_MONTH_DAYS = 30
_HALF_YEAR_DAYS = 180
_QUARTER_DAYS = 90
_LATELY_DAYS = 14
_BURST_HISTORY_DAYS_MIN = 60
_ROUND_FEN = 10_000
_CASE = "case"

_IN = pl.col("is_in")
_AMOUNT = pl.col("amount")
_AGE = pl.col("age")
_YEAR = _AGE <= YEAR_DAYS


def _sum(when: pl.Expr) -> pl.Expr:
    return _AMOUNT.filter(when).sum()


def level(joined: pl.DataFrame) -> pl.DataFrame:
    """Return sums and counts over the windows, with the months that the history covers."""
    out_year = ~_IN & _YEAR
    quarter = _AGE <= _QUARTER_DAYS
    lately = _AGE <= _LATELY_DAYS
    usual = (_AGE > _LATELY_DAYS) & (_AGE <= _HALF_YEAR_DAYS)
    sums = joined.group_by(_CASE).agg(
        _AGE.max().alias("history_days"),
        _AGE.min().alias("last_movement_days"),
        _AGE.filter(_IN).min().alias("last_in_days"),
        _YEAR.sum().cast(pl.Int64).alias("movements_count"),
        pl.len().cast(pl.Int64).alias("movements_all_count"),
        _sum(_IN & _YEAR).alias("in_year"),
        _sum(out_year).alias("out_year"),
        _sum(_IN & quarter).alias("in_quarter"),
        _sum(~_IN & quarter).alias("out_quarter"),
        _sum(_IN & ~quarter & (_AGE <= _HALF_YEAR_DAYS)).alias("in_quarter_before"),
        _AMOUNT.filter(_IN & _YEAR).max().alias("in_largest"),
        _sum(out_year & pl.col("penalty")).alias("penalty_sum"),
        (out_year & pl.col("penalty")).sum().cast(pl.Int64).alias("penalty_count"),
        _sum(out_year & pl.col("loan") & ~pl.col("penalty")).alias("loan_sum"),
        _sum(out_year & pl.col("distress")).alias("distress_sum"),
        _sum(out_year & pl.col("cash")).alias("cash_sum"),
        pl.col("night").filter(_YEAR).mean().alias("night"),
        (_AMOUNT.filter(out_year) % _ROUND_FEN == 0).mean().alias("round"),
        lately.sum().cast(pl.Int64).alias("lately"),
        usual.sum().cast(pl.Int64).alias("usual"),
        _sum(_IN & lately).alias("in_lately"),
        _sum(_IN & usual).alias("in_usual"),
    )
    covered = (pl.col("history_days") // _MONTH_DAYS).clip(1, YEAR_DAYS // _MONTH_DAYS)
    return _shares(sums.with_columns(covered.alias("months")))


def _shares(sums: pl.DataFrame) -> pl.DataFrame:
    year, quarter = pl.col("months"), pl.col("months").clip(1, 3)
    usual_days = pl.col("history_days").clip(0, _HALF_YEAR_DAYS) - _LATELY_DAYS
    old = pl.col("history_days") >= _BURST_HISTORY_DAYS_MIN
    half_year_old = pl.col("history_days") >= _HALF_YEAR_DAYS
    return sums.with_columns(
        (pl.col("in_year") // year).alias("in_month_12m_fen"),
        (pl.col("out_year") // year).alias("out_month_12m_fen"),
        ((pl.col("in_year") - pl.col("out_year")) // year).alias("net_month_12m_fen"),
        (pl.col("in_quarter") // quarter).alias("in_month_3m_fen"),
        ((pl.col("in_quarter") - pl.col("out_quarter")) // quarter).alias("net_month_3m_fen"),
        ratio(pl.col("out_year"), pl.col("in_year"), worst=True).alias("out_of_in_ppm"),
        pl.when(half_year_old)
        .then(ratio(pl.col("in_quarter"), pl.col("in_quarter_before")))
        .alias("in_trend_ppm"),
        ratio(pl.col("in_largest"), pl.col("in_year")).alias("in_largest_ppm"),
        ratio(pl.col("penalty_sum"), pl.col("in_year")).alias("penalty_of_in_ppm"),
        ratio(pl.col("loan_sum"), pl.col("in_year")).alias("loan_out_of_in_ppm"),
        ratio(pl.col("distress_sum"), pl.col("out_year")).alias("distress_of_out_ppm"),
        ratio(pl.col("cash_sum"), pl.col("out_year")).alias("cash_of_out_ppm"),
        (pl.col("night") * PPM).round(0).cast(pl.Int64).alias("night_ppm"),
        (pl.col("round") * PPM).round(0).cast(pl.Int64).alias("out_round_ppm"),
        pl.when(old)
        .then(ratio(pl.col("lately") * usual_days, pl.col("usual") * _LATELY_DAYS))
        .alias("burst_ppm"),
        pl.when(old)
        .then(ratio(pl.col("in_lately") * usual_days, pl.col("in_usual") * _LATELY_DAYS))
        .alias("in_burst_ppm"),
    ).drop(
        "in_year", "out_year", "in_quarter", "out_quarter", "in_quarter_before", "in_largest",
        "penalty_sum", "loan_sum", "distress_sum", "cash_sum", "night", "round", "lately",
        "usual", "in_lately", "in_usual",
    )  # fmt: skip


def months(joined: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Return what the months are like, one beside the other; a month without movement is 0."""
    covered = pl.col("months")
    by_month = (
        joined.join(found.select(_CASE, "months"), on=_CASE)
        .filter((pl.col("month") < covered) & _YEAR)
        .group_by(_CASE, "month")
        .agg(_sum(_IN).alias("in"), _sum(~_IN).alias("out"), covered.first())
        # Sums of doubles hang on their order, and the order of groups is nobody's promise.
        .sort(_CASE, "month")
    )
    recent = pl.col("month") < 6  # noqa: PLR2004 - half a year
    flow = pl.col("in")
    shown = by_month.group_by(_CASE).agg(
        covered.first(),
        *(
            (pl.col(name).cast(pl.Float64) ** power).sum().alias(f"{name}{power}")
            for name in ("in", "out")
            for power in (1, 2)
        ),
        flow.filter(recent).min().alias("lowest"),
        recent.sum().cast(pl.Int64).alias("recent"),
        (flow > 0).sum().cast(pl.Int64).alias("active"),
        (pl.col("out") > flow).sum().cast(pl.Int64).alias("negative"),
    )
    whole = pl.col("recent") >= covered.clip(1, 6)
    return shown.select(
        _CASE,
        pl.when(whole).then("lowest").otherwise(0).alias("in_lowest_month_6m_fen"),
        _unsteadiness("in").alias("in_volatility_ppm"),
        _unsteadiness("out").alias("out_volatility_ppm"),
        ratio(pl.col("active"), covered).alias("months_in_active_ppm"),
        ratio(pl.col("negative"), covered).alias("months_negative_ppm"),
    )


def _unsteadiness(name: str) -> pl.Expr:
    """Return standard deviation / mean in ppm; null for a history of less than three months."""
    mean = pl.col(f"{name}1") / pl.col("months")
    spread = (pl.col(f"{name}2") / pl.col("months") - mean**2).clip(0).sqrt()
    known = (pl.col("months") >= 3) & (mean > 0)  # noqa: PLR2004 - two months have no spread
    return pl.when(known).then((spread / mean * PPM / 10).round(0).cast(pl.Int64) * 10)
