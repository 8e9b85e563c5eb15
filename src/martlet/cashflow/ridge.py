"""A calendar ridge for series that are sums of many people's acts: fund totals, chains, portfolios.

A day is its series' level times what the calendar makes of such a day: the weekday as it is
worked, days off and make-up days, the position in the month, the distance to Spring Festival.
The effects are found by ridge on day / level - 1, so zeros do no harm and an effect never seen is
none. The invariant: only what precedes the origin is read. `members` gives a few such forecasts
that differ in penalty, memory and trend, beside weekday means; `sums` weighs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow.limits import RIDGE_DAYS_MAX
from martlet.cashflow.model import SEASON_DAYS

if TYPE_CHECKING:
    from martlet.cashflow.model import DayFeatures, FloatArray

EFFECT_HALF_LIFE_DAYS = 90
"""How fast a calendar effect is forgotten: a season, since habits outlive a month."""
SMOOTHING_DAYS = 14
"""To either side of a day: its level is the mean of four whole weeks and a day."""
ROUNDS = 2
"""Level, effects, level without the effects, effects: a third round changes nothing."""
EFFECT_LEAST, EFFECT_MOST = 0.05, 5.0
"""A calendar neither stops a fund nor makes a day of ten."""
TREND_DAMPING = 0.97
"""A day; a trend is spent after about a month."""
TREND_MOST = 0.7
"""In logarithms, either way: a trend alone at most doubles or halves a level."""
_MONTH_PARTS = ((1, 1), (2, 3), (4, 6), (7, 10), (11, 15), (16, 20), (21, 25))
_FESTIVAL_PARTS = ((-14, -8), (-7, -4), (-3, -1), (0, 6), (7, 10), (11, 15), (16, 24))


@dataclass(frozen=True, slots=True)
class Member:
    """One forecast of the family: a ridge, or (without a penalty) a plain weekday mean."""

    penalty: float = 0.0
    half_life_days: int = 0
    """Of the level: short follows a turn, long rides over noise."""
    trend: float = 0.0
    """How much of the last month's trend goes on, damped."""
    weeks: int = 0


PENALTIES = (0.3, 1.0, 3.0)
HALF_LIVES_DAYS = (4, 7, 14, 28)
MEMBERS = (
    *(Member(penalty, days) for penalty in PENALTIES for days in HALF_LIVES_DAYS),
    Member(1.0, 7, trend=0.5),
    Member(1.0, 14, trend=0.5),
    Member(weeks=4),
    Member(weeks=8),
)


def design(days: DayFeatures) -> FloatArray:
    """Return days x features: what the calendar says of each day, as ones and zeros."""
    weekend = np.array([(days.first_day.weekday() + at) % 7 >= 5 for at in range(len(days))])  # noqa: PLR2004 - Saturday
    columns = [(days.weekday == weekday) & ~days.holiday for weekday in range(SEASON_DAYS)]
    columns += [days.holiday, days.holiday & weekend, days.make_up]
    columns += [days.before_holiday, days.after_holiday]
    month = days.day_of_month
    columns += [(month >= first) & (month <= last) for first, last in _MONTH_PARTS]
    columns += [days.days_to_month_end <= 0, days.days_to_month_end <= 2]  # noqa: PLR2004 - days
    festival = days.spring_festival
    columns += [(festival >= first) & (festival <= last) for first, last in _FESTIVAL_PARTS]
    return np.stack(columns, axis=1).astype(np.float64)


def members(values: FloatArray, features: FloatArray, horizon: int) -> FloatArray:
    """Return members x N x H: each member's mean for the days that follow `values` (N x T).

    `features` are of the days of `values` and of at least `horizon` more.
    """
    known_days = values.shape[1]
    ahead = features[known_days : known_days + horizon]
    start = max(known_days - RIDGE_DAYS_MAX, 0)
    past, behind = values[:, start:], features[start:known_days]
    answers = np.empty((len(MEMBERS), values.shape[0], horizon))
    fitted = {penalty: _effects(past, behind, ahead, penalty) for penalty in PENALTIES}
    for at, member in enumerate(MEMBERS):
        if member.weeks:
            answers[at] = _weekday_mean(past, member.weeks, horizon)
        else:
            effects, coming = fitted[member.penalty]
            answers[at] = _carried(past, effects, coming, member)
    return answers


