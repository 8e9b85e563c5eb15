"""Forecasts of sums, weighed by how their members did before the origin, with conformal bands.

Every member of the ridge family is played again from each of the last weeks' days. For each part
of the horizon the weights follow from those plays, and what the weighed forecast then missed by
gives the quantiles, day by day and over totals. The invariant: no play looks past the origin, and
quantiles never cross.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow.grains import grain_sums, in_time
from martlet.cashflow.limits import (
    SUMS_DAYS_MIN,
    SUMS_PLAY_DAYS,
    SUMS_PLAYS_THIN_FROM_DAYS,
    SUMS_SERIES_A_TIME,
)
from martlet.cashflow.model import SEASON_DAYS
from martlet.cashflow.ridge import design, members

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from martlet.cashflow.model import DayFeatures, FloatArray, IntArray
    from martlet.cashflow.ridge import Stock

PART_ENDS = (1, 7, 14, 30, 60, 120, 366)
"""The horizon in parts: the next day, the week, the fortnight, the month, and beyond."""
SHARPNESS = 8
"""How steeply weight falls with error: 1 is nearly a plain mean, infinity takes the best alone."""
FORGETTING = 0.995
"""A day: a play of four months ago counts half."""


@dataclass(frozen=True, slots=True, eq=False)
class Plays:
    """What the weighed forecast said at past origins, and what came."""

    origins: IntArray
    """U: how many days were known then."""
    said: FloatArray
    """U x N x H."""
    came: FloatArray
    """U x N x H; NaN for what lies after the origin of the forecast itself."""

    @property
    def missed(self) -> FloatArray:
        """Return U x N x H: what came less what was said."""
        gone: FloatArray = self.came - self.said
        return gone


def foretell_sums(
    values: FloatArray, days: DayFeatures, horizon: int, stock: Stock | None = None
) -> tuple[FloatArray, Plays]:
    """Return the weighed mean (N x H) and the plays behind it, for N series of T days.

    `days` tell of the T days and of the horizon, as known at the origin.
    """
    features = design(days)
    means, plays = [], []
    for at in range(0, values.shape[0], SUMS_SERIES_A_TIME):
        span = slice(at, at + SUMS_SERIES_A_TIME)
        part = None if stock is None else replace(stock, paid_out=stock.paid_out[span])
        mean, played = _some(values[span], features, horizon, part)
        means.append(mean)
        plays.append(played)
    return np.concatenate(means), Plays(
        plays[0].origins,
        np.concatenate([played.said for played in plays], axis=1),
        np.concatenate([played.came for played in plays], axis=1),
    )


def _some(
    values: FloatArray, features: FloatArray, horizon: int, stock: Stock | None
) -> tuple[FloatArray, Plays]:
    count, known = values.shape
    enough = min(SUMS_DAYS_MIN, max(known // 2, SEASON_DAYS))
    first = max(enough, known - SUMS_PLAY_DAYS - horizon)
    origins = np.arange(first, known, max(1, horizon // SUMS_PLAYS_THIN_FROM_DAYS))
    now = members(values, features, horizon, stock)
    played = np.empty((len(origins), *now.shape))
    came = np.full((len(origins), count, horizon), np.nan)
    for at, origin in enumerate(origins):
        then = stock and stock.until(origin)
        played[at] = members(values[:, :origin], features, horizon, then)
        there = min(horizon, known - origin)
        came[at, :, :there] = values[:, origin : origin + there]
    mean = np.empty((count, horizon))
    said = np.empty((len(origins), count, horizon))
    for begin, end in parts(horizon):
        weights = _weights(played[..., begin:end], came[..., begin:end], origins, known - end)
        mean[:, begin:end] = np.einsum("mn,mnh->nh", weights, now[..., begin:end])
        said[..., begin:end] = np.einsum("mn,umnh->unh", weights, played[..., begin:end])
    if not len(origins):
        return mean, Plays(origins, said, came)
    grains = _Grains(now, played, came, origins, known)
    return grains.agreed(mean, said)


@dataclass(frozen=True, slots=True, eq=False)
class _Grains:
    """The members' forecasts and plays, from which weeks and the whole are weighed for themselves.

    `grains` makes them agree with the days.
    """

    now: FloatArray
    played: FloatArray
    came: FloatArray
    origins: IntArray
    known: int

    def agreed(self, mean: FloatArray, said: FloatArray) -> tuple[FloatArray, Plays]:
        """Return the days that agree with weeks and whole, now and at every play."""
        summing = grain_sums(mean.shape[1])
        came = np.einsum("sh,unh->uns", summing, self.came)
        total, total_said = self._weighed(summing, came)
        missed = np.concatenate([came - total_said, self.came - said], axis=2)
        whole = np.isfinite(missed).sum(axis=0)
        spread = np.nan_to_num(missed**2).sum(axis=0) / np.maximum(whole, 1)
        moved, moved_said = np.empty_like(mean), np.empty_like(said)
        for row in range(len(mean)):
            moved[row] = in_time(mean[row], total[row], summing, spread[row])
            moved_said[:, row] = in_time(said[:, row], total_said[:, row], summing, spread[row])
        return moved, Plays(self.origins, moved_said, self.came)

    def _weighed(self, summing: FloatArray, came: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return N x S and U x N x S: each sum by the weights that its own errors give."""
        now = np.einsum("sh,mnh->mns", summing, self.now)
        played = np.einsum("sh,umnh->umns", summing, self.played)
        total, said = np.empty(now.shape[1:]), np.empty(came.shape)
        for at, row in enumerate(summing):
            span = slice(at, at + 1)
            newest = self.known - int(np.flatnonzero(row)[-1]) - 1
            weights = _weights(played[..., span], came[..., span], self.origins, newest)
            total[:, at] = np.einsum("mn,mn->n", weights, now[..., at])
            said[..., at] = np.einsum("mn,umn->un", weights, played[..., at])
        return total, said


