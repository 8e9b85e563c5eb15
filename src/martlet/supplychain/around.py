"""Walk from a node outwards, tier by tier, along the way that goods run and against it.

Downstream never turns upstream and the other way round, so a customer's other supplier is not
"around". Firms are walked through trades between firms; products through what they are made of,
and the makers of such a product are shown and not walked on from: what joins them to the firm is
only that it could be so. Products that go into almost everything are shown and not walked through.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from martlet.supplychain import queries
from martlet.supplychain.limits import (
    ALIASES_MAX,
    EDGES_MAX,
    HUB_EDGES,
    MAKERS_MAX,
    PLACED_MAX,
)
from martlet.supplychain.model import Edge, Neighbourhood, Node, NodeKind, Placed, Relation
from martlet.supplychain.queries import IN, OUT, Legs, legs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from martlet.supplychain.asof import Sight

_R = Relation
DOWN, UP = 1, -1
_FIRM = f"{NodeKind.FIRM.value}:"

_STEPS: dict[int, dict[tuple[Relation, str], int]] = {
    DOWN: {
        (_R.SUPPLIES, OUT): 1,
        (_R.PAYS, IN): 1,
        (_R.DISTRIBUTES_FOR, IN): 1,
        (_R.WON_TENDER, OUT): 0,
        (_R.TENDERED_BY, OUT): 1,
        (_R.FEEDS, OUT): 1,
    },
    UP: {
        (_R.SUPPLIES, IN): 1,
        (_R.PAYS, OUT): 1,
        (_R.DISTRIBUTES_FOR, OUT): 1,
        (_R.TENDERED_BY, IN): 1,
        (_R.WON_TENDER, IN): 0,
        (_R.FEEDS, IN): 1,
    },
}
"""Along which relations goods run, and how many tiers each step counts."""

_OF_TENDERS = {(_R.TENDERED_BY, OUT), (_R.WON_TENDER, IN)}
_OF_TRADES = {(_R.FEEDS, OUT), (_R.FEEDS, IN)}


def _trades_of(side: int) -> dict[str, Legs]:
    """Return the questions for a side, by kind of node: fewer ends to look at are faster."""
    steps = set(_STEPS[side])
    by_kind = {
        NodeKind.FIRM: steps - _OF_TENDERS - _OF_TRADES,
        NodeKind.TENDER: steps & _OF_TENDERS,
        NodeKind.INDUSTRY: steps & _OF_TRADES,
    }
    return {kind.value: legs(*sorted(asked)) for kind, asked in by_kind.items()}


_TRADES = {side: _trades_of(side) for side in _STEPS}
_MATERIALS = {DOWN: legs((_R.MATERIAL_OF, OUT)), UP: legs((_R.MATERIAL_OF, IN))}
_MAKERS = legs((_R.MAKES, IN))
_BESIDE = legs(
    (_R.MAKES, OUT),
    (_R.HOLDS_PATENT, OUT),
    (_R.IN_INDUSTRY, OUT),
    (_R.MAKES, IN),
    *(
        (relation, way)
        for relation in (
            _R.PARENT_OF,
            _R.INVESTS_IN,
            _R.COOPERATES,
            _R.COMPETES,
            _R.KIND_OF,
            _R.PART_OF,
            _R.PATENT_COVERS,
        )
        for way in (OUT, IN)
    ),
)
"""What stands beside the one in the middle: told, and not walked on from."""


@dataclass(slots=True)
class _Walk:
    """How far a walk has come."""

    sight: Sight
    placed: dict[str, int] = field(default_factory=dict)
    edges: dict[tuple[object, ...], Edge] = field(default_factory=dict)
    hubs: dict[str, None] = field(default_factory=dict)
    left_out: int = 0

    def read(self, key: str, asked: Legs) -> list[Edge]:
        """Return a node's edges that may be seen, the strongest first."""
        sight = self.sight
        found = queries.edges_at(sight.connection, sight.tenant_id, key, asked, sight.as_of)
        self.left_out += found.left_out
        rows = self.sight.seen(found.rows)
        return [queries.edge_of(row) for row in sorted(rows, key=lambda row: row.strength)]

    def take(self, edge: Edge, key: str, tier: int) -> str | None:
        """Keep an edge of a node and place its other end; None where a bound leaves it out."""
        other = edge.to_key if edge.from_key == key else edge.from_key
        if other not in self.placed:
            if len(self.placed) >= PLACED_MAX:
                self.left_out += 1
                return None
            self.placed[other] = tier
        told = edge.provenance
        identity = (
            edge.from_key,
            edge.relation,
            edge.to_key,
            told.source,
            told.reference,
            told.valid_from,
            told.reviewed,
        )
        if identity not in self.edges and len(self.edges) >= EDGES_MAX:
            self.left_out += 1
            return other
        self.edges[identity] = edge
        return other


