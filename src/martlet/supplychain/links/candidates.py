"""Which materials are worth ranking for a product, and everything that speaks for each.

Candidates come from the sheets (like names, rules, company, what is common) and from names that
no product uses yet (found in the product's name, alike to it or to what it probably uses); what
was coined from a product's name stands for that product alone.
Guards that what the product is known to use, and the product itself, are never among them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.supplychain.links.asked import STRUCK, Sheets, ask, echo, sheets_of
from martlet.supplychain.links.limits import BLOCK, SHEET_CELLS_MAX
from martlet.supplychain.links.matrices import (
    Floats,
    Integers,
    Sparse,
    dense,
    dots,
    row_sums,
    top_of_rows,
)
from martlet.supplychain.links.names_text import parts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from martlet.supplychain.links.asked import Asked
    from martlet.supplychain.links.upstream_graph import UpstreamGraph

TAKEN = {
    "text": 40,
    "rest_text": 20,
    "votes": 40,
    "votes_both": 40,
    "rules": 40,
    "best_rule": 20,
    "rules_end": 20,
    "company_rate": 20,
    "echo_votes": 40,
    "echo_rules": 40,
    "common": 20,
}
"""How many of each sheet's first are looked at; more found hardly any true one."""

LISTED_TAKEN = {"text": 40, "rest_text": 20, "echo_votes": 30, "echo_rules": 30}
"""The same for names that no product uses yet."""

SHEETS = (
    "text",
    "rest_text",
    "votes",
    "votes_few",
    "votes_many",
    "votes_both",
    "rules",
    "best_rule",
    "rules_end",
    "rules_start",
    "rules_inner",
    "company",
    "company_rate",
    "best_company",
    "like_known",
    "echo_votes",
    "echo_rules",
)
RELATIVE = ("text", "votes", "votes_both", "rules", "rules_end", "echo_rules")
PART_COLUMNS = ("part_chars", "part_share", "part_starts", "part_ends", "part_whole")
OWN_COLUMNS = (
    "users",
    "mates",
    "part_rate",
    "in_names",
    "material_chars",
    "is_product",
    "coined",
    "reads_used",
    "kinds_below",
    "kinds_above",
    "is_wider",
)
PRODUCT_COLUMNS = ("product_chars", "known", "nearest", "parts")
PAIR_COLUMNS = ("material_covered", "product_covered", "rest_covered", "lift")
COLUMNS = (
    *SHEETS,
    *(f"{name}_relative" for name in RELATIVE),
    *PART_COLUMNS,
    *OWN_COLUMNS,
    *PRODUCT_COLUMNS,
    *PAIR_COLUMNS,
)
"""The columns of what speaks for a candidate, in the order in which the ranker knows them."""

_SMALL = 1e-3
_TINY = 1e-6


@dataclass(frozen=True)
class Proposals:
    """Candidates of a block of products, by product, with what speaks for each."""

    names: Sequence[str]
    product: Integers
    """Place of the product among `names`; in ascending order."""
    material: Integers
    columns: Floats
    neighbours: Integers
    """The nearest products of each product, as numbers of the graph."""

    def column(self, name: str) -> Floats:
        """Return one column by its name."""
        return self.columns[:, COLUMNS.index(name)]


