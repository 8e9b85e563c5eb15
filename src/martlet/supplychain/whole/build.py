"""Build the whole graph from arrays of edge ends: two passes sort it, a third turns it round.

The invariant: what cannot be an edge (an end below zero or past the last node, a node joined to
itself, the same edge again) is left out and counted, and the answer does not depend on the order
in which edges are given nor on how many threads work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.kernel.errors import Invalid, TooLarge
from martlet.supplychain.whole.engine import compiled, shares, together
from martlet.supplychain.whole.graph import NO_MARKS, Rows, WholeGraph, row_offsets, turned_rows
from martlet.supplychain.whole.limits import EDGES_MAX, NODES_MAX

if TYPE_CHECKING:
    from martlet.supplychain.whole.graph import Marks, Nodes


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Edges that were given and do not stand in the graph, by why."""

    out_of_range_count: int = 0
    self_loops_count: int = 0
    repeats_count: int = 0


def build(
    sources: Nodes,
    targets: Nodes,
    nodes_count: int | None = None,
    marks: Marks = NO_MARKS,
    threads: int = 1,
) -> tuple[WholeGraph, LeftOut]:
    """Return the graph of these edges, and what was left out of it."""
    if len(sources) != len(targets) or len(marks) not in {0, len(sources)}:
        raise Invalid("whole.ends_differ", sources=len(sources), targets=len(targets))
    if len(sources) > EDGES_MAX:
        raise TooLarge("whole.too_many_edges", count=len(sources), most=EDGES_MAX)
    sources, targets, marks, strange = _in_range(sources, targets, marks, nodes_count)
    size = nodes_count
    if size is None:
        size = 1 + max(int(sources.max(initial=-1)), int(targets.max(initial=-1)))
    if size > NODES_MAX:
        raise TooLarge("whole.too_many_nodes", count=size, most=NODES_MAX)
    against = _by_target(sources, targets, marks, size, threads)
    along = turned_rows(against, threads)
    if len(marks):
        compiled("order_marks")(along.offsets, along.nodes, along.marks)
    loops, repeats = compiled("drop_repeats")(along.offsets, along.nodes, along.marks)
    edges = int(along.offsets[-1])
    customers = Rows(along.offsets, along.nodes[:edges], along.marks[:edges])
    # The first pass left rows in the order that edges were given in; turned back they are sorted.
    del against
    suppliers = turned_rows(customers, threads)
    return WholeGraph(customers, suppliers), LeftOut(strange, int(loops), int(repeats))


def _by_target(sources: Nodes, targets: Nodes, marks: Marks, size: int, threads: int) -> Rows:
    offsets = row_offsets(targets, size, threads)
    nodes = np.empty(len(sources), np.int32)
    out_marks = np.empty(len(marks), np.uint32)
    cursor, work = offsets[:-1].copy(), compiled("scatter")
    together(
        lambda low, high: work(targets, sources, marks, low, high, cursor, nodes, out_marks),
        shares(offsets, threads),
    )
    return Rows(offsets, nodes, out_marks)


def _in_range(
    sources: Nodes, targets: Nodes, marks: Marks, nodes_count: int | None
) -> tuple[Any, Any, Any, int]:
    """Return the edges whose ends can be nodes, as int32, and how many others there were."""
    end = NODES_MAX if nodes_count is None else nodes_count
    least = min(int(sources.min(initial=0)), int(targets.min(initial=0)))
    most = max(int(sources.max(initial=-1)), int(targets.max(initial=-1)))
    strange = 0
    if least < 0 or most >= end:
        fit = (sources >= 0) & (targets >= 0) & (sources < end) & (targets < end)
        strange = len(fit) - int(fit.sum())
        sources, targets = sources[fit], targets[fit]
        marks = marks[fit] if len(marks) else marks
    sources, targets = (np.ascontiguousarray(ends, np.int32) for ends in (sources, targets))
    return sources, targets, np.ascontiguousarray(marks, np.uint32), strange
