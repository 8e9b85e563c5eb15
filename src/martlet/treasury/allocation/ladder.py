"""Several terms and instalments that compete: a linear program, by HiGHS, imported when used.

The invariant: what comes back are whole fen that keep every row; a solver's last digits are
rounded towards less.
"""

from __future__ import annotations

from math import floor, inf
from typing import TYPE_CHECKING, Any

from martlet.kernel.errors import missing_extra

if TYPE_CHECKING:
    from collections.abc import Sequence


_LAST_DIGITS = 0.01
"""A solver's answer this close below a whole fen is that fen; rows are checked afterwards."""


def ladder(
    gains: Sequence[int], taken: Sequence[Sequence[int]], room_fen: Sequence[int]
) -> tuple[int, ...]:
    """Return how much goes into each column so that the gain is greatest.

    `taken[row][column]` is how many times a column's amount is out of reach in that row, and
    `room_fen[row]` how much may be.
    """
    scale = max(*room_fen, 1)
    solver = _solver()
    for gain in gains:
        solver.addCol(-gain, 0.0, inf, 0, [], [])
    for row, room in zip(taken, room_fen, strict=True):
        used = [column for column, times in enumerate(row) if times]
        solver.addRow(-inf, max(room, 0) / scale, len(used), used, [row[c] for c in used])
    solver.run()
    amounts = [max(floor(x * scale + _LAST_DIGITS), 0) for x in solver.getSolution().col_value]
    return tuple(_within(amounts, taken, room_fen))


def _within(
    amounts: list[int], taken: Sequence[Sequence[int]], room_fen: Sequence[int]
) -> list[int]:
    """Return amounts that keep every row exactly, taking from the largest where one does not."""
    for row, room in zip(taken, room_fen, strict=True):
        over = sum(t * a for t, a in zip(row, amounts, strict=True)) - max(room, 0)
        while over > 0:
            column = max((c for c, t in enumerate(row) if t), key=lambda c: amounts[c])
            less = min(-(-over // row[column]), amounts[column])
            amounts[column] -= less
            over -= less * row[column]
    return amounts


def _solver() -> Any:  # noqa: ANN401 - the library has no types
    try:
        import highspy  # noqa: PLC0415 - an extra, wanted only where terms compete
    except ImportError as error:
        raise missing_extra("optimise", "highspy") from error

    class Silent(highspy.Highs):
        def enableCallbacks(self) -> None:  # noqa: N802 - the library's name
            """Turn the solver's banner off before it can stand in a command's answer."""
            self.setOptionValue("output_flag", False)  # noqa: FBT003 - no keywords there
            super().enableCallbacks()  # type: ignore[no-untyped-call]

    return Silent()  # type: ignore[no-untyped-call]
