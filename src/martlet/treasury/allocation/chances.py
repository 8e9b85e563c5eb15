"""What must lie on the account itself because T+0 pays out only so much a day.

Most mornings nothing must: a quantile of nothing cannot be scaled. So the chance that an amount
is too little is forecast for amounts from nothing to several caps, and each account holds what
costs least, its interest against the price of a short day. The invariant: more on the account
never raises the chance, and nobody holds more than there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from martlet.treasury.allocation.boosting import BoostedChance
from martlet.treasury.allocation.limits import (
    CAP_DRAWS,
    CAP_LOOK_DAYS_MAX,
    CAP_LOOK_DAYS_MIN,
    CAP_SHARES,
    FOLDS,
    QUIET_ROWS_EVERY,
    SHORT_ROWS_MIN,
    WEALTH_POWER,
)

if TYPE_CHECKING:
    from martlet.treasury.allocation.features import Floats
    from martlet.treasury.backtest.movements import Integers, Panel

_GRID = np.linspace(0, CAP_SHARES[-1], 61)
"""Amounts between which an account chooses, in caps."""
_ONE_IN_A_HUNDRED = 0.99
_CHANCE_LEAST = 1e-6
_BEYOND_WEALTH = 1.2
"""Amounts up to this times the wealth are learnt from; nobody can hold more."""


class Chance(Protocol):
    """The chance that an amount is passed.

    The last two columns are the amount, in caps, and its share of wealth.
    """

    def predict(self, features: Floats) -> Floats:
        """Return the chance, one number a row."""


class PlainChance:
    """The chance that needs no library: how often the amount was passed by anybody."""

    def __init__(self, needed: Floats) -> None:
        self._passed = np.array([(needed > share).mean() for share in CAP_SHARES])

    def predict(self, features: Floats) -> Floats:
        """Return the crowd's chance of each row's amount."""
        found: Floats = np.interp(features[:, -2], CAP_SHARES, self._passed)
        return found


@dataclass(frozen=True, slots=True)
class CapChances:
    """Chances by part of the accounts, and the scale of the crowd they were learnt on."""

    cap_fen: int
    heads: tuple[Chance, ...]
    typical_wealth_fen: float

    def at(self, features: Floats, wealth: Floats, parts: Integers | None = None) -> Floats:
        """Return chances, rows by `CAP_SHARES`: by the unseeing part, or the mean of all."""
        found = np.zeros((len(features), len(CAP_SHARES)))
        for column, share in enumerate(CAP_SHARES):
            rows = np.flatnonzero(2 * wealth > max(2 * share, 1) * self.cap_fen)
            asked = _asked(features[rows], np.full(len(rows), share), wealth[rows] / self.cap_fen)
            if parts is None:
                each = [head.predict(asked) for head in self.heads] if len(rows) else []
                found[rows, column] = np.mean(each, 0) if each else 0
                continue
            for part, head in enumerate(self.heads):
                own = parts[rows] == part
                if own.any():
                    found[rows[own], column] = head.predict(asked[own])
        return np.minimum.accumulate(found, 1)

    def account_fen(self, chances: Floats, wealth_fen: Integers, price: float) -> Integers:
        """Return what each account holds: its cost and the price times the chance are least.

        The cost of a cap's worth is 1 for an account of typical wealth. A higher price never
        holds less.
        """
        wealth = np.maximum(wealth_fen, 1).astype(np.float64)
        above = np.minimum(np.searchsorted(CAP_SHARES, _GRID), len(CAP_SHARES) - 1)
        below = np.maximum(above - 1, 0)
        known = np.array(CAP_SHARES)
        width = np.where(above > below, known[above] - known[below], 1)
        weight = np.where(above > below, (_GRID - known[below]) / width, 0)
        logs = np.log(np.maximum(chances, _CHANCE_LEAST))
        between = np.exp(logs[:, below] * (1 - weight) + logs[:, above] * weight)
        most = (wealth / self.cap_fen)[:, None]
        between[np.broadcast_to(most, between.shape) <= _GRID] = 0
        scale = (wealth / self.typical_wealth_fen) ** (WEALTH_POWER - 1)
        cost = np.minimum(_GRID, most) * scale[:, None] + price * between
        held = np.ceil(_GRID[cost.argmin(1)] * self.cap_fen).astype(np.int64)
        found: Integers = np.minimum(held, np.maximum(wealth_fen, 0))
        return found


def look_days(panel: Panel, cap_fen: int) -> int:
    """Return how many mornings ahead of a large payment the account has to be stocked."""
    out = -panel.flow_fen[np.arange(panel.days_count)[None, :] > panel.opened[:, None]]
    largest = float(np.quantile(np.maximum(out, 0), _ONE_IN_A_HUNDRED)) if len(out) else 0.0
    caps = int(min(np.ceil(largest / max(cap_fen, 1)), CAP_LOOK_DAYS_MAX))
    return max(caps, CAP_LOOK_DAYS_MIN)


def fit_chances(
    features: Floats,
    needed_fen: Floats,
    wealth: Floats,
    parts: Integers,
    cap_fen: int,
    *,
    boosted: bool,
) -> CapChances:
    """Return chances learnt from every morning whose need of the account is known.

    Mornings with less wealth than half a cap are left out: T+0 pays all of it.
    """
    used = np.flatnonzero(~np.isnan(needed_fen) & (2 * wealth > cap_fen))
    typical = float(np.median(wealth)) if len(wealth) else 1.0
    x, caps, needed = features[used], wealth[used] / cap_fen, needed_fen[used] / cap_fen
    if not boosted or np.count_nonzero(needed > 0) < SHORT_ROWS_MIN:
        plain = PlainChance(needed if len(needed) else np.zeros(1))
        return CapChances(cap_fen, (plain,) * FOLDS, typical)
    heads = []
    loud = needed > 0
    counts = loud | (np.arange(len(needed)) % QUIET_ROWS_EVERY == 0)
    weight = np.where(loud, 1.0, float(QUIET_ROWS_EVERY))
    for part in range(FOLDS):
        rows = np.flatnonzero(counts & (parts[used] != part))
        rng = np.random.default_rng(part)
        asked, passed, weights = [], [], []
        for draw in range(CAP_DRAWS + 1):
            share = rng.choice(CAP_SHARES[1:], len(rows)) if draw else np.zeros(len(rows))
            inside = share <= caps[rows] * _BEYOND_WEALTH
            kept = rows[inside]
            asked.append(_asked(x[kept], share[inside], caps[kept]))
            passed.append(needed[kept] > share[inside])
            weights.append(weight[kept])
        learnt = np.vstack(asked), np.concatenate(passed), np.concatenate(weights)
        heads.append(BoostedChance(*learnt, part + 1))
    return CapChances(cap_fen, tuple(heads), typical)


def _asked(features: Floats, share: Floats, caps: Floats) -> Floats:
    """Return the features with an amount beside them: in caps, and as a share of wealth."""
    of_wealth = share / np.maximum(caps, 1e-9)
    return np.column_stack([features, share, of_wealth])
