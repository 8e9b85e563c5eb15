"""Read one file into staging: detect, cut, normalise, set bad rows aside, add up.

Nothing here is visible to anybody: it ends in a staging folder, or in an error and no trace.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from martlet.kernel.errors import Invalid
from martlet.records.cells import in_utc
from martlet.records.chunks import BadRow, Chunk, Table
from martlet.records.controls import Tally
from martlet.records.formats import FORMATS, format_named
from martlet.records.lines import read_text
from martlet.records.model import COLUMNS
from martlet.records.normalise import REASON, normalise
from martlet.records.parquet import read_parquet
from martlet.records.report import ImportProgress
from martlet.records.staging import Staging

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from uuid import UUID

    from martlet.records.formats import Format
    from martlet.records.model import Kind
    from martlet.records.quarantine import Quarantine
    from martlet.records.source import Source

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose rows a file holds: one business's, or many told apart by the file's own column."""

    party_id: UUID | None = None
    party_of: Mapping[str, UUID] | None = None

    def __post_init__(self) -> None:
        assert (self.party_id is None) != (self.party_of is None), "one business or many"


@dataclass(frozen=True, slots=True)
class Read:
    """A file that has been read into staging."""

    spec: Format
    staging: Staging
    rows_read: int
    notes: tuple[str, ...]
    tally: Tally
    first_day: date
    last_day: date


def chunks_of(source: Source, format_name: str) -> Iterator[tuple[Table, Chunk]]:
    """Yield the chunks of a source in the named format, or in the one that fits."""
    wanted = list(FORMATS.values()) if format_name == AUTO else [format_named(format_name)]
    if source.container == "parquet":
        return read_parquet(source, wanted)
    return read_text(source, wanted)


def read_into_staging(  # noqa: PLR0913 - one call, all of it named
    source: Source,
    format_name: str,
    whose: Whose,
    *,
    today: date,
    known_by_row: bool,
    folder: Path,
    quarantine: Quarantine,
    on_progress: Callable[[ImportProgress], None] | None = None,
) -> Read:
    """Read a whole file into staging; a file of which nothing can be read is refused."""
    staging: Staging | None = None
    table: Table | None = None
    tally, rows_read = Tally(), 0
    days: set[date] = set()
    firms: set[str] = set()
    for table, chunk in chunks_of(source, format_name):
        if staging is None:
            staging = Staging(
                folder, table.spec.kind, source.size_bytes, one_party=whose.party_id is not None
            )
            _require_firms(table, chunk, whose)
        rows_read += chunk.frame.height + len(chunk.bad)
        rows = _named(normalise(chunk.frame, table.spec, today), whose, firms)
        quarantine.add(table.names, _bad_rows(rows, chunk))
        good = rows.filter(pl.col(REASON).is_null())
        if good.height:
            tally.add(good)
            days.update((_day(good["day"].min()), _day(good["day"].max())))
            staging.add(_kept_columns(good, table.spec.kind, known_by_row=known_by_row))
        if on_progress is not None:
            on_progress(ImportProgress(chunk.bytes_read, source.size_bytes, rows_read))
    if table is None or staging is None or rows_read == 0:
        raise Invalid("records.no_rows")
    if not tally.counts:
        worst = quarantine.first
        assert worst is not None
        raise Invalid(
            "records.nothing_readable",
            rows_count=rows_read,
            line=worst.line,
            reason=worst.code,
            column=worst.column,
        )
    return Read(table.spec, staging, rows_read, tuple(table.notes), tally, min(days), max(days))


def _day(value: object) -> date:
    assert isinstance(value, date), value
    return value


def _require_firms(table: Table, chunk: Chunk, whose: Whose) -> None:
    """Refuse a file whose businesses cannot be told apart, or that holds more than one."""
    if whose.party_of is not None and "firm" not in chunk.frame.columns:
        raise Invalid("records.firm_column_missing", format=table.spec.slug)


def _named(rows: pl.DataFrame, whose: Whose, firms: set[str]) -> pl.DataFrame:
    """Give each row its business; a row of an unknown one has a reason not to be kept.

    `firms` gathers the names that the file itself uses: one business's file has one at most.
    """
    if whose.party_id is not None:
        firms.update(rows["firm"].unique())
        if len(firms - {""}) > 1:
            raise Invalid("records.many_firms")
        return rows.with_columns(pl.lit(str(whose.party_id)).alias("party_id"))
    assert whose.party_of is not None
    names = {firm: str(party_id) for firm, party_id in whose.party_of.items()}
    party = pl.col("firm").replace_strict(names, default=None, return_dtype=pl.String)
    unknown = pl.when(party.is_null()).then(pl.lit("records.row_firm_unknown|firm"))
    return rows.with_columns(
        party.alias("party_id"), pl.coalesce(pl.col(REASON), unknown).alias(REASON)
    )


def _bad_rows(rows: pl.DataFrame, chunk: Chunk) -> Iterator[BadRow]:
    """Yield what cannot be taken, in the order of the file."""
    marked = rows.with_row_index("at").filter(pl.col(REASON).is_not_null())
    found = list(chunk.bad)
    for at, line, reason in marked.select("at", "line", REASON).iter_rows():
        code, _, column = reason.partition("|")
        found.append(BadRow(line, code, column, chunk.cells_of(at)))
    yield from sorted(found, key=lambda row: row.line)


def _kept_columns(rows: pl.DataFrame, kind: Kind, *, known_by_row: bool) -> pl.DataFrame:
    """Return rows in the kind's columns; `known_at` stays empty unless each row says it itself."""
    moment = COLUMNS[kind]["known_at"]
    known = (
        in_utc(pl.col("day").cast(pl.Datetime("us"))).cast(moment)
        if known_by_row
        else pl.lit(None, moment)
    )
    complete = rows.with_columns(known.alias("known_at"), pl.lit(0, pl.Int32).alias("revision"))
    return complete.select("line", *COLUMNS[kind])
