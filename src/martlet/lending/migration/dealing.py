"""Two large files dealt out into small ones, so that a loan and all its events meet in memory.

The input may be in any order. Each row goes to the partition that its loan's id falls to; a
partition is small enough to be held whole. The invariant: every row of the input is in exactly
one partition, with the number of its line, or is refused with the file as unreadable.
"""

from __future__ import annotations

import csv
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO
from zlib import crc32

from martlet.kernel.errors import Invalid
from martlet.lending.migration.cells import Cells
from martlet.lending.migration.limits import (
    CELL_CHARS_MAX,
    LINE_BYTES_MAX,
    PARTITION_BYTES,
    PARTITIONS_MAX,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    Moved = Callable[[int, int], None]

CELLS_OF_ROW = ""
"""The name under which a row with too many or too few cells keeps how many it has."""


@dataclass(frozen=True, slots=True)
class Dealt:
    """One file's partitions and the names of its columns."""

    names: tuple[str, ...]
    parts: tuple[Path, ...]
    rows: int

    def read(self, part: int) -> Iterator[Cells]:
        """Return the rows of one partition in the order of the file."""
        path = self.parts[part]
        if not path.exists():
            return
        with path.open(encoding="utf-8", newline="") as file:
            for line, *cells in csv.reader(file):
                values = dict(zip(self.names, cells, strict=False))
                if len(cells) != len(self.names):
                    values[CELLS_OF_ROW] = str(len(cells))
                yield Cells(int(line), values)


def partitions_for(*files: Path) -> int:
    """Return into how many partitions files of this size are dealt."""
    size = sum(file.stat().st_size for file in files)
    return min(PARTITIONS_MAX, size // PARTITION_BYTES + 1)


def deal(source: Path, folder: Path, needed: Sequence[str], parts: int) -> Dealt:
    """Deal a CSV file (UTF-8, a header line) out by its column `loan_id`."""
    targets = tuple(folder / f"{source.stem}-{number}.csv" for number in range(parts))
    rows = 0
    with ExitStack() as open_files:
        writers = [
            csv.writer(open_files.enter_context(target.open("w", encoding="utf-8", newline="")))
            for target in targets
        ]
        reader = _rows(source)
        _, names = next(reader, (1, []))
        names = [name.strip().lower() for name in names]
        missing = [column for column in needed if column not in names]
        if missing or len(set(names)) != len(names):
            told = ", ".join(missing or sorted({n for n in names if names.count(n) > 1}))
            raise Invalid("lending.migration_columns", file=source.name, columns=told)
        key = names.index("loan_id")
        for line, cells in reader:
            if not cells:
                continue
            rows += 1
            told = cells[key].strip() if key < len(cells) else ""
            writers[crc32(told.encode()) % parts].writerow([line, *cells])
    return Dealt(tuple(names), targets, rows)


def _rows(source: Path) -> Iterator[tuple[int, list[str]]]:
    """Return a file's rows with the lines they begin on; what is no CSV in UTF-8 is refused."""
    csv.field_size_limit(CELL_CHARS_MAX * 8)
    line = 0
    with source.open("rb") as file:
        reader = csv.reader(_lines(file), strict=True)
        try:
            for cells in reader:
                yield line + 1, cells
                line = reader.line_num
        except (UnicodeDecodeError, csv.Error) as error:
            raise Invalid(
                "lending.migration_unreadable", file=source.name, line=line + 1
            ) from error


def _lines(file: BinaryIO) -> Iterator[str]:
    """Return lines one by one, so that a fault is found on its line and none fills the memory."""
    encoding = "utf-8-sig"
    while raw := file.readline(LINE_BYTES_MAX):
        if len(raw) == LINE_BYTES_MAX:
            raise csv.Error("a line without end")
        yield raw.decode(encoding)
        encoding = "utf-8"
