"""The records that stand: what a red-letter invoice took back is no sale and no purchase.

Without this a cancelled invoice and the one that replaces it would look like a copy, and a return
like a round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from martlet.records.features.engine import visible
from martlet.records.integrity.finding import Book
from martlet.records.integrity.limits import YEAR_DAYS

if TYPE_CHECKING:
    from datetime import datetime

_COLUMNS = (
    "party_id",
    "row_id",
    "known_at",
    "day",
    "age_days",
    "side",
    "number",
    "counterparty",
    "amount_fen",
)
_SAME = ("party_id", "side", "counterparty", "amount_fen")
_ORDER = ("party_id", "day", "row_id")


def standing_invoices(invoices: pl.DataFrame | pl.LazyFrame, as_of: datetime) -> Book:
    """Return the valid invoices known at a moment without those that a refund took back whole."""
    rows = (
        visible(invoices.lazy(), as_of)
        .filter(pl.col("valid"))
        .rename({"total_fen": "amount_fen"})
        .select(_COLUMNS)
        .collect()
    )
    return book_of(without_refunded(rows))


def standing_payments(payments: pl.DataFrame | pl.LazyFrame, as_of: datetime) -> Book:
    """Return the settled payments that are no refunds, what came in as sales."""
    rows = (
        visible(payments.lazy(), as_of)
        .filter(
            pl.col("settled"),
            ~pl.col("refund"),
            pl.col("flow") != "neutral",
            pl.col("amount_fen") > 0,
        )
        .with_columns(
            pl.when(pl.col("flow") == "in")
            .then(pl.lit("sales"))
            .otherwise(pl.lit("purchases"))
            .alias("side"),
            pl.lit("").alias("number"),
        )
        .select(_COLUMNS)
        .collect()
    )
    return book_of(rows)


def book_of(rows: pl.DataFrame) -> Book:
    """Return rows in one order, whatever the files' was, with each business's year of sales."""
    ordered = rows.sort(_ORDER)
    sums = (
        ordered.filter(pl.col("side") == "sales", pl.col("age_days") < YEAR_DAYS)
        .group_by("party_id")
        .agg(pl.col("amount_fen").sum())
    )
    return Book(ordered, dict(sums.iter_rows()))


def without_refunded(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the positive rows, less one of equal partner and amount for each negative one.

    The newest goes: a refund follows closely what it takes back.
    """
    back = (
        rows.filter(pl.col("amount_fen") < 0)
        .with_columns(-pl.col("amount_fen"))
        .group_by(_SAME)
        .agg(pl.len().alias("taken_back"))
    )
    given = rows.filter(pl.col("amount_fen") > 0)
    if back.is_empty():
        return given
    touched = given.join(back, on=_SAME, how="inner").sort(
        ["day", "row_id"], descending=[True, True]
    )
    gone = touched.filter(pl.int_range(pl.len()).over(_SAME) < pl.col("taken_back"))
    return given.join(gone.select("party_id", "row_id"), on=["party_id", "row_id"], how="anti")
