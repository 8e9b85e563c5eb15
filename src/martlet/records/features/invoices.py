"""Features of VAT invoices: void ones are counted but never summed, negative ones are refunds."""

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

_amount = pl.col("total_fen")
_is_sale = pl.col("side") == "sales"
_sale = _is_sale & pl.col("valid")
_is_purchase = pl.col("side") == "purchases"
_purchase = _is_purchase & pl.col("valid")
_year = within(12)
_positive = _amount > 0

_totals: Measures = {
    "sales_total": total(_amount, _sale),
    "sales_12m": total(_amount, _sale, _year),
    "sales_6m": total(_amount, _sale, within(6)),
    "sales_3m": total(_amount, _sale, within(3)),
    "sales_gross": total(_amount, _sale, _positive),
    "sales_refunded": total(-_amount, _sale, ~_positive),
    "sales_gross_12m": total(_amount, _sale, _positive, _year),
    "sales_count": count(_sale),
    "sales_count_12m": count(_sale, _positive, _year),
    "sales_months": distinct("month", _sale, _positive),
    "sales_months_12m": distinct("month", _sale, _positive, _year),
    "sales_days_12m": distinct("day", _sale, _positive, _year),
    "sales_issued": count(_is_sale),
    "sales_void": count(_is_sale, ~pl.col("valid")),
    "last_sale_age": pl.col("age_days").filter(_sale, _positive).min(),
    "first_sale_age": pl.col("age_days").filter(_sale, _positive).max(),
    "longest_pause": pl.col("day").filter(_sale, _positive).sort().diff().max().dt.total_days(),
    "purchases_total": total(_amount, _purchase),
    "purchases_12m": total(_amount, _purchase, _year),
    "purchases_6m": total(_amount, _purchase, within(6)),
    "purchases_prior_6m": total(_amount, _purchase, within(12, since=6)),
    "purchases_count": count(_purchase),
    "purchases_count_12m": count(_purchase, _year),
    "purchases_issued": count(_is_purchase),
    "purchases_void": count(_is_purchase, ~pl.col("valid")),
    "tax_sales_12m": total(pl.col("tax_fen"), _sale, _year),
    "net_sales_12m": total(pl.col("net_fen"), _sale, _year),
    "buyers": distinct("counterparty", _sale, _positive),
    "buyers_12m": distinct("counterparty", _sale, _positive, _year),
    "suppliers": distinct("counterparty", _purchase, _positive),
    "suppliers_12m": distinct("counterparty", _purchase, _positive, _year),
    **monthly("sales", _amount, _sale),
}


