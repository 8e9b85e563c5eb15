"""Features of payments, written once for platforms (Alipay, WeChat Pay, …) and for bank accounts.

Only settled money counts. Money moved between the owner's own accounts is neutral and never
counted; a refund received is not a sale, a refund paid is taken off the sales.
"""

from __future__ import annotations

import polars as pl

from martlet.records.features.definition import (
    MONTHS,
    Direction,
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

_amount = pl.col("amount_fen")
_settled = pl.col("settled")
_in = _settled & (pl.col("flow") == "in") & ~pl.col("refund")
_out = _settled & (pl.col("flow") == "out") & ~pl.col("refund")
_given_back = _settled & (pl.col("flow") == "out") & pl.col("refund")
_year = within(12)

_totals: Measures = {
    "received_12m": total(_amount, _in, _year),
    "received_3m": total(_amount, _in, within(3)),
    "received_count_12m": count(_in, _year),
    "received_months_12m": distinct("month", _in, _year),
    "received_days_12m": distinct("day", _in, _year),
    "payers_12m": distinct("counterparty", _in, _year),
    "last_received_age": pl.col("age_days").filter(_in).min(),
    "paid_12m": total(_amount, _out, _year),
    "paid_count_12m": count(_out, _year),
    "given_back_12m": total(_amount, _given_back, _year),
    "fees_12m": total(pl.col("fee_fen"), _settled, _year),
    "balances_12m": count(pl.col("balance_fen").is_not_null(), _year),
    "lowest_balance_12m": pl.col("balance_fen").filter(_year).min(),
    **monthly("received", _amount, _in),
}


def _by_payer(rows: pl.LazyFrame) -> pl.LazyFrame:
    return (
        rows.filter(_in, _year)
        .group_by("party_id", "counterparty")
        .agg(_amount.sum().alias("brought"))
    )


_payers: Measures = {"top_payer": pl.col("brought").max()}
_c = pl.col


_YEAR, _QUARTER = "365 days", "91 days"
_TABLE: tuple[tuple[str, Unit, str, Direction, pl.Expr, str, str], ...] = (
    (
        "received_12m_fen",
        Unit.FEN,
        _YEAR,
        "good",
        money(_c("received_12m") - _c("given_back_12m")),
        "received_count_12m",
        "what came in by {what}, refunds given taken off",
    ),
    (
        "received_3m_fen",
        Unit.FEN,
        _QUARTER,
        "good",
        _c("received_3m"),
        "received_count_12m",
        "whether money still comes in by {what}",
    ),
    (
        "received_12m_count",
        Unit.COUNT,
        _YEAR,
        "good",
        _c("received_count_12m"),
        "received_count_12m",
        "how often somebody paid by {what}",
    ),
    (
        "received_days_12m_count",
        Unit.COUNT,
        _YEAR,
        "good",
        _c("received_days_12m"),
        "received_count_12m",
        "on how many days somebody paid by {what}",
    ),
    (
        "months_active_12m",
        Unit.COUNT,
        _YEAR,
        "good",
        _c("received_months_12m"),
        "received_count_12m",
        "steadiness over the year",
    ),
    (
        "trend_ppm",
        Unit.PPM,
        _YEAR,
        "good",
        trend_ppm("received"),
        "received_count_12m",
        "the last six months over the six before",
    ),
    (
        "volatility_ppm",
        Unit.PPM,
        _YEAR,
        "bad",
        volatility_ppm("received"),
        "received_count_12m",
        "how far a month strays from the mean month",
    ),
    (
        "worst_month_fen",
        Unit.FEN,
        _YEAR,
        "good",
        worst_month("received"),
        "received_count_12m",
        "what even the weakest month brought",
    ),
    (
        "payers_12m_count",
        Unit.COUNT,
        _YEAR,
        "good",
        _c("payers_12m"),
        "received_count_12m",
        "how many different people paid by {what}",
    ),
    (
        "top_payer_share_ppm",
        Unit.PPM,
        _YEAR,
        "bad",
        ratio_ppm(_c("top_payer"), _c("received_12m")),
        "received_count_12m",
        "what is lost when the best payer leaves",
    ),
    (
        "average_received_fen",
        Unit.FEN,
        _YEAR,
        "neutral",
        mean_of(_c("received_12m"), _c("received_count_12m")),
        "received_count_12m",
        "the size of a usual payment",
    ),
    (
        "refund_share_ppm",
        Unit.PPM,
        _YEAR,
        "bad",
        ratio_ppm(_c("given_back_12m"), _c("received_12m")).clip(0, 1_000_000),
        "received_count_12m",
        "money given back over money received",
    ),
    (
        "fee_share_ppm",
        Unit.PPM,
        _YEAR,
        "bad",
        ratio_ppm(_c("fees_12m"), _c("received_12m")).clip(0, 1_000_000),
        "received_count_12m",
        "what {what} keeps for itself",
    ),
    (
        "paid_12m_fen",
        Unit.FEN,
        _YEAR,
        "neutral",
        _c("paid_12m"),
        "paid_count_12m",
        "what went out by {what}",
    ),
    (
        "outflow_share_ppm",
        Unit.PPM,
        _YEAR,
        "bad",
        ratio_ppm(_c("paid_12m"), _c("received_12m")).clip(0, 10_000_000),
        "received_count_12m",
        "whether more goes out than comes in",
    ),
    (
        "lowest_balance_12m_fen",
        Unit.FEN,
        _YEAR,
        "good",
        _c("lowest_balance_12m"),
        "balances_12m",
        "how close to nothing the account came",
    ),
    (
        "days_since_last_received_days",
        Unit.DAYS,
        "all history",
        "bad",
        _c("last_received_age"),
        "received_count_12m",
        "silence is the first sign of a shop that closed",
    ),
)
"""Name, unit, window, direction, value, sample, why; '{what}' is the kind of account."""


def _family(kind: Kind, prefix: str, what: str) -> FeatureFamily:
    features = tuple(
        Feature(f"{prefix}_{name}", unit, window, direction, value, sample, why.format(what=what))
        for name, unit, window, direction, value, sample, why in _TABLE
    )
    return FeatureFamily(kind, (View(as_is, _totals), View(_by_payer, _payers)), features)


PAYMENT_FEATURES = _family(Kind.PAYMENTS, "payment", "payment platforms")
BANK_FEATURES = _family(Kind.BANK, "bank", "bank account")
RECEIVED_MONTHLY_FEN = money(_c("received_12m") - _c("given_back_12m")) // MONTHS
"""Mean money received in a month of the year."""
