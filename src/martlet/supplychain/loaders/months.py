"""Single trades added up to the month: one edge a month between two firms, with what it came to.

The invariant: a month's edge is the sum of its trades, its period the calendar month, and it is
known since the last of them was.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date


@dataclass(frozen=True, slots=True)
class Month:
    """What passed between two ends in one calendar month."""

    ends: tuple[str, str]
    last_day: date
    """Of its last trade."""
    amount_fen: int
    count: int
    row: int
    """Where its first trade stands."""

    @property
    def period(self) -> tuple[date, date]:
        """The first and the last day of the month."""
        last = calendar.monthrange(self.last_day.year, self.last_day.month)[1]
        return self.last_day.replace(day=1), self.last_day.replace(day=last)


@dataclass(slots=True)
class Months:
    """Trades as they are added up."""

    _found: dict[tuple[str, str, int, int], Month] = field(default_factory=dict)

    def add(self, ends: tuple[str, str], day: date, amount_fen: int, row: int) -> None:
        """Add one trade."""
        key = (*ends, day.year, day.month)
        before = self._found.get(key)
        if before is None:
            self._found[key] = Month(ends, day, amount_fen, 1, row)
            return
        self._found[key] = replace(
            before,
            last_day=max(day, before.last_day),
            amount_fen=before.amount_fen + amount_fen,
            count=before.count + 1,
        )

    def each(self) -> Iterator[Month]:
        """Yield the months, the oldest first."""
        yield from sorted(self._found.values(), key=lambda one: (one.last_day, one.ends))
