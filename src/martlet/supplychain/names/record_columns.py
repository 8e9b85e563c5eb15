"""Tables of records that two sources keep of the same firms, and what kind each column is.

The invariant: kinds are guessed from the values of both tables alone, or given; a header is only a
label and never reaches a query. Blank cells are unknown, never equal to each other.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import polars as pl

from martlet.kernel.errors import Invalid
from martlet.supplychain.names.limits import RECORD_COLUMNS_MAX
from martlet.supplychain.names.reading import note_id, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ID = "record_id"
"""Our name of the identifier's column; the others are c0, c1, … in the left table's order."""

SAMPLE_ROWS = 20_000
"""Rows that a kind is guessed from: shares are then sure to half a percent."""

FEW_VALUES = 60
"""A column with no more values than this, all often seen, is a class, such as a province."""

DIGIT_SHARE = 0.9
DATE_SHARE = 0.8
CODE_CHARS_MIN = 4
MOST = 0.5


class ColumnKind(StrEnum):
    """How two values of a column are compared."""

    NAME = "name"
    """Letters close together: Jaro-Winkler, rare values weigh more."""
    TEXT = "text"
    """Longer words, as an address."""
    CODE = "code"
    """Digits or letters of an identifier: one slip or two."""
    DATE = "date"
    NUMBER = "number"
    """A short number: equal, or one digit away."""
    CLASS = "class"
    """One of a few values: equal or not."""
    SKIP = "skip"


@dataclass(frozen=True)
class Records:
    """Two tables with the same columns, values normalised, headers kept apart."""

    left: pl.DataFrame
    right: pl.DataFrame
    headers: tuple[str, ...]
    """The header of each column c0, c1, …"""
    kinds: tuple[ColumnKind, ...]

    def columns(self) -> list[tuple[str, str, ColumnKind]]:
        """Return our name, the header and the kind of each column that is compared."""
        told = zip(self.headers, self.kinds, strict=True)
        return [
            (f"c{at}", header, kind)
            for at, (header, kind) in enumerate(told)
            if kind is not ColumnKind.SKIP
        ]


def read_records(
    left: Path, right: Path, identifier: str, given: Mapping[str, ColumnKind]
) -> Records:
    """Read two CSV files; columns that both have are compared, the identifier's is not."""
    tables = [_table(path) for path in (left, right)]
    named = identifier.strip().lower() or tables[0].columns[0]
    for path, table in zip((left, right), tables, strict=True):
        if named not in table.columns:
            raise Invalid("names.columns_missing", file=path.name, columns=named)
        _check_ids(path, table[named])
    unknown = [name for name in given if name not in tables[0].columns]
    if unknown:
        raise Invalid("names.columns_missing", file=left.name, columns=", ".join(unknown))
    headers = tuple(c for c in tables[0].columns if c != named and c in tables[1].columns)
    if not headers or len(headers) > RECORD_COLUMNS_MAX:
        raise Invalid("names.records_columns", have_count=len(headers), most=RECORD_COLUMNS_MAX)
    ours = [
        table.select(
            pl.col(named).str.strip_chars().alias(ID),
            *(_cleaned(header).alias(f"c{at}") for at, header in enumerate(headers)),
        )
        for table in tables
    ]
    both = pl.concat([table.head(SAMPLE_ROWS) for table in ours])
    kinds = tuple(
        given.get(header) or guess_kind(both[f"c{at}"]) for at, header in enumerate(headers)
    )
    return Records(ours[0], ours[1], headers, kinds)


def guess_kind(values: pl.Series) -> ColumnKind:
    """Return what kind of column some values are."""
    present = values.drop_nulls()
    if present.is_empty():
        return ColumnKind.SKIP
    distinct = present.n_unique()
    if distinct <= FEW_VALUES and distinct * 20 <= present.len():
        return ColumnKind.CLASS
    long = _share(present.str.len_chars() >= CODE_CHARS_MIN) >= MOST
    if _share(present.str.contains(r"^[\d\-/. ]+$")) >= DIGIT_SHARE:
        if _date_share(present) >= DATE_SHARE:
            return ColumnKind.DATE
        return ColumnKind.CODE if long else ColumnKind.NUMBER
    coded = present.str.contains(r"^[0-9A-Za-z\-]*\d[0-9A-Za-z\-]*$")
    if long and _share(coded) >= DIGIT_SHARE:
        return ColumnKind.CODE
    spaced = _share(present.str.contains(" ", literal=True)) > MOST
    return ColumnKind.TEXT if spaced else ColumnKind.NAME


def _date_share(values: pl.Series) -> float:
    digits = values.str.replace_all(r"\D", "")
    parsed = digits.str.to_date("%Y%m%d", strict=False)
    return _share(parsed.is_not_null() & (digits.str.len_chars() == len("20261231")))


def _share(true: pl.Series) -> float:
    return float(true.sum()) / max(true.len(), 1)


def _cleaned(header: str) -> pl.Expr:
    value = pl.col(header).str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    return pl.when(value.str.len_chars() > 0).then(value)


def _table(path: Path) -> pl.DataFrame:
    text = text_of(path)
    if not text.strip():
        raise Invalid("names.file_empty", file=path.name, columns="record_id, …")
    try:
        table = pl.read_csv(io.BytesIO(text.encode()), infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise Invalid("names.table_unreadable", file=path.name) from error
    named = [column.strip().lower() for column in table.columns]
    if len(set(named)) < len(named):
        raise Invalid("names.header_twice", file=path.name)
    return table.rename(dict(zip(table.columns, named, strict=True)))


def _check_ids(path: Path, ids: pl.Series) -> None:
    seen: dict[str, int] = {}
    for number, one in enumerate(ids.str.strip_chars().to_list(), 2):
        note_id(path, seen, number, one)
