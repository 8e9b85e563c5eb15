"""What a loader yields: the facts of a row with where they stand, or why a row is none.

Pure values. The invariant: a fact carries since when it is known, and that is never before the day
on which its source could first be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.supplychain.facts import Finding, known_since, named_key, plain_name
from martlet.supplychain.model import PPM, Edge, Node, NodeKind, Provenance, Relation, SourceKind

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Told:
    """The facts of one row."""

    file: str
    row: int
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()


Fact = Told | Finding
"""Facts of a row, or what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Since when the facts of one import are known."""

    now: datetime
    known_on: date | None = None
    """The day on which the bank had the source in hand; None: now, and dated facts from their
    own day, on which they were public."""

    @property
    def undated(self) -> datetime:
        """Since when a fact is known that has no day of its own."""
        return self.now if self.known_on is None else known_since(self.known_on, self.now)

    def of(self, day: date | None) -> datetime:
        """Return since when a fact is known that was public on a day."""
        if day is None:
            return self.undated
        public = known_since(day, self.now)
        return public if self.known_on is None else max(public, self.undated)


@dataclass(frozen=True, slots=True)
class Source:
    """Where the edges of a file come from, said once for all of them."""

    kind: SourceKind
    reference: str
    confidence_ppm: int = PPM
    consent_party_id: UUID | None = None

    def edge(
        self,
        from_key: str,
        relation: Relation,
        to_key: str,
        known_at: datetime,
        period: tuple[date | None, date | None] = (None, None),
        *,
        amount_fen: int | None = None,
        share_ppm: int | None = None,
    ) -> Edge:
        """Return an edge of this source."""
        told = Provenance(
            self.kind,
            self.reference,
            known_at,
            *period,
            confidence_ppm=self.confidence_ppm,
            consent_party_id=self.consent_party_id,
        )
        return Edge(from_key, relation, to_key, told, amount_fen, share_ppm)


def named(kind: NodeKind, name: str, **attributes: str) -> Node:
    """Return a node that is known by its name; blank attributes are left out."""
    return Node(
        named_key(kind, name), kind, plain_name(name), {k: v for k, v in attributes.items() if v}
    )


def keyed(kind: NodeKind, identifier: str, name: str, **attributes: str) -> Node:
    """Return a node that its source numbers."""
    shown = plain_name(name) or identifier
    kept = {k: v for k, v in attributes.items() if v}
    return Node(f"{kind.value}:{plain_name(identifier)}", kind, shown, kept)
