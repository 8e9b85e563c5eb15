"""A fact read in a text, and the closed list of directed relations that it may state.

The invariant: a fact's names and the span that it quotes stand literally in its document, and a
relation outside the list does not exist here. A fact is a claim of a text, never an edge: whether
it reaches the graph is decided by `staging`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from martlet.supplychain.model import Relation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date


class FactRelation(StrEnum):
    """What a text may state, read as: subject RELATION object."""

    SUPPLIES = "supplies"
    """The subject sells its goods or services to the object."""
    BUYS_FROM = "buys_from"
    """The subject buys from the object."""
    DISTRIBUTES_FOR = "distributes_for"
    """The subject sells the object's brand, as its agent or distributor."""
    MAKES = "makes"
    """The subject makes the product that the object names."""
    HOLDS_PATENT = "holds_patent"
    PATENT_COVERS = "patent_covers"
    """The patent that the subject names covers the product that the object names."""
    WON_TENDER = "won_tender"
    """The subject won the tender about the object; who called it, the amount and the day are
    attributes. A joint winner is a fact of its own."""
    PARENT_OF = "parent_of"
    """The subject controls the object."""
    INVESTS_IN = "invests_in"
    """The subject holds or takes a share in the object without being told to control it."""
    ALIAS_OF = "alias_of"
    """The subject is a short name of the object."""
    COOPERATES = "cooperates"
    COMPETES = "competes"


@dataclass(frozen=True, slots=True)
class AsEdge:
    """How a relation of texts stands in the graph."""

    relation: Relation
    reverse: bool = False
    """Whether the edge runs from the fact's object to its subject."""


AS_EDGE: Mapping[FactRelation, AsEdge] = {
    FactRelation.SUPPLIES: AsEdge(Relation.SUPPLIES),
    FactRelation.BUYS_FROM: AsEdge(Relation.SUPPLIES, reverse=True),
    FactRelation.DISTRIBUTES_FOR: AsEdge(Relation.DISTRIBUTES_FOR),
    FactRelation.MAKES: AsEdge(Relation.MAKES),
    FactRelation.HOLDS_PATENT: AsEdge(Relation.HOLDS_PATENT),
    FactRelation.PATENT_COVERS: AsEdge(Relation.PATENT_COVERS),
    FactRelation.WON_TENDER: AsEdge(Relation.WON_TENDER),
    FactRelation.PARENT_OF: AsEdge(Relation.PARENT_OF),
    FactRelation.INVESTS_IN: AsEdge(Relation.INVESTS_IN),
    FactRelation.ALIAS_OF: AsEdge(Relation.ALIAS_OF),
    FactRelation.COOPERATES: AsEdge(Relation.COOPERATES),
    FactRelation.COMPETES: AsEdge(Relation.COMPETES),
}
"""Every relation of a text as one of the graph's; a won tender also has its buyer's edge."""

TENDERED_BY = "tendered_by"
"""Attribute of a won tender: the buyer, as the text names it."""
AMOUNT = "amount"
"""Attribute: the amount, as the text writes it."""
AMOUNT_FEN = "amount_fen"
"""Attribute: the same amount in fen, where it is exact and in yuan."""
ANNOUNCED = "announced"
"""Attribute: the day of the award, as YYYY-MM-DD, where the text tells a whole date."""
STAGE = "stage"
"""Attribute: `won`, or `candidate` where the award is not final."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text to read, and what is known of it beside its words."""

    id: str
    text: str
    title: str = ""
    published: date | None = None

    @property
    def whole(self) -> str:
        """Return all that a fact may quote from: the title's line, then the text."""
        return f"{self.title}\n{self.text}" if self.title else self.text


@dataclass(frozen=True, slots=True)
class Fact:
    """One claim of a text, with the words that state it and how sure its reader is."""

    subject: str
    relation: FactRelation
    object: str
    span: str
    """The words that state it, literally as they stand in the document."""
    confidence: float
    """From 0 to 1, meant as the share of such facts that are right."""
    extractor: str
    version: str
    attributes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert 0.0 <= self.confidence <= 1.0, self.confidence


class Extractor(Protocol):
    """Reads facts in texts; the same texts always give the same facts."""

    name: str
    version: str

    def extract(self, texts: Sequence[Document]) -> Sequence[tuple[Fact, ...]]:
        """Return the facts of each text, in the texts' order; a text without any has none."""
        ...
