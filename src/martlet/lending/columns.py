"""The accrual of many loans at once: the same lines as `projection`, over columns of int64.

A loan's `AccrualLine` is exact, so following it needs no event and no schedule. What could leave
64 bits, or has run past its line, is marked and left out; the caller projects it by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.kernel.rates import TICKS_PER_FEN
from martlet.kernel.rounding import RoundingMode
from martlet.lending.limits import COLUMN_PRODUCT_MAX

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from martlet.lending.loan import AccrualLine

Column = np.ndarray[Any, np.dtype[np.int64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]

FOREVER = 3_652_059
"""The ordinal of the last day of the calendar: the end of a line that has none."""

LINE_FIELDS = (
    "line_from",
    "line_until",
    "interest_ticks",
    "interest_numerator",
    "interest_denominator",
    "penalty_ticks",
    "penalty_numerator",
    "penalty_denominator",
)
"""The columns of a line, in order."""


@dataclass(frozen=True, slots=True)
class Accrued:
    """Recognised interest and penalty of each loan, and which of them hold."""

    interest_fen: Column
    penalty_fen: Column
    exact: Mask
    """False where the loan must be projected by itself."""


def as_columns(line: AccrualLine | None) -> tuple[int, ...]:
    """Return a line as whole numbers in the order of LINE_FIELDS; one too large covers no day."""
    if line is None:
        return (0, 0, 0, 0, 1, 0, 0, 1)
    until = FOREVER if line.until_on is None else line.until_on.toordinal()
    interest = (line.interest_ticks, line.interest_numerator, line.interest_denominator)
    penalty = (line.penalty_ticks, line.penalty_numerator, line.penalty_denominator)
    if max(*interest, *penalty) >= COLUMN_PRODUCT_MAX:
        return (0, 0, 0, 0, 1, 0, 0, 1)
    return (line.from_on.toordinal(), until, *interest, *penalty)


def accrue(lines: Sequence[Sequence[int]], day: date, mode: RoundingMode) -> Accrued:
    """Return what each line has accrued, in fen, up to the start of a day."""
    table = np.array(lines, dtype=np.int64).reshape(-1, len(LINE_FIELDS))
    begins, ends = table[:, 0], table[:, 1]
    today = day.toordinal()
    days = np.maximum(today - begins, 0)
    covered = (begins <= today) & (today <= ends)
    bound = COLUMN_PRODUCT_MAX // np.maximum(days, 1)
    exact = covered & (table[:, 3] < bound) & (table[:, 6] < bound)
    days = np.where(exact, days, 0)
    interest = table[:, 2] + divide_columns(table[:, 3] * days, table[:, 4], mode)
    penalty = table[:, 5] + divide_columns(table[:, 6] * days, table[:, 7], mode)
    per_fen = np.full(len(table), TICKS_PER_FEN, dtype=np.int64)
    return Accrued(
        divide_columns(interest, per_fen, mode), divide_columns(penalty, per_fen, mode), exact
    )


def divide_columns(numerators: Column, denominators: Column, mode: RoundingMode) -> Column:
    """Return the quotients as `kernel.rounding.divide` does; numerators are not negative."""
    assert not np.any(numerators < 0), "accruals never run backwards"
    floor: Column
    floor, remainder = np.divmod(numerators, denominators)
    twice = 2 * remainder
    match mode:
        case RoundingMode.FLOOR | RoundingMode.DOWN:
            return floor
        case RoundingMode.CEILING | RoundingMode.UP:
            step = remainder > 0
        case RoundingMode.HALF_UP:
            step = twice >= denominators
        case RoundingMode.HALF_EVEN:
            tie = (twice == denominators) & (floor % 2 == 1)
            step = (twice > denominators) | tie
    return floor + step.astype(np.int64)
