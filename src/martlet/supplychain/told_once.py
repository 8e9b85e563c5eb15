"""What the edges of one pair of firms say was traded, each sale counted once.

Pure. The invariant: a sale that both firms' books tell is one sale, and so are an invoice and the
transfer that pays it: of each month the book that tells most counts, of the kinds of source the one
that shows most. A further telling never lowers a sum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from uuid import UUID

    from martlet.supplychain.model import Edge, SourceKind


def month_of(day: date) -> date:
    """Return the first day of a day's month."""
    return day.replace(day=1)


def by_month(edges: Iterable[Edge]) -> dict[date | None, int]:
    """Return by month what one kind of source tells of a pair: the book that tells most of it.

    A book is what lies under one business's consent; what needs none is one book. What tells no
    day stands under None.
    """
    books: dict[date | None, dict[UUID | None, int]] = {}
    for edge in edges:
        told = edge.provenance
        if edge.amount_fen is None:
            continue
        day = told.valid_until or told.valid_from
        of_month = books.setdefault(None if day is None else month_of(day), {})
        book = told.consent_party_id
        of_month[book] = of_month.get(book, 0) + edge.amount_fen
    return {month: max(sums.values()) for month, sums in books.items()}


def traded(edges: Iterable[Edge]) -> Mapping[date | None, int]:
    """Return by month what a pair traded, as the kind of source tells it that shows most."""
    kinds: dict[SourceKind, list[Edge]] = {}
    for edge in edges:
        kinds.setdefault(edge.provenance.source, []).append(edge)
    told = [by_month(kinds[kind]) for kind in sorted(kinds)]
    return max(told, key=lambda months: sum(months.values()), default={})
