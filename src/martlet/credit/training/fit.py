"""Train a scorecard: bins, weights and calibration learnt on the given cases, and on no others.

Recipes (how many characteristics, how much the prior counts) are weighed by cross-validation inside
the given cases, and their models are averaged: models over the same characteristics add up to one
scorecard, and an average hangs less on chance than a choice does. Whoever calls `train` with the
training part of a fold gets a model that has not seen the other part in any way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.credit.scorecard import Characteristic, Scorecard
from martlet.credit.training.arrays import column_of
from martlet.credit.training.candidates import INVOICE_CANDIDATES
from martlet.credit.training.ingredients import (
    Model,
    Prepared,
    Recipe,
    edges_of,
    fit_model,
    prepare,
)
from martlet.credit.training.intervals import pd_bounds
from martlet.credit.training.logistic import fit_logistic
from martlet.credit.training.scale import FIRST_SCORE, base_points_of, pd_table, points_of_logit
from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from martlet.credit.training.arrays import Floats, Integers, Truths
    from martlet.credit.training.candidates import Candidate

INNER_FOLDS = 5
INNER_REPEATS = 4
BAG = 40
"""Models of each recipe, each on cases drawn anew; their average is smoother than any of them."""
CALIBRATION_PENALTY = 10.0
"""How strongly the calibration's slope is held at one: ten cases' worth."""
SHARE_DRAWS = 500
"""How often the cases are weighed anew when recipes are weighed."""
SHARE_MIN = 0.01
"""A recipe that earns less of the average than this is left out."""
BADS_MIN = 10
"""With fewer bad cases nothing can be learnt that the prior does not say better."""

RECIPES: tuple[Recipe, ...] = tuple(
    Recipe(characteristics, prior_cases, penalty)
    for characteristics in (1, 3, 5, 8)
    for prior_cases in (25.0, 200.0)
    for penalty in (5.0, 50.0)
)


@dataclass(frozen=True, slots=True)
class Trained:
    """A scorecard and how it came about."""

    scorecard: Scorecard
    shares: Mapping[Recipe, float]
    """How much of the average each recipe makes up."""
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
    require_cases(bad)
    columns = np.column_stack([column_of(frame, part.kind) for part in candidates])
    rng = np.random.default_rng(seed)
    shares, inner = weigh_recipes(columns, bad, candidates, rng)
    models = _bag(columns, bad, candidates, shares, rng)
    target = np.tile(~bad, INNER_REPEATS)
    line = fit_logistic(
        inner.reshape(-1, 1), target, np.ones(1), CALIBRATION_PENALTY * INNER_REPEATS
    )
    slope, shift = float(line.weights[0]), line.intercept
    pds = pd_table(slope, shift)
    held_out = inner.reshape(INNER_REPEATS, -1)
    low, high = pd_bounds(held_out, bad, pds, CALIBRATION_PENALTY, rng)
    card = Scorecard(
        name=name,
        version=version,
        base_points=base_points_of(sum(share * model.intercept for share, model in models)),
        characteristics=_characteristics(candidates, models),
        first_score=FIRST_SCORE,
        pd_ppm_by_score=pds,
        about=dict(about or {}),
        pd_low_ppm_by_score=low,
        pd_high_ppm_by_score=high,
    )
    return Trained(card, shares, slope, shift)


def require_cases(bad: Truths) -> None:
    """Refuse cases of which too few are bad, or too few are good, to learn anything."""
    if min(int(bad.sum()), int((~bad).sum())) < BADS_MIN:
        raise Invalid(
            "credit.training_data_unusable", detail=f"at least {BADS_MIN} bad and good cases"
        )


def weigh_recipes(
    columns: Floats, bad: Truths, candidates: Sequence[Candidate], rng: np.random.Generator
) -> tuple[dict[Recipe, float], Floats]:
    """Return each recipe's share, and the held-out log-odds of their average.

    A recipe's share follows the likelihood of the held-out cases under it, as it would be had
    other cases of their kind come: with few cases one likelihood is too sure of itself.
    """
    held_out = {recipe: np.zeros((INNER_REPEATS, len(bad))) for recipe in RECIPES}
    for repeat in range(INNER_REPEATS):
        folds = stratified_folds(bad, INNER_FOLDS, rng)
        for fold in range(INNER_FOLDS):
            test = folds == fold
            known = columns[~test]
            prepared = _prepared(known, bad[~test], candidates, edges_of(known))
            for recipe, logits in held_out.items():
                model = fit_model(prepared[recipe.prior_cases], recipe)
                logits[repeat, test] = model.logit(columns[test])
    surprise = np.array([_surprise(logits, bad) for logits in held_out.values()])
    raw = dict(zip(RECIPES, _likely(surprise, rng).tolist(), strict=True))
    kept = {recipe: weight for recipe, weight in raw.items() if weight >= SHARE_MIN}
    shares = {recipe: weight / sum(kept.values()) for recipe, weight in kept.items()}
    average = np.sum([share * held_out[recipe] for recipe, share in shares.items()], axis=0)
    return shares, average.reshape(-1)


def _bag(
    columns: Floats,
    bad: Truths,
    candidates: Sequence[Candidate],
    shares: Mapping[Recipe, float],
    rng: np.random.Generator,
) -> list[tuple[float, Model]]:
    """Return the recipes' models, each many times on cases drawn anew, and the share of each."""
    edges = edges_of(columns)
    models = []
    for _ in range(BAG):
        chosen = np.concatenate(
            [rng.choice(group, len(group)) for group in (np.flatnonzero(bad), np.flatnonzero(~bad))]
        )
        prepared = _prepared(columns[chosen], bad[chosen], candidates, edges)
        models += [
            (share / BAG, fit_model(prepared[r.prior_cases], r)) for r, share in shares.items()
        ]
    return models


