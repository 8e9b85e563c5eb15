"""What holidays, the days beside them and Spring Festival do to a class of series, by the past.

An effect is a factor on a day's plain expectation, learned from what a class did on such days
beside plain days of the same weekday around them. The invariant: what the past does not show
clearly (two standard errors) has no effect, so a series of another country is left alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow.activity import CLASS_COUNT

if TYPE_CHECKING:
    from martlet.cashflow.model import DayFeatures, FloatArray, IntArray

PLAIN = 0
_HOLIDAY, _BEFORE, _AFTER, _FESTIVAL = 1, 2, 3, 4
_FESTIVAL_BANDS = (-21, -14, -7, -3, 0, 3, 7, 11, 16, 22)
"""Days from Spring Festival at which one stretch ends and the next begins."""

KIND_COUNT = _FESTIVAL + len(_FESTIVAL_BANDS)

NOTHING_SHARE = 1e-9
"""Of a class's largest day: less is rounding, not money."""

_WEEKS_AROUND = (-28, -21, -14, -7, 7, 14, 21, 28)
_CLEAR_ERRORS = 2.0
_FACTOR_MAX = 5.0


def kinds_of(days: DayFeatures) -> IntArray:
    """Return each day's kind: 0 for a plain day."""
    kinds = np.full(len(days), PLAIN, dtype=np.int64)
    kinds[days.after_holiday] = _AFTER
    kinds[days.before_holiday] = _BEFORE
    kinds[days.holiday] = _HOLIDAY
    band = np.searchsorted(np.array(_FESTIVAL_BANDS), days.spring_festival, side="right")
    near = (band > 0) & (band < len(_FESTIVAL_BANDS))
    return np.where(near, _FESTIVAL + band, kinds)


def effects(
    scaled: FloatArray, classes: IntArray, weekdays: IntArray, kinds: IntArray
) -> FloatArray:
    """Return C x kinds factors, from each class's mean over its series of `scaled` (N x T)."""
    factors = np.ones((CLASS_COUNT, KIND_COUNT))
    if not (kinds != PLAIN).any():
        return factors
    for one in np.unique(classes[classes < CLASS_COUNT // 2]):
        members = np.nan_to_num(scaled[classes == one])
        factors[one] = _factors(members.mean(axis=0), weekdays, kinds)
    return factors


def _factors(series: FloatArray, weekdays: IntArray, kinds: IntArray) -> FloatArray:
    """Return a class's factor for each kind."""
    factors = np.ones(KIND_COUNT)
    plain = kinds == PLAIN
    total, count = np.zeros_like(series), np.zeros_like(series)
    for shift in _WEEKS_AROUND:
        there = np.arange(len(series)) + shift
        inside = (there >= 0) & (there < len(series))
        there = np.clip(there, 0, len(series) - 1)
        counts = inside & plain[there] & (weekdays[there] == weekdays)
        total += np.where(counts, series[there], 0.0)
        count += counts
    # Beside days without a movement to speak of, any day would stand out beyond all measure.
    usable = (count > 1) & (total > float(series.max(initial=0.0)) * NOTHING_SHARE)
    ratio = np.divide(series * count, total, out=np.ones_like(series), where=usable)
    calm = ratio[usable & plain]
    if calm.size < 2 * len(_WEEKS_AROUND):
        return factors
    spread = float(calm.std())
    for kind in np.unique(kinds[usable & ~plain]):
        seen = ratio[usable & (kinds == kind)]
        error = spread / np.sqrt(seen.size)
        moved = float(seen.mean()) - 1
        if abs(moved) > _CLEAR_ERRORS * error:
            kept = moved * moved / (moved * moved + error * error)
            factors[kind] = min(max(1 + moved * kept, 0.0), _FACTOR_MAX)
    return factors
