"""Cells of another system's files, read into whole units; what cannot be read says its column.

The invariant: a unit is part of a column's name (`principal_fen`, `principal_yuan`), so no amount
and no rate is ever guessed at.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from martlet.kernel.errors import Invalid, MartletError
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.kernel.money import parse_fen
from martlet.kernel.rates import parse_percent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_DIGITS_MAX = 18


@dataclass(frozen=True, slots=True)
class Cells:
    """One row by the names of its columns, with the line on which it stands."""

    line: int
    values: Mapping[str, str]

    def text(self, column: str, chars_max: int) -> str:
        """Return a cell that may be empty; a longer one than is ever meant is refused."""
        value = self.values.get(column, "").strip()
        if len(value) > chars_max or not value.isprintable():
            raise _unreadable(column, value)
        return value

    def needed(self, column: str, chars_max: int) -> str:
        """Return a cell that must say something."""
        value = self.text(column, chars_max)
        if not value:
            raise Invalid("lending.migration_cell_missing", column=column)
        return value

    def day(self, column: str) -> date | None:
        """Return a date written as YYYY-MM-DD, or nothing."""
        value = self.text(column, 40)
        if not value:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise _unreadable(column, value) from error

    def needed_day(self, column: str) -> date:
        """Return a date that must be there."""
        found = self.day(column)
        if found is None:
            raise Invalid("lending.migration_cell_missing", column=column)
        return found

    def number(self, column: str, most: int) -> int | None:
        """Return a whole number from 0 to the most that it may be, or nothing."""
        value = self.text(column, 40)
        if not value:
            return None
        if not (value.isascii() and value.isdigit() and len(value) <= _DIGITS_MAX):
            raise _unreadable(column, value)
        if int(value) > most:
            raise Invalid("lending.migration_out_of_range", column=column, text=value[:20])
        return int(value)

    def amount_fen(self, name: str) -> int | None:
        """Return an amount given as `name_fen` or `name_yuan`, or nothing; both are refused."""
        in_fen = self.number(f"{name}_fen", AMOUNT_FEN_MAX)
        in_yuan = self._read(f"{name}_yuan", parse_fen)
        if in_fen is not None and in_yuan is not None:
            raise Invalid("lending.migration_given_twice", column=f"{name}_fen")
        if in_yuan is not None and in_yuan < 0:
            raise Invalid(
                "lending.migration_out_of_range", column=f"{name}_yuan", text=str(in_yuan)
            )
        return in_yuan if in_fen is None else in_fen

    def percent_ppm(self, column: str) -> int | None:
        """Return a per cent as ppm, or nothing."""
        return self._read(column, parse_percent)

    def _read(self, column: str, read: Callable[[str], int]) -> int | None:
        value = self.text(column, 40)
        if not value:
            return None
        try:
            return read(value)
        except MartletError as error:
            raise _unreadable(column, value) from error


def _unreadable(column: str, value: str) -> Invalid:
    return Invalid("lending.migration_cell_unreadable", column=column, text=value[:20])
