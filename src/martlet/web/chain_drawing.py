"""A neighbourhood as a picture and as tables: columns by tier, upstream on the left.

Pure. The invariant: the picture shows nothing that the tables beside it do not say, the same
neighbourhood is always drawn the same way, and what a bound or a filter leaves out is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.supplychain.model import NodeKind
from martlet.supplychain.told_once import by_month, month_of
from martlet.web.limits import (
    CHAIN_NODES_DRAWN,
    CHAIN_NODES_OF_LINE,
    CHAIN_ROWS_OF_LANE,
    CHAIN_TIES_LISTED,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime

    from martlet.supplychain.model import Edge, Neighbourhood, Node, Placed, Relation, SourceKind

LANE, ROW = 164, 62
"""Pixels between lanes of a tier, and between nodes of a lane: a name of two lines fits."""
TIER_GAP = 76
"""Pixels between tiers besides, so that a tier of several lanes still reads as one."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What is looked at of a neighbourhood; empty: all of it."""

    relations: frozenset[Relation] = frozenset()
    source: SourceKind | None = None
    inferred: bool = True
    """Whether edges that a model made are looked at as well."""

    def passes(self, edge: Edge) -> bool:
        """Tell whether an edge is looked at."""
        told = edge.provenance
        return (
            (not self.relations or edge.relation in self.relations)
            and (self.source is None or told.source is self.source)
            and (self.inferred or not told.inferred)
        )


@dataclass(frozen=True, slots=True)
class Tie:
    """All that is known of one relation between two nodes, the surest first."""

    from_key: str
    relation: Relation
    to_key: str
    edges: tuple[Edge, ...]

    @property
    def inferred(self) -> bool:
        """Whether nothing but a model says so."""
        return all(edge.provenance.inferred for edge in self.edges)

    @property
    def confidence_ppm(self) -> int:
        """How sure the surest of its sources is."""
        return self.edges[0].provenance.confidence_ppm

    @property
    def known_at(self) -> datetime:
        """Since when it is known at all."""
        return min(edge.provenance.known_at for edge in self.edges)

    @property
    def sources(self) -> tuple[SourceKind, ...]:
        """The kinds of source that tell it, the surest first."""
        return tuple(dict.fromkeys(edge.provenance.source for edge in self.edges))

    @property
    def amount_fen(self) -> int | None:
        """What one source tells of money, summed over its periods; the first that tells any.

        An invoice and the transfer that pays it are the same money, so sources are not added up;
        nor are the two books that tell the same month.
        """
        for source in self.sources:
            told = by_month(e for e in self.edges if e.provenance.source is source)
            if told:
                return sum(told.values())
        return None

    @property
    def months_count(self) -> int:
        """How many months its sources tell of."""
        days = (e.provenance.valid_until or e.provenance.valid_from for e in self.edges)
        return len({month_of(day) for day in days if day})

    @property
    def books_count(self) -> int:
        """How many firms' own books tell it."""
        told = {edge.provenance.consent_party_id for edge in self.edges}
        return len(told - {None})

    @property
    def period(self) -> tuple[date | None, date | None]:
        """The first and the last day that its sources speak of."""
        first = [e.provenance.valid_from for e in self.edges if e.provenance.valid_from]
        last = [e.provenance.valid_until for e in self.edges if e.provenance.valid_until]
        return min(first, default=None), max(last, default=None)


@dataclass(frozen=True, slots=True)
class Spot:
    """A node with its place in the picture."""

    node: Node
    tier: int
    wide: tuple[int, int]
    """Where it stands on a laptop: to the right, and down."""
    narrow: tuple[int, int]
    """Where it stands on a phone."""
    ties_count: int
    center: bool = False
    financed: bool = False
    """Whether it could be financed by what is known of it."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a page shows of a neighbourhood."""

    spots: tuple[Spot, ...]
    ties: tuple[Tie, ...]
    filtered_count: int
    """Nodes that the filter leaves without any tie."""
    undrawn_count: int
    """Nodes and ties that are there and were not drawn, by the page's bounds."""
    left_out: int
    """What the room's own bounds had cut off before."""

    @property
    def names(self) -> Mapping[str, str]:
        """The name of each node that is shown."""
        return {spot.node.key: spot.node.name for spot in self.spots}

    @property
    def tiers(self) -> tuple[tuple[int, tuple[Spot, ...]], ...]:
        """The nodes by tier, from the farthest upstream to the farthest downstream."""
        found: dict[int, list[Spot]] = {}
        for spot in self.spots:
            found.setdefault(spot.tier, []).append(spot)
        return tuple((tier, tuple(found[tier])) for tier in sorted(found))


def ties_of(edges: Iterable[Edge]) -> tuple[Tie, ...]:
    """Return edges as ties: one for each relation between two nodes, whatever its sources."""
    found: dict[tuple[str, Relation, str], list[Edge]] = {}
    for edge in edges:
        found.setdefault((edge.from_key, edge.relation, edge.to_key), []).append(edge)
    return tuple(Tie(*ends, tuple(sorted(told, key=_doubt))) for ends, told in found.items())


def _doubt(edge: Edge) -> tuple[bool, int, str, str]:
    told = edge.provenance
    return told.inferred, -told.confidence_ppm, told.source.value, told.known_at.isoformat()


