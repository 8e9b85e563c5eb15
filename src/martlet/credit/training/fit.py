"""Train a scorecard: bins, weights and calibration learnt on the given cases, and on no others.

Recipes (how many characteristics, how much the prior counts) are chosen by cross-validation inside
the given cases. The invariant: whoever calls `train` with the training part of a fold gets a model
that has not seen the other part in any way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.credit.scorecard import Characteristic, Scorecard
from martlet.credit.training.arrays import column_of
from martlet.credit.training.binning import Binning, BinningRules, bin_characteristic
from martlet.credit.training.candidates import INVOICE_CANDIDATES
from martlet.credit.training.logistic import Fit, fit_logistic
from martlet.credit.training.scale import FIRST_SCORE, base_points_of, pd_table, points_of_logit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from martlet.credit.training.arrays import Floats, Integers, Truths
    from martlet.credit.training.candidates import Candidate

INNER_FOLDS = 5
INNER_REPEATS = 2
CALIBRATION_PENALTY = 10.0
"""How strongly the calibration's slope is held at one: ten cases' worth."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a scorecard is cooked: the first so many candidates, and how much the prior counts."""

    characteristics: int
    prior_cases: float
    penalty: float


RECIPES: tuple[Recipe, ...] = tuple(
    Recipe(characteristics, prior_cases, penalty)
    for characteristics in (1, 3, 5, 8)
    for prior_cases in (20.0, 100.0)
    for penalty in (5.0, 50.0)
)


@dataclass(frozen=True, slots=True)
class Trained:
    """A scorecard and how it came about."""

    scorecard: Scorecard
    recipe: Recipe
    binnings: tuple[Binning, ...]
    fit: Fit
    slope: float
    shift: float


def train(
    frame: pl.DataFrame,
    bad: Truths,
    candidates: Sequence[Candidate] = INVOICE_CANDIDATES,
    *,
    seed: int = 1,
    name: str = "scorecard",
    version: str = "1",
    about: Mapping[str, str | int] | None = None,
) -> Trained:
    """Return a scorecard trained on these cases alone (columns named by kind; null: missing).

    The same cases and seed give the same scorecard, to the byte.
    """
    columns = np.column_stack([column_of(frame, part.kind) for part in candidates])
    recipe, inner = choose_recipe(columns, bad, candidates, np.random.default_rng(seed))
    chosen = candidates[: recipe.characteristics]
    binnings = _bin_all(columns, bad, chosen, recipe)
    fit = _weigh(columns, bad, binnings, recipe)
    target = np.tile(~bad, INNER_REPEATS)
    line = fit_logistic(
        inner.reshape(-1, 1), target, np.ones(1), CALIBRATION_PENALTY * INNER_REPEATS
    )
    card = Scorecard(
        name=name,
        version=version,
        base_points=base_points_of(fit.intercept),
        characteristics=_characteristics(chosen, binnings, fit),
        first_score=FIRST_SCORE,
        pd_ppm_by_score=pd_table(float(line.weights[0]), line.intercept),
        about=dict(about or {}),
    )
    return Trained(card, recipe, binnings, fit, float(line.weights[0]), line.intercept)


def choose_recipe(
    columns: Floats, bad: Truths, candidates: Sequence[Candidate], rng: np.random.Generator
) -> tuple[Recipe, Floats]:
    """Return the recipe with the least surprise on held-out parts, and its held-out log-odds."""
    held_out = {recipe: np.zeros((INNER_REPEATS, len(bad))) for recipe in RECIPES}
    for repeat in range(INNER_REPEATS):
        folds = stratified_folds(bad, INNER_FOLDS, rng)
        for fold in range(INNER_FOLDS):
            test = folds == fold
            for recipe, logits in held_out.items():
                chosen = candidates[: recipe.characteristics]
                binnings = _bin_all(columns[~test], bad[~test], chosen, recipe)
                fit = _weigh(columns[~test], bad[~test], binnings, recipe)
                logits[repeat, test] = fit.logit(_woe(columns[test], binnings))
    best = min(RECIPES, key=lambda recipe: _surprise(held_out[recipe], bad))
    return best, held_out[best].reshape(-1)


def stratified_folds(bad: Truths, folds: int, rng: np.random.Generator) -> Integers:
    """Return the fold of each case, good and bad ones dealt out evenly, by chance alone."""
    found = np.zeros(len(bad), dtype=np.int64)
    for group in (np.flatnonzero(bad), np.flatnonzero(~bad)):
        found[rng.permutation(group)] = np.arange(len(group)) % folds
    return found


def _bin_all(
    columns: Floats, bad: Truths, chosen: Sequence[Candidate], recipe: Recipe
) -> tuple[Binning, ...]:
    rules = BinningRules(prior_cases=recipe.prior_cases)
    return tuple(
        bin_characteristic(part, columns[:, place], bad, rules) for place, part in enumerate(chosen)
    )


def _woe(columns: Floats, binnings: Sequence[Binning]) -> Floats:
    return np.column_stack([part.woe_of(columns[:, i]) for i, part in enumerate(binnings)])


def _weigh(columns: Floats, bad: Truths, binnings: Sequence[Binning], recipe: Recipe) -> Fit:
    return fit_logistic(_woe(columns, binnings), ~bad, np.ones(len(binnings)), recipe.penalty)


def _surprise(logits: Floats, bad: Truths) -> float:
    return float((np.logaddexp(0.0, logits) - (~bad) * logits).mean())


def _characteristics(
    chosen: Sequence[Candidate], binnings: Sequence[Binning], fit: Fit
) -> tuple[Characteristic, ...]:
    """Return the characteristics in points; one whose weight came to nothing is left out."""
    parts = []
    for part, binning, weight in zip(chosen, binnings, fit.weights, strict=True):
        points = tuple(points_of_logit(float(weight) * woe) for woe in binning.woe)
        missing = points_of_logit(float(weight) * binning.missing_woe)
        edges, kept = _joined(binning.edges, points)
        if len(kept) > 1 or missing != kept[0]:
            parts.append(Characteristic(part.kind, part.direction, edges, kept, missing))
    return tuple(parts)


def _joined(
    edges: tuple[int, ...], points: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Join neighbouring bins that earn the same points."""
    kept_edges: list[int] = []
    kept_points = [points[0]]
    for edge, value in zip(edges, points[1:], strict=True):
        if value != kept_points[-1]:
            kept_edges.append(edge)
            kept_points.append(value)
    return tuple(kept_edges), tuple(kept_points)
