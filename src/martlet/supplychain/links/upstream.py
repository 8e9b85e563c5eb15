"""What a product is made of, inferred: learnt from any list of product and material.

`learn` hides a tenth of the edges at a time, asks a graph of the rest for them, and fits the
order and its probabilities on the answers; `Upstream.suggest` then answers for any product,
known or not. Guards that no edge ever helps to find itself, and that what is known is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.kernel.errors import Invalid
from martlet.supplychain.links.candidates import Proposals, proposals
from martlet.supplychain.links.coined import PartReader
from martlet.supplychain.links.limits import ANSWERS_MAX, FOLDS, FOLDS_LEARNT, RANKER_EDGES_MIN
from martlet.supplychain.links.model import Suggestion, Vocabulary
from martlet.supplychain.links.ranking import (
    Curve,
    Examples,
    Ranker,
    fit_curve,
    fit_ranker,
    joined,
)
from martlet.supplychain.links.upstream_graph import UpstreamGraph
from martlet.supplychain.links.upstream_reasons import Reasons

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from martlet.supplychain.links.matrices import Floats
    from martlet.supplychain.links.model import Pair

    Moved = Callable[[int, int | None], None]

EDGES_MIN = 2
"""One edge cannot be hidden and still be learnt from."""


@dataclass(frozen=True)
class Ranked:
    """One block of proposals in order: scores and probabilities beside each."""

    proposals: Proposals
    scores: Floats
    probabilities: Floats


@dataclass(frozen=True)
class Upstream:
    """What was learnt: the edges, the names beside them, an order and a curve."""

    edges: tuple[Pair, ...]
    vocabulary: Vocabulary
    ranker: Ranker
    curve: Curve

    def graph_for(self, products: Sequence[str]) -> UpstreamGraph:
        """Return the graph that answers for these products, with what their names suggest."""
        return graph_of(self.edges, self.vocabulary, products)

    def ranked(self, graph: UpstreamGraph, products: Sequence[str]) -> Iterator[Ranked]:
        """Yield the candidates of products with scores and probabilities, block by block."""
        for each in proposals(graph, products):
            scores = self.ranker.scores(each.columns)
            yield Ranked(each, scores, self.curve.probabilities(scores, each.product))

    def suggest(
        self, products: Sequence[str], count: int, moved: Moved | None = None
    ) -> Iterator[Suggestion]:
        """Yield up to `count` materials of each product, likeliest first, each with its reasons.

        Products come in the order asked, each once. A name of nothing gets no answer.
        """
        if not 1 <= count <= ANSWERS_MAX:
            raise Invalid("links.count_outside", count=count, count_max=ANSWERS_MAX)
        wanted = list(dict.fromkeys(name for name in products if name))
        if not wanted:
            return
        graph = self.graph_for(wanted)
        done = 0
        for block in self.ranked(graph, wanted):
            yield from _suggestions(graph, block, count)
            done += len(block.proposals.names)
            if moved is not None:
                moved(done, len(wanted))


def _suggestions(graph: UpstreamGraph, block: Ranked, count: int) -> Iterator[Suggestion]:
    found = block.proposals
    reasons = Reasons(graph, found)
    order = np.lexsort((found.material, -block.scores, found.product))
    starts = np.searchsorted(found.product[order], np.arange(len(found.names) + 1))
    for place, product in enumerate(found.names):
        for rank, at in enumerate(order[starts[place] : starts[place + 1]][:count], start=1):
            yield Suggestion(
                product,
                graph.materials[found.material[at]],
                rank,
                float(block.probabilities[at]),
                reasons.of(int(at)),
            )


def graph_of(
    edges: Sequence[Pair], vocabulary: Vocabulary, products: Sequence[str]
) -> UpstreamGraph:
    """Return a graph of edges, listed names and what products' names suggest beyond both."""
    listed = {*vocabulary.names, *(material for _, material in edges)}
    coined = PartReader(edges).coin(products, listed)
    return UpstreamGraph(edges, Vocabulary(vocabulary.names, vocabulary.kinds, coined))


def examples_of(edges: Sequence[Pair], hidden: Sequence[Pair], vocabulary: Vocabulary) -> Examples:
    """Return what a graph of some edges says of the candidates for others that it lacks."""
    wanted: dict[str, set[str]] = {}
    for product, material in hidden:
        wanted.setdefault(product, set()).add(material)
    products = sorted(wanted)
    graph = graph_of(edges, vocabulary, products)
    parts, shift = [], 0
    for each in proposals(graph, products):
        number = graph.material_number
        true_of = [
            {number[name] for name in wanted[product] if name in number} for product in each.names
        ]
        pairs = zip(each.product.tolist(), each.material.tolist(), strict=True)
        true = np.array([material in true_of[product] for product, material in pairs], bool)
        parts.append(Examples(each.product + shift, each.columns, true))
        shift += len(each.names)
    return Examples(
        np.concatenate([part.product for part in parts]),
        np.concatenate([part.columns for part in parts]),
        np.concatenate([part.true for part in parts]),
    )


def learn(
    edges: Sequence[Pair],
    vocabulary: Vocabulary,
    rng: np.random.Generator,
    moved: Moved | None = None,
) -> Upstream:
    """Return what a list of edges teaches; self-loops and repeated edges count for nothing."""
    kept = sorted({(product, material) for product, material in edges if product != material})
    if len(kept) < EDGES_MIN:
        raise Invalid("links.edges_few", edges=len(kept), edges_min=EDGES_MIN)
    fold_of = rng.permutation(len(kept)) % min(FOLDS, len(kept))
    parts: list[Examples] = []
    learnt = min(FOLDS_LEARNT + 1, int(fold_of.max()) + 1)
    for fold in range(learnt):
        rest = [pair for pair, at in zip(kept, fold_of, strict=True) if at != fold]
        hidden = [pair for pair, at in zip(kept, fold_of, strict=True) if at == fold]
        parts.append(examples_of(rest, hidden, vocabulary))
        if moved is not None:
            moved(fold + 1, learnt + 1)
    ranker = Ranker()
    last = parts[-1]
    if len(kept) >= RANKER_EDGES_MIN:
        ranker = fit_ranker(joined(parts[:-1]), int(rng.integers(1, 2**31 - 1)))
    else:
        last = joined(parts)
    if moved is not None:
        moved(learnt + 1, learnt + 1)
    curve = fit_curve(ranker.scores(last.columns), last)
    return Upstream(tuple(kept), vocabulary, ranker, curve)
