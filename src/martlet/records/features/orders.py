"""Features of orders: what was sold, to whom, how it was rated, what came back, how late it was.

Rows are added up by day, by customer and by week, and figures are made of those sums; a cancelled
or open order is counted among the orders placed and brings nothing.
"""

from __future__ import annotations

import polars as pl

from martlet.records.features.definition import (
    ALL,
    D7,
    D14,
    D28,
    FOUR_WEEKS,
    M3,
    M6,
    M12,
    MONTHS,
    PPM,
    ROUND_FEN,
    FeatureFamily,
    Measures,
    View,
    amounts_ppm,
    count,
    counts_ppm,
    figure,
    last_days,
    mean_of,
    money,
    rise_ppm,
    share_ppm,
    total,
    trend_ppm,
    where,
    windowed,
)
from martlet.records.features.rhythm import DAYS, SALES, WEEKS, Trade, by_day, rhythm_features
from martlet.records.features.spread import (
    Crowd,
    by_counterparty,
    came_within,
    spread,
    spread_features,
)
from martlet.records.model import Kind

BAD_RATING_PPM = 400_000
"""Two stars of five or fewer."""

_c = pl.col
_total, _rating, _day = _c("total_fen"), _c("rating_ppm"), _c("day")
_delivered_on, _promised_on, _today = _c("delivered_on"), _c("promised_on"), _c("as_of_day")
_done = _c("status") == "completed"
_cancelled = _c("status") == "cancelled"
_kept = _total - _c("refunded_fen")
_delivered = _delivered_on.is_not_null() & (_delivered_on <= _today)
_promised = _delivered & _promised_on.is_not_null()
_late = _promised & (_delivered_on > _promised_on)

_VALUES: Measures = {
    "amount": where(_kept, _done),
    "made": _done,
    "gross": where(_total, _done),
    "refunded": where(_c("refunded_fen"), _done),
    "round": _done & (_total % ROUND_FEN == 0) & (_total > 0),
    "placed": pl.lit(1, pl.Int64),
    "cancelled": _cancelled,
    "stale": (_c("status") == "open") & ~last_days(FOUR_WEEKS),
    "ratings": _rating.is_not_null(),
    "rating_sum": _rating,
    "bad_ratings": _rating <= BAD_RATING_PPM,
    "delivered": _delivered,
    "delivery_days": where((_delivered_on - _day).dt.total_days(), _delivered),
    "promised": _promised,
    "late": _late,
    "late_days": where((_delivered_on - _promised_on).dt.total_days(), _late),
    "overdue": ~_cancelled & (_promised_on < _today) & ~_delivered,
}
_WANTED = {
    "12m": tuple(name for name in _VALUES if name not in {"amount", "largest"}),
    "6m": ("made",),
    "3m": (
        *("made", "gross", "refunded", "placed", "cancelled"),
        *("ratings", "rating_sum", "bad_ratings"),
        *("delivered", "delivery_days", "promised", "late"),
    ),
    "28d": ("made", "gross", "refunded", "placed", "cancelled"),
    "14d": ("made",),
    "7d": ("made", "amount"),
}
"""Which of the values are added up over which window."""

_orders: Measures = {
    **SALES,
    **windowed(_WANTED),
    "largest_12m": where(_c("gross"), _c("12m")).max(),
}


def _by_customer(rows: pl.LazyFrame) -> pl.LazyFrame:
    return by_counterparty(rows.filter(_c("made")), "customer", _total)


_times = _c("times")
_customers: Measures = {
    **spread("customers"),
    "repeat_spent": total(_c("spent"), _times > 1),
    "repeat_customers": count(_times > 1),
    "customers_6m": count(came_within(6)),
    "customers_28d": count(_c("last_age") < FOUR_WEEKS),
}

_N, _PLACED, _RATED, _SENT = "made_12m", "placed_12m", "ratings_12m", "promised_12m"
_rating_12m = mean_of("rating_sum_12m", "ratings_12m")
_rating_3m = mean_of("rating_sum_3m", "ratings_3m")


