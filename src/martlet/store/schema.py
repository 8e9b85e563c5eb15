"""The one catalogue of tables and the few column types that mean the same on both databases.

SQLite tables are STRICT, so that a text never slips into an amount. Identifiers are 16 bytes
(`uuid` on PostgreSQL), amounts and counts 64-bit integers, moments UTC with microseconds.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    DDL,
    BigInteger,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    Uuid,
    event,
)

from martlet.kernel.canonical import canonical_json, parse_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Dialect
    from sqlalchemy.types import TypeEngine

    Convert = Callable[[Any], Any]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Amount = BigInteger().with_variant(Integer(), "sqlite")
"""An integer of 64 bits: fen, ticks, counts, sequence numbers."""

Flag = BigInteger().with_variant(Integer(), "sqlite")
"""0 or 1, on both databases."""

String = Text
"""A text; its longest length is a rule of the room that writes it."""


class Id(TypeDecorator[UUID]):
    """A UUID: 16 bytes on SQLite, `uuid` on PostgreSQL."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the database's own type."""
        kind: TypeEngine[Any] = Uuid() if dialect.name == "postgresql" else LargeBinary(16)
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:  # noqa: ANN401
        """Write."""
        return value if value is None or dialect.name == "postgresql" else value.bytes

    def result_processor(self, dialect: Dialect, coltype: object) -> Convert | None:
        """Return what reads: on SQLite itself and not by way of a decorator, as rows are many."""
        if dialect.name == "postgresql":
            return super().result_processor(dialect, coltype)
        return _uuid


class Day(TypeDecorator[date]):
    """A calendar day: ISO text on SQLite, `date` on PostgreSQL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the database's own type."""
        kind: TypeEngine[Any] = Date() if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:  # noqa: ANN401
        """Write."""
        return value if value is None or dialect.name == "postgresql" else value.isoformat()

    def result_processor(self, dialect: Dialect, coltype: object) -> Convert | None:
        """Return what reads, as of an id."""
        if dialect.name == "postgresql":
            return super().result_processor(dialect, coltype)
        return _day


class Moment(TypeDecorator[datetime]):
    """A moment in UTC: ISO text on SQLite (sorts as time), `timestamptz` on PostgreSQL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the database's own type."""
        kind: TypeEngine[Any] = DateTime(timezone=True) if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ANN401
        """Write; a naive moment is refused."""
        if value is None:
            return None
        assert value.tzinfo is not None, "a naive moment has no meaning"
        return value if dialect.name == "postgresql" else moment_text(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Convert | None:  # noqa: ARG002
        """Return what reads: a moment in UTC."""
        return _utc if dialect.name == "postgresql" else _moment


class Json(TypeDecorator[Any]):
    """A JSON value as canonical text, on both databases: what was hashed is what is stored.

    `of` is what it is read back as, where lists and dicts are not enough: anything msgspec knows.
    """

    impl = Text
    cache_ok = True

    def __init__(self, of: Any = None) -> None:  # noqa: ANN401 - a type
        super().__init__()
        self.of = of

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ANN401, ARG002
        """Write."""
        return None if value is None else canonical_json(value).decode()

    def result_processor(self, dialect: Dialect, coltype: object) -> Convert | None:  # noqa: ARG002
        """Return what reads, as of an id."""
        if self.of is None:
            return _json
        read = msgspec.json.Decoder(self.of).decode
        return lambda value: None if value is None else read(value)


def _uuid(value: bytes | None) -> UUID | None:
    return None if value is None else msgspec.convert(value, UUID)


def _day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)


def _moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


def _json(value: str | None) -> Any:  # noqa: ANN401 - any JSON value
    return None if value is None else parse_json(value)


def moment_text(moment: datetime) -> str:
    """Write a moment with all six decimals and its zone, so that text order is time order."""
    in_utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return in_utc.isoformat(timespec="microseconds")


STRICT: dict[str, Any] = {"sqlite_strict": True}
"""For every table: `Table(name, metadata, ..., **STRICT)`."""


def append_only(table: Table) -> Table:
    """Make the database itself refuse any change or removal of the table's rows."""
    for dialect in ("sqlite", "postgresql"):
        for statement in append_only_ddl(table.name, dialect):
            trigger = DDL(statement)  # type: ignore[no-untyped-call] # untyped in the library
            event.listen(table, "after_create", trigger.execute_if(dialect=dialect))
    table.info["append_only"] = True
    return table


def append_only_ddl(table: str, dialect: str) -> list[str]:
    """Return the statements that make `table` append-only; the migrations use them too."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    function = (
        f"CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    trigger = (
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
    )
    return [function, trigger]
