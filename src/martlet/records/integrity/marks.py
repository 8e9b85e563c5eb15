"""Borrowed books: the sales invoices of one business that stand among another's sales as well.

An invoice has one seller, so this is no matter of degree: it is another firm's export, or the same
firm twice. The largest few invoices of every month are kept as hashes, and equal hashes of two
businesses find each other however the one book is cut out of the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import polars as pl

from martlet.records.integrity.finding import EVIDENCE_COLUMNS, EvidenceRow, share_ppm
from martlet.records.integrity.limits import (
    EVIDENCE_ROWS_MAX,
    EXCLUDED_SHARE_PPM,
    MARK_DAYS,
    MARKS_PER_MONTH,
    MARKS_SHARED_MIN,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from martlet.records.integrity.finding import Book

BORROWED, ELSEWHERE = "integrity_borrowed_invoices_ppm", "integrity_invoices_elsewhere_ppm"
BOOK_KINDS = (BORROWED, ELSEWHERE)
_MARK_BYTES = 8


@dataclass(frozen=True, slots=True)
class Mark:
    """One large sales invoice as a number that says nothing about it, and the invoice itself."""

    mark: int
    known_at: datetime
    row: EvidenceRow


def marks_of(book: Book) -> dict[str, tuple[Mark, ...]]:
    """Return the marks of every business: of its largest sales of each month, two years back."""
    month = pl.col("day").dt.truncate("1mo")
    largest = (
        book.rows.filter(
            pl.col("side") == "sales", pl.col("number") != "", pl.col("age_days") < MARK_DAYS
        )
        .sort(["amount_fen", "number", "day"], descending=[True, False, False])
        .filter(pl.int_range(pl.len()).over("party_id", month) < MARKS_PER_MONTH)
        .sort("party_id", "day", "number")
    )
    found: dict[str, dict[int, Mark]] = {}
    for row in largest.iter_rows(named=True):
        evidence = EvidenceRow(1, **{name: row[name] for name in EVIDENCE_COLUMNS})
        mark = Mark(_mark(row), row["known_at"], evidence)
        found.setdefault(row["party_id"], {}).setdefault(mark.mark, mark)
    return {party: tuple(marks.values()) for party, marks in found.items()}


def _mark(row: dict[str, Any]) -> int:
    text = f"{row['number']}|{row['day'].isoformat()}|{row['amount_fen']}"
    digest = blake2b(text.encode(), digest_size=_MARK_BYTES).digest()
    return int.from_bytes(digest, "big", signed=True)


@dataclass(frozen=True, slots=True)
class SharedBook:
    """Another business with the same sales invoices."""

    other_id: UUID
    shared_count: int
    own_count: int
    known_at: datetime
    first: bool
    """Whether this business's were known before the other's."""


@dataclass(frozen=True, slots=True)
class BookFinding:
    """How much of a business's large sales stands in others' books."""

    kind: str
    value: int
    sample_size: int
    known_at: datetime
    others: tuple[UUID, ...]
    evidence: tuple[EvidenceRow, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value, with the invoices and the other businesses."""
        return {
            "kind": self.kind,
            "value": self.value,
            "sample_size": self.sample_size,
            "known_at": self.known_at.isoformat(),
            "others": [str(other) for other in self.others],
            "evidence": [row.as_json() for row in self.evidence],
        }


def book_findings(shared: Collection[SharedBook], as_of: datetime) -> tuple[BookFinding, ...]:
    """Return what shared books say as of a moment.

    Who came second is stopped until a person has looked; who came first may be the one that was
    copied, and people are only told. Where nobody was first, neither can say it was.
    """
    found = []
    for kind, first in ((BORROWED, False), (ELSEWHERE, True)):
        those = [
            one
            for one in shared
            if one.first == first
            and one.known_at <= as_of
            and one.shared_count >= MARKS_SHARED_MIN
            and share_ppm(one.shared_count, one.own_count) >= EXCLUDED_SHARE_PPM
        ]
        if those:
            most = max(those, key=lambda one: (one.shared_count, str(one.other_id)))
            found.append(
                BookFinding(
                    kind,
                    share_ppm(most.shared_count, most.own_count),
                    most.shared_count,
                    min(one.known_at for one in those),
                    tuple(sorted((one.other_id for one in those), key=str)),
                )
            )
    return tuple(found)


def rows_behind(marks: Collection[Mark], shared: Collection[int]) -> tuple[EvidenceRow, ...]:
    """Return the own invoices whose marks others have too, the largest first."""
    rows = [mark.row for mark in marks if mark.mark in shared]
    rows.sort(key=lambda row: (-row.amount_fen, row.day, row.row_id))
    return tuple(rows[:EVIDENCE_ROWS_MAX])
