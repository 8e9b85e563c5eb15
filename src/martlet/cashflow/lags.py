"""What a series was like at an origin, as columns for a model of all series at once.

The invariant: a feature of origin `t` reads days before `t` and no other, so that training rows
and forecasts are made by the same code and nothing leaks. Everything is numpy over whole blocks of
series, scaled by each series' own recent level; a series of three days has gaps (NaN) and no error.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Singles = npt.NDArray[np.float32]
    Days = npt.NDArray[np.datetime64]

WEEK = 7
YEAR = 364
"""Fifty-two whole weeks: the same weekday of last year."""

WEEKS_SEEN = 26
LEVEL_WINDOWS = (7, 14, 28, 56, 91, 182, 364)
SCALE_DAYS = 56
FLOOR_OF_YEAR = 0.3
"""A quiet firm is scaled by at least this part of its year's level, so that no target explodes."""

ORIGIN_NAMES = (
    *(f"level_{days}" for days in LEVEL_WINDOWS),
    *("trend_28", "trend_91", "spread_56", "zeros_28", "zeros_91", "since_flow", "known_days"),
    *("weekday_strength", "last_day", "size"),
)
SLOT_NAMES = (
    *("weekday_1", "weekday_2", "weekday_3", "weekday_mean_4", "weekday_mean_8"),
    *("weekday_mean_26", "weekday_median_8", "weekday_low_13", "weekday_high_13"),
    "weekday_zeros_8",
)
DAY_NAMES = (
    *("year_ago", "year_ago_3_weeks", "year_ago_move"),
    *("month_ago", "months_ago_3", "ahead"),
)
NAMES = (*ORIGIN_NAMES, *SLOT_NAMES, *DAY_NAMES)


@dataclass(frozen=True)
class Sums:
    """Running sums of a block of series, so that any window's mean costs two look-ups."""

    values: Floats
    total: Floats
    size: Floats
    seen: Floats
    zeros: Floats

    def window(self, start: int, stop: int) -> Floats:
        """Return every series' mean over the days from `start` up to `stop`; NaN where unknown."""
        first, last = max(start, 0), max(stop, 0)
        return _ratio(
            self.total[:, last] - self.total[:, first], self.seen[:, last] - self.seen[:, first]
        )

    def share(self, running: Floats, start: int, stop: int) -> Floats:
        """Return a running sum's mean over the days known from `start` up to `stop`."""
        first = max(start, 0)
        return _ratio(
            running[:, stop] - running[:, first], self.seen[:, stop] - self.seen[:, first]
        )


def sums(values: Floats) -> Sums:
    """Return the running sums of a block of series (N x T, NaN before a series begins)."""
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    return Sums(
        values=values,
        total=_running(filled),
        size=_running(np.abs(filled)),
        seen=_running(known),
        zeros=_running(known & (filled == 0.0)),
    )


def scales(running: Sums, origin: int) -> Floats:
    """Return each series' own recent level at an origin: above 0 for every series with a flow."""
    recent = running.share(running.size, origin - SCALE_DAYS, origin)
    year = running.share(running.size, origin - YEAR, origin)
    ever = running.share(running.size, 0, origin)
    level = np.fmax(np.fmax(recent, FLOOR_OF_YEAR * year), FLOOR_OF_YEAR * ever)
    return np.where(np.isnan(level) | (level <= 0.0), 1.0, level)


def rows(running: Sums, origin: int, horizon: int, days: Days) -> tuple[Singles, Floats]:
    """Return the features of every series and day ahead (N x H x F), and the series' scales.

    `days` are the dates of the block from its first day to the last day ahead.
    """
    scale = scales(running, origin)
    count = running.values.shape[0]
    found = np.empty((count, horizon, len(NAMES)), np.float32)
    flat = len(ORIGIN_NAMES)
    with warnings.catch_warnings():
        # A slot that no day has filled yet has no mean: NaN is the answer and the trees read it.
        warnings.simplefilter("ignore", RuntimeWarning)
        found[:, :, :flat] = _at_origin(running, origin, scale)[:, None, :]
        slots = _by_weekday(running.values, origin, scale)
        found[:, :, flat : flat + len(SLOT_NAMES)] = slots[:, np.arange(horizon) % WEEK]
        found[:, :, flat + len(SLOT_NAMES) :] = _by_day(running, origin, horizon, days, scale)
    return found, scale


