"""A calendar ridge for series that are sums of many people's acts: fund totals, chains, portfolios.

A day is its series' level times what the calendar makes of such a day: the weekday as it is
worked, days off and make-up days, the position in the month and the quarter, the distance to
Spring Festival. Effects are found by ridge on day / level - 1, so zeros do no harm and an effect
never seen is none. Where a `Stock` is told, what is paid out of it is foretold as its share too.
The invariant: only what precedes the origin is read. `members` gives a few such forecasts that
differ in memory and trend, beside a weekday mean; `sums` weighs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow.limits import RIDGE_DAYS_MAX
from martlet.cashflow.model import SEASON_DAYS

if TYPE_CHECKING:
    from martlet.cashflow.model import BoolArray, DayFeatures, FloatArray, IntArray

EFFECT_HALF_LIFE_DAYS = 120
"""How fast a calendar effect is forgotten: a third of a year, since habits outlive a season."""
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
PENALTY = 1.0
"""Of the ridge, in days: an effect seen on one day is believed by half."""
POSITION_SHARE = 0.35
"""Positions in the month are believed less: as columns of a third, at eight times the penalty."""
STOCK_DAYS_LEAST = 14
"""A stock of less than two weeks' outflow is a till, not a fund: nothing is a share of it."""
OPENING_DAYS = 30
"""What stood there before the first day is taken as a month's outflow: it is seldom told."""
_MONTH_PARTS = ((1, 1), (2, 3), (4, 6), (7, 10), (11, 15), (16, 20), (21, 25))
_QUARTER_ENDS_DAYS = (14, 7)
_QUARTER_MONTHS = 3
_FESTIVAL_PARTS = ((-14, -8), (-7, -4), (-3, -1), (0, 6), (7, 10), (11, 15), (16, 24))


@dataclass(frozen=True, slots=True)
class Member:
    """One forecast of the family: a ridge, or (where it counts weeks) a plain weekday mean."""

    half_life_days: int = 0
    """Of the level: short follows a turn, long rides over noise."""
    trend: float = 0.0
    """How much of the last month's trend goes on, damped."""
    weeks: int = 0


