"""What is computed over the whole graph: components, PageRank, k-core, degrees, neighbourhoods.

The invariant: each answer is that of the textbook on the plain graph (mutual edges are one
neighbour, ranks add up to one), and does not depend on the number of threads but in the last bits
of a rank. All but `around` take a graph without marks: `WholeGraph.seen` makes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.kernel.errors import Invalid
from martlet.supplychain.whole.engine import compiled, shares, together
from martlet.supplychain.whole.limits import (
    CORE_FIRMS_MAX,
    REACHED_DEFAULT,
    REACHED_MAX,
    ROUNDS_MAX,
    TIERS_MAX,
)
from martlet.supplychain.whole.marks import View

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from martlet.supplychain.whole.graph import Nodes, Rows, WholeGraph

    Floats = np.ndarray[Any, np.dtype[np.float64]]

DAMPING = 0.85
ROUNDS = 20
"""After twenty rounds what is left to move is below 0.85**20, four per cent, of where one began."""
_ALL_NODES = 2**62
_GUESSES = 1024


def components(graph: WholeGraph) -> Nodes:
    """Return each node's weak component, named by the smallest node in it."""
    along, against = graph.customers, graph.suppliers
    parent = np.arange(graph.nodes_count, dtype=np.int32)
    for place in range(2):
        for rows in (along, against):
            compiled("join_some")(rows.offsets, rows.nodes, place, parent)
    giant = _most_frequent(parent)
    two = (along.offsets, along.nodes, against.offsets, against.nodes)
    compiled("join_rest")(*two, giant, parent)
    return parent


def page_rank(
    graph: WholeGraph,
    core: Sequence[int] = (),
    *,
    rounds: int = ROUNDS,
    damping: float = DAMPING,
    threads: int = 1,
    moved: Callable[[int, int | None], None] | None = None,
) -> tuple[Floats, float]:
    """Return ranks that flow along the edges and add up to one, and the last round's change.

    With `core`, all restarts are at these nodes alike: on `graph.turned()` that tells who is near
    the core firms upstream.
    """
    size = graph.nodes_count
    if not 1 <= rounds <= ROUNDS_MAX:
        raise Invalid("whole.rounds_out_of_range", rounds=rounds, most=ROUNDS_MAX)
    if size == 0:
        return np.empty(0), 0.0
    jump = _restarts(core, size)
    sizes, rows = graph.customers.offsets, graph.suppliers
    rank = jump.copy() if len(jump) else np.full(size, 1 / size)
    per_edge = np.diff(sizes)
    gives = np.divide(rank, per_edge, out=np.zeros(size), where=per_edge > 0)
    idle, change = float(rank[per_edge == 0].sum()), 0.0
    del per_edge
    given, ranges, work = np.zeros(size), shares(rows.offsets, threads), compiled("rank_round")
    for done in range(rounds):
        given, gives = gives, given
        restart = 1 - damping + damping * idle
        each = restart if len(jump) else restart / size
        fixed = (given, sizes, jump, damping, each, rank, gives)
        parts = together(partial(_round, work, rows, fixed), ranges)
        idle, change = sum(part[0] for part in parts), sum(part[1] for part in parts)
        if moved:
            moved(done + 1, rounds)
    return rank, change


def core_numbers(graph: WholeGraph, threads: int = 1) -> Nodes:
    """Return each node's k-core: the most k such that it keeps k neighbours of its own kind."""
    along, against = graph.customers, graph.suppliers
    degree = np.zeros(graph.nodes_count, np.int32)
    two = (along.offsets, along.nodes, against.offsets, against.nodes)
    counted = compiled("count_neighbours")
    together(lambda low, high: counted(*two, low, high, degree), shares(along.offsets, threads))
    alive = np.arange(graph.nodes_count, dtype=np.int32)
    compiled("peel")(*two, degree, alive, np.empty(graph.nodes_count, np.int32))
    return degree


def degrees(rows: Rows) -> Nodes:
    """Return how many edges each node has in one direction."""
    return np.diff(rows.offsets).astype(np.int32)


