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
from martlet.treasury.allocation.chances import fit_chances, look_days
from martlet.treasury.allocation.features import Features, Floats, needs
from martlet.treasury.allocation.limits import (
    AGE_DAYS_MIN,
    FOLDS,
    RATIO_MAX,
    ROWS_MAX,
    SCORE_OFFSET,
    SMOOTHED_MORNINGS,
    TAIL_LEAST,
    TAIL_MOST,
    WEALTH_FEN_MIN,
    WEALTH_POWER,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from martlet.treasury.allocation.chances import CapChances
    from martlet.treasury.backtest.movements import Integers, Panel

    class Head(Protocol):
        """A quantile of the need as a function of the features."""

        def predict(self, features: Floats) -> Floats:
            """Return one share of wealth a row."""


TERM_ALPHA = 0.98
"""The quantile that heads are fitted at; levels beyond it are reached by calibration, because
fitted there a head follows single accounts (docs/allocation.md)."""

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

    def ratios(self, forecast: Floats, level: float | Floats) -> Floats:
        """Return the forecast scaled so that `level` of the needs stayed below it."""
        rank = np.ceil(np.asarray(level) * (len(self.factors) + 1)).astype(np.int64) - 1
        factor = self.factors[np.minimum(rank, len(self.factors) - 1)]
        scaled: Floats = (forecast + SCORE_OFFSET) * factor - SCORE_OFFSET
        return scaled


@dataclass(frozen=True, slots=True)
class NeedModel:
    """Heads by horizon and part of the accounts, and their calibrations.

    Where T+0 has a cap, `chances` tell what the account itself must hold.
    """

    horizons: tuple[int, ...]
    heads: tuple[tuple[Head, ...], ...]
    calibrations: tuple[Calibration, ...]
    method: str
    rows_count: int
    typical_need_fen: float
    """The median of wealth times the longest horizon's forecast: whose level is the dial's."""
    chances: CapChances | None

    def forecast(self, features: Floats, parts: Integers | None = None) -> Floats:
        """Return raw forecasts, rows by horizons: by the unseeing part, or the mean of all."""
        found = np.empty((len(features), len(self.heads)))
        for column, heads in enumerate(self.heads):
            if parts is None:
                found[:, column] = np.mean([head.predict(features) for head in heads], 0)
                continue
            for part, head in enumerate(heads):
                own = parts == part
                found[own, column] = head.predict(features[own])
        return found

    def levels(self, forecast: Floats, wealth_fen: Integers, tail: float) -> Floats:
        """Return each account's own level by horizon, where `tail` is a typical account's risk.

        Short days count alike and locked money earns by its amount, so an account that needs and
        has more may run more of the risk that all of them share. A larger tail raises no level.
        """
        wealth = np.maximum(wealth_fen, 1).astype(np.float64)[:, None]
        weight = wealth * (forecast + SCORE_OFFSET) / self.typical_need_fen
        own: Floats = 1 - np.clip(tail * weight**WEALTH_POWER, TAIL_LEAST, TAIL_MOST)
        return own

    def term_ppm(self, forecast: Floats, level: float | Floats) -> Integers:
        """Return by horizon the share of wealth to keep liquid, rising with the horizon.

        The level is one for all, or one by row and horizon.
        """
        each = np.broadcast_to(np.asarray(level), forecast.shape)
        columns = [
            self.calibrations[j].ratios(forecast[:, j], each[:, j])
            for j in range(len(self.horizons))
        ]
        return whole_ppm(np.maximum.accumulate(np.stack(columns, 1), 1))


def smoothed(forecast: Floats) -> Floats:
    """Return the mean of each morning's forecast and those of the mornings before it.

    Mornings are the first axis; those without a forecast (NaN) are left out.
    """
    total, count = np.zeros_like(forecast), np.zeros(forecast.shape, np.int64)
    for back in range(SMOOTHED_MORNINGS):
        earlier = forecast[: len(forecast) - back]
        known = ~np.isnan(earlier)
        total[back:] += np.where(known, earlier, 0)
        count[back:] += known
    found: Floats = total / np.maximum(count, 1)
    return found


def whole_ppm(ratios: Floats) -> Integers:
    """Return shares of wealth in whole ppm, rounded up: the safe side; at most all of it."""
    whole: Integers = np.ceil(np.clip(ratios, 0, 1) * PPM).astype(np.int64)
    return whole


@dataclass(frozen=True, slots=True)
class _Rows:
    features: Floats
    needs: Floats
    wealth: Floats
    parts: Integers
    days: Integers
    accounts: Integers

    def smoothed(self, forecast: Floats) -> Floats:
        """Return each row's forecast as it is used: the mean of the account's last mornings."""
        grid = np.full((int(self.days.max()) + 1, int(self.accounts.max()) + 1), np.nan)
        grid[self.days, self.accounts] = forecast
        found: Floats = smoothed(grid)[self.days, self.accounts]
        return found


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
) -> NeedModel:
    """Return a need model of everything in the panel; the panel ends where the future begins."""
    use_trees = is_installed() if boosted is None else boosted
    look = 1 if cap_fen is None else look_days(panel, cap_fen)
    rows = _rows(panel, horizons, cap_fen, look, parts)
    heads, calibrations = [], []
    forecast = np.empty(0)
    for column in range(len(horizons)):
        fitted, forecast = _fit_heads(rows, column, use_trees=use_trees)
        forecast = rows.smoothed(forecast)
        known = ~np.isnan(rows.needs[:, column])
        needed = rows.needs[known, column] + SCORE_OFFSET
        heads.append(fitted)
        calibrations.append(Calibration(np.sort(needed / (forecast[known] + SCORE_OFFSET))))
    chances = None
    if cap_fen is not None:
        needed = rows.needs[:, -1] * rows.wealth
        chances = fit_chances(
            rows.features, needed, rows.wealth, rows.parts, cap_fen, boosted=use_trees
        )
    return NeedModel(
        tuple(horizons),
        tuple(heads),
        tuple(calibrations),
        "lightgbm" if use_trees else "pooled",
        len(rows.needs),
        float(np.median(rows.wealth * (forecast + SCORE_OFFSET))),
        chances,
    )


