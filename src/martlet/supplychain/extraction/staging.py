"""Which claims of texts become edges, which a person sees first, and which go nowhere.

The invariant: a single source enters the graph alone only when it is sure and no language model
wrote it; two independent documents may carry a claim together; everything else waits for a person
or is left out. A plan and a candidate are never a trade. Text is no evidence of money: whatever
enters here raises no line.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from martlet.supplychain.extraction.amounts import amount_fen
from martlet.supplychain.extraction.dates import first_date
from martlet.supplychain.extraction.model import (
    AMOUNT,
    ANNOUNCED,
    AS_EDGE,
    STAGE,
    TENDERED_BY,
    FactRelation,
)
from martlet.supplychain.extraction.tender_names import is_place
from martlet.supplychain.facts import folded, named_key
from martlet.supplychain.limits import REFERENCE_CHARS_MAX
from martlet.supplychain.model import (
    ENDS,
    PPM,
    Edge,
    Node,
    NodeKind,
    Provenance,
    Relation,
    SourceKind,
)
from martlet.supplychain.review import Proposal, merge_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from martlet.supplychain.extraction.model import Fact

ALONE = 0.9
"""How sure a rule must be for one document to carry a claim alone."""
TOGETHER = 0.5
"""How sure each of two independent documents must be to carry a claim together."""
SHOWN = 0.3
"""What is less sure than this is not worth a reviewer's minute."""
SOURCES_MIN = 2

_ASKED = "endpoint:"
"""How the name of a reader begins that asked a language model."""


class Verdict(StrEnum):
    """What becomes of a claim."""

    ENTERS = "enters"
    REVIEWED = "reviewed"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Telling:
    """A claim as one document makes it."""

    document_id: str
    fact: Fact
    joint: bool = False
    """Whether the same document names another winner of the same tender."""


@dataclass(frozen=True, slots=True)
class Staged:
    """One claim with all that tells it, and what becomes of it."""

    tellings: tuple[Telling, ...]
    verdict: Verdict

    @property
    def surest(self) -> Telling:
        """Return the telling that is believed most."""
        return max(self.tellings, key=lambda one: one.fact.confidence)


@dataclass(slots=True)
class Sorted:
    """Claims by what becomes of them."""

    entering: list[Staged] = field(default_factory=list)
    reviewed: list[Staged] = field(default_factory=list)
    left: list[Staged] = field(default_factory=list)


def sorted_claims(tellings: Iterable[Telling]) -> Sorted:
    """Return claims put together from all documents, and what becomes of each."""
    given = list(tellings)
    winners: dict[tuple[str, ...], set[str]] = {}
    for one in given:
        winners.setdefault(_tender_mark(one), set()).add(folded(one.fact.subject))
    together: dict[tuple[str, ...], list[Telling]] = {}
    for told in given:
        one = replace(told, joint=len(winners[_tender_mark(told)]) > 1)
        together.setdefault(_mark(one.fact), []).append(one)
    found = Sorted()
    for same in together.values():
        staged = Staged(tuple(same), verdict_of(same))
        {
            Verdict.ENTERS: found.entering,
            Verdict.REVIEWED: found.reviewed,
            Verdict.LEFT: found.left,
        }[staged.verdict].append(staged)
    return found


def verdict_of(tellings: Sequence[Telling]) -> Verdict:
    """Return what becomes of one claim: the rule of the graph's door.

    Two tellings are independent when their documents and their words differ: a message printed
    twice is one source, and so are two readers of one document.
    """
    worth = [one for one in tellings if one.fact.confidence >= SHOWN]
    if not worth:
        return Verdict.LEFT
    final = [one for one in worth if one.fact.attributes.get(STAGE, "won") == "won"]
    if not final or final[0].fact.relation is FactRelation.ALIAS_OF:
        return Verdict.REVIEWED
    if any(one.fact.confidence >= ALONE and not _asked(one) for one in final):
        return Verdict.ENTERS
    backed = [one for one in final if one.fact.confidence >= TOGETHER]
    documents = {one.document_id for one in backed}
    words = {folded(one.fact.span) for one in backed}
    if min(len(documents), len(words)) >= SOURCES_MIN and not all(map(_asked, backed)):
        return Verdict.ENTERS
    return Verdict.REVIEWED


def _asked(telling: Telling) -> bool:
    return telling.fact.extractor.startswith(_ASKED)


def _mark(fact: Fact) -> tuple[str, ...]:
    """Return what makes two claims the same: names folded, "buys from" read as "supplies"."""
    way = AS_EDGE[fact.relation]
    ends: tuple[str, ...] = (folded(fact.subject), folded(fact.object))
    if fact.relation is FactRelation.WON_TENDER:
        ends = (*ends, folded(fact.attributes.get(TENDERED_BY, "")))
    if fact.relation in {FactRelation.COOPERATES, FactRelation.COMPETES}:
        ends = tuple(sorted(ends))
    return (way.relation.value, *(reversed(ends) if way.reverse else ends))