@dataclass(frozen=True, slots=True)
class Reached:
    """Who is around some nodes, nearest first."""

    nodes: Nodes
    tiers: Nodes
    came_from: Nodes
    """The place in `nodes` that each was reached from; where one starts, its own place."""
    left_out: int
    """At least so many more were next when the bound was met."""
    hubs: int
    """Nodes of too many neighbours that were not gone through, or not reached."""


@dataclass(frozen=True, slots=True)
class Walk:
    """How far and through whom a neighbourhood goes."""

    tiers: int = TIERS_MAX
    upstream: bool = True
    downstream: bool = False
    most: int = REACHED_DEFAULT
    through_most: int | None = None
    """A node with more edges than this is reached but not gone through."""
    skip_hubs: bool = False
    """Such a node is not even reached."""

    def __post_init__(self) -> None:
        if not 1 <= self.tiers <= TIERS_MAX:
            raise Invalid("whole.tiers_out_of_range", tiers=self.tiers, most=TIERS_MAX)
        if not 1 <= self.most <= REACHED_MAX:
            raise Invalid("whole.bound_out_of_range", bound=self.most, most=REACHED_MAX)
        assert self.upstream or self.downstream


def around(graph: WholeGraph, node: int, walk: Walk, view: View | None = None) -> Reached:
    """Return who is around a node, tier by tier, through edges in view; always bounded."""
    if not 0 <= node < graph.nodes_count:
        raise Invalid("whole.no_such_node", node=node, count=graph.nodes_count)
    view = view or View()
    bound = min(walk.most, graph.nodes_count)
    found, came = np.empty(bound, np.int32), np.empty(bound, np.int32)
    seen = np.zeros(graph.nodes_count, np.uint8)
    found[0], came[0], seen[node] = node, 0, 1
    through = _ALL_NODES if walk.through_most is None else walk.through_most
    ends, first, left_out, hubs = [1], 0, 0, 0
    sides = [graph.suppliers] * walk.upstream + [graph.customers] * walk.downstream
    sizes = (graph.suppliers.offsets, graph.customers.offsets)
    rest = (through, walk.skip_hubs, view.day, view.relations_bits, view.flags, seen, found, came)
    for _ in range(walk.tiers):
        reached = ends[-1]
        for place, rows in enumerate(sides):
            given = (rows.offsets, rows.nodes, rows.marks, *sizes, first, ends[-1], *rest)
            reached, cut, met = compiled("spread")(*given, reached)
            left_out += cut
            hubs += met if walk.skip_hubs or place == 0 else 0
        first = ends[-1]
        if reached == first:
            break
        ends.append(reached)
    tiers = np.repeat(np.arange(len(ends), dtype=np.int32), np.diff([0, *ends]))
    return Reached(found[: ends[-1]], tiers, came[: ends[-1]], left_out, hubs)


def _round(
    work: Callable[..., Any], rows: Rows, fixed: tuple[Any, ...], low: int, high: int
) -> tuple[float, float]:
    idle, change = work(rows.offsets, rows.nodes, low, high, *fixed)
    return float(idle), float(change)


def _restarts(core: Sequence[int], size: int) -> Floats:
    """Return the share of restarts of each node; empty where all are alike."""
    if not len(core):
        return np.empty(0)
    chosen = np.unique(np.asarray(core, np.int64))
    if len(chosen) > CORE_FIRMS_MAX:
        raise Invalid("whole.too_many_core_firms", count=len(chosen), most=CORE_FIRMS_MAX)
    if chosen[0] < 0 or chosen[-1] >= size:
        wrong = int(chosen[0] if chosen[0] < 0 else chosen[-1])
        raise Invalid("whole.no_such_node", node=wrong, count=size)
    jump = np.zeros(size)
    jump[chosen] = 1 / len(chosen)
    return jump


def _most_frequent(parent: Nodes) -> int:
    """Return the label that most of a thousand nodes, evenly spread, have: the giant's."""
    probes = parent[:: max(len(parent) // _GUESSES, 1)].copy()
    for _ in range(len(parent).bit_length()):
        further = parent[probes]
        if np.array_equal(further, probes):
            break
        probes = further
    labels, votes = np.unique(probes, return_counts=True)
    return int(labels[votes.argmax()]) if len(labels) else 0
