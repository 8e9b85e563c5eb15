"""Texts into rows: line by line with bounds, so that one stray quote spoils one row and no more.

Python's csv reader would let an unclosed quote swallow all that follows. Here a line with unclosed
quotes is joined with the next ones only if that gives a row of the right width; otherwise it alone
goes into quarantine.
"""

from __future__ import annotations

import csv
import io
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

import polars as pl

from martlet.kernel.errors import Invalid
from martlet.records.chunks import BadRow, Chunk, Table
from martlet.records.detection import choose
from martlet.records.formats.spec import plain_name
from martlet.records.limits import (
    CHUNK_ROWS,
    HEADER_LINES_MAX,
    JOINED_LINES_MAX,
    LINE_CHARS_MAX,
    NOTE_LINES_MAX,
)
from martlet.records.source import BROKEN_STREAM, open_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from martlet.records.formats import Format
    from martlet.records.source import Source

_QUOTE_OPEN = "unexpected end of data"


class TextLines:
    """The lines of a text, counted, with one line of look-ahead to push back."""

    def __init__(self, raw: BinaryIO, encoding: str) -> None:
        self._raw = raw
        self._text = io.TextIOWrapper(raw, encoding=encoding, errors="strict")
        self._encoding = encoding
        self._back: list[str] = []
        self.number = 0

    def next(self) -> str | None:
        """Return the next line without its end; None after the last."""
        if self._back:
            self.number += 1
            return self._back.pop()
        try:
            line = self._text.readline(LINE_CHARS_MAX + 1)
        except UnicodeDecodeError as error:
            raise Invalid(
                "records.encoding_broken", encoding=self._encoding, line=self.number + 1
            ) from error
        except BROKEN_STREAM as error:
            raise Invalid("records.file_truncated") from error
        if not line:
            return None
        self.number += 1
        if len(line) > LINE_CHARS_MAX:
            raise Invalid("records.line_too_long", line=self.number, max_chars=LINE_CHARS_MAX)
        if "\0" in line:
            raise Invalid("records.file_not_text", line=self.number)
        return line.rstrip("\r\n")

    def bytes_read(self) -> int:
        """Return how far the file on disk has been read, packed or not."""
        return int(getattr(self._raw, "fileobj", self._raw).tell())

    def push_back(self, lines: Sequence[str]) -> None:
        """Give lines back, to be read again."""
        self._back.extend(reversed(lines))
        self.number -= len(lines)


@contextmanager
def text_lines(source: Source) -> Iterator[TextLines]:
    """Open the lines of a source."""
    with open_bytes(source.path, source.container) as raw:
        yield TextLines(raw, source.encoding)


def split_line(line: str, delimiter: str) -> list[str] | None:
    """Return the cells of one line; None where a quote stays open."""
    if '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error as error:
        if str(error) == _QUOTE_OPEN:
            return None
    return next(csv.reader([line], delimiter=delimiter))


def read_text(source: Source, wanted: Sequence[Format]) -> Iterator[tuple[Table, Chunk]]:
    """Read a text in chunks; the table is filled with notes as they come by."""
    csv.field_size_limit(LINE_CHARS_MAX * (JOINED_LINES_MAX + 1))
    with text_lines(source) as lines:
        table, places = _find_header(lines, source, wanted)
        reader = _RowReader(lines, table)
        while True:
            numbers, rows, bad = reader.chunk()
            if rows or bad:
                yield table, _chunk_of(numbers, rows, bad, places, lines.bytes_read())
            if reader.done:
                return


