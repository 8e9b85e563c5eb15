"""What the days ahead tell a lender of many firms at once, as whole numbers.

The free cash of a bad month, how wide inflow varies, the season ahead, the chance to fall short,
the best day for an instalment, and how far the forecasts of the firm's own past were off. Pure. The
invariant: a firm's figures come from its own days until the one that is asked and from nobody's
later; a figure that its records cannot bear is left out.
"""

from __future__ import annotations

from datetime import timedelta
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow.fen import fen_of
from martlet.cashflow.forecast import forecast
from martlet.cashflow.levels import normal_scores
from martlet.cashflow.limits import SHORT_DAYS
from martlet.cashflow.model import History
from martlet.cashflow.paths import widened
from martlet.kernel.rates import PPM
from martlet.kernel.rounding import RoundingMode
from martlet.signals import kind_of

if TYPE_CHECKING:
    from martlet.cashflow.calendar import Calendar
    from martlet.cashflow.crowd import Crowd
    from martlet.cashflow.model import FloatArray, Forecast
    from martlet.signals import Row

KINDS = (
    "cash_free_28d_low_fen",
    "cash_instalment_cap_fen",
    "cash_instalment_day_count",
    "cash_season_ppm",
    "cash_spread_28d_ppm",
    "cash_shortfall_56d_ppm",
    "cash_error_28d_ppm",
)
MONTH_DAYS = 28
AHEAD_DAYS = 56
LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
CROWD_WIDENED = 1.5
"""Quantiles of totals that lean on many firms alike are moved less than those of one alone."""

TRIED = 3
"""Months of the firm's own past that are forecast again to see how far off it would have been."""

YEAR_DAYS = 364
MONTH_OF_YEAR = 365 / 12 / MONTH_DAYS
INSTALMENT_DAYS = range(1, 29)
DAYS_AFTER = 7
"""An instalment is safest before days that bring money and after days that brought it."""

PPM_MOST = 10 * PPM


def figures_of(crowd: Crowd, calendar: Calendar) -> dict[str, tuple[Row, ...]]:
    """Return each firm's figures (kind, value, days behind it) by its id."""
    count = len(crowd.party_ids)
    if not count:
        return {}
    net = crowd.inflow - crowd.outflow
    values = np.concatenate([crowd.inflow, net])
    names = (*crowd.party_ids, *(f"{party} net" for party in crowd.party_ids))
    history = History(names, crowd.first_day, values)
    said = forecast(history, AHEAD_DAYS, LEVELS, calendar=calendar)
    errors = _errors(crowd, calendar)
    best = _best_days(crowd, net)
    found: dict[str, tuple[Row, ...]] = {}
    for row, party in enumerate(crowd.party_ids):
        moving = int(
            (np.nan_to_num(crowd.inflow[row]) + np.nan_to_num(crowd.outflow[row]) > 0).sum()
        )
        told = _of_firm(crowd, said, row, moving)
        if best[row]:
            told["cash_instalment_day_count"] = best[row]
        if not np.isnan(errors[row]):
            told["cash_error_28d_ppm"] = _ppm(errors[row])
        found[party] = tuple(
            (kind, told[kind], moving)
            for kind in KINDS
            if kind in told and kind_of(kind).accepts(told[kind])
        )
    return found


def _of_firm(crowd: Crowd, said: Forecast, row: int, moving: int) -> dict[str, int]:
    """Return what the forecast of one firm tells."""
    scores = normal_scores(LEVELS)
    count = len(crowd.party_ids)
    month = widened(
        said.cumulative[MONTH_DAYS][count + row], scores, above_zero=False, by=CROWD_WIDENED
    )
    inflow = widened(said.cumulative[MONTH_DAYS][row], scores, above_zero=True, by=CROWD_WIDENED)
    expected = float(said.mean[row, :MONTH_DAYS].sum())
    told: dict[str, int] = {}
    pays_out = bool(np.nansum(crowd.outflow[row]) > 0)
    if pays_out:
        # Who shows no outflow has no free cash that could be told.
        told["cash_free_28d_low_fen"] = fen_of(month[1], RoundingMode.FLOOR)
        low = max(month[1], 0.0) * MONTH_OF_YEAR
        told["cash_instalment_cap_fen"] = fen_of(low, RoundingMode.FLOOR)
    if expected > 0 and moving >= SHORT_DAYS:
        told["cash_spread_28d_ppm"] = _ppm((inflow[5] - inflow[1]) / expected)
    usual = float(np.nanmean(crowd.inflow[row, -YEAR_DAYS:]))
    if usual > 0:
        told["cash_season_ppm"] = _ppm(float(said.mean[row].mean()) / usual)
    at_hand = crowd.balance_fen[row]
    if at_hand is not None and pays_out:
        chances = [
            _chance_below(
                -at_hand,
                widened(total[count + row], scores, above_zero=False, by=CROWD_WIDENED),
                scores,
            )
            for total in said.cumulative.values()
        ]
        told["cash_shortfall_56d_ppm"] = min(_ppm(max(chances)), PPM)
    return told


