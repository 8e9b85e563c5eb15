"""The cheap tier for everyone: weekday profile times recent level, bands from its own past errors.

All series at once, by a few matrix products. How fast a class's level moves is chosen on past
origins, which end before the forecast begins. The invariant: the mean is an expectation (of an
intermittent series too, whose median is zero), and a series that never fell below zero is never
foretold to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow.activity import activity_classes, one_signed
from martlet.cashflow.empirical import pooled_quantiles
from martlet.cashflow.limits import (
    CHOOSING_ROWS,
    PROFILE_DAYS_MAX,
    PROFILE_FIT_DAYS_MIN,
    PROFILE_ORIGINS,
    PROFILE_ROWS,
)
from martlet.cashflow.model import SEASON_DAYS, Forecast, days_from
from martlet.cashflow.special_days import PLAIN, effects, kinds_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlet.cashflow.model import Ask, BoolArray, Days, FloatArray, History, IntArray

SHAPE_HALF_LIFE_DAYS = 84.0
"""A weekday's share of the week changes slowly: twelve weeks halve what a day says of it."""

LEVEL_HALF_LIVES_DAYS = (7.0, 14.0, 28.0, 56.0, 112.0, 364.0)
"""How fast a level may move; each class chooses one on its past."""

BLOCKS = (7, 14, 28, 56)
"""Errors grow with the horizon: those of one stretch of days are taken together."""

_RATIO_MAX = 5.0


