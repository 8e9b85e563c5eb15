"""Several methods as one: weights that earlier origins prefer, bands that earlier origins allow.

Every tier forecasts a few origins before the forecast's own; what came is known, so weights of the
means and of the quantiles are chosen there and the bands calibrated there. The invariant: nothing
at or after the origin takes part in any choice. With too short a past, tiers count alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Protocol

import numpy as np

from martlet.cashflow.conformal import Checked, calibrated, moved
from martlet.cashflow.levels import at_levels, rising
from martlet.cashflow.settling import SPAN_DAYS, is_crowd, leaning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from martlet.cashflow.model import Ask, FloatArray, Forecast, History

    Loss = Callable[["Window", Sequence[str], tuple[float, ...]], float]

ORIGINS = 3
ORIGIN_STEP_MIN = 7
KNOWN_DAYS_MIN = 91
STEPS = 10
"""Weights are tenths: finer ones follow the noise of three origins."""

SERIES_WEIGHED_MAX = 600
SERIES_WEIGHED_COSTLY = 40
"""Where a tier fits series one by one: forty series of three origins tell enough."""

ERROR_CAP = 3.0
LEANS = (1.0, 0.0)
"""To lean or not: three origins tell no finer."""
MEDIAN = "median"


class Ready(Protocol):
    """A tier that has learnt what it needs."""

    def __call__(self, history: History, ask: Ask, /) -> Forecast:
        """Return what it expects after the history's last day."""
        ...


class Tier(Protocol):
    """A method: learns from a history, then forecasts any history that begins the same day."""

    @property
    def costly(self) -> bool:
        """Whether a series costs it so long that earlier origins are played on a sample."""
        ...

    def __call__(self, history: History, ask: Ask, /) -> Ready | None:
        """Return the method ready for use; None where it has too little to learn from."""
        ...


@dataclass(frozen=True)
class Weights:
    """How much each tier counts: of the mean, of a day's quantiles and of the totals'."""

    names: tuple[str, ...]
    mean: tuple[float, ...]
    """One more than there are names: the last is the blended median's, which some means lean on.
    Half way between the best and the even weights, because errors of totals are few and noisy."""
    days: tuple[float, ...]
    totals: tuple[float, ...]
    lean: float = 0.0
    """How far a crowd's totals lean from what is expected to what is typical."""

    def told(self) -> str:
        """Return the weights in a line: of the mean, of days, of totals."""
        parts = zip(self.names, self.mean[:-1], self.days, self.totals, strict=True)
        told = ", ".join(f"{name} {m:.1f}/{d:.1f}/{t:.1f}" for name, m, d, t in parts)
        return f"{told}, median {self.mean[-1]:.1f}, typical totals {self.lean:.2f}"


@dataclass(frozen=True)
class Window:
    """An earlier origin: what was known then, what came after, what every tier said."""

    known: FloatArray
    actual: FloatArray
    said: Mapping[str, Forecast]


