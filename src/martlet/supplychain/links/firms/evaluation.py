"""How well links of later snapshots are foretold, beside what needs no learning.

The invariant: what ranks was learnt up to the cut; the pairs it is tried on came after, and were
in no snapshot before. AUC is against one pair drawn beside each, by each way of drawing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.kernel.errors import Invalid
from martlet.supplychain.links.firms.candidates import candidates
from martlet.supplychain.links.firms.features import describe
from martlet.supplychain.links.firms.learning import learn
from martlet.supplychain.links.firms.negatives import Draw, Pairs, draw, new_pairs

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from martlet.supplychain.links.firms.learning import Learnt
    from martlet.supplychain.links.firms.past import Floats, Numbers
    from martlet.supplychain.links.firms.snapshots import Snapshots

PLAIN = {
    "preferential_attachment": "preferential",
    "adamic_adar": "neighbours",
    "three_paths": "paths3",
    "walk_either_way": "walk3_either",
    "svd": "svd",
}
"""Methods that need no learning, and the column that each is."""
PAIRS_MAX = 20_000
SUPPLIERS_MAX = 400
TOPS = (10, 50, 100)


def evaluate(
    snapshots: Snapshots,
    train_to: date,
    seed: int = 6,
    moved: Callable[[int, int | None], None] | None = None,
) -> dict[str, Any]:
    """Return AUCs and ranking of links that came after a day, learnt up to that day."""
    before = snapshots.until(train_to)
    after = snapshots.pairs[len(before.days) :]
    if not before.days or not after:
        raise Invalid("firmlinks.nothing_after", day=train_to.isoformat())
    learnt = learn(before, seed, moved)
    later = np.unique(np.concatenate(after))
    fresh, unknown = new_pairs(learnt.past, later)
    if not len(fresh):
        raise Invalid("firmlinks.nothing_after", day=train_to.isoformat())
    rng = np.random.default_rng([seed, 2])
    tried = fresh.chosen(np.sort(rng.permutation(len(fresh))[:PAIRS_MAX]))
    others = {how: draw(learnt.past, later, tried, how, rng) for how in Draw}
    return {
        "train_to": before.days[-1].isoformat(),
        "tested_from": snapshots.days[len(before.days)].isoformat(),
        "tested_to": snapshots.days[-1].isoformat(),
        "learnt_pairs_count": learnt.learnt_pairs_count,
        "new_pairs_count": len(fresh),
        "pairs_with_an_unknown_firm_count": unknown,
        "tried_count": len(tried),
        "auc": _areas(learnt, tried, others),
        "ranking": _ranking(learnt, fresh, later, rng),
        "seed": seed,
        "definition": "AUC of new pairs of known firms against one pair beside each that was"
        " never seen; customer_matched keeps the supplier and takes a customer of the same degree",
    }


def area(good: Floats, bad: Floats) -> float:
    """Return how often a good one scores above a bad one; ties count half."""
    order = np.sort(bad)
    below = np.searchsorted(order, good, "left") + np.searchsorted(order, good, "right")
    return float(below.mean() / (2 * len(bad))) if len(good) and len(bad) else float("nan")


def _areas(learnt: Learnt, tried: Pairs, others: dict[Draw, Pairs]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {"martlet": {}, **{name: {} for name in PLAIN}}
    good = _columns(learnt, tried)
    for how, pairs in others.items():
        bad = _columns(learnt, pairs)
        for name, areas in found.items():
            areas[how.value] = round(area(good[name], bad[name]), 4)
    return found


def _columns(learnt: Learnt, pairs: Pairs) -> dict[str, Floats]:
    columns = describe(learnt.past, pairs.suppliers, pairs.customers)
    plain = {name: columns[column] for name, column in PLAIN.items()}
    return {"martlet": learnt.scores(pairs), **plain}


def _ranking(
    learnt: Learnt, fresh: Pairs, later: Numbers, rng: np.random.Generator
) -> dict[str, float]:
    """Return how high new customers stand in the lists; what is not listed is missed."""
    past = learnt.past
    asked = np.sort(rng.permutation(np.unique(fresh.suppliers))[:SUPPLIERS_MAX])
    found = candidates(past, asked)
    scores = learnt.scores(found)
    came = np.isin(found.suppliers * past.firms + found.customers, later)
    # Place within the supplier's list, from one on.
    order = np.lexsort((-scores, found.suppliers))
    ordered = found.suppliers[order]
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.arange(len(order)) - np.searchsorted(ordered, ordered, "left") + 1
    true = int(np.isin(fresh.suppliers, asked).sum())
    hits = ranks[came]
    told = {f"hits_at_{top}": round(float((hits <= top).sum() / true), 4) for top in TOPS}
    told |= {"listed": round(len(hits) / true, 4), "mrr": round(float((1 / hits).sum() / true), 4)}
    # Over firms at large, not over those alone that found a customer: that is what it promises.
    sample = np.sort(rng.permutation(past.known)[: 2 * SUPPLIERS_MAX])
    found = candidates(past, sample)
    chances = learnt.probabilities(learnt.scores(found))
    came = np.isin(found.suppliers * past.firms + found.customers, later)
    told |= {"suppliers_count": len(asked), "pairs_count": true}
    told |= {"expected_count": round(float(chances.sum()), 1), "came_count": int(came.sum())}
    return told
