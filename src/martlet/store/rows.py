"""A table's rows as lines of text that mean the same on both databases.

One JSON array for each row, columns in the order of the manifest, rows in the order of the primary
key. What is written from one database and read into another gives the same lines, so a hash of them
proves that nothing was lost on the way.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy import Integer, LargeBinary, Select, Table, Text, select, type_coerce

from martlet.store.limits import BACKUP_ROWS_PAGE
from martlet.store.schema import Day, Id, Json, Moment, moment_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Column, Connection

    from martlet.store.driver import Driver

_KINDS: tuple[tuple[type[Any], str], ...] = (
    (Id, "id"),
    (Day, "day"),
    (Moment, "moment"),
    (Json, "json"),
    (Integer, "integer"),
    (LargeBinary, "bytes"),
    (Text, "text"),
)


def columns_of(table: Table) -> tuple[tuple[str, str], ...]:
    """Return the name and the kind of each column, in their order."""
    return tuple((str(column.name), _kind(column)) for column in table.columns)


def _kind(column: Column[Any]) -> str:
    for known, kind in _KINDS:
        if isinstance(column.type, known):
            return kind
    message = f"{column} is of a type that a backup cannot keep: {column.type!r}"
    raise AssertionError(message)


def write_lines(connection: Connection, table: Table) -> Iterator[bytes]:
    """Yield the table's rows as lines, without ever holding more than a page of them."""
    writers = [_WRITERS.get(kind) for _name, kind in columns_of(table)]
    encode = msgspec.json.Encoder().encode
    paged = {"yield_per": BACKUP_ROWS_PAGE}
    for row in connection.execute(_in_order(connection, table), execution_options=paged):
        values = [
            value if write is None or value is None else write(value)
            for write, value in zip(writers, row, strict=True)
        ]
        yield encode(values) + b"\n"


def _in_order(connection: Connection, table: Table) -> Select[Any]:
    """Select the rows by primary key; texts byte by byte, whatever the server's language."""
    postgres = connection.dialect.name == "postgresql"
    keys = list(table.primary_key.columns) or list(table.columns)
    order = [
        column.collate("C") if postgres and _kind(column) in {"text", "json"} else column
        for column in keys
    ]
    chosen = [
        type_coerce(column, Text) if _kind(column) == "json" else column for column in table.columns
    ]
    return select(*chosen).order_by(*order)


def read_line(line: bytes, kinds: Sequence[str], driver: Driver) -> list[Any]:
    """Return a line's values in the form that the database keeps."""
    values: list[Any] = msgspec.json.decode(line)
    for place, kind in enumerate(kinds):
        value = values[place]
        if value is None:
            continue
        if kind == "id":
            values[place] = driver.id(UUID(value))
        elif kind == "bytes":
            values[place] = b64decode(value)
    return values


def _base64(value: bytes) -> str:
    return b64encode(value).decode()


_WRITERS: dict[str, Callable[[Any], Any]] = {"id": str, "moment": moment_text, "bytes": _base64}
"""How a value is written where JSON does not write it as the databases' common form."""
