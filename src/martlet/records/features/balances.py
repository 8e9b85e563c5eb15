"""What is left: net inflow of a month and the balance of an account, day by day.

These are the ingredients of two questions that only an application can finish, for it alone knows
the instalment: how often the monthly net inflow covers it, and on what share of days the account
held less. A day's balance is the lowest one told on it; days without a balance are not guessed.
"""

from __future__ import annotations

import polars as pl

from martlet.records.features.definition import (
    ALL,
    M3,
    M6,
    M12,
    MONTHS,
    Feature,
    Measures,
    count,
    counts_ppm,
    figure,
    months_of,
    place_of,
    total,
    where,
    within,
)

TENTHS = 10
"""An account below a tenth of a month's receipts lives from hand to mouth."""

_c = pl.col
_year, _floor = within(MONTHS), pl.col("floor")
_told = _floor.is_not_null() & _year
_received = total(_c("amount"), _year)

FLOOR: Measures = {"floor": _c("balance_fen").min()}
"""What a day keeps of its balances."""

BALANCES: Measures = {
    "balance_days_12m": count(_told),
    **{f"floor_{months}m": where(_floor, within(months)).min() for months in (3, 6, 12)},
    "floors": _floor.filter(_told).sort(),
    "negative_days": count(_told, _floor < 0),
    "thin_days": count(_told, _floor * (MONTHS * TENTHS) < _received),
    "last_negative_age": where(_c("age_days"), _floor < 0).min(),
}
"""What the figures below need of the days, beside the monthly `net`."""

_N, _DAYS, _MOVES = "balances_12m", "balance_days_12m", "moves_12m"


def _net_monthly(months: int) -> pl.Expr:
    return _c(f"net_{months}m") // months


def balance_features(prefix: str) -> tuple[Feature, ...]:
    """Return the figures of what is left in an account."""
    return (
        figure(
            f"{prefix}_net_monthly_12m_fen", M12, "good", _net_monthly(12), _MOVES,
            "all that came in less all that went out and fees, of a month: what can pay an"
            " instalment",
        ),
        figure(
            f"{prefix}_net_monthly_6m_fen", M6, "good", _net_monthly(6), _MOVES, "of half a year",
        ),
        figure(f"{prefix}_net_monthly_3m_fen", M3, "good", _net_monthly(3), _MOVES, "of late"),
        figure(
            f"{prefix}_net_worst_month_fen", M12, "good",
            pl.min_horizontal(months_of("net")), _MOVES,
            "what was left in the worst of the twelve months; below nothing, it lived on savings",
        ),
        figure(
            f"{prefix}_lowest_balance_12m_fen", M12, "good", _c("floor_12m"), _N,
            "how close to nothing the account came",
        ),
        figure(
            f"{prefix}_lowest_balance_6m_fen", M6, "good", _c("floor_6m"), _N, "in half a year",
        ),
        figure(f"{prefix}_lowest_balance_3m_fen", M3, "good", _c("floor_3m"), _N, "of late"),
        figure(
            f"{prefix}_balance_p5_fen", M12, "good", place_of("floors", 5), _DAYS,
            "19 of 20 days (on which a balance is told) held at least this much",
        ),
        figure(
            f"{prefix}_balance_p25_fen", M12, "good", place_of("floors", 25), _DAYS,
            "three days of four held at least this much",
        ),
        figure(
            f"{prefix}_balance_p50_fen", M12, "good", place_of("floors", 50), _DAYS,
            "every other day held at least this much",
        ),
        figure(
            f"{prefix}_negative_days_share_ppm", M12, "bad",
            counts_ppm("negative_days", _DAYS), _DAYS,
            "days below nothing, of those on which a balance is told",
        ),
        figure(
            f"{prefix}_thin_days_share_ppm", M12, "bad", counts_ppm("thin_days", _DAYS),
            _DAYS, "days below a tenth of the mean monthly receipts, ditto",
        ),
        figure(
            f"{prefix}_days_since_negative_days", ALL, "good", _c("last_negative_age"), _N,
            "how long ago the account was last below nothing; unknown if it never was",
        ),
    )  # fmt: skip
