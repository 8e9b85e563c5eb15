"""On real accounts and real firms: features come out sane, and the prior ranks without outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from tests.realdata import shared_data

from martlet.credit.portfolio import brain
from martlet.credit.portfolio.movements import features_of_movements
from martlet.credit.portfolio.reading import read_applications, read_records
from martlet.credit.training.measures import auc
from martlet.kernel.i18n import Locale

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.realdata


def _quiet(_stage: str, _done: int, _total: int | None) -> None:
    return None


def test_features_of_real_bank_accounts_are_sane(tmp_path: Path) -> None:
    """861 accounts of a Czech bank, without outcomes; what is asked for is made up."""
    moves = pl.read_parquet(shared_data("treasury") / "berka_trans_1993-94.parquet")
    is_in = pl.col("type") == "PRIJEM"
    moves.select(
        pl.col("account").alias("merchant_id"),
        pl.col("date").alias("ts"),
        pl.when(is_in).then(pl.lit("in")).otherwise(pl.lit("out")).alias("kind"),
        "amount",
        "balance",
        pl.col("k_symbol").alias("category"),
        pl.col("bank").alias("counterparty"),
    ).write_csv(tmp_path / "records.csv")
    accounts = moves["account"].unique().sort()
    pl.DataFrame(
        {
            "application_id": accounts,
            "merchant_id": accounts,
            "as_of": ["1994-03-01"] * len(accounts),
            "requested_amount": [24_000] * len(accounts),
            "term_months": [12] * len(accounts),
            "monthly_payment": [2_150] * len(accounts),
        }
    ).write_csv(tmp_path / "applications.csv")
    records = read_records(tmp_path / "records.csv", lambda _count: None)
    applications = read_applications(tmp_path / "applications.csv", lambda _count: None)
    assert not records.aside.rows
    found = features_of_movements(applications.frame, records.frame, lambda _d, _t: None)
    assert found["history_days"].max() == 424  # from 1 January 1993
    assert 1_000_000 < found["in_month_12m_fen"].median() < 2_000_000
    assert found["penalty_count"].fill_null(0).sum() > 10  # SANKC. UROK: penalty interest
    negative = found.filter(pl.col("days_negative_ppm") > 0)
    assert 0 < negative.height < 40
    files = brain.Files(tmp_path / "applications.csv", tmp_path / "records.csv")
    scored = brain.score(files, Locale.EN, _quiet)
    pds = np.array([given.pd_ppm for given in scored.answers])
    assert 30_000 < pds.mean() < 140_000
    strained = (found["days_negative_ppm"].fill_null(0) > 0).to_numpy()
    assert pds[strained].mean() > 1.5 * pds[~strained].mean()


def test_the_prior_ranks_real_firms_that_it_was_never_fitted_to(tmp_path: Path) -> None:
    """123 firms by their invoices before 2019: sales come in, purchases go out."""
    folder = shared_data("credit/cumcm2020c")
    flows = [
        pl.read_parquet(folder / f"123_labelled_{name}.parquet")
        .filter(pl.col("valid") & (pl.col("total") > 0))
        .select("firm_id", "date", pl.lit(kind).alias("kind"), "total", "counterparty")
        for name, kind in (("sales", "in"), ("purchases", "out"))
    ]
    pl.concat(flows, how="vertical_relaxed").rename(
        {"firm_id": "merchant_id", "date": "ts", "total": "amount"}
    ).write_csv(tmp_path / "records.csv")
    firms = pl.read_csv(folder / "123_firms.csv").sort("name_masked", "firm_id")
    pl.DataFrame(
        {
            "application_id": [f"R{place}" for place in range(firms.height)],
            "merchant_id": firms["firm_id"],
            "as_of": ["2019-01-01"] * firms.height,
        }
    ).write_csv(tmp_path / "applications.csv")
    files = brain.Files(tmp_path / "applications.csv", tmp_path / "records.csv")
    scored = brain.score(files, Locale.EN, _quiet)
    bad = firms["defaulted"].to_numpy() == 1
    risk = np.array([given.pd_ppm for given in scored.answers], dtype=np.float64)
    assert auc(bad, risk) > 0.8
