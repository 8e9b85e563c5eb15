"""One fitted model before it becomes points: bins, weights, and what a missing value counts.

The invariant: a business of which nothing is known gets the pd of the cases as a whole, so that
being unknown is never worse than being average.
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
    pre_edges,
)
from martlet.credit.training.logistic import fit_logistic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.credit.training.arrays import Floats, Truths
    from martlet.credit.training.candidates import Candidate


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is cooked: the first so many candidates, and how much the prior counts."""

    characteristics: int
    prior_cases: float
    penalty: float


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
    """Cases with their bins learnt: what recipes that trust the prior alike have in common."""

    bad: Truths
    binnings: tuple[Binning, ...]
    woe: Floats


def edges_of(columns: Floats) -> tuple[Floats, ...]:
    """Return where each column is cut, finely."""
    share = BinningRules().share_min
    return tuple(pre_edges(values[~np.isnan(values)], share) for values in columns.T)


def prepare(
    columns: Floats,
    bad: Truths,
    candidates: Sequence[Candidate],
    prior_cases: float,
    edges: Sequence[Floats],
) -> Prepared:
    """Return the bins of every candidate, learnt on these cases only and cut at these edges."""
    rules = BinningRules(prior_cases=prior_cases)
    binnings = tuple(
        bin_characteristic(part, columns[:, place], bad, rules, edges[place])
        for place, part in enumerate(candidates)
    )
    woe = np.column_stack([part.woe_of(columns[:, i]) for i, part in enumerate(binnings)])
    return Prepared(bad, binnings, woe)


def fit_model(prepared: Prepared, recipe: Recipe) -> Model:
    """Return the model of a recipe, learnt on the prepared cases only."""
    width = min(recipe.characteristics, len(prepared.binnings))
    woe, bad = prepared.woe[:, :width], prepared.bad
    fit = fit_logistic(woe, ~bad, np.ones(width), recipe.penalty)
    means = np.maximum((woe * fit.weights).mean(axis=0), 0.0) + 1e-9
    neutral = (base_logit(bad) - fit.intercept) * means / means.sum()
    return Model(
        fit.intercept,
        prepared.binnings[:width],
        tuple(fit.weights.tolist()),
        tuple(neutral.tolist()),
    )