def _fit_heads(rows: _Rows, column: int, *, use_trees: bool) -> tuple[tuple[Head, ...], Floats]:
    """Return a horizon's heads by part, and what each row is forecast by the one blind to it."""
    known = ~np.isnan(rows.needs[:, column])
    if known.sum() < FOLDS / (1 - TERM_ALPHA):
        raise Refused("allocation.too_little_to_learn", rows_count=int(known.sum()))
    fitted: list[Head] = []
    forecast = np.empty(len(known))
    for part in range(FOLDS):
        head: Head = PlainHead()
        if use_trees:
            chosen = np.flatnonzero(known & (rows.parts != part))
            chosen = chosen[:: -(-len(chosen) // ROWS_MAX)]
            head = BoostedHead(
                rows.features[chosen], rows.needs[chosen, column], TERM_ALPHA, part + 1
            )
        held = rows.parts == part
        forecast[held] = head.predict(rows.features[held])
        fitted.append(head)
    return tuple(fitted), forecast


def _rows(
    panel: Panel, horizons: Sequence[int], cap_fen: int | None, look: int, parts: Integers
) -> _Rows:
    """Return every morning of every account that is old and rich enough, none left out."""
    features = Features(panel)
    found: list[tuple[Floats, ...]] = []
    places: list[tuple[Integers, Integers]] = []
    for day in range(AGE_DAYS_MIN + 1, panel.days_count):
        old = panel.opened <= day - AGE_DAYS_MIN
        ready = np.flatnonzero(old & (panel.balance_fen[:, day - 1] > WEALTH_FEN_MIN))
        if len(ready):
            needed = np.minimum(needs(features, day, horizons, cap_fen, look)[ready], RATIO_MAX)
            found.append((features.at(day)[ready], needed, features.wealth(day)[ready]))
            places.append((np.full(len(ready), day), ready))
    if not found:
        raise Refused("allocation.too_little_to_learn", rows_count=0)
    x, y, wealth = (np.concatenate([rows[i] for rows in found]) for i in range(3))
    days, accounts = (np.concatenate([place[i] for place in places]) for i in range(2))
    return _Rows(x, y, wealth, parts[accounts].astype(np.int64), days, accounts)
