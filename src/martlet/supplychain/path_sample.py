"""Explanations drawn by chance over a whole set of edges, and the check that each of them holds.

The invariant: the check trusts nothing that the search says. It looks at every hop again, counts
degrees anew from the edges, and names what is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.supplychain.generic import is_generic
from martlet.supplychain.model import NodeKind, Relation
from martlet.supplychain.path_limits import PRODUCT_HOPS_MAX
from martlet.supplychain.paths import Explanation, explain, neighbours_of
from martlet.supplychain.tie import FIRM_LEVEL, PRODUCT_RELATIONS, in_force

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from martlet.supplychain.model import Edge
    from martlet.supplychain.paths import Neighbours, Path

SPEAKS_FOR = frozenset({Relation.SUPPLIES, Relation.DISTRIBUTES_FOR, Relation.WON_TENDER})
"""What a firm needs one of to be drawn, or a payment, or a patent on a product: without it there is
no claim of its own to explain."""


@dataclass(frozen=True, slots=True)
class PathSample:
    """What was drawn, what was explained, and what the check found wrong."""

    explanations: tuple[Explanation, ...]
    firms_count: int
    cores_count: int
    pairs_tried: int
    problems: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return its figures as a JSON value."""
        paths = [path for one in self.explanations for path in one.paths]
        hops = [hop for path in paths for hop in path.hops]
        return {
            "pairs_tried": self.pairs_tried,
            "explained": len(self.explanations),
            "paths": len(paths),
            "hops": len(hops),
            "hops_with_source_and_date": sum(
                bool(hop.edge.provenance.reference and hop.edge.provenance.known_at) for hop in hops
            ),
            "paths_with_an_inferred_hop": sum(path.inferred for path in paths),
            "through_generic_hubs": sum("generic" in problem for problem in self.problems),
            "problems": list(self.problems),
            "firms": self.firms_count,
            "cores": self.cores_count,
        }


def draw(
    edges: Sequence[Edge],
    as_of: datetime,
    count: int,
    seed: int,
    tried_max: int,
    name_of: Callable[[str], str] = lambda _: "",
) -> PathSample:
    """Return explanations of pairs drawn by chance, until so many are explained or were tried.

    A firm of which a trade or a patent is known, and a core firm that somebody supplies.
    """
    around = neighbours_of(edges, as_of)
    known = [edge for edge in edges if in_force(edge, as_of)]
    on_products = {one.from_key for one in known if one.relation is Relation.PATENT_COVERS}
    firms = sorted(
        {one.from_key for one in known if one.relation in SPEAKS_FOR}
        | {one.to_key for one in known if one.relation is Relation.PAYS}
        | {
            one.from_key
            for one in known
            if one.relation is Relation.HOLDS_PATENT and one.to_key in on_products
        }
    )
    cores = sorted(
        {one.to_key for one in known if one.relation in {Relation.SUPPLIES, Relation.TENDERED_BY}}
        | {one.from_key for one in known if one.relation is Relation.PAYS}
    )
    chance, found, tried = np.random.default_rng(seed), list[Explanation](), 0
    seen: set[tuple[str, str]] = set()
    while firms and cores and len(found) < count and tried < tried_max:
        pair = firms[chance.integers(len(firms))], cores[chance.integers(len(cores))]
        tried += 1
        if pair[0] == pair[1] or pair in seen:
            continue
        seen.add(pair)
        one = explain(*pair, around, as_of, name_of)
        if one.paths:
            found.append(one)
    problems = [p for one in found for p in problems_of(one, around, name_of)]
    return PathSample(tuple(found), len(firms), len(cores), tried, tuple(problems))


def merged(edges: Iterable[Edge]) -> list[Edge]:
    """Return edges in which a firm stands under one key, whatever entry of it an edge named."""
    told = list(edges)
    same = {e.from_key: e.to_key for e in told if e.relation is Relation.ALIAS_OF}

    def whole(key: str) -> str:
        seen = {key}
        while (key := same.get(key, key)) not in seen:
            seen.add(key)
        return key

    return [
        replace(edge, from_key=whole(edge.from_key), to_key=whole(edge.to_key))
        for edge in told
        if edge.relation is not Relation.ALIAS_OF
    ]


def problems_of(
    found: Explanation, around: Neighbours, name_of: Callable[[str], str] = lambda _: ""
) -> list[str]:
    """Return what is wrong with an explanation, a sentence each; nothing where all is right."""
    inner = [key for path in found.paths for key in path.inner_keys]
    wrong = [f"{key}: an inner node of two paths" for key in set(inner) if inner.count(key) > 1]
    for path in found.paths:
        ends = path.hops[0].start_key, path.hops[-1].end_key
        if ends != (found.firm_key, found.core_key):
            wrong.append(f"{ends}: not the ends that were asked about")
        wrong += _of_path(path, found.as_of, around, name_of)
    return wrong


def _of_path(
    path: Path, as_of: datetime, around: Neighbours, name_of: Callable[[str], str]
) -> list[str]:
    wrong = []
    edges = [hop.edge for hop in path.hops]
    for before, after in pairwise(path.hops):
        key, trades = before.end_key, before.verifying and after.verifying
        if is_generic(key, around(key).degree, name_of(key), between_trades=trades):
            wrong.append(f"{key}: generic")
        if key != after.start_key:
            wrong.append(f"{key}: a gap")
    for edge in edges:
        told, place = edge.provenance, f"{edge.from_key} {edge.relation} {edge.to_key}"
        if not told.reference or not told.source:
            wrong.append(f"{place}: no source")
        if not in_force(edge, as_of):
            wrong.append(f"{place}: not in force on the day")
    climbs = [i for i, edge in enumerate(edges) if edge.relation is Relation.KIND_OF]
    made = {Relation.MAKES, Relation.PATENT_COVERS}
    if any(edges[i - 1].relation not in made for i in climbs):
        wrong.append(f"{path.hops[0].start_key}: climbs after its first step")
    if sum(edge.relation in PRODUCT_RELATIONS for edge in edges) > PRODUCT_HOPS_MAX:
        wrong.append(f"{path.hops[0].start_key}: too many products")
    if not any(e.relation in FIRM_LEVEL and not e.provenance.inferred for e in edges):
        wrong.append(f"{path.hops[0].start_key}: nothing of this very firm")
    return wrong


def sheet(found: PathSample, names: Mapping[str, str]) -> list[str]:
    """Return the explanations as lines that a person can judge, one a path."""
    lines = []
    for one in found.explanations:
        lines.append(f"{named(one.firm_key, names)} → {named(one.core_key, names)}")
        for path in one.paths:
            steps = [named(path.hops[0].start_key, names)]
            for place, hop in enumerate(path.hops):
                told = hop.edge.provenance
                arrow = f"←{hop.edge.relation}—" if hop.against else f"—{hop.edge.relation}→"
                known = told.known_at.date().isoformat()
                mark = "*" if place == path.weakest else ""
                guess = f" inferred, p={told.confidence_ppm / 1e6:.2f}" if told.inferred else ""
                steps.append(f"{arrow} [{told.source} {told.reference} {known}{guess}]{mark}")
                steps.append(named(hop.end_key, names))
            lines.append(f"    {path.score_ppm / 1e6:.3f}  {' '.join(steps)}")
    return lines


def named(key: str, names: Mapping[str, str]) -> str:
    """Return what people call a node: its name, or its identifier; a product in brackets."""
    kind, _, identifier = key.partition(":")
    name = names.get(key) or identifier
    return f"〔{name}〕" if kind == NodeKind.PRODUCT else name
