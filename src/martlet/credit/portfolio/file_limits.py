"""Every bound on a lender's file, with its reason."""

from __future__ import annotations

LINE_CHARS_MAX = 262_144
"""A row of 250 columns of 1,000 characters; a longer line is quarantined without being kept."""

CELL_CHARS_MAX = 1_000
"""No amount, date, category or name is longer; a longer cell is a damaged one."""

ID_CHARS_MAX = 200
"""Ids come back in the answers, so they are kept short enough for any spreadsheet."""

JOINED_LINES_MAX = 20
"""Lines that one quoted cell may span; beyond it the opening quote is taken for a stray one."""

CHUNK_ROWS = 50_000
"""Rows turned into columns at a time: large enough for speed, small enough for memory."""

COLUMNS_MAX = 500
"""Columns of a file; a wider one is not a table of applications."""

RECORDS_MAX = 50_000_000
"""Movements of one run: more do not fit the memory of a common machine."""

APPLICATIONS_MAX = 5_000_000
"""Applications of one run, for the same reason."""

QUARANTINE_ROWS_MAX = 10_000
"""Rows written to the quarantine file; beyond it they are counted only."""

QUARANTINE_CELL_CHARS_MAX = 200
"""Of a quarantined row so much of each cell is shown: enough to find it."""

JOINED_ROWS_MAX = 4_000_000
"""Pairs of an application and a movement held in memory at a time."""

YEAR_MIN, YEAR_MAX = 1970, 2100
"""A movement or an application dated outside is a typing error."""

TERM_MONTHS_MAX = 600
"""Fifty years: a longer term is a typing error."""

NUMERIC_SHARE_MIN = 0.95
"""A column is one of numbers (or dates) if so many of its filled cells are."""

ID_ROWS_MIN = 50
"""From so many rows on, a text that never repeats tells one row from another and nothing else."""

ID_DISTINCT_SHARE_MIN = 0.95
"""A text column with so many distinct values a filled cell is a name, not a category."""

CATEGORIES_MAX = 20_000
"""Distinct values of one categorical column; text beyond it is dropped as free text."""

EXPLAINED_COLUMNS_MAX = 20
"""Columns tried for one case: those that promise most, so that the work is bounded."""

RESCORED_ROWS_MAX = 200_000
"""Cases asked again for reasons in one run: larger files try fewer columns a case (at least five)
and look for milder changes only where the answer is no."""

REASONS_MAX = 4
"""Causes named to an applicant: beyond four nobody reads on."""
