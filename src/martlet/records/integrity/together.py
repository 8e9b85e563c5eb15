"""Every check over many businesses whose records lie side by side, without a bank: to look back.

The same checks and the same rule of borrowed books as on the request path; only where the books
find each other is memory instead of a table. Owners are not known here, so nothing is said of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import permutations
from typing import TYPE_CHECKING
from uuid import UUID

from martlet.records.integrity.checks import checked
from martlet.records.integrity.marks import SharedBook, book_findings
from martlet.records.integrity.signs import signal_of
from martlet.records.model import SOURCE_CONFIDENCE_PPM, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from martlet.records.integrity.marks import Mark
    from martlet.records.model import Plans
    from martlet.signals import Signal


def signals_together(records: Plans, as_of: datetime) -> dict[UUID, tuple[Signal, ...]]:
    """Return what the checks say of each business (`party_id` is a UUID); the quiet are not in."""
    found = checked(records, as_of)
    told: dict[UUID, list[Signal]] = defaultdict(list)
    for party, findings in found.findings.items():
        for one in findings:
            signal = signal_of(
                UUID(party),
                as_of,
                (one.kind, one.value, one.sample_size),
                known_at=one.known_at,
                confidence_ppm=SOURCE_CONFIDENCE_PPM[one.source],
                evidence=(),
            )
            told[UUID(party)].append(signal)
    for party_id, shared in _shared_books(found.marks).items():
        for book in book_findings(shared, as_of):
            signal = signal_of(
                party_id,
                as_of,
                (book.kind, book.value, book.sample_size),
                known_at=book.known_at,
                confidence_ppm=SOURCE_CONFIDENCE_PPM[Kind.INVOICES],
                evidence=(),
            )
            told[party_id].append(signal)
    return {party_id: tuple(signals) for party_id, signals in told.items()}


def _shared_books(marks: Mapping[str, tuple[Mark, ...]]) -> dict[UUID, list[SharedBook]]:
    """Return for each business the others that have marks of its own, each since when both had."""
    holders: dict[int, list[str]] = defaultdict(list)
    for party, own in marks.items():
        for mark in own:
            holders[mark.mark].append(party)
    together: Counter[tuple[str, str]] = Counter()
    since: dict[tuple[str, str], datetime] = {}
    known = {party: {mark.mark: mark.known_at for mark in own} for party, own in marks.items()}
    for mark_of, parties in holders.items():
        for one, other in permutations(parties, 2):
            together[one, other] += 1
            mine = known[one][mark_of]
            since[one, other] = min(mine, since.get((one, other), mine))
    found: dict[UUID, list[SharedBook]] = defaultdict(list)
    for (one, other), count in sorted(together.items()):
        mine, theirs = since[one, other], since[other, one]
        found[UUID(one)].append(
            SharedBook(UUID(other), count, len(marks[one]), max(mine, theirs), mine < theirs)
        )
    return found
