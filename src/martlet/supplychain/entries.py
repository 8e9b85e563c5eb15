"""The entries of one firm as one: its register entry, its name, its former name.

Pure. The invariant: an entry is told under the entry that it is a name of, with the edges of all of
them; what only says that two entries are one firm is no tie between firms.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from martlet.supplychain.model import Neighbourhood, Placed, Relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from martlet.supplychain.model import Edge


def told_under(keys: Iterable[str], edges: Iterable[Edge]) -> dict[str, str]:
    """Return for each of these nodes the one that it is told under: its own, or its firm's."""
    named = {edge.from_key: edge.to_key for edge in edges if edge.relation is Relation.ALIAS_OF}
    placed = set(keys)
    firm_of = {}
    for start in placed:
        key, passed = start, {start}
        # Two entries that name each other are told under the one that is met first.
        while named.get(key) in placed and named[key] not in passed:
            key = named[key]
            passed.add(key)
        firm_of[start] = key if named.get(key) not in passed else min(passed)
    return firm_of


def joined_edges(edges: Iterable[Edge], firm_of: Mapping[str, str]) -> tuple[Edge, ...]:
    """Return the edges between firms, each end under its one key, every edge once."""
    told: dict[Edge, None] = {}
    for edge in edges:
        start, end = (firm_of.get(key, key) for key in (edge.from_key, edge.to_key))
        if start == end:
            continue
        same = (start, end) == (edge.from_key, edge.to_key)
        told[edge if same else replace(edge, from_key=start, to_key=end)] = None
    return tuple(told)


def joined(found: Neighbourhood) -> Neighbourhood:
    """Return a neighbourhood in which every firm stands once, at the nearest of its tiers."""
    nodes = {one.node.key: one.node for one in found.placed}
    firm_of = told_under(nodes, found.edges)
    tiers: dict[str, int] = {}
    for one in found.placed:
        key = firm_of[one.node.key]
        tiers[key] = min(tiers.get(key, one.tier), one.tier, key=abs)
    return replace(
        found,
        center=nodes[firm_of[found.center.key]],
        placed=tuple(Placed(nodes[key], tier) for key, tier in tiers.items()),
        edges=joined_edges(found.edges, firm_of),
    )


def other_names(names: Mapping[str, str], firm_of: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return what else each firm is called by its entries; nothing where all call it the same."""
    found: dict[str, dict[str, None]] = {}
    for key in sorted(firm_of):
        firm = firm_of[key]
        if key in names and firm in names and names[key] != names[firm]:
            found.setdefault(firm, {})[names[key]] = None
    return {firm: tuple(called) for firm, called in found.items()}
