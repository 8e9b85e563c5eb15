"""Every bound of co-lending, with its reason."""

from __future__ import annotations

PARTNERS_MAX = 1_000
"""Partner institutions of one bank: eight times the 127 that the largest programme names."""

AGREEMENTS_MAX = 5_000
"""Agreements ever proposed in one bank: five for each partner there may be."""

SELECTORS_MAX = 100
"""Products, regions or trades that one agreement names; more is a list of everything."""

NAME_CHARS_MAX = 120
"""A partner's registered name."""

REASON_CHARS_MAX = 500
"""Why an agreement ends, or where a rule stands: a sentence, not a file."""

SHARE_PPM_MAX = 990_000
"""The lead keeps at least a hundredth: with nothing of its own it would not be a co-lender."""

SETTLE_LOANS = 10_000
"""Participations in one step of settlement: a second of work, so a kill loses little."""

BUY_BACK_LOANS_MAX = 2_000
"""Loans taken back in one command; a larger batch is several commands."""

PROGRAMMES_KEPT = 64
"""Programmes held parsed in one process: each bank's of today, for some banks."""

PAGE_ROWS = 5_000
"""Rows read at a time when lines are proven."""

LIST_ROWS_MAX = 1_000
"""Rows of one page of a list."""

DIFFERENCES_MAX = 100
"""Differences told one by one; beyond it the fault is general."""