def inner_origins(day_count: int, horizon: int) -> list[int]:
    """Return the earlier origins, newest first, whose days ahead are all over."""
    step = max(ORIGIN_STEP_MIN, horizon // 2)
    found = [day_count - horizon - step * back for back in range(ORIGINS)]
    return [origin for origin in found if origin >= KNOWN_DAYS_MIN]


def blended(history: History, ask: Ask, tiers: Mapping[str, Tier]) -> tuple[Forecast, Weights]:
    """Return the blend's forecast, and the weights that were chosen before its origin."""
    # One tier alone has nothing to be weighed against and its bands are its own errors.
    origins = inner_origins(history.day_count, ask.horizon) if len(tiers) > 1 else []
    windows = _windows(history, ask, tiers, origins) if origins else []
    ready = {name: tier(history, ask) for name, tier in tiers.items()}
    said = {name: one(history, ask) for name, one in ready.items() if one is not None}
    if windows:
        kept = set(said).intersection(*(window.said for window in windows))
        windows = [
            replace(one, said={n: one.said[n] for n in said if n in kept}) for one in windows
        ]
        said = {name: one for name, one in said.items() if name in kept}
    weights = weighed(windows) if windows else _alike(tuple(said))
    answer = mixed(said, weights)
    if windows:
        checked = [Checked(w.known, mixed(w.said, weights), w.actual) for w in windows]
        answer = moved(answer, history.values, calibrated(checked))
    return answer, weights


def weighed(windows: Sequence[Window]) -> Weights:
    """Return the weights that would have served best at the earlier origins."""
    names = tuple(windows[0].said)
    days = _best(_day_loss, windows, len(names))
    totals = _best(_total_loss, windows, len(names))
    even = (*(1.0 / len(names) for _ in names), 0.0)
    if is_crowd(windows[0].known):
        # A median of mostly quiet days is nothing: a part of it only makes the whole too small.
        best = (*_best(_mean_loss, windows, len(names)), 0.0)
    else:
        # The median is the blend's own, so it is weighed after the days are.
        with_median = [
            replace(one, said={**one.said, MEDIAN: _of_median(one.said, names, days)})
            for one in windows
        ]
        best = _best(_mean_loss, with_median, len(names) + 1)
    mean = tuple((one + other) / 2.0 for one, other in zip(best, even, strict=True))
    chosen = Weights(names, mean, days, totals)
    return replace(chosen, lean=_best_lean(windows, chosen))


def mixed(said: Mapping[str, Forecast], weights: Weights) -> Forecast:
    """Return the weighted mean of forecasts, quantile by quantile."""
    parts = [said[name] for name in weights.names]
    quantiles = rising(_weighted([one.quantiles for one in parts], weights.days))
    means = [one.mean for one in parts]
    return replace(
        parts[0],
        mean=_weighted([*means, _median(quantiles, parts[0].levels)], weights.mean),
        quantiles=quantiles,
        cumulative={
            days: rising(_weighted([one.cumulative[days] for one in parts], weights.totals))
            for days in parts[0].cumulative
        },
    )


def _windows(
    history: History, ask: Ask, tiers: Mapping[str, Tier], origins: Sequence[int]
) -> list[Window]:
    oldest = _until(history, min(origins))
    ready = {name: tier(oldest, ask) for name, tier in tiers.items()}
    most = SERIES_WEIGHED_COSTLY if any(tier.costly for tier in tiers.values()) else None
    sample = _sample(history, most or SERIES_WEIGHED_MAX)
    found = []
    for origin in origins:
        then = _until(sample, origin)
        said = {name: one(then, ask) for name, one in ready.items() if one is not None}
        actual = sample.values[:, origin : origin + ask.horizon]
        found.append(Window(then.values, actual, said))
    return [window for window in found if window.said]


def _until(history: History, day_count: int) -> History:
    return replace(history, values=history.values[:, :day_count])


def _alike(names: tuple[str, ...]) -> Weights:
    each = tuple(1.0 / len(names) for _ in names)
    return Weights(names, (*each, 0.0), each, each)


def _of_median(
    said: Mapping[str, Forecast], names: Sequence[str], weights: tuple[float, ...]
) -> Forecast:
    quantiles = _weighted([said[name].quantiles for name in names], weights)
    first = said[names[0]]
    return replace(first, mean=_median(rising(quantiles), first.levels))


def _median(quantiles: FloatArray, levels: Sequence[float]) -> FloatArray:
    if len(levels) == 1:
        return np.asarray(quantiles[..., 0])
    return np.asarray(at_levels(quantiles, levels, (0.5,))[..., 0])


def _best(loss: Loss, windows: Sequence[Window], count: int) -> tuple[float, ...]:
    names = tuple(windows[0].said)[:count]
    return min(
        _simplex(count),
        key=lambda weights: float(np.mean([loss(one, names, weights) for one in windows])),
    )


def _best_lean(windows: Sequence[Window], weights: Weights) -> float:
    """Return how far totals should have leaned to the typical, by each firm's own error."""
    known = windows[0].known
    told = next(iter(windows[0].said.values()))
    if SPAN_DAYS not in told.cumulative or not is_crowd(known):
        return 0.0
    errors = np.zeros(len(LEANS))
    for one in windows:
        said = mixed(one.said, weights)
        came = np.nansum(one.actual[:, :SPAN_DAYS], axis=1)
        unit = _unit(one.known) * SPAN_DAYS
        for at, lean in enumerate(LEANS):
            wrong = np.abs(leaning(said, one.known, lean, None) - came) / unit
            errors[at] += float(np.mean(np.minimum(wrong, ERROR_CAP)))
    return LEANS[int(np.argmin(errors))]


def _simplex(count: int) -> list[tuple[float, ...]]:
    grid = [parts for parts in product(range(STEPS + 1), repeat=count - 1) if sum(parts) <= STEPS]
    # Evenly spread weights first: of equally good ones the less daring is taken.
    grid.sort(key=lambda parts: sum(p * p for p in (*parts, STEPS - sum(parts))))
    return [tuple(p / STEPS for p in (*parts, STEPS - sum(parts))) for parts in grid]


def _sample(history: History, most: int) -> History:
    count = len(history.series_ids)
    if count <= most:
        return history
    return history.take(np.linspace(0, count - 1, most).astype(np.int64))


def _mean_loss(window: Window, names: Sequence[str], weights: tuple[float, ...]) -> float:
    """Judge a mean by money: totals of the first week and of all days, each firm and pooled.

    Single days count as far as money moves daily; on quiet series they would choose the median.
    """
    said = _weighted([window.said[name].mean for name in names], weights)
    unit = _unit(window.known)
    horizon = said.shape[1]
    found = 0.0
    for days in {min(7, horizon), horizon}:
        wrong = np.nansum(said[:, :days] - window.actual[:, :days], axis=1)
        own = np.minimum(np.abs(wrong) / (unit * days), ERROR_CAP)
        volume = max(abs(float(np.nansum(window.actual[:, :days]))), 1e-9)
        found += float(np.mean(own)) + abs(float(np.sum(wrong))) / volume
    busy = float(np.mean(np.nan_to_num(window.known[:, -91:]) != 0.0))
    daily = np.nan_to_num(np.abs(said - window.actual)) / unit[:, None]
    return found + 2.0 * busy * float(np.mean(np.minimum(daily, ERROR_CAP)))


def _day_loss(window: Window, names: Sequence[str], weights: tuple[float, ...]) -> float:
    said = _weighted([window.said[name].quantiles for name in names], weights)
    return _pinball(window.actual, said, window.said[names[0]].levels, _unit(window.known)[:, None])


def _total_loss(window: Window, names: Sequence[str], weights: tuple[float, ...]) -> float:
    first = window.said[names[0]]
    unit = _unit(window.known)
    found = 0.0
    for days in first.cumulative:
        said = _weighted([window.said[name].cumulative[days] for name in names], weights)
        came = np.nansum(window.actual[:, :days], axis=1)
        found += _pinball(came, said, first.levels, unit * days)
    return found


def _pinball(
    came: FloatArray, said: FloatArray, levels: Sequence[float], unit: FloatArray
) -> float:
    ahead = came[..., None] - said
    tau = np.asarray(levels)
    loss = np.nan_to_num(np.maximum(tau * ahead, (tau - 1.0) * ahead))
    own = np.minimum(loss / unit[..., None], ERROR_CAP)
    return float(np.mean(own) + np.sum(loss) / max(float(np.nansum(np.abs(came))), 1e-9))


def _unit(known: FloatArray) -> FloatArray:
    seen = np.maximum((~np.isnan(known)).sum(axis=1), 1)
    return np.asarray(np.maximum(np.nansum(np.abs(known), axis=1) / seen, 1e-9))


def _weighted(parts: Sequence[FloatArray], weights: Sequence[float]) -> FloatArray:
    total: FloatArray = np.zeros(parts[0].shape)
    for weight, part in zip(weights, parts, strict=True):
        total += weight * part
    return np.asarray(total)
