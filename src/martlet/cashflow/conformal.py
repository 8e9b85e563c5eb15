"""Bands that hold what they say: quantiles moved by how far they were off at earlier origins.

Split-conformal: at origins before the forecast's, each quantile's misses, measured in the width of
its own band, are collected per segment (how often money moves) and block of days ahead, and the
quantile moves outward by the level of its misses; a few calm weeks never make a band narrower. The
invariant: only days before the origin are read, and quantiles do not cross afterwards. A segment
with too few days is calibrated with all others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow.levels import rising

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from martlet.cashflow.model import FloatArray, Forecast, IntArray

BLOCK_ENDS = (7, 14, 28, 56)
"""Days ahead that are calibrated together; the last block is all that lies beyond."""

QUIET_SHARES = (0.1, 0.5)
"""Of days without a flow: below, a firm that trades daily; above, one that is paid now and then."""

SEGMENTS = len(QUIET_SHARES) + 1
ACTIVE_DAYS = 91
DAY_MISSES_MIN = 400
TOTAL_MISSES_MIN = 100
TOTAL_PART = 0.5
"""Totals of three origins overlap and err together: half of what they ask for is given."""

WIDTH_FLOOR = 0.02
"""Of a series' own level: a band of no width at all still has a unit to be moved by."""


@dataclass(frozen=True)
class Checked:
    """An earlier origin: what was known, what was said, and what came (N x H)."""

    known: FloatArray
    said: Forecast
    actual: FloatArray


@dataclass(frozen=True)
class Offsets:
    """By how many widths of its band each quantile moves."""

    levels: tuple[float, ...]
    days: FloatArray
    """Segments x blocks x levels."""
    totals: Mapping[int, FloatArray]
    """Days of a running total to segments x levels."""


def activity(known: FloatArray) -> IntArray:
    """Return each series' segment: 0 trades nearly daily, 1 often, 2 now and then."""
    recent = known[:, -ACTIVE_DAYS:]
    seen = ~np.isnan(recent)
    quiet = (seen & (np.nan_to_num(recent) == 0.0)).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    return np.asarray(np.searchsorted(QUIET_SHARES, quiet, side="right"), np.int64)


def calibrated(origins: Sequence[Checked]) -> Offsets:
    """Return the offsets that would have made the bands of these origins hold."""
    levels = origins[0].said.levels
    blocks = len(BLOCK_ENDS)
    segment = [activity(one.known) for one in origins]
    misses = [_day_misses(one) for one in origins]
    days = np.zeros((SEGMENTS, blocks, len(levels)))
    for block in range(blocks):
        span = _span(block, misses[0].shape[1])
        parts = [miss[:, span] for miss in misses]
        days[:, block] = _by_segment(parts, segment, levels, DAY_MISSES_MIN)
    totals = {}
    for count in origins[0].said.cumulative:
        parts = [_total_misses(one, count)[:, None, :] for one in origins]
        totals[count] = _by_segment(parts, segment, levels, TOTAL_MISSES_MIN)
    return Offsets(levels, days, totals)


def moved(said: Forecast, known: FloatArray, offsets: Offsets) -> Forecast:
    """Return a forecast whose quantiles are moved by the offsets of their segment and block."""
    assert said.levels == offsets.levels, (said.levels, offsets.levels)
    segment = activity(known)
    ahead = np.arange(said.mean.shape[1])
    block = np.minimum(np.searchsorted(BLOCK_ENDS, ahead, side="right"), len(BLOCK_ENDS) - 1)
    width = _width(said.quantiles, _level(known)[:, None])
    outward = offsets.days[segment][:, block] * width[..., None]
    cumulative = {}
    for count, total in said.cumulative.items():
        size = _width(total, _level(known) * count)
        shift = TOTAL_PART * offsets.totals[count][segment] * size[:, None]
        cumulative[count] = rising(total + shift)
    return replace(said, quantiles=rising(said.quantiles + outward), cumulative=cumulative)


def _span(block: int, horizon: int) -> slice:
    start = BLOCK_ENDS[block - 1] if block else 0
    stop = horizon if block == len(BLOCK_ENDS) - 1 else min(BLOCK_ENDS[block], horizon)
    return slice(min(start, horizon), stop)


def _level(known: FloatArray) -> FloatArray:
    recent = known[:, -ACTIVE_DAYS:]
    seen = (~np.isnan(recent)).sum(axis=1)
    return np.asarray(np.nansum(np.abs(recent), axis=1) / np.maximum(seen, 1))


def _width(quantiles: FloatArray, level: FloatArray) -> FloatArray:
    spread = quantiles[..., -1] - quantiles[..., 0]
    return np.maximum(spread, np.maximum(WIDTH_FLOOR * level, 1e-9))


def _day_misses(one: Checked) -> FloatArray:
    width = _width(one.said.quantiles, _level(one.known)[:, None])
    return np.asarray((one.actual[..., None] - one.said.quantiles) / width[..., None])


def _total_misses(one: Checked, count: int) -> FloatArray:
    total = one.said.cumulative[count]
    width = _width(total, _level(one.known) * count)
    return np.asarray((one.actual[:, :count].sum(axis=1)[:, None] - total) / width[:, None])


def _by_segment(
    parts: Sequence[FloatArray], segments: Sequence[IntArray], levels: Sequence[float], least: int
) -> FloatArray:
    """Return segments x levels: each level's quantile of its own misses."""
    found = np.zeros((SEGMENTS, len(levels)))
    everyone = _flat(parts)
    if not len(everyone):
        return found
    found[:] = _own_levels(everyone, levels)
    for segment in range(SEGMENTS):
        own = [part[of == segment] for part, of in zip(parts, segments, strict=True)]
        misses = _flat(own)
        if len(misses) >= least:
            found[segment] = _own_levels(misses, levels)
    return found


def _flat(parts: Sequence[FloatArray]) -> FloatArray:
    joined = np.concatenate([part.reshape(-1, part.shape[-1]) for part in parts])
    return np.asarray(joined[~np.isnan(joined).any(axis=1)])


def _own_levels(misses: FloatArray, levels: Sequence[float]) -> FloatArray:
    count = len(misses)
    # One more than was seen: the day to come is one of the lot (the finite-sample correction).
    wanted = [min(1.0, level * (count + 1) / count) for level in levels]
    found = np.array([np.quantile(misses[:, at], level) for at, level in enumerate(wanted)])
    side = np.sign(np.asarray(levels) - 0.5)
    return np.asarray(np.where(found * side > 0.0, found, 0.0))
