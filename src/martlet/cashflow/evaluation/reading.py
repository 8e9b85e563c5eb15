"""The files of the protocols as they are: each set's own columns, read into one grid.

The invariant is `history`'s: what cannot be used is said per series. A set that names its columns
its own way (an invoice has a direction, a shop counts payments) is renamed here and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from martlet.cashflow.history import ReadingRules, history_of, read_history
from martlet.cashflow.reading import DATE, SERIES, VALUE

if TYPE_CHECKING:
    from pathlib import Path

    from martlet.cashflow.model import History

INVOICES = {"firm", "dir", "date", "amt"}
SHOPS = {"shop_id", "date", "payments"}


def read_series(path: Path) -> History:
    """Return a file's series; sales invoices and counted payments are known by their columns."""
    if path.suffix == ".parquet":
        columns = set(pl.read_parquet_schema(path))
        if columns >= INVOICES:
            rows = pl.read_parquet(path).filter(pl.col("dir") == "out")
            return _renamed(rows, "firm", "amt")
        if columns >= SHOPS:
            return _renamed(pl.read_parquet(path), "shop_id", "payments")
    return read_history(path)


def _renamed(rows: pl.DataFrame, series: str, value: str) -> History:
    kept = rows.select(
        pl.col(series).cast(pl.String).alias(SERIES),
        pl.col("date").alias(DATE),
        pl.col(value).cast(pl.Float64).alias(VALUE),
    )
    return history_of(kept, ReadingRules(group_columns=()))
