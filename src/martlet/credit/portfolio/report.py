"""How good the answers are on cases not seen, with intervals, and the best single column beside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.credit.monitoring.intervals import Z
from martlet.credit.portfolio.limits import (
    BOOTSTRAP_CASES,
    BOOTSTRAP_DRAWS_MAX,
    BOOTSTRAP_DRAWS_MIN,
)
from martlet.credit.training.measures import Estimate, auc

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from martlet.credit.training.arrays import Floats, Truths


@dataclass(frozen=True)
class FitReport:
    """What was measured while fitting."""

    cases: int
    bads: int
    nested: bool
    """Whether the whole way of fitting was judged on folds that it had not seen."""
    auc: Estimate
    ks: Estimate
    brier: Estimate
    calibration_error: Estimate
    brier_of_base_rate: float
    prior_auc: float
    single_column: str
    """The one column that ranks best (chosen on these same cases, so flattered by that)."""
    single_auc: float
    model_aucs: dict[str, float]
    """Of each model alone, held out."""
    weights: dict[str, float]
    rounds: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "cases": self.cases,
            "bads": self.bads,
            "nested": self.nested,
            "auc": self.auc.as_json(),
            "ks": self.ks.as_json(),
            "brier": self.brier.as_json(),
            "calibration_error": self.calibration_error.as_json(),
            "brier_of_base_rate": round(self.brier_of_base_rate, 4),
            "prior_auc": round(self.prior_auc, 4),
            "single_column": self.single_column,
            "single_auc": round(self.single_auc, 4),
            "model_aucs": {name: round(value, 4) for name, value in self.model_aucs.items()},
            "weights": {name: round(value, 4) for name, value in self.weights.items()},
            "rounds": dict(self.rounds),
        }


def measured(
    measure: Callable[[Truths, Floats], float], bad: Truths, pd: Floats, seed: int
) -> Estimate:
    """Return a measure with the 95 % interval of resampled cases, bad and good ones apart."""
    rng = np.random.default_rng(seed)
    draws = int(np.clip(BOOTSTRAP_CASES // len(bad), BOOTSTRAP_DRAWS_MIN, BOOTSTRAP_DRAWS_MAX))
    bads, goods = np.flatnonzero(bad), np.flatnonzero(~bad)
    value = measure(bad, pd)
    drawn = []
    for _ in range(draws):
        chosen = np.concatenate([rng.choice(bads, len(bads)), rng.choice(goods, len(goods))])
        drawn.append(measure(bad[chosen], pd[chosen]))
    half = Z * float(np.std(drawn))
    return Estimate(value, max(value - half, 0.0), min(value + half, 1.0))


def best_column(names: Sequence[str], matrix: Floats, bad: Truths) -> tuple[str, float]:
    """Return the column that ranks best by itself, either way round, and its AUC."""
    best = ("", 0.5)
    for place, name in enumerate(names):
        values = matrix[:, place]
        known = (
            np.where(np.isnan(values), np.nanmin(values) - 1, values)
            if np.isfinite(values).any()
            else np.zeros(len(values))
        )
        found = auc(bad, known)
        found = max(found, 1 - found)
        if found > best[1]:
            best = (name, found)
    return best
