"""Read edges, queries and names from anybody's CSV; write the ranked answer.

Columns are found by name, in any case and order; UTF-8 with or without a mark, and GB18030.
Guards the bounds: a row that cannot be used is counted and told by its line, never guessed at,
and never ends the run; a file that holds none that can be used is refused in one sentence.
"""

from __future__ import annotations

import csv
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from unicodedata import category

from martlet.kernel.errors import Invalid
from martlet.supplychain.links.limits import (
    EDGES_MAX,
    FILE_BYTES_MAX,
    MISTAKES_TOLD_MAX,
    NAME_CHARS_MAX,
    QUERIES_MAX,
    VOCABULARY_MAX,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from martlet.supplychain.links.model import Pair, Suggestion

EDGE_COLUMNS = (("head", "product", "from"), ("tail", "material", "to"))
KIND_COLUMNS = (("narrower", "kind"), ("wider", "class"))
QUERY_COLUMNS = (("head", "product", "name"),)
NAME_COLUMNS = (("name", "product", "tail"),)
"""Each column by the names it goes by, the first being ours."""

OUT_COLUMNS = ("head", "tail", "rank", "score", "reason")

_ENCODINGS = ("utf-8-sig", "gb18030")


@dataclass
class Told:
    """What was read and what was left out, and where."""

    rows: int = 0
    repeated: int = 0
    loops: int = 0
    bad: int = 0
    bad_lines: list[tuple[str, int]] = field(default_factory=list)
    """File and line of the first bad rows."""

    def mistake(self, file: str, line: int) -> None:
        """Count a row that cannot be used, and keep its place if it is among the first."""
        self.bad += 1
        if len(self.bad_lines) < MISTAKES_TOLD_MAX:
            self.bad_lines.append((file, line))


def read_edges(path: Path, told: Told) -> list[Pair]:
    """Return the distinct edges of a file, self-loops left out; none at all is refused."""
    found: dict[Pair, None] = {}
    for line, (head, tail) in _rows(path, EDGE_COLUMNS, told):
        if head == tail:
            told.loops += 1
        elif (head, tail) in found:
            told.repeated += 1
        elif len(found) >= EDGES_MAX:
            raise Invalid("links.edges_many", file=path.name, line=line, edges_max=EDGES_MAX)
        else:
            found[head, tail] = None
    if not found:
        raise Invalid("links.no_rows", file=path.name, columns=_named(EDGE_COLUMNS))
    return list(found)


def read_kinds(path: Path, told: Told) -> list[Pair]:
    """Return what is a kind of what, narrower and wider."""
    found = {(low, high): None for _, (low, high) in _rows(path, KIND_COLUMNS, told) if low != high}
    if len(found) > EDGES_MAX:
        raise Invalid("links.edges_many", file=path.name, line=0, edges_max=EDGES_MAX)
    return list(found)


def read_queries(path: Path, told: Told) -> list[str]:
    """Return the products asked about, each once, in their order; none at all is refused."""
    return _names(path, QUERY_COLUMNS, QUERIES_MAX, told)


def read_names(path: Path, told: Told) -> list[str]:
    """Return the names of products that exist, each once."""
    return _names(path, NAME_COLUMNS, VOCABULARY_MAX, told)


def write_ranked(
    path: Path, answers: Iterable[Suggestion], sentence: Callable[[Suggestion], str]
) -> int:
    """Write suggestions with a sentence for each; return how many there were."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(OUT_COLUMNS)
        for each in answers:
            score = f"{each.probability:.6f}"
            writer.writerow((each.product, each.material, each.rank, score, sentence(each)))
            count += 1
    return count


def _names(path: Path, columns: tuple[tuple[str, ...], ...], most: int, told: Told) -> list[str]:
    found: dict[str, None] = {}
    for line, (name,) in _rows(path, columns, told):
        if name in found:
            told.repeated += 1
        elif len(found) >= most:
            raise Invalid("links.names_many", file=path.name, line=line, names_max=most)
        else:
            found[name] = None
    if not found:
        raise Invalid("links.no_rows", file=path.name, columns=_named(columns))
    return list(found)


def _named(columns: tuple[tuple[str, ...], ...]) -> str:
    return ", ".join(names[0] for names in columns)


def _rows(
    path: Path, columns: tuple[tuple[str, ...], ...], told: Told
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield the line and the cells of each row that has them all."""
    with _table(path) as lines:
        reader = csv.reader(lines)
        places: list[int] | None = None
        try:
            for row in reader:
                if not any(cell.strip() for cell in row):
                    continue
                if places is None:
                    places = _places(row, columns, path.name)
                    continue
                told.rows += 1
                cells = tuple(row[at].strip() if at < len(row) else "" for at in places)
                if all(_usable(cell) for cell in cells):
                    yield reader.line_num, cells
                else:
                    told.mistake(path.name, reader.line_num)
        except csv.Error as error:
            raise Invalid("links.unreadable", file=path.name, line=reader.line_num) from error


def _usable(cell: str) -> bool:
    # Joiners without width and wide spaces occur in real names; control characters are dirt.
    return 0 < len(cell) <= NAME_CHARS_MAX and not any(category(sign) == "Cc" for sign in cell)


def _places(row: list[str], columns: tuple[tuple[str, ...], ...], file: str) -> list[int]:
    headings = [cell.strip().lower() for cell in row]
    places = []
    for names in columns:
        at = next((headings.index(name) for name in names if name in headings), None)
        if at is None:
            raise Invalid("links.column_missing", file=file, column=names[0])
        places.append(at)
    return places


@contextmanager
def _table(path: Path) -> Iterator[Iterator[str]]:
    """Open a file as text in the encoding that it is in."""
    try:
        size = path.stat().st_size
        if size > FILE_BYTES_MAX:
            raise Invalid("links.file_large", file=path.name, bytes_max=FILE_BYTES_MAX)
        encoding = _encoding(path)
        with path.open(encoding=encoding, newline="") as lines:
            yield lines
    except OSError as error:
        raise Invalid("links.file_missing", file=path.name) from error


def _encoding(path: Path) -> str:
    for encoding in _ENCODINGS:
        try:
            with path.open(encoding=encoding, newline="") as lines:
                while lines.read(1 << 20):
                    pass
        except UnicodeDecodeError:
            continue
        return encoding
    raise Invalid("links.encoding_unknown", file=path.name)
