"""Rows that could not be taken, in a file that a person can open, mend and send again.

One CSV, with the line and the reason first and then the cells as they were. A cell that a
spreadsheet would run as a formula gets an apostrophe in front; a plain number such as -12.50 is
left alone, for it is no formula.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, TextIO

from martlet.kernel.i18n import Locale, explain
from martlet.kernel.spreadsheet import safe_cell
from martlet.records.limits import CELL_CHARS_MAX, QUARANTINE_ROWS_MAX

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from martlet.records.chunks import BadRow

_FIRST_COLUMNS = ("行号 line", "原因 reason", "列 column")


class Quarantine:
    """The bad rows of one import; the file comes into being with the first of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self.first: BadRow | None = None
        self._file: TextIO | None = None

    def add(self, names: Iterable[str], rows: Iterable[BadRow]) -> None:
        """Write rows down; beyond the bound they are counted only."""
        for row in rows:
            self.count += 1
            if self.first is None:
                self.first = row
            if self.count > QUARANTINE_ROWS_MAX:
                continue
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self.path.open("w", encoding="utf-8-sig", newline="")
                self._write((*_FIRST_COLUMNS, *names))
            reason = " / ".join(explain(row.code, {}, locale) for locale in Locale)
            self._write((str(row.line), reason, row.column, *row.cells))

    def _write(self, cells: Iterable[str]) -> None:
        assert self._file is not None
        csv.writer(self._file).writerow([safe_cell(cell[:CELL_CHARS_MAX]) for cell in cells])

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