_SALES = (
    figure(
        "order_sales_12m_fen", M12, "good", money(_c("amount_12m")), _N,
        "what completed orders brought, refunds taken off",
    ),
    figure(
        "order_sales_3m_fen", M3, "good", money(_c("amount_3m")), _N,
        "whether it still sells",
    ),
    figure("order_sales_14d_fen", D14, "good", money(_c("amount_14d")), _N, "a fortnight's sales"),
    figure("order_sales_7d_fen", D7, "good", money(_c("amount_7d")), _N, "this week's sales"),
    figure(
        "order_12m_count", M12, "good", _c("made_12m"), _N, "how many orders were completed",
    ),
    figure("order_6m_count", M6, "good", _c("made_6m"), _N, "orders of half a year"),
    figure("order_3m_count", M3, "good", _c("made_3m"), _N, "orders of a quarter"),
    figure("order_28d_count", D28, "good", _c("made_28d"), _N, "orders of four weeks"),
    figure("order_14d_count", D14, "good", _c("made_14d"), _N, "orders of a fortnight"),
    figure("order_7d_count", D7, "good", _c("made_7d"), _N, "orders of this week"),
    figure(
        "order_count_trend_ppm", M12, "good",
        trend_ppm("made"), _N,
        "orders of the last six months over the six before, whatever they cost",
    ),
    figure(
        "order_average_fen", M12, "neutral", mean_of("gross_12m", "made_12m"), _N,
        "the size of a usual order",
    ),
    figure(
        "order_average_3m_fen", M3, "neutral", mean_of("gross_3m", "made_3m"), _N,
        "whether orders grow or shrink",
    ),
    figure(
        "order_largest_share_ppm", M12, "bad", amounts_ppm("largest_12m", "gross_12m"), _N,
        "sales that came from one single order",
    ),
    figure(
        "order_round_share_ppm", M12, "bad", counts_ppm("round_12m", "made_12m"), _N,
        "orders of whole hundreds of yuan: invented prices are round",
    ),
    figure(
        "order_days_since_last_days", ALL, "bad", _c("last_age"), _N,
        "silence is the first sign of a shop that closed",
    ),
    figure(
        "order_history_days", ALL, "good", _c("first_age"), _N,
        "since when it has completed orders",
    ),
)  # fmt: skip

_CUSTOMERS = (
    figure(
        "order_customers_12m_count", M12, "good", _c("customers_12m"), _N,
        "how many different customers, of those the records name",
    ),
    figure("order_customers_6m_count", M6, "good", _c("customers_6m"), _N, "in half a year"),
    figure("order_customers_3m_count", M3, "good", _c("customers_3m"), _N, "in a quarter"),
    figure("order_customers_28d_count", D28, "good", _c("customers_28d"), _N, "in four weeks"),
    figure(
        "order_repeat_share_ppm", M12, "good",
        amounts_ppm("repeat_spent", "customers_known"), _N,
        "sales to customers who came back",
    ),
    figure(
        "order_repeat_customers_share_ppm", M12, "good",
        counts_ppm("repeat_customers", "customers_12m"), _N,
        "customers who came back, whatever they spent",
    ),
)  # fmt: skip