def _tender_mark(telling: Telling) -> tuple[str, ...]:
    fact = telling.fact
    buyer = fact.attributes.get(TENDERED_BY, "")
    return (telling.document_id, fact.relation.value, folded(fact.object), folded(buyer))


def by_name(name: str) -> str:
    """Return the key of a firm that is known by its name alone."""
    return named_key(NodeKind.FIRM, name)


def edges_of(
    staged: Staged, known_at: datetime, naming: Callable[[str], str] = by_name
) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """Return a claim as nodes and edges with source TEXT, one edge for each document.

    A won tender becomes its winner's edge, its buyer's edge and, where both are told, a dated
    supply edge between them; an amount that joint winners share is nobody's.
    """
    nodes: dict[str, Node] = {}
    edges: list[Edge] = []
    for one in staged.tellings:
        some, told = _edges(one, known_at, naming)
        nodes.update((node.key, node) for node in some)
        edges += told
    return tuple(nodes.values()), tuple(edges)


def _edges(
    telling: Telling, known_at: datetime, naming: Callable[[str], str]
) -> tuple[list[Node], list[Edge]]:
    fact = telling.fact
    told = _provenance(telling, known_at)
    subject = Node(naming(fact.subject), NodeKind.FIRM, fact.subject, {})
    if fact.relation is FactRelation.WON_TENDER:
        return _tender(telling, subject, told, naming)
    way = AS_EDGE[fact.relation]
    from_kind, to_kind = next(iter(ENDS[way.relation]))
    first, second = (fact.object, fact.subject) if way.reverse else (fact.subject, fact.object)
    ends = [_node(from_kind, first, naming), _node(to_kind, second, naming)]
    return ends, [Edge(ends[0].key, way.relation, ends[1].key, told)]


def _tender(
    telling: Telling, winner: Node, told: Provenance, naming: Callable[[str], str]
) -> tuple[list[Node], list[Edge]]:
    fact = telling.fact
    buyer_name = fact.attributes.get(TENDERED_BY, "")
    title = fact.object or telling.document_id
    tender = Node(
        named_key(NodeKind.TENDER, " ".join(filter(None, (buyer_name, title)))),
        NodeKind.TENDER,
        title,
        {},
    )
    # Read again from its words: a figure in a file of facts is nobody's word but the file's.
    amount = None if telling.joint else amount_fen(fact.attributes.get(AMOUNT, ""))
    nodes = [winner, tender]
    edges = [Edge(winner.key, Relation.WON_TENDER, tender.key, told, amount)]
    # A district calls tenders, but is no firm: the tender stands without its buyer's edge.
    if buyer_name and not is_place(buyer_name):
        buyer = _node(NodeKind.FIRM, buyer_name, naming)
        nodes.append(buyer)
        edges.append(Edge(tender.key, Relation.TENDERED_BY, buyer.key, told))
        if buyer.key != winner.key:
            edges.append(Edge(winner.key, Relation.SUPPLIES, buyer.key, told, amount))
    return nodes, edges


def _node(kind: NodeKind, name: str, naming: Callable[[str], str]) -> Node:
    return Node(naming(name) if kind is NodeKind.FIRM else named_key(kind, name), kind, name, {})


def _provenance(telling: Telling, known_at: datetime) -> Provenance:
    fact = telling.fact
    day = first_date(fact.attributes.get(ANNOUNCED, ""))
    reference = f"text/{telling.document_id}/{fact.extractor} {fact.version}"
    if fact.relation is FactRelation.WON_TENDER and fact.object:
        # Two awards of one notice between the same firms are two facts, each with its amount.
        reference += f"/{fact.object}"
    return Provenance(
        SourceKind.TEXT,
        reference[:REFERENCE_CHARS_MAX],
        known_at,
        valid_from=day,
        confidence_ppm=round(fact.confidence * PPM),
    )


def proposal_of(
    staged: Staged, known_at: datetime, naming: Callable[[str], str] = by_name
) -> Proposal | None:
    """Return a claim as a proposal for a person; None where it joins a firm to itself."""
    nodes, edges = edges_of(staged, known_at, naming)
    if any(edge.from_key == edge.to_key for edge in edges):
        return None
    surest = staged.surest
    sure = round(surest.fact.confidence * PPM)
    explanation = {
        "span": surest.fact.span,
        "document": surest.document_id,
        "extractor": f"{surest.fact.extractor} {surest.fact.version}",
        "documents_count": str(len({one.document_id for one in staged.tellings})),
        **{name: text for name, text in surest.fact.attributes.items() if text},
    }
    reference = edges[0].provenance.reference
    if surest.fact.relation is FactRelation.ALIAS_OF:
        return merge_of(
            nodes[0],
            nodes[1],
            known_at,
            reference=reference,
            confidence_ppm=sure,
            explanation=explanation,
        )
    return Proposal("fact", nodes, edges, reference, sure, explanation)
