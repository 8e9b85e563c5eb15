"""Plain methods to hold the ranker against: how used a material is, like names, PageRank.

Each ranks every tail of the whole file, known by name, for each product. Guards that they play
by the ranker's own rules: filtered, and what gets no score at all counts as never found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from martlet.supplychain.links.limits import BLOCK
from martlet.supplychain.links.matrices import Floats, dense, ones, scaled_rows
from martlet.supplychain.links.model import Vocabulary
from martlet.supplychain.links.upstream_graph import UpstreamGraph

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from martlet.supplychain.links.model import Pair

    Method = Callable[[Sequence[str]], Floats]

RESTART = 0.15
ROUNDS = 10
"""PageRank from the product itself: after ten rounds less than a fifth of it still moves."""


class PlainMethods:
    """The plain methods over one graph."""

    def __init__(self, shown: Sequence[Pair], all_tails: Sequence[str]) -> None:
        self.graph = UpstreamGraph(shown, Vocabulary(tuple(all_tails)))
        graph = self.graph
        self._text_by_gram = graph.material_text.T.tocsr()
        self._down = scaled_rows(graph.uses, 1.0 / np.maximum(graph.materials_of, 1.0))
        users = np.maximum(graph.users[: graph.used], 1.0)
        self._up = scaled_rows(graph.uses.T.tocsr(), 1.0 / users)

    def popularity(self, products: Sequence[str]) -> Floats:
        """Return how many products use each material, the same for every product."""
        return np.tile(self.graph.users, (len(products), 1))

    def text(self, products: Sequence[str]) -> Floats:
        """Return how alike the names of product and material are."""
        grams = self.graph.grams
        return dense(grams.weighed(grams.matrix(products)) @ self._text_by_gram)

    def pagerank(self, products: Sequence[str]) -> Floats:
        """Return the PageRank of each material from the product; none for one never seen."""
        graph = self.graph
        own = [
            [number] if (number := graph.product_number.get(name)) is not None else []
            for name in products
        ]
        start = dense(ones(own, len(graph.products)))
        at, found = start, np.zeros((len(products), graph.used), np.float32)
        for _ in range(ROUNDS):
            found = np.asarray((self._down.T @ at.T).T, np.float32)
            at = (1 - RESTART) * np.asarray((self._up.T @ found.T).T, np.float32) + RESTART * start
        result = np.zeros((len(products), len(graph.materials)), np.float32)
        result[:, : graph.used] = found
        return result


def plain_ranks(
    shown: Sequence[Pair], hidden: Sequence[Pair], all_tails: Sequence[str]
) -> Mapping[str, dict[Pair, float]]:
    """Return, by method, the filtered rank of every hidden edge; ties count half."""
    methods = PlainMethods(shown, all_tails)
    wanted: dict[str, list[str]] = {}
    for product, material in hidden:
        wanted.setdefault(product, []).append(material)
    products = sorted(wanted)
    told: dict[str, Method] = {
        "text_similarity": methods.text,
        "pagerank": methods.pagerank,
        "popularity": methods.popularity,
    }
    ranks: dict[str, dict[Pair, float]] = {name: {} for name in told}
    for start in range(0, len(products), BLOCK):
        block = products[start : start + BLOCK]
        for name, method in told.items():
            scores = method(block)
            for row, product in enumerate(block):
                found = _filtered(methods.graph, scores[row], product, wanted[product])
                ranks[name].update(found)
    return ranks


def _filtered(
    graph: UpstreamGraph, scores: Floats, product: str, wanted: Sequence[str]
) -> dict[Pair, float]:
    true = [graph.material_number[name] for name in wanted]
    left = scores.copy()
    left[graph.known(product)] = -np.inf
    left[true] = -np.inf
    ranks: dict[Pair, float] = {}
    for name, number in zip(wanted, true, strict=True):
        own = scores[number]
        above, level = int((left > own).sum()), int((left == own).sum())
        ranks[product, name] = above + level / 2 + 1 if own > 0 else np.inf
    return ranks
