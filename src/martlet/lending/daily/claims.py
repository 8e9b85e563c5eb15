"""What has been asked for: instalments fallen due and charges, oldest first, and what settles them.

The invariant: the running totals equal the sums over the rows, so that no step of a replay ever
adds up a list; a loan of thousands of instalments and payments is replayed in one pass.
"""

from __future__ import annotations

from bisect import insort
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from martlet.lending.events import EventKind
from martlet.lending.loan import Charge, Instalment
from martlet.lending.product import Component

if TYPE_CHECKING:
    from datetime import date, timedelta
    from uuid import UUID

INTEREST, PRINCIPAL = Component.INTEREST, Component.PRINCIPAL


class How(StrEnum):
    """How a claim is settled."""

    PAID = "paid"
    WAIVED = "waived"
    WRITTEN_OFF = "written_off"


@dataclass(slots=True)
class Row:
    """An instalment that has fallen due, while it is still being settled."""

    number: int
    due_on: date
    due: dict[Component, int]
    settled: dict[tuple[How, Component], int] = field(default_factory=dict)
    unpaid: dict[Component, int] = field(init=False)
    """What is still open of each part."""

    def __post_init__(self) -> None:
        self.unpaid = dict(self.due)
        for (_, component), settled_fen in self.settled.items():
            self.unpaid[component] -= settled_fen

    def settle(self, component: Component, amount_fen: int, how: How) -> int:
        """Settle what is open of a part; return how much of the amount that took."""
        step = min(amount_fen, self.unpaid[component])
        self.unpaid[component] -= step
        self.settled[how, component] = self.settled.get((how, component), 0) + step
        return step

    def frozen(self) -> Instalment:
        """Return it as a value."""
        settled = self.settled.get
        return Instalment(
            number=self.number,
            due_on=self.due_on,
            principal_fen=self.due[PRINCIPAL],
            interest_fen=self.due[INTEREST],
            principal_paid_fen=settled((How.PAID, PRINCIPAL), 0),
            interest_paid_fen=settled((How.PAID, INTEREST), 0),
            interest_waived_fen=settled((How.WAIVED, INTEREST), 0),
            written_off_fen=settled((How.WRITTEN_OFF, PRINCIPAL), 0)
            + settled((How.WRITTEN_OFF, INTEREST), 0),
        )


@dataclass(slots=True)
class Billed:
    """All instalments fallen due, in the order of their days."""

    grace: timedelta
    rows: list[Row] = field(default_factory=list)
    unpaid: dict[Component, int] = field(default_factory=lambda: {INTEREST: 0, PRINCIPAL: 0})
    punished_fen: int = 0
    """Principal that is overdue beyond the grace days."""
    _open: dict[Component, int] = field(default_factory=lambda: {INTEREST: 0, PRINCIPAL: 0})
    """Where the first row stands that is still open, for each part."""
    _aged: int = 0
    """Rows before it are beyond their grace days, or paid."""

    def add(self, row: Row) -> None:
        """Ask for an instalment; the day is never before that of the last one."""
        assert not self.rows or self.rows[-1].due_on <= row.due_on, row
        self.rows.append(row)
        for component in (INTEREST, PRINCIPAL):
            self.unpaid[component] += row.unpaid[component]

    def settle(self, component: Component, amount_fen: int, how: How) -> int:
        """Settle the oldest claims on a part; return what is left."""
        left, rows = min(amount_fen, self.unpaid[component]), self.rows
        rest = amount_fen - left
        self.unpaid[component] -= left
        while left > 0:
            place = self._open[component]
            row = rows[place]
            step = row.settle(component, left, how)
            left -= step
            if component is PRINCIPAL and place < self._aged:
                self.punished_fen -= step
            if row.unpaid[component] == 0:
                self._open[component] += 1
        return rest

    def age(self, day: date) -> None:
        """Let the grace of rows end whose time has come."""
        while (ends := self.grace_ends_on()) is not None and ends <= day:
            self.punished_fen += self.rows[self._aged].unpaid[PRINCIPAL]
            self._aged += 1

    def grace_ends_on(self) -> date | None:
        """Return the next day on which unpaid principal becomes dearer."""
        rows = self.rows
        while self._aged < len(rows) and rows[self._aged].unpaid[PRINCIPAL] == 0:
            self._aged += 1
        return rows[self._aged].due_on + self.grace if self._aged < len(rows) else None

    def oldest_due_on(self) -> date | None:
        """Return the oldest day of which something is unpaid."""
        places = [
            self._first_open(component) for component in self.unpaid if self.unpaid[component] > 0
        ]
        return self.rows[min(places)].due_on if places else None

    def _first_open(self, component: Component) -> int:
        while self.rows[self._open[component]].unpaid[component] == 0:
            self._open[component] += 1
        return self._open[component]

    def still_open(self) -> tuple[list[Row], dict[Component, int], int]:
        """Return the rows from the first open one on, and which of them are open and aged.

        The places follow from the rows alone, however often they were asked for before.
        """
        self.grace_ends_on()
        for component in self._open:
            while self._open[component] < len(self.rows) and (
                self.rows[self._open[component]].unpaid[component] == 0
            ):
                self._open[component] += 1
        first = min(self._open.values())
        places = {component: place - first for component, place in self._open.items()}
        return self.rows[first:], places, self._aged - first

    def stand_at(self, places: dict[Component, int], aged: int, punished_fen: int) -> None:
        """Stand where another account of the same open rows has come to."""
        self._open, self._aged, self.punished_fen = places, aged, punished_fen

    def take_back(self) -> None:
        """Ask no longer for what is unpaid: it will fall due anew."""
        for component in (INTEREST, PRINCIPAL):
            if self.unpaid[component] > 0:
                for row in self.rows[self._open[component] :]:
                    row.due[component] -= row.unpaid[component]
                    row.unpaid[component] = 0
            self.unpaid[component] = 0
            self._open[component] = len(self.rows)
        self.punished_fen, self._aged = 0, len(self.rows)


