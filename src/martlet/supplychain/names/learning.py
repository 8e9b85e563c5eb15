"""What confirmed pairs teach: habits of shortening, a choice among candidates, how sure it is.

The invariant: the choice is calibrated on pairs that its trees did not see (three folds), each pair
taught twice: with its firm in the register and with the firm taken out, so that "none of these"
is learnt as well. Nothing of a pair's own answer is among its features.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.supplychain.names.features import own_features, with_rivals
from martlet.supplychain.names.gathering import Queries
from martlet.supplychain.names.keeping import lesson
from martlet.supplychain.names.limits import LEARN_PAIRS_MAX, RANKED_CANDIDATES
from martlet.supplychain.names.ranking import (
    Groups,
    chances,
    fit_choice,
    fit_keeping,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from martlet.supplychain.names.features import Pairs
    from martlet.supplychain.names.gathering import Keeper, Source
    from martlet.supplychain.names.register import Floats, Ints

    Singles = npt.NDArray[np.float32]
    Chooser = Callable[[Singles], Floats]

FOLDS = 3
_ROUNDS_OF_READING = 2
"""Readings and habits are fitted in turn; a third round changes nothing."""


@dataclass(frozen=True)
class Brain:
    """What the matcher knows of names."""

    keeper: Keeper
    chooser: Chooser
    """Score of a candidate; "none of them" has score 0 where half of the queries are unknown."""
    learnt_pairs: int
    calibration_error: float | None = None
    """Mean gap between probability and truth, on pairs that the trees did not see."""


@dataclass(frozen=True)
class Lesson:
    """Rows to learn from: every confirmed pair with its firm in the register, and without."""

    features: Singles
    right: Floats
    query: Ints
    fold: Ints


def learn(
    source: Source, builtin: Keeper, keys: Sequence[str], truth: Ints, claimed: Ints
) -> Brain:
    """Return what confirmed pairs teach; `claimed` counts confirmed names by register row."""
    if len(keys) > LEARN_PAIRS_MAX:
        chosen = np.linspace(0, len(keys) - 1, LEARN_PAIRS_MAX).astype(np.int64)
        keys, truth = [keys[at] for at in chosen], truth[chosen]
    queries = Queries.of(source.register, keys)
    keeper = _habits(source, builtin, queries, truth)
    rows = _lesson(source, keeper, queries, truth, claimed)
    held_out = np.zeros(rows.right.size)
    for fold in range(FOLDS):
        part, rest = rows.fold != fold, rows.fold == fold
        chooser = fit_choice(
            rows.features[part], rows.right[part], Groups.of(rows.query[part]), seed=fold + 1
        )
        held_out[rest] = chooser(rows.features[rest])
    groups = Groups.of(rows.query)
    slope, shift = _calibrate(held_out, rows.right, groups)
    gap = calibration_error(chances(slope * held_out + shift, groups), rows.right)
    whole = fit_choice(rows.features, rows.right, groups, seed=FOLDS + 1)
    return Brain(keeper, lambda told: slope * whole(told) + shift, len(keys), gap)


def _habits(source: Source, builtin: Keeper, queries: Queries, truth: Ints) -> Keeper:
    keeper = builtin
    for _ in range(_ROUNDS_OF_READING):
        aligned = source.read(queries, truth, keeper)
        keeper = fit_keeping(*lesson(source.register, truth, aligned.places))
    return keeper


def _lesson(source: Source, keeper: Keeper, queries: Queries, truth: Ints, claimed: Ints) -> Lesson:
    features, right, query, fold = [], [], [], []
    count = len(queries.keys)
    for begin, block in queries.blocks():
        own_truth = truth[begin : begin + len(block.keys)]
        pairs = source.pairs(block, keeper, RANKED_CANDIDATES + 1)
        own = own_features(source.register, block.codes, pairs)
        correct = pairs.name == own_truth[pairs.query]
        # A pair's own confirmation is not evidence for it.
        known = claimed[pairs.name] - (correct & (claimed[pairs.name] > 0))
        order = np.arange(pairs.query.size)
        for present in (True, False):
            kept = _numbered(pairs, order if present else order[~correct])
            features.append(with_rivals(pairs.only(kept), own[kept], known[kept]))
            right.append(correct[kept].astype(np.float64))
            number = pairs.query[kept] + begin
            query.append(number + (0 if present else count))
            fold.append(number % FOLDS)
    return Lesson(
        np.concatenate(features), np.concatenate(right), np.concatenate(query), np.concatenate(fold)
    )


def _numbered(pairs: Pairs, rows: Ints) -> npt.NDArray[np.bool_]:
    """Return which pairs are the first few of their query among some rows."""
    query = pairs.query[rows]
    starts = Groups.of(query)
    rank = np.arange(rows.size) - starts.starts[starts.group]
    kept = np.zeros(pairs.query.size, bool)
    kept[rows[rank < RANKED_CANDIDATES]] = True
    return kept


def _calibrate(score: Floats, right: Floats, groups: Groups) -> tuple[float, float]:
    """Return the slope and shift under which held-out scores are likeliest."""
    from scipy.optimize import minimize  # noqa: PLC0415 - heavy, and an extra

    answered = np.add.reduceat(right, groups.starts)

    def surprise(line: Floats) -> float:
        chance = np.clip(chances(line[0] * score + line[1], groups), 1e-9, 1 - 1e-9)
        none = np.clip(1 - np.add.reduceat(chance, groups.starts), 1e-9, 1)
        told = float((right * np.log(chance)).sum())
        return -told - float(((1 - answered) * np.log(none)).sum())

    found = minimize(surprise, np.array([1.0, 0.0]), method="Nelder-Mead", options={"maxiter": 80})
    return float(found.x[0]), float(found.x[1])


def calibration_error(chance: Floats, right: Floats, bins: int = 10) -> float:
    """Return the mean gap between probability and share of truth over ten bands of probability."""
    band = np.minimum((chance * bins).astype(np.int64), bins - 1)
    size = np.bincount(band, minlength=bins)
    gap = np.abs(np.bincount(band, chance, bins) - np.bincount(band, right, bins))
    return float(gap.sum() / max(size.sum(), 1))