def _prepared(
    columns: Floats, bad: Truths, candidates: Sequence[Candidate], edges: Sequence[Floats]
) -> dict[float, Prepared]:
    """Return the cases prepared for every recipe, by how much the prior counts."""
    trusts = sorted({recipe.prior_cases for recipe in RECIPES})
    return {trust: prepare(columns, bad, candidates, trust, edges) for trust in trusts}


def stratified_folds(bad: Truths, folds: int, rng: np.random.Generator) -> Integers:
    """Return the fold of each case, good and bad ones dealt out evenly, by chance alone."""
    found = np.zeros(len(bad), dtype=np.int64)
    for group in (np.flatnonzero(bad), np.flatnonzero(~bad)):
        found[rng.permutation(group)] = np.arange(len(group)) % folds
    return found


def _surprise(logits: Floats, bad: Truths) -> Floats:
    """Return minus the log-likelihood of each case, averaged over the repeats."""
    mean = (np.logaddexp(0.0, logits) - (~bad) * logits).mean(axis=0)
    return np.asarray(mean, dtype=np.float64)


def _likely(surprise: Floats, rng: np.random.Generator) -> Floats:
    """Return the shares of recipes (rows) by likelihood, averaged over redrawn weights of cases.

    Pseudo-BMA+ of Yao, Vehtari, Simpson and Gelman (2018).
    """
    cases = surprise.shape[1]
    drawn = rng.dirichlet(np.ones(cases), SHARE_DRAWS) * cases @ surprise.T
    likely = np.exp(drawn.min(axis=1, keepdims=True) - drawn)
    return np.asarray((likely / likely.sum(axis=1, keepdims=True)).mean(axis=0), dtype=np.float64)


def _characteristics(
    candidates: Sequence[Candidate], models: Sequence[tuple[float, Model]]
) -> tuple[Characteristic, ...]:
    """Return the averaged models in points; what came to nothing is left out."""
    parts = []
    for place, part in enumerate(candidates):
        used = [(share, model) for share, model in models if place < len(model.binnings)]
        if not used:
            break
        edges = sorted({edge for _, model in used for edge in model.binnings[place].edges})
        inside = np.array([(edges[0] - 1 if edges else 0), *edges], dtype=np.float64)
        logits = np.zeros(len(inside))
        neutral = 0.0
        for share, model in used:
            logits += share * model.weights[place] * model.binnings[place].woe_of(inside)
            neutral += share * model.neutral[place]
        points = tuple(points_of_logit(float(logit)) for logit in logits)
        kept_edges, kept = _joined(tuple(edges), points)
        if len(kept) > 1:
            parts.append(
                Characteristic(
                    part.kind, part.direction, kept_edges, kept, points_of_logit(neutral)
                )
            )
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
