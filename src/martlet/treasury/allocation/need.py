"""How much of its wealth an account may need within a horizon, at any level: the need model.

The invariant: every forecast that calibrates a head is of an account that the head never saw, and
all of it ends before the panel does; needs that have not ended yet are not learnt from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.kernel.errors import Refused
from martlet.kernel.rates import PPM
from martlet.treasury.allocation.boosting import BoostedHead, is_installed
from martlet.treasury.allocation.features import Features, Floats, needs
from martlet.treasury.allocation.limits import (
    AGE_DAYS_MIN,
    CAP_LOOK_DAYS,
    FOLDS,
    RATIO_MAX,
    ROWS_MAX,
    SCORE_OFFSET,
    WEALTH_FEN_MIN,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol

    from martlet.treasury.backtest.movements import Integers, Panel

    class Head(Protocol):
        """A quantile of the need as a function of the features."""

        def predict(self, features: Floats) -> Floats:
            """Return one share of wealth a row."""


TERM_ALPHA = 0.95
ACCOUNT_ALPHA = 0.99
"""The quantiles that heads are fitted at; levels beyond them are reached by calibration, because
fitted there a head follows single accounts. What T+0 cannot pay in time is nothing on most days,
so its head has to stand higher (docs/allocation.md)."""

_OUT_28_COLUMN = 13
"""Column of the features that the plain head reads: outflow of 28 days over wealth."""


class PlainHead:
    """The head that needs no library: the account's outflow of the last 28 days, as a share."""

    def predict(self, features: Floats) -> Floats:
        """Return what went out in 28 days over wealth."""
        return np.clip(features[:, _OUT_28_COLUMN], 0, RATIO_MAX)


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far needs rose above forecasts: sorted factors, pooled over all accounts and days."""

    factors: Floats

    def ratios(self, forecast: Floats, level: float) -> Floats:
        """Return the forecast scaled so that `level` of the needs stayed below it."""
        rank = int(np.ceil(level * (len(self.factors) + 1))) - 1
        factor = self.factors[min(rank, len(self.factors) - 1)]
        scaled: Floats = (forecast + SCORE_OFFSET) * factor - SCORE_OFFSET
        return scaled


@dataclass(frozen=True, slots=True)
class NeedModel:
    """Heads by horizon and part of the accounts, and their calibrations.

    Where T+0 has a cap, the last head is of what the account itself must hold.
    """

    horizons: tuple[int, ...]
    cap_fen: int | None
    heads: tuple[tuple[Head, ...], ...]
    calibrations: tuple[Calibration, ...]
    method: str
    rows_count: int

    def forecast(self, features: Floats, parts: Integers | None = None) -> Floats:
        """Return raw forecasts, rows by heads: by the unseeing part, or the mean of all parts."""
        found = np.empty((len(features), len(self.heads)))
        for column, heads in enumerate(self.heads):
            each = np.stack([head.predict(features) for head in heads], 1)
            own = each.mean(1) if parts is None else each[np.arange(len(each)), parts]
            found[:, column] = own
        return found

    def term_ppm(self, forecast: Floats, level: float) -> Integers:
        """Return by horizon the share of wealth to keep liquid, rising with the horizon."""
        columns = [
            self.calibrations[j].ratios(forecast[:, j], level) for j in range(len(self.horizons))
        ]
        return whole_ppm(np.maximum.accumulate(np.stack(columns, 1), 1))

    def account_ppm(self, forecast: Floats, level: float) -> Integers:
        """Return the share of wealth to keep on the account itself."""
        if self.cap_fen is None:
            return np.zeros(len(forecast), np.int64)
        return whole_ppm(self.calibrations[-1].ratios(forecast[:, -1], level))


def whole_ppm(ratios: Floats) -> Integers:
    """Return shares of wealth in whole ppm, rounded up: the safe side; at most all of it."""
    whole: Integers = np.ceil(np.clip(ratios, 0, 1) * PPM).astype(np.int64)
    return whole


@dataclass(frozen=True, slots=True)
class _Rows:
    features: Floats
    needs: Floats
    parts: Integers


def parts_of(count: int, rng: np.random.Generator) -> Integers:
    """Return which part of the accounts each belongs to."""
    return rng.permutation(count) % FOLDS


def fit_need(
    panel: Panel,
    horizons: Sequence[int],
    cap_fen: int | None,
    parts: Integers,
    *,
    boosted: bool | None = None,
    moved: Callable[[int, int | None], None] = lambda _done, _total: None,
) -> NeedModel:
    """Return a need model of everything in the panel; the panel ends where the future begins."""
    use_trees = is_installed() if boosted is None else boosted
    rows = _rows(panel, horizons, cap_fen, parts)
    heads, calibrations = [], []
    columns = rows.needs.shape[1]
    for column in range(columns):
        known = ~np.isnan(rows.needs[:, column])
        alpha = TERM_ALPHA if column < len(horizons) else ACCOUNT_ALPHA
        if known.sum() < FOLDS / (1 - alpha):
            raise Refused("allocation.too_little_to_learn", rows_count=int(known.sum()))
        fitted, factors = [], []
        for part in range(FOLDS):
            seen = known & (rows.parts != part)
            head: Head = PlainHead()
            if use_trees:
                chosen = np.flatnonzero(seen)
                chosen = chosen[:: -(-len(chosen) // ROWS_MAX)]
                x, y = rows.features[chosen], rows.needs[chosen, column]
                head = BoostedHead(x, y, alpha, part + 1)
            held = known & (rows.parts == part)
            forecast = head.predict(rows.features[held])
            factors.append((rows.needs[held, column] + SCORE_OFFSET) / (forecast + SCORE_OFFSET))
            fitted.append(head)
            moved(column * FOLDS + part + 1, columns * FOLDS)
        heads.append(tuple(fitted))
        calibrations.append(Calibration(np.sort(np.concatenate(factors))))
    method = "lightgbm" if use_trees else "pooled"
    return NeedModel(
        tuple(horizons), cap_fen, tuple(heads), tuple(calibrations), method, len(rows.needs)
    )


def _rows(panel: Panel, horizons: Sequence[int], cap_fen: int | None, parts: Integers) -> _Rows:
    """Return every morning of every account that is old and rich enough, none left out."""
    features = Features(panel)
    found: list[tuple[Floats, Floats, Integers]] = []
    for day in range(AGE_DAYS_MIN + 1, panel.days_count):
        old = panel.opened <= day - AGE_DAYS_MIN
        ready = np.flatnonzero(old & (panel.balance_fen[:, day - 1] > WEALTH_FEN_MIN))
        if len(ready):
            needed = needs(features, day, horizons, cap_fen, CAP_LOOK_DAYS)[ready]
            found.append((features.at(day)[ready], needed, parts[ready]))
    if not found:
        raise Refused("allocation.too_little_to_learn", rows_count=0)
    x, y, part = (np.concatenate([rows[i] for rows in found]) for i in range(3))
    return _Rows(x, np.minimum(y, RATIO_MAX), part.astype(np.int64))
