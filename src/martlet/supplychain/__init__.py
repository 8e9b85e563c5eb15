"""大雁 Wild Goose's eye: a small firm by its place in the chain, with how each fact is known.

The graph holds firms, products, industries, patents and tenders, and directed edges between them,
each with its source, the day since when it is known, the period it describes and how sure it is.
An inferred edge is never evidence: it is shown, ranked and reviewed, and raises no line.
"""

from martlet.supplychain.model import (
    ENDS,
    VERIFYING,
    Edge,
    Neighbourhood,
    Node,
    NodeKind,
    Placed,
    Provenance,
    Relation,
    SourceKind,
    node_key,
)

__all__ = [
    "ENDS",
    "VERIFYING",
    "Edge",
    "Neighbourhood",
    "Node",
    "NodeKind",
    "Placed",
    "Provenance",
    "Relation",
    "SourceKind",
    "node_key",
]
