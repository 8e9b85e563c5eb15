"""Every bound of relief programmes, with its reason."""

from __future__ import annotations

PROGRAMME_CHARS_MAX = 20_000
"""A programme's text: the shipped one has 2,000 characters."""

MEASURES_MAX = 12
"""Steps of one programme; more cannot be told to a borrower in a sentence."""

RELIEF_MONTHS_MAX = 60
"""How long one step may last: five years, longer is another loan."""

LIST_ITEMS_MAX = 200
"""Regions, trades or products that one programme names."""

TEXT_CHARS_MAX = 300
"""A name or a sentence for the borrower, in one language."""

BUDGET_FEN_MAX = 10**15
"""Ten trillion yuan: a larger budget is a typing error."""

EXTENSION_MAX = 120
"""Instalments that a programme adds at most: the longest loan in months."""

EXTENSION_DAYS_MAX = 3_660
"""Days that a programme adds at most: the longest loan in days."""

CHUNK_LOANS = 2_000
"""Loans in one commit of a launch: under a second of work, so a kill loses little."""

PREVIEW_CHUNK_LOANS = 20_000
"""Loans held at a time while a preview counts: some tens of megabytes."""

SAMPLE_LOANS = 8
"""Loans of each chunk whose columns are checked against the scalar projection."""

SPECIAL_ASKED_MAX = 500
"""Loans in one IN list: far below both databases' limits, and one prepared statement."""

PREVIEW_GROUPS_MAX = 60
"""Groups shown of each kind; the rest are added up under one name."""

RUNS_MAX = 100_000
"""Chunks of one launch: a guard against a job that never ends."""

LIST_PROGRAMMES_MAX = 500
"""Programmes listed at once, the latest first."""

REASON_CHARS_MAX = 300
"""Why a programme was stopped or reversed."""
