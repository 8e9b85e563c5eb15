"""The driver, bare: for the few statements that run hundreds of thousands of times a second.

Everything else goes through SQLAlchemy Core. Statements are written once with `?`; values are
given in the form that the database keeps (`id`, `day`, `moment` convert them).
"""

from __future__ import annotations

from datetime import date
from functools import cache
from itertools import chain, islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np

from martlet.store.limits import ROWS_PER_INSERT
from martlet.store.schema import moment_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    Column = np.ndarray[Any, np.dtype[np.int64]]


class Driver:
    """One transaction's bare cursor, speaking both databases' dialects."""

    __slots__ = ("_cursor", "_raw", "is_postgres")

    def __init__(self, connection: Connection) -> None:
        self.is_postgres = connection.dialect.name == "postgresql"
        raw: Any = connection.connection.driver_connection
        self._raw = raw
        self._cursor = raw.cursor()

    def _sql(self, statement: str) -> str:
        return _for_postgres(statement) if self.is_postgres else statement

    def run(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run one statement; return how many rows it changed."""
        self._cursor.execute(self._sql(statement), values)
        return int(self._cursor.rowcount)

    def run_many(self, statement: str, rows: Iterable[Sequence[Any]]) -> int:
        """Run one statement for each row; return how many rows all of them changed."""
        self._cursor.executemany(self._sql(statement), rows)
        return int(self._cursor.rowcount)

    def fetch(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a query and return all its rows."""
        return list(self._cursor.execute(self._sql(statement), values).fetchall())

    def numbers(self, statement: str, values: Sequence[Any], columns: int) -> Column:
        """Return a query's rows as an array of int64; every column is a bigint and never null.

        Rows as Python objects cost several times what reading them does; PostgreSQL sends them in
        the form in which an array holds them.
        """
        if not self.is_postgres:
            return np.array(self.fetch(statement, values), np.int64).reshape(-1, columns)
        query = f"COPY ({self._sql(statement)}) TO STDOUT (FORMAT BINARY)"
        with self._cursor.copy(query, values) as copy:
            sent = b"".join(copy)
        begins = _COPY_HEADER_BYTES + int.from_bytes(sent[_COPY_HEADER_BYTES - 4 :][:4])
        rows = np.frombuffer(sent[begins:-2], _copied(columns))
        assert np.all(rows["lengths_and_values"]["length"] == _INT64_BYTES), (
            "a column is not bigint"
        )
        return rows["lengths_and_values"]["value"].astype(np.int64).reshape(-1, columns)

    def load(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Insert many rows by the fastest way of the database: COPY, or INSERTs of many rows."""
        names = ", ".join(columns)
        if self.is_postgres:
            with self._cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = f"({', '.join('?' * len(columns))})"
        remaining = iter(rows)
        while part := list(islice(remaining, ROWS_PER_INSERT)):
            statement = f"INSERT INTO {table} ({names}) VALUES {', '.join([marks] * len(part))}"  # noqa: S608 - names are the program's own
            self._cursor.execute(statement, list(chain.from_iterable(part)))

    def mark(self, *, savepoint: bool) -> int:
        """Remember how far this transaction has come; `savepoint` makes it a point of return."""
        if savepoint:
            self._cursor.execute("SAVEPOINT command")
        return -1 if self.is_postgres else int(self._raw.total_changes)

    def unchanged_since(self, mark: int) -> bool:
        """Tell whether it is certain that nothing was written since the mark (SQLite counts)."""
        return not self.is_postgres and self._raw.in_transaction and self._raw.total_changes == mark

    def undo(self) -> None:
        """Undo all that was done since the savepoint, and forget it."""
        self._cursor.execute("ROLLBACK TO SAVEPOINT command")
        self._cursor.execute("RELEASE SAVEPOINT command")

    def keep(self) -> None:
        """Keep all that was done since the savepoint, and forget it."""
        self._cursor.execute("RELEASE SAVEPOINT command")

    def id(self, value: UUID) -> Any:  # noqa: ANN401 - the database's own form
        """Return a UUID as the database keeps it."""
        return value if self.is_postgres else value.bytes

    def day(self, value: date) -> Any:  # noqa: ANN401 - the database's own form
        """Return a day as the database keeps it."""
        return value if self.is_postgres else value.isoformat()

    def moment(self, value: datetime) -> Any:  # noqa: ANN401 - the database's own form
        """Return a moment as the database keeps it."""
        return value if self.is_postgres else moment_text(value)

    @staticmethod
    def to_id(value: Any) -> UUID:  # noqa: ANN401 - the database's own form
        """Read a UUID back."""
        return value if isinstance(value, UUID) else UUID(bytes=value)

    @staticmethod
    def to_day(value: Any) -> date | None:  # noqa: ANN401 - the database's own form
        """Read a day back; NULL is None."""
        return date.fromisoformat(value) if isinstance(value, str) else value


_COPY_HEADER_BYTES = 19
"""A signature of 11 bytes, flags, and the length of what may follow them."""

_INT64_BYTES = 8


@cache
def _copied(columns: int) -> np.dtype[Any]:
    """Return how one row stands in a binary COPY: a count, then a length before each value."""
    field = np.dtype([("length", ">i4"), ("value", ">i8")])
    return np.dtype([("count", ">i2"), ("lengths_and_values", field, (columns,))])


@cache
def _for_postgres(statement: str) -> str:
    return statement.replace("?", "%s")
