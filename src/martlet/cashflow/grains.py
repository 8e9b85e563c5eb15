"""Days, weeks and the whole horizon made to agree: each is foretold by what foretells it best.

A day is weighed by the errors of days, a week by those of weeks, the whole by those of wholes; the
least-variance agreement of the three (each grain trusted by what it missed at past origins) is
then the days' forecast. The invariant: weeks and the whole are sums of the days that come out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow.model import SEASON_DAYS

if TYPE_CHECKING:
    from martlet.cashflow.model import FloatArray


def grain_sums(horizon: int) -> FloatArray:
    """Return sums x days: the whole horizon where it has weeks, and every whole week of it."""
    rows = []
    weeks = horizon // SEASON_DAYS
    if horizon > SEASON_DAYS:
        rows.append(np.ones(horizon))
    for week in range(weeks):
        row = np.zeros(horizon)
        row[week * SEASON_DAYS : (week + 1) * SEASON_DAYS] = 1.0
        rows.append(row)
    return np.stack(rows) if rows else np.zeros((0, horizon))


def in_time(
    days: FloatArray, sums: FloatArray, summing: FloatArray, spread: FloatArray
) -> FloatArray:
    """Return ... x H days that agree with ... x S sums as far as each deserves.

    `spread` (S + H) is the variance of what sums and days missed; days move by their share of it.
    """
    count = len(summing)
    if not count:
        return days
    of_sums, of_days = np.diag(spread[:count]), spread[count:]
    across = of_days[:, None] * summing.T
    inner = of_sums + summing @ across
    inner += np.eye(count) * max(float(np.trace(inner)), 1e-12) * 1e-9
    pull = np.linalg.solve(inner, across.T).T
    gaps = sums - np.einsum("sh,...h->...s", summing, days)
    moved: FloatArray = days + np.einsum("hs,...s->...h", pull, gaps)
    return moved
