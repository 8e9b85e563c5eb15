"""The chain around a firm: searched by name, drawn by tier, every edge with how it is known."""

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, Response

from martlet.kernel.calendar import business_date_of
from martlet.kernel.errors import Invalid
from martlet.supplychain import Edge, NodeKind, Relation, SourceKind
from martlet.supplychain.entries import joined, joined_edges, other_names, told_under
from martlet.supplychain.facts import strength_of
from martlet.supplychain.limits import TIERS_MAX
from martlet.supplychain.telling import told_around
from martlet.web.chain_drawing import Filter, Tie, chance_text, draw, ties_of
from martlet.web.limits import CHAIN_FACTS_OF_TIE, CHAIN_TIES_OF_NODE, QUERY_CHARS_MAX
from martlet.web.rendering import render
from martlet.web.visitors import Staff, Visitor, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from martlet.supplychain import Neighbourhood, Node

router = APIRouter(prefix="/console/chain")
HERE = "/console/chain"
TIERS = tuple(str(tier) for tier in range(1, TIERS_MAX + 1))
USUAL_TIERS = "3"
SIDES = ("both", "upstream", "downstream")
_PERSONS = frozenset(
    {
        *("legal_representative", "representative", "legal_person", "shareholders"),
        *("transferor", "transferee", "applicants", "phone"),
    }
)
"""Attributes that may name a person or how to reach one: not shown."""
_SOUGHT = (NodeKind.FIRM, NodeKind.PRODUCT, NodeKind.INDUSTRY)
RELATIONS: dict[str, frozenset[Relation]] = {
    "trade": frozenset(
        {
            *(Relation.SUPPLIES, Relation.DISTRIBUTES_FOR, Relation.PAYS),
            *(Relation.WON_TENDER, Relation.TENDERED_BY),
        }
    ),
    "goods": frozenset(
        {
            *(Relation.MAKES, Relation.MATERIAL_OF, Relation.KIND_OF),
            *(Relation.IN_INDUSTRY, Relation.PART_OF, Relation.FEEDS),
        }
    ),
    "owners": frozenset({Relation.PARENT_OF, Relation.INVESTS_IN}),
    "rights": frozenset({Relation.HOLDS_PATENT, Relation.PATENT_COVERS}),
    "others": frozenset({Relation.COOPERATES, Relation.COMPETES}),
}
"""Which relations are looked at together."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page's address asks for."""

    of: str
    tiers: str
    side: str
    relations: str
    source: str
    known: str
    """Whether what a model made is left out: `said` or nothing."""
    as_of: str
    at: str

    @property
    def filter(self) -> Filter:
        """What is looked at of what is around."""
        one = frozenset({Relation(self.relations)}) if self.relations in set(Relation) else None
        return Filter(
            one or RELATIONS.get(self.relations, frozenset()),
            SourceKind(self.source) if self.source in set(SourceKind) else None,
            inferred=self.known != "said",
        )

    @property
    def day(self) -> date | None:
        """As of the end of which day; None: now."""
        if not self.as_of:
            return None
        try:
            return date.fromisoformat(self.as_of)
        except ValueError as error:
            raise Invalid("web.date_unreadable", text=self.as_of[:20]) from error

    def address(self, **changes: str) -> str:
        """Return the page's address with some answers changed."""
        asked = replace(self, **changes)
        parts = {
            "of": asked.of,
            "tiers": asked.tiers,
            "side": asked.side if asked.side != SIDES[0] else "",
            "relations": asked.relations,
            "source": asked.source,
            "known": asked.known,
            "as_of": asked.as_of,
            "at": asked.at,
        }
        return "?" + urlencode({name: value for name, value in parts.items() if value})


def _asked(visitor: Visitor) -> Asked:
    """Return what the address asks for; what it does not say, or says wrongly, is the usual."""

    def said(name: str) -> str:
        return visitor.request.query_params.get(name, "").strip()[:QUERY_CHARS_MAX]

    tiers, side = said("tiers"), said("side")
    return Asked(
        said("of"),
        tiers if tiers in TIERS else USUAL_TIERS,
        side if side in SIDES else SIDES[0],
        said("relations"),
        said("source"),
        said("known"),
        said("as_of"),
        said("at"),
    )


