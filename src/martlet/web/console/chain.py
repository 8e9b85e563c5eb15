"""The chain around a firm: searched by name, drawn by tier, every edge with how it is known."""

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, Response

from martlet.kernel.calendar import business_date_of
from martlet.kernel.errors import Invalid
from martlet.supplychain import NodeKind, Relation, SourceKind
from martlet.supplychain.limits import TIERS_MAX
from martlet.supplychain.telling import told_around
from martlet.web.chain_drawing import Filter, Tie, chance_text, draw, ties_of
from martlet.web.limits import CHAIN_EDGES_OF_NODE, QUERY_CHARS_MAX
from martlet.web.rendering import render
from martlet.web.visitors import Staff, Visitor, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    "owners": frozenset({Relation.PARENT_OF, Relation.INVESTS_IN, Relation.ALIAS_OF}),
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
        all_relations=tuple(Relation),
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
    drawing = draw(around, asked.filter, financed)
    return {
        "around": around,
        "drawing": drawing,
        "tiers": [(tier, _tier_name(visitor, tier), spots) for tier, spots in drawing.tiers],
        "ties": [_told(tie, drawing.names) for tie in drawing.ties],
        "told": told,
        "financed_count": len(financed),
        "upstream": min((spot.tier for spot in drawing.spots), default=0),
        "downstream": max((spot.tier for spot in drawing.spots), default=0),
        "generic": [one.node.name for one in around.placed if one.node.key in around.not_walked],
    }


def _looked(visitor: Visitor, asked: Asked) -> dict[str, Any]:
    """Return one node with its edges, the strongest sources and the newest first."""
    graph, who, day = visitor.bank.supplychain, visitor.principal, asked.day
    edges = graph.edges_of(who, asked.at, as_of=day)
    told = edges[:CHAIN_EDGES_OF_NODE]
    keys = {asked.at, *(key for edge in told for key in (edge.from_key, edge.to_key))}
    nodes = graph.nodes(who, keys, as_of=day)
    names = {key: node.name for key, node in nodes.items()}
    node = nodes.get(asked.at)
    return {
        "node": node,
        "at": asked.at,
        "attributes": _attributes(node) if node else [],
        "rows": [
            {**_told(tie, names), "reference": tie.edges[0].provenance.reference}
            for tie in (Tie(e.from_key, e.relation, e.to_key, (e,)) for e in told)
        ],
        "more_count": len(edges) - len(told),
        "ties_count": len(ties_of(edges)),
    }


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
        "more": len(tie.edges) - 1,
    }
