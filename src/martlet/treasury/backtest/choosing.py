"""The dial for an owner's risk, set on days that are past.

The invariant: everything here ends on the evening before the morning it serves. Each account is
forecast by heads that never saw it, so the replayed days are as new to them as tomorrow. The few
shortfalls of single settings are smoothed by one curve that rises with the dial; so more accepted
risk never turns it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt
from typing import TYPE_CHECKING

import numpy as np

from martlet.treasury.allocation.limits import (
    AGE_DAYS_MIN,
    CHOOSING_DAYS,
    CONFIDENCE_DEVIATIONS,
    CURVE_SLOPE_LEAST,
    CURVE_SLOPE_MOST,
    HORIZONS_DAYS,
    TAILS,
    TAILS_CAPPED,
)
from martlet.treasury.allocation.need import fit_need, parts_of
from martlet.treasury.allocation.reserve import horizons_for
from martlet.treasury.backtest.engine import play
from martlet.treasury.backtest.ours import Forecasts, Levels, Ours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from martlet.treasury.allocation.features import Floats
    from martlet.treasury.allocation.need import NeedModel
    from martlet.treasury.backtest.movements import Integers, Panel
    from martlet.treasury.backtest.rates import Rates

SEED = 5
"""Which accounts' heads are blind to which accounts: one fixed draw."""
_STEPS = 50
"""Of a bisection between two slopes: far below what shortfalls can tell."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """A need model, and what every setting of the dial would have done on the days replayed."""

    model: NeedModel
    tails: tuple[float, ...]
    short_days: tuple[int, ...]
    """Above the floor, by dial."""
    yields_centi_bp: tuple[int, ...]
    account_days: int

    def levels_for(self, accepted_per_1000: float) -> Levels:
        """Return the dial that keeps within an accepted risk; more of it never turns it back."""
        accepted = accepted_per_1000 * self.account_days / 1000
        return Levels(tail_for(kept_to(accepted), self.tails, self.short_days))

    def told(self, levels: Levels) -> tuple[float, float]:
        """Return shortfalls per 1,000 and yield in bp of the setting nearest to a dial."""
        at = int(np.argmin(np.abs(np.log(np.array(self.tails) / levels.tail))))
        per_1000 = 1000 * self.short_days[at] / self.account_days
        return per_1000, self.yields_centi_bp[at] / 100


@dataclass(frozen=True, slots=True)
class Task:
    """What is learnt from and for: rates, cap, accepted risk, and which accounts play."""

    rates: Rates
    cap_fen: int | None
    risk_per_1000: float
    history_days: int
    parts: Integers
    """By account known, which heads are never to see it."""
    players: NDArray[np.intp]
    """The accounts that the dial is for: younger ones live otherwise."""
    boosted: bool | None = None
    """None: trees where their library is installed."""


def task_for(
    panel: Panel,
    players: NDArray[np.intp],
    rates: Rates,
    cap_fen: int | None,
    risk_per_1000: float,
    history_days: int,
) -> Task:
    """Return a task whose parts are one fixed draw."""
    parts = parts_of(len(panel.account_ids), np.random.default_rng(SEED))
    return Task(rates, cap_fen, risk_per_1000, history_days, parts, players)


def learn(known: Panel, task: Task) -> Learnt:
    """Return a model and its replays from a panel that ends where the future begins.

    Every account is learnt from; the dial is set on those that play.
    """
    parts, players, rates, cap_fen = task.parts, task.players, task.rates, task.cap_fen
    opened = np.flatnonzero(known.opened < known.days_count)
    horizons = horizons_for([term.lock_days for term in rates.terms], HORIZONS_DAYS)
    model = fit_need(known.only(opened), horizons, cap_fen, parts[opened], boosted=task.boosted)
    panel = known.only(players)
    start = max(panel.days_count - CHOOSING_DAYS, AGE_DAYS_MIN + 1)
    since = np.maximum(panel.opened + task.history_days, start)
    forecasts = Forecasts(panel, model, start, parts[players])
    floor_days = int(floor_days_of(panel, since).sum())

    def replay(levels: Levels) -> tuple[int, int, int]:
        outcome = play(
            panel, rates, Ours(forecasts, levels), start=start, cap_fen=cap_fen, since=since
        )
        short_days = int(outcome.short_days.sum()) - floor_days
        return short_days, int(outcome.days.sum()), outcome.yield_centi_bp()

    tails = TAILS if cap_fen is None else TAILS_CAPPED
    played = [replay(Levels(tail)) for tail in tails]
    short, days, earned = zip(*played, strict=True)
    return Learnt(model, tails, short, earned, max(*days, 1))


def kept_to(count: float) -> float:
    """Return the mean of a Poisson count that stays within `count` 19 times in 20."""
    half = CONFIDENCE_DEVIATIONS / 2
    return (sqrt(max(count, 0.0) + half * half) - half) ** 2


def tail_for(accepted: float, tails: Sequence[float], short_days: Sequence[int]) -> float:
    """Return the dial at which so many days short are to be expected; more of them, no less.

    Counts are taken for Poisson numbers whose mean is a power of the dial.
    """
    counts = np.maximum(np.array(short_days, np.float64), 0)
    logs = np.log(np.array(tails))
    if not counts.any():
        return tails[-1]
    if accepted <= 0:
        return tails[0]
    slope = _slope(logs, counts)
    level = log(counts.sum()) - log(np.exp(slope * logs).sum())
    return min(max(exp((log(accepted) - level) / slope), tails[0]), tails[-1])


def _slope(logs: Floats, counts: Floats) -> float:
    """Return the most likely power: where the mean dial of the shortfalls is the one expected."""
    observed = float((logs * counts).sum() / counts.sum())
    low, high = CURVE_SLOPE_LEAST, CURVE_SLOPE_MOST
    for _ in range(_STEPS):
        middle = (low + high) / 2
        weights = np.exp(middle * logs)
        if float((logs * weights).sum() / weights.sum()) < observed:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def floor_days_of(panel: Panel, since: Integers) -> Integers:
    """Return, by account, the counted days whose outflow no policy could have paid."""
    counted = np.arange(panel.days_count)[None, :] >= since[:, None]
    days: Integers = ((panel.flow_fen < 0) & (panel.balance_fen < 0) & counted).sum(1)
    return days
