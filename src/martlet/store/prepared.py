"""Statements of SQLAlchemy Core that are compiled once and then run on the driver itself.

Every loan runs some thirty statements, always the same ones; going through Core's execution costs
several times what the database does. A prepared statement keeps Core's text, types and dialects
and skips the rest. Lists that expand (`IN`) are filled up to a power of two, so that few different
texts are compiled.
"""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, bindparam

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection
    from sqlalchemy.engine import Dialect
    from sqlalchemy.sql.base import Executable
    from sqlalchemy.types import TypeEngine

    Convert = Callable[[Any], Any]


class Prepared:
    """One statement, written once at import and run many times with other values."""

    __slots__ = ("_forms", "_statement")

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._forms: dict[tuple[str, tuple[str, ...]], _Form] = {}

    def on(self, connection: Connection, values: Mapping[str, Any]) -> Outcome:
        """Run it with `values` inside the connection's transaction."""
        dialect = connection.dialect
        key = (dialect.name, tuple(values))
        form = self._forms.get(key)
        if form is None:
            form = self._forms[key] = _Form(self._statement, dialect, key[1])
        raw: Any = connection.connection.driver_connection
        cursor = raw.cursor()
        try:
            cursor.execute(form.text, form.bind(values))
            rows = form.rows(cursor.fetchall()) if form.row_of is not None else []
            return Outcome(rows, int(cursor.rowcount))
        finally:
            cursor.close()


class PreparedOfSome:
    """A question about a list of identifiers, compiled once for each power of two of them."""

    __slots__ = ("_column", "_sized", "_statement")

    def __init__(self, statement: Select[Any], column: ColumnElement[Any]) -> None:
        self._statement = statement
        self._column = column
        self._sized: dict[int, tuple[Prepared, list[str]]] = {}

    def on(self, connection: Connection, values: Mapping[str, Any], some: Sequence[Any]) -> Outcome:
        """Ask it with `values` about the rows whose column is one of `some`."""
        if not some:
            return Outcome([], 0)
        size = 1 << (len(some) - 1).bit_length()
        prepared, names = self._sized.get(size) or self._prepare(size)
        filled = [*some, *[some[-1]] * (size - len(some))]
        return prepared.on(connection, {**values, **dict(zip(names, filled, strict=True))})

    def _prepare(self, size: int) -> tuple[Prepared, list[str]]:
        names = [f"some_{number}" for number in range(size)]
        binds = [bindparam(name, type_=self._column.type) for name in names]
        made = Prepared(self._statement.where(self._column.in_(binds))), names
        self._sized[size] = made
        return made


class Outcome:
    """What a prepared statement gave: its rows, all read, and how many rows it changed."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, rows: list[Any], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> list[Any]:
        """Return every row."""
        return self._rows

    def first(self) -> Any:  # noqa: ANN401 - a row of whatever was selected
        """Return the first row, or None."""
        return self._rows[0] if self._rows else None

    def one_or_none(self) -> Any:  # noqa: ANN401 - a row of whatever was selected
        """Return the only row, or None; more than one is a mistake."""
        assert len(self._rows) <= 1, len(self._rows)
        return self.first()

    def one(self) -> Any:  # noqa: ANN401 - a row of whatever was selected
        """Return the only row; none is a mistake."""
        assert len(self._rows) == 1, len(self._rows)
        return self._rows[0]

    def scalar_one(self) -> Any:  # noqa: ANN401 - a value of whatever was selected
        """Return the only row's first value."""
        return self.one()[0]

    def scalar_one_or_none(self) -> Any:  # noqa: ANN401 - a value of whatever was selected
        """Return the only row's first value, or None where there is no row."""
        row = self.one_or_none()
        return None if row is None else row[0]


class _Form:
    """A statement compiled for one database and one set of value names."""

    def __init__(self, statement: Executable, dialect: Dialect, names: tuple[str, ...]) -> None:
        made: Any = statement
        compiled = made.compile(dialect=dialect, column_keys=list(names))
        assert not compiled.post_compile_params, f"a list expands in {compiled}"
        self.text = str(compiled)
        self._fixed: dict[str, Any] = dict(compiled.params)
        self._positions: list[str] | None = compiled.positiontup
        self._converts: dict[str, Convert] = {
            name: convert
            for name, bind in compiled.binds.items()
            if (convert := _bind_processor(bind.type, dialect)) is not None
        }
        self.row_of: Any = None
        self._reads: list[tuple[int, Convert]] = []
        if isinstance(statement, Select):
            columns = list(statement.selected_columns)
            fields = [str(getattr(column, "key", "value")) for column in columns]
            row: Any = namedtuple("Row", fields, rename=True)  # type: ignore[misc] # noqa: PYI024
            self.row_of = row._make
            self._reads = [
                (place, read)
                for place, column in enumerate(columns)
                if (read := _result_processor(column.type, dialect)) is not None
            ]

    def bind(self, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - as the driver wants it
        """Return the values in the database's own form and order."""
        bound = {**self._fixed, **values}
        for name, convert in self._converts.items():
            bound[name] = convert(bound[name])
        if self._positions is None:
            return bound
        return [bound[name] for name in self._positions]

    def rows(self, found: list[Any]) -> list[Any]:
        """Return rows with named columns, their values as Python knows them."""
        made = []
        for row in found:
            values = list(row)
            for place, read in self._reads:
                values[place] = read(values[place])
            made.append(self.row_of(values))
        return made


def _bind_processor(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _result_processor(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)
