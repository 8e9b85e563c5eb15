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
from martlet.cashflow.directions import stock_of
from martlet.cashflow.model import days_from
from martlet.cashflow.reconcile import agree
from martlet.cashflow.sums import Plays, daily_quantiles, foretell_sums, total_quantiles
from martlet.treasury.funds.flows import BETWEEN, DIRECTION, TOTAL

if TYPE_CHECKING:
    from martlet.cashflow import Calendar, FloatArray
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
    filled = np.nan_to_num(history.values)
    nodes = np.concatenate([tree.nodes(filled)[: len(tree.groups)], history.values])
    stock = stock_of(history.values, flows.directions, flows.paid_out())
    mean, plays = foretell_sums(nodes, days, horizon, stock)
    known = tree.nodes(filled)
    came = np.where(np.isfinite(plays.came), plays.came, _came(known, plays, horizon))
    positive = bool((filled >= 0).all())
    agreed = agree(tree, mean, replace(plays, came=came), positive=positive)
    leaves = _forecast(flows, ask, agreed.leaves, agreed.plays, history.values, positive=positive)
    together = Plays(
        agreed.plays.origins,
        np.einsum("gl,ulh->ugh", tree.summing, agreed.plays.said),
        came[:, : len(tree.groups)],
    )
    added = tree.nodes(agreed.leaves)[: len(tree.groups)]
    sums = _forecast(flows, ask, added, together, known[: len(tree.groups)], positive=positive)
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
        len(plays.origins),
    )


def _came(known: FloatArray, plays: Plays, horizon: int) -> FloatArray:
    """Return what came at each play, 0 before a series began and NaN after the origin."""
    padded = np.concatenate([known, np.full((len(known), horizon), np.nan)], axis=1)
    rows = [padded[:, origin : origin + horizon] for origin in plays.origins]
    return np.stack(rows) if rows else np.zeros(plays.came.shape)


def _forecast(
    flows: Flows, ask: Ask, mean: FloatArray, plays: Plays, values: FloatArray, *, positive: bool
) -> Forecast:
    levels, horizon = ask.levels, ask.horizon
    if len(plays.origins):
        quantiles = daily_quantiles(mean, plays, levels)
        totals = {days: total_quantiles(mean, plays, days, levels) for days in ask.totals}
    else:
        usual = np.quantile(np.nan_to_num(values), levels, axis=1).T
        quantiles = np.repeat(usual[:, None, :], horizon, axis=1)
        totals = {days: usual * days for days in ask.totals}
    if positive:
        quantiles = np.maximum(quantiles, 0.0)
        totals = {days: np.maximum(total, 0.0) for days, total in totals.items()}
    first = flows.history.last_day + timedelta(days=1)
    names = flows.history.series_ids if len(mean) == len(flows.history.series_ids) else ()
    return Forecast(
        series_ids=names or tuple(str(row) for row in range(len(mean))),
        days=days_from(first, horizon),
        mean=mean,
        levels=levels,
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
