"""From a business's flows to its outlook: history, forecast, paths, and what-ifs on the same paths.

Pure. The invariant: a `Projection` is made once, from what was known; every outlook of it, with or
without changes, is drawn from its numbers, so that what differs is what was changed. Days between
the newest record and the day as of which is asked are paths as well: nobody has seen them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import blake2b
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from martlet.cashflow.changes import Ground, Ways
from martlet.cashflow.explaining import Expected, drivers_of
from martlet.cashflow.fen import fen_of
from martlet.cashflow.forecast import forecast
from martlet.cashflow.known_flows import item_paths
from martlet.cashflow.limits import (
    CHANGES_MAX,
    KNOWN_ITEMS_MAX,
    OUTLOOK_DAYS_MAX,
    OUTLOOK_HISTORY_DAYS,
    PATHS,
    RECORDS_AGE_DAYS_MAX,
    RECORDS_AGE_DAYS_THIN,
    SHORT_DAYS,
)
from martlet.cashflow.model import CUMULATIVE_DAYS, History, days_from
from martlet.cashflow.outlook import Basis, Note, Opening, Outlook, Paths, lowest_of, summed_up
from martlet.cashflow.paths import Draws, Side, drawn
from martlet.kernel.errors import Invalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from martlet.cashflow.calendar import Calendar
    from martlet.cashflow.changes import Change
    from martlet.cashflow.firm_flows import FirmFlows
    from martlet.cashflow.known_flows import KnownItem
    from martlet.cashflow.model import FloatArray

PATH_LEVELS = (
    *(0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99, 0.995),
)
"""Levels of the daily quantiles that paths are drawn through."""

YEAR_DAYS = 364
_SAME_DAY_MOST = 0.8


@dataclass(frozen=True, slots=True)
class Question:
    """Whose outlook is asked, as of when, how far."""

    party_id: UUID
    as_of: date
    known_at: datetime
    horizon_days: int
    risk_ppm: int

    def __post_init__(self) -> None:
        if not 1 <= self.horizon_days <= OUTLOOK_DAYS_MAX:
            raise Invalid(
                "cashflow.horizon_outside", horizon=self.horizon_days, most=OUTLOOK_DAYS_MAX
            )
        if not 0 < self.risk_ppm < 10**6:
            raise Invalid("cashflow.risk_outside", risk_ppm=self.risk_ppm)

    @property
    def seed(self) -> int:
        """A number of the business and the day: the same paths whoever asks, and how often."""
        text = self.party_id.bytes + self.as_of.isoformat().encode()
        return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What is known ahead, and what of the history it stands for."""

    items: tuple[KnownItem, ...] = ()
    inflow_taken_out: pl.DataFrame | None = None
    """Rows (day, amount_fen) of the inflow that an item repeats: they are not forecast again."""
    outflow_taken_out: pl.DataFrame | None = None
    held_fen: int | None = None
    lost: Mapping[str, float] = field(default_factory=dict)
    """Customers that have fallen silent, with what a day of theirs was worth."""
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """Paths of a business without changes, and what they were made from."""

    basis: Basis
    seed: int
    inflow: FloatArray
    outflow: FloatArray
    start: FloatArray
    expected: tuple[Expected, Expected]
    items: tuple[KnownItem, ...]
    lost: Mapping[str, float]

    def outlook(self, changes: Sequence[Change] = (), ground: Ground | None = None) -> Outlook:
        """Return the outlook, with changes one after another."""
        if len(changes) > CHANGES_MAX:
            raise Invalid("cashflow.too_many_changes", most=CHANGES_MAX)
        ways = Ways(self.inflow, self.outflow, self.items)
        paths = self._paths(ways)
        running = [paths.running.mean(axis=0)]
        for change in changes:
            ways = change.applied(ways, ground or Ground(self.basis.days))
            paths = self._paths(ways)
            running.append(paths.running.mean(axis=0))
        until = (lowest_of(self.basis, paths).on - self.basis.days[0]).days + 1
        moved = [float(b[until - 1] - a[until - 1]) for a, b in pairwise(running)]
        drivers = drivers_of(
            until,
            fen_of(float(running[-1][until - 1])),
            self.expected,
            self.items,
            self.basis.days,
            lost=self.lost,
            changes=[(one.kind, by) for one, by in zip(changes, moved, strict=True)],
        )
        return summed_up(self.basis, paths, ways.items, drivers)

    def _paths(self, ways: Ways) -> Paths:
        known = item_paths(ways.items, self.basis.days, len(self.start), self.seed)
        return Paths(ways.inflow, ways.outflow, known, self.start)


