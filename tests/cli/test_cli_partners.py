"""Lending together from a terminal: an agreement by two people, a shared loan, a proven file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.cli.test_cli_bank import Terminal
from typer.testing import CliRunner

from martlet.cli.app import build
from martlet.kernel.errors import Forbidden

if TYPE_CHECKING:
    from pathlib import Path


def test_a_loan_is_shared_settled_paid_and_taken_back(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "bank")
    terminal("init", "--name", "Terminal bank")
    partners, settlement = ("lending", "partners"), ("lending", "settlement")
    day = terminal("eod", "status")["business_date"]
    terminal("lending", "fund", "10,000")
    for name, value in (("tier1_capital_fen", "1000000000"), ("own_joint_max_ppm", "1000000")):
        terminal(*partners, "set", name, value, day, "the board, synthetic")
    terminal(*partners, "register", "north", "合成银行")
    terms = ("--share", "30%", "--cap", "10,000", "--from", day, "--until", "2099-12-31")
    proposed = terminal(*partners, "propose", "north", *terms)
    with pytest.raises(Forbidden):
        CliRunner().invoke(
            build(),
            ["--home", str(terminal.home), *partners, "approve", proposed["agreement_id"]],
            catch_exceptions=False,
        )
    terminal("parties", "staff", "--add", "Li", "--roles", "risk")
    terminal(*partners, "approve", proposed["agreement_id"], "--staff", "Li")
    stall = ("--name", "豆浆摊", "--owner-name", "摊主", "--owner-phone", "17012345678")
    party = terminal("parties", "add-business", *stall)["party_id"]
    offer = terminal("lending", "apply", party, "100")["offer"]["offer_id"]
    facility = terminal("lending", "accept", offer)["facility_id"]
    loan = terminal("lending", "draw", facility, "1")["loan_id"]
    assert terminal(*partners, "list")[0]["used_fen"] == 30
    terminal("eod", "run")
    (made,) = terminal(*settlement, "list", "--on", day)
    assert made["partner_pays_fen"] == 30
    into = tmp_path / "north.csv"
    arguments = ["--home", str(terminal.home), *settlement, "file", "north", day]
    assert CliRunner().invoke(build(), [*arguments, "--output", str(into)]).exit_code == 0
    assert into.read_text().endswith(f"sha256,{made['content_hash']}\n")
    terminal(*settlement, "pay", "north", day)
    done = terminal(*partners, "buy-back", "north", loan, "--reason", "sold in error")
    assert done["bought_fen"] == 30
    terminal(*partners, "end", proposed["agreement_id"], "the partner leaves", "--take-back")
    assert terminal(*settlement, "verify")["agrees"] is True
    key = CliRunner().invoke(build(), ["--home", str(terminal.home), *partners, "key", "north"])
    assert key.output.startswith("mk_")
