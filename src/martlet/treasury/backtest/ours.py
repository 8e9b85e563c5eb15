"""Our policy: calibrated quantiles of the need, and the closed form of what they leave free.

The invariant: a lot is bought only out of what every horizon's reserve leaves free, and the
reserve is a share of total wealth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.kernel.rates import PPM
from martlet.treasury.allocation.features import Features
from martlet.treasury.allocation.reserve import free_fen, share_fen
from martlet.treasury.backtest.engine import Morning, Orders

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlet.treasury.allocation.features import Floats
    from martlet.treasury.allocation.need import NeedModel
    from martlet.treasury.backtest.movements import Integers, Panel

LOT_LEAST_PPM = 20_000
"""A lot below 2 % of wealth waits for the next morning: every lot is a message to the owner."""
SLACK_PPM = 100_000
"""The account may lie a tenth (and 1 % of wealth) above its reserve before it is swept."""


class Forecasts:
    """Raw forecasts of every morning of a panel, made once and read at any level."""

    def __init__(self, panel: Panel, model: NeedModel, start: int, parts: Integers | None) -> None:
        self.start, self.model = start, model
        features = Features(panel)
        days = range(start, panel.days_count)
        rows = np.concatenate([features.at(day) for day in days])
        own = None if parts is None else np.tile(parts, len(days))
        self._days = model.forecast(rows, own).reshape(len(days), len(panel.account_ids), -1)

    def on(self, day: int) -> Floats:
        """Return a morning's forecasts, accounts by heads."""
        found: Floats = self._days[day - self.start]
        return found


@dataclass(frozen=True, slots=True)
class Levels:
    """How sure to be that a term does not have to be broken, and that a cap does not bind."""

    term: float
    account: float


@dataclass(frozen=True, slots=True)
class Ours:
    """Keeps the calibrated quantile of the need liquid and locks what is left."""

    forecasts: Forecasts
    levels: Levels

    def orders(self, morning: Morning) -> Orders:
        """Return reserve and lots in whole fen."""
        model, raw = self.forecasts.model, self.forecasts.on(morning.day)
        wealth = morning.wealth_fen
        reserve_ppm = model.term_ppm(raw, self.levels.term)
        account = share_fen(wealth, model.account_ppm(raw, self.levels.account))
        taken = np.zeros_like(wealth)
        best_first = sorted(morning.rates.terms, key=lambda term: -term.annual_ppm)
        bought: dict[int, Integers] = {}
        for term in best_first:
            free = free_fen(
                wealth, reserve_ppm, model.horizons, _locked(morning, taken), term.lock_days
            )
            liquid = wealth - morning.locked_after_fen(0) - taken
            free = np.minimum(free, np.maximum(liquid - account, 0))
            small = free * PPM < np.maximum(wealth, 0) * LOT_LEAST_PPM
            pays = term.annual_ppm > morning.rates.t0_ppm
            bought[term.lock_days] = np.where(small | (not pays), 0, free)
            taken = taken + bought[term.lock_days]
        asked = tuple(bought[term.lock_days] for term in morning.rates.terms)
        return Orders(_still(morning.current_fen, account, wealth), asked)


def _locked(morning: Morning, taken: Integers) -> Callable[[int], Integers]:
    """Return what is locked after so many days, with what this morning already locks."""
    return lambda days: morning.locked_after_fen(days) + taken


def _still(current: Integers, account: Integers, wealth: Integers) -> Integers:
    """Return the balance as it is where it is only a little above the reserve."""
    over = account + account * SLACK_PPM // PPM + np.maximum(wealth, 0) // 100
    inside = (current >= account) & (current <= over) & (account > 0)
    kept: Integers = np.where(inside, current, account)
    return kept