@router.get("")
def explore(visitor: Staff, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Find a firm, or show the chain around one."""
    asked = _asked(visitor)
    refusals: list[str] = []
    context: dict[str, Any] = {"q": q.strip(), "candidates": None, "around": None, "looked": None}
    with shown(refusals, visitor):
        day = asked.day
        graph, who = visitor.bank.supplychain, visitor.principal
        if q.strip() and not asked.of:
            found = graph.find(who, q, _SOUGHT, as_of=day)
            if len(found) == 1:
                return visitor.go(HERE + asked.address(of=found[0].key))
            context["candidates"] = found
        elif asked.of:
            around = graph.around(who, asked.of, int(asked.tiers), as_of=day, side=asked.side)
            context |= _around(visitor, around, asked)
            if asked.at:
                context["looked"] = _looked(visitor, asked)
    return visitor.page(
        "console/chain.html",
        422 if refusals else 200,
        here=HERE,
        note="",
        refusals=refusals,
        asked=asked,
        today=business_date_of(visitor.bank.clock.now()),
        choices={"tiers": TIERS, "sides": SIDES, "relations": RELATIONS, "sources": SourceKind},
        all_relations=tuple(one for one in Relation if one is not Relation.ALIAS_OF),
        **context,
    )


@router.get("/node")
def look_at(visitor: Staff) -> Response:
    """Return the piece of the page that tells one node's edges in full."""
    asked = _asked(visitor)
    looked = _looked(visitor, asked)
    return HTMLResponse(
        render("console/chain_node.html", visitor.locale, visitor=visitor, asked=asked, **looked)
    )


def _around(visitor: Visitor, around: "Neighbourhood", asked: Asked) -> dict[str, Any]:
    told = {one.node.key: one for one in told_around(around)}
    financed = {key for key, one in told.items() if one.could_be_financed}
    whole = joined(around)
    drawing = draw(whole, asked.filter, financed)
    names = {one.node.key: one.node.name for one in around.placed}
    return {
        "around": whole,
        "drawing": drawing,
        "tiers": [(tier, _tier_name(visitor, tier), spots) for tier, spots in drawing.tiers],
        "ties": [_told(tie, drawing.names) for tie in drawing.ties],
        "told": told,
        "called": other_names(names, told_under(names, around.edges)),
        "financed_count": len(financed),
        "upstream": min((spot.tier for spot in drawing.spots), default=0),
        "downstream": max((spot.tier for spot in drawing.spots), default=0),
        "generic": [one.node.name for one in around.placed if one.node.key in around.not_walked],
    }


def _looked(visitor: Visitor, asked: Asked) -> dict[str, Any]:
    """Return one node with its ties, those of its other entries among them."""
    graph, who, day = visitor.bank.supplychain, visitor.principal, asked.day
    own = {asked.at, *_ends(graph.aliases(who, [asked.at], day))}
    edges = [edge for key in sorted(own) for edge in graph.edges_of(who, key, as_of=day)]
    keys = own | set(_ends(edges))
    firm_of = told_under(keys, graph.aliases(who, keys, day))
    nodes = graph.nodes(who, {*keys, *firm_of.values()}, as_of=day)
    names = {key: node.name for key, node in nodes.items()}
    at = firm_of[asked.at]
    ties = sorted(ties_of(joined_edges(edges, firm_of)), key=_rank)
    node = nodes.get(at)
    return {
        "node": node,
        "at": at,
        "called": other_names(names, firm_of).get(at, ()),
        "attributes": _attributes(node) if node else [],
        "rows": [{**_told(tie, names), **_facts(tie)} for tie in ties[:CHAIN_TIES_OF_NODE]],
        "more_count": max(0, len(ties) - CHAIN_TIES_OF_NODE),
    }


def _ends(edges: "Iterable[Edge]") -> list[str]:
    return [key for edge in edges for key in (edge.from_key, edge.to_key)]


def _rank(tie: Tie) -> tuple[int, int, str, str, str]:
    """Return where a tie is told: the strongest sources, then the largest amounts first."""
    strength = min(strength_of(source) for source in tie.sources)
    return strength, -(tie.amount_fen or 0), tie.relation.value, tie.from_key, tie.to_key


def _facts(tie: Tie) -> dict[str, Any]:
    """Return what tells a tie, the newest first, bounded; what two books tell alike is one row."""
    rows: dict[tuple[object, ...], list[Edge]] = {}
    for edge in sorted(tie.edges, key=_moment, reverse=True):
        told = edge.provenance
        same = told.source, told.valid_from, told.valid_until, edge.amount_fen
        rows.setdefault(same, []).append(edge)
    return {
        "facts": [
            {
                "told": edges[0].provenance,
                "references": list(dict.fromkeys(edge.provenance.reference for edge in edges)),
                "known": business_date_of(min(edge.provenance.known_at for edge in edges)),
                "amount_fen": edges[0].amount_fen,
            }
            for edges in list(rows.values())[:CHAIN_FACTS_OF_TIE]
        ],
        "facts_count": len(tie.edges),
        "older_count": max(0, len(rows) - CHAIN_FACTS_OF_TIE),
        "months_count": tie.months_count,
    }


def _moment(edge: Edge) -> tuple[date, "datetime", str]:
    told = edge.provenance
    day = told.valid_until or told.valid_from or business_date_of(told.known_at)
    return day, told.known_at, told.reference


def _attributes(node: "Node") -> list[tuple[str, str]]:
    """Return what else the sources tell of a node; never a person who stands behind it."""
    return [
        (name, text)
        for name, text in node.attributes.items()
        if text and name not in _PERSONS and not name.startswith("private_")
    ]


def _tier_name(visitor: Visitor, tier: int) -> str:
    if tier == 0:
        return visitor.say("In the middle")
    if tier < 0:
        return visitor.say("{steps} upstream", steps=-tier)
    return visitor.say("{steps} downstream", steps=tier)


def _told(tie: Tie, names: "Mapping[str, str]") -> dict[str, Any]:
    """Return a tie as a row of the table."""
    first, last = tie.period
    return {
        "tie": tie,
        "from_name": names.get(tie.from_key, tie.from_key),
        "to_name": names.get(tie.to_key, tie.to_key),
        "known": business_date_of(tie.known_at),
        "first": first,
        "last": last,
        "amount_fen": tie.amount_fen,
        "certainty": chance_text(tie.confidence_ppm)
        if tie.inferred
        else f"{tie.confidence_ppm / 10_000:.0f}%",
        "reviewed": any(edge.provenance.reviewed for edge in tie.edges),
        "books_count": tie.books_count,
        "more": len(tie.edges) - 1,
    }
