"""Outlooks of real firms: a large customer that truly goes, and bands on real accounts."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from benchmarks.outlook import _invoices, _movements, _play
from tests.realdata import shared_data

from martlet.cashflow.firm_flows import flows_of
from martlet.cashflow.receivables import receivables_of
from martlet.records import Kind

pytestmark = pytest.mark.realdata


def test_customers_told_as_lost_are_gone_far_more_often_than_those_told_as_there() -> None:
    rows = pl.read_parquet(shared_data("treasury") / "sme_invoices_40firms.parquet")
    origin = date(2018, 4, 30)
    gone: list[bool] = []
    there: list[bool] = []
    for firm in sorted(rows["firm"].cast(pl.String).unique())[::2]:
        book = _invoices(rows.filter(pl.col("firm").cast(pl.String) == firm))
        flows = flows_of({Kind.INVOICES: book.filter(pl.col("day") <= origin)})
        if flows is None or flows.sales.is_empty():
            continue
        ahead = pl.col("day").is_between(origin + timedelta(1), origin + timedelta(180))
        again = set(book.filter(ahead, pl.col("side") == "sales", "valid")["counterparty"])
        for one in receivables_of(flows, origin).customers:
            if one.lost:
                gone.append(one.name not in again)
            elif one.lost_ppm is not None and one.lost_ppm < 200_000:
                there.append(one.name not in again)
    assert np.mean(gone) > 0.6
    assert np.mean(there) < 0.2


def test_needs_of_real_accounts_are_seldom_too_little() -> None:
    """On days before the windows that are evaluated."""
    moves = pl.read_parquet(shared_data("treasury") / "berka_trans_1993-94.parquet")
    accounts = sorted(moves["account"].unique())[::10]
    played = [
        _play(Kind.BANK, _movements(moves.filter(pl.col("account") == one)), date(1993, 10, 31), 28)
        for one in accounts
    ]
    told = [one for one in played if one is not None]
    assert len(told) > 50
    assert np.mean([one["short28@50000"] for one in told]) < 0.15
    assert 0.6 < np.mean([one["held28"] for one in told]) < 0.95
