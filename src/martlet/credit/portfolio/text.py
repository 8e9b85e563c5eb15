"""A lender's CSV as it came: which container, encoding and delimiter, and its rows one by one.

The invariant: a damaged line spoils itself and no other. A row is either cut into exactly as many
cells as there are columns or handed over as bad with its line and reason; a file that is no table
is refused as a whole.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

from martlet.credit.portfolio.file_limits import (
    CHUNK_ROWS,
    COLUMNS_MAX,
    JOINED_LINES_MAX,
    LINE_CHARS_MAX,
)
from martlet.kernel.errors import Invalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SAMPLE_BYTES = 1 << 20
_DELIMITERS = (",", ";", "\t", "|")
_NOT_TABLES = {
    b"PK\x03\x04": "xlsx/zip",
    b"\xd0\xcf\x11\xe0": "xls",
    b"%PDF": "pdf",
    b"PAR1": "parquet",
    b"\x89PNG": "png",
    b"\xff\xd8\xff": "jpeg",
    b"7z\xbc\xaf": "7z",
}
_BROKEN = (EOFError, gzip.BadGzipFile, zlib.error)
_QUOTE_OPEN = "unexpected end of data"
_REPLACED = "\ufffd"


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be taken: where it stands, why, and what it was."""

    line: int
    code: str
    column: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """Some rows of a file cut into cells, with the lines where they begin, and the bad ones."""

    lines: list[int]
    rows: list[list[str]]
    bad: list[BadRow]


@dataclass(frozen=True, slots=True)
class TextTable:
    """An open file: its column names, and its rows in pieces."""

    file: str
    names: tuple[str, ...]
    delimiter: str
    pieces: Iterator[Cut]


@contextmanager
def open_table(path: Path) -> Iterator[TextTable]:
    """Open a CSV, plain or packed by gzip; what is no table is refused."""
    if not path.is_file():
        raise NotFound("score.file_missing", file=path.name)
    packed = _container(path)
    try:
        with _unpacked(path, packed=packed) as raw:
            encoding = _encoding(raw.read(_SAMPLE_BYTES), path.name)
        with _unpacked(path, packed=packed) as raw:
            lines = _Lines(io.TextIOWrapper(raw, encoding=encoding, errors="replace", newline="\n"))
            names, delimiter = _header(lines, path.name)
            yield TextTable(path.name, names, delimiter, _pieces(lines, delimiter, len(names)))
    except _BROKEN as error:
        raise Invalid("score.file_truncated", file=path.name) from error
    except OSError as error:
        raise Invalid("score.file_unreadable", file=path.name) from error


def _container(path: Path) -> bool:
    """Tell whether a file is packed; refuse what is known to be no text."""
    with path.open("rb") as file:
        first = file.read(8)
    if not first:
        raise Invalid("score.file_empty", file=path.name)
    for magic, what in _NOT_TABLES.items():
        if first.startswith(magic):
            raise Invalid("score.file_not_a_table", file=path.name, what=what)
    return first[:2] == b"\x1f\x8b"


@contextmanager
def _unpacked(path: Path, *, packed: bool) -> Iterator[IO[bytes]]:
    if packed:
        with gzip.open(path, "rb") as file:
            yield cast("IO[bytes]", file)
        return
    with path.open("rb") as plain:
        yield plain


def _encoding(sample: bytes, file: str) -> str:
    """Return the encoding of a text: UTF-8 unless it is clearly another one."""
    if not sample:
        raise Invalid("score.file_empty", file=file)
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = sample[:4_096]
    if head.count(0) * 10 > len(head):  # one stray zero spoils a row, many are no text
        raise Invalid("score.file_not_text", file=file)
    if sample.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(sample)
    foreign = [line for line in text.splitlines() if not line.isascii()]
    spoiled = sum(_REPLACED in line for line in foreign)
    if 2 * spoiled <= len(foreign):
        return "utf-8"
    try:
        chinese = codecs.getincrementaldecoder("gb18030")("strict").decode(sample)
    except UnicodeDecodeError:
        return "cp1252"
    # Words of western letters decode to rare characters; Chinese text to common ones.
    common = sum("\u4e00" <= sign <= "\u9fff" for sign in chinese)
    odd = sum(not sign.isascii() for sign in chinese)
    return "gb18030" if 2 * common >= odd else "cp1252"