def _find_header(
    lines: TextLines, source: Source, wanted: Sequence[Format]
) -> tuple[Table, dict[str, int]]:
    """Find the line of column names; whatever stands before it is kept as notes."""
    notes: list[str] = []
    while len(notes) < HEADER_LINES_MAX and (line := lines.next()) is not None:
        cells = split_line(line, ",") or line.split(",")
        names = [plain_name(cell) for cell in cells]
        fitting = [spec for spec in wanted if spec.match(names) is not None]
        if fitting:
            spec = choose(fitting, "\n".join(notes), source.name)
            places = spec.match(names)
            assert places is not None
            shown = tuple(cell.strip() for cell in cells)
            return Table(spec, shown, lines.number, notes), places
        notes.append(line)
    if not any(note.strip(" ,\t") for note in notes):
        raise Invalid("records.file_empty")
    named = wanted[0].slug if len(wanted) == 1 else "auto"
    raise Invalid("records.header_not_found", format=named, lines_count=len(notes))


class _RowReader:
    """Cuts lines into rows of the table's width."""

    def __init__(self, lines: TextLines, table: Table) -> None:
        self._lines = lines
        self._table = table
        self._width = len(table.names)
        self._footers = [re.compile(pattern) for pattern in table.spec.footers]
        self.done = False

    def chunk(self) -> tuple[list[int], list[list[str]], list[BadRow]]:
        """Return the next rows with their line numbers, and those that are none."""
        numbers: list[int] = []
        rows: list[list[str]] = []
        bad: list[BadRow] = []
        while len(rows) + len(bad) < CHUNK_ROWS:
            if (line := self._lines.next()) is None:
                self.done = True
                break
            if self._is_no_row(line):
                continue
            number = self._lines.number
            cells = split_line(line, self._table.spec.delimiter)
            if cells is None:
                cells = self._joined(line)
            row = self._fitted(cells) if cells is not None else None
            if row is not None:
                numbers.append(number)
                rows.append(row)
                continue
            if cells is None:
                bad.append(BadRow(number, "records.row_quote_open", "", (line,)))
                continue
            code = "records.row_too_wide" if len(cells) > self._width else "records.row_too_short"
            bad.append(BadRow(number, code, "", tuple(cells)))
        return numbers, rows, bad

    def _is_no_row(self, line: str) -> bool:
        if not line.strip(' ,\t"'):
            return True
        if self._footers and any(pattern.search(line) for pattern in self._footers):
            if len(self._table.notes) < NOTE_LINES_MAX:
                self._table.notes.append(line)
            return True
        return False

    def _joined(self, line: str) -> list[str] | None:
        """Join a line whose quote stays open with those after it, if that makes one good row."""
        more: list[str] = []
        while len(more) < JOINED_LINES_MAX and (following := self._lines.next()) is not None:
            more.append(following)
            text = "\n".join((line, *more))
            if len(text) > LINE_CHARS_MAX:
                break
            try:
                rows = list(csv.reader(io.StringIO(text), strict=True))
            except csv.Error:
                continue
            if len(rows) == 1 and len(rows[0]) == self._width:
                return rows[0]
            break
        self._lines.push_back(more)
        return None

    def _fitted(self, cells: list[str]) -> list[str] | None:
        """Return the cells in the table's width, if only blanks are too many or may be left out."""
        missing = self._width - len(cells)
        if missing == 0:
            return cells
        if missing > 0:
            trailing_blank = not self._table.names[-1] and missing == 1
            fits = self._table.spec.short_rows or trailing_blank
            return cells + [""] * missing if fits else None
        return cells[: self._width] if not any(c.strip() for c in cells[self._width :]) else None


def _chunk_of(
    numbers: list[int],
    rows: list[list[str]],
    bad: list[BadRow],
    places: dict[str, int],
    bytes_read: int,
) -> Chunk:
    columns = list(zip(*rows, strict=True)) if rows else []
    data = {
        meaning: pl.Series(meaning, columns[place] if rows else [], dtype=pl.String)
        for meaning, place in places.items()
    }
    frame = pl.DataFrame({"line": pl.Series("line", numbers, dtype=pl.Int64), **data})
    return Chunk(frame, lambda index: tuple(rows[index]), tuple(bad), bytes_read)
