"""The accrual of many loans at once: the same lines as `projection`, over columns of int64.

A loan's `AccrualLine` is exact, so following it needs no event and no schedule. What could leave
64 bits, or has run past its line, is not computed here; the caller projects it by itself.
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


@dataclass(frozen=True, slots=True)
class Accrued:
    """Recognised interest and penalty of each loan, and which of them hold."""

    interest_fen: Column
    penalty_fen: Column
    exact: np.ndarray[Any, np.dtype[np.bool_]]
    """False where the loan must be projected by itself."""


def accrue(lines: Sequence[AccrualLine | None], day: date, mode: RoundingMode) -> Accrued:
    """Return what each line has accrued, in fen, up to the start of a day."""
    interest = [_part(line, day, penalty=False) for line in lines]
    penalty = [_part(line, day, penalty=True) for line in lines]
    fits = [one[3] and other[3] for one, other in zip(interest, penalty, strict=True)]
    exact = np.array(fits, dtype=np.bool_)
    return Accrued(_recognised(interest, mode), _recognised(penalty, mode), exact)


_Part = tuple[int, int, int, bool]
"""Ticks at the start of the line, numerator times days, denominator, and whether they fit."""

_NOTHING: _Part = (0, 0, 1, False)


def _part(line: AccrualLine | None, day: date, *, penalty: bool) -> _Part:
    if line is None or not line.covers(day):
        return _NOTHING
    days = (day - line.from_on).days
    if penalty:
        run, below, base = (
            line.penalty_numerator * days,
            line.penalty_denominator,
            line.penalty_ticks,
        )
    else:
        run, below = line.interest_numerator * days, line.interest_denominator
        base = line.interest_ticks
    return (base, run, below, True) if max(base, run) < COLUMN_PRODUCT_MAX else _NOTHING


def _recognised(parts: Sequence[_Part], mode: RoundingMode) -> Column:
    table = np.array([part[:3] for part in parts], dtype=np.int64).reshape(-1, 3)
    ticks = table[:, 0] + divide_columns(table[:, 1], table[:, 2], mode)
    return divide_columns(ticks, np.full(len(parts), TICKS_PER_FEN, dtype=np.int64), mode)


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
