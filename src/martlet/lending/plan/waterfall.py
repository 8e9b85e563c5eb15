"""Row by row: what a payment pays where every instalment is finished in a fixed order of parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.lending.plan.rules import FEE, PENALTY, Timing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from martlet.lending.parts import Component
    from martlet.lending.plan.rows import Row
    from martlet.lending.plan.rules import Waterfall


def pay_rows(
    rows: Sequence[Row],
    amount_fen: int,
    day: date,
    rules: Waterfall,
    parts: dict[Component, int] | None = None,
) -> int:
    """Pay row after row in their order; return what is left, and add to `parts` what was paid."""
    left = amount_fen
    for row in rows:
        if left == 0:
            break
        if row.open_fen == 0:
            continue
        in_advance = row.timing(day) is Timing.IN_ADVANCE
        if in_advance and rules.due_charges_first:
            for part in (PENALTY, FEE):
                left -= _pay(row, part, min(left, row.unpaid_by(part, day)), day, parts)
        for part in rules.in_advance if in_advance else rules.due:
            left -= _pay(row, part, left, day, parts)
    return left


def _pay(
    row: Row, part: Component, amount_fen: int, day: date, parts: dict[Component, int] | None
) -> int:
    paid = row.pay(part, amount_fen, day)
    if parts is not None:
        parts[part] += paid
    return paid