def _chance_below(value: float, quantiles: FloatArray, scores: FloatArray) -> float:
    """Return how likely a total is below a value, by its quantiles and a straight line beyond."""
    steps = np.maximum(np.diff(quantiles), 1e-9)
    place = int(np.clip(np.searchsorted(quantiles, value) - 1, 0, len(steps) - 1))
    slope = (scores[place + 1] - scores[place]) / steps[place]
    score = scores[place] + (value - quantiles[place]) * slope
    return NormalDist().cdf(float(np.clip(score, -6.0, 6.0)))


def _errors(crowd: Crowd, calendar: Calendar) -> FloatArray:
    """Return how far the last months' inflow was from what had been forecast, of a usual month."""
    came = np.where(np.isnan(crowd.inflow), 0.0, crowd.inflow)
    last = crowd.first_day + timedelta(days=crowd.inflow.shape[1] - 1)
    unknown = np.isnan(crowd.inflow)
    usual = np.nan_to_num(crowd.inflow).sum(axis=1) / np.maximum((~unknown).sum(axis=1), 1)
    missed = []
    for month in range(1, TRIED + 1):
        end = crowd.inflow.shape[1] - month * MONTH_DAYS
        history = History(crowd.party_ids, crowd.first_day, crowd.inflow).until(
            last - timedelta(days=month * MONTH_DAYS)
        )
        said = forecast(history, MONTH_DAYS, (0.1, 0.9), cumulative_days=(), calendar=calendar)
        span = slice(end, end + MONTH_DAYS)
        off = np.abs(said.mean.sum(axis=1) - came[:, span].sum(axis=1))
        known = ~unknown[:, span].any(axis=1) & ((~unknown[:, :end]).sum(axis=1) >= 3 * MONTH_DAYS)
        unit = np.maximum(usual * MONTH_DAYS, 1.0)
        missed.append(np.where(known, off / unit, np.nan))
    told = np.stack(missed)
    seen = (~np.isnan(told)).sum(axis=0)
    mean = np.nan_to_num(told).sum(axis=0) / np.maximum(seen, 1)
    return np.asarray(np.where(seen == TRIED, mean, np.nan))


def _best_days(crowd: Crowd, net: FloatArray) -> list[int]:
    """Return the day of the month around which most money is left; 0 where too little is known."""
    days = [crowd.first_day + timedelta(days=n) for n in range(net.shape[1])]
    known = ~np.isnan(net)
    filled = np.nan_to_num(net)
    # A week's net before the day less a week's net after it: money that came and is not yet spent.
    running = np.cumsum(np.pad(filled, ((0, 0), (1, 0))), axis=1)
    place = np.arange(DAYS_AFTER, net.shape[1] - DAYS_AFTER)
    before = running[:, place] - running[:, place - DAYS_AFTER]
    after = running[:, place + DAYS_AFTER] - running[:, place]
    score = before - after
    of_month = np.array([days[one].day for one in place])
    means = np.stack([score[:, of_month == day].mean(axis=1) for day in INSTALMENT_DAYS], axis=1)
    enough = known.sum(axis=1) >= 3 * MONTH_DAYS
    return [int(np.argmax(row)) + 1 if fine else 0 for row, fine in zip(means, enough, strict=True)]


def _ppm(share: float) -> int:
    return min(fen_of(share * PPM), PPM_MOST)
