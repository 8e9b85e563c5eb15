"""The products that are asked about, a block at a time, and the sheets of scores over materials.

A sheet holds one kind of evidence for every product asked × every material in use. Guards that
a product never speaks for itself: it is struck out of its own neighbours, and what it is known
to use is struck off every sheet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.supplychain.links.limits import KNOWN_MAX
from martlet.supplychain.links.matrices import (
    Floats,
    Integers,
    Sparse,
    dense,
    filled,
    largest_of_rows,
    ones,
    row_sums,
    scaled_columns,
    unit_rows,
)
from martlet.supplychain.links.names_text import without

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.supplychain.links.upstream_graph import UpstreamGraph

NEIGHBOURS = 30
NEIGHBOURS_FEW, NEIGHBOURS_MANY = 8, 100
SHARED_USE_WEIGHT = 0.7
ECHO_SOURCES, ECHO_GRAMS = 40, 80
"""How many materials' names, and how many of their runs of characters, are echoed."""

STRUCK = -1e3
"""What stands on a sheet where a material is known already: below anything."""

_TINY = 1e-6
Sheets = dict[str, Floats]


@dataclass(frozen=True)
class Asked:
    """A block of products, as the sheets need them."""

    names: Sequence[str]
    known: Sequence[Sequence[int]]
    grams: Sparse
    text: Sparse
    rest_text: Sparse
    """What is left of each name without the materials that are known."""
    rest_chars: Sparse
    chars: Sparse
    uses: Sparse


def ask(graph: UpstreamGraph, names: Sequence[str]) -> Asked:
    """Return a block of products, laid out against the graph."""
    known = [graph.known(name) for name in names]
    looked_at = [each[:KNOWN_MAX] for each in known]
    grams = graph.grams.matrix(names)
    rests = [
        without(name, (graph.materials[number] for number in each))
        for name, each in zip(names, looked_at, strict=True)
    ]
    rest_grams = graph.grams.matrix(rests)
    single = graph.grams.chosen(graph.grams.single)
    return Asked(
        names,
        known,
        grams,
        graph.grams.weighed(grams),
        graph.grams.weighed(rest_grams),
        scaled_columns(rest_grams, single),
        scaled_columns(grams, single),
        ones(looked_at, graph.used),
    )


def sheets_of(graph: UpstreamGraph, asked: Asked) -> tuple[Sheets, Integers, Floats]:
    """Return every sheet, the nearest products of each product asked, and how near they are."""
    alike = dense(asked.text @ graph.product_text_by_gram)
    for row, name in enumerate(asked.names):
        own = graph.product_number.get(name)
        if own is not None:
            alike[row, own] = 0
    sheets: Sheets = {}
    sheets["text"] = dense(asked.text @ graph.used_text_by_gram)
    sheets["rest_text"] = dense(asked.rest_text @ graph.used_text_by_gram)
    nearest = _add_votes(graph, asked, alike, sheets)
    _add_rules(graph, asked, sheets)
    _add_company(graph, asked, sheets)
    for row, known in enumerate(asked.known):
        for sheet in sheets.values():
            sheet[row, known] = STRUCK
    near = np.take_along_axis(alike, nearest, axis=1)
    order = np.argsort(-near, axis=1, kind="stable")
    return (
        sheets,
        np.take_along_axis(nearest, order, axis=1),
        np.take_along_axis(near, order, axis=1),
    )


def _nearest(alike: Floats, count: int) -> Integers:
    count = min(count, alike.shape[1])
    if count == alike.shape[1]:
        return np.argsort(-alike, axis=1)
    found: Integers = np.argpartition(-alike, count, axis=1)[:, :count]
    return found


def _votes(graph: UpstreamGraph, alike: Floats, nearest: Integers, power: float) -> Floats:
    weights = np.take_along_axis(alike, nearest, axis=1) ** np.float32(power)
    rows = np.repeat(np.arange(len(alike)), nearest.shape[1])
    chosen = filled(rows, nearest.ravel(), weights.ravel(), alike.shape)
    total = np.maximum(weights.sum(axis=1), _TINY).astype(np.float32)
    voted: Floats = dense(chosen @ graph.uses) / total[:, None]
    return voted


def _add_votes(graph: UpstreamGraph, asked: Asked, alike: Floats, sheets: Sheets) -> Integers:
    """Let products of like names vote for what they use."""
    nearest = _nearest(alike, NEIGHBOURS)
    sheets["votes"] = _votes(graph, alike, nearest, 1.5)
    sheets["votes_few"] = _votes(graph, alike, _nearest(alike, NEIGHBOURS_FEW), 2.0)
    sheets["votes_many"] = _votes(graph, alike, _nearest(alike, NEIGHBOURS_MANY), 1.0)
    rarity = np.log1p(len(graph.products) / np.maximum(graph.users[: graph.used], 1.0))
    own = unit_rows(scaled_columns(asked.uses, rarity.astype(np.float32)))
    both = alike + SHARED_USE_WEIGHT * dense(own @ graph.use_text_by_material)
    for row, name in enumerate(asked.names):
        at = graph.product_number.get(name)
        if at is not None:
            both[row, at] = 0
    sheets["votes_both"] = _votes(graph, both, _nearest(both, NEIGHBOURS), 1.5)
    return nearest


def _add_rules(graph: UpstreamGraph, asked: Asked, sheets: Sheets) -> None:
    """Ask the rules "products with this in their name use that", all and by place in the name."""
    sheets["rules"] = dense(asked.text @ graph.rule)
    sheets["best_rule"] = largest_of_rows(graph.strict_rule, asked.grams)
    grams = graph.grams
    for name, mask in (
        ("rules_end", grams.final),
        ("rules_start", grams.first),
        ("rules_inner", grams.inner),
    ):
        weighed = scaled_columns(asked.grams, grams.chosen(mask))
        total: Floats = np.maximum(row_sums(weighed), np.float32(_TINY))
        sheets[name] = dense(weighed @ graph.rule) / total[:, None]


def _add_company(graph: UpstreamGraph, asked: Asked, sheets: Sheets) -> None:
    """Ask what goes together with the materials that are known."""
    sheets["company"] = dense(asked.uses @ graph.company)
    sheets["company_rate"] = dense(asked.uses @ graph.company_rate)
    sheets["best_company"] = largest_of_rows(graph.company_rate, asked.uses)
    known_text = asked.uses @ graph.material_text[: graph.used]
    sheets["like_known"] = dense(known_text @ graph.used_text_by_gram)


def _sparse_top(sheet: Floats) -> Sparse:
    """Return only the largest values of each row."""
    count = min(ECHO_SOURCES, sheet.shape[1])
    top = np.argpartition(-sheet, count - 1, axis=1)[:, :count]
    values = np.maximum(np.take_along_axis(sheet, top, axis=1), 0)
    rows = np.repeat(np.arange(len(sheet)), count)
    return filled(rows, top.ravel(), values.ravel(), sheet.shape)


def echo(graph: UpstreamGraph, sheet: Floats) -> Sparse:
    """Return the text of the materials that a sheet proposes first, weighed by how much."""
    text = (_sparse_top(sheet) @ graph.material_text[: graph.used]).tocsr()
    for row in range(text.shape[0]):
        values = text.data[text.indptr[row] : text.indptr[row + 1]]
        if len(values) > ECHO_GRAMS:
            values[values < np.partition(values, -ECHO_GRAMS)[-ECHO_GRAMS]] = 0
    text.eliminate_zeros()
    return unit_rows(text)