def _effects(
    past: FloatArray, behind: FloatArray, ahead: FloatArray, penalty: float
) -> tuple[FloatArray, FloatArray]:
    """Return N x T and N x H: what the calendar multiplies each day by."""
    days = past.shape[1]
    weights = 0.5 ** (np.arange(days)[::-1] / EFFECT_HALF_LIFE_DAYS)
    weighted = behind * weights[:, None]
    solver = np.linalg.solve(behind.T @ weighted + penalty * np.eye(behind.shape[1]), weighted.T)
    effects = np.ones_like(past)
    found: FloatArray = np.zeros((behind.shape[1], past.shape[0]))
    for _ in range(ROUNDS):
        level: FloatArray = _smoothed(past / effects)
        least = np.nanmean(np.abs(level), axis=1, keepdims=True) * EFFECT_LEAST
        usable = np.isfinite(past) & (level > np.maximum(least, 1e-9))
        relative = np.where(usable, past / np.where(usable, level, 1.0) - 1.0, 0.0)
        found = np.asarray(solver @ relative.T, dtype=np.float64)
        effects = _bounded(behind, found)
    return effects, _bounded(ahead, found)


def _bounded(features: FloatArray, found: FloatArray) -> FloatArray:
    effects: FloatArray = np.clip(1.0 + (features @ found).T, EFFECT_LEAST, EFFECT_MOST)
    return effects


def _smoothed(values: FloatArray) -> FloatArray:
    """Return each day's mean over the days around it, those that are known."""
    days = values.shape[1]
    known = np.isfinite(values)
    sums = np.cumsum(np.where(known, values, 0.0), axis=1)
    counts = np.cumsum(known, axis=1)
    sums = np.pad(sums, ((0, 0), (1, 0)))
    counts = np.pad(counts, ((0, 0), (1, 0)))
    at = np.arange(days)
    first, last = np.maximum(at - SMOOTHING_DAYS, 0), np.minimum(at + SMOOTHING_DAYS + 1, days)
    inside = counts[:, last] - counts[:, first]
    smooth: FloatArray = (sums[:, last] - sums[:, first]) / np.maximum(inside, 1)
    return smooth


def _carried(
    past: FloatArray, effects: FloatArray, coming: FloatArray, member: Member
) -> FloatArray:
    """Return the newest level, without its calendar, carried into the days ahead with theirs."""
    days, horizon = past.shape[1], coming.shape[1]
    known = np.isfinite(past)
    taken = np.where(known, past, 0.0)
    weights = np.where(known, 0.5 ** (np.arange(days)[::-1] / member.half_life_days), 0.0)
    level = (weights * taken).sum(axis=1) / np.maximum((weights * effects).sum(axis=1), 1e-12)
    carried: FloatArray = level[:, None] * coming
    if not member.trend:
        return carried
    plain = np.where(known, past / effects, np.nan)
    late, early = _mean(plain[:, -14:]), _mean(plain[:, -42:-14])
    both = (late > 0) & (early > 0)
    ratio = np.where(both, late, 1.0) / np.where(both, early, 1.0)
    a_day = np.log(ratio) / 28  # the middles of the two spans lie four weeks apart
    behind_days = member.half_life_days / np.log(2)
    spent = np.cumsum(TREND_DAMPING ** np.arange(1, horizon + 1)) + behind_days
    drift = np.clip(member.trend * a_day[:, None] * spent, -TREND_MOST, TREND_MOST)
    moved: FloatArray = carried * np.exp(drift)
    return moved


def _weekday_mean(past: FloatArray, weeks: int, horizon: int) -> FloatArray:
    """Return the mean of each weekday over the last weeks."""
    whole = min(weeks, past.shape[1] // SEASON_DAYS)
    if not whole:
        return np.repeat(_mean(past)[:, None], horizon, axis=1)
    recent = past[:, -whole * SEASON_DAYS :].reshape(len(past), whole, SEASON_DAYS)
    profile = _mean(recent, axis=1)
    repeated: FloatArray = profile[:, np.arange(horizon) % SEASON_DAYS]
    return repeated


def _mean(values: FloatArray, axis: int = 1) -> FloatArray:
    """Return the mean of what is known, 0 where nothing is."""
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=axis)
    mean: FloatArray = total / np.maximum(known.sum(axis=axis), 1)
    return mean
