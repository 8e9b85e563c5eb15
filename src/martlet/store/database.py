"""Open a database, write to it by commands, read from it by snapshots.

SQLite: WAL, synchronous FULL, one connection that writes and checkpoints, readers that cannot
write, and a lock on a file beside it so that no second process writes. PostgreSQL: psycopg, the
chain's head row as the turn to write, so several processes may share it.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, make_url, select
from sqlalchemy.pool import QueuePool, StaticPool

from martlet.kernel.clock import Clock, SystemClock
from martlet.kernel.errors import Conflict, Invalid, missing_extra
from martlet.kernel.ids import IdSource, SystemIds
from martlet.store.chain import GENESIS
from martlet.store.command import note_replay
from martlet.store.limits import READERS_MAX
from martlet.store.migrate import upgrade
from martlet.store.schema import metadata
from martlet.store.tables import chain_head
from martlet.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from martlet.store.command import Answer, Command
    from martlet.store.group import Handler


class Reading(Protocol):
    """Whatever snapshots can be read from: the open database, or a process that only reads."""

    def read(self) -> AbstractContextManager[Connection]:
        """Open a snapshot in which nothing can be written."""
        ...


class Snapshots:
    """An existing database, open for reading only: for processes beside the one that writes."""

    def __init__(self, url: str) -> None:
        self._reading = reading_engine(url)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a snapshot: everything read inside belongs to one moment."""
        with self._reading.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Let go of the database."""
        self._reading.dispose()


class Database:
    """The bank's database, open: one way to write, one way to read."""

    def __init__(
        self,
        writing: Engine,
        reading: Engine,
        clock: Clock,
        ids: IdSource,
        *,
        wait_ms: int,
        threaded: bool,
        lock_handle: int | None,
    ) -> None:
        self.clock = clock
        self.ids = ids
        self._writing = writing
        self._reading = reading
        self._lock_handle = lock_handle
        self._writer = Writer(writing, clock, ids, wait_ms=wait_ms, threaded=threaded)

    @property
    def dialect(self) -> str:
        """'sqlite' or 'postgresql'."""
        return self._writing.dialect.name

    @property
    def engine(self) -> Engine:
        """The writing engine, for migrations and backups while nothing else writes."""
        return self._writing

    def migrate(self) -> None:
        """Bring the schema to what this version needs; where it stands already, do nothing."""
        if upgrade(self._writing):
            self._begin_chain()

    def create_schema(self) -> None:
        """Create every imported table that is not there yet: for tests, beside the revisions."""
        metadata.create_all(self._writing)
        self._begin_chain()

    def _begin_chain(self) -> None:
        with self._writing.begin() as connection:
            if connection.execute(select(chain_head.c.id)).first() is None:
                connection.execute(insert(chain_head).values(id=1, seq=0, hash=GENESIS))

    def has_schema(self) -> bool:
        """Tell whether the bank's tables are there."""
        with self._reading.connect() as connection:
            return inspect(connection).has_table(chain_head.name)

    def command(self, command: Command, handler: Handler) -> Answer:
        """Carry out `command` once, durably, and return its answer.

        Raises what the handler raises (nothing is then changed), `Conflict` when the key was used
        for another request, `Unavailable` when the queue is full or the database fails.
        """
        answer = self._writer.submit(command, handler)
        note_replay(command, answer)
        return answer

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a snapshot: everything read inside belongs to one moment; nothing can be written."""
        with self._reading.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Finish what waits and let go of the database."""
        self._writer.close()
        self._reading.dispose()
        self._writing.dispose()
        if self._lock_handle is not None:
            os.close(self._lock_handle)
            self._lock_handle = None


