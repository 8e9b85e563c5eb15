"""`martlet cashflow forecast`: anyone's file in, answers and marks out."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest
from typer.testing import CliRunner

from martlet.cli.app import build
from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from pathlib import Path

FIRST = date(2026, 6, 1)
LEVELS = ["q10", "q20", "q30", "q40", "q50", "q60", "q70", "q80", "q90", "q95", "q99"]


@pytest.fixture
def history(tmp_path: Path) -> Path:
    rows = ["series_id,date,value,city"]
    for number in range(70):
        day = FIRST + timedelta(days=number)
        rows += [f"shop,{day},{100 + 20 * (number % 7)},杭州", f"still,{day},0,杭州"]
    rows += ["young,2026-08-07,9,宁波", "young,2026-08-08,9,宁波", "young,2026-08-09,9,宁波"]
    rows += ["lost,soon,many,宁波"]
    path = tmp_path / "history.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def _run(*words: str) -> dict[str, object]:
    result = CliRunner().invoke(build(), ["cashflow", *words, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    value: dict[str, object] = json.loads(result.stdout)
    return value


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_every_series_is_answered_or_marked(history: Path, tmp_path: Path, suffix: str) -> None:
    out, totals = tmp_path / f"answers.{suffix}", tmp_path / f"totals.{suffix}"
    asked = ("--history", str(history), "--horizon", "30", "--out", str(out))
    told = _run("forecast", *asked, "--totals-out", str(totals))
    assert (told["series_count"], told["thin_count"], told["refused_count"]) == (3, 2, 1)
    read = pl.read_parquet if suffix == "parquet" else pl.read_csv
    answers = read(out)
    assert answers.columns[:14] == ["series_id", "date", "mean", *LEVELS]
    assert answers.height == 3 * 30
    assert answers.filter(pl.col("series_id") == "still")["q99"].max() == 0
    assert set(answers.filter(pl.col("standing") == "thin")["series_id"]) == {"still", "young"}
    assert sorted(set(read(totals)["days"])) == [7, 14, 28]
    marks = pl.read_csv(tmp_path / "answers.marks.csv")
    assert set(marks["series_id"]) == {"still", "young", "lost"}
    assert marks.filter(pl.col("series_id") == "lost")["standing"].to_list() == ["refused"]
    assert marks["sentence_zh"].str.contains("天|行").all()


def test_levels_are_shares_or_per_cent(history: Path, tmp_path: Path) -> None:
    asked = ("forecast", "--history", str(history), "--horizon", "3")
    for number, levels in enumerate(("0.05,0.995", "5%,99.5%")):
        out = tmp_path / f"{number}.csv"
        _run(*asked, "--out", str(out), "--levels", levels)
        assert {"q5", "q99_5"} <= set(pl.read_csv(out).columns)


def test_an_origin_in_the_past_knows_nothing_after_it(history: Path, tmp_path: Path) -> None:
    out = tmp_path / "answers.csv"
    asked = ("--history", str(history), "--horizon", "7", "--as-of", "2026-07-31")
    told = _run("forecast", *asked, "--out", str(out))
    assert told["history_to"] == "2026-07-31"
    assert pl.read_csv(out)["date"].min() == "2026-08-01"
    assert told["refused_count"] == 2


def test_a_batch_of_the_same_file_gives_the_same_count(history: Path, tmp_path: Path) -> None:
    asked = ("--history", str(history), "--horizon", "7", "--out", str(tmp_path / "night"))
    told = _run("batch", *asked, "--shards", "2", "--processes", "1")
    assert (told["series_count"], told["refused_count"]) == (3, 1)


@pytest.mark.parametrize(
    ("option", "value", "code"),
    [
        ("--levels", "many", "levels_unreadable"),
        ("--levels", "0", "levels_unusable"),
        ("--gaps", "holes", "word_unknown"),
        ("--group", "province", "group_missing"),
        ("--out", "answers.xlsx", "format_unknown"),
    ],
)
def test_what_cannot_be_understood_is_refused(
    history: Path, tmp_path: Path, option: str, value: str, code: str
) -> None:
    words = ["cashflow", "forecast", "--history", str(history), "--horizon", "7"]
    words += ["--out", str(tmp_path / "answers.csv"), option, value]
    with pytest.raises(Invalid, match=code):
        CliRunner().invoke(build(), words, catch_exceptions=False)
