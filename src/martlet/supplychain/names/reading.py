"""Files of names, as people export them: CSV in UTF-8 or GB18030, with or without a BOM.

The invariant: a row is read whole or the file is refused with the row's number; an identifier
stands once. Cells are only ever text.
"""

from __future__ import annotations

import codecs
import csv
import io
from typing import TYPE_CHECKING

from martlet.kernel.errors import Invalid, TooLarge
from martlet.supplychain.encoding import decoded
from martlet.supplychain.names.limits import CELL_CHARS_MAX, FILE_BYTES_MAX, ROWS_MAX
from martlet.supplychain.names.model import Asked, Confirmed, Registered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


def read_asked(path: Path) -> list[Asked]:
    """Read names to be resolved: `query_id, name`."""
    rows = _rows(path, ("query_id", "name"))
    return [Asked(one, name) for one, name in _identified(path, rows)]


def read_register(path: Path) -> list[Registered]:
    """Read a register: `register_id, name`; a firm without a name cannot be found and is left out.

    Its row still counts for the identifier.
    """
    rows = _rows(path, ("register_id", "name"))
    return [Registered(one, name) for one, name in _identified(path, rows) if name]


def read_confirmed(path: Path) -> list[Confirmed]:
    """Read confirmed pairs: `name, register_id`; a pair with a blank is none."""
    return [
        Confirmed(name, register_id)
        for _, (name, register_id) in _rows(path, ("name", "register_id"))
        if name and register_id
    ]


def text_of(path: Path) -> str:
    """Return a file as text; refuse what is neither UTF-8 nor GB18030."""
    size = path.stat().st_size
    if size > FILE_BYTES_MAX:
        raise TooLarge("names.file_too_large", file=path.name, bytes=size, most=FILE_BYTES_MAX)
    data = path.read_bytes()
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    text = decoded(data)
    if text is None:
        raise Invalid("names.encoding_unknown", file=path.name)
    return text


def _rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, tuple[str, str]]]:
    """Yield two columns of each row with its number; the header's is 1."""
    text = text_of(path)
    if not text.strip():
        raise Invalid("names.file_empty", file=path.name, columns=", ".join(columns))
    reader = csv.reader(io.StringIO(text), delimiter=_delimiter(text))
    try:
        header = [cell.strip().lower() for cell in next(reader)]
        missing = [name for name in columns if name not in header]
        if missing:
            raise Invalid("names.columns_missing", file=path.name, columns=", ".join(missing))
        first, second = (header.index(name) for name in columns)
        for number, row in enumerate(reader, 2):
            if number > ROWS_MAX + 1:
                raise TooLarge("names.too_many_rows", file=path.name, most=ROWS_MAX)
            if not any(cell.strip() for cell in row):
                continue
            if len(row) <= max(first, second):
                raise Invalid("names.row_too_short", file=path.name, row=number)
            told = (row[first].strip(), row[second].strip())
            if max(map(len, told)) > CELL_CHARS_MAX:
                raise Invalid("names.row_unreadable", file=path.name, row=number)
            yield number, told
    except csv.Error as error:
        raise Invalid("names.row_unreadable", file=path.name, row=reader.line_num) from error


def _delimiter(text: str) -> str:
    """Return what parts the header's cells: a comma, else a tab or a semicolon."""
    head = text.split("\n", 1)[0]
    return next((sign for sign in (",", "\t", ";") if sign in head), ",")


def _identified(
    path: Path, rows: Iterator[tuple[int, tuple[str, str]]]
) -> Iterator[tuple[str, str]]:
    seen: dict[str, int] = {}
    for number, (one, name) in rows:
        note_id(path, seen, number, one)
        yield one, name


def note_id(path: Path, seen: dict[str, int], number: int, one: str) -> None:
    """Note the row of an identifier; a blank one, or one that stood before, is refused."""
    if not one:
        raise Invalid("names.id_blank", file=path.name, row=number)
    if one in seen:
        raise Invalid(
            "names.id_twice", file=path.name, row=number, id=one[:40], first_row=seen[one]
        )
    seen[one] = number
