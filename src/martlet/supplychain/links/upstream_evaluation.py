"""How well materials that were hidden are found again, beside plain methods.

The protocol: an edge is hidden where md5("head|tail") mod 100 is 80 or more; everything is learnt
from the others; each hidden edge is one question, its product's known and other hidden materials
struck out of the ranking; a material that is not proposed counts as never found. Guards that
nothing of the hidden part is seen in learning but, where the row says so, the bare names.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.kernel.errors import Invalid
from martlet.supplychain.links.plain_methods import plain_ranks
from martlet.supplychain.links.upstream import learn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from martlet.supplychain.links.matrices import Wide
    from martlet.supplychain.links.model import Pair, Vocabulary
    from martlet.supplychain.links.upstream import Upstream

    Moved = Callable[[int, int | None], None]

HIDDEN_FROM = 80
HUNDRED = 100
RESAMPLES = 1000
"""Resamples of products for the 95 per cent interval."""

NEVER = np.inf
CUTS = (1, 10, 50)
BINS = (0.0, 0.01, 0.03, 0.1, 0.2, 0.4, 1.0)
"""Edges of the table of probabilities: most candidates are unlikely, so it is finer there."""

Ranks = dict["Pair", float]


def is_hidden(pair: Pair) -> bool:
    """Tell on which side of the split an edge falls; the same for everybody, for ever."""
    digest = hashlib.md5(f"{pair[0]}|{pair[1]}".encode(), usedforsecurity=False).hexdigest()
    return int(digest, 16) % HUNDRED >= HIDDEN_FROM


def evaluate(
    edges: Sequence[Pair], vocabulary: Vocabulary, seed: int, moved: Moved | None = None
) -> dict[str, Any]:
    """Return the figures of every setting and of the plain methods, and how they were measured."""
    hidden = sorted(pair for pair in edges if is_hidden(pair))
    shown = sorted(pair for pair in edges if not is_hidden(pair))
    if not hidden or not shown:
        raise Invalid("links.split_empty", edges=len(edges))
    all_tails = tuple(sorted({material for _, material in edges}))
    settings: dict[str, Vocabulary] = {
        "edges_alone": replace(vocabulary, names=(), kinds=()),
        "all_tails_known_by_name": replace(vocabulary, names=all_tails, kinds=()),
    }
    if vocabulary.names or vocabulary.kinds:
        settings["with_products_and_kinds_given"] = vocabulary
    heads = {product for product, _ in shown}
    figures: dict[str, Any] = {}
    for place, (name, names) in enumerate(settings.items()):
        learnt = learn(shown, names, np.random.default_rng(seed))
        ranks, sure, drawn = _ranks(learnt, hidden, _matched(shown, hidden, all_tails, seed))
        figures[name] = {
            **_figures(ranks, heads, seed),
            "auc_degree_matched": _auc(ranks, drawn, hidden),
            "probabilities": _calibration(sure),
        }
        if moved is not None:
            moved(place + 1, len(settings) + 1)
    plain = plain_ranks(shown, hidden, all_tails)
    if moved is not None:
        moved(len(settings) + 1, len(settings) + 1)
    return {
        "protocol": "md5(head|tail) mod 100 >= 80 hidden; filtered; misses count as never found",
        "edges_count": len(edges),
        "edges_hidden_count": len(hidden),
        "heads_hidden_count": len({product for product, _ in hidden}),
        "tails_count": len(all_tails),
        "share_of_tails_unseen": _share(hidden, {tail for _, tail in shown}, 1),
        "share_of_heads_unseen": _share(hidden, heads, 0),
        "ranked": figures,
        "plain_methods_all_tails": {
            name: _figures(ranks, heads, seed) for name, ranks in plain.items()
        },
    }


def _share(hidden: Sequence[Pair], seen: set[str], end: int) -> float:
    return round(float(np.mean([pair[end] not in seen for pair in hidden])), 4)


Sure = tuple["npt.NDArray[np.float64]", "npt.NDArray[np.bool_]"]


def _ranks(
    learnt: Upstream, hidden: Sequence[Pair], matched: Sequence[Pair]
) -> tuple[Ranks, Sure, Ranks]:
    """Return each hidden edge's filtered rank, probabilities with the truth, and wrong ranks."""
    wanted: dict[str, set[str]] = {}
    for product, material in hidden:
        wanted.setdefault(product, set()).add(material)
    products = sorted(wanted)
    graph = learnt.graph_for(products)
    ranks: Ranks = dict.fromkeys(hidden, NEVER)
    wrong: Ranks = dict.fromkeys(matched, NEVER)
    chances, truths = [], []
    for block in learnt.ranked(graph, products):
        found = block.proposals
        order = np.lexsort((found.material, -block.scores, found.product))
        others = dict.fromkeys(found.names, 0)
        place = dict.fromkeys(found.names, 0)
        true = np.zeros(len(order), bool)
        for number, at in enumerate(order.tolist()):
            product = found.names[found.product[at]]
            material = graph.materials[found.material[at]]
            place[product] += 1
            if material in wanted[product]:
                ranks[product, material] = place[product] - others[product]
                others[product] += 1
                true[number] = True
            elif (product, material) in wrong:
                wrong[product, material] = place[product] - others[product]
        chances.append(block.probabilities[order].astype(np.float64))
        truths.append(true)
    return ranks, (np.concatenate(chances), np.concatenate(truths)), wrong


