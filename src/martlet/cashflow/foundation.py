"""A small foundation model that needs no fitting, where its package is installed.

The one door to fracast, which brings torch and its own weights and is no dependency of ours. The
invariant: it reads the days up to a history's last and nothing else, and a series too short for it
is answered by its mean and its own quantiles.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.cashflow.levels import at_levels, normal_scores, rising
from martlet.cashflow.limits import FOUNDATION_DAYS_MIN, FOUNDATION_ROWS
from martlet.cashflow.model import Forecast, days_from
from martlet.kernel.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.cashflow.blend import Ready
    from martlet.cashflow.model import Ask, FloatArray, History

_LIKE_THE_DAY_BEFORE = 0.2
"""How much a day's miss is like the day before's: totals are wider than of independent days."""


@dataclass(frozen=True)
class Fracast:
    """The model as a tier of the blend; there is nothing to learn."""

    costly: bool = True

    def __call__(self, history: History, ask: Ask) -> Ready:
        """Return the model, loaded; where its package is missing, one sentence says so."""
        del history, ask
        model = _model()
        return lambda then, wanted: _forecast(model, then, wanted)


@lru_cache(maxsize=1)
def _model() -> Any:  # noqa: ANN401 - a package without types
    try:
        from fracast import FracastModel  # noqa: PLC0415 - not ours, seconds to load
    except ImportError as error:
        raise Unavailable("cashflow.plugin_missing", name="fracast", package="fracast") from error
    return FracastModel.from_pretrained()


def _forecast(model: Any, history: History, ask: Ask) -> Forecast:  # noqa: ANN401 - no types
    quantiles = _plain(history.values, ask.horizon, model.quantiles)
    enough = np.flatnonzero(history.known.sum(axis=1) >= FOUNDATION_DAYS_MIN)
    for at in range(0, len(enough), FOUNDATION_ROWS):
        rows = enough[at : at + FOUNDATION_ROWS]
        said = model.forecast_batch(history.values[rows], horizon=ask.horizon)
        quantiles[rows] = rising(np.asarray(said, dtype=np.float64))
    if (np.nan_to_num(history.values) >= 0).all():
        quantiles = np.maximum(quantiles, 0.0)
    mean = _mean(quantiles, model.quantiles)
    low, high = at_levels(quantiles, model.quantiles, (0.1, 0.9)).transpose(2, 0, 1)
    return Forecast(
        series_ids=history.series_ids,
        days=days_from(history.first_day, history.day_count + ask.horizon)[history.day_count :],
        mean=mean,
        levels=ask.levels,
        quantiles=at_levels(quantiles, model.quantiles, ask.levels),
        cumulative={days: _total(mean, high - low, days, ask.levels) for days in ask.totals},
    )


def _plain(values: FloatArray, horizon: int, levels: Sequence[float]) -> FloatArray:
    """Return each series' own quantiles, every day alike; zero where nothing is known."""
    found = np.zeros((len(values), horizon, len(levels)))
    for row, series in enumerate(values):
        known = series[np.isfinite(series)]
        if len(known):
            found[row] = np.quantile(known, levels)
    return found


def _mean(quantiles: FloatArray, levels: Sequence[float]) -> FloatArray:
    """Return the mean of the distribution that the quantiles outline, straight between them."""
    edges = np.concatenate([[0.0], np.asarray(levels), [1.0]])
    padded = np.concatenate([quantiles[..., :1], quantiles, quantiles[..., -1:]], axis=-1)
    middle = (padded[..., 1:] + padded[..., :-1]) / 2.0
    mean: FloatArray = (middle * np.diff(edges)).sum(axis=-1)
    return mean


def _total(mean: FloatArray, width: FloatArray, days: int, levels: Sequence[float]) -> FloatArray:
    """Return quantiles of a total whose days miss alike as far as one day does the day before."""
    spread = width[:, :days] / float(np.ptp(normal_scores((0.1, 0.9))))
    alike = _LIKE_THE_DAY_BEFORE ** np.abs(np.subtract.outer(np.arange(days), np.arange(days)))
    sigma = np.sqrt(np.einsum("nh,hk,nk->n", spread, alike, spread))
    return rising(mean[:, :days].sum(axis=1)[:, None] + sigma[:, None] * normal_scores(levels))
