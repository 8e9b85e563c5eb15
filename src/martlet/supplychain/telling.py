"""Tell a neighbourhood to a person: each node by tier, how it is known, and what proof it lacks.

Pure. The invariant: a firm is told as one that could be financed only where a trade itself left a
trace; of any other it is said which proof is missing, and a guess is called a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from martlet.supplychain.entries import joined
from martlet.supplychain.facts import strength_of
from martlet.supplychain.model import NodeKind, Relation
from martlet.supplychain.position.trade import sale_of
from martlet.supplychain.told_once import traded
from martlet.supplychain.wire import edge_json, node_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from martlet.supplychain.model import Edge, Neighbourhood, Node

TRADES = frozenset(
    {
        Relation.SUPPLIES,
        Relation.DISTRIBUTES_FOR,
        Relation.PAYS,
        Relation.WON_TENDER,
        Relation.TENDERED_BY,
    }
)
"""Relations in which one firm lives from another."""

VERIFIED, PUBLIC, STATED, INFERRED = "verified", "public", "said", "inferred"
_STANDINGS = (VERIFIED, PUBLIC, STATED, INFERRED)
MISSING: Mapping[str, str] = {
    VERIFIED: "",
    PUBLIC: "supplychain.proof_of_trade",
    STATED: "supplychain.proof_of_trade",
    INFERRED: "supplychain.proof_of_link",
}
"""The code of the sentence that says which proof is missing."""
LISTED = ("exchange", "listed_on")
"""What tells a listed firm, which is no small one."""


@dataclass(frozen=True, slots=True)
class Around:
    """One node around a firm."""

    node: Node
    tier: int
    how: tuple[Edge, ...]
    """The edges that join it to those nearer by, the strongest and newest first."""
    standing: str
    """verified | public | said | inferred: by the strongest trade or, without any, edge."""
    traded_fen: int
    """What verified trades with those nearer by came to, a sale told by both books once."""
    small_firm: bool
    """Whether it is a firm that is not told as listed."""

    @property
    def could_be_financed(self) -> bool:
        """Whether a trade itself shows its place: the rest is for the decision to say."""
        return self.small_firm and self.standing == VERIFIED and self.tier != 0

    @property
    def missing(self) -> str:
        """The code of the sentence that says what proof is missing; empty where none is."""
        return MISSING[self.standing] if self.small_firm and self.tier != 0 else ""

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            **node_json(self.node),
            "tier": self.tier,
            "standing": self.standing,
            "could_be_financed": self.could_be_financed,
            "missing": self.missing,
            "traded_fen": self.traded_fen,
            "how": [edge_json(edge) for edge in self.how],
        }


def told_around(found: Neighbourhood) -> tuple[Around, ...]:
    """Return everybody around the one in the middle, upstream first, with how each is known.

    Entries of one firm are told once, under the entry that the others are names of, with the edges
    of all of them; what is another name of the one in the middle is not around it.
    """
    whole = joined(found)
    tiers = {one.node.key: one.tier for one in whole.placed}
    edges: dict[str, list[Edge]] = {key: [] for key in tiers}
    for edge in whole.edges:
        ends = (edge.from_key, edge.to_key)
        for key, other in (ends, ends[::-1]):
            # The nearer end explains the farther one; two of one tier explain each other.
            if key in tiers and other in tiers and abs(tiers[other]) <= abs(tiers[key]):
                edges[key].append(edge)
    told = [
        _around(one.node, one.tier, edges[one.node.key])
        for one in whole.placed
        if one.node.key != whole.center.key
    ]
    told.sort(key=_place)
    return tuple(told)


def _place(one: Around) -> tuple[int, bool, int, int, str]:
    """Return where a node is told: by tier, firms first, the surest and largest trades first."""
    other = one.node.kind is not NodeKind.FIRM
    standing = _STANDINGS.index(one.standing)
    return one.tier, other, standing, -one.traded_fen, one.node.key


def _around(node: Node, tier: int, edges: list[Edge]) -> Around:
    edges.sort(key=lambda edge: edge.provenance.known_at, reverse=True)
    edges.sort(key=lambda edge: strength_of(edge.provenance.source))
    trades = [edge for edge in edges if edge.relation in TRADES]
    best = (trades or edges)[:1]
    standing = _STANDINGS[strength_of(best[0].provenance.source)] if best else STATED
    if not trades and standing == VERIFIED:
        standing = STATED
    listed = any(node.attributes.get(name) for name in LISTED)
    small = node.kind is NodeKind.FIRM and not listed
    return Around(node, tier, tuple(edges), standing, _traded_fen(trades), small)


def _traded_fen(trades: Iterable[Edge]) -> int:
    """Return what left a trace of trade, each sale of each pair of firms once."""
    pairs: dict[tuple[str, str], list[Edge]] = {}
    for edge in trades:
        ends = sale_of(edge)
        if ends is not None:
            pairs.setdefault(ends, []).append(edge)
    return sum(sum(traded(edges).values()) for edges in pairs.values())
