"""Features of VAT invoices: void ones are counted but never summed, negative ones are refunds."""

from __future__ import annotations

import polars as pl

from martlet.records.features.definition import (
    ALL,
    M3,
    M12,
    MONTHS,
    PPM,
    ROUND_FEN,
    Feature,
    FeatureFamily,
    Measures,
    View,
    amounts_ppm,
    count,
    counts_ppm,
    distinct,
    figure,
    growth_ppm,
    mean_of,
    money,
    monthly,
    ratio_ppm,
    rise_ppm,
    share_ppm,
    total,
    trend_ppm,
    volatility_ppm,
    where,
    windowed,
)
from martlet.records.features.rhythm import DAYS, SALES, WEEKS, Trade, by_day, rhythm_features
from martlet.records.features.spread import Crowd, by_counterparty, spread, spread_features
from martlet.records.model import Kind

QUARTER_END_FROM_DAY = 21
"""The last ten days of March, June, September and December, when books are dressed."""

_c = pl.col
_amount = _c("total_fen")
_is_sale, _is_purchase = _c("side") == "sales", _c("side") == "purchases"
_sale, _purchase = _is_sale & _c("valid"), _is_purchase & _c("valid")
_positive = _amount > 0
_year = _c("12m")
_quarter_end = (_c("day").dt.month() % 3 == 0) & (_c("day").dt.day() >= QUARTER_END_FROM_DAY)

_VALUES: Measures = {
    "amount": where(_amount, _sale),
    "made": _sale & _positive,
    "sales": _sale,
    "gross": where(_amount, _sale, _positive),
    "round": _sale & _positive & (_amount % ROUND_FEN == 0),
    "quarter_end": where(_amount, _sale, _quarter_end),
    "issued": _is_sale,
    "void": _is_sale & ~_c("valid"),
    "tax": where(_c("tax_fen"), _sale),
    "net": where(_c("net_fen"), _sale),
    "bought": where(_amount, _purchase),
    "purchases": _purchase,
    "bought_issued": _is_purchase,
    "bought_void": _is_purchase & ~_c("valid"),
}
_EVER = ("amount", "net", "sales", "gross", "issued", "void", "bought", "purchases")
_LATELY = ("made", "gross", "round", "quarter_end", "issued", "void", "tax", "net")

_invoices: Measures = {
    **SALES,
    **{name: _c(name).sum().cast(pl.Int64) for name in (*_EVER, "bought_issued", "bought_void")},
    **windowed({"12m": (*_LATELY, "purchases"), "3m": ("issued", "void")}),
    **monthly("bought"),
    "amount_before": total(_c("amount"), _c("month") < 2 * MONTHS, ~_year),
    "largest_12m": where(_c("gross"), _year).max(),
    "sales_months": distinct("month", _c("made")),
    "bought_months_12m": distinct("month", _purchase, _year),
    "last_purchase_age": where(_c("age_days"), _purchase, _positive).min(),
}
_days: Measures = {
    **DAYS,
    "longest_pause": _c("age_days").filter(_c("made") > 0).sort().diff().max(),
}


def _by_counterparty(rows: pl.LazyFrame) -> pl.LazyFrame:
    valid = rows.filter(_c("valid"), _positive)
    return by_counterparty(valid, "counterparty", _amount, "side", months=True)


_counterparties: Measures = {
    **spread("buyers", _is_sale),
    **spread("suppliers", _is_purchase),
    "buyers": count(_is_sale),
    "suppliers": count(_is_purchase),
    "repeat_buyers": total(_c("spent"), _is_sale, _c("months") > 1),
}
_S, _S12, _P, _P12 = "sales", "made_12m", "purchases", "purchases_12m"


def _named(counterparties: str, records: str) -> pl.Expr:
    """Return a number of counterparties: none where there is no record, unknown without names."""
    return _c(counterparties).fill_null(pl.when(_c(records) == 0).then(0))


_SALES = (
    figure(
        "invoice_sales_total_fen", ALL, "good", money(_c("amount")), _S,
        "the best single ranking of small firms; refunds taken off",
    ),
    figure(
        "invoice_net_sales_total_fen", ALL, "good", money(_c("net")), _S,
        "revenue as accounts have it: VAT is only passed on, at rates that differ by taxpayer",
    ),
    figure(
        "invoice_sales_12m_fen", M12, "good", money(_c("amount_12m")), _S12,
        "what the business turns over now",
    ),
    figure(
        "invoice_sales_3m_fen", M3, "good", money(_c("amount_3m")), _S12,
        "whether it still sells",
    ),
    figure(
        "invoice_sales_growth_12m_ppm", "730 days", "good",
        growth_ppm(_c("amount_12m"), _c("amount_before")), _S12,
        "the year over the year before: no season is in it",
    ),
    figure(
        "invoice_sales_count_12m", M12, "good", _c("made_12m"), _S12,
        "many small sales are surer than one large",
    ),
    figure(
        "invoice_sales_months_active", ALL, "good", _c("sales_months"), _S,
        "how long it has been selling, pauses left out",
    ),
    *rhythm_features(Trade("invoice_sales", "invoice_sales", "invoice_sales_days", _S12)),
    figure(
        "invoice_average_sale_fen", M12, "neutral", mean_of("gross_12m", "made_12m"), _S12,
        "the size of its usual sale",
    ),
    figure(
        "invoice_largest_sale_share_ppm", M12, "bad",
        amounts_ppm("largest_12m", "gross_12m"), _S12, "sales that were one single invoice",
    ),
    figure(
        "invoice_round_share_ppm", M12, "bad", counts_ppm("round_12m", "made_12m"), _S12,
        "invoices of whole hundreds of yuan, tax and all: invented ones are round",
    ),
    figure(
        "invoice_quarter_end_share_ppm", M12, "bad",
        share_ppm(_c("quarter_end_12m"), _c("amount_12m")), _S12,
        "sales of the last ten days of calendar quarters: a ninth where nobody dresses the books",
    ),
    figure(
        "invoice_days_since_last_sale_days", ALL, "bad", _c("last_age"), _S,
        "silence is the first sign of a firm that stopped",
    ),
    figure(
        "invoice_sales_history_days", ALL, "good", _c("first_age"), _S, "since when it has sold",
    ),
    figure(
        "invoice_longest_pause_days", ALL, "bad", _c("longest_pause"), _S,
        "the longest time without a sale",
    ),
)  # fmt: skip

