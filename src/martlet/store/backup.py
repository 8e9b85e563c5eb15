"""Backup and restore: one file that holds everything of one moment, and proves it.

The tables are read from one snapshot while the bank goes on working, and written as lines that
mean the same on both databases: a backup of SQLite restores into PostgreSQL and back. The manifest
names the schema's revision, the rows and the SHA-256 of every part, and the chain's head. A restore
checks every hash before it writes, writes in one transaction, reads all back and compares again
before it commits; it never touches a database or a folder that has something in it.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
import zlib
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any

import msgspec
from sqlalchemy import inspect

from martlet.kernel.canonical import canonical_json
from martlet.kernel.errors import Conflict, Corrupt, Invalid, NotFound
from martlet.store.chain import read_head, verify_chain
from martlet.store.database import open_database
from martlet.store.driver import Driver
from martlet.store.limits import BACKUP_CHUNK_BYTES, BACKUP_ROWS_PAGE
from martlet.store.migrate import VERSION_TABLE, known_revisions, require_head, upgrade
from martlet.store.rows import columns_of, read_line, write_lines
from martlet.store.schema import metadata, moment_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Connection

    from martlet.store.database import Database

    OnProgress = Callable[[str, int], None]
    """Told the part being done and how many more of its rows or bytes are done."""

FORMAT = 1
MANIFEST = "manifest.json"


class TablePart(msgspec.Struct, frozen=True):
    """One table in a backup."""

    name: str
    columns: tuple[tuple[str, str], ...]
    rows_count: int
    sha256: str


class FilePart(msgspec.Struct, frozen=True):
    """One file of an extra folder: 'label/path/in/it'."""

    name: str
    bytes_count: int
    sha256: str


class BackupManifest(msgspec.Struct, frozen=True):
    """What a backup holds, and the proof of it."""

    format: int
    made_at: str
    dialect: str
    schema_revision: str
    chain_seq: int
    chain_hash: str
    tables: tuple[TablePart, ...]
    files: tuple[FilePart, ...]


def back_up(
    database: Database,
    target: Path,
    folders: Mapping[str, Path] | None = None,
    on_progress: OnProgress | None = None,
) -> BackupManifest:
    """Write everything to `target`, whole or not at all; commands may run meanwhile.

    `folders` are copied under their labels after the tables, so that whatever a row refers to is
    there; a label may also name one file. Every room's tables must have been imported.
    """
    if target.exists():
        raise Conflict("store.backup_exists", path=str(target))
    tell = on_progress or (lambda _part, _count: None)
    draft = target.with_name(f"{target.name}.part")
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
            with database.read() as connection:
                revision = require_head(connection)
                _require_known_tables(connection)
                seq, head = read_head(connection)
                tables = tuple(_write_tables(connection, archive, tell))
            manifest = BackupManifest(
                format=FORMAT,
                made_at=moment_text(database.clock.now()),
                dialect=database.dialect,
                schema_revision=revision,
                chain_seq=seq,
                chain_hash=head,
                tables=tables,
                files=tuple(_write_folders(folders or {}, archive, tell)),
            )
            archive.writestr(MANIFEST, canonical_json(msgspec.to_builtins(manifest)))
        _reach_the_disk(draft)
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)
    _reach_the_disk(target.absolute().parent)
    return manifest


def read_manifest(source: Path) -> BackupManifest:
    """Return what a backup says of itself, or refuse what is not one."""
    with _opened(source) as archive:
        return _manifest(archive, source)


def restore(
    source: Path,
    url: str,
    folders: Mapping[str, Path] | None = None,
    on_progress: OnProgress | None = None,
) -> BackupManifest:
    """Bring a backup back into an empty database and empty folders, all of it or nothing.

    Files of labels that `folders` does not name stay in the backup.
    """
    tell = on_progress or (lambda _part, _count: None)
    places = dict(folders or {})
    with _opened(source) as archive:
        manifest = _manifest(archive, source)
        if manifest.schema_revision not in known_revisions():
            raise Conflict("store.schema_unknown", revision=manifest.schema_revision)
        _check_hashes(archive, manifest, tell)
        for place in places.values():
            if place.is_file() or (place.is_dir() and any(place.iterdir())):
                raise Conflict("store.restore_not_empty", place=str(place))
        with closing(open_database(url)) as database:
            with database.engine.connect() as connection:
                if inspect(connection).get_table_names():
                    raise Conflict("store.restore_not_empty", place=database.dialect)
            _restore_tables(database, archive, manifest, tell)
            _restore_files(archive, manifest, places, tell)
            database.migrate()
    return manifest


def _write_tables(
    connection: Connection, archive: zipfile.ZipFile, tell: OnProgress
) -> Iterator[TablePart]:
    for table in metadata.sorted_tables:
        digest, count = hashlib.sha256(), 0
        with archive.open(_member(table.name), "w", force_zip64=True) as part:
            for line in write_lines(connection, table):
                part.write(line)
                digest.update(line)
                count += 1
                if count % BACKUP_ROWS_PAGE == 0:
                    tell(table.name, BACKUP_ROWS_PAGE)
        tell(table.name, count % BACKUP_ROWS_PAGE)
        yield TablePart(str(table.name), columns_of(table), count, digest.hexdigest())


def _write_folders(
    folders: Mapping[str, Path], archive: zipfile.ZipFile, tell: OnProgress
) -> Iterator[FilePart]:
    for label, folder in sorted(folders.items()):
        assert "/" not in label, label
        paths = [folder] if folder.is_file() else sorted(folder.rglob("*"))
        for path in paths:
            if not path.is_file():
                continue
            inside = "" if path == folder else f"/{path.relative_to(folder).as_posix()}"
            name = f"{label}{inside}"
            with (
                path.open("rb") as source,
                archive.open(f"files/{name}", "w", force_zip64=True) as part,
            ):
                digest, count = _copy(source, part)
            tell(name, count)
            yield FilePart(name, count, digest)


def _copy(source: IO[bytes], target: IO[bytes] | None) -> tuple[str, int]:
    """Copy a file and return its SHA-256 and length; without a target only read it."""
    digest, count = hashlib.sha256(), 0
    while chunk := source.read(BACKUP_CHUNK_BYTES):
        digest.update(chunk)
        count += len(chunk)
        if target is not None:
            target.write(chunk)
    return digest.hexdigest(), count


def _require_known_tables(connection: Connection) -> None:
    """A table that is in the database but not in the catalogue would be lost in silence."""
    stored = set(inspect(connection).get_table_names()) - {VERSION_TABLE}
    assert stored == set(metadata.tables), f"not imported: {sorted(stored ^ set(metadata.tables))}"


@contextmanager
def _opened(source: Path) -> Iterator[zipfile.ZipFile]:
    if not source.is_file():
        raise NotFound("store.backup_missing", path=str(source))
    try:
        with zipfile.ZipFile(source) as archive:
            yield archive
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        reason = type(error).__name__
        raise Invalid("store.backup_unreadable", path=str(source), reason=reason) from error


def _manifest(archive: zipfile.ZipFile, source: Path) -> BackupManifest:
    try:
        manifest = msgspec.json.decode(archive.read(MANIFEST), type=BackupManifest)
    except (KeyError, msgspec.MsgspecError) as error:
        reason = type(error).__name__
        raise Invalid("store.backup_unreadable", path=str(source), reason=reason) from error
    if manifest.format != FORMAT:
        reason = f"format {manifest.format}"
        raise Invalid("store.backup_unreadable", path=str(source), reason=reason)
    return manifest


def _member(table: str) -> str:
    return f"tables/{table}.jsonl"


def _check_hashes(archive: zipfile.ZipFile, manifest: BackupManifest, tell: OnProgress) -> None:
    """Compare every part with the manifest, and refuse a name that would leave its folder."""
    parts = [(_member(part.name), part.sha256) for part in manifest.tables]
    parts += [(f"files/{part.name}", part.sha256) for part in manifest.files]
    for name, expected in parts:
        unsafe = ".." in PurePosixPath(name).parts
        if unsafe or name not in archive.namelist():
            raise Corrupt("store.backup_corrupt", part=name)
        with archive.open(name) as part:
            digest, count = _copy(part, None)
        if digest != expected:
            raise Corrupt("store.backup_corrupt", part=name)
        tell(name, count)


def _restore_tables(
    database: Database, archive: zipfile.ZipFile, manifest: BackupManifest, tell: OnProgress
) -> None:
    upgrade(database.engine, manifest.schema_revision)
    with database.engine.begin() as connection:
        driver = Driver(connection)
        for part in manifest.tables:
            names, kinds = zip(*part.columns, strict=True)
            with archive.open(_member(part.name)) as lines:
                rows: Iterator[list[Any]] = (read_line(line, kinds, driver) for line in lines)
                driver.load(part.name, names, rows)
            tell(part.name, part.rows_count)
        _check_restored(connection, manifest)


def _check_restored(connection: Connection, manifest: BackupManifest) -> None:
    """Read everything back and compare: the hash of each table, and the chain link by link.

    A table whose columns have changed since the backup is proven by the chain and its own hash
    before the later revisions run; its present description no longer fits it.
    """
    for part in manifest.tables:
        table = metadata.tables.get(part.name)
        if table is None or columns_of(table) != part.columns:
            continue
        digest = hashlib.sha256()
        for line in write_lines(connection, table):
            digest.update(line)
        if digest.hexdigest() != part.sha256:
            raise Corrupt("store.backup_corrupt", part=part.name)
    if verify_chain(connection) != (manifest.chain_seq, manifest.chain_hash):
        raise Corrupt("store.backup_corrupt", part="chain")


def _restore_files(
    archive: zipfile.ZipFile, manifest: BackupManifest, places: Mapping[str, Path], tell: OnProgress
) -> None:
    for part in manifest.files:
        label, _, inside = part.name.partition("/")
        place = places.get(label)
        if place is None:
            continue
        path = place / inside if inside else place
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with archive.open(f"files/{part.name}") as source, os.fdopen(handle, "wb") as target:
            digest, count = _copy(source, target)
            target.flush()
            os.fsync(target.fileno())
        assert digest == part.sha256, part.name
        tell(part.name, count)


def _reach_the_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
