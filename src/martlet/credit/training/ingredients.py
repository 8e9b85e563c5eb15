"""One fitted model before it becomes points: an expert index, bins, weights, what missing counts.

The invariant: a business of which nothing is known gets the pd of the cases as a whole, so that
being unknown is never worse than being average. Three layers, each held by the one before: how far
the expert index is believed at all (one figure), what bins show beyond it, and what single
characteristics weigh beyond their common measure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.credit.training.binning import (
    Binning,
    BinningRules,
    base_logit,
    bin_characteristic,
)
from martlet.credit.training.logistic import fit_logistic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.credit.training.arrays import Floats, Truths
    from martlet.credit.training.candidates import Candidate

SCALE_PENALTY = 10.0
"""How strongly belief in the whole index is held at one: ten cases' worth."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is cooked: the first so many candidates, and how much the prior counts."""

    characteristics: int
    prior_cases: float
    """How many cases the index counts as in each bin."""
    penalty: float
    """How strongly each weight is held at what all have in common."""


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted model in log-odds of being good."""

    intercept: float
    binnings: tuple[Binning, ...]
    weights: tuple[float, ...]
    neutral: tuple[float, ...]
    """What each characteristic adds where its value is missing."""

    def logit(self, columns: Floats) -> Floats:
        """Return the log-odds of each case (columns in the candidates' order)."""
        total = np.full(len(columns), self.intercept)
        for place, (part, weight) in enumerate(zip(self.binnings, self.weights, strict=True)):
            values = columns[:, place]
            known = weight * part.woe_of(values)
            total += np.where(np.isnan(values), self.neutral[place], known)
        return total


@dataclass(frozen=True, slots=True)
class Prepared:
    """Cases with their bins learnt: what recipes that only weigh differently have in common."""

    bad: Truths
    binnings: tuple[Binning, ...]
    woe: Floats
    scale: float
    """How far the index is believed: one means as it is written down."""


def prepare(
    columns: Floats, bad: Truths, candidates: Sequence[Candidate], prior_cases: float
) -> Prepared:
    """Return the bins of every candidate given, learnt on these cases only."""
    expected = _expected(columns, bad, candidates)
    rules = BinningRules(prior_cases=prior_cases)
    binnings = tuple(
        bin_characteristic(part, columns[:, place], bad, expected, rules)
        for place, part in enumerate(candidates)
    )
    woe = np.column_stack([part.woe_of(columns[:, i]) for i, part in enumerate(binnings)])
    return Prepared(bad, binnings, woe, _believed(woe.sum(axis=1), bad)[0])


def fit_model(prepared: Prepared, recipe: Recipe) -> Model:
    """Return the model of a recipe, learnt on the prepared cases only."""
    woe, bad = prepared.woe, prepared.bad
    common = np.full(woe.shape[1], prepared.scale)
    fit = fit_logistic(woe, ~bad, common, recipe.penalty)
    neutral = (base_logit(bad) - fit.intercept) * _importance(woe * fit.weights)
    return Model(
        fit.intercept, prepared.binnings, tuple(fit.weights.tolist()), tuple(neutral.tolist())
    )


def _importance(parts: Floats) -> Floats:
    """Return how much of the spread of the log-odds each part accounts for; together one.

    The mean chance of all cases differs from the chance at the mean because of that spread, so
    what is missing makes up for its own share of the difference.
    """
    apart = parts - parts.mean(axis=0)
    shares = np.maximum(apart.T @ apart.sum(axis=1), 0.0) + 1e-12
    return np.asarray(shares / shares.sum(), dtype=np.float64)


def _expected(columns: Floats, bad: Truths, candidates: Sequence[Candidate]) -> Floats:
    """Return the chance of being bad by the expert index, believed as far as the cases bear out."""
    index = np.zeros(len(bad))
    for place, part in enumerate(candidates):
        prior = part.prior_logit(columns[:, place])
        known = ~np.isnan(prior)
        mean = float(prior[known].mean()) if known.any() else 0.0
        index += np.where(known, prior - mean, 0.0)
    scale, intercept = _believed(index, bad)
    return np.asarray(1.0 / (1.0 + np.exp(intercept + scale * index)), dtype=np.float64)


def _believed(index: Floats, bad: Truths) -> tuple[float, float]:
    fit = fit_logistic(index[:, np.newaxis], ~bad, np.ones(1), SCALE_PENALTY)
    return float(fit.weights[0]), fit.intercept
