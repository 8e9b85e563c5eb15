"""A fund's series foretold together with their sums: each for itself, then made to agree.

Sums are all of a direction and each group's part of it. The invariant: what comes out are the
series, whose sums are the sums' forecasts exactly; where nothing was ever below zero, nothing below
zero is foretold; sums never mix the two directions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow.directions import Direction, directions_of, stock_of
from martlet.cashflow.levels import rising
from martlet.cashflow.model import Forecast, days_from
from martlet.cashflow.reconcile import Hierarchy, agree, hierarchy
from martlet.cashflow.sums import Plays, daily_quantiles, foretell_sums, total_quantiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.cashflow.model import Ask, BoolArray, DayFeatures, Days, FloatArray, History

DIRECTION = "direction"
TOTAL = "total"
BETWEEN = " / "


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """What a fund's series add up to, and which of them go out."""

    directions: tuple[Direction, ...]
    """Of the series; none where the file does not tell."""
    sums: Hierarchy
    columns: tuple[str, ...]
    """Group columns that the file has, without the one that tells directions."""

    def paid_out(self) -> BoolArray:
        """Return which nodes (sums first, then series) are redemptions and nothing else."""
        out = np.array([each is Direction.REDEMPTION for each in self.directions])
        if not len(out):
            return np.zeros(len(self.sums.groups) + len(self.sums.leaf_ids), dtype=np.bool_)
        nodes: BoolArray = self.sums.nodes(np.where(out, 0.0, 1.0)) == 0.0
        return nodes


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """Means of series and of sums that agree, and what was said of either at past origins."""

    leaves: FloatArray
    sums: FloatArray
    leaf_plays: Plays
    sum_plays: Plays
    positive: bool


def tree_of(history: History) -> Tree:
    """Return the sums that the directions, the group columns or else the names' parts ask for."""
    directions, telling = directions_of(history)
    groups = {name: tuple(each) for name, each in history.groups.items() if name not in telling}
    groups = groups or _groups_of_names(history.series_ids)
    names = history.series_ids
    if not directions:
        whole: dict[str, Sequence[str]] = {TOTAL: (TOTAL,) * len(names), **groups}
        return Tree((), hierarchy(names, whole), tuple(groups))
    crossed: dict[str, Sequence[str]] = {DIRECTION: tuple(directions)}
    for name, members in groups.items():
        both = zip(directions, members, strict=True)
        crossed[name] = tuple(f"{way}{BETWEEN}{member}" for way, member in both)
    return Tree(directions, hierarchy(names, crossed), tuple(groups))


def foretell_together(history: History, tree: Tree, days: DayFeatures, horizon: int) -> Together:
    """Return what is expected of every series and of every sum; `days` reach over the horizon."""
    count = len(tree.sums.groups)
    filled = np.nan_to_num(history.values)
    known = tree.sums.nodes(filled)
    nodes = np.concatenate([known[:count], history.values])
    stock = stock_of(history.values, tree.directions, tree.paid_out())
    mean, plays = foretell_sums(nodes, days, horizon, stock)
    came = np.where(np.isfinite(plays.came), plays.came, _came(known, plays, horizon))
    positive = bool((filled >= 0).all())
    agreed = agree(tree.sums, mean, replace(plays, came=came), positive=positive)
    said = np.einsum("gl,ulh->ugh", tree.sums.summing, agreed.plays.said)
    return Together(
        leaves=agreed.leaves,
        sums=tree.sums.nodes(agreed.leaves)[:count],
        leaf_plays=agreed.plays,
        sum_plays=Plays(agreed.plays.origins, said, came[:, :count]),
        positive=positive,
    )


def banded(
    mean: FloatArray, plays: Plays, values: FloatArray, ask: Ask, *, positive: bool
) -> tuple[FloatArray, dict[int, FloatArray]]:
    """Return quantiles of days and of totals: by what plays missed, else by the days there are."""
    if len(plays.origins):
        quantiles = daily_quantiles(mean, plays, ask.levels)
        totals = {days: total_quantiles(mean, plays, days, ask.levels) for days in ask.totals}
    else:
        usual = np.quantile(np.nan_to_num(values), ask.levels, axis=1).T
        quantiles = np.repeat(usual[:, None, :], ask.horizon, axis=1)
        totals = {days: usual * days for days in ask.totals}
    if positive:
        quantiles = np.maximum(quantiles, 0.0)
        totals = {days: np.maximum(total, 0.0) for days, total in totals.items()}
    return quantiles, totals


def fund_forecast(history: History, ask: Ask, calendar: Days) -> Forecast:
    """Return the series' forecast, whose sums over groups and directions agree."""
    count = history.day_count + ask.horizon
    days = calendar.features(history.first_day, count, history.last_day)
    found = foretell_together(history, tree_of(history), days, ask.horizon)
    quantiles, totals = banded(
        found.leaves, found.leaf_plays, history.values, ask, positive=found.positive
    )
    return Forecast(
        series_ids=history.series_ids,
        days=days_from(history.first_day, count)[history.day_count :],
        mean=found.leaves,
        levels=ask.levels,
        quantiles=rising(quantiles),
        cumulative={days: rising(total) for days, total in totals.items()},
    )


def _came(known: FloatArray, plays: Plays, horizon: int) -> FloatArray:
    """Return what came at each play, 0 before a series began and NaN after the origin."""
    padded = np.concatenate([known, np.full((len(known), horizon), np.nan)], axis=1)
    rows = [padded[:, origin : origin + horizon] for origin in plays.origins]
    return np.stack(rows) if rows else np.zeros(plays.came.shape)


def _groups_of_names(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return groups by the leading parts of names like `fund/partner/account`, if all have some."""
    parts = [name.split("/") for name in names]
    depth = min(len(each) for each in parts)
    return {
        f"part_{level}": tuple("/".join(each[:level]) for each in parts)
        for level in range(1, depth)
    }
