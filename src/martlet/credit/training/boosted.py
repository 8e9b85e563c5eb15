"""Train a challenger: LightGBM under declared directions, begun at the expert's curves.

Learnt on the given cases and on no others. How long to boost is not chosen but averaged: models of
different lengths are weighed by cross-validation inside the given cases, and since a shorter one is
the beginning of a longer one, their average is one ensemble whose later trees count less. What
leaves is whole numbers; LightGBM is needed here alone. Same cases and seed: same bytes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.credit.boosted import THRESHOLD_MAX, BoostedTrees, Feature, Tree
from martlet.credit.scorecard import Direction
from martlet.credit.training.arrays import column_of
from martlet.credit.training.candidates import INVOICE_CANDIDATES
from martlet.credit.training.fit import require_cases, stratified_folds
from martlet.credit.training.intervals import pd_bounds
from martlet.credit.training.logistic import fit_logistic
from martlet.credit.training.prior_trees import MICRO, Growing, curve_tree, scaled
from martlet.credit.training.scale import (
    ANCHOR_ODDS,
    ANCHOR_SCORE,
    FIRST_SCORE,
    POINTS_PER_LOGIT,
    pd_table,
)
from martlet.kernel.errors import missing_extra

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from martlet.credit.training.arrays import Floats, Integers, Truths
    from martlet.credit.training.candidates import Candidate

LENGTHS = (0, 5, 10, 20, 40, 80, 160)
"""Rounds of boosting that are weighed; none at all is the expert's curves alone."""
LENGTHS_OF_MANY = (*LENGTHS, 320)
"""With many bad cases there is more to learn than 160 small steps reach."""
INNER_FOLDS = 5
INNER_REPEATS = 2
PENALTY = 10.0
"""How strongly the weight of the prior, and the slope of the calibration, are held at one."""
CURVE_PENALTY = 50.0
"""How strongly each curve's weight is held at that of all: fifty cases' worth. Boosting can only
add, so a curve that many cases show to be too steep must be let down before it begins."""
SHARE_MIN = 0.01
"""A length that earns less of the average than this is left out."""
MICRO_PER_POINT = round(MICRO / POINTS_PER_LOGIT)
_ZERO_POINTS = ANCHOR_SCORE - math.log(ANCHOR_ODDS) * POINTS_PER_LOGIT
"""The score of even odds, on the scale of every model of the house."""
_FEW = 200
"""Bad cases below which trees stay smaller, a leaf may hold fewer cases, and boosting is short."""


@dataclass(frozen=True, slots=True)
class TrainedTrees:
    """A challenger and how it came about."""

    model: BoostedTrees
    shares: Mapping[int, float]
    """How much of the average each length of boosting makes up."""
    slope: float
    shift: float


@dataclass(frozen=True, slots=True)
class _Grown:
    """A model before calibration: the prior's trees, then the boosted ones in their order."""

    base_micro: int
    prior: tuple[Tree, ...]
    boosted: tuple[Tree, ...]
    gains: Floats

    def micro_at(self, lengths: Sequence[int], columns: Floats) -> Integers:
        """Return the log-odds (millionths) of each case after so many rounds, a row a length."""
        values, missing = _whole(columns)
        total = np.full(len(columns), self.base_micro, dtype=np.int64)
        for tree in self.prior:
            total += tree.worth_columns(values, missing)
        found = []
        for done, wanted in pairwise((0, *lengths)):
            for tree in self.boosted[done:wanted]:
                total = total + tree.worth_columns(values, missing)
            found.append(total)
        return np.stack(found)


def train_trees(
    frame: pl.DataFrame,
    bad: Truths,
    candidates: Sequence[Candidate] = INVOICE_CANDIDATES,
    *,
    seed: int = 1,
    name: str = "challenger",
    version: str = "1",
    about: Mapping[str, str | int] | None = None,
) -> TrainedTrees:
    """Return a challenger trained on these cases alone (columns named by kind; null: missing)."""
    require_cases(bad)
    columns = np.column_stack([column_of(frame, part.kind) for part in candidates])
    rng = np.random.default_rng(seed)
    shares, inner = _weigh_lengths(columns, bad, candidates, rng)
    line = fit_logistic(
        inner.reshape(-1, 1),
        np.tile(~bad, INNER_REPEATS),
        np.ones(1),
        PENALTY * INNER_REPEATS,
    )
    slope, shift = float(line.weights[0]), line.intercept
    pds = pd_table(slope, shift)
    low, high = pd_bounds(inner.reshape(INNER_REPEATS, -1), bad, pds, PENALTY, rng)
    grown = _grow(columns, bad, candidates, max(shares))
    model = BoostedTrees(
        name=name,
        version=version,
        features=_features(candidates, grown.gains),
        base_micro=grown.base_micro + round((_ZERO_POINTS + 0.5) * MICRO_PER_POINT),
        micro_per_point=MICRO_PER_POINT,
        trees=(*grown.prior, *_averaged(grown.boosted, shares)),
        first_score=FIRST_SCORE,
        pd_ppm_by_score=pds,
        about=dict(about or {}),
        pd_low_ppm_by_score=low,
        pd_high_ppm_by_score=high,
    )
    return TrainedTrees(model, shares, slope, shift)


