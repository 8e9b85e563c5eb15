"""The revisions lead from an empty database to exactly the tables that the rooms describe."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import insert, select, text, update

from martlet.kernel.errors import Conflict
from martlet.schema_catalogue import load_all_tables
from martlet.store import Command, Database, open_database, verify_chain
from martlet.store.migrate import MIGRATIONS, VERSION_TABLE, head_revision, require_head, upgrade
from martlet.store.schema import metadata

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from martlet.kernel.principal import Principal

ROOMS = load_all_tables()

POSTGRES_SCHEMA = """
SELECT table_name, column_name, concat_ws(' ', data_type, is_nullable, column_default)
  FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
  FROM pg_constraint WHERE conrelid <> 0 AND connamespace = 'public'::regnamespace
UNION ALL SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
  FROM pg_trigger WHERE NOT tgisinternal
"""


def _schema(connection: Connection) -> set[tuple[str, str, str]]:
    """Return all that the database says of its tables: (table, name, definition)."""
    query = POSTGRES_SCHEMA
    if connection.dialect.name == "sqlite":
        query = "SELECT tbl_name, type || ' ' || name, coalesce(sql, '') FROM sqlite_master"
    rows = connection.execute(text(query)).all()
    return {(t, n, _plain(d)) for t, n, d in rows if t != VERSION_TABLE}


def _plain(definition: str) -> str:
    """Two definitions are the same, in whatever order their columns and constraints stand.

    SQLite writes every column that was added later on one line with the one before it.
    """
    columns = re.split(r"\n|, (?=\w+ (?:INTEGER|TEXT|BLOB)\b)", definition)
    return "\n".join(sorted(part.strip(" \t,") for part in columns))


def test_the_revisions_make_the_tables_of_all_rooms(fresh_url: Callable[[str], str]) -> None:
    for kind in ("sqlite", "postgresql"):
        migrated, described = open_database(fresh_url(kind)), open_database(fresh_url(kind))
        migrated.migrate()
        metadata.create_all(described.engine)
        with migrated.read() as one, described.read() as other:
            made, wanted = _schema(one), _schema(other)
        assert made - wanted == set(), "the revisions make what no room describes"
        assert wanted - made == set(), "run tools/new_migration.py: the revisions lack this"
        migrated.close()
        described.close()


def test_a_migrated_bank_works_and_stays_as_it_is(database_url: str, principal: Principal) -> None:
    database = open_database(database_url)
    database.migrate()
    database.command(Command("bell.ring", principal, "k-1", {}), lambda _: {"rung": True})
    database.migrate()
    with database.read() as connection:
        assert require_head(connection) == head_revision()
        assert verify_chain(connection)[0] == 1
    database.close()


def test_the_head_is_the_one_that_alembic_finds() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [head_revision()]


def test_tables_that_no_revision_made_are_refused(database: Database) -> None:
    with pytest.raises(Conflict, match="store.schema_unversioned"):
        database.migrate()
    with database.read() as connection, pytest.raises(Conflict, match="schema_unversioned"):
        require_head(connection)


def test_a_schema_of_a_later_version_is_refused(database_url: str) -> None:
    database = open_database(database_url)
    database.migrate()
    with database.engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(Conflict, match="store.schema_unknown"):
        database.migrate()
    with database.read() as connection, pytest.raises(Conflict, match="schema_unknown"):
        require_head(connection)
    database.close()


def test_a_schema_that_is_behind_says_what_it_needs(database_url: str) -> None:
    database = open_database(database_url)
    database.migrate()
    with database.engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '0001'"))
    with database.read() as connection, pytest.raises(Conflict, match="store.schema_behind"):
        require_head(connection)
    database.close()


def test_every_table_belongs_to_a_tenant_or_to_the_vault() -> None:
    shared = {name for name, table in metadata.tables.items() if "tenant_id" not in table.c}
    assert shared <= {"chain_head", "subscriber", "tenant"} | {
        name for name, room in ROOMS.items() if room == "store"
    }


def test_a_table_that_is_reshaped_keeps_its_rows(database_url: str) -> None:
    """A line of before the events of every kind is still there, and may now pass its limit."""
    database = open_database(database_url)
    upgrade(database.engine, "0011")
    line = {
        **dict.fromkeys(("facility_id", "tenant_id", "party_id", "offer_id"), UUID(int=7)),
        "product": "revolving_daily",
        "limit_fen": 100,
        "used_fen": 60,
        "rate_ppm_per_day": 300,
        "tenors": [30],
        **dict.fromkeys(("opened_on", "available_until"), date(2026, 3, 2)),
    }
    table = metadata.tables["lending_facility"]
    with database.engine.begin() as connection:
        connection.execute(insert(table).values(line))
    database.migrate()
    with database.engine.begin() as connection:
        connection.execute(update(table).values(used_fen=130))
        assert connection.execute(select(table.c.limit_fen, table.c.used_fen)).all() == [(100, 130)]
    database.close()
