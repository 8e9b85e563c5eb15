"""The accrual of many loans at once: the same lines as `projection`, over columns of int64.

A loan's `AccrualLine` is exact, so following it needs no event and no schedule. A line that could
leave 64 bits is kept as one that covers no day; the loans that no line covers are projected by
themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.kernel.limits import DAYS_SPAN_MAX
from martlet.kernel.rates import TICKS_PER_FEN
from martlet.kernel.rounding import RoundingMode
from martlet.lending.limits import COLUMN_PRODUCT_MAX
from martlet.lending.loan import AccrualLine

if TYPE_CHECKING:
    from collections.abc import Sequence

Column = np.ndarray[Any, np.dtype[np.int64]]

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

NO_LINE = (0, 0, 0, 0, 1, 0, 0, 1)
"""A line that covers no day."""


@dataclass(frozen=True, slots=True)
class Accrued:
    """Recognised interest and penalty of each loan."""

    interest_fen: Column
    penalty_fen: Column


def as_columns(line: AccrualLine | None) -> tuple[int, ...]:
    """Return a line as whole numbers in the order of LINE_FIELDS; one too large covers no day."""
    if line is None:
        return NO_LINE
    until = FOREVER if line.until_on is None else line.until_on.toordinal()
    days = min(until - line.from_on.toordinal(), DAYS_SPAN_MAX)
    interest = (line.interest_ticks, line.interest_numerator, line.interest_denominator)
    penalty = (line.penalty_ticks, line.penalty_numerator, line.penalty_denominator)
    furthest = max(interest[1], penalty[1]) * max(days, 1)
    if max(*interest, *penalty, furthest) >= COLUMN_PRODUCT_MAX:
        return NO_LINE
    return (line.from_on.toordinal(), until, *interest, *penalty)


def from_columns(values: Sequence[int]) -> AccrualLine:
    """Return the line that `as_columns` wrote."""
    begins, ends, *figures = values
    until = None if ends == FOREVER else date.fromordinal(ends)
    return AccrualLine(date.fromordinal(begins), until, *figures)


def accrue(table: Column, days: Column, mode: RoundingMode) -> Accrued:
    """Return what each line has accrued, in fen, up to the start of its day; it covers that day."""
    run = days - table[:, 0]
    assert np.all((run >= 0) & (days <= table[:, 1])), "a line is followed only where it holds"
    assert not np.any(run > DAYS_SPAN_MAX), "a loan that runs for a century is a mistake"
    interest = table[:, 2] + divide_columns(table[:, 3] * run, table[:, 4], mode)
    penalty = table[:, 5] + divide_columns(table[:, 6] * run, table[:, 7], mode)
    per_fen = np.int64(TICKS_PER_FEN)
    return Accrued(divide_columns(interest, per_fen, mode), divide_columns(penalty, per_fen, mode))


def divide_columns(
    numerators: Column, denominators: Column | np.int64, mode: RoundingMode
) -> Column:
    """Return the quotients as `kernel.rounding.divide` does; numerators are not negative."""
    assert not np.any(numerators < 0), "accruals never run backwards"
    floor: Column
    floor, remainder = np.divmod(numerators, denominators)
    match mode:
        case RoundingMode.FLOOR | RoundingMode.DOWN:
            return floor
        case RoundingMode.CEILING | RoundingMode.UP:
            step = remainder > 0
        case RoundingMode.HALF_UP:
            step = 2 * remainder >= denominators
        case RoundingMode.HALF_EVEN:
            tie = (2 * remainder == denominators) & (floor % 2 == 1)
            step = (2 * remainder > denominators) | tie
    return floor + step.astype(np.int64)
