"""How much may be locked, in closed form, for any number of firms at once.

The invariant: at every horizon, wealth less what is still locked then stays at or above the
reserve of that horizon; all of it whole fen, rounded to the careful side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from martlet.kernel.rates import PPM

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from martlet.treasury.backtest.movements import Integers


def share_fen(wealth_fen: Integers, share_ppm: Integers) -> Integers:
    """Return a share of wealth in fen, rounded up; nothing of a debt."""
    above: Integers = -(-np.maximum(wealth_fen, 0) * share_ppm // PPM)
    return above


def horizons_for(locks_days: Sequence[int], usual: Sequence[int]) -> tuple[int, ...]:
    """Return the looks ahead that these products call for: the usual ones and every lock."""
    longest = max(locks_days, default=1)
    return tuple(sorted({1, *locks_days, *(days for days in usual if days <= longest)}))


def free_fen(
    wealth_fen: Integers,
    reserve_ppm: Integers,
    horizons: Sequence[int],
    locked_after_fen: Callable[[int], Integers],
    lock_days: int,
) -> Integers:
    """Return what may be locked for `lock_days` so that no horizon's reserve is touched.

    Between two looks ahead the later one's reserve is held against what is locked after the
    earlier one, so that a lot which is due in between does not count as liquid too soon.
    """
    free = np.maximum(wealth_fen, 0)
    earlier = 0
    for column, horizon in enumerate(horizons):
        if earlier >= lock_days:
            break
        kept = share_fen(wealth_fen, reserve_ppm[:, column])
        free = np.minimum(free, wealth_fen - locked_after_fen(earlier) - kept)
        earlier = horizon
    return np.maximum(free, 0)
