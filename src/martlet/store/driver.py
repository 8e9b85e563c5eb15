"""The driver, bare: for the few statements that run hundreds of thousands of times a second.

Everything else goes through SQLAlchemy Core. Statements are written once with `?`; values are
given in the form that the database keeps (`id`, `day`, `moment` convert them).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from martlet.store.schema import moment_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection


class Driver:
    """One transaction's bare cursor, speaking both databases' dialects."""

    def __init__(self, connection: Connection) -> None:
        self.is_postgres = connection.dialect.name == "postgresql"
        raw: Any = connection.connection.driver_connection
        self._cursor = raw.cursor()

    def _sql(self, statement: str) -> str:
        return statement.replace("?", "%s") if self.is_postgres else statement

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

    def load(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Insert many rows by the fastest way of the database: COPY, or one prepared INSERT."""
        names = ", ".join(columns)
        if self.is_postgres:
            with self._cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join("?" * len(columns))
        self._cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608 - names are the program's own

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
