"""All 425 firms of CUMCM 2020 C: every invoice in, void and negative ones told apart, exactly."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from martlet.records import Kind, features_of, read_records

SHARED = next(
    (
        parent / "shared" / "data" / "credit" / "cumcm2020c"
        for parent in Path(__file__).resolve().parents
        if (parent / "shared" / "data" / "credit" / "cumcm2020c").is_dir()
    ),
    None,
)
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(SHARED is None, reason="no ../shared/data/credit/cumcm2020c here"),
]
LAST_DAY = datetime(2020, 2, 21, 12, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture(scope="module")
def book() -> pl.DataFrame:
    assert SHARED is not None
    return read_records(sorted(SHARED.glob("*_*.parquet")), date(2026, 1, 1))[Kind.INVOICES]


def test_every_invoice_is_read_and_none_twice(book: pl.DataFrame) -> None:
    assert book.height == 1_099_441
    assert book["party_id"].n_unique() == 425
    assert book.filter(~pl.col("valid")).height == 7_608 + 11_206 + 17_236 + 27_555
    assert book.null_count().sum_horizontal().item() == 0


def test_amounts_are_exact_fen(book: pl.DataFrame) -> None:
    assert SHARED is not None
    raw = pl.read_parquet(SHARED / "123_labelled_sales.parquet")
    firm = book.filter(pl.col("party_id") == "E1", pl.col("side") == "sales")
    texts = raw.filter(pl.col("firm_id") == "E1")["total"].to_list()
    told = sorted(round(value * 100) for value in texts)
    assert sorted(firm["total_fen"].to_list()) == told


def test_a_past_day_looks_the_same_with_and_without_what_came_after(book: pl.DataFrame) -> None:
    before = LAST_DAY - timedelta(days=418)
    whole = features_of({Kind.INVOICES: book}, before)
    cut = features_of({Kind.INVOICES: book.filter(pl.col("day") <= before.date())}, before)
    assert whole.equals(cut)
    one = book.filter(pl.col("party_id") == "E7")
    alone = features_of({Kind.INVOICES: one}, before)
    assert alone.equals(whole.filter(pl.col("party_id") == "E7"))
