"""One-feature rankings: how far any single figure goes by itself, with nothing learnt.

Descriptive: the best of some dozens is the best partly by chance, and it was found on the same
firms. It stands beside every model so that nobody takes size for insight. The direction is the
one that the feature declares, never the one that fits; what is unknown counts as the worst seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.credit.training.arrays import column_of
from martlet.credit.training.measures import Estimate, auc, auc_over_repeats
from martlet.records import FEATURES

if TYPE_CHECKING:
    import polars as pl

    from martlet.credit.training.arrays import Floats, Truths

SINGLES_SHOWN = 10
"""As many as fit on a card."""


@dataclass(frozen=True, slots=True)
class SingleFeature:
    """What one figure reaches by itself."""

    kind: str
    auc: Estimate

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {"kind": self.kind, "auc": self.auc.as_json()}


def risk_by(frame: pl.DataFrame, kind: str, *, higher_is_safer: bool) -> Floats:
    """Return the ranking by one figure alone: riskier is higher, unknown as the riskiest seen."""
    values = column_of(frame, kind)
    risk = -values if higher_is_safer else values
    return np.nan_to_num(risk, nan=float(np.nanmax(risk)))


def single_features(frame: pl.DataFrame, bad: Truths, seed: int) -> tuple[SingleFeature, ...]:
    """Return the ten figures that rank best by themselves, the best first."""
    risks = {
        feature.slug: risk_by(frame, feature.slug, higher_is_safer=feature.direction == "good")
        for feature in FEATURES
        if feature.direction != "neutral"
        and feature.slug in frame.columns
        and frame[feature.slug].null_count() < frame.height
    }
    best = sorted(risks, key=lambda kind: (-auc(bad, risks[kind]), kind))[:SINGLES_SHOWN]
    return tuple(
        SingleFeature(
            kind, auc_over_repeats(bad, risks[kind][np.newaxis], np.random.default_rng(seed))
        )
        for kind in best
    )
