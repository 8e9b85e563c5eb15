"""The page on the optimiser tells the truth: its files and its command give the answer shown."""

from __future__ import annotations

import csv
import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from martlet.cli.app import build
from martlet.credit import parse_policy
from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from click.testing import Result

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "optimise.md").read_text(encoding="utf-8")


def block(after: str) -> str:
    """Return the first fenced block after a line of the page."""
    found = re.search(rf"{re.escape(after)}.*?```\w*\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None, after
    return found.group(1)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "applicants.csv").write_text(block("`applicants.csv`"), encoding="utf-8")
    (tmp_path / "market.csv").write_text(block("`market.csv`"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(command: str) -> Result:
    words = shlex.split(command.replace("\\\n", " "))
    assert words[0] == "martlet"
    return CliRunner().invoke(build(), words[1:])


def test_the_example_of_the_page_gives_what_the_page_shows(folder: Path) -> None:
    result = run(block("Ask:"))
    assert result.exit_code == 0, result.output
    shown = [line.rstrip() for line in result.output.splitlines() if line.strip()]
    assert shown == [line.rstrip() for line in block("It answers:").splitlines() if line.strip()]
    with (folder / "plan.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["application_id"] for row in rows] == ["bakery", "stall", "workshop", "studio"]
    assert parse_policy((folder / "policy.toml").read_text(encoding="utf-8")).version == "spring-1"


def test_a_program_gets_one_json_value(folder: Path) -> None:
    result = run(f"{block('Ask:').strip()} --json")
    value = json.loads(result.output)
    assert value["profit_fen"] <= value["profit_bound_fen"]
    assert value["prices"][0]["bound"] == "budget"
    assert value["grid"]["version"] == "spring-1"
    assert len(value["sentences"]) == len(value["prices"])
    assert (folder / "plan.csv").exists()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ("--lgd 160%", "cli.share_unreadable"),
        ("--cash-flow-months many", "cli.months_unreadable"),
        ("--cap retail", "cli.cap_unreadable"),
        ("--cap r=1 --cap r=2", "cli.cap_unreadable"),
        ("--limit-min 9000000", "credit.plan_limits_crossed"),
        ("--counts perhaps", "cli.word_unknown"),
        ("--operating-cost=-1", "kernel.amount_unreadable"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(folder: Path, changed: str, code: str) -> None:
    result = run(f"{block('Ask:').strip()} {changed}")
    assert isinstance(result.exception, Invalid)
    assert result.exception.code == code
    assert not (folder / "plan.csv").exists()