_TROUBLE = (
    figure(
        "order_refund_share_ppm", M12, "bad", share_ppm(_c("refunded_12m"), _c("gross_12m")), _N,
        "money given back over money taken",
    ),
    figure(
        "order_refund_share_3m_ppm", M3, "bad", share_ppm(_c("refunded_3m"), _c("gross_3m")),
        "made_3m", "the same of late",
    ),
    figure(
        "order_refund_share_28d_ppm", D28, "bad", share_ppm(_c("refunded_28d"), _c("gross_28d")),
        "made_28d", "the same just now",
    ),
    figure(
        "order_refund_rise_ppm", M12, "bad", rise_ppm("refunded", "gross"), _N,
        "the refund share of 91 days over the year's: 100 % is as ever",
    ),
    figure(
        "order_cancelled_share_ppm", M12, "bad", counts_ppm("cancelled_12m", "placed_12m"),
        _PLACED, "orders that came to nothing",
    ),
    figure(
        "order_cancelled_share_3m_ppm", M3, "bad", counts_ppm("cancelled_3m", "placed_3m"),
        "placed_3m", "the same of late",
    ),
    figure(
        "order_cancelled_share_28d_ppm", D28, "bad",
        counts_ppm("cancelled_28d", "placed_28d"), "placed_28d", "the same just now",
    ),
    figure(
        "order_cancelled_rise_ppm", M12, "bad", rise_ppm("cancelled", "placed"), _PLACED,
        "the cancelled share of 91 days over the year's: 100 % is as ever",
    ),
    figure(
        "order_stale_share_ppm", M12, "bad", counts_ppm("stale_12m", "placed_12m"), _PLACED,
        "orders still open after 28 days",
    ),
)  # fmt: skip

_PRAISE = (
    figure(
        "order_rating_ppm", M12, "good", _rating_12m, _RATED,
        "what customers say of it, of the best possible",
    ),
    figure("order_rating_3m_ppm", M3, "good", _rating_3m, "ratings_3m", "what they say of late"),
    figure(
        "order_rating_change_ppm", M12, "good", _rating_3m - _rating_12m, "ratings_3m",
        "the mean of 91 days less the year's: below nothing, customers like it less",
    ),
    figure(
        "order_bad_rating_share_ppm", M12, "bad", counts_ppm("bad_ratings_12m", _RATED),
        _RATED, "ratings of two stars of five or fewer",
    ),
    figure(
        "order_bad_rating_share_3m_ppm", M3, "bad",
        counts_ppm("bad_ratings_3m", "ratings_3m"), "ratings_3m", "the same of late",
    ),
    figure(
        "order_rated_share_ppm", M12, "neutral", counts_ppm(_RATED, _PLACED), _PLACED,
        "how many of its orders anybody rated",
    ),
)  # fmt: skip

_DELIVERY = (
    figure(
        "order_late_share_ppm", M12, "bad", counts_ppm("late_12m", "promised_12m"), _SENT,
        "deliveries after the promised day",
    ),
    figure(
        "order_late_share_3m_ppm", M3, "bad", counts_ppm("late_3m", "promised_3m"),
        "promised_3m", "the same of late",
    ),
    figure(
        "order_late_days", M12, "bad", mean_of("late_days_12m", "late_12m"), "late_12m",
        "how late the late ones are, in the mean",
    ),
    figure(
        "order_delivery_days", M12, "bad", mean_of("delivery_days_12m", "delivered_12m"),
        "delivered_12m", "from order to door, in the mean",
    ),
    figure(
        "order_delivery_3m_days", M3, "bad", mean_of("delivery_days_3m", "delivered_3m"),
        "delivered_3m", "the same of late",
    ),
    figure(
        "order_overdue_share_ppm", M12, "bad",
        pl.when(_c("delivered_12m") > 0).then(
            _c("overdue_12m") * PPM // (_c("overdue_12m") + _c("promised_12m"))
        ), _PLACED,
        "not delivered though the promised day has gone by, of all promised; unknown where no"
        " delivery is ever told",
    ),
)  # fmt: skip

ORDER_FEATURES = FeatureFamily(
    Kind.ORDERS,
    _VALUES,
    _orders,
    (View(by_day, DAYS), WEEKS, View(_by_customer, _customers)),
    (
        *_SALES,
        *rhythm_features(Trade("order", "order_sales", "order_days", _N)),
        *_CUSTOMERS,
        *spread_features(Crowd("order", "customer", "customers", _N, "customers")),
        *_TROUBLE,
        *_PRAISE,
        *_DELIVERY,
    ),
)

ORDERS_MONTHLY_FEN = money(_c("amount_12m")) // MONTHS
"""Mean monthly sales by completed orders over the year."""
