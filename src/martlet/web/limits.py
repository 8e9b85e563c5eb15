"""Every bound of the pages, with its reason."""

from __future__ import annotations

FORM_FIELDS_MAX = 40
"""Fields of a form; our longest has a dozen."""

FIELD_BYTES_MAX = 262_144
"""One text field: a whole policy is under 100 kB. A file is not a field and goes to disk."""

NUMBER_DIGITS_MAX = 15
"""Digits of a whole number in a form: the largest amount in fen has as many."""

LANGUAGE_COOKIE_SECONDS = 31_536_000
"""A year: the choice of language sticks."""

STATIC_CACHE_SECONDS = 31_536_000
"""A year: the address of a static file carries its hash, so it never changes."""

QUARANTINE_ROWS_SHOWN = 5
"""Rows set aside that are shown; enough to see what is wrong with the file."""

LIST_ROWS = 50
"""Rows of a list on one page."""

DIFF_LINES_MAX = 2_000
"""Lines of a policy that are compared for a page."""

CHART_DAYS = 30
"""Days shown in the portfolio's chart: a month."""

HISTORY_DAYS = 14
"""Closed days listed under the end of day: two weeks."""

LOANS_SHOWN_MAX = 30
"""Loans of a business on its first page; an owner with more finds them under the line."""
