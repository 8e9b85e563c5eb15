"""Words for the codes of the cash-flow and fund pages: flows, known items, segments, methods."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "fund_flow": {
        "subscription": "Subscriptions",
        "redemption": "Redemptions",
        "": "Flow",
    },
    "segment": {
        "all": "All series",
        "still": "Nothing moves",
        "rare": "Moves on up to a tenth of days",
        "sparse": "Moves on up to four tenths of days",
        "regular": "Moves on up to nine tenths of days",
        "daily": "Moves almost daily",
    },
    "cash_side": {"all": "Both sides", "in": "Inflow", "out": "Outflow"},
    "quality_reason": {
        "no_records": "No records, or none that may be read",
        "not_told": "No record tells this side",
        "short": "Known for fewer than twelve weeks",
        "ended": "Ended before the first origin",
        "not_always": "Played, but not at every origin",
    },
}