def draw(around: Neighbourhood, chosen: Filter, financed: Collection[str] = frozenset()) -> Drawing:
    """Return the picture of a neighbourhood: the nearest nodes first, bounded."""
    ties = ties_of(edge for edge in around.edges if chosen.passes(edge))
    counts: dict[str, int] = {}
    for tie in ties:
        for key in {tie.from_key, tie.to_key}:
            counts[key] = counts.get(key, 0) + 1
    center = around.center.key
    there = [one for one in around.placed if one.node.key in counts or one.node.key == center]
    there.sort(key=lambda one: _nearness(one, center, financed, counts))
    kept = there[:CHAIN_NODES_DRAWN]
    keys = {one.node.key for one in kept}
    shown = [tie for tie in ties if {tie.from_key, tie.to_key} <= keys]
    tiers = {one.node.key: abs(one.tier) for one in kept}
    shown.sort(key=lambda tie: _farness(tie, tiers))
    drawn = tuple(shown[:CHAIN_TIES_LISTED])
    layout = lay_out(kept, ((tie.from_key, tie.to_key) for tie in drawn), center)
    spots = tuple(
        Spot(
            one.node,
            one.tier,
            layout.wide[one.node.key],
            layout.narrow[one.node.key],
            counts.get(one.node.key, 0),
            one.node.key == center,
            one.node.key in financed,
        )
        for column in layout.columns.values()
        for one in column
    )
    undrawn = len(there) - len(kept) + len(shown) - len(drawn)
    return Drawing(spots, drawn, len(around.placed) - len(there), undrawn, around.left_out)


def _nearness(
    one: Placed, center: str, financed: Collection[str], counts: Mapping[str, int]
) -> tuple[bool, int, bool, bool, int, str]:
    key = one.node.key
    return (
        key != center,
        abs(one.tier),
        key not in financed,
        one.node.kind is not NodeKind.FIRM,
        -counts.get(key, 0),
        key,
    )


def _farness(tie: Tie, tiers: Mapping[str, int]) -> tuple[int, bool, int, str, str]:
    """Return how late a tie is drawn: the nearest first, then the surest."""
    far = max(tiers[tie.from_key], tiers[tie.to_key])
    return far, tie.inferred, -tie.confidence_ppm, tie.from_key, tie.to_key


@dataclass(frozen=True, slots=True)
class Layout:
    """Where nodes stand: tier by tier, on a laptop and on a phone."""

    columns: Mapping[int, Sequence[Placed]]
    wide: Mapping[str, tuple[int, int]]
    narrow: Mapping[str, tuple[int, int]]


def lay_out(kept: Sequence[Placed], links: Iterable[tuple[str, str]], center: str) -> Layout:
    """Return places for nodes, each beside what it is linked to one tier nearer."""
    columns = _columns(kept, links, center)
    return Layout(columns, _side_by_side(columns), _below_each_other(columns))


def _columns(
    kept: Sequence[Placed], links: Iterable[tuple[str, str]], center: str
) -> dict[int, list[Placed]]:
    """Return each tier's nodes in order: beside what they are linked to, one tier nearer."""
    beside: dict[str, list[str]] = {}
    for one, other in links:
        beside.setdefault(one, []).append(other)
        beside.setdefault(other, []).append(one)
    tiers: dict[int, list[Placed]] = {}
    for spot in kept:
        tiers.setdefault(spot.tier, []).append(spot)
    heights: dict[str, float] = {center: 0.0}
    found = {}
    for tier in sorted(tiers, key=lambda tier: (abs(tier), tier)):
        found[tier] = _ordered(tiers[tier], beside, heights, center)
        middle = (len(found[tier]) - 1) / 2
        heights |= {one.node.key: place - middle for place, one in enumerate(found[tier])}
    return {tier: found[tier] for tier in sorted(found)}


def _side_by_side(columns: Mapping[int, Sequence[Placed]]) -> dict[str, tuple[int, int]]:
    """Return places with the tiers beside each other, a long tier in several lanes."""
    found, left = {}, 0
    for column in columns.values():
        lanes = -(-len(column) // CHAIN_ROWS_OF_LANE)
        rows = -(-len(column) // lanes)
        for place, one in enumerate(column):
            row, lane = divmod(place, lanes)
            found[one.node.key] = left + lane * LANE, (2 * row - rows + 1) * ROW // 2
        left += lanes * LANE + TIER_GAP
    return found


def _below_each_other(columns: Mapping[int, Sequence[Placed]]) -> dict[str, tuple[int, int]]:
    """Return places for a narrow screen: the tiers below each other, a few nodes to a line."""
    found, top = {}, 0
    for column in columns.values():
        for start in range(0, len(column), CHAIN_NODES_OF_LINE):
            line = column[start : start + CHAIN_NODES_OF_LINE]
            for place, one in enumerate(line):
                found[one.node.key] = (2 * place - len(line) + 1) * LANE // 2, top
            top += ROW
        top += TIER_GAP // 2
    return found


def _ordered(
    column: Sequence[Placed],
    beside: Mapping[str, list[str]],
    heights: Mapping[str, float],
    center: str,
) -> list[Placed]:
    """Return a tier from top to bottom: each node at the mean height of what it is tied to."""

    def mean(one: Placed) -> float:
        known = [heights[key] for key in beside.get(one.node.key, ()) if key in heights]
        return sum(known) / len(known) if known else 0.0

    rest = sorted(
        (one for one in column if one.node.key != center),
        key=lambda one: (mean(one), one.node.kind.value, one.node.key),
    )
    middle = [one for one in column if one.node.key == center]
    half = len(rest) // 2
    return [*rest[:half], *middle, *rest[half:]]


def chance_text(probability_ppm: int) -> str:
    """Return the probability of what a model made, as it is written everywhere: `p=0.62`."""
    return f"p={probability_ppm / 1_000_000:.2f}"
