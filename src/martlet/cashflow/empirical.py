"""Quantiles of what was seen: by series, by class, and the two weighed against each other.

A quantile's place among n samples counts n + 1 gaps, so that few samples give wide bands instead
of confident ones. The invariant: quantiles rise with their levels, and no sample is no quantile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow.activity import CLASS_COUNT
from martlet.cashflow.limits import POOLED_SAMPLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.cashflow.model import FloatArray, IntArray


def row_quantiles(samples: FloatArray, levels: Sequence[float]) -> tuple[FloatArray, IntArray]:
    """Return N x Q quantiles of each row's samples, NaN where it has none, and their counts."""
    if samples.shape[1] == 0:
        count = len(samples)
        return np.full((count, len(levels)), np.nan), np.zeros(count, dtype=np.int64)
    ordered = np.sort(samples, axis=1)  # NaN comes last
    counts = samples.shape[1] - np.isnan(samples).sum(axis=1)
    place = np.asarray(levels) * (counts[:, None] + 1) - 1
    place = np.clip(place, 0, np.maximum(counts[:, None] - 1, 0))
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(counts[:, None] - 1, 0))
    low = np.take_along_axis(ordered, below, axis=1)
    high = np.take_along_axis(ordered, above, axis=1)
    return np.asarray(low + (place - below) * (high - low)), np.asarray(counts, dtype=np.int64)


def class_quantiles(samples: FloatArray, classes: IntArray, levels: Sequence[float]) -> FloatArray:
    """Return C x Q quantiles of all samples of a class; of all classes where it has none."""
    found = np.full((CLASS_COUNT, len(levels)), np.nan)
    everything = samples[~np.isnan(samples)]
    if everything.size == 0:
        return np.zeros_like(found)
    found[:] = np.quantile(everything, levels)
    for one in np.unique(classes):
        members = samples[classes == one]
        members = members[~np.isnan(members)]
        if members.size:
            found[one] = np.quantile(members, levels)
    return found


def centred(samples: FloatArray) -> FloatArray:
    """Return each row's samples around their own mean."""
    count = np.maximum((~np.isnan(samples)).sum(axis=1, keepdims=True), 1)
    return np.asarray(samples - np.nan_to_num(samples).sum(axis=1, keepdims=True) / count)


def pooled_quantiles(samples: FloatArray, classes: IntArray, levels: Sequence[float]) -> FloatArray:
    """Return N x Q: a series' own quantiles and its class's, weighed by how many are its own.

    Around the samples' own mean: a past that was foretold too low is no reason to expect it again.
    """
    samples = centred(samples)
    own, counts = row_quantiles(samples, levels)
    pooled = class_quantiles(samples, classes, levels)[classes]
    weight = counts[:, None] / (counts[:, None] + POOLED_SAMPLES)
    return np.asarray(np.where(np.isnan(own), pooled, weight * own + (1 - weight) * pooled))
