"""The whole graph as arrays: each node's customers in one run of numbers, its suppliers in another.

The invariant: both directions hold the same edges, rows are sorted, no edge joins a node to itself,
and none stands twice. Where edges carry marks (since when known, relation, inferred, confidence),
a view of them is answered on the arrays; where they carry none, all of them are in view.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.supplychain.whole.engine import compiled, shares, together

if TYPE_CHECKING:
    from martlet.supplychain.whole.marks import View

    Offsets = np.ndarray[Any, np.dtype[np.int64]]
    Nodes = np.ndarray[Any, np.dtype[np.int32]]
    Marks = np.ndarray[Any, np.dtype[np.uint32]]

NO_MARKS: Marks = np.empty(0, np.uint32)


@dataclass(frozen=True, slots=True)
class Rows:
    """One direction: the neighbours of node u are nodes[offsets[u]:offsets[u + 1]]."""

    offsets: Offsets
    nodes: Nodes
    marks: Marks

    def of(self, node: int) -> Nodes:
        """Return one node's neighbours, sorted."""
        return self.nodes[self.offsets[node] : self.offsets[node + 1]]


@dataclass(frozen=True, slots=True)
class WholeGraph:
    """Both directions of one set of edges; nodes are numbers from zero."""

    customers: Rows
    """Along the edges: from whom goods, money or rights go, to whom."""
    suppliers: Rows
    """Against the edges."""

    @property
    def nodes_count(self) -> int:
        """How many nodes there are, with and without edges."""
        return len(self.customers.offsets) - 1

    @property
    def edges_count(self) -> int:
        """How many edges there are."""
        return int(self.customers.offsets[-1])

    @property
    def marked(self) -> bool:
        """Whether edges carry marks, so that a view can choose among them."""
        return len(self.customers.marks) > 0

    def turned(self) -> WholeGraph:
        """Return the same graph with every edge the other way round; nothing is copied."""
        return replace(self, customers=self.suppliers, suppliers=self.customers)

    def seen(self, view: View, threads: int = 1) -> WholeGraph:
        """Return the graph of the edges in view, each pair once and without marks."""
        given = self.customers
        if not self.marked:
            return self
        offsets = np.zeros(self.nodes_count + 1, np.int64)
        nodes = np.empty(self.edges_count, np.int32)
        bits = (view.day, view.relations_bits, view.flags)
        compiled("select")(given.offsets, given.nodes, given.marks, *bits, offsets, nodes)
        # A copy of its own length: the rest of the room goes back to the machine.
        customers = Rows(offsets, nodes[: int(offsets[-1])].copy(), NO_MARKS)
        return WholeGraph(customers, turned_rows(customers, threads))


def turned_rows(rows: Rows, threads: int) -> Rows:
    """Return rows laid the other way round."""
    size, edges = len(rows.offsets) - 1, int(rows.offsets[-1])
    nodes = rows.nodes[:edges]
    offsets = row_offsets(nodes, size, threads)
    out = np.empty(edges, np.int32)
    marks = np.empty(edges if len(rows.marks) else 0, np.uint32)
    cursor, work = offsets[:-1].copy(), compiled("transpose")
    together(
        lambda low, high: work(rows.offsets, nodes, rows.marks, low, high, cursor, out, marks),
        shares(offsets, threads),
    )
    return Rows(offsets, out, marks)


def row_offsets(keys: Nodes, size: int, threads: int) -> Offsets:
    """Return where each key's row begins when values are laid out by key."""
    offsets = np.zeros(size + 1, np.int64)
    cuts = np.linspace(0, size, threads + 1).astype(np.int64).tolist()
    ranges = [(cuts[place], cuts[place + 1]) for place in range(threads)]
    together(lambda low, high: compiled("count")(keys, low, high, offsets), ranges)
    np.cumsum(offsets, out=offsets)
    return offsets
