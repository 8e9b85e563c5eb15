"""What a revision needs beside Alembic's own operations."""

from __future__ import annotations

from alembic import op

from martlet.store.schema import append_only_ddl


def append_only(table: str) -> None:
    """Make the database refuse any change or removal of the table's rows."""
    for statement in append_only_ddl(table, op.get_bind().dialect.name):
        op.execute(statement)
