"""Where a forecast's float becomes an amount: whole fen, by the bank's one rounding function.

The invariant: nothing else of the room hands out an amount; whoever needs fen asks here and says
to which side a fraction goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.kernel.rounding import RoundingMode, divide

if TYPE_CHECKING:
    from collections.abc import Iterable


def fen_of(value: float, mode: RoundingMode = RoundingMode.HALF_EVEN) -> int:
    """Return a float in fen as whole fen; the float is taken at its exact worth."""
    return divide(*float(value).as_integer_ratio(), mode)


def fens_of(
    values: Iterable[float], mode: RoundingMode = RoundingMode.HALF_EVEN
) -> tuple[int, ...]:
    """Return floats in fen as whole fen, each for itself."""
    return tuple(fen_of(value, mode) for value in values)


def in_whole_fen(parts: Iterable[float], total_fen: int) -> tuple[int, ...]:
    """Return parts as whole fen that add up to a total; the largest part takes what is left."""
    whole = list(fens_of(parts))
    if whole:
        largest = max(range(len(whole)), key=lambda place: abs(whole[place]))
        whole[largest] += total_fen - sum(whole)
    return tuple(whole)