@dataclass(frozen=True, slots=True)
class Profiles:
    """The method, with how its progress is told."""

    moved: Callable[[int, int | None], None] | None = None
    name: str = "profiles"

    def forecast(self, history: History, ask: Ask, days: Days) -> Forecast:
        """Return an answer for every row; some thousands of rows at a time."""
        count = len(history.series_ids)
        parts = []
        for start in range(0, count, PROFILE_ROWS):
            parts.append(_Part.of(history, slice(start, start + PROFILE_ROWS), ask, days).answer())
            if self.moved is not None:
                self.moved(min(start + PROFILE_ROWS, count), count)
        shape = (0, ask.horizon, len(ask.levels))
        ahead = days_from(history.last_day, ask.horizon + 1)[1:]
        features = days.features(ahead[0], ask.horizon, history.last_day)
        return Forecast(
            series_ids=history.series_ids,
            days=ahead,
            mean=np.concatenate([np.empty(shape[:2]), *(part[0] for part in parts)]),
            levels=ask.levels,
            quantiles=np.concatenate([np.empty(shape), *(part[1] for part in parts)]),
            cumulative={
                total: np.concatenate([np.empty((0, shape[2])), *(p[2][total] for p in parts)])
                for total in ask.totals
            },
            findings=history.findings,
            provisional=tuple(
                day for day, open_ in zip(ahead, features.provisional, strict=True) if open_
            ),
            methods=(self.name,) * count,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Some rows with the days around them, ready to be multiplied."""

    values: FloatArray
    """N x T, zero where unknown."""
    known: FloatArray | None
    """N x T of 0 and 1; None where all is known."""
    scale: FloatArray
    classes: IntArray
    above_zero: BoolArray
    weekdays: IntArray
    """Of T + H days."""
    kinds: IntArray
    factors: FloatArray
    """Classes x kinds: what a holiday makes of a day."""
    ask: Ask

    @classmethod
    def of(cls, history: History, rows: slice, ask: Ask, days: Days) -> _Part:
        """Return some rows of a history, cut to the newest years."""
        values = history.values[rows, -PROFILE_DAYS_MAX:]
        count = values.shape[1]
        first = history.last_day - timedelta(days=count - 1)
        features = days.features(first, count + ask.horizon, history.last_day)
        known = ~np.isnan(values)
        filled = np.nan_to_num(values)
        recent = slice(-364, None)
        scale = np.abs(filled[:, recent]).sum(axis=1) / np.maximum(known[:, recent].sum(axis=1), 1)
        scale[scale == 0] = 1.0
        classes, kinds = activity_classes(values), kinds_of(features)
        factors = effects(filled / scale[:, None], classes, features.weekday[:count], kinds[:count])
        return cls(
            values=filled,
            known=None if known.all() else known.astype(np.float64),
            scale=scale,
            classes=classes,
            above_zero=one_signed(values),
            weekdays=features.weekday,
            kinds=kinds,
            factors=factors,
            ask=ask,
        )

    @property
    def day_count(self) -> int:
        return int(self.values.shape[1])

    def answer(self) -> tuple[FloatArray, FloatArray, dict[int, FloatArray]]:
        """Return the rows' means, quantiles and quantiles of totals."""
        span = self._past_span()
        ends = self._past_ends(span)
        shape, mean = self._weekday_means([self.day_count, *ends])
        levels = self._levels([self.day_count, *ends], shape, mean)
        chosen = self._chosen_level(levels[:, 1:], shape[:, 1:], mean[:, 1:], ends, span)
        level = np.take_along_axis(levels, chosen[self.classes][:, None, None], axis=2)[:, :, 0]
        plan = self._expected(level, shape, mean, [self.day_count], self.ask.horizon)
        spread = self._spread(plan, level[:, :1])
        if ends:
            past = self._expected(level[:, 1:], shape[:, 1:], mean[:, 1:], ends, span)
            actual = self._came(ends, span)
            past_spread = self._spread(past, level[:, 1:])
        else:  # nothing but a few days: how they lie around their own mean
            past = np.repeat(level[:, :1, None], self.day_count, axis=1)
            actual = self._came(list(range(self.day_count)), 1)
            past_spread = np.broadcast_to(spread[:, :, :1], past.shape)
        errors = actual - past
        quantiles = self._quantiles(plan[:, 0], spread[:, 0], errors / past_spread)
        return plan[:, 0], quantiles, self._totals(plan[:, 0], spread[:, 0], errors, past_spread)

    def _spread(self, plan: FloatArray, level: FloatArray) -> FloatArray:
        """Return how wide a day's errors are expected: wider where more is expected."""
        scale = self.scale[:, None, None]
        busy = 0.5 * plan + 0.4 * level[:, :, None] + 0.1 * scale
        return np.where(self.above_zero[:, None, None], np.maximum(busy, 0.1 * scale), scale)

    def _quantiles(self, plan: FloatArray, spread: FloatArray, scaled: FloatArray) -> FloatArray:
        """Return N x H x Q: the plan and past errors of the same stretch of days ahead."""
        found = np.empty((*plan.shape, len(self.ask.levels)))
        begin, span = 0, scaled.shape[2]
        errors = np.zeros((len(plan), 1, len(self.ask.levels)))
        for end in (*BLOCKS, self.ask.horizon):
            if begin < span:
                samples = scaled[:, :, begin : min(end, span)].reshape(len(plan), -1)
                errors = pooled_quantiles(samples, self.classes, self.ask.levels)[:, None, :]
            if begin < self.ask.horizon and begin < end:
                days = slice(begin, end)
                found[:, days] = plan[:, days, None] + spread[:, days, None] * errors
                begin = end
        return self._floored(found)

    def _totals(
        self, plan: FloatArray, spread: FloatArray, errors: FloatArray, past_spread: FloatArray
    ) -> dict[int, FloatArray]:
        """Return the quantiles of totals, from the totals of past errors over windows."""
        found = {}
        for days in self.ask.totals:
            span = min(days, errors.shape[2])
            missed = errors[:, :, :span].sum(axis=2) / past_spread[:, :, :span].sum(axis=2)
            # Past windows shorter than asked: independent days make a total's error by the root.
            shrunk = np.sqrt(span / days)
            off = pooled_quantiles(missed * shrunk, self.classes, self.ask.levels)
            total = plan[:, :days].sum(axis=1)[:, None]
            found[days] = self._floored(total + spread[:, :days].sum(axis=1)[:, None] * off)
        return found

    def _floored(self, found: FloatArray) -> FloatArray:
        above = self.above_zero.reshape(-1, *(1,) * (found.ndim - 1))
        return np.asarray(np.where(above, np.maximum(found, 0), found))

    def _past_span(self) -> int:
        """Return how far past origins look ahead: the horizon, or what a short past allows."""
        return max(1, min(self.ask.horizon, (self.day_count - PROFILE_FIT_DAYS_MIN) // 2))

    def _past_ends(self, span: int) -> list[int]:
        """Return past origins (the first day after each), newest first, a week apart."""
        newest = self.day_count - span
        ends = [newest - SEASON_DAYS * step for step in range(PROFILE_ORIGINS)]
        return [end for end in ends if end >= PROFILE_FIT_DAYS_MIN]

    def _decay(self, end: int, half_life: float) -> FloatArray:
        age = end - 1 - np.arange(self.day_count)
        plain = self.kinds[: self.day_count] == PLAIN
        # Days that are not plain still count a little: a history of nothing else has a mean.
        worth = np.where(plain, 1.0, 1e-3)
        return np.asarray(np.where(age >= 0, worth * 0.5 ** (np.maximum(age, 0) / half_life), 0.0))

    def _weighted(self, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return N x W weighted sums of what is known and of the weights behind them."""
        sums = self.values @ weights
        if self.known is None:
            return sums, np.broadcast_to(weights.sum(axis=0), sums.shape)
        return sums, self.known @ weights

    def _weekday_means(self, ends: list[int]) -> tuple[FloatArray, FloatArray]:
        """Return N x E x 7 weekday means, as far as they stand out of the noise, and N x E."""
        of_day = np.eye(SEASON_DAYS)[self.weekdays[: self.day_count]]
        decays = [self._decay(end, SHAPE_HALF_LIFE_DAYS)[:, None] * of_day for end in ends]
        sums, counts = self._weighted(np.concatenate(decays, axis=1))
        by_day = (len(self.values), len(ends), SEASON_DAYS)
        sums, counts = sums.reshape(by_day), counts.reshape(by_day)
        total = np.maximum(counts.sum(axis=2), 1e-12)
        mean = sums.sum(axis=2) / total
        means = np.where(counts > 0, sums / np.maximum(counts, 1e-12), mean[:, :, None])
        squares = self.values**2 @ decays[0]
        within = np.maximum(squares / np.maximum(counts[:, 0], 1e-12) - means[:, 0] ** 2, 0)
        noise = (within / np.maximum(counts[:, 0], 1.0)).mean(axis=1)
        between = np.maximum(means[:, 0].var(axis=1) - noise, 0)
        trust = between / np.maximum(between + noise, 1e-300)
        return mean[:, :, None] + trust[:, None, None] * (means - mean[:, :, None]), mean

    def _levels(self, ends: list[int], shape: FloatArray, mean: FloatArray) -> FloatArray:
        """Return N x E x C recent levels by how fast they move, whatever weekday was the last."""
        decays = [self._decay(end, half) for end in ends for half in LEVEL_HALF_LIVES_DAYS]
        weights = np.stack(decays, axis=1)
        sums, counts = self._weighted(weights)
        by_speed = (len(ends), len(LEVEL_HALF_LIVES_DAYS))
        levels = (sums / np.maximum(counts, 1e-12)).reshape(len(self.values), *by_speed)
        of_day = np.eye(SEASON_DAYS)[self.weekdays[: self.day_count]]
        shares = (weights / np.maximum(weights.sum(axis=0), 1e-12)).T @ of_day
        leaning = np.einsum(
            "ned,ecd->nec", shape - mean[:, :, None], shares.reshape(*by_speed, SEASON_DAYS)
        )
        return np.asarray(levels - leaning)

    def _expected(
        self, level: FloatArray, shape: FloatArray, mean: FloatArray, ends: list[int], span: int
    ) -> FloatArray:
        """Return N x E x span: the level by weekday, times what a holiday makes of it."""
        count = len(ends)
        ahead = np.array(ends, dtype=np.int64)[:, None] + np.arange(span)
        grows = np.divide(
            level[:, :count],
            mean[:, :count],
            out=np.ones_like(level[:, :count]),
            where=self.above_zero[:, None] & (mean[:, :count] > 0),
        )
        grows = np.clip(grows, 0, _RATIO_MAX)
        days = self.weekdays[ahead]
        stands_out = shape[:, np.arange(count)[:, None], days] - mean[:, :count, None]
        plan = level[:, :count, None] + stands_out * grows[:, :, None]
        plan *= self.factors[self.classes][:, self.kinds[ahead]]
        return np.asarray(np.where(self.above_zero[:, None, None], np.maximum(plan, 0), plan))

    def _came(self, ends: list[int], span: int) -> FloatArray:
        """Return N x E x span of what came; NaN where nobody knows."""
        ahead = np.array(ends, dtype=np.int64)[:, None] + np.arange(span)
        actual: FloatArray = self.values[:, ahead]
        if self.known is not None:
            actual = np.where(self.known[:, ahead] > 0, actual, np.nan)
        return np.asarray(actual)

    def _chosen_level(
        self, levels: FloatArray, shape: FloatArray, mean: FloatArray, ends: list[int], span: int
    ) -> IntArray:
        """Return each class's choice of half-life: the least error of days and totals before."""
        chosen = np.full(int(self.classes.max(initial=0)) + 1, 2, dtype=np.int64)
        if not ends:
            return chosen
        for one in np.unique(self.classes):
            rows = np.flatnonzero(self.classes == one)
            rows = rows[:: max(1, len(rows) // CHOOSING_ROWS)]
            means = (shape[rows], mean[rows])
            chosen[one] = self._take(rows).least_in_error(levels[rows], *means, ends, span)
        return chosen

    def least_in_error(
        self, levels: FloatArray, shape: FloatArray, mean: FloatArray, ends: list[int], span: int
    ) -> int:
        """Return the place of the half-life that erred least on past days and their totals."""
        came = self._came(ends, span)
        errors = []
        for place in range(len(LEVEL_HALF_LIVES_DAYS)):
            plan = self._expected(levels[:, :, place], shape, mean, ends, span)
            missed = np.nan_to_num((came - plan) / self.scale[:, None, None])
            errors.append(np.abs(missed).mean() + np.abs(missed.sum(axis=2)).mean() / span)
        return int(np.argmin(errors))

    def _take(self, rows: IntArray) -> _Part:
        return _Part(
            self.values[rows],
            None if self.known is None else self.known[rows],
            self.scale[rows],
            self.classes[rows],
            self.above_zero[rows],
            self.weekdays,
            self.kinds,
            self.factors,
            self.ask,
        )
