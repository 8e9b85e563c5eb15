"""Features of payments, written once for platforms (Alipay, WeChat Pay, …) and for bank accounts.

Only settled money counts. Money moved between the owner's own accounts is neutral and never
counted; a refund received is not a sale, a refund paid is taken off the sales.
"""

from __future__ import annotations

from datetime import time
from functools import partial

import polars as pl

from martlet.records.features.balances import BALANCES, FLOOR, balance_features
from martlet.records.features.definition import (
    ALL,
    M3,
    M12,
    MONTHS,
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
    share_ppm,
    total,
    where,
    windowed,
)
from martlet.records.features.rhythm import DAYS, SALES, WEEKS, Trade, by_day, rhythm_features
from martlet.records.features.spread import Crowd, by_counterparty, spread, spread_features
from martlet.records.model import Kind

NIGHT_ENDS_HOUR = 5
"""From midnight to five nobody shops; what is paid then is paid by machines or by friends."""
REGULAR_MONTHS = 6
"""Who pays in half of the year's months is a regular."""

_c = pl.col
_amount, _settled = _c("amount_fen"), _c("settled")
_inward, _outward = _settled & (_c("flow") == "in"), _settled & (_c("flow") == "out")
_in, _out = _inward & ~_c("refund"), _outward & ~_c("refund")
_given_back = _outward & _c("refund")
_year = _c("12m")
_clock = _c("paid_at").dt.convert_time_zone("Asia/Shanghai")
_timed = _in & (_clock.dt.time() != time(0)).fill_null(value=False)
"""Statements that know only the day write midnight, if anything."""

_VALUES: Measures = {
    "amount": where(_amount, _in),
    "made": _in,
    "given_back": where(_amount, _given_back),
    "paid": where(_amount, _out),
    "paid_count": _out,
    "fees": where(_c("fee_fen"), _settled),
    "moves": _inward | _outward,
    "timed": _timed,
    "night": _timed & (_clock.dt.hour() < NIGHT_ENDS_HOUR),
    "round": _in & (_amount % ROUND_FEN == 0) & (_amount > 0),
    "balances": _c("balance_fen").is_not_null(),
    "net": pl.when(_inward).then(_amount).when(_outward).then(-_amount).otherwise(0)
    - where(_c("fee_fen"), _settled).fill_null(0),
}
_LATELY = tuple(name for name in _VALUES if name not in {"amount", "net"})

_totals: Measures = {
    **SALES,
    **monthly("net"),
    **windowed({"12m": _LATELY, "3m": ("made", "paid")}),
    "paid_months_12m": distinct("month", _out, _year),
    "paid_days_12m": distinct("day", _out, _year),
    "largest_12m": where(_c("amount"), _year).max(),
}
_by_day = partial(by_day, more=FLOOR)
_days: Measures = {**DAYS, **BALANCES}


def _by_counterparty(rows: pl.LazyFrame) -> pl.LazyFrame:
    return by_counterparty(rows.filter(_in | _out), "counterparty", _amount, "flow", months=True)


_came, _went = _c("flow") == "in", _c("flow") == "out"
_spent, _regular = _c("spent"), _c("months") >= REGULAR_MONTHS
_counterparties: Measures = {
    **spread("payers", _came),
    "regular_spent": total(_spent, _came, _regular),
    "top_regular": where(_spent, _came, _regular).max(),
    "payees_12m": count(_c("times") > 0, _went),
    "payees_known": total(_spent, _went),
    "payees_top": where(_spent, _went).max(),
}
_N, _PAID = "made_12m", "paid_count_12m"


