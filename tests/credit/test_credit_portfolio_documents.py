"""docs/score.md is what happens, and docs/score-features.md is what is computed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from martlet.credit.portfolio import brain, writing
from martlet.kernel.i18n import Locale

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
BLOCK = re.compile(r"```csv\n(.*?)```", re.DOTALL)


def test_the_worked_example_comes_out_as_written(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "score.md").read_text("utf-8")
    records, applications, answers, quarantine = BLOCK.findall(page)
    files = brain.Files(tmp_path / "applications.csv", tmp_path / "records.csv")
    files.applications.write_text(applications, "utf-8")
    assert files.records is not None
    files.records.write_text(records, "utf-8")
    scored = brain.score(files, Locale.EN, lambda _stage, _done, _total: None)
    assert writing.answers_text(scored) == answers
    assert writing.quarantine_text(scored) == quarantine


def test_the_page_of_features_is_current() -> None:
    code = "import sys; from tools.score_reference import reference; sys.stdout.write(reference())"
    made = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PYTHONPATH": ":".join([str(ROOT), *sys.path])},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    stored = (ROOT / "docs" / "score-features.md").read_text(encoding="utf-8")
    assert made == stored, "run: python tools/score_reference.py"


def test_the_command_opens_no_bank_and_writes_all_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder of its own, with a home that is not there: four files appear, no bank."""
    page = (ROOT / "docs" / "score.md").read_text("utf-8")
    records, applications, _answers, _quarantine = BLOCK.findall(page)
    (tmp_path / "a.csv").write_text(applications, "utf-8")
    (tmp_path / "r.csv").write_text(records, "utf-8")
    monkeypatch.chdir(tmp_path)
    arguments = ["--applications", "a.csv", "--records", "r.csv", "--out", "out.csv"]
    further = ["--report", "report.md", "--model-out", "model.json", "--json"]
    program = (
        "import sys; sys.argv = ['martlet', *sys.argv[1:]]; from martlet.cli import main; main()"
    )
    home = {"PYTHONPATH": ":".join(sys.path), "MARTLET_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-c", program, "--lang", "zh", "credit", "score"]
    done = subprocess.run(
        [*command, *arguments, *further], capture_output=True, text=True, env=home, check=False
    )
    assert done.returncode == 0, done.stderr
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"a.csv", "r.csv", "out.csv", "out.quarantine.csv", "report.md", "model.json"}
    assert "月供" in (tmp_path / "out.csv").read_text("utf-8")
    (tmp_path / "a.csv").write_text("nothing,like,it\n1,2,3\n", "utf-8")
    refused = subprocess.run(
        [*command, *arguments, "--out", "other.csv"],
        capture_output=True, text=True, env=home, check=False,
    )  # fmt: skip
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert not (tmp_path / "other.csv").exists()
