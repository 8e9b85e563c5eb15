"""The plain methods that any other must beat, made in the same run on the same days.

Each is a rule for the mean; its bands are the rule's own errors at earlier origins, for days and
for running totals alike. The invariant: an error used for a band was known at the origin, so no
baseline is made weak or strong by what came later.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow.lags import last_weeks
from martlet.cashflow.levels import rising
from martlet.cashflow.model import SEASON_DAYS, Forecast, days_from

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlet.cashflow.model import Ask, FloatArray, History

    Rule = Callable[[FloatArray, int], FloatArray]

ERROR_WINDOWS = 13
"""A quarter of weekly origins: enough for a band, recent enough to be the same firm."""

YEAR = 364


def seasonal_naive(known: FloatArray, horizon: int) -> FloatArray:
    """Return last week again."""
    return _weekly(last_weeks(known, known.shape[1], 1)[:, 0], horizon)


def weekday_mean(known: FloatArray, horizon: int) -> FloatArray:
    """Return each weekday's mean of the last eight weeks."""
    return _weekly(np.nanmean(last_weeks(known, known.shape[1], 8), axis=1), horizon)


def mean_28(known: FloatArray, horizon: int) -> FloatArray:
    """Return the mean day of the last four weeks."""
    return _flat(known, 28, horizon)


def mean_364(known: FloatArray, horizon: int) -> FloatArray:
    """Return the mean day of the last year."""
    return _flat(known, YEAR, horizon)


def last_year(known: FloatArray, horizon: int) -> FloatArray:
    """Return the same days fifty-two weeks ago, or the mean day where nothing was known then."""
    found = np.full((len(known), horizon), np.nan)
    start = known.shape[1] - YEAR
    if start >= 0:
        days = known[:, start : start + horizon]
        found[:, : days.shape[1]] = days
    return np.where(np.isnan(found), _flat(known, YEAR, horizon), found)


RULES: dict[str, Rule] = {
    "SeasonalNaive": seasonal_naive,
    "weekday mean": weekday_mean,
    "mean of 28 days": mean_28,
    "mean of 364 days": mean_364,
    "last year": last_year,
}


def by_rule(rule: Rule, history: History, ask: Ask) -> Forecast:
    """Return a rule's mean, banded by its own errors at earlier origins."""
    known, horizon = history.values, ask.horizon
    with warnings.catch_warnings():
        # A series that has not begun has no mean; it is answered with nothing coming in.
        warnings.simplefilter("ignore", RuntimeWarning)
        mean = np.nan_to_num(rule(known, horizon))
        errors = _errors(rule, known, horizon)
        daily = np.nan_to_num(np.nanquantile(errors, ask.levels, axis=(1, 2)))
        quantiles = mean[:, :, None] + daily.T[:, None, :]
        cumulative = {}
        for days in ask.totals:
            wrong = np.nansum(errors[:, :, :days], axis=2)
            spread = np.nan_to_num(np.nanquantile(wrong, ask.levels, axis=1))
            cumulative[days] = mean[:, :days].sum(axis=1)[:, None] + spread.T
    return Forecast(
        series_ids=history.series_ids,
        days=days_from(history.first_day, history.day_count + horizon)[history.day_count :],
        mean=mean,
        levels=ask.levels,
        quantiles=rising(quantiles),
        cumulative={days: rising(total) for days, total in cumulative.items()},
    )


def _errors(rule: Rule, known: FloatArray, horizon: int) -> FloatArray:
    """Return what came less what the rule said, N x windows x H, of windows that are over."""
    found = []
    for window in range(ERROR_WINDOWS):
        origin = known.shape[1] - horizon - SEASON_DAYS * window
        if origin < SEASON_DAYS:
            break
        found.append(known[:, origin : origin + horizon] - rule(known[:, :origin], horizon))
    if not found:
        return np.zeros((len(known), 1, horizon))
    return np.stack(found, axis=1)


def _weekly(week: FloatArray, horizon: int) -> FloatArray:
    return week[:, np.arange(horizon) % SEASON_DAYS]


def _flat(known: FloatArray, days: int, horizon: int) -> FloatArray:
    mean = np.nanmean(known[:, -days:], axis=1)
    return np.repeat(mean[:, None], horizon, axis=1)
