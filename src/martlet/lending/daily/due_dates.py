"""The days on which one loan falls due, while events still move them.

The invariant: the days rise, and those already fallen due never change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.lending.instalments import due_dates, later, usual_frequency
from martlet.lending.product import ScheduleKind

if TYPE_CHECKING:
    from datetime import date

    from martlet.lending.events import ReAged
    from martlet.lending.loan import LoanTerms
    from martlet.lending.product import Frequency


@dataclass(slots=True)
class DueDates:
    """The due dates of a loan, and how far they have come."""

    terms: LoanTerms
    days: list[date]
    frequency: Frequency
    anchor: tuple[date, int]
    """A day and its index, from which the others are counted."""
    single: bool
    """Whether there is but one, the maturity."""
    period: int = 0
    """The index of the next one."""

    @classmethod
    def of(cls, terms: LoanTerms, start: date) -> DueDates:
        """Return a loan's due dates as they were agreed."""
        days = list(due_dates(terms, start))
        anchor = (start, -1)
        if terms.due_dates:
            anchor = (days[-1], len(days) - 1)
        elif terms.first_due_on is not None:
            anchor = (terms.first_due_on, 0)
        single = len(days) == 1 and terms.conventions.schedule is ScheduleKind.BULLET
        return cls(terms, days, usual_frequency(terms), anchor, single)

    @property
    def matured(self) -> bool:
        """Whether the last one has passed."""
        return self.period >= len(self.days)

    @property
    def coming(self) -> date | None:
        """The next one."""
        return None if self.matured else self.days[self.period]

    @property
    def remaining(self) -> int:
        """How many are still to come."""
        return len(self.days) - self.period

    @property
    def last(self) -> date:
        """The maturity."""
        return self.days[-1]

    def skip(self, day: date) -> None:
        """Let those pass that came while nothing was owed."""
        while not self.matured and self.days[self.period] <= day:
            self.period += 1

    def move(self, from_due_on: date, moved_to: date) -> None:
        """Move the first one from a day on, and the later ones with it, where that is possible."""
        place = next(
            (
                index
                for index in range(self.period, len(self.days))
                if self.days[index] >= from_due_on
            ),
            None,
        )
        if place is None or (place > 0 and moved_to <= self.days[place - 1]):
            return
        if self.terms.due_dates:
            shift = moved_to - self.days[place]
            self.days[place:] = [one + shift for one in self.days[place:]]
            self.anchor = (self.days[-1], len(self.days) - 1)
            return
        self.anchor = (moved_to, place)
        self.days[place:] = [self._day(index) for index in range(place, len(self.days))]

    def extend(self, extra_terms: int, day: date) -> None:
        """Add terms at the end: further dates, or a later single one; none falls before a day."""
        if not self.single:
            self._append(extra_terms, day)
            return
        last = later(self.last, self.frequency, extra_terms)
        if not self.matured:
            self.days[-1] = last
        elif last > day:
            self.days.append(last)

    def restart(self, anew: ReAged, day: date) -> bool:
        """Put new dates in the place of those to come; tell whether any of them is after a day."""
        days = [
            found
            for number in range(anew.instalments)
            if (found := later(anew.first_due_on, anew.frequency, number)) > day
        ]
        if not days:
            return False
        self.days[self.period :] = days
        self.frequency, self.single = anew.frequency, False
        self.anchor = (days[0], self.period)
        return True

    def _append(self, count: int, day: date) -> None:
        skipped = 0
        for _ in range(count):
            while (found := self._day(len(self.days) + skipped)) <= day:
                skipped += 1
            self.days.append(found)
        if skipped:
            self.anchor = (self.last, len(self.days) - 1)

    def _day(self, index: int) -> date:
        anchor, place = self.anchor
        return later(anchor, self.frequency, index - place)
