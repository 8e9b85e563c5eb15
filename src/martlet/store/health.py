"""What `martlet doctor` looks at: whether the promises of the vault can be kept on this machine.

It only reads, and it takes no lock, so it may look at a bank that is at work.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from time import perf_counter_ns
from typing import TYPE_CHECKING

from sqlalchemy import make_url, select, text
from sqlalchemy.exc import DBAPIError

from martlet.kernel.errors import Conflict, Corrupt
from martlet.store.chain import read_head, verify_chain
from martlet.store.database import lock_file, reading_engine
from martlet.store.limits import (
    DISK_FREE_MB_LOW,
    DISK_FREE_MB_MIN,
    FSYNC_SAMPLES,
    FSYNC_US_SLOW,
)
from martlet.store.migrate import require_head
from martlet.store.tables import chain_entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection

    from martlet.kernel.errors import Detail

_MB = 1_048_576
_RACE_FIRST = (3, 7, 0)
_RACE_MENDED = (3, 51, 3)
_RACE_BACKPORTS = {(3, 44): 6, (3, 50): 7}
"""The WAL-reset race: two connections, one checkpoints while the other commits; mended in 3.51.3
and, of the older lines, from these patches on (sqlite.org, "WAL-reset bug")."""


class Level(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; its sentence is made from the code and the details."""

    level: Level
    code: str
    details: Mapping[str, Detail] = field(default_factory=dict)


def examine(url: str, home: Path, keys_file: Path, *, deep: bool = False) -> list[Finding]:
    """Return what there is to say about a bank; `deep` also reads the whole database."""
    findings = [_disk(home), _fsync(home), _keys(keys_file)]
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        path = Path(str(parsed.database))
        if not path.exists():
            return [
                *findings,
                Finding(Level.WARNING, "store.database_missing", {"path": str(path)}),
            ]
        findings.append(_writer(path))
    engine = reading_engine(url)
    try:
        with engine.connect() as connection, connection.begin():
            findings += _engine_findings(connection)
            findings += _content_findings(connection, deep=deep)
    except DBAPIError as error:
        reason = type(error.orig).__name__
        findings.append(Finding(Level.FAILURE, "store.database_unreachable", {"reason": reason}))
    finally:
        engine.dispose()
    return findings


def has_wal_race(version: tuple[int, int, int]) -> bool:
    """Tell whether this SQLite can lose commits when a checkpoint meets a commit."""
    if not _RACE_FIRST <= version < _RACE_MENDED:
        return False
    mended_from = _RACE_BACKPORTS.get(version[:2])
    return mended_from is None or version[2] < mended_from


def _disk(home: Path) -> Finding:
    free_mb = shutil.disk_usage(_existing(home)).free // _MB
    details: dict[str, Detail] = {"free_mb": free_mb, "path": str(home)}
    if free_mb < DISK_FREE_MB_MIN:
        return Finding(Level.FAILURE, "store.disk_full", details)
    if free_mb < DISK_FREE_MB_LOW:
        return Finding(Level.WARNING, "store.disk_low", details)
    return Finding(Level.OK, "store.disk_free", details)


def _existing(path: Path) -> Path:
    """The folder itself, or the nearest one above it that is there."""
    return next(place for place in (path, *path.absolute().parents) if place.is_dir())


def _fsync(home: Path) -> Finding:
    """Measure the middle one of some commits' waits for the disk."""
    probe = _existing(home) / f".martlet-fsync-{os.getpid()}"
    waits_ns = []
    handle = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        for _ in range(FSYNC_SAMPLES):
            os.write(handle, bytes(4096))
            begun = perf_counter_ns()
            os.fdatasync(handle)
            waits_ns.append(perf_counter_ns() - begun)
    finally:
        os.close(handle)
        probe.unlink()
    fsync_us = sorted(waits_ns)[FSYNC_SAMPLES // 2] // 1000
    details: dict[str, Detail] = {"fsync_us": fsync_us}
    if fsync_us > FSYNC_US_SLOW:
        return Finding(Level.WARNING, "store.fsync_slow", details)
    return Finding(Level.OK, "store.fsync_time", details)


def _keys(keys_file: Path) -> Finding:
    details: dict[str, Detail] = {"path": str(keys_file)}
    if not keys_file.exists():
        return Finding(Level.WARNING, "store.keys_missing", details)
    mode = keys_file.stat().st_mode & 0o777
    if mode & 0o077:
        return Finding(Level.FAILURE, "store.keys_open", {**details, "mode": f"{mode:03o}"})
    return Finding(Level.OK, "store.keys_private", details)


def _writer(path: Path) -> Finding:
    """Tell whether a process holds the right to write; nothing is wrong either way."""
    place = lock_file(path)
    if place.exists():
        handle = os.open(place, os.O_RDWR)
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return Finding(Level.OK, "store.writer_at_work", {"path": str(path)})
        finally:
            os.close(handle)
    return Finding(Level.OK, "store.writer_absent", {"path": str(path)})


def _engine_findings(connection: Connection) -> Iterator[Finding]:
    if connection.dialect.name == "sqlite":
        version = str(connection.scalar(text("SELECT sqlite_version()")))
        major, minor, patch = (int(part) for part in version.split("."))
        if has_wal_race((major, minor, patch)):
            yield Finding(Level.WARNING, "store.sqlite_wal_race", {"version": version})
        else:
            yield Finding(Level.OK, "store.sqlite_version", {"version": version})
        return
    version = str(connection.scalar(text("SHOW server_version")))
    yield Finding(Level.OK, "store.postgres_version", {"version": version})
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        if connection.scalar(text(f"SHOW {setting}")) == "off":
            yield Finding(Level.FAILURE, "store.commits_not_durable", {"setting": setting})


def _content_findings(connection: Connection, *, deep: bool) -> Iterator[Finding]:
    try:
        yield Finding(Level.OK, "store.schema_at_head", {"revision": require_head(connection)})
        seq, digest = verify_chain(connection) if deep else _last_link(connection)
        yield Finding(
            Level.OK,
            "store.chain_verified" if deep else "store.chain_head",
            {"entries_count": seq, "hash": digest[:16]},
        )
        if deep and connection.dialect.name == "sqlite":
            answer = str(connection.scalar(text("PRAGMA integrity_check(1)")))
            if answer != "ok":
                yield Finding(Level.FAILURE, "store.sqlite_damaged", {"reason": answer})
    except (Conflict, Corrupt) as error:
        yield Finding(Level.FAILURE, error.code, error.details)


def _last_link(connection: Connection) -> tuple[int, str]:
    """Return the chain's head after comparing it with the last entry."""
    # all tenants: one chain holds the whole bank
    seq, digest = read_head(connection)
    query = select(chain_entry.c.seq, chain_entry.c.hash).order_by(chain_entry.c.seq.desc())
    last = connection.execute(query.limit(1)).first()
    found_seq, found_hash = (last.seq, last.hash) if last else (0, digest)
    if (found_seq, found_hash) != (seq, digest):
        raise Corrupt("store.chain_head_differs", expected_seq=found_seq, found_seq=seq)
    return seq, digest