_TAKEN_BACK = (
    figure(
        "invoice_void_share_ppm", ALL, "bad", counts_ppm("void", "issued"), "issued",
        "invoices taken back as if they had never been",
    ),
    figure(
        "invoice_void_share_12m_ppm", M12, "bad", counts_ppm("void_12m", "issued_12m"),
        "issued_12m", "the same of the year",
    ),
    figure(
        "invoice_void_rise_ppm", M12, "bad",
        rise_ppm("void", "issued"), "issued_12m",
        "the void share of 91 days over the year's: 100 % is as ever",
    ),
    figure(
        "invoice_refund_share_ppm", ALL, "bad",
        share_ppm(_c("gross") - _c("amount"), _c("gross")), _S,
        "money given back over money invoiced",
    ),
    figure(
        "invoice_refund_share_12m_ppm", M12, "bad",
        share_ppm(_c("gross_12m") - _c("amount_12m"), _c("gross_12m")), _S12,
        "the same of the year",
    ),
)  # fmt: skip

_BUYERS = (
    figure(
        "invoice_buyers_count", ALL, "good", _named("buyers", _S), _S,
        "how many have ever bought",
    ),
    figure(
        "invoice_buyers_12m_count", M12, "good", _named("buyers_12m", _S), _S12,
        "how many buy now",
    ),
    figure(
        "invoice_buyers_3m_count", M3, "good", _named("buyers_3m", _S), _S12,
        "how many still buy",
    ),
    *spread_features(Crowd("invoice", "buyer", "buyers", _S12, "buyers")),
    figure(
        "invoice_repeat_buyers_share_ppm", M12, "good",
        amounts_ppm("repeat_buyers", "buyers_known"), _S12,
        "sales to those who came in more than one month",
    ),
)  # fmt: skip

_PURCHASES = (
    figure(
        "invoice_purchases_total_fen", ALL, "good", money(_c("bought")), _P,
        "how much trade it has fed",
    ),
    figure(
        "invoice_purchases_12m_fen", M12, "good", money(_c("bought_12m")), _P12,
        "it buys because it sells",
    ),
    figure(
        "invoice_purchases_3m_fen", M3, "good", money(_c("bought_3m")), _P12,
        "whether it still buys",
    ),
    figure(
        "invoice_purchases_trend_ppm", M12, "good", trend_ppm("bought"), _P12,
        "buying falls before sales do",
    ),
    figure(
        "invoice_purchases_volatility_ppm", M12, "bad", volatility_ppm("bought"), _P12,
        "how far a month's buying strays from the mean month",
    ),
    figure(
        "invoice_purchases_months_active_12m", M12, "good", _c("bought_months_12m"), _P12,
        "a firm at work buys month after month",
    ),
    figure(
        "invoice_days_since_last_purchase_days", ALL, "bad", _c("last_purchase_age"), _P,
        "who stops buying will stop selling",
    ),
    figure(
        "invoice_purchase_void_share_ppm", ALL, "bad",
        counts_ppm("bought_void", "bought_issued"), "bought_issued",
        "suppliers that took their invoices back",
    ),
    figure(
        "invoice_suppliers_count", ALL, "good", _named("suppliers", _P), _P,
        "how many have ever sold to it",
    ),
    figure(
        "invoice_suppliers_12m_count", M12, "good", _named("suppliers_12m", _P), _P12,
        "how many sell to it now",
    ),
    *spread_features(Crowd("invoice", "supplier", "suppliers", _P12, "suppliers")),
    figure(
        "invoice_margin_12m_ppm", M12, "good",
        ratio_ppm(_c("amount_12m") - _c("bought_12m"), _c("amount_12m"), -PPM, PPM), _S12,
        "what is left of sales after purchases; wages are not in it",
    ),
    figure(
        "invoice_tax_rate_12m_ppm", M12, "neutral", share_ppm(_c("tax_12m"), _c("net_12m")), _S12,
        "tells a general taxpayer (6 to 17 %) from a small one (3 %)",
    ),
)  # fmt: skip

_ALL_OF_THEM: tuple[Feature, ...] = (*_SALES, *_TAKEN_BACK, *_BUYERS, *_PURCHASES)

INVOICE_FEATURES = FeatureFamily(
    Kind.INVOICES,
    _VALUES,
    _invoices,
    (View(by_day, _days), WEEKS, View(_by_counterparty, _counterparties)),
    _ALL_OF_THEM,
)

INVOICE_MONTHLY_FEN = money(_c("amount_12m")) // MONTHS
"""Mean monthly sales over the year: what the business takes, by its invoices."""
