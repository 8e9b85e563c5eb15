"""Where raw records lie: Parquet files by tenant, kind and shard, sorted by business.

A file is written whole, synced and renamed into place before it is registered, and never touched
again; a file that no registered import owns does not exist for anybody and may be swept away.
"""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from martlet.kernel.errors import Corrupt
from martlet.records.limits import ROW_GROUP_ROWS, SHARDS
from martlet.records.model import COLUMNS, Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class ShelfFile:
    """A registered file, and since when its rows are known."""

    kind: Kind
    path: str
    """Under the records folder."""
    known_at: datetime | None
    """None: each row says it itself (historic files for back-tests)."""


def shard_of(party_id: UUID) -> int:
    """Return the shard of a business: the same on every machine, for ever."""
    return zlib.crc32(party_id.bytes) % SHARDS


def place_of(tenant_id: UUID, kind: Kind, import_id: UUID, shard: int, part: int) -> str:
    """Return where a file lies under the records folder."""
    return f"{tenant_id}/{kind}/{shard:02d}/{import_id}-{part:02d}.parquet"


def write_file(rows: pl.DataFrame, path: Path) -> int:
    """Write rows, sorted by business and day, so that they survive a crash; return the bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows.sort("party_id", "day", maintain_order=True).write_parquet(
        path, compression="zstd", statistics=True, row_group_size=ROW_GROUP_ROWS
    )
    _sync(path)
    return path.stat().st_size


def put_in_place(path: Path, place: Path) -> None:
    """Move a written file to its place, durably."""
    place.parent.mkdir(parents=True, exist_ok=True)
    path.replace(place)
    _sync(place.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def scan_rows(
    folder: Path,
    kind: Kind,
    files: Iterable[ShelfFile],
    party_ids: Collection[UUID] | None = None,
) -> pl.LazyFrame:
    """Return a plan for the rows of some businesses (or all) in registered files of one kind."""
    plans = []
    for file in files:
        if file.kind is not kind:
            continue
        path = folder / file.path
        if not path.exists():
            raise Corrupt("records.shelf_file_missing", file=file.path)
        rows = pl.scan_parquet(path)
        if party_ids is not None:
            wanted = [str(party_id) for party_id in party_ids]
            one = pl.col("party_id") == wanted[0]
            rows = rows.filter(one if len(wanted) == 1 else pl.col("party_id").is_in(wanted))
        if file.known_at is not None:
            known = pl.lit(file.known_at).cast(COLUMNS[kind]["known_at"])
            rows = rows.with_columns(known.alias("known_at"))
        plans.append(rows.select(list(COLUMNS[kind])))
    if not plans:
        return pl.LazyFrame(schema=COLUMNS[kind])
    return pl.concat(plans)
