"""Rent and instalments that are known: out of the past, into the days ahead, beside no chance."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from martlet.cli.app import build
from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from pathlib import Path

FIRST, DAYS, HORIZON = date(2026, 3, 1), 120, 28
RENT = -9_000.0
AHEAD = [day for day in (FIRST + timedelta(n) for n in range(DAYS, DAYS + HORIZON)) if day.day == 5]


def _takings() -> pl.DataFrame:
    random = np.random.default_rng(7)
    days = [FIRST + timedelta(days=n) for n in range(DAYS)]
    parts = [
        pl.DataFrame(
            {
                "series_id": name,
                "date": days,
                "value": (300.0 + 60 * random.standard_normal(DAYS)).round(2),
                "chain": "noodles",
            }
        )
        for name in ("east", "west")
    ]
    return pl.concat(parts)


def _rents() -> pl.DataFrame:
    every = [FIRST + timedelta(days=n) for n in range(DAYS + HORIZON)]
    fifths = [day for day in every if day.day == 5]
    return pl.DataFrame({"series_id": "east", "date": fifths, "value": RENT})


def _paid(takings: pl.DataFrame, rents: pl.DataFrame) -> pl.DataFrame:
    past = rents.filter(pl.col("date") < FIRST + timedelta(days=DAYS))
    return pl.concat([takings, past.with_columns(chain=pl.lit("noodles"))])


def _forecast(folder: Path, history: pl.DataFrame, *more: str) -> tuple[pl.DataFrame, ...]:
    source, out, totals = folder / "h.parquet", folder / "o.parquet", folder / "t.parquet"
    history.write_parquet(source)
    words = ["--history", str(source), "--horizon", str(HORIZON), "--out", str(out)]
    words += ["--totals-out", str(totals), "--tier", "quick", "--as-of", "2026-07-31", *more]
    asked = ["cashflow", "forecast", *words]
    result = CliRunner().invoke(build(), asked, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    groups = pl.read_parquet(folder / "o.groups.parquet")
    return pl.read_parquet(out), pl.read_parquet(totals), groups


def test_a_rent_that_is_known_is_no_matter_of_chance(tmp_path: Path) -> None:
    takings, rents = _takings(), _rents()
    plain, plain_totals, plain_groups = _forecast(tmp_path, takings)
    rents.write_csv(tmp_path / "known.csv")
    known = ("--known", str(tmp_path / "known.csv"))
    told, totals, groups = _forecast(tmp_path, _paid(takings, rents), *known)
    due = pl.col("date").is_in(AHEAD) & (pl.col("series_id") == "east")
    assert len(AHEAD) == 1
    for level in ("mean", "q10", "q50", "q90", "q99"):
        moved = (told[level] - plain[level]).to_numpy()
        expected = np.where(told.select(due).to_series(), RENT, 0.0)
        np.testing.assert_allclose(moved, expected, atol=0.01)
    wide = totals.filter((pl.col("series_id") == "east") & (pl.col("days") == 28))
    before = plain_totals.filter((pl.col("series_id") == "east") & (pl.col("days") == 28))
    np.testing.assert_allclose(wide["q10"] - before["q10"], RENT, atol=0.01)
    assert groups["mean"].sum() == pytest.approx(plain_groups["mean"].sum() + 2 * RENT)
    chain = groups.filter(pl.col("member") == "noodles").sort("date")["mean"]
    by_day = told.group_by("date").agg(pl.col("mean").sum()).sort("date")["mean"]
    assert chain.to_list() == by_day.to_list()


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("north,2026-07-05,-9000", "cashflow.known_stranger"),
        ("east,some day,-9000", "cashflow.known_unreadable"),
        ("east,2026-07-05,much", "cashflow.known_unreadable"),
    ],
)
def test_a_bill_that_cannot_be_placed_is_not_passed_over(
    tmp_path: Path, row: str, code: str
) -> None:
    (tmp_path / "known.csv").write_text(f"series_id,date,value\n{row}\n", encoding="utf-8")
    with pytest.raises(Invalid) as refused:
        _forecast(tmp_path, _takings(), "--known", str(tmp_path / "known.csv"))
    assert refused.value.code == code
    assert not (tmp_path / "o.parquet").exists()
