"""Every bound of collections, with its reason. What the bank may change by date is in `rules`."""

from __future__ import annotations

ATTEMPTS_MAX = 3
"""Times that one reminder is handed to a port that says it failed; then it is given up."""

REPEATS_MAX = 12
"""Times that a reminder left open by a kill is handed over in all on its day; more is a reminder
that kills."""

REMINDERS_PER_STEP = 200
"""Reminders begun in one commit: what a killed run leaves open stays small."""

REMINDERS_PER_RUN_MAX = 200_000
"""Reminders of one run; a tenth of the largest book. The next run goes on."""

CANDIDATES_PER_PAGE = 1_000
"""Borrowers looked at in one read while reminders are planned."""

EVENTS_PER_CASE_MAX = 2_000
"""Five years of an entry a day; more is a loop, not a case."""

PARTY_LOANS_MAX = 500
"""Loans of one borrower that are added up for a reminder or a case."""

NOTE_CHARS_MAX = 1_000
"""A note is a paragraph, not a file."""

HANDLER_CHARS_MAX = 64
"""The short name of a team or an agency."""

TITLE_CHARS_MAX = 80
"""The name of a team or an agency as people read it."""

HANDLERS_MAX = 500
"""Teams and agencies of one bank: a page of them."""

CASES_PAGE_MAX = 500
"""Cases of one page of a list."""

ROLL_MONTHS_MAX = 36
"""Months of roll rates in one table: three years."""

PAUSE_DAYS_MAX = 1_830
"""How far ahead reminders may be paused: five years, longer than any relief programme."""

VERIFY_PAGE = 2_000
"""Cases read at a time when they are folded again."""
