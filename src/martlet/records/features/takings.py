"""Features of daily takings: the owner's own word, so they count for less than invoices."""

from __future__ import annotations

import polars as pl

from martlet.records.features.definition import (
    MONTHS,
    Feature,
    FeatureFamily,
    Measures,
    View,
    as_is,
    count,
    distinct,
    mean_of,
    money,
    monthly,
    ratio_ppm,
    total,
    trend_ppm,
    volatility_ppm,
    within,
    worst_month,
)
from martlet.records.model import Kind
from martlet.signals import Unit

_taken = pl.col("taken_fen")
_net = _taken - pl.col("refunded_fen")
_open = _taken > 0
_year = within(12)

_totals: Measures = {
    "net_12m": total(_net, _year),
    "net_3m": total(_net, within(3)),
    "gross_12m": total(_taken, _year),
    "refunded_12m": total(pl.col("refunded_fen"), _year),
    "open_days_12m": distinct("day", _open, _year),
    "days_told": count(_year),
    "months_12m": distinct("month", _open, _year),
    "payments_12m": total(pl.col("payments_count"), _year),
    "paid_12m": total(_taken, _year, pl.col("payments_count") > 0),
    "last_open_age": pl.col("age_days").filter(_open).min(),
    **monthly("net", _net),
}
_c = pl.col
_Y, _Q = "365 days", "91 days"

TAKINGS_FEATURES = FeatureFamily(
    Kind.TAKINGS,
    (View(as_is, _totals),),
    (
        Feature(
            "takings_12m_fen",
            Unit.FEN,
            _Y,
            "good",
            money(_c("net_12m")),
            "open_days_12m",
            "what the shop takes in a year, refunds taken off",
        ),
        Feature(
            "takings_3m_fen",
            Unit.FEN,
            _Q,
            "good",
            money(_c("net_3m")),
            "open_days_12m",
            "whether it still takes",
        ),
        Feature(
            "takings_open_days_12m_count",
            Unit.COUNT,
            _Y,
            "good",
            _c("open_days_12m"),
            "open_days_12m",
            "on how many days the shop was open",
        ),
        Feature(
            "takings_months_active_12m",
            Unit.COUNT,
            _Y,
            "good",
            _c("months_12m"),
            "open_days_12m",
            "steadiness over the year",
        ),
        Feature(
            "takings_trend_ppm",
            Unit.PPM,
            _Y,
            "good",
            trend_ppm("net"),
            "open_days_12m",
            "the last six months over the six before",
        ),
        Feature(
            "takings_volatility_ppm",
            Unit.PPM,
            _Y,
            "bad",
            volatility_ppm("net"),
            "open_days_12m",
            "how far a month strays from the mean month",
        ),
        Feature(
            "takings_worst_month_fen",
            Unit.FEN,
            _Y,
            "good",
            worst_month("net"),
            "open_days_12m",
            "what even the weakest month brought",
        ),
        Feature(
            "takings_daily_fen",
            Unit.FEN,
            _Y,
            "good",
            mean_of(_c("net_12m"), _c("open_days_12m")),
            "open_days_12m",
            "what an open day brings",
        ),
        Feature(
            "takings_payments_12m_count",
            Unit.COUNT,
            _Y,
            "good",
            _c("payments_12m"),
            "open_days_12m",
            "how many customers paid",
        ),
        Feature(
            "takings_average_payment_fen",
            Unit.FEN,
            _Y,
            "neutral",
            mean_of(_c("paid_12m"), _c("payments_12m")),
            "open_days_12m",
            "the size of a usual payment",
        ),
        Feature(
            "takings_refund_share_ppm",
            Unit.PPM,
            _Y,
            "bad",
            ratio_ppm(_c("refunded_12m"), _c("gross_12m")).clip(0, 1_000_000),
            "open_days_12m",
            "money given back over money taken",
        ),
        Feature(
            "takings_days_since_last_days",
            Unit.DAYS,
            "all history",
            "bad",
            _c("last_open_age"),
            "open_days_12m",
            "silence is the first sign of a shop that closed",
        ),
    ),
)

TAKINGS_MONTHLY_FEN = money(_c("net_12m")) // MONTHS
"""Mean monthly takings over the year."""
