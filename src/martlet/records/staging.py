"""Rows on their way to the shelf: cut into buckets on disk, fitted to what is known, written.

Memory holds a buffer or one bucket, never the file. Fitting decides of each row whether it is new,
known word for word (skipped), or known otherwise (the next revision). Rows of one identity inside
one file are told apart by their order (`#1`, `#2`, …), so a second export that overlaps the first
finds its twins again.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

import polars as pl

from martlet.records.limits import (
    BUCKET_BYTES,
    BUCKETS_PER_SHARD_MAX,
    BUFFER_ROWS,
)
from martlet.records.model import AMOUNTS, COLUMNS, COMMON, Kind
from martlet.records.shelf import shard_of, write_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Written:
    """One file of an import, ready to be put in its place."""

    shard: int
    part: int
    path: Path
    rows: int
    bytes: int


@dataclass(slots=True)
class Fitted:
    """What fitting the whole import to the shelf came to."""

    files: list[Written]
    parties: dict[UUID, int]
    """Rows kept for each business that the file speaks of, 0 where all were known."""
    kept: int = 0
    revised: int = 0
    known: int = 0
    total_fen: int = 0
    twins: int = 0
    """Second rows of one identity, where the format calls that a mistake."""
    twin_lines: tuple[int, ...] = ()


class Staging:
    """The buckets of one import."""

    def __init__(self, folder: Path, kind: Kind, size_bytes: int, *, one_party: bool) -> None:
        self._folder = folder
        self._kind = kind
        self._parts = min(1 + size_bytes // BUCKET_BYTES, BUCKETS_PER_SHARD_MAX)
        if not one_party:
            self._parts = min(1 + size_bytes // (BUCKET_BYTES * 8), BUCKETS_PER_SHARD_MAX)
        self._shards: dict[str, int] = {}
        self._buffer: list[pl.DataFrame] = []
        self._buffered = 0
        self._pieces: dict[tuple[int, int], list[Path]] = defaultdict(list)

    def add(self, rows: pl.DataFrame) -> None:
        """Take rows in, in the columns of their kind, with `party_id` and `line`."""
        self._buffer.append(rows)
        self._buffered += rows.height
        if self._buffered >= BUFFER_ROWS:
            self._flush()

    def _flush(self) -> None:
        if not self._buffered:
            return
        rows = pl.concat(self._buffer)
        self._buffer, self._buffered = [], 0
        for text in rows["party_id"].unique():
            if text not in self._shards:
                self._shards[text] = shard_of(UUID(text))
        marked = rows.with_columns(
            pl.col("party_id").replace_strict(self._shards, return_dtype=pl.Int64).alias("shard"),
            self._part_of().alias("part"),
        )
        self._folder.mkdir(parents=True, exist_ok=True)
        for piece in marked.partition_by("shard", "part", maintain_order=True):
            shard, part = int(piece["shard"][0]), int(piece["part"][0])
            pieces = self._pieces[shard, part]
            path = self._folder / f"{shard:02d}-{part:02d}-{len(pieces):05d}.ipc"
            piece.drop("shard", "part").write_ipc(path, compression="lz4")
            pieces.append(path)

    def _part_of(self) -> pl.Expr:
        """Return the part of a row: twins and revisions of one row are in the same."""
        plain = pl.col("row_id").str.replace(r"#[0-9]+$", "")
        return (plain.hash(0) % self._parts).cast(pl.Int64)

    def buckets(self) -> Iterator[tuple[int, int, pl.DataFrame]]:
        """Yield each bucket's shard, part and rows, in the order of the file."""
        self._flush()
        for (shard, part), pieces in sorted(self._pieces.items()):
            yield shard, part, pl.concat([pl.read_ipc(path) for path in pieces])

    def fit(
        self, known_rows: Callable[[frozenset[UUID]], pl.LazyFrame], *, keep_twins: bool
    ) -> Fitted:
        """Fit every bucket to what the shelf holds and write what is left; may be done again."""
        fitted = Fitted([], {})
        twin_lines: list[int] = []
        for shard, part, rows in self.buckets():
            told, twins = _tell_twins(rows, keep=keep_twins)
            fitted.twins += len(twins)
            twin_lines.extend(twins)
            counts = told.group_by("party_id").len().iter_rows()
            for text, _ in counts:
                fitted.parties.setdefault(UUID(text), 0)
            parties = frozenset(UUID(text) for text in told["party_id"].unique())
            known = known_rows(parties).filter(self._part_of() == part).collect()
            left = _unknown(told, known, self._kind)
            fitted.known += told.height - left.height
            if left.is_empty():
                continue
            fitted.kept += left.height
            fitted.revised += int((left["revision"] > 0).sum())
            fitted.total_fen += _total_fen(left, self._kind)
            for text, number in left.group_by("party_id").len().iter_rows():
                fitted.parties[UUID(text)] += number
            path = self._folder / f"{shard:02d}-{part:02d}.parquet"
            size = write_file(left.select(list(COLUMNS[self._kind])), path)
            fitted.files.append(Written(shard, part, path, left.height, size))
        fitted.twin_lines = tuple(sorted(twin_lines))
        return fitted


def _total_fen(rows: pl.DataFrame, kind: Kind) -> int:
    counted = rows.filter(pl.col("valid")) if kind is Kind.INVOICES else rows
    return int(counted[AMOUNTS[kind]].sum() or 0)


def _tell_twins(rows: pl.DataFrame, *, keep: bool) -> tuple[pl.DataFrame, list[int]]:
    """Number rows of one identity in their order; or set the later ones aside."""
    nth = (pl.col("row_id").cum_count().over("party_id", "row_id") - 1).alias("nth")
    counted = rows.sort("line").with_columns(nth)
    if not keep:
        twins = counted.filter(pl.col("nth") > 0)["line"].to_list()
        return counted.filter(pl.col("nth") == 0).drop("nth"), twins
    named = pl.when(pl.col("nth") > 0).then(
        pl.concat_str([pl.col("row_id"), pl.col("nth").cast(pl.String)], separator="#")
    ).otherwise(pl.col("row_id"))  # fmt: skip
    return counted.with_columns(named.alias("row_id")).drop("nth"), []


def _unknown(rows: pl.DataFrame, known: pl.DataFrame, kind: Kind) -> pl.DataFrame:
    """Return the rows that say something new, each with its revision."""
    if known.is_empty():
        return rows.with_columns(pl.lit(0, pl.Int32).alias("revision"))
    content = [name for name in COLUMNS[kind] if name not in COMMON or name == "day"]
    newest = (
        known.sort("revision")
        .unique(["party_id", "row_id"], keep="last", maintain_order=True)
        .select("party_id", "row_id", "revision", *(pl.col(c).alias(f"old_{c}") for c in content))
    )
    joined = rows.drop("revision", strict=False).join(
        newest, on=["party_id", "row_id"], how="left", maintain_order="left"
    )
    same = pl.all_horizontal([pl.col(c).eq_missing(pl.col(f"old_{c}")) for c in content])
    return (
        joined.filter(pl.col("revision").is_null() | ~same)
        .with_columns((pl.col("revision").fill_null(-1) + 1).cast(pl.Int32))
        .drop([f"old_{c}" for c in content])
    )
