"""Subscriptions and redemptions ahead, per product and partner and for their sums.

Every series and every sum is foretold by the calendar ridge family; then they are made to agree.
The invariant: sums are the sums of the leaves, exactly; quantiles do not cross; where nothing was
ever below zero, nothing below zero is foretold.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow import Ask, Finding, Forecast, Standing
from martlet.cashflow.coherent import banded, foretell_together
from martlet.cashflow.model import days_from
from martlet.treasury.funds.flows import BETWEEN, DIRECTION, TOTAL

if TYPE_CHECKING:
    from martlet.cashflow import Calendar, FloatArray
    from martlet.cashflow.sums import Plays
    from martlet.treasury.funds.flows import Flows

FEW_DAYS = 56
"""Below eight weeks an answer is a mean of what there is, and thin."""


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum over series: whose, in which direction, and how it was missed at past origins."""

    column: str
    member: str
    direction: str
    next_day_error: float | None
    week_error: float | None
    horizon_error: float | None
    """Mean miss of the total over mean total, at the past origins that set the weights."""


@dataclass(frozen=True, slots=True, eq=False)
class FundForecast:
    """The leaves' forecast, the sums' forecast, and how well the past was foretold."""

    leaves: Forecast
    sums: Forecast
    sum_marks: tuple[Sum, ...]
    plays_count: int


def foretell_flows(flows: Flows, ask: Ask, calendar: Calendar) -> FundForecast:
    """Return what is expected of every series and of every sum, coherent and with bands."""
    history, tree = flows.history, flows.tree
    origin, horizon = history.last_day, ask.horizon
    days = calendar.features(history.first_day, history.day_count + horizon, origin)
    found = foretell_together(history, flows.whole, days, horizon)
    together, positive = found.sum_plays, found.positive
    known = tree.nodes(np.nan_to_num(history.values))[: len(tree.groups)]
    leaves = _forecast(
        flows, ask, found.leaves, found.leaf_plays, history.values, positive=positive
    )
    sums = _forecast(flows, ask, found.sums, together, known, positive=positive)
    marks = tuple(
        _mark(column, member, together, row) for row, (column, member) in enumerate(tree.groups)
    )
    ahead = days.span(history.day_count, history.day_count + horizon)
    undecreed = tuple(
        day for day, doubt in zip(leaves.days, ahead.provisional, strict=True) if doubt
    )
    names = tuple(BETWEEN.join(group) for group in tree.groups)
    return FundForecast(
        replace(leaves, findings=_findings(flows), provisional=undecreed),
        replace(sums, series_ids=names, provisional=undecreed),
        marks,
        len(together.origins),
    )


def _forecast(
    flows: Flows, ask: Ask, mean: FloatArray, plays: Plays, values: FloatArray, *, positive: bool
) -> Forecast:
    quantiles, totals = banded(mean, plays, values, ask, positive=positive)
    first = flows.history.last_day + timedelta(days=1)
    names = flows.history.series_ids if len(mean) == len(flows.history.series_ids) else ()
    return Forecast(
        series_ids=names or tuple(str(row) for row in range(len(mean))),
        days=days_from(first, ask.horizon),
        mean=mean,
        levels=ask.levels,
        quantiles=quantiles,
        cumulative=totals,
    )


def _findings(flows: Flows) -> tuple[Finding, ...]:
    days = flows.history.day_count
    if days >= FEW_DAYS:
        return flows.history.findings
    told = tuple(
        Finding(name, Standing.THIN, "funds.few_days", {"days": days, "needed": FEW_DAYS})
        for name in flows.history.series_ids
    )
    return (*flows.history.findings, *told)


def _mark(column: str, member: str, plays: Plays, row: int) -> Sum:
    """Return a sum with its past errors; the direction stands before the member's name."""
    direction, _, rest = member.partition(BETWEEN)
    if column == DIRECTION:
        direction, rest = member, TOTAL
    elif not rest:
        direction, rest = "", member
    horizon = plays.came.shape[2]
    errors = [
        _error(plays.said[:, row, :days], plays.came[:, row, :days])
        for days in (1, min(7, horizon), horizon)
    ]
    return Sum(column, rest, direction, *errors)


def _error(said: FloatArray, came: FloatArray) -> float | None:
    """Return the mean miss of totals over their mean size; None where there is nothing to say."""
    whole = np.isfinite(came).all(axis=1)
    size = float(np.abs(came[whole].sum(axis=1)).sum())
    if not whole.any() or size <= 0:
        return None
    missed = (came[whole] - said[whole]).sum(axis=1)
    return float(np.abs(missed).sum()) / size