@dataclass(slots=True, order=True)
class _Charge:
    """A fee or penalty while it is still being settled; ordered by due date, then as charged."""

    due_on: date
    number: int
    event_id: UUID = field(compare=False)
    name: str = field(compare=False)
    amount_fen: int = field(compare=False)
    settled: dict[How, int] = field(compare=False)

    @property
    def unpaid_fen(self) -> int:
        return self.amount_fen - sum(self.settled.values())


@dataclass(slots=True)
class Charges:
    """All fees, or all penalties that were charged: those due and those still to come."""

    component: Component
    due_fen: int = 0
    coming_fen: int = 0
    _due: deque[_Charge] = field(default_factory=deque)
    _coming: list[_Charge] = field(default_factory=list)
    _all: list[_Charge] = field(default_factory=list)

    @property
    def unpaid_fen(self) -> int:
        """All that is open, due or not."""
        return self.due_fen + self.coming_fen

    def add(self, event_id: UUID, name: str, due_on: date, amount_fen: int, day: date) -> None:
        """Charge an amount; due at once where its day is not after today."""
        charge = _Charge(
            max(due_on, day), len(self._all), event_id, name, amount_fen, dict.fromkeys(How, 0)
        )
        self._all.append(charge)
        insort(self._coming, charge)
        self.coming_fen += amount_fen
        self.fall_due(day)

    def fall_due(self, day: date) -> None:
        """Let fall due what is due by a day."""
        while self._coming and self._coming[0].due_on <= day:
            charge = self._coming.pop(0)
            if charge.unpaid_fen > 0:
                self._due.append(charge)
                self.due_fen += charge.unpaid_fen
                self.coming_fen -= charge.unpaid_fen

    def coming_by(self, day: date) -> int:
        """Return what will fall due by a day."""
        found = 0
        for charge in self._coming:
            if charge.due_on > day:
                break
            found += charge.unpaid_fen
        return found

    def settle(self, amount_fen: int, how: How) -> int:
        """Settle what is due and then what is to come, oldest first; return what is left."""
        left = amount_fen
        while left > 0 and self._due:
            step = _settle(self._due[0], left, how)
            self.due_fen -= step
            left -= step
            if self._due[0].unpaid_fen == 0:
                self._due.popleft()
        for charge in self._coming:
            if left == 0:
                break
            step = _settle(charge, left, how)
            self.coming_fen -= step
            left -= step
        return left

    def next_due_on(self) -> date | None:
        """Return the next day on which something unpaid falls due."""
        if not self.coming_fen:
            return None
        return next(one.due_on for one in self._coming if one.unpaid_fen > 0)

    def oldest_due_on(self) -> date | None:
        """Return the oldest day of which something is unpaid."""
        return self._due[0].due_on if self._due else None

    def frozen(self) -> list[Charge]:
        """Return them as values, in the order in which they were charged."""
        fee = self.component is Component.FEE
        kind = EventKind.FEE_CHARGED if fee else EventKind.PENALTY_CHARGED
        return [
            Charge(
                one.event_id,
                kind,
                one.name,
                one.due_on,
                one.amount_fen,
                *(one.settled[how] for how in How),
            )
            for one in self._all
        ]


def _settle(charge: _Charge, amount_fen: int, how: How) -> int:
    step = min(amount_fen, charge.unpaid_fen)
    charge.settled[how] += step
    return step
