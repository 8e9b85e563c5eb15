"""The reserve that net redemptions need until they settle, beside the fixed ratios it replaces.

A day's need is the most that redemptions run ahead of subscriptions while they settle. The reserve
is what is foretold of it plus a margin for being wrong: the recent size of what was missed, in the
flow of the week before, times the heavy-tailed quantile of the coverage. The invariant: on every
day tested, only what was known that morning is used; a fixed ratio is set once, by the same
coverage, before the first day tested.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow.directions import Direction, stock_of
from martlet.cashflow.limits import SUMS_DAYS_MIN
from martlet.cashflow.sums import conformal, rolled_sums
from martlet.kernel.errors import Invalid
from martlet.treasury.funds.flows import DIRECTION, TOTAL
from martlet.treasury.funds.limits import (
    CALIBRATION_DAYS,
    CALIBRATION_DAYS_MIN,
    HISTORY_DAYS_MIN,
    MISSES_HALF_LIFE_DAYS,
    RATIO_DAYS,
    RESERVE_DAYS_MAX,
    SCALE_DAYS,
    SETTLEMENT_DAYS_MAX,
    UNITS_MAX,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from martlet.cashflow import Calendar, FloatArray
    from martlet.cashflow.model import DayFeatures, IntArray
    from martlet.treasury.funds.flows import Flows

OF_REDEMPTIONS = "fixed_ratio_of_redemptions"
OF_NET_MONEY_IN = "fixed_ratio_of_net_money_in"


@dataclass(frozen=True, slots=True)
class Rule:
    """A fixed ratio on the days tested, and what is freed against it."""

    rule: str
    ratio: float
    mean_reserve: int
    breaches_count: int
    freed_percent: float
    """Of the rule's mean reserve; negative where ours asks for more."""
    hindsight_percent: float
    """Freed against the least ratio that would have had no more breaches, which nobody knew."""
    both_in_hindsight_percent: float
    """The same with ours made as small too: which of the two has the better shape by days."""


@dataclass(frozen=True, slots=True)
class ReserveReport:
    """A product's or partner's reserve: today's, and how it did on the days tested."""

    unit: str
    reserve_now: int
    """In the file's unit, for the days after the newest."""
    tested_from: date
    tested_to: date
    tested_days: int
    settlement_days: int
    coverage_percent: float
    covered_percent: float
    mean_reserve: int
    breaches_count: int
    mean_need: int
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """How a reserve is asked for and tested."""

    settlement_days: int = 1
    coverage: float = 0.99
    days: int = 122

    def __post_init__(self) -> None:
        if not 1 <= self.settlement_days <= SETTLEMENT_DAYS_MAX:
            raise Invalid("funds.settlement_outside", most=SETTLEMENT_DAYS_MAX)
        if not 0.5 < self.coverage < 1:  # noqa: PLR2004 - below the median is no reserve
            raise Invalid("funds.coverage_outside")
        if not 1 <= self.days <= RESERVE_DAYS_MAX:
            raise Invalid("funds.days_outside", most=RESERVE_DAYS_MAX)


def reserves(flows: Flows, calendar: Calendar, test: Trial, by: str = "") -> list[ReserveReport]:
    """Return a report for each group of a column, or for all together.

    Refused: a file that does not tell redemptions from subscriptions, or is too short.
    """
    if set(flows.directions) != set(Direction):
        raise Invalid("funds.directions_untold")
    known = flows.history.day_count
    if known < HISTORY_DAYS_MIN + test.settlement_days:
        needed = HISTORY_DAYS_MIN + test.settlement_days
        raise Invalid("funds.history_short", days=known, needed=needed)
    first_day = flows.history.first_day

    def days_known_at(count: int) -> DayFeatures:
        newest = first_day + timedelta(days=count - 1)
        return calendar.features(first_day, count + test.settlement_days, newest)

    units = list(_units(flows, by))
    both = np.concatenate([values for _, values in units])
    first = max(SUMS_DAYS_MIN, known - test.days - test.settlement_days - CALIBRATION_DAYS)
    paid_out = np.arange(len(both)) % 2 == 1
    stock = stock_of(flows.history.values, flows.directions, paid_out)
    plays = rolled_sums(both, days_known_at, test.settlement_days, first, stock)
    ahead = _most_ahead(plays.said[:, 1::2] - plays.said[:, ::2])
    return [
        _report(name, values, plays.origins, ahead[:, at], first_day, test)
        for at, (name, values) in enumerate(units)
    ]


def _units(flows: Flows, by: str) -> Iterator[tuple[str, FloatArray]]:
    """Give each unit's name and its two series: subscriptions, redemptions."""
    values = np.nan_to_num(flows.history.values)
    members = (TOTAL,) * len(values)
    if by and by != DIRECTION:
        if by not in flows.history.groups:
            raise Invalid("funds.column_unknown", column=by)
        members = tuple(flows.history.groups[by])
    names = sorted(set(members))
    if len(names) > UNITS_MAX:
        raise Invalid("funds.too_many_units", count=len(names), most=UNITS_MAX)
    for name in names:
        ours = np.array([member == name for member in members])
        sides = [
            values[ours & np.array([each is side for each in flows.directions])].sum(axis=0)
            for side in Direction
        ]
        yield name, np.stack(sides)


def _most_ahead(net: FloatArray) -> FloatArray:
    """Return the most that a running total reaches along the last axis; NaN where it is unknown."""
    most: FloatArray = np.cumsum(net, axis=-1).max(axis=-1)
    return most


