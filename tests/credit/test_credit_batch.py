"""A portfolio in files: cut, decided, proven, killed and gone on with, explained row by row."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from time import sleep
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from benchmarks.portfolio import AS_OF, write_portfolio
from tests.credit.credit_examples import NOON
from typer.testing import CliRunner

from martlet.cli.app import build
from martlet.credit import decide, default_policy, expert_scorecard
from martlet.credit.batch import BatchOrder, decide_columns, explain_row, read_manifest, run_batch
from martlet.credit.batch import shard as one_shard
from martlet.credit.batch.run import PARTS
from martlet.kernel.errors import Conflict, Corrupt, Invalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

POLICY, MODEL = default_policy(), expert_scorecard()
COUNT = 3_000


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Three thousand synthetic applications and signals."""
    return write_portfolio(tmp_path_factory.mktemp("portfolio"), COUNT)


@pytest.fixture(scope="module")
def batch(
    portfolio: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[BatchOrder, dict[str, bytes]]:
    """A batch of them that nobody disturbed, and the files that came out."""
    order = BatchOrder(
        *portfolio, tmp_path_factory.mktemp("batch") / "out", POLICY, MODEL, AS_OF, 4, 1
    )
    report = run_batch(order)
    assert report.totals["applications"] == COUNT
    assert report.totals["rows_proven"] == 800
    assert report.shards_done_before == 0
    return order, _written(order.out)


def _written(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(out.iterdir()) if path.is_file()}


def _answers(out: Path) -> pl.DataFrame:
    return pl.read_parquet(sorted(out.glob("decisions-*.parquet"))).sort("application_id")


def test_a_batch_says_what_its_columns_say_whatever_the_shards(
    batch: tuple[BatchOrder, dict[str, bytes]],
) -> None:
    order, _ = batch
    applications = pl.read_parquet(sorted(order.applications.iterdir()))
    whole = applications.with_columns(tenor_months=pl.lit(None, pl.Int64))
    signals = pl.read_parquet(sorted(order.signals.iterdir()))
    expected = decide_columns(whole, signals, POLICY, MODEL, AS_OF).sort("application_id")
    found = _answers(order.out)
    assert found.equals(expected)
    assert set(found["outcome"]) == {"approved", "refused"}
    assert sorted(set(found["band"])) == ["", "A", "B", "C", "D"]


def test_killed_at_any_moment_and_run_again_the_result_is_the_same(
    batch: tuple[BatchOrder, dict[str, bytes]], tmp_path: Path
) -> None:
    order, undisturbed = batch
    again = replace(order, out=tmp_path / "out")
    script = (
        "import sys; from pathlib import Path; from martlet.cli.app import build;"
        "build()(sys.argv[1:])"
    )
    command = [sys.executable, "-c", script, "credit", "decide-batch", "--json"]
    command += ["--applications", str(order.applications), "--signals", str(order.signals)]
    command += ["--out", str(again.out), "--shards", "4", "--processes", "1"]
    command += ["--as-of", "2026-03-02"]
    moments: list[Callable[[], bool]] = [
        (again.out / f"{PARTS}.draft").exists,
        (again.out / PARTS).exists,
        lambda: any(again.out.glob("decisions-*")),
    ]
    for reached in moments:
        process = subprocess.Popen(command, start_new_session=True)
        while process.poll() is None and not reached():
            sleep(0.002)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    begun = read_manifest(again.out)
    assert begun is not None
    report = run_batch(replace(again, as_of=begun.as_of))
    assert report.totals["applications"] == COUNT
    other = replace(again, out=tmp_path / "whole", as_of=begun.as_of)
    run_batch(other)
    assert _written(again.out) == _written(other.out)
    assert _written(other.out).keys() == undisturbed.keys()


def test_a_shard_that_was_touched_is_decided_again_and_another_batch_is_refused(
    batch: tuple[BatchOrder, dict[str, bytes]],
) -> None:
    order, undisturbed = batch
    (order.out / one_shard.answers_name(2)).write_bytes(b"touched")
    report = run_batch(order)
    assert report.shards_done_before == 3
    assert _written(order.out) == undisturbed
    for other in (
        replace(order, as_of=AS_OF + timedelta(days=1)),
        replace(order, model=replace(MODEL, version="2")),
        replace(order, shards=5),
        replace(order, signals=order.applications),
    ):
        with pytest.raises(Conflict, match=r"credit\.batch_other_run"):
            run_batch(other)
    with pytest.raises(Invalid, match=r"credit\.batch_shards_out_of_range"):
        run_batch(replace(order, shards=10_000))


def test_a_row_that_the_single_decision_contradicts_stops_the_run(
    batch: tuple[BatchOrder, dict[str, bytes]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    order, _ = batch
    model = MODEL.artefact.decode()
    wanted = one_shard.ShardOrder(1, order.out / PARTS, tmp_path, POLICY.text, model, AS_OF)

    def generous(*inputs: Any) -> pl.DataFrame:
        return decide_columns(*inputs).with_columns(pl.col("limit_fen") + 1)

    monkeypatch.setattr(one_shard, "decide_columns", generous)
    with pytest.raises(Corrupt, match=r"credit\.batch_differs"):
        one_shard.decide_shard(wanted)
    assert list(tmp_path.iterdir()) == []


def test_any_row_can_be_explained_from_the_batch_itself(
    batch: tuple[BatchOrder, dict[str, bytes]],
) -> None:
    order, _ = batch
    answers = _answers(order.out)
    for row in answers.sample(5, seed=1).iter_rows(named=True):
        found = explain_row(order.out, row["application_id"])
        assert found.identical
        assert found.decision.limit_fen == row["limit_fen"]
        assert found.decision.reasons
        assert decide(found.application, found.signals, POLICY, MODEL, AS_OF) == found.decision
    with pytest.raises(NotFound, match=r"credit\.batch_row_unknown"):
        explain_row(order.out, "nobody")


HEAD = "application_id,party_id,product,requested_fen,tenor_days,tenor_months,committed_fen\n"


def test_what_cannot_be_understood_is_set_aside_with_its_reason(tmp_path: Path) -> None:
    applications, signals = tmp_path / "a.csv", tmp_path / "s.csv"
    applications.write_text(
        HEAD
        + "a1,p1,revolving_daily,5000000,30,,\n"
        + "a2,p2,revolving_daily,5e6 or so,,,0\n"
        + "a3,p2,revolving_daily,-5,,,0\n"
        + "a4,p2,revolving_daily,500,30,3,0\n"
        + "a5,p2,revolving_daily,500,,,0\na5,p2,revolving_daily,700,,,0\n"
        + "a6,,revolving_daily,500,,,0\n"
        + "a7,p2,revolving_daily,500,,,much\n"
        + "a8,p9,gold,500,,,0\n",
        encoding="utf-8",
    )
    signals.write_text(
        "party_id,records_history_days,verified_takings_monthly_fen,known_at\n"
        "p1,400,10000000,2026-03-01T00:00:00\n"
        "p2,many,-7,\n",
        encoding="utf-8",
    )
    order = BatchOrder(applications, signals, tmp_path / "out", POLICY, MODEL, NOON, 2, 1)
    report = run_batch(order)
    assert report.totals["cells_left_out"] == 2
    answers = {row["application_id"]: row for row in _answers(order.out).iter_rows(named=True)}
    assert answers.keys() == {"a1", "a8"}
    assert answers["a1"]["limit_fen"] > 100
    assert answers["a8"]["reason"] == "credit.product_not_offered"
    aside = pl.read_parquet(sorted(order.out.glob("set-aside-*"))).sort("application_id")
    assert dict(aside.select("application_id", "reason").iter_rows()) == {
        "a2": "unreadable",
        "a3": "amount",
        "a4": "two_tenors",
        "a5": "id_twice",
        "a6": "unnamed",
        "a7": "unreadable",
    }


@pytest.mark.parametrize(
    ("applications", "signals", "code"),
    [
        ("application_id,party_id,product\n", "party_id\n", "batch_column_missing"),
        (HEAD, "records_history_days\n1\n", "batch_column_missing"),
        (HEAD, "party_id,shoe_size\np1,43\n", "batch_column_unknown"),
        (HEAD, "party_id,records_history_days#m\np1,43\n", "batch_column_unknown"),
        (HEAD, "party_id,records_history_days\np1,3\np1,4\n", "batch_signals_twice"),
        (HEAD, "party_id,records_history_days#n\np1,-1\n", "batch_column_malformed"),
        (HEAD, "party_id,records_history_days#ppm\np1,1000001\n", "batch_column_malformed"),
        (HEAD, "party_id,known_at\np1,yesterday\n", "batch_column_malformed"),
    ],
)
def test_a_file_that_says_something_impossible_is_refused_by_name(
    applications: str, signals: str, code: str, tmp_path: Path
) -> None:
    paths = tmp_path / "a.csv", tmp_path / "s.csv"
    for path, text in zip(paths, (applications, signals), strict=True):
        path.write_text(text, encoding="utf-8")
    with pytest.raises(Invalid, match=rf"credit\.{code}"):
        run_batch(BatchOrder(*paths, tmp_path / "out", POLICY, MODEL, NOON, 1, 1))


def test_the_command_decides_goes_on_and_explains(
    portfolio: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    applications, signals = map(str, portfolio)
    decide_it = ["credit", "decide-batch", "--out", str(out), "--shards", "2"]
    decide_it += ["--applications", applications, "--signals", signals, "--json"]
    for done_before in (0, 2):
        result = CliRunner().invoke(build(), decide_it)
        assert result.exit_code == 0, result.output
        said = json.loads(result.stdout)
        assert said["applications"] == COUNT
        assert said["shards_done_before"] == done_before
    chosen = _answers(out)["application_id"][7]
    explain = ["credit", "decide-batch", "--out", str(out), "--explain", chosen, "--json"]
    result = CliRunner().invoke(build(), explain)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["identical"] is True
    result = CliRunner().invoke(build(), ["credit", "decide-batch", "--out", str(out)])
    assert result.exit_code == 2
