"""Books side by side in memory find each other as they do in a bank."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import polars as pl
from tests.records.trade_stories import EVENING, book, ordinary

from martlet.records import Kind
from martlet.records.integrity import signals_together

ONE, COPY, OTHER = (UUID(int=0x0190_0000_0000_7000_8000_0000_0000_0000 + i) for i in (1, 2, 3))


def _of(party_id: UUID, later_days: int = 0) -> pl.DataFrame:
    """The tea shop's year under a name, known some days later than it happened."""
    rows = book(ordinary())
    return rows.with_columns(
        pl.lit(str(party_id)).alias("party_id"),
        (pl.col("known_at") + timedelta(days=later_days)).alias("known_at"),
    )


def _kinds(*frames: pl.DataFrame) -> dict[UUID, set[str]]:
    told = signals_together({Kind.INVOICES: pl.concat(frames)}, EVENING)
    return {party_id: {one.kind for one in signals} for party_id, signals in told.items()}


def test_two_firms_with_one_book_are_both_stopped_where_neither_was_first() -> None:
    assert _kinds(_of(ONE), _of(COPY)) == {
        ONE: {"integrity_borrowed_invoices_ppm"},
        COPY: {"integrity_borrowed_invoices_ppm"},
    }


def test_who_came_first_is_only_told_and_a_stranger_is_left_alone() -> None:
    stranger = _of(OTHER).with_columns(
        pl.format("other-{}", pl.col("number")).alias("number"),
    )
    assert _kinds(_of(ONE), _of(COPY, later_days=1), stranger) == {
        ONE: {"integrity_invoices_elsewhere_ppm"},
        COPY: {"integrity_borrowed_invoices_ppm"},
    }


def test_one_firm_alone_shares_with_nobody() -> None:
    assert _kinds(_of(ONE)) == {}