def _at_origin(running: Sums, origin: int, scale: Floats) -> Floats:
    levels = [running.window(origin - days, origin) / scale for days in LEVEL_WINDOWS]
    before_28 = running.window(origin - 56, origin - 28)
    before_91 = running.window(origin - 182, origin - 91)
    recent = running.values[:, max(origin - SCALE_DAYS, 0) : origin]
    spread = np.nanstd(recent, axis=1) / scale if recent.shape[1] else np.full_like(scale, np.nan)
    flows = np.nan_to_num(recent) != 0.0
    since = np.where(
        flows.any(axis=1), np.argmax(flows[:, ::-1], axis=1) if recent.shape[1] else 0, SCALE_DAYS
    )
    last = running.values[:, origin - 1] if origin else np.full_like(scale, np.nan)
    return np.column_stack(
        [
            *levels,
            levels[2] - before_28 / scale,
            levels[4] - before_91 / scale,
            spread,
            running.share(running.zeros, origin - 28, origin),
            running.share(running.zeros, origin - 91, origin),
            since,
            np.minimum(running.seen[:, origin], YEAR),
            _weekday_strength(running.values, origin, scale),
            last / scale,
            np.log(scale),
        ]
    )


def last_weeks(values: Floats, origin: int, weeks: int) -> Floats:
    """Return the last whole weeks as N x weeks x 7, newest week last; slot 0 is the origin's."""
    wanted = weeks * WEEK
    found = values[:, max(origin - wanted, 0) : origin]
    if found.shape[1] < wanted:
        gap = np.full((values.shape[0], wanted - found.shape[1]), np.nan)
        found = np.concatenate([gap, found], axis=1)
    return found.reshape(values.shape[0], weeks, WEEK)


def _weekday_strength(values: Floats, origin: int, scale: Floats) -> Floats:
    profile = np.nanmean(last_weeks(values, origin, 8), axis=1)
    return np.asarray(np.nanstd(profile, axis=1) / scale)


def _by_weekday(values: Floats, origin: int, scale: Floats) -> Floats:
    weeks = last_weeks(values, origin, WEEKS_SEEN) / scale[:, None, None]
    quarter = np.sort(weeks[:, -13:], axis=1)
    return np.stack(
        [
            weeks[:, -1],
            weeks[:, -2],
            weeks[:, -3],
            np.nanmean(weeks[:, -4:], axis=1),
            np.nanmean(weeks[:, -8:], axis=1),
            np.nanmean(weeks, axis=1),
            np.nanmedian(weeks[:, -8:], axis=1),
            quarter[:, 1],
            np.nanmax(quarter[:, :-1], axis=1),
            np.nanmean(weeks[:, -8:] == 0.0, axis=1),
        ],
        axis=2,
    )


def _by_day(running: Sums, origin: int, horizon: int, days: Days, scale: Floats) -> Floats:
    values = running.values
    ahead = origin + np.arange(horizon)
    year_ago = _days_back(values, origin, ahead - YEAR)
    around = np.nanmean(
        [_days_back(values, origin, ahead - YEAR + shift) for shift in (-WEEK, 0, WEEK)], axis=0
    )
    then = running.window(origin - YEAR - 28, origin - YEAR)
    later = np.column_stack(
        [
            running.window(day - YEAR - 14, min(day - YEAR + 14, origin))
            for day in range(origin, origin + horizon)
        ]
    )
    months = [_month_ago(values, origin, days[ahead], days[0], back) for back in (1, 2, 3)]
    count = values.shape[0]
    return np.stack(
        [
            year_ago / scale[:, None],
            around / scale[:, None],
            (later - then[:, None]) / scale[:, None],
            months[0] / scale[:, None],
            np.nanmean(months, axis=0) / scale[:, None],
            np.broadcast_to(np.arange(1.0, horizon + 1.0), (count, horizon)),
        ],
        axis=2,
    )


def _days_back(values: Floats, origin: int, wanted: npt.NDArray[np.int64]) -> Floats:
    """Return the values of days by index; NaN where a day is not known at the origin."""
    known = (wanted >= 0) & (wanted < origin)
    found = values[:, np.where(known, wanted, 0)]
    return np.where(known, found, np.nan)


def _month_ago(values: Floats, origin: int, ahead: Days, first: np.datetime64, back: int) -> Floats:
    """Return the mean about the same day of an earlier month: rent, wages and taxes keep to it."""
    months = ahead.astype("datetime64[M]")
    place = (ahead - months.astype("datetime64[D]")).astype(np.int64)
    earlier = (months - back).astype("datetime64[D]") + place
    index = (earlier - first).astype(np.int64)
    near = [_days_back(values, origin, index + shift) for shift in (-1, 0, 1)]
    return np.asarray(np.nanmean(near, axis=0))


def _running(columns: npt.NDArray[np.generic]) -> Floats:
    found = np.zeros((columns.shape[0], columns.shape[1] + 1))
    np.cumsum(columns, axis=1, out=found[:, 1:])
    return found


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)
