"""Every bound of the simulated world, with its reason."""

from __future__ import annotations

MERCHANTS_MAX = 1_000
"""One page of the bank's own lists, which the world reads every day."""

DAYS_MAX = 1_000
"""As long as the calibrated festival days and one history before them reach."""

HISTORY_DAYS = 365
"""Records that a merchant brings along: what a year's features look at."""

TAKINGS_FEN_PER_DAY_MIN = 5_000
"""Fifty yuan a day: a stall that takes less does not ask a bank."""

TAKINGS_FEN_PER_DAY_MAX = 50_000_000
"""Half a million yuan a day: beyond it a firm is not a small one."""

ASK_AGAIN_DAYS = 90
"""Who was refused comes back after a quarter, with a quarter more of records."""

REQUEST_MONTHS = 3
"""What a merchant asks for, in months of its takings: the offer decides anyway."""

REPLAYED_DECISIONS = 5
"""Decisions made again at each month's end and compared byte for byte."""
