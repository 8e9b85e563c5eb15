"""Quantiles between levels: never crossing, and read off between those that are known.

The invariant: whatever comes out does not fall along the levels. Between known levels a quantile
lies on a straight line over the normal scale, where tails are straight; beyond the outermost known
level the line goes on with the slope of the outermost pair.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.cashflow.model import FloatArray


def rising(quantiles: FloatArray) -> FloatArray:
    """Return quantiles that do not fall along the last axis: each in its order."""
    return np.sort(quantiles, axis=-1)


def normal_scores(levels: Sequence[float]) -> FloatArray:
    """Return where levels lie on the normal scale."""
    normal = NormalDist()
    return np.array([normal.inv_cdf(level) for level in levels])


def at_levels(quantiles: FloatArray, known: Sequence[float], wanted: Sequence[float]) -> FloatArray:
    """Return the wanted levels of quantiles known at others, none crossing."""
    ordered = rising(quantiles)
    if tuple(known) == tuple(wanted):
        return ordered
    assert len(known) > 1, known
    here, there = normal_scores(known), normal_scores(wanted)
    upper = np.clip(np.searchsorted(here, there), 1, len(known) - 1)
    lower = upper - 1
    part = (there - here[lower]) / (here[upper] - here[lower])
    low, high = ordered[..., lower], ordered[..., upper]
    return low + part * (high - low)
