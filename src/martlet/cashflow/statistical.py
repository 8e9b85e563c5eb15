"""Statistical models of one series at a time, for series worth the seconds they cost.

The one door to statsforecast (extra `statistics`); everything else of the room works without it.
The invariant: one bad series never costs the batch. A series that a model cannot fit is answered
by its weekday mean and counted among `plain`. Quantiles rise with their levels.
"""

from __future__ import annotations

import warnings
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.cashflow.limits import (
    DAYS_FITTED_MIN,
    PROCESSES_MAX,
    SERIES_A_TASK,
    STATISTICAL_DAYS_MAX,
    WEEKDAY_MEAN_WEEKS,
)
from martlet.cashflow.model import SEASON_DAYS
from martlet.kernel.errors import missing_extra

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.cashflow.model import BoolArray, FloatArray


class Model(StrEnum):
    """The models, called as statsforecast calls them."""

    SEASONAL_NAIVE = "SeasonalNaive"
    WEEKDAY_MEAN = "SeasonalWindowAverage"
    AUTO_ETS = "AutoETS"
    AUTO_CES = "AutoCES"


@dataclass(frozen=True)
class Fitted:
    """What a model foretells for every series."""

    mean: FloatArray
    """N x H."""
    quantiles: FloatArray
    """N x H x Q."""
    plain: BoolArray
    """Series which the model could not fit, answered by their weekday mean."""


def foretell(
    values: FloatArray,
    horizon: int,
    levels: Sequence[float],
    model: Model,
    processes: int = PROCESSES_MAX,
) -> Fitted:
    """Return a model's mean and quantiles for each row of `values` (N x T, NaN before its start).

    A missing day inside a series is read as the mean of its weekday; a refusal says in one
    sentence that statsforecast is not installed.
    """
    _library()
    work = partial(_rows, horizon=horizon, levels=tuple(levels), model=model)
    recent = np.ascontiguousarray(values[:, -STATISTICAL_DAYS_MAX:], dtype=np.float64)
    tasks = [recent[at : at + SERIES_A_TASK] for at in range(0, len(recent), SERIES_A_TASK)]
    quick = model in {Model.SEASONAL_NAIVE, Model.WEEKDAY_MEAN}
    if quick or processes < PROCESSES_MAX or len(tasks) < PROCESSES_MAX:
        parts = [work(task) for task in tasks]
    else:
        with ProcessPoolExecutor(PROCESSES_MAX, get_context("spawn")) as pool:
            parts = list(pool.map(work, tasks))
    if not parts:
        shape = (0, horizon, len(levels))
        return Fitted(np.zeros(shape[:2]), np.zeros(shape), np.zeros(0, dtype=np.bool_))
    return Fitted(
        np.concatenate([part.mean for part in parts]),
        np.concatenate([part.quantiles for part in parts]),
        np.concatenate([part.plain for part in parts]),
    )


def _library() -> Any:  # noqa: ANN401 - a module without types
    try:
        from statsforecast import models  # noqa: PLC0415 - an extra, heavy to load
    except ImportError as error:
        raise missing_extra("statistics", "statsforecast") from error
    return models


def _rows(values: FloatArray, horizon: int, levels: tuple[float, ...], model: Model) -> Fitted:
    answers = [_one(row, horizon, levels, model) for row in values]
    return Fitted(
        np.stack([mean for mean, _, _ in answers]),
        np.stack([quantiles for _, quantiles, _ in answers]),
        np.array([plain for _, _, plain in answers], dtype=np.bool_),
    )


def _one(
    row: FloatArray, horizon: int, levels: tuple[float, ...], model: Model
) -> tuple[FloatArray, FloatArray, bool]:
    known = _filled(row)
    if model is Model.WEEKDAY_MEAN and len(known) >= DAYS_FITTED_MIN:
        return *_weekday_mean(known, horizon, levels), False
    if len(known) >= DAYS_FITTED_MIN:
        # Overflow in a hopeless series is what the fallback is for, not news for the reader.
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                mean, quantiles = _by_library(known, horizon, levels, model)
            except Exception:  # noqa: BLE001 - whatever a model dies of, the batch goes on
                mean = np.full(horizon, np.nan)
                quantiles = np.full((horizon, len(levels)), np.nan)
        if np.isfinite(mean).all() and np.isfinite(quantiles).all():
            return mean, quantiles, False
    return *_weekday_mean(known, horizon, levels), True


