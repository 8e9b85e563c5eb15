"""Stores and their chain, types and their total: one answer that adds up."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from martlet.cashflow import History, forecast
from martlet.cashflow.groups import TOTAL, forecast_grouped, groups_of, is_grouped
from martlet.cli.app import build

if TYPE_CHECKING:
    from pathlib import Path

LEVELS = (0.1, 0.5, 0.9)
FIRST = date(2026, 1, 5)


def shops(count: int, days: int = 90, seed: int = 0, scale: float = 100.0) -> History:
    """Made-up shops of two cities and three chains; the last deals in dollars."""
    rng = np.random.default_rng(seed)
    week = np.array([1.0, 0.9, 0.9, 1.0, 1.3, 1.7, 1.2])[np.arange(days) % 7]
    values = scale * rng.gamma(2, 0.5, (count, days)) * week
    values[::3] *= rng.random((len(values[::3]), days)) < 0.3
    values[-1, : days // 2] = np.nan
    return History(
        tuple(f"S{n}" for n in range(count)),
        FIRST,
        values,
        groups={
            "city": tuple("杭州" if n % 2 else "" for n in range(count)),
            "chain": tuple(f"c{n % 3}" for n in range(count)),
            "licence": tuple(f"no. {n}" for n in range(count)),
        },
        currencies=("CNY",) * (count - 1) + ("USD",),
    )


@given(
    st.integers(2, 9),
    st.integers(0, 99),
    st.integers(1, 40),
    st.sampled_from([1e-6, 0.01, 1.0, 1e4, 1e9]),
)
@settings(max_examples=15, deadline=None)
def test_sums_are_the_sums_in_any_order_over_any_days(
    count: int, seed: int, horizon: int, scale: float
) -> None:
    history = shops(count, seed=seed, scale=scale)
    found = forecast_grouped(history, horizon, LEVELS)
    rng = np.random.default_rng(seed)
    for row, group in enumerate(found.groups):
        means = found.leaves.mean[rng.permutation(group.rows)]
        assert np.array_equal(means.sum(axis=0), found.sums.mean[row])
        for days in (7, 14, 28, horizon):
            assert means[:, :days].sum() == found.sums.mean[row, :days].sum()
            assert sum(means[:, :days].T.ravel().tolist()) == found.sums.mean[row, :days].sum()
    for one in (found.leaves, found.sums):
        assert (np.diff(one.quantiles, axis=-1) >= 0).all()
        assert all((np.diff(total, axis=-1) >= 0).all() for total in one.cumulative.values())
        assert (one.quantiles >= 0).all()


def test_a_series_has_the_answer_that_it_has_alone() -> None:
    history = shops(9)
    grouped, alone = forecast_grouped(history, 28, LEVELS).leaves, forecast(history, 28, LEVELS)
    np.testing.assert_allclose(grouped.mean, alone.mean, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(grouped.quantiles, alone.quantiles, rtol=1e-9, atol=1e-9)


def test_sums_never_cross_currencies_and_a_name_is_no_group() -> None:
    history = shops(6)
    groups = groups_of(history)
    assert {group.column for group in groups} == {"city", "chain", TOTAL}
    assert all(len({history.currencies[row] for row in g.rows}) == 1 for g in groups)
    assert [(g.currency, len(g.rows)) for g in groups if g.column == TOTAL] == [
        ("CNY", 5),
        ("USD", 1),
    ]


def test_what_shops_have_in_common_makes_their_sum_wider_than_chance_would() -> None:
    """Ten shops of one street have their good days together: their sum is as wide as each."""
    street = np.random.default_rng(1).gamma(4, 25.0, (1, 200))
    together = History(tuple("abcdefghij"), FIRST, np.repeat(street, 10, axis=0))
    apart = History(together.series_ids, FIRST, np.random.default_rng(2).gamma(4, 25.0, (10, 200)))
    widths = []
    for history in (together, apart):
        sums = forecast_grouped(history, 7, LEVELS).sums
        widths.append(float((sums.at(0.9) - sums.at(0.1)).mean() / sums.mean.mean()))
    assert widths[0] > 2 * widths[1]


def test_a_giant_beside_dust_leaves_the_dust() -> None:
    values = np.full((3, 60), 0.01)
    values[0] = 9e14
    history = History(("giant", "a", "b"), FIRST, values, groups={"kind": ("big", "dust", "dust")})
    found = forecast_grouped(history, 5, LEVELS)
    dust = next(row for row, group in enumerate(found.groups) if group.member == "dust")
    np.testing.assert_allclose(found.sums.mean[dust], 0.02, rtol=1e-6)


def test_no_series_at_all_has_no_sums() -> None:
    nothing = History((), FIRST, np.zeros((0, 30)), groups={"city": ()})
    assert not is_grouped(nothing)
    assert forecast_grouped(nothing, 5, LEVELS).groups == ()


def _file(folder: Path, suffix: str) -> Path:
    rows = [
        {
            "series_id": f"shop{n}",
            "date": FIRST + timedelta(days=day),
            "value": float(10 + n + day % 7 + (day * n) % 3),
            "chain": "东" if n < 2 else "西",
        }
        for n in range(4)
        for day in range(60)
    ]
    path = folder / f"history.{suffix}"
    frame = pl.DataFrame(rows)
    frame.write_parquet(path) if suffix == "parquet" else frame.write_csv(path)
    return path


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_command_writes_sums_beside_the_answers(tmp_path: Path, suffix: str) -> None:
    out, totals = tmp_path / f"out.{suffix}", tmp_path / f"totals.{suffix}"
    words = ["cashflow", "forecast", "--history", str(_file(tmp_path, suffix)), "--horizon", "14"]
    words += ["--out", str(out), "--totals-out", str(totals), "--json"]
    result = CliRunner().invoke(build(), words, catch_exceptions=False)
    read = pl.read_parquet if suffix == "parquet" else pl.read_csv
    beside = tmp_path / f"out.groups.{suffix}"
    assert json.loads(result.stdout)["groups"] == str(beside)
    answers, groups = read(out), read(beside)
    assert groups.columns[:4] == ["column", "member", "date", "mean"]
    chain = pl.when(pl.col("series_id").is_in(["shop0", "shop1"])).then(pl.lit("东"))
    added = answers.with_columns(member=chain.otherwise(pl.lit("西")))
    added = added.group_by("member", "date").agg(pl.col("mean").sum())
    joined = groups.filter(column="chain").join(added, on=["member", "date"])
    assert joined.height == 2 * 14
    assert joined["mean"].equals(joined["mean_right"], check_names=False)
    whole = groups.filter(column=TOTAL)["mean"].sum()
    assert whole == answers["mean"].sum() == groups.filter(column="chain")["mean"].sum()
    of_totals = read(tmp_path / f"totals.groups.{suffix}").filter(column=TOTAL, days=14)
    assert of_totals["mean"].item() == read(totals).filter(days=14)["mean"].sum() == whole


def test_a_file_without_groups_has_a_total_where_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    pl.read_csv(_file(tmp_path, "csv")).drop("chain").write_csv(path)
    words = ["cashflow", "forecast", "--history", str(path), "--horizon", "7", "--tier", "quick"]
    words += ["--out", str(tmp_path / "out.csv"), "--json"]
    told = json.loads(CliRunner().invoke(build(), words, catch_exceptions=False).stdout)
    assert "groups" not in told
    words += ["--groups-out", str(tmp_path / "sums.csv")]
    CliRunner().invoke(build(), words, catch_exceptions=False)
    assert set(pl.read_csv(tmp_path / "sums.csv")["column"]) == {TOTAL}