class _Lines:
    """The lines of a text, counted; what was looked at in vain can be given back."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._back: list[str] = []
        self.number = 0

    def next(self) -> str | None:
        """Return the next line without its end; None after the last. Longer ones come cut."""
        if self._back:
            self.number += 1
            return self._back.pop()
        line = self._text.readline(LINE_CHARS_MAX + 1)
        if not line:
            return None
        self.number += 1
        rest = line
        while rest and not rest.endswith("\n"):
            rest = self._text.readline(LINE_CHARS_MAX + 1)
        return line.rstrip("\r\n")

    def push_back(self, lines: list[str]) -> None:
        """Give lines back, to be read again."""
        self._back.extend(reversed(lines))
        self.number -= len(lines)


def _header(lines: _Lines, file: str) -> tuple[tuple[str, ...], str]:
    """Read the line of column names and tell by it what separates the cells."""
    while (line := lines.next()) is not None and not line.strip(' ,;\t|"'):
        pass
    if line is None:
        raise Invalid("score.file_empty", file=file)
    delimiter = max(_DELIMITERS, key=lambda sign: (line.count(sign), sign == ","))
    cells = _cut(line, delimiter) or line.split(delimiter)
    names = tuple(cell.strip().strip("\ufeff") for cell in cells)
    if len(names) > COLUMNS_MAX or len(line) > LINE_CHARS_MAX:
        raise Invalid("score.too_many_columns", file=file, max_count=COLUMNS_MAX)
    return names, delimiter


def _cut(line: str, delimiter: str) -> list[str] | None:
    """Return the cells of one line; None where a quote stays open. Raises csv.Error on others."""
    if '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error as error:
        if str(error) == _QUOTE_OPEN:
            return None
        raise


def _pieces(lines: _Lines, delimiter: str, width: int) -> Iterator[Cut]:
    """Yield the rows after the header, some at a time."""
    csv.field_size_limit(LINE_CHARS_MAX * (JOINED_LINES_MAX + 1))
    piece = Cut([], [], [])
    while (line := lines.next()) is not None:
        number = lines.number
        if not line or line.isspace():
            continue
        found = _row(line, lines, delimiter, width)
        if isinstance(found, str):
            piece.bad.append(BadRow(number, found, "", (line[:CHUNK_ROWS],)))
        else:
            piece.lines.append(number)
            piece.rows.append(found)
        if len(piece.rows) + len(piece.bad) >= CHUNK_ROWS:
            yield piece
            piece = Cut([], [], [])
    yield piece


def _row(line: str, lines: _Lines, delimiter: str, width: int) -> list[str] | str:
    """Return a line's cells, or the code of what is wrong with it."""
    if len(line) > LINE_CHARS_MAX:
        return "score.line_too_long"
    if _REPLACED in line:
        return "score.line_undecodable"
    try:
        cells = _cut(line, delimiter)
    except csv.Error:
        return "score.quotes_broken"
    if cells is None:
        cells = _joined(line, lines, delimiter, width)
        if cells is None:
            return "score.quotes_broken"
    if len(cells) == width:
        return cells
    if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
        return cells[:width]
    return "score.row_too_wide" if len(cells) > width else "score.row_too_short"


def _joined(line: str, lines: _Lines, delimiter: str, width: int) -> list[str] | None:
    """Join a line whose quote stays open with those after it, if that makes one good row."""
    more: list[str] = []
    while len(more) < JOINED_LINES_MAX and (following := lines.next()) is not None:
        more.append(following)
        text = "\n".join((line, *more))
        if len(text) > LINE_CHARS_MAX:
            break
        try:
            rows = list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
        except csv.Error:
            continue
        if len(rows) == 1 and len(rows[0]) == width:
            return rows[0]
        break
    lines.push_back(more)
    return None
