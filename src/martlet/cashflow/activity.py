"""How busy a series is, by the share of days on which it moves: what it is pooled with.

A shop that sells daily and a workshop that is paid twice a month err in different ways. The
invariant: every series has exactly one class, whatever its size; net flows have classes apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from martlet.cashflow.model import BoolArray, FloatArray, IntArray

ACTIVITY_DAYS = 182
"""Half a year: long enough to tell rare from never, short enough to notice a change."""

MOVING_SHARES = (0.0, 0.1, 0.4, 0.9)
"""Upper bounds of the classes still, rare, sparse, regular; what is above moves daily."""

CLASS_COUNT = 2 * (len(MOVING_SHARES) + 1)


def one_signed(values: FloatArray) -> BoolArray:
    """Tell which series never fall below zero: their forecasts do not either."""
    return np.asarray(~(values < 0).any(axis=1))


def activity_classes(values: FloatArray) -> IntArray:
    """Return each series' class from 0 (nothing moves), net flows counted on from half of all."""
    recent = values[:, -ACTIVITY_DAYS:]
    known = ~np.isnan(recent)
    moving = (known & (recent != 0)).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    busy = np.searchsorted(np.array(MOVING_SHARES), moving, side="left")
    return np.asarray(busy + np.where(one_signed(values), 0, CLASS_COUNT // 2), dtype=np.int64)
