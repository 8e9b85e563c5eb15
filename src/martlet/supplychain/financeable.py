"""Who around a firm could be financed: firms whose place in the chain a trade itself has proved.

The invariant: what is published, stated or inferred makes nobody a candidate; only the trace of a
trade does (an invoice, a contract, a transfer), and the one who is looked from is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.supplychain.model import VERIFYING, NodeKind, Relation

if TYPE_CHECKING:
    from martlet.supplychain.model import Edge, Neighbourhood

_TRADES = frozenset({Relation.SUPPLIES, Relation.DISTRIBUTES_FOR, Relation.PAYS})


def could_be_financed(around: Neighbourhood) -> dict[str, tuple[Edge, ...]]:
    """Return the firms that could be financed, each with the trades that show it, newest first."""
    firms = {one.node.key for one in around.placed if one.node.kind is NodeKind.FIRM}
    found: dict[str, list[Edge]] = {}
    for edge in around.edges:
        if edge.relation in _TRADES and edge.provenance.source in VERIFYING:
            for key in (edge.from_key, edge.to_key):
                if key in firms and key != around.center.key:
                    found.setdefault(key, []).append(edge)
    return {
        key: tuple(sorted(edges, key=lambda edge: edge.provenance.known_at, reverse=True))
        for key, edges in found.items()
    }