def walk(sight: Sight, center: Node, tiers: int, sides: Iterable[int]) -> Neighbourhood:
    """Return what is around a node as of a moment, at most so many tiers away."""
    way = _Walk(sight)
    way.placed[center.key] = 0
    middle = _same_firm(way, [center.key], 0)
    products = [center.key] if center.kind is NodeKind.PRODUCT else []
    for key in middle:
        for edge in way.read(key, _BESIDE):
            other = way.take(edge, key, 0)
            if other is not None and edge.relation is Relation.MAKES and edge.from_key == key:
                products.append(other)
    trade = {side: (list(middle), set(middle)) for side in sides}
    goods = {side: (list(dict.fromkeys(products)), set(products)) for side in sides}
    for tier in range(1, tiers + 1):
        for side in sides:
            trade[side] = (_trades(way, side, tier, *trade[side]), trade[side][1])
        for side in sides:
            goods[side] = (_products(way, side, tier, *goods[side]), goods[side][1])
    nodes = queries.nodes_of(sight.connection, sight.tenant_id, way.placed, sight.as_of)
    placed = sorted(way.placed.items(), key=lambda item: (abs(item[1]), item[1], item[0]))
    return Neighbourhood(
        center,
        tuple(Placed(nodes[key], tier) for key, tier in placed),
        tuple(way.edges.values()),
        sight.as_of,
        way.left_out,
        tuple(way.hubs),
    )


def _same_firm(way: _Walk, keys: list[str], tier: int) -> list[str]:
    """Return nodes with all that are entries of the same firms, each of them placed."""
    found = dict.fromkeys(keys)
    for edge in aliases(way.sight, keys):
        key = edge.from_key if edge.from_key in found else edge.to_key
        other = way.take(edge, key, tier) if key in found else None
        if other is not None:
            found[other] = None
    return list(found)


def aliases(sight: Sight, keys: Iterable[str]) -> list[Edge]:
    """Return what says which entries are the same firms as these, and as those, bounded."""
    waiting = [key for key in dict.fromkeys(keys) if key.startswith(_FIRM)]
    seen, told = set(waiting), dict[Edge, None]()
    most = len(seen) + ALIASES_MAX
    while waiting and len(seen) < most:
        rows = queries.aliases_of(sight.connection, sight.tenant_id, waiting, sight.as_of)
        waiting = []
        for edge in map(queries.edge_of, sight.seen(rows)):
            told[edge] = None
            for other in (edge.from_key, edge.to_key):
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
    return list(told)


def _trades(way: _Walk, side: int, tier: int, frontier: list[str], seen: set[str]) -> list[str]:
    """Walk one tier of trades; return the nodes from which the next tier goes on."""
    reached: dict[str, None] = {}
    waiting = list(frontier)
    while waiting:
        key = waiting.pop(0)
        asked = _TRADES[side].get(key.partition(":")[0])
        for edge in way.read(key, asked) if asked is not None else ():
            direction = OUT if edge.from_key == key else IN
            step = _STEPS[side][edge.relation, direction]
            # A tender stands with its winner: on the way down at the tier that one stands at.
            at = side * (tier if step else tier - 1)
            other = way.take(edge, key, at)
            if other is None or other in seen:
                continue
            seen.add(other)
            if step:
                reached[other] = None
            else:
                waiting.append(other)
    if side is UP:
        reached |= dict.fromkeys(_winners(way, tier, list(reached), seen))
    whole = _same_firm(way, list(reached), side * tier)
    seen.update(whole)
    return whole


def _winners(way: _Walk, tier: int, reached: list[str], seen: set[str]) -> list[str]:
    """Return who won the tenders that were reached: they stand at the tenders' own tier."""
    found = []
    for key in reached:
        if not key.startswith("tender:"):
            continue
        for edge in way.read(key, _TRADES[UP][NodeKind.TENDER.value]):
            other = way.take(edge, key, UP * tier)
            if other is not None and other not in seen:
                seen.add(other)
                found.append(other)
    return found


def _products(way: _Walk, side: int, tier: int, frontier: list[str], seen: set[str]) -> list[str]:
    """Walk one tier of materials; show who makes what was reached."""
    reached: dict[str, None] = {}
    for key in frontier:
        uses = way.read(key, _MATERIALS[DOWN])
        if len({edge.to_key for edge in uses}) > HUB_EDGES:
            way.hubs[key] = None
            continue
        for edge in uses if side is DOWN else way.read(key, _MATERIALS[UP]):
            other = way.take(edge, key, side * tier)
            if other is not None and other not in seen:
                seen.add(other)
                reached[other] = None
    for key in reached:
        makers = way.read(key, _MAKERS)
        way.left_out += max(0, len(makers) - MAKERS_MAX)
        for edge in makers[:MAKERS_MAX]:
            way.take(edge, key, side * tier)
    return list(reached)
