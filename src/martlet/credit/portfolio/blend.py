"""From several models' log-odds to one calibrated probability with its interval.

Weights are never negative and drawn towards what so few or so many bad cases deserve: a scorecard
where there are few, boosted trees where there are many. Fitted on held-out cases only, so the
blend is calibrated by the same step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.credit.monitoring.intervals import Share
from martlet.credit.portfolio.limits import (
    BAND_CASES_MIN,
    BANDS_OF_SCORE_MAX,
    BLEND_PENALTY,
    BOOSTING_BADS_HALF,
    PRIOR_BADS_HALF,
    PRIOR_SPREAD_MIN,
)
from martlet.credit.training.logistic import fit_logistic

if TYPE_CHECKING:
    from martlet.credit.training.arrays import Floats, Truths

LOGIT_MAX = 12.0


@dataclass(frozen=True)
class Blend:
    """How much of each model counts, and the shift to the base rate."""

    weights: Floats
    intercept: float

    def logit(self, logits: Floats) -> Floats:
        """Return the blended log-odds of being good (columns: models)."""
        return np.clip(self.intercept + logits @ self.weights, -LOGIT_MAX, LOGIT_MAX)


def fit_blend(logits: Floats, bad: Truths) -> Blend:
    """Return the blend of the prior, the scorecard and the boosted models (columns in this order).

    A prior that tells no case from another gets nothing.
    """
    boosted = logits.shape[1] - 2
    bads = float(bad.sum())
    tells = float(logits[:, 0].std()) > PRIOR_SPREAD_MIN
    prior = PRIOR_BADS_HALF / (bads + PRIOR_BADS_HALF) if tells else 0.0
    trees = (1.0 - prior) * bads / (bads + BOOSTING_BADS_HALF) if boosted else 0.0
    each = [trees / boosted] * boosted
    start = np.array([prior, 1.0 - prior - trees, *each])
    fit = fit_logistic(logits, ~bad, start, BLEND_PENALTY)
    return Blend(fit.weights, fit.intercept)


@dataclass(frozen=True)
class Bands:
    """Score bands with the bad rates that held-out cases of like scores leave possible."""

    edges: Floats
    """In log-odds of being good; band i holds edges[i-1] <= logit < edges[i]."""
    low: Floats
    high: Floats

    def interval(self, logit: Floats) -> tuple[Floats, Floats]:
        """Return the interval of the bad rate at each score."""
        places = np.searchsorted(self.edges, logit, side="right")
        return self.low[places], self.high[places]

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {name: getattr(self, name).tolist() for name in ("edges", "low", "high")}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Bands:
        """Read back what `as_json` wrote."""
        return cls(*(np.array(value[n], dtype=np.float64) for n in ("edges", "low", "high")))


def learn_bands(logit: Floats, bad: Truths) -> Bands:
    """Return bands of equal numbers of cases, joined until the bad rate only falls, by Wilson."""
    count = int(np.clip(len(bad) // BAND_CASES_MIN, 1, BANDS_OF_SCORE_MAX))
    edges = np.unique(np.quantile(logit, np.linspace(0, 1, count + 1)[1:-1]))
    places = np.searchsorted(edges, logit, side="right")
    cases = np.bincount(places, minlength=len(edges) + 1).astype(np.float64)
    bads = np.bincount(places, weights=bad.astype(np.float64), minlength=len(edges) + 1)
    groups: list[tuple[float, float, int]] = []
    for number, failed in zip(cases.tolist(), bads.tolist(), strict=True):
        groups.append((number, failed, 1))
        while len(groups) > 1 and _rises(groups[-2], groups[-1]):
            last, before = groups.pop(), groups.pop()
            groups.append((before[0] + last[0], before[1] + last[1], before[2] + last[2]))
    bounds = [(Share(round(bad), max(round(n), 1)).ends(), size) for n, bad, size in groups]
    low = np.concatenate([np.full(size, ends[1]) for ends, size in bounds])
    high = np.concatenate([np.full(size, ends[2]) for ends, size in bounds])
    # A better score never has a worse interval.
    return Bands(edges, np.minimum.accumulate(low), np.maximum.accumulate(high[::-1])[::-1])


def _rises(worse: tuple[float, float, int], better: tuple[float, float, int]) -> bool:
    return better[1] * worse[0] >= worse[1] * better[0]