def open_database(
    url: str,
    *,
    clock: Clock | None = None,
    ids: IdSource | None = None,
    wait_ms: int = 2,
    threaded: bool = True,
) -> Database:
    """Open the database at `url` (`sqlite:///path` or `postgresql://…`).

    `threaded=False` carries out each command in the caller's thread with a commit of its own: for
    the simulated world, where the order must not depend on threads.
    """
    parsed = make_url(url)
    lock: int | None = None
    clock, ids = clock or SystemClock(), ids or SystemIds()
    match parsed.get_backend_name():
        case "sqlite":
            if not parsed.database or parsed.database == ":memory:":
                raise Invalid("store.url_unsupported", scheme="sqlite in memory")
            path = Path(parsed.database)
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = _writer_lock(path)
            writing, reading = _sqlite_engines(path)
        case "postgresql":
            writing, reading = _postgres_engines(url)
        case other:
            raise Invalid("store.url_unsupported", scheme=other)
    return Database(
        writing, reading, clock, ids, wait_ms=wait_ms, threaded=threaded, lock_handle=lock
    )


def sqlite_driver() -> Any:  # noqa: ANN401 - a DBAPI module
    """Return the SQLite driver: pysqlite3 where installed (free of the WAL-reset race)."""
    try:
        import pysqlite3.dbapi2 as driver  # noqa: PLC0415
    except ImportError:
        import sqlite3 as driver  # noqa: PLC0415
    # Without an adapter of its own the driver searches three protocols for every bytes and None
    # that is bound: 3 µs each, more than the insertion of a row.
    driver.register_adapter(bytes, bytes)
    driver.register_adapter(type(None), _unchanged)
    return driver


def _unchanged(value: None) -> None:
    """Bind NULL as it is."""
    return value


def lock_file(path: Path) -> Path:
    """Return the file whose lock is the right to write the database at `path`."""
    return path.with_name(f"{path.name}.lock")


def reading_engine(url: str) -> Engine:
    """Return an engine that can read an existing database and cannot write it."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite_engines(Path(str(parsed.database)))[1]
    return _postgres_engines(url)[1]


def _writer_lock(path: Path) -> int:
    """Take the right to write this file, or say that another process has it."""
    handle = os.open(lock_file(path), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise Conflict("store.second_writer", path=str(path)) from error
    return handle


def _sqlite_engines(path: Path) -> tuple[Engine, Engine]:
    url, driver = f"sqlite:///{path}", sqlite_driver()
    common: dict[str, Any] = {
        "module": driver,
        "connect_args": {"check_same_thread": False, "cached_statements": 512},
    }
    writing = create_engine(url, poolclass=StaticPool, **common)
    reading = create_engine(url, poolclass=QueuePool, pool_size=READERS_MAX, **common)

    @event.listens_for(writing, "connect")
    def _prepare_writer(connection: Any, _record: object) -> None:  # noqa: ANN401
        connection.isolation_level = None
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "cache_size = -262144",
            "temp_store = MEMORY",
            "wal_autocheckpoint = 16000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(writing, "begin")
    def _begin_writing(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    @event.listens_for(reading, "connect")
    def _prepare_reader(connection: Any, _record: object) -> None:  # noqa: ANN401
        connection.isolation_level = None
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA mmap_size = 1073741824")
        connection.execute("PRAGMA busy_timeout = 5000")

    @event.listens_for(reading, "begin")
    def _begin_reading(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return writing, reading


def _postgres_engines(url: str) -> tuple[Engine, Engine]:
    try:
        import psycopg  # noqa: F401, PLC0415 - only to say in one sentence that it is missing
    except ImportError as error:
        raise missing_extra("postgres", "psycopg") from error
    full = make_url(url).set(drivername="postgresql+psycopg")
    writing = create_engine(
        full, pool_size=1, max_overflow=0, isolation_level="READ COMMITTED", pool_pre_ping=True
    )
    reading = create_engine(
        full,
        pool_size=READERS_MAX,
        pool_pre_ping=True,
        isolation_level="REPEATABLE READ",
        execution_options={"postgresql_readonly": True},
    )
    return writing, reading
