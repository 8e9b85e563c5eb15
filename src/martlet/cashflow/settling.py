"""Whose total a mean keeps: each firm's typical one, and together the whole that is foretold.

Where money moves now and then, a firm's expected total lies far above what it mostly takes: rare
large orders make it. Of a crowd of such firms each is settled on its typical total (the median),
and what they lack together is given back by size, until they add up to the forecast of the whole.
The invariant: days keep their shape, and the whole is one of all, so that rare orders which belong
to nobody in particular are not lost. Too few series, net flows and short spans keep expectations.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow.levels import at_levels
from martlet.cashflow.limits import SUMS_DAYS_MIN
from martlet.cashflow.sums import foretell_sums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.cashflow.model import BoolArray, Days, FloatArray, Forecast, History

SPAN_DAYS = 28
"""Four weeks: over less, the typical total of a firm that is paid now and then is nothing."""

CROWD_SERIES_MIN = 20
"""Fewer have no whole that is steadier than its parts."""

QUIET_SHARE_MIN = 0.1
"""Of days without a flow: from here on a typical total and an expected one part."""

BACKWARD_SHARE_MAX = 0.05
"""Of all that moves; beyond, these are net flows, whose whole is a small rest of large parts."""

RECENT_DAYS = 91
YEAR = 364

SIZE_POWER = 1.4
"""Errors of totals grow so with their size (Tweedie's power): whoever errs more gives more."""

GAP_MOST = 0.5
"""Of the sum of typical totals; a whole that is further off is not believed."""


def quiet_share(values: FloatArray) -> float:
    """Return the share of recent days on which nothing moved, days before a beginning too."""
    return float(np.mean(np.nan_to_num(values[:, -RECENT_DAYS:]) == 0.0))


def is_crowd(values: FloatArray) -> bool:
    """Tell whether these are many series of one direction whose money moves now and then."""
    recent = np.nan_to_num(values[:, -YEAR:])
    backward = float(np.abs(np.minimum(recent, 0.0)).sum())
    moved = float(np.abs(recent).sum())
    return (
        len(values) >= CROWD_SERIES_MIN
        and quiet_share(values) >= QUIET_SHARE_MIN
        and backward <= BACKWARD_SHARE_MAX * moved
    )


def typical_totals(cumulative: FloatArray, levels: Sequence[float]) -> FloatArray:
    """Return each series' median total."""
    return np.asarray(at_levels(cumulative, levels, (0.5,))[:, 0])


def leaning(expected: FloatArray, typical: FloatArray, lean: float) -> FloatArray:
    """Return totals that lean from the expected to the typical, still of the expected sum."""
    return shared((1.0 - lean) * expected + lean * typical, float(expected.sum()))


def shared(totals: FloatArray, whole: float) -> FloatArray:
    """Return totals that add up to the whole: by least variance, which grows with size."""
    together = float(totals.sum())
    most = GAP_MOST * float(np.abs(totals).sum())
    gap = float(np.clip(whole - together, -most, most))
    found = totals
    # A share that would fall below nothing stays at nothing, and the others give once more.
    for _ in range(3):
        size = np.maximum(found, 0.0) ** SIZE_POWER
        if not size.sum() > 0.0:
            break
        moved = found + gap * size / size.sum()
        moved = np.where(found > 0.0, np.maximum(moved, 0.0), found)
        gap -= float(moved.sum() - found.sum())
        found = moved
    return found


def foretold_whole(history: History, expected: FloatArray, days: Days) -> float:
    """Return the sum of all series over the span ahead: the mean of three views of it.

    The sum of the parts' expectations, the calendar ridge of the sum, the mean day of a year.
    """
    whole = np.nan_to_num(history.values).sum(axis=0)
    views = [float(expected.sum())]
    count = history.day_count
    if count >= SUMS_DAYS_MIN + SPAN_DAYS:
        told = days.features(history.first_day, count + SPAN_DAYS, history.last_day)
        views.append(float(foretell_sums(whole[None, :], told, SPAN_DAYS)[0].sum()))
    if count >= YEAR:
        views.append(float(whole[-YEAR:].mean()) * SPAN_DAYS)
    return float(np.mean(views))


def settled(said: Forecast, history: History, lean: float, days: Days) -> Forecast:
    """Return the forecast whose means keep the settled totals; each currency is a whole apart."""
    if SPAN_DAYS not in said.cumulative:
        return said
    mean = said.mean.copy()
    typical = typical_totals(said.cumulative[SPAN_DAYS], said.levels)
    for rows in _wholes(history):
        part = history.take(rows)
        if not is_crowd(part.values):
            continue
        expected = mean[rows][:, :SPAN_DAYS].sum(axis=1)
        totals = (1.0 - lean) * expected + lean * typical[rows]
        totals = shared(totals, foretold_whole(part, expected, days))
        mean[rows] = _keeping(mean[rows], expected, totals)
    return replace(said, mean=mean)


def _wholes(history: History) -> list[BoolArray]:
    if not history.currencies:
        return [np.ones(len(history.series_ids), np.bool_)]
    currencies = np.array(history.currencies)
    return [currencies == one for one in sorted(set(history.currencies))]


def _keeping(mean: FloatArray, expected: FloatArray, totals: FloatArray) -> FloatArray:
    """Return days of the same shape and other totals; where there is no shape, even days."""
    shaped = np.abs(expected) > np.maximum(0.05 * np.abs(totals), 1e-9)
    scale = np.where(shaped, totals / np.where(shaped, expected, 1.0), 0.0)
    even = np.where(shaped, 0.0, totals / SPAN_DAYS)
    return np.asarray(mean * scale[:, None] + even[:, None])