def _by_library(
    known: FloatArray, horizon: int, levels: tuple[float, ...], model: Model
) -> tuple[FloatArray, FloatArray]:
    fitted = getattr(_library(), model.value)(season_length=SEASON_DAYS)
    widths = sorted({_width(level) for level in levels})
    found = fitted.forecast(y=known, h=horizon, level=widths or None)
    mean = np.asarray(found["mean"], dtype=np.float64)
    sides = [
        np.asarray(found[f"{'lo' if level < 0.5 else 'hi'}-{_width(level)}"], dtype=np.float64)  # noqa: PLR2004 - the median
        for level in levels
    ]
    quantiles = np.stack(sides, axis=-1) if sides else np.zeros((horizon, 0))
    return mean, _rising(quantiles, levels)


def _width(level: float) -> float:
    """Return the band, in per cent, one of whose edges is the quantile at `level`."""
    return round(abs(2 * level - 1) * 100, 6)


def _rising(quantiles: FloatArray, levels: Sequence[float]) -> FloatArray:
    """Return the quantiles in the order of their levels, never crossing."""
    order = np.argsort(levels, kind="stable")
    rising = np.empty_like(quantiles)
    rising[..., order] = np.sort(quantiles, axis=-1)
    return rising


def _filled(row: FloatArray) -> FloatArray:
    """Return a series from its first known day on, a missing day at the mean of its weekday."""
    present = np.isfinite(row)
    if not present.any():
        return np.zeros(0)
    known = row[int(np.argmax(present)) :].copy()
    for weekday in range(SEASON_DAYS):
        days = known[weekday::SEASON_DAYS]
        gaps = ~np.isfinite(days)
        if gaps.any():
            usual = days[~gaps].mean() if (~gaps).any() else float(np.nanmean(known))
            known[weekday::SEASON_DAYS][gaps] = usual
    return known


def _weekday_mean(
    known: FloatArray, horizon: int, levels: tuple[float, ...]
) -> tuple[FloatArray, FloatArray]:
    """Return the mean of each weekday and what it missed by, so many weeks ahead, in the past."""
    if not len(known):
        return np.zeros(horizon), np.zeros((horizon, len(levels)))
    if len(known) < DAYS_FITTED_MIN:
        mean = np.full(horizon, known.mean())
        band = np.quantile(known, levels) if levels else np.zeros(0)
        return mean, np.tile(band, (horizon, 1))
    weeks = min(WEEKDAY_MEAN_WEEKS, len(known) // SEASON_DAYS)
    profile = known[-weeks * SEASON_DAYS :].reshape(weeks, SEASON_DAYS).mean(axis=0)
    mean = profile[np.arange(horizon) % SEASON_DAYS]
    quantiles = np.empty((horizon, len(levels)))
    for at in range(0, horizon, SEASON_DAYS):
        missed = _missed(known, weeks, at // SEASON_DAYS + 1)
        days = slice(at, min(at + SEASON_DAYS, horizon))
        quantiles[days] = mean[days, None] + np.quantile(missed, levels)[None, :]
    return mean, _rising(quantiles, levels)


def _missed(known: FloatArray, weeks: int, ahead: int) -> FloatArray:
    """Return what the weekday mean missed by when it looked `ahead` weeks ahead."""
    whole = len(known) // SEASON_DAYS
    by_week = known[-whole * SEASON_DAYS :].reshape(whole, SEASON_DAYS)
    misses = [
        by_week[at] - by_week[max(at - ahead - weeks + 1, 0) : at - ahead + 1].mean(axis=0)
        for at in range(ahead, whole)
    ]
    if not misses:
        misses = [week - by_week.mean(axis=0) for week in by_week]
    return np.concatenate(misses)
