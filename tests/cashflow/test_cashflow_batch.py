"""A night's batch: the same answers as one run, wherever it was stopped and however it was cut."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from time import monotonic, sleep
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from martlet.cashflow import Tier, forecast, read_history
from martlet.cashflow.batch import BatchOrder, On, begun_as_of, run_batch
from martlet.cashflow.pool import in_processes
from martlet.cashflow.shards import Outcome, Shard
from martlet.kernel.errors import Conflict, Invalid, Unavailable

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


def _bytes(folder: Path) -> dict[str, bytes]:
    kinds = ("answers", "totals", "marks", "figures")
    return {f.name: f.read_bytes() for kind in kinds for f in folder.glob(f"{kind}-*")}


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="extra `ray`")
def test_ray_writes_the_bytes_that_the_pool_writes(tmp_path: Path) -> None:
    """In a process of its own, as a command is: Ray and its children are gone when it ends."""
    source = _series(tmp_path / "history.parquet")
    words = ["cashflow", "batch", "--history", str(source), "--horizon", "7", "--shards", "3"]
    words += ["--out", str(tmp_path / "ray"), "--on", "ray", "--json"]
    environment = {**os.environ, "TMPDIR": "/tmp"}  # Ray's sockets need a short path.
    subprocess.run([sys.executable, "-m", "martlet", *words], check=True, env=environment)
    run_batch(BatchOrder(source, tmp_path / "here", 7, shards=3, processes=1))
    here = _bytes(tmp_path / "here")
    assert len(here) == 12
    assert _bytes(tmp_path / "ray") == here


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="extra `ray`")
def test_a_cluster_that_does_not_answer_is_named(tmp_path: Path) -> None:
    source = _series(tmp_path / "history.parquet")
    order = BatchOrder(source, tmp_path / "out", 7, shards=2, on=On.RAY, address="no-such-place")
    with pytest.raises(Unavailable, match="ray_unreachable"):
        run_batch(order)


def test_a_batch_killed_at_work_goes_on_where_it_stood(tmp_path: Path) -> None:
    """By the signal that nothing can catch; processes of the pool end with it."""
    source, out = _series(tmp_path / "history.parquet"), tmp_path / "out"
    words = ["cashflow", "batch", "--history", str(source), "--horizon", "14", "--out", str(out)]
    command = [sys.executable, "-m", "martlet", *words, "--shards", "64", "--json"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as killed:
        until = monotonic() + 60
        while not list(out.glob("figures-*.json")):
            assert monotonic() < until, "no shard was ever done"
            sleep(0.01)
        killed.send_signal(signal.SIGKILL)
    stood = len(list(out.glob("figures-*.json")))
    assert 0 < stood < 64
    began = begun_as_of(out)
    assert began is not None
    order = BatchOrder(source, out, 14, processes=1)
    order = replace(order, rules=replace(order.rules, as_of=began))
    report = run_batch(order)
    assert report.shards_done_before_count >= stood
    assert (report.series_count, report.broken_shards) == (SHOPS, ())
    assert not list(out.glob("*.draft"))
    run_batch(replace(order, out=tmp_path / "whole"))
    assert _bytes(out) == _bytes(tmp_path / "whole")


def test_a_broken_shard_costs_the_night_nothing_else(tmp_path: Path) -> None:
    source, out = _series(tmp_path / "history.parquet"), tmp_path / "out"
    order = BatchOrder(source, out, 7, shards=4, processes=1)
    run_batch(order)
    whole = _bytes(out)
    for one in out.glob("*-000[0-3].*"):
        one.unlink()
    part = next((out / "parts" / "shard=1").iterdir())
    kept = part.read_bytes()
    part.write_bytes(b"not a table")
    report = run_batch(order)
    assert [one.number for one in report.broken_shards] == [1]
    assert "file_unreadable" in report.broken_shards[0].broke_by
    assert 0 < report.series_count < SHOPS
    part.write_bytes(kept)
    again = run_batch(order)
    assert (again.shards_done_before_count, again.broken_shards) == (3, ())
    assert _bytes(out) == whole


def _dies_of_the_second(shard: Shard) -> Outcome:
    if shard.number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return Outcome(shard.number)


def test_a_process_that_dies_costs_its_own_shard_alone(tmp_path: Path) -> None:
    order = BatchOrder(tmp_path, tmp_path, 7)
    shards = [Shard(number, order) for number in range(4)]
    ended = {one.number: one.broke_by for one in in_processes(shards, 2, _dies_of_the_second)}
    assert ended == {0: "", 1: "process died", 2: "", 3: ""}


def test_what_cannot_be_worked_at_all_is_refused_before_the_night(tmp_path: Path) -> None:
    source = _series(tmp_path / "history.parquet")
    quick = BatchOrder(source, tmp_path / "out", 7, shards=2, plugins=("fracast",))
    with pytest.raises(Invalid, match="plugins_unused"):
        run_batch(quick)
    unknown = replace(quick, out=tmp_path / "other", plugins=("oracle",), tier=Tier.AUTO)
    with pytest.raises(Invalid, match="plugin_unknown"):
        run_batch(unknown)
    empty = tmp_path / "empty.csv"
    empty.write_text("series_id,date,value\n", encoding="utf-8")
    with pytest.raises(Invalid, match="history_empty"):
        run_batch(BatchOrder(empty, tmp_path / "nothing", 7, shards=2))


def test_a_folder_of_files_as_spreadsheets_save_them(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(40)]
    rows = ["店铺,日期,金额", *(f"杭州店,{day},5" for day in days), "杭州店,03/02/2026,7"]
    (folder / "a.csv").write_bytes("\n".join(rows).encode("gbk"))
    rows = ["value;date;series_id", *(f"8;{day};b" for day in days)]
    (folder / "b.csv").write_text("\n".join(rows), encoding="utf-8")
    report = run_batch(BatchOrder(folder, tmp_path / "out", 7, shards=2, processes=1))
    assert (report.series_count, report.broken_shards) == (2, ())
    marks = pl.read_parquet(tmp_path / "out" / "marks-*.parquet")
    assert "#42 date “03/02/2026”" in marks["sentence_en"].str.join(" ").item()


def test_two_batches_do_not_share_a_folder(tmp_path: Path) -> None:
    import fcntl

    order = BatchOrder(_series(tmp_path / "history.parquet"), tmp_path / "out", 7, shards=2)
    run_batch(replace(order, processes=1))
    with (tmp_path / "out" / "lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match="batch_running"):
            run_batch(order)


def test_auto_looks_at_the_whole_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of two shards holds half the series: by itself it would be worth the blend."""
    source = _series(tmp_path / "history.parquet")
    order = BatchOrder(source, tmp_path / "out", 7, tier=Tier.AUTO, shards=2, processes=1)
    monkeypatch.setattr("martlet.cashflow.batch.ACCURATE_SERIES_MAX", SHOPS - 10)
    assert run_batch(order).tier is Tier.QUICK


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
