"""What a reader hands on: some rows of a file, by meaning, each with the line it stood on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    from martlet.records.formats import Format


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be taken: where, why, about which column, and its cells as they were."""

    line: int
    code: str
    column: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows of a file: a column `line` and one column a meaning (texts; in Parquet any type)."""

    frame: pl.DataFrame
    cells_of: Callable[[int], tuple[str, ...]]
    """The original cells of the n-th row, for the quarantine."""
    bad: tuple[BadRow, ...] = ()
    """Rows that could not even be cut into cells."""
    bytes_read: int = 0


@dataclass(slots=True)
class Table:
    """A file that is being read: its format, its column names, and the lines that are not rows."""

    spec: Format
    names: tuple[str, ...]
    header_line: int
    notes: list[str] = field(default_factory=list)
    """The preamble and the footers, where a file states its own totals."""
