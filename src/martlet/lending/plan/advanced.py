"""Advanced allocation: what a payment pays by timing and part, and which of the rows to come.

Nothing is lost: what no row can take is returned. Rows that are paid are skipped for good, so that
a payment costs as much as the rows it reaches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.kernel.rounding import RoundingMode, divide
from martlet.lending.plan.rules import FutureRule, Processing, Timing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from martlet.lending.parts import Component
    from martlet.lending.plan.rows import Row
    from martlet.lending.plan.rules import Advanced


@dataclass(slots=True)
class Paying:
    """One payment on its way over the rows."""

    rows: Sequence[Row]
    """Those that may be open, in order."""
    day: date
    future: FutureRule
    mode: RoundingMode
    left_fen: int
    parts: dict[Component, int]

    def run(self, rules: Advanced) -> int:
        """Pay in the order of the rules; return what is left."""
        steps = (
            rules.by_timing()
            if rules.processing is Processing.HORIZONTAL
            else tuple((timing, (part,)) for timing, part in rules.order)
        )
        for timing, parts in steps:
            if self.left_fen == 0:
                break
            if timing is Timing.IN_ADVANCE and self.future is FutureRule.SPREAD:
                self._spread(parts)
            else:
                self._one_by_one(timing, parts)
        return self.left_fen

    def _to_come(self, parts: Sequence[Component]) -> list[Row]:
        return [
            row
            for row in self.rows
            if row.due_on > self.day and any(row.unpaid(part) for part in parts)
        ]

    def _one_by_one(self, timing: Timing, parts: Sequence[Component]) -> None:
        backwards = timing is Timing.IN_ADVANCE and self.future is FutureRule.LAST
        for row in reversed(self.rows) if backwards else self.rows:
            if self.left_fen == 0 or (timing is not Timing.IN_ADVANCE and row.due_on > self.day):
                return
            if row.timing(self.day) is timing:
                self._pay(row, parts, self.left_fen)

    def _spread(self, parts: Sequence[Component]) -> None:
        """Pay all rows to come alike; who can take less leaves the rest to the others."""
        while self.left_fen > 0 and (rows := self._to_come(parts)):
            even = divide(self.left_fen, len(rows), self.mode)
            last_fen = self.left_fen - even * (len(rows) - 1)
            for row in rows:
                self._pay(row, parts, min(self.left_fen, last_fen if row is rows[-1] else even))

    def _pay(self, row: Row, parts: Sequence[Component], amount_fen: int) -> None:
        for part in parts:
            paid = row.pay(part, amount_fen, self.day)
            self.parts[part] += paid
            self.left_fen -= paid
            amount_fen -= paid
