"""The first sheet of a workbook (.xlsx), as rows of text, without a library for it.

A workbook is a zip of XML. It comes from outside, so sizes are bounded before anything is unpacked
and a document type declaration, the door of every entity attack, is refused unread. Formulas,
styles and dates are not interpreted: a cell is what it stores.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import NoReturn, TypeVar
from xml.parsers import expat

from martlet.credit.optimise.limits import SHEET_BYTES_MAX, SHEET_CELLS_MAX
from martlet.kernel.errors import Invalid

_COLUMN = re.compile(r"[A-Z]{1,3}")
_STRINGS, _SHEET = "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"


def sheet_rows(data: bytes) -> list[list[str]]:
    """Return the rows of a workbook's first sheet; what is no such workbook is refused."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            names = set(book.namelist())
            strings = _read(book, _STRINGS, _Strings()).found if _STRINGS in names else []
            return _read(book, _SHEET, _Cells(strings)).rows()
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError) as error:
        refuse_workbook(str(error)[:120])
    except (expat.ExpatError, ValueError, IndexError) as error:
        refuse_workbook(str(error)[:120])


def refuse_workbook(detail: str) -> NoReturn:
    """Refuse a workbook, saying what is wrong with it."""
    raise Invalid("credit.workbook_unreadable", detail=detail)


class _Strings:
    """Collects the shared texts: all `t` inside one `si` are one text; phonetics are not."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._inside: list[str] = []

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        if name == "si":
            self.found.append("")
        self._inside.append(name)

    def end(self, _name: str) -> None:
        self._inside.pop()

    def text(self, text: str) -> None:
        if self._inside[-1:] == ["t"] and "rPh" not in self._inside and self.found:
            self.found[-1] += text


class _Cells:
    """Collects the cells of a sheet by row and column."""

    def __init__(self, strings: list[str]) -> None:
        self._strings = strings
        self._rows: list[dict[int, str]] = []
        self._column = 0
        self._kind = ""
        self._value = ""
        self._reading = False
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            self._rows.append({})
        elif name == "c":
            self._count += 1
            if self._count > SHEET_CELLS_MAX:
                refuse_workbook(f"more than {SHEET_CELLS_MAX} cells")
            place = _COLUMN.match(attributes.get("r", ""))
            if place is None:
                refuse_workbook("a cell without a place")
            self._column = _number(place.group())
            self._kind, self._value = attributes.get("t", ""), ""
        self._reading = name in {"v", "t"}

    def end(self, name: str) -> None:
        self._reading = False
        if name == "c" and self._value and self._rows:
            text = self._strings[int(self._value)] if self._kind == "s" else self._value
            self._rows[-1][self._column] = text

    def text(self, text: str) -> None:
        if self._reading:
            self._value += text

    def rows(self) -> list[list[str]]:
        return [
            [row.get(column, "") for column in range(1, max(row) + 1)] for row in self._rows if row
        ]


Sink = TypeVar("Sink", _Strings, _Cells)


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _read(book: zipfile.ZipFile, name: str, sink: Sink) -> Sink:
    """Parse one part of the workbook into `sink`, no further than the bound."""
    with book.open(name) as part:
        content = part.read(SHEET_BYTES_MAX + 1)
    if len(content) > SHEET_BYTES_MAX:
        refuse_workbook(f"{name}: more than {SHEET_BYTES_MAX} bytes")
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = lambda *_: refuse_workbook(f"{name}: a document type")
    parser.StartElementHandler = sink.start
    parser.EndElementHandler = sink.end
    parser.CharacterDataHandler = sink.text
    parser.Parse(content, True)  # noqa: FBT003 - expat takes no keywords
    return sink
