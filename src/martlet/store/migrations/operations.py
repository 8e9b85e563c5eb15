"""What a revision needs beside Alembic's own operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import CreateColumn

from martlet.store.schema import append_only_ddl

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def append_only(table: str) -> None:
    """Make the database refuse any change or removal of the table's rows."""
    for statement in append_only_ddl(table, op.get_bind().dialect.name):
        op.execute(statement)


def reshape(
    table: str,
    *,
    add: Sequence[sa.Column[Any]] = (),
    checks: Mapping[str, str | None] | None = None,
) -> None:
    """Add columns to a table that holds rows, and set or drop its checks by name (None drops).

    Rows that are there get 0, and nothing where a column may be empty. SQLite cannot change a
    check, and writes an added column where no table of ours has it: its table is made anew, with
    the rows, the indexes and the triggers that it had.
    """
    if op.get_context().dialect.name == "sqlite":
        _remake(table, add, checks or {})
        return
    for column in add:
        default = None if column.nullable else sa.text("0")
        filled = sa.Column(
            column.name, column.type, nullable=column.nullable, server_default=default
        )
        op.add_column(table, filled)
        if default is not None:
            op.alter_column(table, column.name, server_default=None)
    for name, condition in (checks or {}).items():
        full = f"ck_{table}_{name}"
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {full}")
        if condition is not None:
            op.create_check_constraint(op.f(full), table, condition)


def _remake(table: str, add: Sequence[sa.Column[Any]], checks: Mapping[str, str | None]) -> None:
    connection = op.get_bind()
    query = sa.text("SELECT type, sql FROM sqlite_master WHERE tbl_name = :name AND sql <> ''")
    made = connection.execute(query, {"name": table}).all()
    (old,) = (sql for kind, sql in made if kind == "table")
    names = [column["name"] for column in sa.inspect(connection).get_columns(table)]
    fill = [*names, *(f"{'NULL' if column.nullable else '0'} AS {column.name}" for column in add)]
    op.execute(f"ALTER TABLE {table} RENAME TO {table}_before")
    op.execute(sa.text(_reworded(old, table, add, checks).replace(":", r"\:")))
    into = ", ".join([*names, *(column.name for column in add)])
    op.execute(f"INSERT INTO {table} ({into}) SELECT {', '.join(fill)} FROM {table}_before")  # noqa: S608 - names of our own
    op.execute(f"DROP TABLE {table}_before")
    for kind, sql in made:
        if kind != "table":
            op.execute(sa.text(sql.replace(":", r"\:")))


def _reworded(
    made: str, table: str, add: Sequence[sa.Column[Any]], checks: Mapping[str, str | None]
) -> str:
    """Return a CREATE TABLE statement with columns and checks added, changed and dropped."""
    head, *lines = made.split("\n")
    assert head.startswith("CREATE TABLE"), head
    end = lines.index(")")
    body = [line.strip().rstrip(", ") for line in lines[:end] if line.strip()]
    dropped = tuple(f"CONSTRAINT ck_{table}_{name} " for name in checks)
    columns = [line for line in body if not line.startswith(("CONSTRAINT ", "PRIMARY KEY"))]
    constraints = [
        line
        for line in body
        if line.startswith(("CONSTRAINT ", "PRIMARY KEY")) and not line.startswith(dropped or "-")
    ]
    dialect = op.get_bind().dialect
    columns += [str(CreateColumn(column).compile(dialect=dialect)) for column in add]
    constraints += [
        f"CONSTRAINT ck_{table}_{name} CHECK ({condition})"
        for name, condition in checks.items()
        if condition is not None
    ]
    return "\n".join([f"CREATE TABLE {table} (", ",\n".join(columns + constraints), *lines[end:]])
