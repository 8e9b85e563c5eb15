"""Parquet files into chunks of rows, with the same names and meanings as texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from martlet.kernel.errors import Invalid
from martlet.records.chunks import Chunk, Table
from martlet.records.detection import choose
from martlet.records.formats.spec import plain_name
from martlet.records.limits import CHUNK_ROWS, LINE_CHARS_MAX

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from martlet.records.formats import Format
    from martlet.records.source import Source


def read_parquet(source: Source, wanted: Sequence[Format]) -> Iterator[tuple[Table, Chunk]]:
    """Read a Parquet file in chunks; a line is a row's place, counted from 1."""
    try:
        columns = list(pl.read_parquet_schema(source.path))
        rows_count = int(pl.scan_parquet(source.path).select(pl.len()).collect().item())
    except (pl.exceptions.PolarsError, OSError) as error:
        raise Invalid("records.file_truncated") from error
    names = [plain_name(column) for column in columns]
    fitting = [spec for spec in wanted if spec.match(names) is not None]
    if not fitting:
        named = wanted[0].slug if len(wanted) == 1 else "auto"
        raise Invalid("records.header_not_found", format=named, lines_count=1)
    spec = choose(fitting, "", source.name)
    places = spec.match(names)
    assert places is not None
    table = Table(spec, tuple(columns), 0)
    read = 0
    try:
        for batch in pl.scan_parquet(source.path).collect_batches(chunk_size=CHUNK_ROWS):
            if batch.is_empty():
                continue
            first, read = read + 1, read + batch.height
            done = source.size_bytes * read // max(rows_count, 1)
            yield table, _chunk_of(batch, first, places, done)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise Invalid("records.file_truncated") from error


def _chunk_of(batch: pl.DataFrame, first: int, places: dict[str, int], done: int) -> Chunk:
    for name, kind in batch.schema.items():
        longest = batch[name].str.len_chars().max() if kind == pl.String else 0
        if isinstance(longest, int) and longest > LINE_CHARS_MAX:
            raise Invalid("records.line_too_long", line=first, max_chars=LINE_CHARS_MAX)
    numbers = pl.int_range(first, first + batch.height, dtype=pl.Int64, eager=True).alias("line")
    columns = batch.columns
    frame = pl.DataFrame(
        [numbers, *(batch[columns[place]].alias(m) for m, place in places.items())]
    )

    def cells_of(index: int) -> tuple[str, ...]:
        return tuple("" if cell is None else str(cell) for cell in batch.row(index))

    return Chunk(frame, cells_of, (), done)
