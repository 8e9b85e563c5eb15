"""The contracts of the architecture catch what they are there to catch.

`lint-imports` checks the real tree (scripts/test); here a copy of it is spoiled on purpose, once
for each kind of breach, and the linter must name the contract that broke.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "martlet"
LINTER = Path(sys.executable).with_name("lint-imports")


def _contracts() -> list[dict[str, object]]:
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts: list[dict[str, object]] = configuration["tool"]["importlinter"]["contracts"]
    return contracts


def test_every_room_keeps_its_tables_to_itself() -> None:
    protected = {
        str(module)
        for contract in _contracts()
        if contract["type"] == "protected"
        for module in contract["protected_modules"]  # type: ignore[attr-defined]
    }
    rooms = {f"martlet.{path.parent.name}.tables" for path in PACKAGE.glob("*/tables.py")}
    assert rooms <= protected, f"no contract protects {sorted(rooms - protected)}"


BREACHES = {
    "a lower room imports a higher one": (
        "kernel/calendar.py",
        "import martlet.store",
        "Lower rooms never import higher ones",
    ),
    "an eye decides": (
        "cashflow/model.py",
        "import martlet.credit",
        "Lower rooms never import higher ones",
    ),
    "a rule reads the clock": (
        "signals/model.py",
        "import time",
        "Values and rules know no clock",
    ),
    "a face touches the database": (
        "cli/__init__.py",
        "import sqlalchemy",
        "Pages, commands and endpoints never touch the database",
    ),
    "a room reads another's tables": (
        "cli/__init__.py",
        "import martlet.store.tables",
        "The tables of `store` are its own",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_is_caught_by_the_contract_against_it(breach: str, tmp_path: Path) -> None:
    module, line, contract = BREACHES[breach]
    shutil.copytree(PACKAGE, tmp_path / "src" / "martlet")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    spoiled = tmp_path / "src" / "martlet" / module
    spoiled.write_text(f"{spoiled.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    result = subprocess.run(
        [LINTER, "--no-logo", "--no-cache"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1, result.stdout + result.stderr
    broken = [row for row in result.stdout.splitlines() if row.endswith("BROKEN")]
    assert any(contract in row for row in broken), result.stdout
