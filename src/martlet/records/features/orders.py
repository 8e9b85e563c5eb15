"""Features of orders: what was sold, how it was rated, what came back, how late it arrived."""

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

BAD_RATING_PPM = 400_000
"""Two stars of five or fewer."""

_total = pl.col("total_fen")
_done = pl.col("status") == "completed"
_kept = _total - pl.col("refunded_fen")
_year = within(12)
_delivered = pl.col("delivered_on").is_not_null() & (pl.col("delivered_on") <= pl.col("as_of_day"))
_promised = _delivered & pl.col("promised_on").is_not_null()
_late = _promised & (pl.col("delivered_on") > pl.col("promised_on"))
_badly_rated = (pl.col("rating_ppm") <= BAD_RATING_PPM).fill_null(value=False)
_delivery_days = (pl.col("delivered_on") - pl.col("day")).dt.total_days()

_totals: Measures = {
    "kept_12m": total(_kept, _done, _year),
    "kept_3m": total(_kept, _done, within(3)),
    "gross_12m": total(_total, _done, _year),
    "refunded_12m": total(pl.col("refunded_fen"), _done, _year),
    "done_12m": count(_done, _year),
    "placed_12m": count(_year),
    "cancelled_12m": count(pl.col("status") == "cancelled", _year),
    "months_12m": distinct("month", _done, _year),
    "customers_12m": distinct("customer", _done, _year),
    "ratings_12m": count(pl.col("rating_ppm").is_not_null(), _year),
    "rating_sum_12m": total(pl.col("rating_ppm"), _year),
    "bad_ratings_12m": count(
        (pl.col("rating_ppm") <= BAD_RATING_PPM).fill_null(value=False), _year
    ),
    "delivered_12m": count(_delivered, _year),
    "delivery_days_12m": total(_delivery_days, _delivered, _year),
    "promised_12m": count(_promised, _year),
    "late_12m": count(_late, _year),
    "last_order_age": pl.col("age_days").filter(_done).min(),
    **monthly("kept", _kept, _done),
}


def _by_customer(rows: pl.LazyFrame) -> pl.LazyFrame:
    return (
        rows.filter(_done, _year)
        .group_by("party_id", "customer")
        .agg(_total.sum().alias("spent"), pl.len().alias("orders"))
    )


_customers: Measures = {
    "repeat_spent": total(pl.col("spent"), pl.col("orders") > 1),
    "top_customer": pl.col("spent").max(),
}
_c = pl.col
_Y, _Q = "365 days", "91 days"

ORDER_FEATURES = FeatureFamily(
    Kind.ORDERS,
    (View(as_is, _totals), View(_by_customer, _customers)),
    (
        Feature(
            "order_sales_12m_fen",
            Unit.FEN,
            _Y,
            "good",
            money(_c("kept_12m")),
            "done_12m",
            "what completed orders brought, refunds taken off",
        ),
        Feature(
            "order_sales_3m_fen",
            Unit.FEN,
            _Q,
            "good",
            money(_c("kept_3m")),
            "done_12m",
            "whether it still sells",
        ),
        Feature(
            "order_12m_count",
            Unit.COUNT,
            _Y,
            "good",
            _c("done_12m"),
            "done_12m",
            "how many orders were completed",
        ),
        Feature(
            "order_months_active_12m",
            Unit.COUNT,
            _Y,
            "good",
            _c("months_12m"),
            "done_12m",
            "steadiness over the year",
        ),
        Feature(
            "order_trend_ppm",
            Unit.PPM,
            _Y,
            "good",
            trend_ppm("kept"),
            "done_12m",
            "the last six months over the six before",
        ),
        Feature(
            "order_volatility_ppm",
            Unit.PPM,
            _Y,
            "bad",
            volatility_ppm("kept"),
            "done_12m",
            "how far a month strays from the mean month",
        ),
        Feature(
            "order_worst_month_fen",
            Unit.FEN,
            _Y,
            "good",
            worst_month("kept"),
            "done_12m",
            "what even the weakest month brought",
        ),
        Feature(
            "order_average_fen",
            Unit.FEN,
            _Y,
            "neutral",
            mean_of(_c("gross_12m"), _c("done_12m")),
            "done_12m",
            "the size of a usual order",
        ),
        Feature(
            "order_customers_12m_count",
            Unit.COUNT,
            _Y,
            "good",
            _c("customers_12m"),
            "done_12m",
            "how many different customers",
        ),
        Feature(
            "order_repeat_share_ppm",
            Unit.PPM,
            _Y,
            "good",
            ratio_ppm(_c("repeat_spent"), _c("gross_12m")),
            "done_12m",
            "sales to customers who came back",
        ),
        Feature(
            "order_top_customer_share_ppm",
            Unit.PPM,
            _Y,
            "bad",
            ratio_ppm(_c("top_customer"), _c("gross_12m")),
            "done_12m",
            "what is lost when the best customer leaves",
        ),
        Feature(
            "order_rating_ppm",
            Unit.PPM,
            _Y,
            "good",
            mean_of(_c("rating_sum_12m"), _c("ratings_12m")),
            "ratings_12m",
            "what customers say of it, of the best possible",
        ),
        Feature(
            "order_bad_rating_share_ppm",
            Unit.PPM,
            _Y,
            "bad",
            ratio_ppm(_c("bad_ratings_12m"), _c("ratings_12m")),
            "ratings_12m",
            "ratings of two stars of five or fewer",
        ),
        Feature(
            "order_refund_share_ppm",
            Unit.PPM,
            _Y,
            "bad",
            ratio_ppm(_c("refunded_12m"), _c("gross_12m")).clip(0, 1_000_000),
            "done_12m",
            "money given back over money taken",
        ),
        Feature(
            "order_cancelled_share_ppm",
            Unit.PPM,
            _Y,
            "bad",
            ratio_ppm(_c("cancelled_12m"), _c("placed_12m")),
            "placed_12m",
            "orders that came to nothing",
        ),
        Feature(
            "order_late_share_ppm",
            Unit.PPM,
            _Y,
            "bad",
            ratio_ppm(_c("late_12m"), _c("promised_12m")),
            "promised_12m",
            "deliveries after the promised day",
        ),
        Feature(
            "order_delivery_days",
            Unit.DAYS,
            _Y,
            "bad",
            mean_of(_c("delivery_days_12m"), _c("delivered_12m")),
            "delivered_12m",
            "from order to door",
        ),
        Feature(
            "order_days_since_last_days",
            Unit.DAYS,
            "all history",
            "bad",
            _c("last_order_age"),
            "done_12m",
            "silence is the first sign of a shop that closed",
        ),
    ),
)

ORDERS_MONTHLY_FEN = money(_c("kept_12m")) // MONTHS
"""Mean monthly sales by completed orders over the year."""