def _by_counterparty(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return what each counterparty bought or sold in the year, and in how many months."""
    return (
        rows.filter(pl.col("valid"), _positive, _year)
        .group_by("party_id", "side", "counterparty")
        .agg(_amount.sum().alias("bought"), pl.col("month").n_unique().alias("months"))
    )


_bought = pl.col("bought")
_counterparties: Measures = {
    "top_buyer": _bought.filter(_is_sale).max().fill_null(0),
    "repeat_buyers": total(_bought, _is_sale, pl.col("months") > 1),
    "top_supplier": _bought.filter(_is_purchase).max().fill_null(0),
    "all_suppliers": total(_bought, _is_purchase),
}

_ALL, _12M, _6M, _3M = "all history", "365 days", "182 days", "91 days"
_c = pl.col

INVOICE_FEATURES = FeatureFamily(
    Kind.INVOICES,
    (View(as_is, _totals), View(_by_counterparty, _counterparties)),
    (
        Feature(
            "invoice_sales_total_fen",
            Unit.FEN,
            _ALL,
            "good",
            money(_c("sales_total")),
            "sales_count",
            "the best single ranking of small firms; refunds taken off",
        ),
        Feature(
            "invoice_sales_12m_fen",
            Unit.FEN,
            _12M,
            "good",
            money(_c("sales_12m")),
            "sales_count_12m",
            "what the business turns over now",
        ),
        Feature(
            "invoice_sales_6m_fen",
            Unit.FEN,
            _6M,
            "good",
            money(_c("sales_6m")),
            "sales_count_12m",
            "a season's turnover",
        ),
        Feature(
            "invoice_sales_3m_fen",
            Unit.FEN,
            _3M,
            "good",
            money(_c("sales_3m")),
            "sales_count_12m",
            "whether it still sells",
        ),
        Feature(
            "invoice_sales_count_12m",
            Unit.COUNT,
            _12M,
            "good",
            _c("sales_count_12m"),
            "sales_count_12m",
            "many small sales are surer than one large",
        ),
        Feature(
            "invoice_sales_days_12m_count",
            Unit.COUNT,
            _12M,
            "good",
            _c("sales_days_12m"),
            "sales_count_12m",
            "on how many days it sold",
        ),
        Feature(
            "invoice_sales_months_active",
            Unit.COUNT,
            _ALL,
            "good",
            _c("sales_months"),
            "sales_count",
            "how long it has been selling, pauses left out",
        ),
        Feature(
            "invoice_sales_months_active_12m",
            Unit.COUNT,
            _12M,
            "good",
            _c("sales_months_12m"),
            "sales_count_12m",
            "steadiness over the year",
        ),
        Feature(
            "invoice_sales_trend_ppm",
            Unit.PPM,
            _12M,
            "good",
            trend_ppm("sales"),
            "sales_count_12m",
            "the last six months over the six before",
        ),
        Feature(
            "invoice_sales_volatility_ppm",
            Unit.PPM,
            _12M,
            "bad",
            volatility_ppm("sales"),
            "sales_count_12m",
            "how far a month strays from the mean month",
        ),
        Feature(
            "invoice_sales_worst_month_fen",
            Unit.FEN,
            _12M,
            "good",
            worst_month("sales"),
            "sales_count_12m",
            "what even the weakest month brought",
        ),
        Feature(
            "invoice_average_sale_fen",
            Unit.FEN,
            _12M,
            "neutral",
            mean_of(_c("sales_gross_12m"), _c("sales_count_12m")),
            "sales_count_12m",
            "the size of its usual sale",
        ),
        Feature(
            "invoice_void_share_ppm",
            Unit.PPM,
            _ALL,
            "bad",
            ratio_ppm(_c("sales_void"), _c("sales_issued")),
            "sales_issued",
            "invoices taken back as if they had never been",
        ),
        Feature(
            "invoice_refund_share_ppm",
            Unit.PPM,
            _ALL,
            "bad",
            ratio_ppm(_c("sales_refunded"), _c("sales_gross")).clip(0, 1_000_000),
            "sales_count",
            "money given back over money invoiced",
        ),
        Feature(
            "invoice_buyers_count",
            Unit.COUNT,
            _ALL,
            "good",
            _c("buyers"),
            "sales_count",
            "how many have ever bought",
        ),
        Feature(
            "invoice_buyers_12m_count",
            Unit.COUNT,
            _12M,
            "good",
            _c("buyers_12m"),
            "sales_count_12m",
            "how many buy now",
        ),
        Feature(
            "invoice_top_buyer_share_ppm",
            Unit.PPM,
            _12M,
            "bad",
            ratio_ppm(_c("top_buyer"), _c("sales_gross_12m")),
            "sales_count_12m",
            "what is lost when the best buyer leaves",
        ),
        Feature(
            "invoice_repeat_buyers_share_ppm",
            Unit.PPM,
            _12M,
            "good",
            ratio_ppm(_c("repeat_buyers"), _c("sales_gross_12m")),
            "sales_count_12m",
            "sales to those who came in more than one month",
        ),
        Feature(
            "invoice_suppliers_count",
            Unit.COUNT,
            _ALL,
            "good",
            _c("suppliers"),
            "purchases_count",
            "how many have ever sold to it",
        ),
        Feature(
            "invoice_suppliers_12m_count",
            Unit.COUNT,
            _12M,
            "good",
            _c("suppliers_12m"),
            "purchases_count_12m",
            "how many sell to it now",
        ),
        Feature(
            "invoice_top_supplier_share_ppm",
            Unit.PPM,
            _12M,
            "bad",
            ratio_ppm(_c("top_supplier"), _c("all_suppliers")),
            "purchases_count_12m",
            "how far it hangs on one supplier",
        ),
        Feature(
            "invoice_purchases_total_fen",
            Unit.FEN,
            _ALL,
            "good",
            money(_c("purchases_total")),
            "purchases_count",
            "how much trade it has fed",
        ),
        Feature(
            "invoice_purchases_12m_fen",
            Unit.FEN,
            _12M,
            "good",
            money(_c("purchases_12m")),
            "purchases_count_12m",
            "it buys because it sells",
        ),
        Feature(
            "invoice_purchases_trend_ppm",
            Unit.PPM,
            _12M,
            "good",
            ratio_ppm(_c("purchases_6m"), _c("purchases_prior_6m")).clip(0, 10_000_000),
            "purchases_count_12m",
            "buying falls before sales do",
        ),
        Feature(
            "invoice_purchase_void_share_ppm",
            Unit.PPM,
            _ALL,
            "bad",
            ratio_ppm(_c("purchases_void"), _c("purchases_issued")),
            "purchases_issued",
            "suppliers that took their invoices back",
        ),
        Feature(
            "invoice_margin_12m_ppm",
            Unit.PPM,
            _12M,
            "good",
            ratio_ppm(_c("sales_12m") - _c("purchases_12m"), _c("sales_12m")).clip(
                -1_000_000, 1_000_000
            ),
            "sales_count_12m",
            "what is left of sales after purchases; wages are not in it",
        ),
        Feature(
            "invoice_tax_rate_12m_ppm",
            Unit.PPM,
            _12M,
            "neutral",
            ratio_ppm(_c("tax_sales_12m"), _c("net_sales_12m")).clip(0, 1_000_000),
            "sales_count_12m",
            "tells a general taxpayer (6 to 17 %) from a small one (3 %)",
        ),
        Feature(
            "invoice_days_since_last_sale_days",
            Unit.DAYS,
            _ALL,
            "bad",
            _c("last_sale_age"),
            "sales_count",
            "silence is the first sign of a firm that stopped",
        ),
        Feature(
            "invoice_sales_history_days",
            Unit.DAYS,
            _ALL,
            "good",
            _c("first_sale_age"),
            "sales_count",
            "since when it has sold",
        ),
        Feature(
            "invoice_longest_pause_days",
            Unit.DAYS,
            _ALL,
            "bad",
            _c("longest_pause"),
            "sales_count",
            "the longest time without a sale",
        ),
    ),
)

INVOICE_MONTHLY_FEN = money(_c("sales_12m")) // MONTHS
"""Mean monthly sales over the year: what the business takes, by its invoices."""