def _report(
    name: str,
    values: FloatArray,
    origins: IntArray,
    foretold: FloatArray,
    first_day: date,
    test: Trial,
) -> ReserveReport:
    known, settle = values.shape[1], test.settlement_days
    needed = _needs(values, settle)
    scale = _trailing(values.sum(axis=0), SCALE_DAYS)
    missed = (needed[origins] - foretold) / np.maximum(scale[origins], 1e-9)
    held = np.full(known + 1, np.nan)
    for at, origin in enumerate(origins):
        past = missed[max(at - settle - CALIBRATION_DAYS + 1, 0) : max(at - settle + 1, 0)]
        past = past[np.isfinite(past)]
        if len(past) >= CALIBRATION_DAYS_MIN:
            margin = _recent_size(past) * heavy_tail(test.coverage) * scale[origin]
            held[origin] = max(0.0, foretold[at] + margin)
    tested = np.flatnonzero(np.isfinite(held[: known - settle + 1]))[-test.days :]
    need, ours = np.maximum(needed[tested], 0.0), held[tested]
    breaches = int((need > ours).sum())
    bases = {
        OF_REDEMPTIONS: _trailing(values[1], RATIO_DAYS) * settle,
        OF_NET_MONEY_IN: np.concatenate([[0.0], np.cumsum(values[0] - values[1])]),
    }
    rules = [
        _rule(rule, base, needed, tested, test, ours)
        for rule, base in bases.items()
        if (base[SUMS_DAYS_MIN : tested[-1] + 1] > 0).all()
    ]
    return ReserveReport(
        unit=name,
        reserve_now=round(float(held[known])),
        tested_from=first_day + timedelta(days=int(tested[0])),
        tested_to=first_day + timedelta(days=int(tested[-1])),
        tested_days=len(tested),
        settlement_days=settle,
        coverage_percent=round(100 * test.coverage, 2),
        covered_percent=round(100 * (1 - breaches / len(tested)), 2),
        mean_reserve=round(float(ours.mean())),
        breaches_count=breaches,
        mean_need=round(float(need.mean())),
        rules=tuple(rules),
    )


def _needs(values: FloatArray, settle: int) -> FloatArray:
    """Return, for each count of known days, what was needed next; NaN where it is not whole."""
    known = values.shape[1]
    net = values[1] - values[0]
    needs = np.full(known + 1, np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(net, settle)
    needs[: known - settle + 1] = _most_ahead(windows)
    return needs


def _trailing(series: FloatArray, days: int) -> FloatArray:
    """Return, for each count of known days, the mean of the last `days` of them."""
    sums = np.concatenate([[0.0], np.cumsum(series)])
    counts = np.arange(len(sums))
    begin = np.maximum(counts - days, 0)
    trailing: FloatArray = (sums - sums[begin]) / np.maximum(counts - begin, 1)
    return trailing


def heavy_tail(coverage: float) -> float:
    """Return how many sizes of a miss cover this share: Student's, of four degrees of freedom.

    A fund's misses are wilder than the normal law's, and the empirical quantile of 99 in 100 would
    be the largest of a season: one odd day would set the reserve for three months.
    """
    doubt = 4.0 * coverage * (1.0 - coverage)
    spread = np.cos(np.arccos(np.sqrt(doubt)) / 3.0) / np.sqrt(doubt)
    return float(2.0 * np.sqrt(spread - 1.0) / np.sqrt(2.0))


def _recent_size(missed: FloatArray) -> float:
    """Return the root mean square of misses, newest last, the older the less."""
    weights = 0.5 ** (np.arange(len(missed))[::-1] / MISSES_HALF_LIFE_DAYS)
    return float(np.sqrt((weights * missed**2).sum() / weights.sum()))


def _rule(
    name: str, base: FloatArray, needed: FloatArray, tested: IntArray, test: Trial, ours: FloatArray
) -> Rule:
    """Return a fixed ratio set before the first day tested, and what hindsight makes of both."""
    before = np.arange(SUMS_DAYS_MIN, tested[0] - test.settlement_days + 1)
    ratio = max(0.0, float(conformal(needed[before] / base[before], (test.coverage,))[0]))
    need = np.maximum(needed[tested], 0.0)
    fixed = ratio * base[tested]
    breaches = int((need > ours).sum())
    least = _least(base[tested], need, breaches)
    fewer = min(breaches, int((need > fixed).sum()))
    both = _least(ours, need, fewer), _least(base[tested], need, fewer)
    return Rule(
        rule=name,
        ratio=round(ratio, 6),
        mean_reserve=round(float(fixed.mean())),
        breaches_count=int((need > fixed).sum()),
        freed_percent=_freed(float(ours.mean()), float(fixed.mean())),
        hindsight_percent=_freed(float(ours.mean()), least),
        both_in_hindsight_percent=_freed(*both),
    )


def _least(shape: FloatArray, need: FloatArray, breaches: int) -> float:
    """Return the least mean reserve in that proportion from day to day with no more breaches."""
    asked = np.divide(need, shape, out=np.zeros_like(need), where=shape > 0.0)
    asked[(shape <= 0.0) & (need > 0.0)] = np.inf
    times = np.sort(asked)[::-1][min(breaches, len(asked) - 1)]
    return float(times * shape.mean())


def _freed(ours: float, theirs: float) -> float:
    return round(100 * (1 - ours / theirs), 1) if theirs > 0 else 0.0
