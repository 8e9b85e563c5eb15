"""What if: a price that changes or a firm that fails, and who along the chain is hit how hard."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from martlet.kernel.errors import Invalid
from martlet.kernel.rates import PPM, parse_percent
from martlet.supplychain import Node, NodeKind, Placed
from martlet.supplychain.limits import TIERS_MAX
from martlet.supplychain.shocks import Event, EventKind, Hit, Spread
from martlet.web.chain_drawing import Layout, lay_out
from martlet.web.limits import CHAIN_HITS_SHOWN, QUERY_CHARS_MAX
from martlet.web.visitors import Staff, Visitor, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

router = APIRouter(prefix="/console/chain/shock")
HERE = "/console/chain/shock"
TIERS = tuple(str(tier) for tier in range(1, TIERS_MAX + 1))
_SOUGHT = (NodeKind.FIRM, NodeKind.PRODUCT)
HARD_PPM, SOME_PPM = 200_000, 50_000
"""From which share a hit is shown as hard, or as felt: a fifth, a twentieth."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page's address asks for, as it was typed."""

    at: str
    event: str
    percent: str
    passed: str
    tiers: str

    def address(self, **changes: str) -> str:
        """Return the page's address with some answers changed."""
        asked = replace(self, **changes)
        parts = {name: getattr(asked, name) for name in self.__slots__}
        return "?" + urlencode({name: value for name, value in parts.items() if value})

    def meant(self) -> Event:
        """Return the event that is asked about."""
        kind = EventKind(self.event)
        change = _change(self.percent) if kind is EventKind.PRICE else 0
        return Event(self.at, kind, change, parse_percent(self.passed), int(self.tiers))


def _change(written: str) -> int:
    """Return a change as a person writes it: 30, +30 or -12.5 per cent."""
    falls = written.startswith(("-", "\u2212"))
    found = parse_percent(written.lstrip("+-\u2212").strip())
    return -found if falls else found


def _asked(visitor: Visitor) -> Asked:
    def said(name: str, usual: str = "") -> str:
        return visitor.request.query_params.get(name, usual).strip()[:QUERY_CHARS_MAX] or usual

    event, tiers = said("event", EventKind.PRICE.value), said("tiers", "4")
    return Asked(
        said("at"),
        event if event in set(EventKind) else EventKind.PRICE.value,
        said("percent", "30"),
        said("passed", "50"),
        tiers if tiers in TIERS else "4",
    )


@router.get("")
def what_if(visitor: Staff, q: str = "") -> Response:
    """Choose where something happens, and show who is hit."""
    asked = _asked(visitor)
    graph, who = visitor.bank.supplychain, visitor.principal
    refusals: list[str] = []
    context: dict[str, Any] = {"candidates": None, "node": None, "found": None}
    with shown(refusals, visitor):
        if q.strip() and not asked.at:
            candidates = graph.find(who, q[:200], _SOUGHT)
            if len(candidates) == 1:
                return visitor.go(HERE + asked.address(at=candidates[0].key))
            context["candidates"] = candidates
        elif asked.at:
            context["node"] = graph.nodes(who, [asked.at]).get(asked.at)
            if context["node"] is None:
                raise Invalid("supplychain.node_not_found", name=asked.at[:80])
            context |= _spread(visitor, asked)
    return visitor.page(
        "console/chain_shock.html",
        422 if refusals else 200,
        here="/console/chain",
        note="",
        refusals=refusals,
        q=q.strip()[:200],
        asked=asked,
        tiers_offered=TIERS,
        **context,
    )


def _spread(visitor: Visitor, asked: Asked) -> dict[str, Any]:
    graph, who = visitor.bank.supplychain, visitor.principal
    moment = graph.moment()
    event = asked.meant()
    found = visitor.bank.standings.what_if(who, event, moment)
    listed = found.hits[:CHAIN_HITS_SHOWN]
    keys = {
        asked.at,
        found.event.key,
        *(hit.key for hit in listed),
        *(hit.via_key for hit in listed),
    }
    nodes = graph.nodes(who, keys, moment)
    firms = [hit for hit in found.hits if hit.key.startswith("firm:")]
    return {
        "found": found,
        "rows": [_row(hit, nodes) for hit in listed],
        "unlisted_count": len(found.hits) - len(listed),
        "firms_count": len({hit.key for hit in firms}),
        "hard_count": len({hit.key for hit in firms if abs(hit.share_ppm) >= HARD_PPM}),
        "owed_fen": sum(hit.owed_fen for hit in found.hits),
        "spots": _spots(found, listed, nodes),
    }


def _row(hit: Hit, nodes: "Mapping[str, Node]") -> dict[str, Any]:
    return {
        "hit": hit,
        "name": _name(nodes, hit.key),
        "kind": hit.key.partition(":")[0],
        "via": _name(nodes, hit.via_key),
        "share": f"{100 * hit.share_ppm / PPM:+.1f}%"
        if hit.effect.value == "cost"
        else f"{100 * hit.share_ppm / PPM:.1f}%",
        "weight": _weight(hit),
    }


def _name(nodes: "Mapping[str, Node]", key: str) -> str:
    return nodes[key].name if key in nodes else key.partition(":")[2]


def _weight(hit: Hit) -> str:
    if abs(hit.share_ppm) >= HARD_PPM:
        return "hard"
    return "some" if abs(hit.share_ppm) >= SOME_PPM else ""


def _spots(
    found: Spread, listed: tuple[Hit, ...], nodes: "Mapping[str, Node]"
) -> list[dict[str, Any]]:
    """Return the nodes of the picture: each where the event first reaches it."""
    first: dict[str, Hit] = {}
    for hit in listed:
        first.setdefault(hit.key, hit)
    center = found.event.key
    placed = [Placed(_node(nodes, center), 0)]
    placed += [Placed(_node(nodes, key), hit.tier) for key, hit in first.items()]
    layout: Layout = lay_out(placed, ((hit.via_key, hit.key) for hit in first.values()), center)
    return [
        {
            "node": one.node,
            "wide": layout.wide[one.node.key],
            "narrow": layout.narrow[one.node.key],
            "center": one.node.key == center,
            "weight": _weight(first[one.node.key]) if one.node.key in first else "",
            "via": first[one.node.key].via_key if one.node.key in first else "",
        }
        for one in placed
    ]


def _node(nodes: "Mapping[str, Node]", key: str) -> Node:
    return nodes.get(key) or Node(key, NodeKind(key.partition(":")[0]), key.partition(":")[2], {})
