"""Features of daily takings: the owner's own word, so they count for less than invoices."""

from __future__ import annotations

from functools import partial

import polars as pl

from martlet.records.features.definition import (
    ALL,
    M3,
    M12,
    MONTHS,
    ROUND_FEN,
    FeatureFamily,
    Measures,
    View,
    count,
    counts_ppm,
    figure,
    mean_of,
    money,
    place_of,
    share_ppm,
    where,
    windowed,
    within,
)
from martlet.records.features.rhythm import DAYS, SALES, WEEKS, Trade, by_day, rhythm_features
from martlet.records.model import Kind

_c = pl.col
_taken, _refunded, _payments = _c("taken_fen"), _c("refunded_fen"), _c("payments_count")
_open = _taken > 0

_VALUES: Measures = {
    "amount": _taken - _refunded,
    "made": _open,
    "taken": _taken,
    "refunded": _refunded,
    "payments": _payments,
    "paid": where(_taken, _payments > 0),
}
_LATELY = ("taken", "refunded", "payments", "paid")
_totals: Measures = {**SALES, **windowed({"12m": _LATELY, "3m": _LATELY})}
_by_day = partial(by_day, more={"taken": _taken.sum()})
_open_day = (_c("made") > 0) & within(MONTHS)
_days: Measures = {
    **DAYS,
    "round_12m": count(_open_day, _c("taken") % ROUND_FEN == 0),
    "opened": _c("amount").filter(_open_day).sort(),
}
_N = "days_12m"
_whole = _c("amount_12m")

TAKINGS_FEATURES = FeatureFamily(
    Kind.TAKINGS,
    _VALUES,
    _totals,
    (View(_by_day, _days), WEEKS),
    (
        figure(
            "takings_12m_fen", M12, "good", money(_whole), _N,
            "what the shop takes in a year, refunds taken off",
        ),
        figure(
            "takings_3m_fen", M3, "good", money(_c("amount_3m")), _N,
            "whether it still takes",
        ),
        *rhythm_features(Trade("takings", "takings", "takings_open_days", _N)),
        figure(
            "takings_daily_fen", M12, "good", money(mean_of("amount_12m", "days_12m")), _N,
            "what an open day brings, in the mean",
        ),
        figure(
            "takings_usual_day_fen", M12, "good", money(place_of("opened", 50)), _N,
            "every other open day brings at least this much: one good fair does not move it",
        ),
        figure(
            "takings_slow_day_fen", M12, "good", money(place_of("opened", 25)), _N,
            "three open days of four bring at least this much",
        ),
        figure(
            "takings_payments_12m_count", M12, "good", _c("payments_12m"), _N,
            "how many customers paid",
        ),
        figure(
            "takings_payments_3m_count", M3, "good", _c("payments_3m"), _N,
            "whether customers still come",
        ),
        figure(
            "takings_average_payment_fen", M12, "neutral",
            mean_of("paid_12m", "payments_12m"), _N, "the size of a usual payment",
        ),
        figure(
            "takings_average_payment_3m_fen", M3, "neutral",
            mean_of("paid_3m", "payments_3m"), _N, "the same of late",
        ),
        figure(
            "takings_refund_share_ppm", M12, "bad",
            share_ppm(_c("refunded_12m"), _c("taken_12m")), _N,
            "money given back over money taken",
        ),
        figure(
            "takings_refund_share_3m_ppm", M3, "bad",
            share_ppm(_c("refunded_3m"), _c("taken_3m")), "days_3m", "the same of late",
        ),
        figure(
            "takings_round_share_ppm", M12, "bad", counts_ppm("round_12m", "days_12m"), _N,
            "open days that took whole hundreds of yuan: invented figures are round",
        ),
        figure(
            "takings_days_since_last_days", ALL, "bad", _c("last_age"), _N,
            "silence is the first sign of a shop that closed",
        ),
        figure(
            "takings_history_days", ALL, "good", _c("first_age"), _N,
            "since when it has taken money",
        ),
    ),
)  # fmt: skip

TAKINGS_MONTHLY_FEN = money(_whole) // MONTHS
"""Mean monthly takings over the year."""
