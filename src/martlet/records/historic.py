"""Read files straight into rows, without a bank around them: for training and back-tests.

Each row counts as known from the day it is dated. That is an assumption, good only for looking
back: a file exported today would otherwise know nothing about any day before today.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from martlet.records.cells import in_utc
from martlet.records.importing import AUTO, chunks_of
from martlet.records.model import COLUMNS, Kind
from martlet.records.normalise import REASON, normalise
from martlet.records.source import open_source

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from pathlib import Path

    from martlet.records.model import Records


def read_records(
    paths: Iterable[Path], today: date, *, format_name: str = AUTO, party: str = ""
) -> Records:
    """Return the good rows of files, each known since its own day.

    `party_id` is the file's own name of the business (its firm column), or `party` where it has
    none. Rows that cannot be read, or are dated after `today`, are left out.
    """
    found: dict[Kind, list[pl.DataFrame]] = {}
    for path in paths:
        with open_source(path, path.name, path.parent / "unused") as source:
            for table, chunk in chunks_of(source, format_name):
                kind = table.spec.kind
                rows = normalise(chunk.frame, table.spec, today)
                moment = COLUMNS[kind]["known_at"]
                known = in_utc(pl.col("day").cast(pl.Datetime("us")))
                name = pl.when(pl.col("firm") == "").then(pl.lit(party)).otherwise(pl.col("firm"))
                good = rows.filter(pl.col(REASON).is_null()).with_columns(
                    name.alias("party_id"),
                    known.cast(moment).alias("known_at"),
                    pl.lit(0, pl.Int32).alias("revision"),
                )
                found.setdefault(kind, []).append(good.select(list(COLUMNS[kind])))
    return {kind: pl.concat(frames) for kind, frames in found.items()}
