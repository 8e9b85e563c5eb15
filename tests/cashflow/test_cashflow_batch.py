"""A night's batch: the same answers as one run, wherever it was stopped and however it was cut."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from martlet.cashflow import forecast, read_history
from martlet.cashflow.batch import BatchOrder, run_batch
from martlet.kernel.errors import Conflict

if TYPE_CHECKING:
    from pathlib import Path

SHOPS, DAYS = 30, 120


def _series(path: Path) -> Path:
    rng = np.random.default_rng(9)
    names = [f"shop{n}" for n in range(SHOPS)]
    first = date(2026, 1, 1)
    pl.DataFrame(
        {
            "series_id": np.repeat(names, DAYS),
            "date": [first + timedelta(days=n) for n in range(DAYS)] * SHOPS,
            "value": rng.gamma(2, 50, size=SHOPS * DAYS),
        }
    ).write_parquet(path)
    return path


def _answers(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "answers-*.parquet").sort("series_id", "date")


def test_one_shard_says_what_one_run_says(tmp_path: Path) -> None:
    source = _series(tmp_path / "history.parquet")
    report = run_batch(BatchOrder(source, tmp_path / "out", 14, shards=1, processes=1))
    assert report.series_count == SHOPS
    alone = forecast(read_history(source), 14)
    told = _answers(tmp_path / "out")
    by_series = dict(zip(alone.series_ids, alone.mean, strict=True))
    for (name,), rows in told.group_by("series_id"):
        assert np.array_equal(rows["mean"].to_numpy(), by_series[name])


def test_a_batch_that_was_stopped_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    source = _series(tmp_path / "history.parquet")
    order = BatchOrder(source, tmp_path / "out", 14, shards=4, processes=1)
    run_batch(order)
    whole = _answers(tmp_path / "out")
    for name in ("figures-0002.json", "answers-0002.parquet", "marks-0002.parquet"):
        (tmp_path / "out" / name).unlink()
    again = run_batch(order)
    assert (again.shards_done_before_count, again.series_count) == (3, SHOPS)
    assert _answers(tmp_path / "out").equals(whole)


def test_a_pool_says_what_one_process_says(tmp_path: Path) -> None:
    source = _series(tmp_path / "history.parquet")
    for processes in (1, 2):
        out = tmp_path / f"by{processes}"
        run_batch(BatchOrder(source, out, 7, shards=2, processes=processes))
    assert _answers(tmp_path / "by1").equals(_answers(tmp_path / "by2"))


def test_every_shard_begins_on_the_same_day(tmp_path: Path) -> None:
    rows = [f"old{n},2026-01-{d:02d},5" for n in range(9) for d in range(1, 20)]
    rows += [f"new,2026-02-{d:02d},5" for d in range(1, 11)]
    source = tmp_path / "history.csv"
    source.write_text("series_id,date,value\n" + "\n".join(rows), encoding="utf-8")
    run_batch(BatchOrder(source, tmp_path / "out", 3, shards=3, processes=1))
    assert _answers(tmp_path / "out")["date"].min() == date(2026, 2, 11)


def test_a_folder_keeps_to_its_order(tmp_path: Path) -> None:
    source = _series(tmp_path / "history.parquet")
    run_batch(BatchOrder(source, tmp_path / "out", 7, shards=2, processes=1))
    with pytest.raises(Conflict, match="batch_other_order"):
        run_batch(BatchOrder(source, tmp_path / "out", 14, shards=2, processes=1))
