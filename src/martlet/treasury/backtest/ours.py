"""Our policy: calibrated needs, and the closed form of what they leave free.

The invariant: a lot is bought only out of what every horizon's reserve leaves free, and the
reserve is a share of total wealth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.kernel.rates import PPM
from martlet.treasury.allocation.features import Features
from martlet.treasury.allocation.limits import (
    BOUGHT_PPM,
    BUYING_EVERY_DAYS,
    LOT_LEAST_PPM,
    PRICE_TIMES_TAIL,
    SMOOTHED_MORNINGS,
)
from martlet.treasury.allocation.need import smoothed
from martlet.treasury.allocation.reserve import free_fen
from martlet.treasury.backtest.engine import Morning, Orders

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlet.treasury.allocation.features import Floats
    from martlet.treasury.allocation.need import NeedModel
    from martlet.treasury.backtest.movements import Integers, Panel

SLACK_PPM = 100_000
"""The account may lie a tenth (and 1 % of wealth) above its reserve before it is swept."""


class Forecasts:
    """Raw forecasts of some mornings of a panel, made once and read at any risk."""

    def __init__(
        self,
        panel: Panel,
        model: NeedModel,
        start: int,
        parts: Integers | None,
        end: int | None = None,
    ) -> None:
        self.start, self.model = start, model
        features = Features(panel)
        before = min(SMOOTHED_MORNINGS - 1, start - 1)
        days = range(start - before, panel.days_count if end is None else end)
        shape = (len(days), len(panel.account_ids), -1)
        rows = np.concatenate([features.at(day) for day in days])
        own = None if parts is None else np.tile(parts, len(days))
        self._days = smoothed(model.forecast(rows, own).reshape(shape))[before:]
        self._chances: Floats | None = None
        if model.chances is not None:
            wealth = np.concatenate([features.wealth(day) for day in days])
            self._chances = model.chances.at(rows, wealth, own).reshape(shape)[before:]

    def reserve_ppm(self, day: int, wealth_fen: Integers, levels: Levels) -> Integers:
        """Return by horizon the share of wealth that a morning keeps out of terms."""
        raw: Floats = self._days[day - self.start]
        return self.model.term_ppm(raw, self.model.levels(raw, wealth_fen, levels.tail))

    def account_fen(self, day: int, wealth_fen: Integers, levels: Levels) -> Integers:
        """Return what a morning keeps on the account; without a cap nothing."""
        if self.model.chances is None or self._chances is None:
            return np.zeros_like(wealth_fen)
        chances: Floats = self._chances[day - self.start]
        return self.model.chances.account_fen(chances, wealth_fen, levels.price)


@dataclass(frozen=True, slots=True)
class Levels:
    """The dial: how likely a typical account's term may have to be broken."""

    tail: float

    @property
    def price(self) -> float:
        """What a day short at the account may cost, in typical accounts' caps held a day."""
        return PRICE_TIMES_TAIL / self.tail


@dataclass(frozen=True, slots=True)
class Ours:
    """Keeps what may be needed liquid and locks what is left."""

    forecasts: Forecasts
    levels: Levels

    def orders(self, morning: Morning) -> Orders:
        """Return reserve and lots in whole fen."""
        wealth = morning.wealth_fen
        reserve_ppm = self.forecasts.reserve_ppm(morning.day, wealth, self.levels)
        account = self.forecasts.account_fen(morning.day, wealth, self.levels)
        horizons = self.forecasts.model.horizons
        turn = (np.arange(len(wealth)) + morning.day) % BUYING_EVERY_DAYS == 0
        taken = np.zeros_like(wealth)
        best_first = sorted(morning.rates.terms, key=lambda term: -term.annual_ppm)
        bought: dict[int, Integers] = {}
        for term in best_first:
            free = free_fen(wealth, reserve_ppm, horizons, _locked(morning, taken), term.lock_days)
            liquid = wealth - morning.locked_after_fen(0) - taken
            free = np.minimum(free, np.maximum(liquid - account, 0))
            free = free * BOUGHT_PPM // PPM
            small = free * PPM < np.maximum(wealth, 0) * LOT_LEAST_PPM
            pays = term.annual_ppm > morning.rates.t0_ppm
            bought[term.lock_days] = np.where(small | ~turn | (not pays), 0, free)
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
