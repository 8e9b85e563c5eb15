"""Reads a chain's file, refuses what is not a chain, and gives it as nodes and edges of the graph.

The invariant: every node reaches a core product (or the core industry) downstream, nothing goes
round in a circle, no generic word is a node, and every edge names a source of the file. The tier
is not written but counted: the fewest steps from the core, so that it cannot contradict the edges.
"""

from __future__ import annotations

import tomllib
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from martlet.kernel.calendar import SHANGHAI
from martlet.kernel.errors import Invalid, NotFound
from martlet.supplychain.chains.limits import GENERIC, NODES_MAX, NODES_MIN, WAYS_MAX
from martlet.supplychain.model import (
    Edge,
    Node,
    NodeKind,
    Provenance,
    Relation,
    SourceKind,
    node_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CHAINS = (
    *("automobile", "medical", "construction", "telecom"),
    *("dairy", "textiles", "appliances", "photovoltaic", "machinery"),
)
"""The chains in the order in which they are listed: the four that were named, then five more."""

_RELATIONS = (Relation.MATERIAL_OF, Relation.KIND_OF, Relation.FEEDS)


@dataclass(frozen=True, slots=True)
class Worded:
    """The same words in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Source:
    """A public standard, statistic or disclosure that an edge rests on."""

    key: str
    name: Worded


@dataclass(frozen=True, slots=True)
class ChainNode:
    """A product or an industry, and how many steps upstream of the core it stands."""

    name: Worded
    kind: NodeKind
    tier: int
    code: str = ""
    """The industry's code in GB/T 4754-2017."""


@dataclass(frozen=True, slots=True)
class ChainEdge:
    """One directed tie by the Chinese names of its ends."""

    from_name: str
    relation: Relation
    to_name: str
    source: Source


@dataclass(frozen=True, slots=True)
class Chain:
    """One industry's chain."""

    name: str
    title: Worded
    reason: Worded
    """Why this chain is among the nine."""
    known_on: date
    core: tuple[str, ...]
    nodes: tuple[ChainNode, ...]
    edges: tuple[ChainEdge, ...]


@cache
def chain_named(name: str) -> Chain:
    """Return one of the chains that ship with the house."""
    if name not in CHAINS:
        raise NotFound("chains.unknown", name=name[:40], known=", ".join(CHAINS))
    path = files("martlet.supplychain.chains") / f"{name}.toml"
    return read_chain(name, tomllib.loads(path.read_text("utf-8")))


def read_chain(name: str, table: Mapping[str, Any]) -> Chain:
    """Return a chain from a file's table, or say what makes it none."""
    words = {zh: Worded(zh, en) for zh, en in table["products"].items()}
    codes = {zh: (code, Worded(zh, en)) for zh, (code, en) in table["industries"].items()}
    core = tuple(table["core"])
    edges = tuple(_edges_of(name, table))
    _require_known(name, (*core, table["core_industry"]), {*words, *codes}, edges)
    _require_a_chain(name, {*words, *codes}, edges)
    tiers = _tiers({*core, table["core_industry"]}, edges)
    if lost := sorted({*words, *codes} - tiers.keys()):
        raise Invalid("chains.not_reached", chain=name, node=lost[0])
    nodes = [ChainNode(words[zh], NodeKind.PRODUCT, tiers[zh]) for zh in words]
    nodes += [ChainNode(w, NodeKind.INDUSTRY, tiers[zh], c) for zh, (c, w) in codes.items()]
    return Chain(
        name,
        Worded(**table["title"]),
        Worded(**table["reason"]),
        table["known_on"],
        core,
        tuple(sorted(nodes, key=lambda node: (node.kind.value, node.tier))),
        edges,
    )


def facts_of(chain: Chain) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """Return a chain as the graph knows it: published data, known since the file's date."""
    known_at = datetime.combine(chain.known_on, time(0), SHANGHAI)
    kinds = {node.name.zh: node.kind for node in chain.nodes}

    def key(name: str) -> str:
        return node_key(kinds[name], name)

    nodes = tuple(
        Node(
            key(node.name.zh),
            node.kind,
            node.name.zh,
            {"name_en": node.name.en} | ({"industry_code": node.code} if node.code else {}),
        )
        for node in chain.nodes
    )
    edges = tuple(
        Edge(
            key(edge.from_name),
            edge.relation,
            key(edge.to_name),
            Provenance(SourceKind.DATASET, f"chains/{chain.name}: {edge.source.name.zh}", known_at),
        )
        for edge in chain.edges
    )
    return nodes, edges


def _edges_of(name: str, table: Mapping[str, Any]) -> Iterator[ChainEdge]:
    """Yield the edges: relation, then source, then what things go into, then the things."""
    sources = {key: Source(key, Worded(**words)) for key, words in table["sources"].items()}
    for relation in _RELATIONS:
        for key, told in table.get(relation.value, {}).items():
            if key not in sources:
                raise Invalid("chains.source_unknown", chain=name, source=key)
            for downstream, upstream in told.items():
                for one in upstream:
                    yield ChainEdge(one, relation, downstream, sources[key])


def _require_known(
    name: str, core: tuple[str, ...], known: set[str], edges: tuple[ChainEdge, ...]
) -> None:
    """Refuse ends that the file does not list, and names that no other spelling can find."""
    for word in (*core, *(end for edge in edges for end in (edge.from_name, edge.to_name))):
        if word not in known:
            raise Invalid("chains.node_unknown", chain=name, node=word)
    for word in known:
        if word in GENERIC:
            raise Invalid("chains.generic", chain=name, node=word)
        if unicodedata.normalize("NFKC", word).strip() != word:
            raise Invalid("chains.spelling", chain=name, node=word)


def _require_a_chain(name: str, known: set[str], edges: tuple[ChainEdge, ...]) -> None:
    """Refuse circles, ties told twice, hubs, and files too small or too large for one page."""
    if not NODES_MIN <= len(known) <= NODES_MAX:
        raise Invalid(
            "chains.size", chain=name, nodes_count=len(known), least=NODES_MIN, most=NODES_MAX
        )
    before: dict[str, set[str]] = {}
    after: dict[str, set[str]] = {}
    for edge in edges:
        told = before.setdefault(edge.to_name, set())
        if edge.from_name in told:
            raise Invalid(
                "chains.told_twice", chain=name, node=edge.from_name, product=edge.to_name
            )
        told.add(edge.from_name)
        after.setdefault(edge.from_name, set()).add(edge.to_name)
    for ways in (before, after):
        for node, ends in ways.items():
            if len(ends) > WAYS_MAX:
                raise Invalid("chains.hub", chain=name, node=node, ways_count=len(ends))
    try:
        TopologicalSorter(before).prepare()
    except CycleError as circle:
        raise Invalid("chains.circle", chain=name, node=str(circle.args[1][0])) from None


def _tiers(core: set[str], edges: tuple[ChainEdge, ...]) -> dict[str, int]:
    """Return the fewest steps upstream from the core; a kind stands on the tier of its class."""
    upstream: dict[str, list[tuple[str, int]]] = {}
    for edge in edges:
        step = 0 if edge.relation is Relation.KIND_OF else 1
        upstream.setdefault(edge.to_name, []).append((edge.from_name, step))
    tiers = dict.fromkeys(core, 0)
    frontier = sorted(core)
    while frontier:
        node = frontier.pop(0)
        for one, step in upstream.get(node, ()):
            if tiers[node] + step < tiers.get(one, NODES_MAX):
                tiers[one] = tiers[node] + step
                frontier.append(one)
    return tiers
