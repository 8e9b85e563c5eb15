"""Series and the sums of their groups in one answer: stores and their chain, types and their total.

A sum's mean is that of its series; how wide it lies is foretold from the sum's own past, in which
what its series have in common shows. The invariant: a group's mean is the sum of its series' means
to the last bit, on every day and over any days; a series' answer is, but for rounding, the one it
has without groups; quantiles never cross; sums never cross currencies.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypedDict, Unpack

import numpy as np

from martlet.cashflow.forecast import Tier, forecast
from martlet.cashflow.levels import rising
from martlet.cashflow.model import (
    LEVELS,
    Finding,
    Forecast,
    History,
    Standing,
)
from martlet.cashflow.reconcile import on_grid

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlet.cashflow.calendar import Calendar
    from martlet.cashflow.model import BoolArray, FloatArray, IntArray


class How(TypedDict, total=False):
    """What else `forecast` is told, by name."""

    cumulative_days: tuple[int, ...]
    calendar: Calendar | None
    tier: Tier
    plugins: tuple[str, ...]
    moved: Callable[[int, int | None], None] | None


TOTAL = "total"
BETWEEN = " / "
DUST = 1e-3
DUST_SHARE = 1e-6
"""A mean that rounding would change by more than both stays, and its sums are right to a float's
last bit in their own order only: a file of 10^15 beside 0.01."""

THIN_SHARE = 0.2
"""A sum more than a fifth of whose expected money is thin is thin itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """One sum: a column's member (in one currency), and the series that it sums."""

    column: str
    member: str
    currency: str
    rows: IntArray

    @property
    def name(self) -> str:
        """Return what this sum is called where a series has its series_id."""
        return BETWEEN.join(part for part in (self.column, self.member, self.currency) if part)


@dataclass(frozen=True, slots=True, eq=False)
class Grouped:
    """The series' forecast and that of their groups' sums, which agree."""

    leaves: Forecast
    sums: Forecast
    """Row by row of `groups`."""
    groups: tuple[Group, ...]


def groups_of(history: History) -> tuple[Group, ...]:
    """Return every sum that a history's group columns ask for, and the total of each currency.

    A column that names each series by itself is a name and not a group.
    """
    count = len(history.series_ids)
    money = history.currencies or ("",) * count
    columns = {name: m for name, m in history.groups.items() if len(set(m)) < max(count, 2)}
    columns.setdefault(TOTAL, (TOTAL,) * count)
    found: list[Group] = []
    for column, members in columns.items():
        rows: dict[tuple[str, str], list[int]] = {}
        for row, key in enumerate(zip(members, money, strict=True)):
            rows.setdefault(key, []).append(row)
        found += [Group(column, *key, np.array(rows[key])) for key in sorted(rows)]
    return tuple(found)


def is_grouped(history: History) -> bool:
    """Tell whether a history has a column that sorts its series into groups."""
    return any(group.column != TOTAL for group in groups_of(history))


def forecast_alone(
    history: History, horizon: int, levels: tuple[float, ...] = LEVELS, **how: Unpack[How]
) -> Grouped:
    """Return what is expected of every series, and no sums: as fast as the series alone."""
    said = forecast(history, horizon, levels, **how)
    nobody = np.zeros(len(said.series_ids), dtype=np.bool_)
    return Grouped(said, replace(said.take(nobody), findings=()), ())


def forecast_grouped(
    history: History, horizon: int, levels: tuple[float, ...] = LEVELS, **how: Unpack[How]
) -> Grouped:
    """Return what is expected of every series and of every group's sum, in agreement."""
    groups = groups_of(history)
    leaves = forecast(history, horizon, levels, **how)
    if not leaves.series_ids:
        return Grouped(leaves, replace(leaves, findings=()), ())
    many = tuple(group for group in groups if len(group.rows) > 1)
    sums = forecast(_summed(history, many), horizon, levels, **how) if many else None
    leaves = _moved_to(leaves, exact(leaves.mean), history.values)
    return Grouped(leaves, _of_groups(history, groups, leaves, sums), groups)