def projected(
    flows: FirmFlows, question: Question, known: Known, calendar: Calendar, plain: Calendar
) -> Projection:
    """Return the paths of a business; `plain` is the calendar that knows no holidays."""
    gap = (question.as_of - flows.last_day).days
    if gap > RECORDS_AGE_DAYS_MAX:
        raise NotFound("cashflow.records_too_old", last_on=flows.last_day.isoformat())
    history = _history(flows, known)
    longest = gap + max(question.horizon_days, CUMULATIVE_DAYS[-1])
    spans = tuple(sorted({*(gap + days for days in CUMULATIVE_DAYS)}))
    said = forecast(history, longest, PATH_LEVELS, cumulative_days=spans, calendar=calendar)
    bare = forecast(history, longest, (0.1, 0.9), cumulative_days=(), calendar=plain)
    ways = drawn(
        Side.of(said, 0, above_zero=True),
        Side.of(said, 1, above_zero=True),
        Side.of(said, 2, above_zero=False),
        Draws.of(question.seed, longest),
        _same_day(history.values),
    )
    ahead = slice(gap, gap + question.horizon_days)
    before = (ways.inflow[:, :gap] - ways.outflow[:, :gap]).sum(axis=1)
    unseen = days_from(flows.last_day + timedelta(days=1), gap)
    due = [item for item in known.items if flows.last_day < item.due_on <= question.as_of]
    if gap and due:
        before += item_paths(due, unseen, len(before), question.seed).sum(axis=1)
    opening, start = _opening(flows, known, before)
    days = days_from(question.as_of + timedelta(days=1), question.horizon_days)
    first, last = days[0], days[-1]
    features = calendar.features(first, len(days), question.as_of)
    usual = history.values[:2, -YEAR_DAYS:].mean(axis=1).tolist()
    basis = Basis(
        party_id=question.party_id,
        as_of=question.as_of,
        known_at=question.known_at,
        read_through=flows.last_day,
        days=days,
        opening=opening,
        risk_ppm=question.risk_ppm,
        inflow_source=flows.inflow_source,
        outflow_source=flows.outflow_source,
        provisional=tuple(
            day for day, undecreed in zip(days, features.provisional, strict=True) if undecreed
        ),
        notes=(*_notes(flows, history, gap, opening), *known.notes),
    )
    items = sorted(
        (item for item in known.items if first <= item.due_on <= last),
        key=lambda item: (item.due_on, item.identity),
    )
    return Projection(
        basis=basis,
        seed=question.seed,
        inflow=ways.inflow[:, ahead],
        outflow=ways.outflow[:, ahead],
        start=start,
        expected=(
            Expected(usual[0], bare.mean[0, ahead], said.mean[0, ahead]),
            Expected(usual[1], bare.mean[1, ahead], said.mean[1, ahead]),
        ),
        items=tuple(items[:KNOWN_ITEMS_MAX]),
        lost=known.lost,
    )


def _history(flows: FirmFlows, known: Known) -> History:
    """Return inflow, outflow and net by day, without what known items repeat."""
    last = flows.last_day
    first = max(flows.first_day, last - timedelta(days=OUTLOOK_HISTORY_DAYS - 1))
    count = (last - first).days + 1
    came = _by_day(flows.inflow, first, count) - _by_day(known.inflow_taken_out, first, count)
    went = _by_day(flows.outflow, first, count) - _by_day(known.outflow_taken_out, first, count)
    came, went = netted_back(came), netted_back(went)
    return History(("inflow", "outflow", "net"), first, np.stack([came, went, came - went]))


def _by_day(rows: pl.DataFrame | None, first: date, count: int) -> FloatArray:
    found = np.zeros(count)
    if rows is None or rows.is_empty():
        return found
    sums = rows.group_by("day").agg(pl.col("amount_fen").sum())
    places = (sums["day"] - first).dt.total_days().to_numpy()
    inside = (places >= 0) & (places < count)
    found[places[inside]] = sums["amount_fen"].to_numpy()[inside]
    return found


def netted_back(values: FloatArray) -> FloatArray:
    """Return daily sums of which none is below zero: what is taken back is taken off days before.

    A red invoice undoes an earlier sale, so the newest days before it give way first.
    """
    found = values.copy()
    owed = 0.0
    for day in np.flatnonzero(values < 0)[::-1]:
        owed, found[day] = -found[day], 0.0
        for before in range(int(day) - 1, -1, -1):
            if owed <= 0.0:
                break
            part = min(max(found[before], 0.0), owed)
            found[before] -= part
            owed -= part
    return found


def _same_day(values: FloatArray) -> float:
    """Return how inflow and outflow of one day go together, by their ranks in the past year."""
    recent = values[:2, -YEAR_DAYS:]
    ranks = np.argsort(np.argsort(recent, axis=1), axis=1)
    if recent.shape[1] < SHORT_DAYS or (recent == recent[:, :1]).all(axis=1).any():
        return 0.0
    together = float(np.corrcoef(ranks[0], ranks[1]).flat[1])
    return min(max(together, -_SAME_DAY_MOST), _SAME_DAY_MOST)


def _opening(
    flows: FirmFlows, known: Known, unseen: FloatArray
) -> tuple[Opening | None, FloatArray]:
    """Return the money at hand and each path's: statements end before the day that is asked."""
    if flows.balance is None and known.held_fen is None:
        return None, np.zeros(PATHS)
    fen, on = flows.balance or (None, None)
    start = np.full(PATHS, float((fen or 0) + (known.held_fen or 0)))
    if fen is not None:
        start += unseen
    return Opening(fen, on, known.held_fen, fen_of(float(start.mean()))), start


def _notes(
    flows: FirmFlows, history: History, gap: int, opening: Opening | None
) -> tuple[Note, ...]:
    notes = []
    if gap >= RECORDS_AGE_DAYS_THIN:
        notes.append(
            Note("cashflow.note_records_end", {"last_on": flows.last_day.isoformat(), "days": gap})
        )
    if history.day_count < SHORT_DAYS:
        notes.append(Note("cashflow.note_short", {"days": history.day_count}))
    for side, source in (("in", flows.inflow_source), ("out", flows.outflow_source)):
        if source.kinds == ("invoices",):
            notes.append(Note(f"cashflow.note_invoices_{side}"))
        if not source.kinds:
            notes.append(Note(f"cashflow.note_no_{side}flow"))
    if opening is None:
        notes.append(Note("cashflow.note_no_opening"))
    elif opening.account_on is None:
        notes.append(Note("cashflow.note_held_only"))
    elif (flows.last_day - opening.account_on).days > SHORT_DAYS:
        notes.append(Note("cashflow.note_old_balance", {"on": opening.account_on.isoformat()}))
    return tuple(notes)


def renewed(projection: Projection, risk_ppm: int) -> Projection:
    """Return the same paths, told at another accepted risk."""
    return replace(projection, basis=replace(projection.basis, risk_ppm=risk_ppm))
