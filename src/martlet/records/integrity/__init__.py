"""Checks of a business's own records for fraud: each a pure function with its evidence.

The one invariant: a check accuses nobody and decides nothing. It tells how much, resting on which
records, and only where the records are many and the part of the turnover is large; a person looks.
"""

from martlet.records.integrity.checks import KINDS, findings_of
from martlet.records.integrity.finding import EvidenceRow, Finding
from martlet.records.integrity.marks import BOOK_KINDS, BookFinding
from martlet.records.integrity.owners import OWNER_KINDS, OwnerFinding
from martlet.records.integrity.together import signals_together

__all__ = [
    "BOOK_KINDS",
    "KINDS",
    "OWNER_KINDS",
    "BookFinding",
    "EvidenceRow",
    "Finding",
    "OwnerFinding",
    "findings_of",
    "signals_together",
]
