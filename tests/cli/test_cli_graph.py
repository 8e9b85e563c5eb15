"""The graph from a terminal: import a register and tenders, look around, be told what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.test_cli_bank import Terminal
from typer.testing import CliRunner

from martlet.cli.app import build
from martlet.kernel.errors import Invalid

EXAMPLES = Path(__file__).parents[2] / "examples" / "chain"
CARMAKER = "虚构远驰汽车有限公司"


def test_a_bank_looks_around_a_firm(tmp_path: Path) -> None:
    terminal, group = Terminal(tmp_path / "bank"), ("supplychain",)
    terminal("init", "--name", "Terminal bank")
    known = ("--known-on", "2025-01-01")
    register = terminal(
        *group, "import", str(EXAMPLES / "register.csv"), "--form", "register", *known
    )
    assert (register["rows_quarantined"], register["edges_new"] > 0) == (0, True)
    broken = tmp_path / "more.csv"
    broken.write_text("企业名称,统一社会信用代码\n甲有限公司,123\n,\n")
    findings = tmp_path / "findings.csv"
    told = terminal(
        *group, "import", str(broken), "--form", "register", "--findings", str(findings)
    )
    assert told["findings_by_code"] == {"supplychain.credit_code_wrong": 1}
    assert "more.csv,2,credit_code,True" in findings.read_text(encoding="utf-8-sig")
    terminal(*group, "import", str(EXAMPLES / "tenders.json"), "--form", "ocds")
    assert [run["form"] for run in terminal(*group, "imports")] == ["ocds", "register", "register"]
    around = terminal(*group, "around", CARMAKER, "--tiers", "2")
    upstream = {one["name"] for one in around["around"] if one["tier"] < 0}
    assert "虚构擎芯电池系统有限公司" in upstream
    then = terminal(*group, "around", CARMAKER, "--as-of", "2025-02-01")
    assert all(one["tier"] == 0 for one in then["around"]), "no tender was known by then"
    shown = CliRunner().invoke(
        build(), ["--home", str(terminal.home), *group, "around", CARMAKER, "--tiers", "2"]
    )
    assert shown.exit_code == 0
    assert "Upstream, tier 1" in shown.output
    assert terminal(*group, "withdraw", "ocds/ocds-000000-xg-001", "--reason", "void")
    with pytest.raises(Invalid, match="place_needed"):
        CliRunner().invoke(
            build(),
            ["--home", str(terminal.home), *group, "import", "--form", "ckg"],
            catch_exceptions=False,
        )
