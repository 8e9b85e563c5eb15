"""Write the next revisions of the schema: what the rooms' tables have and the migrations lack.

One file for each room that changed, one function for each table. Run it from the repository's
root, read what it wrote, and commit it:

    python tools/new_migration.py "what changes"
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from itertools import groupby
from typing import TYPE_CHECKING

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy import BigInteger, Text

from martlet.schema_catalogue import load_all_tables
from martlet.store.database import open_database
from martlet.store.migrate import MIGRATIONS, VERSION_TABLE, known_revisions
from martlet.store.schema import Day, Id, Json, Moment, metadata

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from alembic.autogenerate.api import AutogenContext

HEADER = '''"""{message} ({room})."""

{imports}

revision = "{revision}"
down_revision: str | None = {before}


def upgrade() -> None:
    """Carry this revision out."""
{calls}
'''
IMPORTS = {
    "op.": "from alembic import op",
    "sa.": "import sqlalchemy as sa",
    "schema.": "from martlet.store import schema",
    "append_only(": "from martlet.store.migrations.operations import append_only",
}


def main(message: str) -> None:
    """Write one revision for each room that changed."""
    rooms = load_all_tables()
    operations = sorted(_missing_operations(), key=lambda pair: _place(pair[0], rooms))
    for room, found in groupby(operations, key=lambda pair: rooms[pair[0]]):
        path = _write(room, message, list(found))
        for order in (["check", "--fix"], ["format"]):
            subprocess.run(["ruff", *order, "-q", str(path)], check=False)
        print(path)


def _place(table: str, rooms: dict[str, str]) -> tuple[int, str]:
    """Order by room: the vault first, then each room where the first of its tables can stand."""
    order = [rooms[known.name] for known in metadata.sorted_tables]
    return (0 if rooms[table] == "store" else 1 + order.index(rooms[table]), rooms[table])


def _missing_operations() -> list[tuple[str, ops.MigrateOperation]]:
    """Return (table, operation) for all that a freshly migrated database lacks."""
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/empty.db")
        if known_revisions():
            database.migrate()
        with database.engine.connect() as connection:
            context = MigrationContext.configure(
                connection,
                opts={
                    "target_metadata": metadata,
                    "include_name": lambda name, kind, _: kind != "table" or name != VERSION_TABLE,
                },
            )
            script = produce_migrations(context, metadata)
        database.close()
    assert script.upgrade_ops is not None
    return list(_flat(script.upgrade_ops))


def _flat(
    container: ops.OpContainer, new: frozenset[str] = frozenset()
) -> Iterator[tuple[str, ops.MigrateOperation]]:
    """Return each operation with its table; a new table brings all its indexes.

    The comparison passes over indexes on expressions, so a new table's are taken from the
    catalogue. One that is added to an existing table later must be written by hand.
    """
    new |= {each.table_name for each in container.ops if isinstance(each, ops.CreateTableOp)}
    for operation in container.ops:
        if isinstance(operation, ops.OpContainer):
            yield from _flat(operation, new)
        elif isinstance(operation, ops.CreateIndexOp) and operation.table_name in new:
            continue
        else:
            table: str = operation.table_name  # type: ignore[attr-defined] # all are of a table
            yield table, operation
            if isinstance(operation, ops.CreateTableOp):
                indexes = sorted(metadata.tables[table].indexes, key=lambda index: str(index.name))
                yield from ((table, ops.CreateIndexOp.from_index(index)) for index in indexes)


def _write(room: str, message: str, found: list[tuple[str, ops.MigrateOperation]]) -> Path:
    known = known_revisions()
    number = f"{int(known[-1]) + 1 if known else 1:04d}"
    names: dict[str, list[str]] = {}
    for table, operation in found:
        names.setdefault(table, []).append(_render(operation))
    calls = "\n".join(f"    _{table}()" for table in names)
    body = HEADER.format(
        message=message,
        room=room,
        imports="{imports}",
        revision=number,
        before=repr(known[-1]) if known else None,
        calls=calls,
    )
    for table, pieces in names.items():
        body += f"\n\ndef _{table}() -> None:\n"
        body += "".join(f"    {line}\n" for piece in pieces for line in piece.splitlines())
    used = (line for sign, line in IMPORTS.items() if re.search(rf"\b{re.escape(sign)}", body))
    imports = "\n".join(used)
    slug = re.sub(r"[^a-z0-9]+", "_", f"{room} {message}".lower()).strip("_")
    path = MIGRATIONS / "versions" / f"{number}_{slug}.py"
    path.write_text(body.replace("{imports}", imports), encoding="utf-8")
    return path


def _render(operation: ops.MigrateOperation) -> str:
    code = render_python_code(ops.UpgradeOps([operation]), render_item=_render_type)
    stripped = (line.strip() for line in code.splitlines())
    lines = [line for line in stripped if not line.startswith("#")]
    if isinstance(operation, ops.CreateTableOp) and operation.info.get("append_only"):
        lines.append(f'append_only("{operation.table_name}")')
    return "\n".join(lines)


def _render_type(kind: str, value: object, _context: AutogenContext) -> str | bool:
    """Write our own column types by their names in `store.schema`."""
    if kind != "type":
        return False
    if isinstance(value, (Id, Day, Moment, Json)):
        return f"schema.{type(value).__name__}()"
    if isinstance(value, BigInteger):
        return "schema.Amount"
    return "schema.String()" if type(value) is Text else False


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "the first tables")
