"""Lines of anyone's text file, each in the encoding that it is written in.

The invariant: a line keeps its number, is either decoded whole or told as a mistake, and never
stops the lines after it; nothing longer than the bound is held in memory.
"""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from martlet.kernel.errors import Invalid, TooLarge
from martlet.supplychain.encoding import decoded
from martlet.supplychain.extraction.limits import (
    FILE_BYTES_MAX,
    LINE_BYTES_MAX,
    MISTAKES_TOLD_MAX,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_WIDE = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


@dataclass(frozen=True, slots=True)
class Mistake:
    """A line that could not be used, and the code of the sentence that says why."""

    line: int
    code: str


@dataclass(slots=True)
class Mistakes:
    """The lines that could not be used: the first ones by number, all of them counted."""

    told: list[Mistake] = field(default_factory=list)
    count: int = 0

    def add(self, line: int, code: str) -> None:
        """Note one more."""
        self.count += 1
        if len(self.told) < MISTAKES_TOLD_MAX:
            self.told.append(Mistake(line, code))


def lines_of(path: Path, mistakes: Mistakes) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, with their numbers, the first being 1.

    A line is UTF-8 or else GB18030; a file whose lines were glued from both is read line by line.
    A file in UTF-16 says so in its first two bytes.
    """
    try:
        with path.open("rb") as file:
            start = file.read(2)
        if start in _WIDE:
            yield from _wide_lines(path)
            return
        with path.open("rb") as file:
            number = 0
            while raw := file.readline(LINE_BYTES_MAX + 1):
                number += 1
                if len(raw) > LINE_BYTES_MAX:
                    mistakes.add(number, "extraction.line_too_long")
                    while raw and not raw.endswith(b"\n"):
                        raw = file.readline(LINE_BYTES_MAX)
                    continue
                text = decoded(raw.rstrip(b"\r\n"))
                if text is None:
                    mistakes.add(number, "extraction.line_undecodable")
                elif text.strip():
                    yield number, text
    except OSError as error:
        raise Invalid("extraction.file_unreadable", file=path.name) from error


def _wide_lines(path: Path) -> Iterator[tuple[int, str]]:
    if path.stat().st_size > FILE_BYTES_MAX:
        raise TooLarge("extraction.file_too_large", most=FILE_BYTES_MAX)
    text = path.read_bytes().decode("utf-16", errors="replace")
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, line.rstrip("\r")


def json_lines(path: Path, mistakes: Mistakes) -> Iterator[tuple[int, Mapping[str, object]]]:
    """Yield the JSON objects of a file, one a line, their keys in lower case."""
    for number, line in lines_of(path, mistakes):
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            mistakes.add(number, "extraction.line_not_json")
            continue
        if not isinstance(found, dict):
            mistakes.add(number, "extraction.line_not_json")
            continue
        yield number, {str(key).strip().lower(): value for key, value in found.items()}
