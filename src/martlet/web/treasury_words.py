"""Words for codes of idle cash: what happens to a position, how a payment stands, who pays."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "position_event": {
        "subscribed": "Put in",
        "instalment": "Month paid in",
        "confirmed": "Confirmed, earns from that day",
        "missed": "Month missed",
        "redeemed": "Asked for",
        "broken": "Taken out early",
        "matured": "Came to its end",
        "paid_out": "Paid out",
        "returned": "Payment failed, back at work",
    },
    "payout_state": {
        "waiting": "Waits for its day",
        "ordered": "Being paid",
        "posted": "Paid",
        "voided": "Failed",
    },
    "borne_by": {"partner": "Yield from the fund partner", "bank": "Yield from the bank"},
}
"""By family and code, in English; the catalogue has the Chinese."""