MEMBERS = (
    *(Member(days) for days in (1, 2, 4, 7, 14, 28)),
    *(Member(days, trend=0.5) for days in (4, 7)),
    Member(weeks=8),
)
SHARES = tuple(member for member in MEMBERS if not member.weeks)
"""The members that are played a second time where a stock is told: as shares of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Stock:
    """Money that flows in and out and stands meanwhile; what is redeemed is a share of it."""

    inflow: FloatArray
    """T: all that came in, day by day."""
    outflow: FloatArray
    """T: all that went out."""
    paid_out: BoolArray
    """N: which series are paid out of it."""

    def until(self, count: int) -> Stock:
        """Return what was known of it after so many days."""
        return Stock(self.inflow[:count], self.outflow[:count], self.paid_out)

    def standing(self) -> FloatArray:
        """Return T + 1: what stood there before each day and after the last; NaN for a till."""
        opening = self.outflow[:OPENING_DAYS].sum()
        found = opening + np.concatenate([[0.0], np.cumsum(self.inflow - self.outflow)])
        usual = _smoothed(np.append(self.outflow, self.outflow[-1:])[None])[0]
        enough: FloatArray = np.where(
            found > STOCK_DAYS_LEAST * np.maximum(usual, 1e-9), found, np.nan
        )
        return enough


def design(days: DayFeatures) -> FloatArray:
    """Return days x features: what the calendar says of each day, most of it as ones and zeros."""
    weekend = np.array([(days.first_day.weekday() + at) % 7 >= 5 for at in range(len(days))])  # noqa: PLR2004 - Saturday
    columns = [(days.weekday == weekday) & ~days.holiday for weekday in range(SEASON_DAYS)]
    columns += [days.holiday, days.holiday & weekend, days.make_up]
    columns += [days.before_holiday, days.after_holiday]
    festival = days.spring_festival
    columns += [(festival >= first) & (festival <= last) for first, last in _FESTIVAL_PARTS]
    to_quarter_end = _to_quarter_end(days)
    columns += [to_quarter_end < few for few in _QUARTER_ENDS_DAYS]
    month = days.day_of_month
    positions = [(month >= first) & (month <= last) for first, last in _MONTH_PARTS]
    positions += [days.days_to_month_end <= 0, days.days_to_month_end <= 2]  # noqa: PLR2004 - days
    whole = np.stack(columns, axis=1).astype(np.float64)
    return np.concatenate([whole, POSITION_SHARE * np.stack(positions, axis=1)], axis=1)


def _to_quarter_end(days: DayFeatures) -> IntArray:
    """Return the days to the end of each day's quarter: banks court deposits before it."""
    dates = np.datetime64(days.first_day) + np.arange(len(days))
    months = dates.astype("datetime64[M]").astype(np.int64)
    following = (months // _QUARTER_MONTHS + 1) * _QUARTER_MONTHS
    ends = following.astype("datetime64[M]").astype("datetime64[D]")
    left: IntArray = (ends - dates).astype(np.int64) - 1
    return left


def members(
    values: FloatArray, features: FloatArray, horizon: int, stock: Stock | None = None
) -> FloatArray:
    """Return members x N x H: each member's mean for the days that follow `values` (N x T).

    `features` are of the days of `values` and of at least `horizon` more. With a stock there are
    `SHARES` more of them; of what is not paid out of it they say what their like said.
    """
    known_days = values.shape[1]
    ahead = features[known_days : known_days + horizon]
    start = max(known_days - RIDGE_DAYS_MAX, 0)
    past, behind = values[:, start:], features[start:known_days]
    effects, coming = _effects(past, behind, ahead)
    answers = [
        _weekday_mean(past, member.weeks, horizon)
        if member.weeks
        else _carried(past, effects, coming, member)
        for member in MEMBERS
    ]
    plain = np.stack(answers)
    if stock is None:
        return plain
    again = plain[[at for at, member in enumerate(MEMBERS) if not member.weeks]]
    again[:, stock.paid_out] = _of_stock(values, stock, (behind, ahead), again)
    return np.concatenate([plain, again])


def _of_stock(
    values: FloatArray, stock: Stock, features: tuple[FloatArray, FloatArray], plain: FloatArray
) -> FloatArray:
    """Return shares x paid-out series x H: shares of what will stand there, member by member."""
    behind, ahead = features
    days, horizon = len(behind), len(ahead)
    standing = stock.standing()
    paid = values[stock.paid_out]
    if np.isnan(standing[-1]):
        return plain[:, stock.paid_out]
    whole = np.stack([stock.inflow, stock.outflow / standing[:-1]])[:, -days:]
    shares = np.concatenate([whole, paid[:, -days:] / standing[-days - 1 : -1]])
    effects, coming = _effects(shares, behind, ahead)
    said = np.stack([_carried(shares, effects, coming, member) for member in SHARES])
    left = np.full(len(SHARES), standing[-1])
    stands = np.empty((len(SHARES), 1, horizon))
    for day in range(horizon):
        stands[:, 0, day] = left
        left = np.maximum(left * (1.0 - said[:, 1, day]) + said[:, 0, day], 0.0)
    found: FloatArray = said[:, 2:] * stands
    return found


def _effects(
    past: FloatArray, behind: FloatArray, ahead: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return N x T and N x H: what the calendar multiplies each day by."""
    days = past.shape[1]
    weights = 0.5 ** (np.arange(days)[::-1] / EFFECT_HALF_LIFE_DAYS)
    weighted = behind * weights[:, None]
    solver = np.linalg.solve(behind.T @ weighted + PENALTY * np.eye(behind.shape[1]), weighted.T)
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
