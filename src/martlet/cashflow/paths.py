"""Ways in which the days ahead may go: inflow and outflow drawn together, day by day.

Each day's draws follow that day's quantiles; how far days of one path lie on the same side is
fitted so that totals over 7 to 56 days spread as the forecast says of totals, and how inflow and
outflow go together so that net totals do. The invariant: the same seed gives the same numbers, a
shorter horizon the same first days, and every path is one of equals.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow.levels import normal_scores
from martlet.cashflow.limits import (
    FACTOR_MAX,
    FACTOR_MIN,
    PATHS,
    PATHS_FITTED,
    SCALE_MAX,
    SCALE_MIN,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from martlet.cashflow.model import FloatArray, Forecast

TOTALS_WIDENED = 2.3
TAIL_WIDENED = 0.6
"""Chosen on origins of 2018 and 1993 that lie before every evaluated window: docs/outlook.md."""

EDGE_SCORE = 1.2816
"""The ninetieth on the normal scale: beyond it lie the tails."""

_SHARES = (0.0, 0.03, 0.1, 0.25, 0.5, 0.8)
"""Of a day's deviation that all days of a path have in common."""

_TOGETHER = (-0.8, -0.4, 0.0, 0.4, 0.8)
"""How the common parts of inflow and outflow go together."""


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """What a forecast says of one flow: quantiles of days and of totals."""

    scores: FloatArray
    """The levels on the normal scale."""
    quantiles: FloatArray
    """H x Q."""
    mean: FloatArray
    totals: Mapping[int, FloatArray]
    above_zero: bool

    @classmethod
    def of(cls, said: Forecast, row: int, *, above_zero: bool) -> Side:
        """Return a row of a forecast."""
        return cls(
            scores=normal_scores(said.levels),
            quantiles=said.quantiles[row],
            mean=said.mean[row],
            totals={
                days: widened(total[row], normal_scores(said.levels), above_zero=above_zero)
                for days, total in said.cumulative.items()
            },
            above_zero=above_zero,
        )

    def values(self, normal: FloatArray) -> FloatArray:
        """Return H x P draws for H x P standard normal numbers, by the quantiles of each day."""
        found = np.empty_like(normal)
        low, high = self.scores[:2], self.scores[-2:]
        for day, (row, here) in enumerate(zip(self.quantiles, normal, strict=True)):
            drawn = np.interp(here, self.scores, row)
            below = (row[1] - row[0]) / (low[1] - low[0])
            above = (row[-1] - row[-2]) / (high[1] - high[0])
            drawn += np.minimum(here - low[0], 0.0) * below
            drawn += np.maximum(here - high[1], 0.0) * above
            found[day] = np.maximum(drawn, 0.0) if self.above_zero else drawn
        return found

    def spread(self, days: int) -> float:
        """Return how far apart the tenth and the ninetieth of a total lie."""
        low, high = np.interp(normal_scores((0.1, 0.9)), self.scores, self.totals[days])
        return float(high - low)

    def total_at_places(self, days: int, values: FloatArray) -> FloatArray:
        """Return what a total is told to be at the place that each value has among all."""
        count = len(values)
        place = np.argsort(np.argsort(values, kind="stable"), kind="stable")
        scores = _places(count)
        row = self.totals[days][None, :]
        told = replace(self, quantiles=row).values(scores[None, :])[0]
        return np.asarray(told[place])


def widened(
    total: FloatArray, scores: FloatArray, *, above_zero: bool, by: float | None = None
) -> FloatArray:
    """Return a total's quantiles moved away from its middle.

    One firm's past totals overlap and know few turns; its own bands of totals are too narrow, and
    its tails more so. `by` is for totals that lean on others as well.
    """
    middle = float(np.interp(0.0, scores, total))
    further = 1.0 + TAIL_WIDENED * np.maximum(np.abs(scores) - EDGE_SCORE, 0.0)
    moved = TOTALS_WIDENED if by is None else by
    wide = middle + moved * further * (total - middle)
    return np.asarray(np.maximum(wide, 0.0) if above_zero else wide)


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Standard normal numbers of one business and day, before anything is known of it."""

    common: FloatArray
    """2 x P: of inflow and of outflow, independent."""
    daily: FloatArray
    """H x 2 x P, likewise."""

    @classmethod
    def of(cls, seed: int, horizon: int) -> Draws:
        """Return the numbers of a seed; each comes with its mirror image, so that they centre."""
        half = PATHS // 2
        common = np.random.default_rng([seed, 0]).standard_normal((2, half))
        daily = np.random.default_rng([seed, 1]).standard_normal((horizon, 2, half))
        return cls(
            np.concatenate([common, -common], axis=-1), np.concatenate([daily, -daily], axis=-1)
        )

    def some(self) -> Draws:
        """Return those on which the shares are fitted: some pairs."""
        half, few = PATHS // 2, PATHS_FITTED // 2
        kept = np.r_[0:few, half : half + few]
        return Draws(self.common[:, kept], self.daily[:, :, kept])


@lru_cache(maxsize=4)
def _places(count: int) -> FloatArray:
    """Return where the places of so many equals lie on the normal scale."""
    return normal_scores([(one + 0.5) / count for one in range(count)])


@dataclass(frozen=True, slots=True)
class Binding:
    """How days of a path go together."""

    inflow_share: float
    outflow_share: float
    together: float
    """The common parts of both sides."""
    same_day: float
    """Inflow and outflow of one day."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """P x H inflows and outflows, and how they were bound."""

    inflow: FloatArray
    outflow: FloatArray
    bound: Binding


def drawn(inflow: Side, outflow: Side, net: Side, draws: Draws, same_day: float) -> Drawn:
    """Return paths whose days follow each side's quantiles and whose totals spread as told."""
    few = draws.some()
    shares = []
    for place, side in enumerate((inflow, outflow)):
        misfits = [_misfit(side, side.values(_normal(few, place, share))) for share in _SHARES]
        shares.append(_SHARES[int(np.argmin(misfits))])
    bounds = [Binding(shares[0], shares[1], together, same_day) for together in _TOGETHER]
    tried = [_both(inflow, outflow, few, bound) for bound in bounds]
    misfits = [_misfit(net, came - went) for came, went in tried]
    bound = bounds[int(np.argmin(misfits))]
    came, went = _both(inflow, outflow, draws, bound)
    came, went = (
        _anchored(_centred(came, inflow), inflow),
        _anchored(_centred(went, outflow), outflow),
    )
    came, went = _balanced(came, went, net)
    ends = sorted({*net.totals, len(came)})
    return Drawn(_settled(came, inflow, ends).T, _settled(went, outflow, ends).T, bound)