def _weigh_lengths(
    columns: Floats, bad: Truths, candidates: Sequence[Candidate], rng: np.random.Generator
) -> tuple[dict[int, float], Floats]:
    """Return each length's share, and the held-out log-odds of their average.

    A share follows the likelihood of the held-out cases under that length.
    """
    lengths = LENGTHS if int(bad.sum()) < _FEW else LENGTHS_OF_MANY
    held_out = np.zeros((len(lengths), INNER_REPEATS, len(bad)))
    for repeat in range(INNER_REPEATS):
        folds = stratified_folds(bad, INNER_FOLDS, rng)
        for fold in range(INNER_FOLDS):
            test = folds == fold
            grown = _grow(columns[~test], bad[~test], candidates, lengths[-1])
            held_out[:, repeat, test] = grown.micro_at(lengths, columns[test]) / MICRO
    surprise = (np.logaddexp(0.0, held_out) - (~bad) * held_out).sum(axis=2).mean(axis=1)
    raw = np.exp(surprise.min() - surprise)
    raw[raw < SHARE_MIN * raw.sum()] = 0.0
    share = raw / raw.sum()
    shares = {length: float(part) for length, part in zip(lengths, share, strict=True) if part}
    return shares, np.tensordot(share, held_out, axes=1).reshape(-1)


def _grow(columns: Floats, bad: Truths, candidates: Sequence[Candidate], rounds: int) -> _Grown:
    """Return the prior, weighed on these cases, and what boosting adds to it in so many rounds."""
    values, missing = _whole(columns)
    curves = [curve_tree(i, part, columns[:, i]) for i, part in enumerate(candidates)]
    worth = np.column_stack([tree.worth_columns(values, missing) for tree in curves]) / MICRO
    common = fit_logistic(worth.sum(axis=1, keepdims=True), ~bad, np.ones(1), PENALTY).weights
    line = fit_logistic(worth, ~bad, np.repeat(common, len(curves)), CURVE_PENALTY)
    weights = zip(curves, line.weights.tolist(), strict=True)
    prior = tuple(scaled(tree, weight) for tree, weight in weights)
    base_micro = round(line.intercept * MICRO)
    start = base_micro + np.sum([tree.worth_columns(values, missing) for tree in prior], axis=0)
    if not rounds:
        return _Grown(base_micro, prior, (), np.zeros(len(candidates)))
    trees, gains = _boost(columns, bad, start / MICRO, candidates, rounds)
    return _Grown(base_micro, prior, trees, gains)


def _boost(
    columns: Floats, bad: Truths, start: Floats, candidates: Sequence[Candidate], rounds: int
) -> tuple[tuple[Tree, ...], Floats]:
    """Return the trees that LightGBM adds, in whole numbers, and each feature's gain."""
    lightgbm = _lightgbm()
    few = int(bad.sum()) < _FEW
    parameters = {
        "objective": "binary",
        "learning_rate": 0.05,
        "num_leaves": 4 if few else 8,
        "min_data_in_leaf": 10 if few else 100,
        "lambda_l2": 5.0,
        "monotone_constraints": [1 if c.direction is Direction.HIGHER else -1 for c in candidates],
        # The basic method keeps the whole of one side at or below the other, which is what the
        # artefact's own check asks for.
        "monotone_constraints_method": "basic",
        "boost_from_average": False,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "seed": 1,
        "verbose": -1,
    }
    data = lightgbm.Dataset(
        columns, label=(~bad).astype(np.float64), init_score=start, params=parameters
    )
    booster = lightgbm.train(parameters, data, num_boost_round=rounds)
    told = booster.dump_model()["tree_info"]
    trees = [_tree_of(part["tree_structure"]) for part in told]
    # Where nothing is left to split LightGBM stops early; a tree of one leaf stands for no change.
    trees += [Tree((), (), (), (), (), (0,))] * (rounds - len(trees))
    return tuple(trees), np.asarray(booster.feature_importance("gain"), dtype=np.float64)


def _tree_of(told: Mapping[str, Any]) -> Tree:
    """Return a tree of LightGBM's in whole numbers.

    Values are whole, so a threshold may be lowered to the whole number below it. Where no case was
    missing while it learnt, a missing value goes where more of the cases went.
    """
    growing = Growing()

    def grow(node: Mapping[str, Any]) -> int:
        if "split_feature" not in node:
            return growing.leaf(round(node["leaf_value"] * MICRO))
        below, above = node["left_child"], node["right_child"]
        assert node["decision_type"] == "<=", node["decision_type"]
        learnt = node["missing_type"] == "NaN"
        at = growing.split(
            node["split_feature"],
            math.floor(min(max(node["threshold"], -THRESHOLD_MAX), THRESHOLD_MAX)),
            missing_left=node["default_left"] if learnt else _count(below) >= _count(above),
        )
        growing.left[at] = grow(below)
        growing.right[at] = grow(above)
        return at

    grow(told)
    return growing.grown()


def _count(node: Mapping[str, Any]) -> int:
    return int(node.get("internal_count", node.get("leaf_count", 0)))


def _averaged(trees: Sequence[Tree], shares: Mapping[int, float]) -> list[Tree]:
    """Return the trees of the average: each counts as much as the lengths that contain it do."""
    found = []
    for place, tree in enumerate(trees):
        kept = scaled(tree, sum(share for length, share in shares.items() if length > place))
        if any(kept.leaf_micro):
            found.append(kept)
    return found


def _features(candidates: Sequence[Candidate], gains: Floats) -> tuple[Feature, ...]:
    """Return the features with their shares of what boosting gained."""
    whole = max(float(gains.sum()), 1e-12)
    return tuple(
        Feature(part.kind, part.direction, round(MICRO * float(gain) / whole))
        for part, gain in zip(candidates, gains, strict=True)
    )


def _whole(columns: Floats) -> tuple[Integers, Truths]:
    """Return values by feature (rows) as whole numbers, and where they are missing."""
    missing = np.isnan(columns).T
    return np.where(missing, 0.0, columns.T).astype(np.int64), missing


def _lightgbm() -> Any:  # noqa: ANN401 - a library without types
    try:
        import lightgbm  # noqa: PLC0415 - only who trains a challenger needs it
    except ImportError as error:
        raise missing_extra("boosting", "lightgbm") from error
    return lightgbm
