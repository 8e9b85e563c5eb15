"""Bring a database to the schema that this version of Martlet needs, or say why that cannot be.

A revision is known by the number that begins its file's name; the last one is the head. A database
that stands there already costs one query and no library.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from martlet.kernel.errors import Conflict

if TYPE_CHECKING:
    from sqlalchemy import Engine

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "alembic_version"


def known_revisions() -> list[str]:
    """Return every revision of this version of Martlet, oldest first."""
    names = (path.name for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    return sorted(name.split("_")[0] for name in names)


def head_revision() -> str:
    """Return the revision that this version of Martlet needs."""
    return known_revisions()[-1]


def current_revision(connection: Connection) -> str | None:
    """Return the revision at which a database stands; None where it has none."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    revision: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608 - a constant
    return revision


def require_head(connection: Connection) -> str:
    """Return the head revision where the database stands there, else say what to do."""
    current, head = current_revision(connection), head_revision()
    if current is None:
        raise Conflict("store.schema_unversioned")
    if current not in known_revisions():
        raise Conflict("store.schema_unknown", revision=current)
    if current != head:
        raise Conflict("store.schema_behind", revision=current, expected=head)
    return current


def upgrade(engine: Engine, target: str = "head") -> bool:
    """Carry out the revisions up to `target`, all or none; tell whether there were any."""
    with engine.begin() as connection:
        current = current_revision(connection)
        if current == head_revision():
            return False
        if current is None and inspect(connection).get_table_names():
            raise Conflict("store.schema_unversioned")
        if current is not None and current not in known_revisions():
            raise Conflict("store.schema_unknown", revision=current)
        _run_alembic(connection, target)
    return True


def _run_alembic(connection: Connection, target: str) -> None:
    from alembic import command  # noqa: PLC0415 - only where there is something to do
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, target)
