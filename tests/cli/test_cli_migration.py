"""The worked example of docs/migration.md, run as it stands there."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer.testing import CliRunner

from martlet.cli.app import build
from martlet.kernel.money import decimal_text

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = Path(__file__).resolve().parents[2] / "docs" / "migration.md"


def run(home: Path, arguments: Sequence[str], code: int = 0) -> Any:
    typed = ["--home", str(home), *arguments, "--json"]
    result = CliRunner().invoke(build(), typed)
    assert result.exit_code == code, (arguments, result.output, result.exception)
    return json.loads(result.stdout)


def test_the_worked_example_runs_as_it_is_written(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    tables = re.findall(r"`(\w+\.csv)`:\n\n```csv\n(.*?)```", page, re.DOTALL)
    assert [name for name, _ in tables] == ["loans.csv", "events.csv"]
    for name, text in tables:
        (tmp_path / name).write_text(text, encoding="utf-8")
    home = tmp_path / "bank"
    run(home, ["init", "--name", "Example"])
    command = ["lending", "import-portfolio", "--loans", str(tmp_path / "loans.csv")]
    command += ["--events", str(tmp_path / "events.csv"), "--source", "old_core"]
    withheld = run(home, command, code=1)
    assert (withheld["withheld"], withheld["loans_taken"]) == (True, 0)
    assert run(home, ["lending", "portfolio"])["rows"] == []
    command.append("--set-aside")
    done = run(home, command, code=1)
    assert (done["loans_taken"], done["loans_rejected"]) == (2, 1)
    assert (done["balances_stated"], done["balances_equal"]) == (6, 3)
    found = (tmp_path / "loans-findings" / "differences.csv").read_text(encoding="utf-8-sig")
    for row in csv.DictReader(io.StringIO(found)):
        stated, computed = (
            decimal_text(int(row[name]), grouped=True) for name in ("stated_fen", "computed_fen")
        )
        shown = f"| {row['loan']} | {row['field']} | {stated} | {computed} | {row['parted_at']} |"
        assert shown.replace("|  |", "| |") in page, shown
    assert done["suspense_fen"] == -65
    assert (done["rejected"][0]["line"], done["rejected"][0]["column"]) == (4, "principal_fen")
    again = run(home, command, code=1)
    assert (again["loans_taken"], again["loans_known"], again["differences_count"]) == (0, 2, 0)