def _matched(
    shown: Sequence[Pair], hidden: Sequence[Pair], tails: Sequence[str], seed: int
) -> list[Pair]:
    """Return, for each hidden edge, one that is in no list, to a tail used about as often."""
    rng = np.random.default_rng(seed)
    uses = Counter(tail for _, tail in shown)
    alike: dict[int, list[str]] = {}
    for tail in tails:
        alike.setdefault(uses[tail].bit_length(), []).append(tail)
    true = {*shown, *hidden}
    drawn = []
    for product, material in hidden:
        among = alike[uses[material].bit_length()]
        for _ in range(HUNDRED):
            pair = (product, among[int(rng.integers(len(among)))])
            if pair not in true:
                break
        drawn.append(pair)
    return drawn


def _auc(ranks: Ranks, wrong: Ranks, hidden: Sequence[Pair]) -> float:
    """Return how often a true edge stands above a wrong one of its product; neither found: half."""
    by_product: dict[str, list[float]] = {}
    for (product, _), place in wrong.items():
        by_product.setdefault(product, []).append(place)
    wins = []
    for pair in hidden:
        for place in by_product[pair[0]]:
            own = ranks[pair]
            wins.append(0.5 if own == place else float(own < place))
    return round(float(np.mean(wins)), 4)


def _figures(ranks: Mapping[Pair, float], heads: set[str], seed: int) -> dict[str, Any]:
    """Return the figures of a ranking, whole and by whether the product was known before."""
    pairs = sorted(ranks)
    places = np.array([ranks[pair] for pair in pairs])
    known = np.array([product in heads for product, _ in pairs])
    rows = np.unique([product for product, _ in pairs], return_inverse=True)[1]
    figures: dict[str, Any] = {"questions_count": len(pairs), **_of(places)}
    for name, values in (("mrr", 1.0 / places), ("hits_at_10", (places <= CUTS[1]) * 1.0)):
        figures[f"{name}_interval"] = _interval(values, rows, seed)
    figures["candidate_recall"] = round(float(np.mean(np.isfinite(places))), 4)
    figures["product_known"] = _of(places[known])
    figures["product_new"] = _of(places[~known])
    return figures


def _of(places: npt.NDArray[np.float64]) -> dict[str, float]:
    if not len(places):
        return {}
    figures = {"mrr": round(float(np.mean(1.0 / places)), 4)}
    for cut in CUTS:
        figures[f"hits_at_{cut}"] = round(float(np.mean(places <= cut)), 4)
    return figures


def _interval(values: Wide, rows: npt.NDArray[np.int64], seed: int) -> list[float]:
    """Return the 95 per cent interval of a mean, whole products drawn again and again."""
    rng = np.random.default_rng(seed)
    total = np.bincount(rows, values)
    count = np.bincount(rows).astype(np.float64)
    drawn = rng.integers(0, len(total), (RESAMPLES, len(total)))
    means = total[drawn].sum(axis=1) / count[drawn].sum(axis=1)
    return [round(float(each), 4) for each in np.quantile(means, (0.025, 0.975))]


def _calibration(sure: Sure) -> list[dict[str, Any]]:
    """Return, by bin of probability, what was said and what was true."""
    chances, true = sure
    rows = []
    for low, high in pairwise(BINS):
        inside = (chances >= low) & (chances < high)
        if inside.any():
            rows.append(
                {
                    "from": low,
                    "to": high,
                    "candidates_count": int(inside.sum()),
                    "said": round(float(chances[inside].mean()), 4),
                    "true": round(float(true[inside].mean()), 4),
                }
            )
    return rows