def parts(horizon: int) -> Iterator[tuple[int, int]]:
    """Give the parts of a horizon: first day, and the day after the last."""
    begin = 0
    for end in PART_ENDS:
        if begin < horizon:
            yield begin, min(end, horizon)
        begin = end


def _weights(played: FloatArray, came: FloatArray, origins: IntArray, newest: int) -> FloatArray:
    """Return members x N: weights by error of the days and of their total, newest plays first."""
    whole = origins <= newest
    even = np.full(played.shape[1:3], 1 / played.shape[1])
    if not whole.any():
        return even
    gone = np.nan_to_num(came[whole][:, None] - played[whole])
    error = np.abs(gone).mean(axis=3) + np.abs(gone.mean(axis=3))
    memory = FORGETTING ** (newest - origins[whole])
    size = np.maximum(np.nanmean(np.abs(np.nan_to_num(came[whole])), axis=2), 1e-9)
    score = np.einsum("u,umn->mn", memory, error / size[:, None])
    best = score.min(axis=0, keepdims=True)
    power = (np.maximum(best, 1e-12) / np.maximum(score, 1e-12)) ** SHARPNESS
    weights: FloatArray = power / power.sum(axis=0, keepdims=True)
    return weights


def rolled_sums(
    values: FloatArray,
    days_known_at: Callable[[int], DayFeatures],
    horizon: int,
    first: int,
    stock: Stock | None = None,
) -> Plays:
    """Return what was said at each origin from `first` days on, each weighed by its own past.

    `days_known_at` tells of a history of so many days and the horizon after it, as known then. The
    last origin is the end of the history itself, so the newest forecast is the last row.
    """
    count, known = values.shape
    begin = max(SUMS_DAYS_MIN, first - SUMS_PLAY_DAYS - horizon)
    origins = np.arange(begin, known + 1)
    said_by_each = []
    came = np.full((len(origins), count, horizon), np.nan)
    for at, origin in enumerate(origins.tolist()):
        features, then = design(days_known_at(origin)), stock and stock.until(origin)
        said_by_each.append(members(values[:, :origin], features, horizon, then))
        there = min(horizon, known - origin)
        came[at, :, :there] = values[:, origin : origin + there]
    played = np.stack(said_by_each)
    asked = np.flatnonzero(origins >= first)
    said = np.empty((len(asked), count, horizon))
    for row, at in enumerate(asked.tolist()):
        seen = slice(max(at - SUMS_PLAY_DAYS - horizon, 0), at)
        for start, end in parts(horizon):
            span = slice(start, end)
            before, after = played[seen, ..., span], came[seen, ..., span]
            weights = _weights(before, after, origins[seen], int(origins[at]) - end)
            said[row, :, span] = np.einsum("mn,mnh->nh", weights, played[at, ..., span])
    return Plays(origins[asked], said, came[asked])


