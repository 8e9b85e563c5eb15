"""The scorecard of a lender's own table: bins, weights of evidence, and weights never negative.

Monotone where the safer direction is told: the bins of such a column only get safer that way, and
no weight can turn them round. The expert prior goes in as an offset, so that few cases correct it
instead of replacing it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.credit.portfolio.limits import (
    BIN_CASES,
    BINS_MAX,
    BINS_MIN,
    PENALTY_CASES,
    PENALTY_CASES_PER_COLUMN,
)
from martlet.credit.training.logistic import fit_logistic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.credit.portfolio.encoding import Safer
    from martlet.credit.training.arrays import Floats, Truths


@dataclass(frozen=True)
class ColumnBins:
    """One column's bins: bin i holds edges[i-1] <= value < edges[i]; the last is 'missing'."""

    edges: Floats
    woe: Floats
    """Log-odds of being good against the base, a bin each, and of a missing value at the end."""

    def of(self, values: Floats) -> Floats:
        """Return the weight of evidence of each value."""
        places = np.searchsorted(self.edges, values, side="right")
        return self.woe[np.where(np.isnan(values), len(self.woe) - 1, places)]


@dataclass(frozen=True)
class LinearModel:
    """Bins and weights; the prior's log-odds come in beside the matrix."""

    bins: tuple[ColumnBins, ...]
    weights: Floats
    prior_weight: float
    intercept: float

    def logit(self, matrix: Floats, prior: Floats) -> Floats:
        """Return the log-odds of being good."""
        total = self.intercept + self.prior_weight * prior
        for place, (part, weight) in enumerate(zip(self.bins, self.weights, strict=True)):
            if weight > 0:
                total = total + weight * part.of(matrix[:, place])
        return np.asarray(total, dtype=np.float64)

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "bins": [
                {"edges": part.edges.tolist(), "woe": part.woe.tolist()} for part in self.bins
            ],
            "weights": self.weights.tolist(),
            "prior_weight": self.prior_weight,
            "intercept": self.intercept,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> LinearModel:
        """Read back what `as_json` wrote."""
        bins = tuple(
            ColumnBins(
                np.array(part["edges"], dtype=np.float64), np.array(part["woe"], dtype=np.float64)
            )
            for part in value["bins"]
        )
        weights = np.array(value["weights"], dtype=np.float64)
        return cls(bins, weights, value["prior_weight"], value["intercept"])


def fit_linear(
    matrix: Floats, directions: Sequence[Safer], bad: Truths, prior: Floats
) -> LinearModel:
    """Return the model that these cases teach, drawn towards the prior alone.

    Where the prior says much (its log-odds spread), the columns start from nothing; where it is
    silent, each starts from an equal small share.
    """
    count = bins_for(len(bad))
    bins = tuple(
        learn_bins(matrix[:, place], direction, bad, count)
        for place, direction in enumerate(directions)
    )
    woe = [part.of(matrix[:, place]) for place, part in enumerate(bins)]
    silent = 1.0 - float(np.clip(prior.std(), 0.0, 1.0))
    start = np.full(len(bins), silent / max(float(np.sqrt(len(bins))), 1.0))
    fit = fit_logistic(
        np.column_stack([*woe, prior]),
        ~bad,
        np.append(start, 1.0),
        PENALTY_CASES + PENALTY_CASES_PER_COLUMN * len(bins),
    )
    return LinearModel(bins, fit.weights[:-1], float(fit.weights[-1]), fit.intercept)


def bins_for(cases: int) -> int:
    """Return how many bins so many cases can fill."""
    return int(np.clip(np.sqrt(cases) / 2, BINS_MIN, BINS_MAX))


def learn_bins(values: Floats, direction: Safer, bad: Truths, count: int) -> ColumnBins:
    """Return a column's bins with weights shrunk to nothing where there are few cases."""
    known = ~np.isnan(values)
    quantiles = np.linspace(0, 1, count + 1)[1:-1]
    edges = (
        np.unique(np.quantile(values[known], quantiles, method="higher"))
        if known.any()
        else np.zeros(0)
    )
    places = np.where(
        known, np.searchsorted(edges, np.nan_to_num(values), side="right"), len(edges) + 1
    )
    cases = np.bincount(places, minlength=len(edges) + 2).astype(np.float64)
    bads = np.bincount(places, weights=bad.astype(np.float64), minlength=len(edges) + 2)
    base = float(np.clip(bad.mean(), 1e-4, 1 - 1e-4))
    rates = (bads + BIN_CASES * base) / (cases + BIN_CASES)
    if direction != "unknown":
        rates[:-1] = _monotone(rates[:-1], cases[:-1] + 1e-9, falling=direction == "higher")
    woe = np.log((1 - rates) / rates) - np.log((1 - base) / base)
    return ColumnBins(edges, woe)


def _monotone(rates: Floats, cases: Floats, *, falling: bool) -> Floats:
    """Return the nearest rates that only fall (or only rise): pool adjacent violators."""
    order = rates if not falling else rates[::-1]
    weights = cases if not falling else cases[::-1]
    stack: list[list[float]] = []
    for rate, weight in zip(order.tolist(), weights.tolist(), strict=True):
        stack.append([rate, weight, 1])
        while len(stack) > 1 and stack[-2][0] > stack[-1][0]:
            rate_b, weight_b, size_b = stack.pop()
            rate_a, weight_a, size_a = stack.pop()
            joint = weight_a + weight_b
            mean = (rate_a * weight_a + rate_b * weight_b) / joint
            stack.append([mean, joint, size_a + size_b])
    found = np.concatenate([np.full(int(size), rate) for rate, _, size in stack])
    return found if not falling else found[::-1]
