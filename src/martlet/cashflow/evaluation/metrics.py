"""How far forecasts were from what came: one definition of every figure, for every method alike.

The invariant is that a figure says what it is a mean of. Daily figures (MASE with season 7, WAPE,
WQL, coverage) pool days; a total's error is given per series over its own average total, capped at
3, and pooled as the error of the sum. A median that "wins" intermittent days loses the totals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow.model import SEASON_DAYS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from martlet.cashflow.model import FloatArray, Forecast

CAP = 3.0
"""One firm that stood still counts as being wrong three times over, not a thousand times."""

BAND = (0.1, 0.9)


@dataclass(frozen=True)
class Scores:
    """A method's figures over one or more windows; a figure that has no data is NaN."""

    mase: float
    mase_of_median: float
    wape: float
    wql: float
    coverage_80: float
    total_error: Mapping[int, float]
    total_error_median: Mapping[int, float]
    pooled_error: Mapping[int, float]
    crps: Mapping[int, float]
    pooled_crps: Mapping[int, float]


def season_errors(known: FloatArray) -> FloatArray:
    """Return each series' mean absolute change over a week before the origin: MASE's unit."""
    found = np.abs(known[:, SEASON_DAYS:] - known[:, :-SEASON_DAYS])
    seen = ~np.isnan(found)
    count = seen.sum(axis=1)
    total = np.where(seen, found, 0.0).sum(axis=1)
    good = (count > 0) & (total > 0)
    unit = np.full(len(known), np.nan)
    unit[good] = total[good] / count[good]
    return unit


def own_totals(known: FloatArray, days: int) -> FloatArray:
    """Return each series' own average total of that many days before the origin."""
    seen = (~np.isnan(known)).sum(axis=1)
    mean = np.divide(np.nansum(known, axis=1), seen, out=np.zeros(len(known)), where=seen > 0)
    return np.where(mean > 0.0, mean * days, np.nan)


def pinball(actual: FloatArray, quantiles: FloatArray, levels: Sequence[float]) -> FloatArray:
    """Return twice the quantile loss, by level on the last axis."""
    ahead = actual[..., None] - quantiles
    tau = np.asarray(levels)
    return np.asarray(2.0 * np.maximum(tau * ahead, (tau - 1.0) * ahead))


def score(known: FloatArray, actual: FloatArray, answer: Forecast) -> Scores:
    """Return a method's figures in one window; `known` is all before the origin."""
    error = np.abs(actual - answer.mean)
    unit = season_errors(known)
    volume = float(np.nansum(np.abs(actual)))
    daily = pinball(actual, answer.quantiles, answer.levels)
    middle = np.abs(actual - answer.at(0.5))
    inside = (actual >= answer.at(BAND[0])) & (actual <= answer.at(BAND[1]))
    spans = sorted(answer.cumulative)
    totals = {days: _totals(known, actual, answer.mean, days) for days in spans}
    sums = {days: _crps(known, actual, answer, days) for days in spans}
    return Scores(
        mase=_mean(np.nanmean(error, axis=1) / unit),
        mase_of_median=_mean(np.nanmean(middle, axis=1) / unit),
        wape=float(np.nansum(error)) / volume,
        wql=float(np.nansum(daily)) / volume / len(answer.levels),
        coverage_80=float(inside[~np.isnan(actual)].mean()),
        total_error={days: found[0] for days, found in totals.items()},
        total_error_median={days: found[1] for days, found in totals.items()},
        pooled_error={days: found[2] for days, found in totals.items()},
        crps={days: found[0] for days, found in sums.items()},
        pooled_crps={days: found[1] for days, found in sums.items()},
    )


def over(windows: Sequence[Scores]) -> Scores:
    """Return the mean of the windows' figures, each window counting alike."""
    assert windows, "nothing was scored"
    tables = ("total_error", "total_error_median", "pooled_error", "crps", "pooled_crps")
    plain = ("mase", "mase_of_median", "wape", "wql", "coverage_80")
    means = {name: _mean(np.array([getattr(one, name) for one in windows])) for name in plain}
    by_days = {
        name: {
            days: _mean(np.array([getattr(one, name)[days] for one in windows]))
            for days in getattr(windows[0], name)
        }
        for name in tables
    }
    return Scores(**means, **by_days)  # type: ignore[arg-type] # names and kinds stand above


def _totals(
    known: FloatArray, actual: FloatArray, mean: FloatArray, days: int
) -> tuple[float, float, float]:
    came, said = actual[:, :days].sum(axis=1), mean[:, :days].sum(axis=1)
    errors = np.minimum(np.abs(said - came) / own_totals(known, days), CAP)
    errors = errors[~np.isnan(errors)]
    pooled = abs(float(np.nansum(said)) - float(np.nansum(came))) / abs(float(np.nansum(came)))
    return _mean(errors), float(np.median(errors)) if errors.size else float("nan"), pooled


def _crps(
    known: FloatArray, actual: FloatArray, answer: Forecast, days: int
) -> tuple[float, float]:
    came = actual[:, :days].sum(axis=1)
    loss = pinball(came, answer.cumulative[days], answer.levels).mean(axis=1)
    own = np.minimum(loss / own_totals(known, days), CAP)
    return _mean(own), float(np.nansum(loss)) / float(np.nansum(np.abs(came)))


def _mean(found: FloatArray) -> float:
    kept = found[~np.isnan(found)]
    return float(kept.mean()) if kept.size else float("nan")