def proposals(graph: UpstreamGraph, names: Sequence[str]) -> Iterator[Proposals]:
    """Yield the candidates of products, a block at a time."""
    size = min(BLOCK, max(1, SHEET_CELLS_MAX // max(graph.used, len(graph.products), 1)))
    for start in range(0, len(names), size):
        yield propose(graph, names[start : start + size])


def propose(graph: UpstreamGraph, names: Sequence[str]) -> Proposals:
    """Return the candidates of one block of products."""
    asked = ask(graph, names)
    sheets, nearest, near = sheets_of(graph, asked)
    echoes = {
        "echo_votes": echo(graph, sheets["votes"]),
        "echo_rules": echo(graph, sheets["rules"]),
    }
    for name, text in echoes.items():
        sheets[name] = dense(text @ graph.used_text_by_gram)
        for row, known in enumerate(asked.known):
            sheets[name][row, known] = STRUCK
    parts = _Parts(graph, asked)
    product, material = _chosen(graph, asked, sheets, echoes, parts)
    columns = _columns(graph, asked, sheets, echoes, parts, (product, material))
    columns["nearest"] = near.max(axis=1)[product]
    return Proposals(
        names,
        product,
        material,
        np.column_stack([columns[name] for name in COLUMNS]).astype(np.float32),
        nearest,
    )


class _Parts:
    """The known names inside each product's name, as rows of `values`; row 0 is "not inside"."""

    def __init__(self, graph: UpstreamGraph, asked: Asked) -> None:
        self.row: dict[tuple[int, int], int] = {}
        values: list[tuple[float, ...]] = [(0.0,) * len(PART_COLUMNS)]
        self.whole = np.zeros(len(asked.names), np.float32)
        for row, name in enumerate(asked.names):
            inside = parts_of(name, graph.material_number)
            for number, start, end in inside:
                if (row, number) in self.row:
                    continue
                size = end - start
                whole = not any(a <= start and b >= end and b - a > size for _, a, b in inside)
                self.row[row, number] = len(values)
                self.whole[row] += whole
                values.append((size, size / len(name), start == 0, end == len(name), whole))
        self.values = np.array(values, np.float32)

    def of(self, product: Integers, material: Integers) -> Floats:
        """Return the columns of pairs."""
        get = self.row.get
        pairs = zip(product.tolist(), material.tolist(), strict=True)
        return self.values[[get(pair, 0) for pair in pairs]]


def _chosen(
    graph: UpstreamGraph,
    asked: Asked,
    sheets: Sheets,
    echoes: dict[str, Sparse],
    parts: _Parts,
) -> tuple[Integers, Integers]:
    """Return the pairs to be ranked, by product and then by material."""
    count, used = len(asked.names), graph.used
    mask = np.zeros((count, len(graph.materials)), bool)
    for name, most in TAKEN.items():
        most = min(most, used)  # noqa: PLW2901 - a small graph has fewer
        if name == "common":
            mask[:, np.argsort(-graph.users[:used], kind="stable")[:most]] = True
            continue
        top = np.argpartition(-sheets[name], most - 1, axis=1)[:, :most]
        np.put_along_axis(mask, top, values=True, axis=1)
    if used < graph.listed:
        for name, most in LISTED_TAKEN.items():
            text = {"text": asked.text, "rest_text": asked.rest_text, **echoes}[name]
            rows, at = top_of_rows(text @ graph.listed_text_by_gram, most)
            mask[rows, at + used] = True
    for row, number in parts.row:
        mask[row, number] = True
    for row, known in enumerate(asked.known):
        mask[row, known] = False
        own = graph.material_number.get(asked.names[row])
        if own is not None:
            mask[row, own] = False
    product, material = mask.nonzero()
    return product.astype(np.int64), material.astype(np.int64)


def _columns(
    graph: UpstreamGraph,
    asked: Asked,
    sheets: Sheets,
    echoes: dict[str, Sparse],
    parts: _Parts,
    pairs: tuple[Integers, Integers],
) -> dict[str, Floats]:
    product, material = pairs
    used = material < graph.used
    columns: dict[str, Floats] = {}
    texts = {"text": asked.text, "rest_text": asked.rest_text, **echoes}
    for name in SHEETS:
        values = np.zeros(len(product), np.float32)
        values[used] = sheets[name][product[used], material[used]]
        if name in texts and not used.all():
            values[~used] = dots(texts[name], graph.material_text, product[~used], material[~used])
        columns[name] = values
    for name in RELATIVE:
        highest = np.maximum(sheets[name].max(axis=1), _TINY)
        columns[f"{name}_relative"] = columns[name] / highest[product]
    columns |= dict(zip(PART_COLUMNS, parts.of(product, material).T, strict=True))
    columns["parts"] = parts.whole[product]
    _add_own(graph, asked, columns, product, material)
    own_chars: Floats = np.maximum(row_sums(asked.chars), np.float32(_TINY))
    shared = dots(asked.chars, graph.material_grams, product, material)
    rest = dots(asked.rest_chars, graph.material_grams, product, material)
    columns["material_covered"] = shared / graph.char_weight[material]
    columns["product_covered"] = shared / own_chars[product]
    columns["rest_covered"] = rest / graph.char_weight[material]
    return columns


def _add_own(
    graph: UpstreamGraph,
    asked: Asked,
    columns: dict[str, Floats],
    product: Integers,
    material: Integers,
) -> None:
    """Add what is known of the material alone, and of the product alone."""
    users = graph.users[material]
    columns["users"] = np.log1p(users)
    columns["mates"] = graph.mates[material]
    columns["part_rate"] = graph.part_rate[material]
    columns["in_names"] = np.log1p(graph.in_names[material])
    columns["material_chars"] = graph.lengths[material]
    columns["is_product"] = graph.is_product[material]
    columns["coined"] = graph.coined[material]
    columns["reads_used"] = graph.reads_used[material]
    columns["kinds_below"] = np.log1p(graph.kinds_below[material])
    columns["kinds_above"] = np.log1p(graph.kinds_above[material])
    wider: list[set[str]] = [graph.wider.get(name, set()) for name in asked.names]
    columns["is_wider"] = np.array(
        [
            bool(wider[row]) and graph.materials[number] in wider[row]
            for row, number in zip(product.tolist(), material.tolist(), strict=True)
        ],
        np.float32,
    )
    columns["product_chars"] = np.array([len(name) for name in asked.names], np.float32)[product]
    columns["known"] = np.array([len(each) for each in asked.known], np.float32)[product]
    share = users / max(float(graph.materials_of.sum()), 1.0)
    columns["lift"] = np.log((columns["rules"] + _SMALL) / (share + _SMALL))
