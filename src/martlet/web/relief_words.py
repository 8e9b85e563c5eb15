"""What the codes of relief programmes are called on a page; the catalogue translates."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "relief_stage": {
        "draft": "Draft",
        "approved": "Approved",
        "launched": "Launched",
        "stopped": "Stopped",
        "reversed": "Reversed",
    },
    "relief_run": {"launched": "The launch", "reversed": "The reversal"},
    "relief_measure": {
        "interest_free": "Free of interest",
        "rate": "Lower rate",
        "pause": "Interest paused",
        "waive": "Penalty interest waived",
        "extend": "Longer term",
    },
    "relief_payer": {
        "own": "The bank itself",
        "subsidy": "A public purse",
        "partner": "A partner institution",
    },
    "relief_group": {
        "region": "Region",
        "trade": "Trade",
        "product": "Product",
        "arrears": "Days overdue",
        "size": "Approved line",
    },
    "relief_name": {
        "current": "On time",
        "1_30": "1 to 30 days",
        "31_90": "31 to 90 days",
        "91_270": "91 to 270 days",
        "over_270": "More than 270 days",
        "under_10000": "Under ¥10,000",
        "under_50000": "¥10,000 to 50,000",
        "under_200000": "¥50,000 to 200,000",
        "under_1000000": "¥200,000 to 1 million",
        "from_1000000": "¥1 million and more",
    },
}