def _summed(history: History, groups: tuple[Group, ...]) -> History:
    """Return the sums as series: unknown only where nothing of a group is known."""
    rows = [history.values[group.rows] for group in groups]
    nothing = [np.isnan(part).all(axis=0) for part in rows]
    added = [np.nan_to_num(part).sum(axis=0) for part in rows]
    values = [np.where(n, np.nan, a) for n, a in zip(nothing, added, strict=True)]
    width = history.day_count
    return History(
        series_ids=tuple(group.name for group in groups),
        first_day=history.first_day,
        values=np.stack(values) if values else np.zeros((0, width)),
    )


def exact(mean: FloatArray) -> FloatArray:
    """Return means whose sums are exact, but for those that are dust beside a giant of the file."""
    rounded = on_grid(mean)
    gone = np.abs(rounded - mean)
    return np.where((gone > DUST) & (gone > DUST_SHARE * np.abs(mean)), mean, rounded)


def _moved_to(said: Forecast, mean: FloatArray, values: FloatArray) -> Forecast:
    """Return a forecast about another mean: bands scale where nothing is below zero, else shift."""
    above = np.min(np.nan_to_num(values), axis=1) >= 0
    positive: BoolArray = above & (said.mean.min(axis=1) > 0)
    factor = np.divide(mean, said.mean, out=np.ones_like(mean), where=positive[:, None])
    shift = np.where(positive[:, None], 0.0, mean - said.mean)
    cumulative = {}
    for days, quantiles in said.cumulative.items():
        before, after = said.mean[:, :days].sum(axis=1), mean[:, :days].sum(axis=1)
        grown = np.divide(after, before, out=np.ones_like(after), where=positive)
        added = np.where(positive, 0.0, after - before)
        cumulative[days] = rising(quantiles * grown[:, None] + added[:, None])
    return replace(
        said,
        mean=mean,
        quantiles=rising(said.quantiles * factor[..., None] + shift[..., None]),
        cumulative=cumulative,
    )


def _of_groups(
    history: History, groups: tuple[Group, ...], leaves: Forecast, sums: Forecast | None
) -> Forecast:
    """Return a row per group: the sum's own bands about the sum of its series' means."""
    parts = [leaves] if sums is None else [sums, leaves]
    begin = 0 if sums is None else len(sums.series_ids)
    many = iter(range(begin))
    # A group of one is that series; all others are the sums in their order.
    rows = np.array([next(many) if len(g.rows) > 1 else begin + int(g.rows[0]) for g in groups])
    methods = [name for part in parts for name in part.methods]
    own = Forecast(
        series_ids=tuple(group.name for group in groups),
        days=leaves.days,
        mean=np.concatenate([part.mean for part in parts])[rows],
        levels=leaves.levels,
        quantiles=np.concatenate([part.quantiles for part in parts])[rows],
        cumulative={
            days: np.concatenate([part.cumulative[days] for part in parts])[rows]
            for days in leaves.cumulative
        },
        findings=_thin(history, groups, leaves),
        provisional=leaves.provisional,
        methods=tuple(methods[row] for row in rows) if methods else (),
    )
    mean = np.stack([leaves.mean[group.rows].sum(axis=0) for group in groups])
    least = np.stack([np.nan_to_num(history.values[g.rows]).min(axis=0) for g in groups])
    return _moved_to(own, mean, least)


def _thin(history: History, groups: tuple[Group, ...], leaves: Forecast) -> tuple[Finding, ...]:
    known = history.thin_ids
    thin = np.array([name in known for name in leaves.series_ids])
    money = np.abs(leaves.mean).sum(axis=1)
    found = []
    for group in groups:
        of_thin = money[group.rows][thin[group.rows]].sum()
        if of_thin > THIN_SHARE * money[group.rows].sum() or thin[group.rows].all():
            found.append(Finding(group.name, Standing.THIN, "cashflow.group_thin"))
    return tuple(found)
