"""Nodes, directed edges and where each is known from, as frozen values.

The invariant: an edge joins the kinds of node that its relation allows, in the direction in which
goods, rights or descent run, and says since when it is known; one that was inferred carries its
probability and no cash source.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from uuid import UUID

PPM = 1_000_000


class NodeKind(StrEnum):
    """What a node stands for."""

    FIRM = "firm"
    PRODUCT = "product"
    INDUSTRY = "industry"
    PATENT = "patent"
    TENDER = "tender"


class Relation(StrEnum):
    """The closed list of directed relations; read each as: from_node RELATION to_node."""

    SUPPLIES = "supplies"
    """Firm → firm: goods run from the supplier to the customer; "buys from" is its reverse."""
    DISTRIBUTES_FOR = "distributes_for"
    """Distributor → the firm whose brand it sells."""
    PAYS = "pays"
    """Payer → payee."""
    PARENT_OF = "parent_of"
    """Firm → the firm that it controls."""
    ALIAS_OF = "alias_of"
    """Name or former firm → the registered firm."""
    COOPERATES = "cooperates"
    COMPETES = "competes"
    INVESTS_IN = "invests_in"
    MAKES = "makes"
    """Firm → product."""
    IN_INDUSTRY = "in_industry"
    """Firm or product → industry."""
    HOLDS_PATENT = "holds_patent"
    PATENT_COVERS = "patent_covers"
    """Patent → product."""
    MATERIAL_OF = "material_of"
    """Material → the product that is made with it."""
    KIND_OF = "kind_of"
    """Narrower product → wider product."""
    PART_OF = "part_of"
    """Narrower industry → wider industry."""
    FEEDS = "feeds"
    """Upstream industry → downstream industry."""
    WON_TENDER = "won_tender"
    """Winner → tender."""
    TENDERED_BY = "tendered_by"
    """Tender → the buyer that called it."""


_FIRM, _PRODUCT, _INDUSTRY = NodeKind.FIRM, NodeKind.PRODUCT, NodeKind.INDUSTRY
_FIRMS = frozenset({(_FIRM, _FIRM)})
ENDS: Mapping[Relation, frozenset[tuple[NodeKind, NodeKind]]] = {
    Relation.SUPPLIES: _FIRMS,
    Relation.DISTRIBUTES_FOR: _FIRMS,
    Relation.PAYS: _FIRMS,
    Relation.PARENT_OF: _FIRMS,
    Relation.ALIAS_OF: _FIRMS,
    Relation.COOPERATES: _FIRMS,
    Relation.COMPETES: _FIRMS,
    Relation.INVESTS_IN: _FIRMS,
    Relation.MAKES: frozenset({(_FIRM, _PRODUCT)}),
    Relation.IN_INDUSTRY: frozenset({(_FIRM, _INDUSTRY), (_PRODUCT, _INDUSTRY)}),
    Relation.HOLDS_PATENT: frozenset({(_FIRM, NodeKind.PATENT)}),
    Relation.PATENT_COVERS: frozenset({(NodeKind.PATENT, _PRODUCT)}),
    Relation.MATERIAL_OF: frozenset({(_PRODUCT, _PRODUCT)}),
    Relation.KIND_OF: frozenset({(_PRODUCT, _PRODUCT)}),
    Relation.PART_OF: frozenset({(_INDUSTRY, _INDUSTRY)}),
    Relation.FEEDS: frozenset({(_INDUSTRY, _INDUSTRY)}),
    Relation.WON_TENDER: frozenset({(_FIRM, NodeKind.TENDER)}),
    Relation.TENDERED_BY: frozenset({(NodeKind.TENDER, _FIRM)}),
}
"""Which kinds of node a relation may join."""


class SourceKind(StrEnum):
    """What kind of thing an edge was read from."""

    INVOICE = "invoice"
    CONTRACT = "contract"
    TRANSFER = "transfer"
    TENDER = "tender"
    PATENT = "patent"
    REGISTER = "register"
    TEXT = "text"
    """Extracted from a document by an `Extractor`."""
    DATASET = "dataset"
    """A graph that somebody published."""
    STATED = "stated"
    """What the owner says."""
    INFERRED = "inferred"
    """Computed by a model; nobody wrote it anywhere."""


VERIFYING = frozenset({SourceKind.INVOICE, SourceKind.CONTRACT, SourceKind.TRANSFER})
"""Sources in which a trade itself left its trace; only these can carry money to a line."""


def node_key(kind: NodeKind, identifier: str) -> str:
    """Return the key of a node: its kind and its identifier there, such as `firm:9133…`."""
    return f"{kind.value}:{identifier}"


@dataclass(frozen=True, slots=True)
class Node:
    """One thing in the graph."""

    key: str
    kind: NodeKind
    name: str
    attributes: Mapping[str, str]
    """What else the source tells, as text: founded, industry code, patent type, …"""


@dataclass(frozen=True, slots=True)
class Provenance:
    """How an edge is known."""

    source: SourceKind
    reference: str
    """The document, file and row, or model and version that it comes from."""
    known_at: datetime
    """Since when the bank knows it; a decision of before then does not see it."""
    valid_from: date | None = None
    valid_until: date | None = None
    """The period it describes, both days included; None where the source tells none."""
    confidence_ppm: int = PPM
    consent_party_id: UUID | None = None
    """The business whose consent lets it be read; None where the source is public."""
    reviewed: bool = False
    """Whether a person looked at it and accepted it; an inferred one stays inferred."""

    @property
    def inferred(self) -> bool:
        """Whether a model made it; then `confidence_ppm` is its probability."""
        return self.source is SourceKind.INFERRED


@dataclass(frozen=True, slots=True)
class Edge:
    """One directed fact between two nodes; the same fact from two sources is two edges."""

    from_key: str
    relation: Relation
    to_key: str
    provenance: Provenance
    amount_fen: int | None = None
    """Money that moved in the period, where the source tells it."""
    share_ppm: int | None = None
    """Weight of the product in the firm's revenue, of the owner in the firm, and the like."""

    def __post_init__(self) -> None:
        ends = (NodeKind(self.from_key.split(":", 1)[0]), NodeKind(self.to_key.split(":", 1)[0]))
        if ends not in ENDS[self.relation]:
            raise Invalid(
                "supplychain.wrong_ends",
                relation=self.relation.value,
                from_kind=ends[0].value,
                to_kind=ends[1].value,
            )


@dataclass(frozen=True, slots=True)
class Placed:
    """A node and how many tiers from where one looks; upstream counts below zero."""

    node: Node
    tier: int


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What is around a node as of a moment: bounded, and saying so where it was cut."""

    center: Node
    placed: tuple[Placed, ...]
    edges: tuple[Edge, ...]
    as_of: datetime
    left_out: int = 0
    """How many nodes the bounds cut off, at least; 0 where all are here."""
    not_walked: tuple[str, ...] = ()
    """Keys of nodes that are here but too generic to be walked through."""
