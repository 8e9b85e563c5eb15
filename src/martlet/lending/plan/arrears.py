"""Interest on what is overdue, while a plan is made: by how much it raises the balance, how long.

Overdue principal (and, with compounding, overdue interest from its compounding day on) bears
interest until it is paid, or as far as the product looks.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from martlet.lending.plan.rules import INTEREST, PRINCIPAL, ArrearsInterest, Rest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from martlet.lending.plan.rows import Row
    from martlet.lending.plan.rules import PlanRules


@dataclass(slots=True)
class Arrears:
    """What is overdue in the period that is being made."""

    rules: PlanRules
    open_from: int = 0
    """Rows before this one are paid."""
    known: int = 0
    """Rows before this one belong to periods that have ended."""
    principal_fen: int = 0
    """Their unpaid principal."""
    paid_off: list[tuple[date, int]] = field(default_factory=list)
    """What was paid of it in this period."""

    def outstanding(self, rows: Sequence[Row], day: date) -> int:
        """Return what is overdue and bears interest on a day."""
        recalculation = self.rules.recalculation
        if recalculation is None or recalculation.compounding_day is None:
            return self.principal_fen
        return sum(self._bearing(row, day) for row in rows[self.pass_paid(rows) :])

    def pass_paid(self, rows: Sequence[Row]) -> int:
        """Return the index of the first row that is not paid; paid rows are passed for good."""
        while self.open_from < len(rows) and rows[self.open_from].open_fen == 0:
            self.open_from += 1
        return self.open_from

    def _bearing(self, row: Row, day: date) -> int:
        recalculation = self.rules.recalculation
        if recalculation is None or row.due_on > day:
            return 0
        bearing = row.unpaid(PRINCIPAL)
        if recalculation.compounding_day is not None:
            compounds_on = _next_on(row.due_on, recalculation.compounding_day)
            bearing += row.unpaid(INTEREST) if compounds_on <= day else 0
        return bearing

    def paid(self, day: date, amount_fen: int) -> None:
        """Note that so much of it was paid on a day of this period."""
        if amount_fen > 0:
            self.paid_off.append((day, amount_fen))

    def moves(
        self, rows: Sequence[Row], begins: date, ends: date, touched_on: Sequence[date]
    ) -> list[tuple[date, int]]:
        """Return how what is overdue raises the balance of a period, and when no longer."""
        until = self._until(begins, ends, touched_on)
        if until is None or until <= begins:
            return []
        left = self.outstanding(rows, begins)
        paid = [(day, fen) for day, fen in self.paid_off if day < until]
        later = sum(fen for day, fen in self.paid_off if day >= until)
        whole = left + later + sum(fen for _, fen in paid)
        falls = [(day, -fen) for day, fen in paid]
        return [(begins, whole), *falls, (until, -left - later)] if whole else []

    def end_period(self, rows: Sequence[Row]) -> None:
        """Count the rows of the period that is made among the overdue from now on."""
        self.principal_fen += sum(row.unpaid(PRINCIPAL) for row in rows[self.known :])
        self.known, self.paid_off = len(rows), []

    def _until(self, begins: date, ends: date, touched_on: Sequence[date]) -> date | None:
        """Return the day up to which a period's arrears bear interest."""
        recalculation = self.rules.recalculation
        if recalculation is None or recalculation.arrears is ArrearsInterest.NEVER:
            return None
        if recalculation.arrears is ArrearsInterest.EVERY_DAY:
            last = touched_on[-1] if touched_on else begins
        else:
            last = _last_within(touched_on, begins, ends)
        if last <= begins:
            return None
        return ends if recalculation.rest is Rest.PERIOD else min(last, ends)


def _last_within(days: Sequence[date], begins: date, ends: date) -> date:
    """Return the last of some days, in order, that lies in a period; else the period's first."""
    after = bisect_right(days, ends)
    return max(days[after - 1], begins) if after else begins


def _next_on(day: date, day_of_month: int) -> date:
    """Return the first day with a day of the month, from a day on."""
    while day.day != day_of_month:
        day += timedelta(days=1)
    return day
