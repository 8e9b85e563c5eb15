"""The columns of one Parquet file of edges: by which names they go, and how they are read.

The invariant: a batch holds only rows that can be edges, and says how many it left out and why.
Headers match whatever their case; more names than one are known for each column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from martlet.kernel.errors import Invalid
from martlet.supplychain.model import PPM, SourceKind
from martlet.supplychain.whole.marks import DAY_S, RELATION_CODES, SHANGHAI_S, pack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from martlet.supplychain.whole.intake import Told

NAMES = {
    "src": ("src", "source", "from_key", "supplier", "head", "from"),
    "dst": ("dst", "target", "to_key", "customer", "tail", "to"),
    "relation": ("relation", "relationship"),
    "known_at": ("known_at", "known", "known_on"),
    "confidence": ("confidence_ppm",),
    "inferred": ("inferred",),
    "source_kind": ("source_kind", "source"),
}
"""By which names each column goes, in the order in which they are looked for; one that is taken is
not taken again, so that `source` is an end only where no other column is."""
_MARKS = ("relation", "known_at", "confidence", "inferred", "source_kind")


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a file that can be edges."""

    frame: pl.DataFrame
    rows_count: int
    """How many rows they were picked from."""


@dataclass(frozen=True, slots=True)
class Columns:
    """One file of edges and where in it what stands."""

    file: Path
    names: dict[str, str]
    kinds: dict[str, Any]
    rows_count: int
    most: int
    """The largest end, where ends are whole numbers; else -1."""

    @property
    def numbers(self) -> bool:
        """Whether both ends are whole numbers."""
        return all(self.kinds[side].is_integer() for side in ("src", "dst"))

    @property
    def marks(self) -> bool:
        """Whether edges carry anything that a view can choose by."""
        return any(name in self.names for name in _MARKS)

    def batches(self, rows: int, told: Told, *, text: bool, marked: bool) -> Iterator[Batch]:
        """Give the file's edges in batches, and count into `told` what is left out."""
        wanted = ["src", "dst", *(_MARKS if marked else ())]
        picked = [pl.col(self.names[name]).alias(name) for name in wanted if name in self.names]
        lazy = pl.scan_parquet(self.file).select(picked)
        for frame in lazy.collect_batches(chunk_size=rows, maintain_order=True):
            height = frame.height
            read = _text if text else _number
            ends = [read(frame[side], told).alias(side) for side in ("src", "dst")]
            sound = frame.with_columns(ends).drop_nulls(["src", "dst"])
            told.ends_missing_count += height - sound.height
            yield Batch(_marked(sound, told) if marked else sound, height)


def columns_of(file: Path) -> Columns:
    """Return where in a file what stands; refuse one that has no two ends."""
    try:
        schema = pl.read_parquet_schema(file)
    except pl.exceptions.PolarsError as error:
        raise Invalid("whole.unreadable", file=file.name) from error
    lower = {name.strip().lower(): name for name in reversed(list(schema))}
    names: dict[str, str] = {}
    for name, known in NAMES.items():
        for one in known:
            if one in lower and name not in names and lower[one] not in names.values():
                names[name] = lower[one]
    missing = [name for name in ("src", "dst") if name not in names]
    if missing:
        raise Invalid("whole.column_missing", file=file.name, names=", ".join(missing))
    kinds = {name: schema[there] for name, there in names.items()}
    whole = all(kinds[side].is_integer() for side in ("src", "dst"))
    count = [pl.len().alias("rows")]
    if whole:
        ends = [pl.col(names[side]).max().cast(pl.Int64) for side in ("src", "dst")]
        count.append(pl.max_horizontal(ends).alias("most"))
    row = pl.scan_parquet(file).select(count).collect(engine="streaming").row(0, named=True)
    return Columns(file, names, kinds, row["rows"], int(row.get("most") or 0) if whole else -1)


def _number(ends: pl.Series, told: Told) -> pl.Series:
    """Return whole numbers from zero on; others are missing."""
    del told
    ends = ends.cast(pl.Int64, strict=False)
    return ends.set(ends < 0, None)


