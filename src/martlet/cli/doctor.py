"""What `martlet doctor` looks at: the interpreter, SQLite, the folder, the keys, the disk.

Each check says what it found and, where that is not good, what to do. It changes nothing but a
small file that it writes and removes to time the disk.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from time import perf_counter
from typing import TYPE_CHECKING, Any

from martlet.cli.words import say

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from martlet.kernel.config import Settings

FREE_BYTES_WANTED = 2 * 10**9
"""Two gigabytes: a day of a small bank's records, its backup, and room to write the log."""

FSYNC_ROUNDS = 20
FSYNC_MS_GOOD = 20
"""Above it a single command waits noticeably; group commit still carries many at once."""

_WAL_RACE_FROM, _WAL_RACE_FIXED = (3, 7, 0), (3, 51, 3)
_WAL_RACE_BACKPORTS = {(3, 44): 6, (3, 50): 7}


@dataclass(frozen=True, slots=True)
class Finding:
    """One check and what it found: good, odd, or bad."""

    check: str
    state: str
    found: str

    def as_row(self) -> dict[str, Any]:
        """Return it as a row of a table."""
        return {"check": self.check, "state": self.state, "found": self.found}


def examine(settings: Settings) -> list[Finding]:
    """Run every check; one that cannot run is itself a finding."""
    checks: tuple[Callable[[Settings], Finding], ...] = (
        _python,
        _sqlite,
        _folder,
        _keys,
        _space,
        _disk,
        _database,
        _extras,
    )
    return [check(settings) for check in checks]


def has_wal_race(version: tuple[int, int, int]) -> bool:
    """Tell whether this SQLite can lose commits when two connections checkpoint and write."""
    if version < _WAL_RACE_FROM or version >= _WAL_RACE_FIXED:
        return False
    backport = _WAL_RACE_BACKPORTS.get(version[:2])
    return backport is None or version[2] < backport


def _python(_settings: Settings) -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", "good" if sys.version_info >= (3, 11) else "bad", found)


def _sqlite(settings: Settings) -> Finding:
    from martlet.store.database import sqlite_driver

    if settings.url.startswith("postgresql"):
        return Finding("sqlite", "good", say("not used: the book is on PostgreSQL"))
    driver = sqlite_driver()
    numbers = [int(part) for part in driver.sqlite_version.split(".")]
    found = f"{driver.sqlite_version} ({driver.__name__.split('.')[0]})"
    if has_wal_race((numbers[0], numbers[1], numbers[2])):
        advice = say("has the WAL-reset race; one writer guards against it; install pysqlite3")
        return Finding("sqlite", "odd", f"{found}: {advice}")
    return Finding("sqlite", "good", found)


def _folder(settings: Settings) -> Finding:
    home = settings.home
    if not home.is_dir():
        return Finding("home", "bad", f"{home}: {say('no bank here; run martlet init')}")
    if not os.access(home, os.W_OK):
        return Finding("home", "bad", f"{home}: {say('not writable')}")
    return Finding("home", "good", str(home))


def _keys(settings: Settings) -> Finding:
    path = settings.keys_file
    if not path.exists():
        return Finding("keys", "bad", say("no keys yet; run martlet init"))
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return Finding("keys", "bad", f"{path}: {mode:o}; chmod 600")
    return Finding("keys", "good", say("readable by their owner only"))


def _space(settings: Settings) -> Finding:
    free = shutil.disk_usage(_nearest(settings.home)).free
    state = "good" if free >= FREE_BYTES_WANTED else "odd"
    return Finding("space", state, f"{free // 10**9} GB")


def _disk(settings: Settings) -> Finding:
    """Time how long the disk takes to promise that a write will survive."""
    probe = _nearest(settings.home) / f".martlet-fsync-{os.getpid()}"
    handle = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    times = []
    try:
        for _ in range(FSYNC_ROUNDS):
            start = perf_counter()
            os.write(handle, b"x" * 4096)
            os.fsync(handle)
            times.append((perf_counter() - start) * 1000)
    finally:
        os.close(handle)
        probe.unlink()
    median = sorted(times)[len(times) // 2]
    return Finding("fsync", "good" if median <= FSYNC_MS_GOOD else "odd", f"{median:.2f} ms")


def _database(settings: Settings) -> Finding:
    from martlet.kernel.errors import MartletError
    from martlet.store import open_database

    if not settings.database_url and not (settings.home / "martlet.db").exists():
        return Finding("database", "bad", say("no bank here; run martlet init"))
    try:
        database = open_database(settings.url)
    except MartletError as error:
        from martlet.cli.words import sentence

        return Finding("database", "odd", sentence(error.code, error.details))
    try:
        with_tables = database.has_schema()
    finally:
        database.close()
    found = database.dialect if with_tables else say("no tables yet; run martlet init")
    return Finding("database", "good" if with_tables else "bad", found)


def _extras(_settings: Settings) -> Finding:
    wanted = {"postgres": "psycopg"}
    missing = [extra for extra, package in wanted.items() if find_spec(package) is None]
    found = say("not installed: {extras}", extras=", ".join(missing)) if missing else say("all")
    return Finding("extras", "good", found)


def _nearest(path: Path) -> Path:
    """Return the folder itself or the nearest one above that exists."""
    resolved = path.resolve()
    return next(place for place in (resolved, *resolved.parents) if place.is_dir())
