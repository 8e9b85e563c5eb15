"""The yardsticks: policies that forecast nothing, and the one that knows everything.

The invariant: none but perfect foresight reads the panel at or after the morning's day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.kernel.rates import PPM
from martlet.treasury.allocation.features import capped_need
from martlet.treasury.backtest.engine import UNCAPPED_FEN, Morning, Orders

if TYPE_CHECKING:
    from martlet.treasury.backtest.movements import Integers

MILLER_ORR_DAYS = 91
"""Past days whose flows give Miller and Orr their variance."""
_SPREAD_MEDIAN = 3
"""Their upper limit is three times the return point, when the lower limit is zero."""


@dataclass(frozen=True, slots=True)
class Split:
    """Fixed shares of wealth on the account and in the longest term; the rest in T+0."""

    current_ppm: int
    term_ppm: int = 0

    def orders(self, morning: Morning) -> Orders:
        """Return the shares in whole fen; what is locked counts against the term's share."""
        wealth = np.maximum(morning.wealth_fen, 0)
        locked = morning.locked_after_fen(0)
        asked = np.maximum(wealth * self.term_ppm // PPM - locked, 0)
        nothing = tuple(np.zeros_like(asked) for _ in morning.rates.terms[1:])
        terms = (*nothing, asked) if self.term_ppm else ()
        return Orders(wealth * self.current_ppm // PPM, terms)


@dataclass(frozen=True, slots=True)
class MillerOrr:
    """Lets the account wander between zero and three return points, then brings it back.

    The return point is the cube root of 3 F s2 / 4 i: cost of a move, variance of a day's flow,
    a day's gain of T+0 over the account.
    """

    move_cost_fen: int = 1_000
    """Ten currency units a move, which nobody is charged: it is what keeps the account still."""

    def orders(self, morning: Morning) -> Orders:
        """Return the balance itself while it is inside its limits."""
        rates = morning.rates
        gain = (rates.t0_ppm - rates.current_ppm) / rates.days_per_year / PPM
        if gain <= 0:
            return Orders(np.full_like(morning.current_fen, UNCAPPED_FEN // 4))
        seen = morning.panel.flow_fen[:, max(morning.day - MILLER_ORR_DAYS, 0) : morning.day]
        back = np.cbrt(0.75 * self.move_cost_fen * seen.astype(np.float64).var(1) / gain)
        returns = np.ceil(back).astype(np.int64)
        inside = (morning.current_fen >= 0) & (morning.current_fen <= _SPREAD_MEDIAN * returns)
        return Orders(np.where(inside, morning.current_fen, returns))


@dataclass(frozen=True, slots=True)
class Foresight:
    """Knows every flow to the end of the file: what could be earned without one more short day.

    Greedy, the longest term first; nothing is locked beyond the last day that it knows.
    """

    def orders(self, morning: Morning) -> Orders:
        """Return what the future leaves free."""
        ahead = morning.panel.balance_fen[:, morning.day :]
        current = _capped_need(morning)
        asked: list[Integers] = []
        taken = np.zeros_like(current)
        for term in reversed(morning.rates.terms):
            span = min(term.lock_days, ahead.shape[1])
            free = np.full_like(current, UNCAPPED_FEN)
            for day in range(span):
                locked = morning.locked_after_fen(day) + taken
                free = np.minimum(free, ahead[:, day] - locked - _need_then(morning, day))
            bought = np.clip(free, 0, np.maximum(morning.wealth_fen, 0))
            if term.annual_ppm <= morning.rates.t0_ppm or span < term.lock_days:
                bought = np.zeros_like(bought)
            taken = taken + bought
            asked.insert(0, bought)
        return Orders(current, tuple(asked))


def _capped_need(morning: Morning) -> Integers:
    """Return what must lie on the account this morning because T+0 pays only so much a day.

    Today's cap may be used now for a payment of tomorrow, so from the second day on one cap less
    stands between the outflows and the account.
    """
    ahead = morning.panel.flow_fen[:, morning.day :]
    if morning.cap_fen >= UNCAPPED_FEN:
        return np.zeros(len(ahead), np.int64)
    need: Integers = capped_need(ahead, morning.cap_fen).max(1)
    return need


def _need_then(morning: Morning, day: int) -> Integers:
    """Return the need after `day` more evenings: outflows to come beyond what T+0 can pay."""
    ahead = morning.panel.flow_fen[:, morning.day + day + 1 :]
    if morning.cap_fen >= UNCAPPED_FEN or ahead.shape[1] == 0:
        return np.zeros(len(ahead), np.int64)
    need: Integers = capped_need(ahead, morning.cap_fen).max(1)
    return need