def _normal(draws: Draws, place: int, share: float) -> FloatArray:
    """Return H x P standard normal numbers of one side alone."""
    return _joined(draws.common[place], draws.daily[:, place], share)


def _both(
    inflow: Side, outflow: Side, draws: Draws, bound: Binding
) -> tuple[FloatArray, FloatArray]:
    common = _turned(draws.common[0], draws.common[1], bound.together)
    daily = _turned(draws.daily[:, 0], draws.daily[:, 1], bound.same_day)
    came = inflow.values(_normal(draws, 0, bound.inflow_share))
    return came, outflow.values(_joined(common, daily, bound.outflow_share))


def _joined(common: FloatArray, daily: FloatArray, share: float) -> FloatArray:
    return np.asarray(np.sqrt(share) * common + np.sqrt(1.0 - share) * daily)


def _turned(first: FloatArray, second: FloatArray, together: float) -> FloatArray:
    """Return standard normal numbers that go with the first so far."""
    return np.asarray(together * first + np.sqrt(1.0 - together**2) * second)


def _misfit(side: Side, values: FloatArray) -> float:
    """Return how far the spread of totals is from what is said of them; too narrow counts double.

    A band too narrow is a shortfall that nobody saw; one too wide is money that lies idle.
    """
    running = np.cumsum(values, axis=0)
    misfit = 0.0
    for days in side.totals:
        low, high = np.quantile(running[days - 1], (0.1, 0.9))
        told = side.spread(days)
        ratio = np.log(max(high - low, 1.0) / max(told, 1.0))
        misfit += ratio**2 * (2.0 if ratio < 0 else 1.0)
    return float(misfit)


def _anchored(values: FloatArray, side: Side) -> FloatArray:
    """Return H x P values whose running totals lie as the side's quantiles of totals say.

    A path keeps its place among all; each stretch of its days is scaled, so that a day without a
    flow stays without one.
    """
    found, begin = values.copy(), 0
    reached = np.zeros(values.shape[1])
    for end in sorted(side.totals):
        block = found[begin:end].sum(axis=0)
        wanted = side.total_at_places(end, reached + block) - reached
        factor = np.divide(wanted, block, out=np.ones_like(block), where=block > 0.0)
        found[begin:end] *= np.clip(factor, FACTOR_MIN, FACTOR_MAX)
        reached += found[begin:end].sum(axis=0)
        begin = end
    return found


def _settled(values: FloatArray, side: Side, ends: Sequence[int]) -> FloatArray:
    """Return H x P values of which each stretch is expected to be what is forecast of it.

    Totals by quantiles lean with their longer tail; money is counted by expectation.
    """
    found, begin = values.copy(), 0
    for end in ends:
        here = float(found[begin:end].mean(axis=1).sum())
        told = float(side.mean[begin:end].sum())
        if here > 0.0:
            found[begin:end] *= min(max(told / here, SCALE_MIN), SCALE_MAX)
        begin = end
    return found


def _balanced(came: FloatArray, went: FloatArray, net: Side) -> tuple[FloatArray, FloatArray]:
    """Return both sides moved against each other until net totals lie as told of net totals."""
    came, went, begin = came.copy(), went.copy(), 0
    reached = np.zeros(came.shape[1])
    for end in sorted(net.totals):
        here, there = came[begin:end].sum(axis=0), went[begin:end].sum(axis=0)
        off = net.total_at_places(end, reached + here - there) - (reached + here - there)
        both = here + there
        part = np.divide(off, both, out=np.zeros_like(both), where=both > 0.0)
        came[begin:end] *= np.clip(1.0 + part, FACTOR_MIN, FACTOR_MAX)
        went[begin:end] *= np.clip(1.0 - part, FACTOR_MIN, FACTOR_MAX)
        reached += (came[begin:end] - went[begin:end]).sum(axis=0)
        begin = end
    return came, went


def _centred(values: FloatArray, side: Side) -> FloatArray:
    """Return H x P values whose total is expected to be the forecast's, as far as it bears."""
    here, told = float(values.mean(axis=1).sum()), float(side.mean.sum())
    if not side.above_zero or here <= 0.0:
        return values
    return np.asarray(values * min(max(told / here, SCALE_MIN), SCALE_MAX))
