"""A shop to decide about, and how to say what is known of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from martlet.credit import Application
from martlet.signals import Signal, SignalSet

SHOP = UUID("01900000-0000-7000-8000-00000000a001")
OTHER_SHOP = UUID("01900000-0000-7000-8000-00000000a002")
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)

STEADY = {
    "verified_takings_monthly_fen": 10_000_000,
    "records_history_days": 500,
    "records_days_since_last_days": 1,
    "invoice_sales_months_active_12m": 12,
    "invoice_sales_trend_ppm": 1_050_000,
    "invoice_void_share_ppm": 20_000,
    "invoice_refund_share_ppm": 10_000,
    "invoice_top_buyer_share_ppm": 300_000,
}
"""A shop with ¥100,000 of takings a month, sixteen months of invoices, nothing odd."""

WEAK = {
    "verified_takings_monthly_fen": 60_000,
    "records_history_days": 400,
    "records_days_since_last_days": 100,
    "invoice_sales_months_active_12m": 3,
    "invoice_sales_trend_ppm": 100_000,
    "invoice_void_share_ppm": 400_000,
    "invoice_refund_share_ppm": 400_000,
}
"""A shop whose sales are drying up, with two invoices in five voided or taken back."""


def application(requested_fen: int = 50_000_000, **changes: object) -> Application:
    """The shop asks for a revolving line."""
    values: dict[str, object] = {
        "application_id": UUID("01900000-0000-7000-8000-00000000b001"),
        "party_id": SHOP,
        "product": "revolving_daily",
        "requested_fen": requested_fen,
        "applied_on": date(2026, 3, 2),
    }
    return Application(**{**values, **changes})


def signal(kind: str, value: int | bool | str, **changes: object) -> Signal:
    """One thing known since yesterday, for a quarter, from sixty records."""
    values: dict[str, object] = {
        "party_id": SHOP,
        "kind": kind,
        "value": value,
        "as_of": date(2026, 3, 1),
        "known_at": NOON - timedelta(days=1),
        "expires_at": NOON + timedelta(days=90),
        "confidence_ppm": 950_000,
        "sample_size": 60,
        "provider": "records",
        "provider_version": "1",
        "evidence": ("ab" * 32,),
    }
    return Signal(**{**values, **changes})


def known(values: dict[str, int]) -> SignalSet:
    """Everything in a dict, as signals."""
    return SignalSet(tuple(signal(kind, value) for kind, value in sorted(values.items())))