def _received(prefix: str, what: str) -> tuple[Feature, ...]:
    return (
        figure(
            f"{prefix}_received_12m_fen", M12, "good",
            money(_c("amount_12m") - _c("given_back_12m")), _N,
            f"what came in by {what}, refunds given taken off",
        ),
        figure(
            f"{prefix}_received_3m_fen", M3, "good", _c("amount_3m"), _N,
            f"whether money still comes in by {what}",
        ),
        figure(
            f"{prefix}_received_12m_count", M12, "good", _c("made_12m"), _N,
            f"how often somebody paid by {what}",
        ),
        figure(
            f"{prefix}_received_3m_count", M3, "good", _c("made_3m"), _N,
            f"whether somebody still pays by {what}",
        ),
        figure(
            f"{prefix}_average_received_fen", M12, "neutral",
            mean_of("amount_12m", "made_12m"), _N, "the size of a usual payment",
        ),
        figure(
            f"{prefix}_largest_received_share_ppm", M12, "bad",
            amounts_ppm("largest_12m", "amount_12m"), _N,
            "receipts that were one single payment",
        ),
        figure(
            f"{prefix}_round_share_ppm", M12, "bad", counts_ppm("round_12m", "made_12m"),
            _N, "payments of whole hundreds of yuan: loans are round, prices seldom",
        ),
        figure(
            f"{prefix}_night_share_ppm", M12, "bad", counts_ppm("night_12m", "timed_12m"),
            "timed_12m", "payments between midnight and five o'clock, of those with a time of day",
        ),
        figure(
            f"{prefix}_refund_share_ppm", M12, "bad",
            share_ppm(_c("given_back_12m"), _c("amount_12m")), _N,
            "money given back over money received",
        ),
        figure(
            f"{prefix}_fee_share_ppm", M12, "bad", share_ppm(_c("fees_12m"), _c("amount_12m")), _N,
            f"what {what} keep for themselves" if what.endswith("s") else f"what the {what} costs",
        ),
        figure(
            f"{prefix}_days_since_last_received_days", ALL, "bad", _c("last_age"), _N,
            "silence is the first sign of a shop that closed",
        ),
        figure(
            f"{prefix}_received_history_days", ALL, "good", _c("first_age"), _N,
            f"since when it has been paid by {what}",
        ),
    )  # fmt: skip


def _payers(prefix: str, what: str) -> tuple[Feature, ...]:
    return (
        figure(
            f"{prefix}_payers_12m_count", M12, "good", _c("payers_12m"), _N,
            f"how many different people paid by {what}, of those it names",
        ),
        figure(
            f"{prefix}_payers_3m_count", M3, "good", _c("payers_3m"), _N, "the same of late",
        ),
        *spread_features(Crowd(prefix, "payer", "payers", _N, "payers")),
        figure(
            f"{prefix}_regular_payers_share_ppm", M12, "good",
            amounts_ppm("regular_spent", "payers_known"), _N,
            "receipts from those who paid in six or more of the twelve months",
        ),
        figure(
            f"{prefix}_top_regular_payer_monthly_fen", M12, "good",
            _c("top_regular") // MONTHS, _N,
            "what the largest of them brings in a month: the surest money there is",
        ),
    )  # fmt: skip


def _spent_by(prefix: str, what: str) -> tuple[Feature, ...]:
    return (
        figure(
            f"{prefix}_paid_12m_fen", M12, "neutral", _c("paid_12m"), _PAID,
            f"what went out by {what}",
        ),
        figure(
            f"{prefix}_paid_3m_fen", M3, "neutral", _c("paid_3m"), _PAID, "the same of late",
        ),
        figure(
            f"{prefix}_outflow_share_ppm", M12, "bad",
            growth_ppm(_c("paid_12m"), _c("amount_12m")), _N,
            "whether more goes out than comes in",
        ),
        figure(
            f"{prefix}_paid_months_12m", M12, "good", _c("paid_months_12m"), _PAID,
            "a business at work pays for it month after month",
        ),
        figure(
            f"{prefix}_paid_days_12m_count", M12, "neutral", _c("paid_days_12m"), _PAID,
            "on how many days it paid somebody",
        ),
        figure(
            f"{prefix}_payees_12m_count", M12, "good", _c("payees_12m"), _PAID,
            "how many different people it paid, of those named",
        ),
        figure(
            f"{prefix}_top_payee_share_ppm", M12, "bad",
            amounts_ppm("payees_top", "payees_known"), _PAID,
            "how far its spending goes to one",
        ),
    )  # fmt: skip


def _family(kind: Kind, prefix: str, what: str) -> FeatureFamily:
    trade = Trade(prefix, f"{prefix}_received", f"{prefix}_received_days", _N)
    return FeatureFamily(
        kind,
        _VALUES,
        _totals,
        (View(_by_day, _days), WEEKS, View(_by_counterparty, _counterparties)),
        (
            *_received(prefix, what),
            *rhythm_features(trade),
            *_payers(prefix, what),
            *_spent_by(prefix, what),
            *balance_features(prefix),
        ),
    )


PAYMENT_FEATURES = _family(Kind.PAYMENTS, "payment", "payment platforms")
BANK_FEATURES = _family(Kind.BANK, "bank", "bank account")
RECEIVED_MONTHLY_FEN = money(_c("amount_12m") - _c("given_back_12m")) // MONTHS
"""Mean money received in a month of the year."""
