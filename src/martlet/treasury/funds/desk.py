"""A fund desk's whole answer for one set of flows: the forecast, and reserves by settlement time.

The invariant: where there are too few days for a figure, the figure is not there and the answer
says how many days are missing; nothing stands in for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.cashflow import SEASON_DAYS, Ask, History
from martlet.cashflow.directions import Direction
from martlet.treasury.funds.flows import Flows, flows_of
from martlet.treasury.funds.forecast import FEW_DAYS, FundForecast, foretell_flows
from martlet.treasury.funds.limits import HISTORY_DAYS_MIN
from martlet.treasury.funds.reserve import ReserveReport, Trial, reserves

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from martlet.cashflow import Calendar, FloatArray

HORIZON_DAYS = 30
SETTLEMENTS = (1, 2, 3)
"""Days from a redemption to its money: of a money fund, and of slower ones."""

FORECAST_DAYS_MIN = FEW_DAYS + HORIZON_DAYS
"""Eight weeks to learn from, and every day ahead foretold once before: bands need misses."""

TRIED_ORIGINS = 6
"""Past origins, a week apart, at which a desk's totals are tried: some seconds of a large file."""

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
"""Bands of 50, 80 and 90 per cent around the median."""


@dataclass(frozen=True, slots=True)
class Tried:
    """How right a direction's totals were at past origins, each foretold from what was known."""

    direction: str
    next_day: float
    week: float
    horizon: float
    """One less all that was missed over all that came: of totals over so many first days."""
    origins_count: int
    first_known: date
    last_known: date
    """Last known days of the first origin and of the last."""


@dataclass(frozen=True, slots=True, eq=False)
class Desk:
    """What is foretold of flows, and what must be held for them."""

    flows: Flows
    found: FundForecast | None
    """None where there are too few days."""
    reserves: tuple[ReserveReport, ...]
    """For all together, a report for each settlement time; empty where there are too few days."""
    tried: tuple[Tried, ...]
    """All together by direction; empty where too few days came after eight known weeks."""
    forecast_days_missing: int
    reserve_days_missing: int

    @property
    def tells_directions(self) -> bool:
        """Whether subscriptions are told from redemptions, without which there is no reserve."""
        return set(self.flows.directions) == set(Direction)


def desk_of(history: History, calendar: Calendar) -> Desk:
    """Return a desk's answer, as far as the days allow."""
    flows = flows_of(history)
    days = history.day_count
    few = max(FORECAST_DAYS_MIN - days, 0)
    both = set(flows.directions) == set(Direction)
    missing = max(HISTORY_DAYS_MIN + SETTLEMENTS[-1] - days, 0)
    ask = Ask(HORIZON_DAYS, LEVELS, (SEASON_DAYS, HORIZON_DAYS))
    return Desk(
        flows,
        None if few else foretell_flows(flows, ask, calendar),
        ()
        if missing or not both
        else tuple(reserves(flows, calendar, Trial(settle))[0] for settle in SETTLEMENTS),
        tried=tuple(_tried(flows, ask, calendar)),
        forecast_days_missing=few,
        reserve_days_missing=missing,
    )


def _tried(flows: Flows, ask: Ask, calendar: Calendar) -> Iterator[Tried]:
    """Yield how right each direction's totals were at the newest origins that are over."""
    history, horizon = flows.history, ask.horizon
    newest = history.day_count - horizon
    ends = [newest - SEASON_DAYS * back for back in range(TRIED_ORIGINS)][::-1]
    origins = [count for count in ends if count >= FEW_DAYS]
    if not origins:
        return
    known = [history.first_day + timedelta(days=count - 1) for count in origins]
    thens = [replace(flows, history=history.until(day)) for day in known]
    said = np.stack([foretell_flows(then, ask, calendar).leaves.mean for then in thens])
    filled = np.nan_to_num(history.values)
    came = np.stack([filled[:, count : count + horizon] for count in origins])
    for side in dict.fromkeys(flows.directions or ("",)):
        rows = list(flows.rows(side)) if isinstance(side, Direction) else list(range(len(filled)))
        ours, theirs = said[:, rows].sum(axis=1), came[:, rows].sum(axis=1)
        day, week, whole = (
            _right(ours[:, :days], theirs[:, :days]) for days in (1, SEASON_DAYS, horizon)
        )
        yield Tried(str(side), day, week, whole, len(origins), known[0], known[-1])


def _right(said: FloatArray, came: FloatArray) -> float:
    totals = came.sum(axis=1)
    missed = float(np.abs(said.sum(axis=1) - totals).sum())
    return 1.0 - missed / max(float(np.abs(totals).sum()), 1e-9)


def history_of(rows: Iterable[dict[str, Any]], last_day: date) -> History | None:
    """Return the store's daily flows as a history up to a day; None where nothing ever moved.

    Every product has both directions, and a day without a row moved nothing.
    """
    told = [row for row in rows if row["day"] <= last_day]
    if not told:
        return None
    first = min(row["day"] for row in told)
    products = sorted({row["product"] for row in told})
    series = [(product, side) for product in products for side in Direction]
    places = {pair: at for at, pair in enumerate(series)}
    values = np.zeros((len(series), (last_day - first) // timedelta(days=1) + 1))
    for row in told:
        pair = (row["product"], Direction(row["direction"]))
        values[places[pair], (row["day"] - first).days] += row["amount_fen"]
    return History(
        series_ids=tuple(f"{product}/{side}" for product, side in series),
        first_day=first,
        values=values,
        groups=MappingProxyType(
            {
                "direction": tuple(side.value for _, side in series),
                "product": tuple(product for product, _ in series),
            }
        ),
    )
