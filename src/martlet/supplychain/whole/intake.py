"""Read an edge table in Parquet, batch by batch, into arrays of numbers.

The invariant: memory is bounded by the arrays, the keys and one batch; a row that cannot be an edge
(an end missing, negative or unreadable, a relation nobody knows, a date missing where there is a
column for it) is left out and counted, never guessed. The same key in another encoding or in full
width is the same key.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from martlet.kernel.errors import Invalid, TooLarge
from martlet.supplychain.whole.columns import Columns, columns_of
from martlet.supplychain.whole.keys import Keys
from martlet.supplychain.whole.limits import (
    BATCH_ROWS,
    DENSE_ID_MAX,
    EDGES_MAX,
    FILES_MAX,
    NODES_MAX,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from martlet.supplychain.whole.graph import Marks, Nodes

    Moved = Callable[[int, int | None], None]


@dataclass(slots=True)
class Told:
    """What was met while reading, by what it was."""

    rows_count: int = 0
    ends_missing_count: int = 0
    """An end is empty, negative or no text in any encoding."""
    relations_unknown_count: int = 0
    undated_count: int = 0
    keys_rewritten_count: int = 0
    """Ends whose key was written otherwise: spaces around it, full width, another encoding."""


@dataclass(frozen=True, slots=True)
class EdgeTable:
    """An edge table as arrays."""

    sources: Nodes
    targets: Nodes
    marks: Marks
    keys: Keys
    told: Told = field(default_factory=Told)


def read_edges(path: Path, moved: Moved | None = None) -> EdgeTable:
    """Return the edges of a Parquet file, or of a folder of them, as arrays."""
    edge_files, node_files = _files(path)
    tables = [columns_of(file) for file in edge_files]
    rows = sum(table.rows_count for table in tables)
    if rows > EDGES_MAX:
        raise TooLarge("whole.too_many_edges", count=rows, most=EDGES_MAX)
    marked = any(table.marks for table in tables)
    told = Told(rows)
    whole = all(table.numbers for table in tables)
    lists = [_ids(file) for file in node_files]
    whole = whole and all(one.dtype.is_integer() for one in lists)
    keys = _dense_keys(tables, lists) if whole else _text_keys(tables, lists, whole=False)
    if keys is None:
        keys = _text_keys(tables, lists, whole=True)
    if keys.count > NODES_MAX:
        raise TooLarge("whole.too_many_nodes", count=keys.count, most=NODES_MAX)
    sources, targets = np.empty(rows, np.int32), np.empty(rows, np.int32)
    marks = np.empty(rows if marked else 0, np.uint32)
    number, written, read = _numbering(keys, whole=whole), 0, 0
    for table in tables:
        for batch in table.batches(BATCH_ROWS, told, text=not whole, marked=marked):
            read += batch.rows_count
            ends = [number(batch.frame[side]) for side in ("src", "dst")]
            size = batch.frame.height
            sources[written : written + size] = ends[0]
            targets[written : written + size] = ends[1]
            if marked:
                marks[written : written + size] = batch.frame["mark"].to_numpy()
            written += size
            if moved:
                moved(read, rows)
    return EdgeTable(sources[:written], targets[:written], marks[:written], keys, told)


def _numbering(keys: Keys, *, whole: bool) -> Callable[[pl.Series], Any]:
    """Return what turns a column of keys into numbers."""
    if keys.series is None:
        return lambda ends: ends.to_numpy()
    if whole:
        ids = keys.series.to_numpy()
        if int(ids[-1]) <= DENSE_ID_MAX:
            place = np.empty(int(ids[-1]) + 1, np.int32)
            place[ids] = np.arange(len(ids), dtype=np.int32)
            return lambda ends: place[ends.to_numpy()]
        return lambda ends: np.searchsorted(ids, ends.to_numpy()).astype(np.int32)
    numbers = pl.int_range(0, keys.count, dtype=pl.Int32, eager=True).alias("number")
    known = pl.DataFrame([keys.series.alias("key"), numbers])

    def found(ends: pl.Series) -> Any:  # noqa: ANN401 - numpy's
        asked = ends.alias("key").to_frame()
        met = asked.join(known, on="key", how="left", maintain_order="left")
        return met["number"].to_numpy()

    return found


def _dense_keys(tables: list[Columns], lists: list[pl.Series]) -> Keys | None:
    """Return the keys of whole numbers small enough to be looked up; None where they are not."""
    most = max((table.most for table in tables), default=-1)
    most = max([most, *(int(ids.max() or -1) for ids in lists)])  # type: ignore[arg-type]
    if most > DENSE_ID_MAX:
        return None
    there = np.zeros(most + 1, np.bool_)
    for ids in lists:
        there[ids.filter(ids >= 0).to_numpy()] = True
    for table in tables:
        for batch in table.batches(BATCH_ROWS, Told(), text=False, marked=False):
            there[batch.frame["src"].to_numpy()] = True
            there[batch.frame["dst"].to_numpy()] = True
    if there.all():
        return Keys(most + 1)
    present = np.flatnonzero(there)
    return Keys(len(present), pl.Series("id", present, dtype=pl.Int64))


def _text_keys(tables: list[Columns], lists: list[pl.Series], *, whole: bool) -> Keys:
    """Return the different keys of all files, sorted."""
    kind = pl.Int64 if whole else pl.String
    found = pl.Series("id", [], dtype=kind)
    waiting = [ids.cast(kind).alias("id") for ids in lists]
    for part in _parts(tables, whole=whole):
        waiting.append(part)
        if sum(map(len, waiting)) > 4 * BATCH_ROWS:
            found, waiting = pl.concat([found, *waiting]).unique(), []
    found = pl.concat([found, *waiting]).unique().sort()
    return Keys(len(found), found)


def _parts(tables: list[Columns], *, whole: bool) -> Iterator[pl.Series]:
    for table in tables:
        for batch in table.batches(BATCH_ROWS, Told(), text=not whole, marked=False):
            yield pl.concat(
                [batch.frame["src"].alias("id"), batch.frame["dst"].alias("id")]
            ).unique()


def _ids(file: Path) -> pl.Series:
    """Return the ids of a table of nodes."""
    frame = pl.read_parquet(file)
    names = {name.strip().lower(): name for name in frame.columns}
    if "id" not in names:
        raise Invalid("whole.column_missing", file=file.name, names="id")
    ids = frame[names["id"]].drop_nulls().unique()
    return ids if ids.dtype.is_integer() else ids.cast(pl.String, strict=False).drop_nulls()


def _files(path: Path) -> tuple[list[Path], list[Path]]:
    """Return the files of edges and of nodes under a path."""
    nodes: list[Path] = []
    if path.is_dir():
        inner = [path / name for name in ("edges", "edges.parquet") if (path / name).exists()]
        beside = [path / name for name in ("vertices", "vertices.parquet")]
        nodes = [file for one in beside if one.exists() for file in _within(one)]
        path = inner[0] if inner else path
    found = [file for file in _within(path) if file not in nodes]
    if not found:
        raise Invalid("whole.no_parquet", path=str(path))
    if len(found) > FILES_MAX:
        raise TooLarge("whole.too_many_files", count=len(found), most=FILES_MAX)
    return found, nodes


def _within(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(path.rglob("*.parquet"))
    return [path] if path.is_file() else []
