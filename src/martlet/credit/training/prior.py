"""The expert prior: the scorecard of a bank that has no book of its own yet.

Written down before any outcome was looked at, from what lenders to small businesses have long
published: turnover first, then how long and how steadily a business trades, whether it grows, how
much is taken back, and how few customers it hangs on. No number here was fitted to data. It is
also what a small training set is shrunk towards.
"""

from __future__ import annotations

from martlet.credit.scorecard import Characteristic, Direction, Scorecard
from martlet.credit.training.scale import ANCHOR_SCORE, FIRST_SCORE, pd_table

_YUAN = 100
_HIGHER, _LOWER = Direction.HIGHER, Direction.LOWER

_SOURCES = {
    "invoice_sales_months_active_12m": "invoice_sales_trend_ppm",
    "payment_months_active_12m": "payment_trend_ppm",
    "bank_months_active_12m": "bank_trend_ppm",
    "takings_months_active_12m": "takings_trend_ppm",
    "order_months_active_12m": "order_trend_ppm",
}
"""For each source of records: how many months it shows trade, and which way trade goes."""

_REFUNDS = (
    "invoice_refund_share_ppm",
    "payment_refund_share_ppm",
    "takings_refund_share_ppm",
    "order_refund_share_ppm",
)

_CONCENTRATION = ("invoice_top_buyer_share_ppm", "order_top_customer_share_ppm")


def expert_characteristics() -> tuple[Characteristic, ...]:
    """Return the prior's characteristics; whatever is missing earns nothing and costs nothing."""
    found = [
        # Half a decade of turnover is worth 25 points: odds better by 1.4 each.
        Characteristic(
            "verified_takings_monthly_fen",
            _HIGHER,
            tuple(
                yuan * _YUAN
                for yuan in (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000)
            ),
            (-60, -35, -10, 15, 40, 65, 90, 115, 140),
            0,
        ),
        Characteristic(
            "records_history_days", _HIGHER, (90, 180, 365, 730), (-15, -5, 5, 15, 25), 0
        ),
        Characteristic("records_days_since_last_days", _LOWER, (15, 31, 91), (5, 0, -15, -40), 0),
        Characteristic("records_sources_count", _HIGHER, (2, 3), (0, 8, 12), 0),
        Characteristic(
            "invoice_void_share_ppm", _LOWER, (50_000, 100_000, 200_000), (4, 0, -12, -25), 0
        ),
        Characteristic(
            "order_rating_ppm", _HIGHER, (700_000, 800_000, 900_000), (-20, -8, 0, 6), 0
        ),
        Characteristic("order_late_share_ppm", _LOWER, (50_000, 200_000), (4, 0, -12), 0),
    ]
    for months, trend in _SOURCES.items():
        found.append(Characteristic(months, _HIGHER, (4, 7, 10, 12), (-15, -6, 2, 6, 10), 0))
        found.append(
            Characteristic(trend, _HIGHER, (300_000, 600_000, 900_000), (-20, -10, 0, 6), 0)
        )
    found.extend(
        Characteristic(kind, _LOWER, (50_000, 100_000, 200_000), (4, 0, -12, -25), 0)
        for kind in _REFUNDS
    )
    found.extend(
        Characteristic(kind, _LOWER, (200_000, 500_000, 800_000), (6, 2, -4, -12), 0)
        for kind in _CONCENTRATION
    )
    return tuple(found)


def expert_scorecard() -> Scorecard:
    """Return the prior as a scorecard; `scorecards/expert.json` is its artefact."""
    return Scorecard(
        name="expert-prior",
        version="1",
        base_points=ANCHOR_SCORE,
        characteristics=expert_characteristics(),
        first_score=FIRST_SCORE,
        pd_ppm_by_score=pd_table(),
        about={
            "data": "none: written by hand before any outcome was looked at",
            "synthetic": "no",
            "use": "until a bank has trained on its own outcomes",
        },
    )
