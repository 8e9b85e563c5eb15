"""Rows of anyone's table: whatever its encoding, the case of its headings, and its dates.

The invariant: a row is read whole or told as a finding with its line, and one bad row (a stray
quote, an unknown byte, a wrong width) never spoils the next.
"""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from martlet.kernel.errors import Invalid, NotFound
from martlet.records.limits import JOINED_LINES_MAX
from martlet.records.lines import split_line
from martlet.supplychain.encoding import decoded
from martlet.supplychain.facts import Finding, folded
from martlet.supplychain.loaders.limits import FIRST_YEAR, HEADER_LINES_MAX, LINE_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DELIMITERS = (",", "\t", ";", "|")
_SIGNS = re.compile(r"[\s_\-()（）:：/·.*#]")
_DAY = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[T\s].*)?")


@dataclass(frozen=True, slots=True)
class Columns:
    """What a table's columns may be called, and which of them it must have."""

    names: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]

    def places(self, header: list[str]) -> dict[str, int]:
        """Return where each known column stands; the first of two with one meaning counts."""
        known = {_plain(alias): name for name, many in self.names.items() for alias in many}
        known |= {_plain(name): name for name in self.names}
        found: dict[str, int] = {}
        for place, cell in enumerate(header):
            name = known.get(_plain(cell))
            if name is not None:
                found.setdefault(name, place)
        return found


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its line in the file; columns that the file does not have are blank."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.cells.get(name, "")


def lines_of(path: Path) -> Iterator[tuple[int, str | None]]:
    """Yield each line with its number; None for one that no encoding reads or that is too long.

    A line is UTF-8 or else GB18030, so that files that were glued from both are read.
    """
    if not path.is_file():
        raise NotFound("supplychain.file_missing", file=path.name)
    with path.open("rb") as file:
        if file.read(2) in _WIDE:
            raise Invalid("supplychain.file_utf16", file=path.name)
        file.seek(0)
        number = 0
        while raw := file.readline(LINE_BYTES_MAX + 1):
            number += 1
            if len(raw) > LINE_BYTES_MAX:
                while raw and not raw.endswith(b"\n"):
                    raw = file.readline(LINE_BYTES_MAX)
                yield number, None
                continue
            yield number, _line(raw)


def _line(raw: bytes) -> str | None:
    text = decoded(raw.rstrip(b"\r\n"))
    return None if text is None or "\0" in text else text


def rows_of(path: Path, columns: Columns) -> Iterator[Row | Finding]:
    """Yield a table's rows, and a finding for each line that is none."""
    lines = lines_of(path)
    delimiter, header, places = _header(path, lines, columns)
    held: list[tuple[int, str]] = []
    for number, line in lines:
        if line is None:
            yield Finding("supplychain.row_unreadable", path.name, number)
            continue
        held.append((number, line))
        while held:
            taken = _take(held, delimiter)
            if taken is None:
                break
            yield from _row(path, taken, places, len(header))
    while held:
        number, _line = held.pop(0)
        yield Finding("supplychain.row_quote_open", path.name, number)
        while held and (taken := _take(held, delimiter)) is not None:
            yield from _row(path, taken, places, len(header))


def _take(held: list[tuple[int, str]], delimiter: str) -> tuple[int, list[str] | None] | None:
    """Take the next row off the held lines; None where its quote may still close."""
    for count in range(1, len(held) + 1):
        cells = split_line("\n".join(line for _number, line in held[:count]), delimiter)
        if cells is not None:
            number = held[0][0]
            del held[:count]
            return number, cells
    if len(held) > JOINED_LINES_MAX:
        return held.pop(0)[0], None
    return None


def _row(
    path: Path, taken: tuple[int, list[str] | None], places: Mapping[str, int], width: int
) -> Iterator[Row | Finding]:
    number, cells = taken
    if cells is None:
        yield Finding("supplychain.row_quote_open", path.name, number)
        return
    if not any(cell.strip() for cell in cells):
        return
    if len(cells) > width and any(cell.strip() for cell in cells[width:]):
        yield Finding("supplychain.row_too_wide", path.name, number)
        return
    there = {name: cells[place].strip() for name, place in places.items() if place < len(cells)}
    yield Row(number, there)


def _header(
    path: Path, lines: Iterator[tuple[int, str | None]], columns: Columns
) -> tuple[str, list[str], dict[str, int]]:
    seen: list[str] = []
    for _number, line in lines:
        if line is None or not line.strip():
            continue
        for delimiter in _DELIMITERS:
            cells = split_line(line, delimiter) or []
            places = columns.places(cells)
            if all(name in places for name in columns.required):
                return delimiter, cells, places
        seen.append(line)
        if len(seen) >= HEADER_LINES_MAX:
            break
    if not seen:
        raise Invalid("supplychain.file_empty", file=path.name)
    raise Invalid(
        "supplychain.columns_missing",
        file=path.name,
        columns=", ".join(columns.required),
        found=seen[0][:200],
    )


def json_lines(path: Path) -> Iterator[tuple[int, Any] | Finding]:
    """Yield the JSON values of a file, one a line; fractions stay texts, exact."""
    for number, line in lines_of(path):
        if line is not None and not line.strip():
            continue
        try:
            yield number, json.loads(line or "", parse_float=str)
        except (ValueError, RecursionError):
            yield Finding("supplychain.row_unreadable", path.name, number)


def day_of(text: str) -> date | None:
    """Read a day in any of the usual spellings; None where it is none or long ago."""
    match = _DAY.fullmatch(text.strip())
    if match is None:
        return None
    try:
        found = date(*(int(part) for part in match.groups()))
    except ValueError:
        return None
    return found if found.year >= FIRST_YEAR else None


def ppm_of(text: str) -> int | None:
    """Read a share (0.51, 51%) as parts per million; None where it is no share of one whole."""
    try:
        plain = text.strip().replace("％", "%")
        share = float(plain.rstrip("%")) / (100 if plain.endswith("%") else 1)
    except ValueError:
        return None
    return round(share * 1_000_000) if 0 <= share <= 1 else None


def _plain(name: str) -> str:
    return _SIGNS.sub("", folded(name.lstrip("\ufeff")))