def daily_quantiles(mean: FloatArray, plays: Plays, levels: Sequence[float]) -> FloatArray:
    """Return N x H x Q: the mean and what was missed by at that distance, conformal.

    A distance that no play reaches is given what the farthest that one reaches was missed by.
    """
    quantiles = np.repeat(mean[..., None], len(levels), axis=2)
    wide = np.zeros((mean.shape[0], len(levels)))
    for begin, end in parts(mean.shape[1]):
        said, missed = plays.said[..., begin:end], plays.missed[..., begin:end]
        for row in range(mean.shape[0]):
            size = _size(mean[row, begin:end])
            ratio = (missed[:, row] / np.maximum(_size(said[:, row]), 1e-9)).ravel()
            if np.isfinite(ratio).any():
                wide[row] = spread(ratio, levels)
            quantiles[row, begin:end] += size[:, None] * wide[row][None, :]
    return quantiles


def total_quantiles(
    mean: FloatArray, plays: Plays, days: int, levels: Sequence[float]
) -> FloatArray:
    """Return N x Q: quantiles of the total over the first days, by what totals were missed by.

    Where no play is so long, by what the longest total that is known was missed by.
    """
    total = mean[:, :days].sum(axis=1)
    quantiles = np.repeat(total[:, None], len(levels), axis=1)
    reached = np.isfinite(plays.came[..., :days]).sum(axis=2)
    for row in range(mean.shape[0] if len(plays.origins) else 0):
        span = max(int(reached[:, row].max()), 1)
        said = plays.said[:, row, :span].sum(axis=1)
        missed = plays.missed[:, row, :span].sum(axis=1)
        ratio = missed / np.maximum(np.abs(said), 1e-9)
        quantiles[row] += np.abs(total[row]) * spread(ratio, levels)
    return quantiles


def spread(misses: FloatArray, levels: Sequence[float]) -> FloatArray:
    """Return quantiles of misses, half as they fell and half as if either sign were as likely.

    Plays overlap and are of one season: that they erred to one side says less than it seems.
    """
    either = conformal(np.concatenate([misses, -misses]), levels)
    halfway: FloatArray = 0.5 * (conformal(misses, levels) + either)
    return halfway


def conformal(misses: FloatArray, levels: Sequence[float]) -> FloatArray:
    """Return the split-conformal quantiles of misses: a step further out than the plain ones."""
    known = np.sort(misses[np.isfinite(misses)])
    if not len(known):
        return np.zeros(len(levels))
    count = len(known)
    asked = np.asarray(levels)
    upper = np.clip(np.ceil((count + 1) * asked) - 1, 0, count - 1)
    lower = np.clip(np.floor((count + 1) * asked) - 1, 0, count - 1)
    places = np.where(asked > 0.5, upper, lower).astype(np.int64)  # noqa: PLR2004 - the median
    found: FloatArray = known[places]
    return found


def _size(values: FloatArray) -> FloatArray:
    """Return what misses are measured in: half the day's own size, half that of its part."""
    around = np.abs(values).mean(axis=-1, keepdims=True)
    size: FloatArray = 0.5 * np.abs(values) + 0.5 * around
    return size