def _text(ends: pl.Series, told: Told) -> pl.Series:
    """Return keys as text in one way of writing; what is no text is missing."""
    if ends.dtype == pl.Binary:
        plain = _decoded(ends, told)
    elif ends.dtype.is_integer():
        plain = _number(ends, told).cast(pl.String)
    else:
        plain = ends.cast(pl.String, strict=False)
    clean = plain.str.strip_chars()
    if (plain.str.len_bytes() != plain.str.len_chars()).any():
        clean = plain.str.normalize("NFKC").str.strip_chars()
    told.keys_rewritten_count += int((clean != plain).sum() or 0)
    # The sign for a character that was lost when somebody decoded it wrongly.
    lost = clean.str.contains("\ufffd", literal=True) | (clean == "")
    return clean.set(lost.fill_null(value=False), None)


def _decoded(ends: pl.Series, told: Told) -> pl.Series:
    """Return raw keys as text: UTF-8, else GB 18030, else missing."""
    try:
        return ends.cast(pl.String)
    except pl.exceptions.ComputeError:
        pass
    read: list[str | None] = []
    for raw in ends:
        text = None
        for encoding in ("utf-8", "gb18030") if raw is not None else ():
            try:
                text = raw.decode(encoding)
            except UnicodeDecodeError:
                continue
            told.keys_rewritten_count += encoding != "utf-8"
            break
        read.append(text)
    return pl.Series(ends.name, read, dtype=pl.String)


def _marked(frame: pl.DataFrame, told: Told) -> pl.DataFrame:
    """Return the ends and one word of marks a row; rows whose marks cannot be read are left out."""
    count, there = frame.height, set(frame.columns)
    day = _days(frame.schema["known_at"]) if "known_at" in there else pl.lit(0, pl.Int64)
    relation = pl.lit(0, pl.Int64)
    if "relation" in there:
        codes = {name.value: code for name, code in RELATION_CODES.items()}
        spoken = pl.col("relation").cast(pl.String, strict=False)
        spoken = spoken.str.strip_chars().str.to_lowercase()
        relation = spoken.replace_strict(codes, default=None, return_dtype=pl.Int64)
    sure = pl.lit(PPM, pl.Int64)
    if "confidence" in there:
        sure = pl.col("confidence").cast(pl.Int64, strict=False).fill_null(0)
    guessed = pl.lit(value=False)
    if "inferred" in there:
        guessed = pl.col("inferred").cast(pl.Boolean, strict=False).fill_null(value=True)
    if "source_kind" in there:
        kind = pl.col("source_kind").cast(pl.String, strict=False).fill_null("inferred")
        guessed |= kind.str.to_lowercase() == SourceKind.INFERRED.value
    read = frame.select("src", "dst", day=day, relation=relation, sure=sure, guessed=guessed)
    known = read.filter(pl.col("relation").is_not_null())
    told.relations_unknown_count += count - known.height
    dated = known.filter(pl.col("day").is_not_null())
    told.undated_count += known.height - dated.height
    columns = (dated[name].to_numpy() for name in ("day", "relation", "guessed", "sure"))
    days, relations, inferred, confidence = columns
    words = pack(days, relations, inferred, confidence)
    return dated.select("src", "dst", pl.Series("mark", words, dtype=pl.UInt32))


def _days(kind: Any) -> pl.Expr:  # noqa: ANN401 - a polars type
    """Return the day from which on an edge counts as known: the next one, unless at midnight.

    A moment without a zone is taken for UTC, which is the later of the two that it may mean.
    """
    column = pl.col("known_at")
    if kind == pl.Date:
        return column.cast(pl.Int32).cast(pl.Int64) + 1
    if isinstance(kind, pl.Datetime):
        seconds = column.dt.convert_time_zone("UTC") if kind.time_zone else column
        micros = seconds.dt.epoch("us")
    else:
        text = column.cast(pl.String, strict=False).str.strip_chars()
        moment = text.str.to_datetime(strict=False, time_unit="us", time_zone="UTC")
        # A day alone may be any hour of it.
        day = text.str.to_date(strict=False).cast(pl.Datetime("us", "UTC")) + pl.duration(days=1)
        micros = pl.coalesce(moment, day).dt.epoch("us")
    day_us = DAY_S * 1_000_000
    return -((-(micros + SHANGHAI_S * 1_000_000)).floordiv(day_us))
