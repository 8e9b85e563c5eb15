"""All 425 firms of CUMCM 2020 C: every invoice in, void and negative ones told apart, exactly."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from tools.plant_fraud import planted

from martlet.records import Kind, features_of, read_records
from martlet.records.integrity import findings_of
from martlet.records.integrity.marks import marks_of
from martlet.records.integrity.standing import standing_invoices
from martlet.signals import kind_of

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


def test_no_real_firm_is_stopped_by_its_own_records_and_planted_rings_are(
    book: pl.DataFrame,
) -> None:
    """Wholesalers, hauliers, builders: what they do is trade. The rings are made up."""
    for day in (LAST_DAY, LAST_DAY - timedelta(days=417)):
        found = findings_of({Kind.INVOICES: book}, day)
        stopped = {
            party
            for party, findings in found.items()
            if any(kind_of(one.kind).role == "exclusion" for one in findings)
        }
        assert stopped == set()
        assert len(found) < 20, "even what is told to people only is rare"
    rng = np.random.default_rng(310)
    firms = [f"E{number}" for number in range(1, 6)]
    for scheme in ("ring of two", "ring cut anew", "ring of many", "sudden partner"):
        copies = [
            planted(book.filter(pl.col("party_id") == firm), scheme, LAST_DAY.date(), 30, rng)
            for firm in firms
        ]
        told = findings_of({Kind.INVOICES: pl.concat(copies)}, LAST_DAY)
        assert set(told) >= set(firms), scheme


def test_three_pairs_of_real_firms_have_the_same_invoices(book: pl.DataFrame) -> None:
    """The set holds a few firms twice; no other two firms share a mark."""
    marks = marks_of(standing_invoices(book, LAST_DAY))
    of = {party: {mark.mark for mark in own} for party, own in marks.items()}
    shared = {
        (one, other): len(of[one] & of[other])
        for one, other in combinations(sorted(of), 2)
        if of[one] & of[other]
    }
    assert shared.keys() == {("E131", "E14"), ("E124", "E125"), ("E138", "E155")}
    assert min(shared.values()) > 50
