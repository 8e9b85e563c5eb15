"""A day at the bank from a terminal: opened, a yuan lent and repaid, the day closed, all proven."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.credit.boosted_examples import challenger
from tests.records.trade_stories import exported, ordinary, ring
from typer.testing import CliRunner

from martlet.cli.app import build
from martlet.kernel.clock import SystemClock

if TYPE_CHECKING:
    from pathlib import Path

    from martlet.kernel.clock import ManualClock


class Terminal:
    """Types commands at one bank and reads their JSON."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *arguments: str, code: int = 0) -> Any:
        result = CliRunner().invoke(build(), ["--home", str(self.home), *arguments, "--json"])
        assert result.exit_code == code, (arguments, result.output, result.exception)
        return json.loads(result.stdout) if result.stdout else None


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    opened = Terminal(tmp_path / "bank")
    made = opened("init", "--name", "Terminal bank")
    assert "/link#" in made["login_link"]
    return opened


def _stall(terminal: Terminal) -> str:
    added = terminal(
        *("parties", "add-business", "--name", "豆浆摊", "--owner-name", "摊主"),
        *("--owner-phone", "17012345678"),
    )
    return str(added["party_id"])


def test_one_yuan_is_lent_and_repaid_and_the_day_is_closed(terminal: Terminal) -> None:
    party = _stall(terminal)
    terminal("lending", "fund", "10,000")
    answer = terminal("lending", "apply", party, "100")
    facility = terminal("lending", "accept", answer["offer"]["offer_id"])["facility_id"]
    loan = terminal("lending", "draw", facility, "1")["loan_id"]
    assert terminal("lending", "payoff", loan)["total_fen"] == 100
    assert terminal("lending", "repay", loan, "1")["outstanding_fen"] == 0
    assert terminal("lending", "statement", loan)["loan"]["status"] == "closed"
    assert terminal("eod", "run")["trial_balance"]["difference_fen"] == 0
    assert terminal("ledger", "trial-balance")["difference_fen"] == 0
    assert terminal("ledger", "journal", "--subject", f"loan:{loan}")
    decision = answer["decision"]["decision_id"]
    assert terminal("credit", "replay", decision)["identical"]
    assert terminal("credit", "explain", decision)["headline"]
    assert terminal("verify")["chain"]["links_count"] > 0


def test_a_backup_is_brought_back_and_verifies(terminal: Terminal, tmp_path: Path) -> None:
    _stall(terminal)
    before = terminal("backup", str(tmp_path / "copy"))
    other = Terminal(tmp_path / "other")
    after = other("restore", str(tmp_path / "copy"))
    assert (after["chain_seq"], after["chain_hash"]) == (
        before["chain_seq"],
        before["chain_hash"],
    )
    assert other("verify")["chain"]["head"] == before["chain_hash"]


def test_the_same_key_is_answered_and_not_repeated(terminal: Terminal) -> None:
    first = terminal("parties", "staff", "--add", "Li", "--roles", "risk", "--key", "k-1")
    again = terminal("parties", "staff", "--add", "Li", "--roles", "risk", "--key", "k-1")
    assert first["staff_id"] == again["staff_id"]
    assert len(terminal("parties", "staff")) == 2


def test_a_policy_is_published_as_a_named_person(terminal: Terminal, tmp_path: Path) -> None:
    terminal("parties", "staff", "--add", "Li", "--roles", "risk")
    text = terminal("credit", "policy", "show")["toml"].replace("starter-1", "spring-1")
    file = tmp_path / "spring.toml"
    file.write_text(text, encoding="utf-8")
    terminal("credit", "policy", "publish", str(file), "--staff", "Li")
    assert terminal("credit", "policy", "show")["version"] == "spring-1"
    assert [row["version"] for row in terminal("credit", "policy", "list")] == ["spring-1"]


def test_a_model_runs_in_shadow_and_is_reported_on(terminal: Terminal, tmp_path: Path) -> None:
    party = _stall(terminal)
    artefact = tmp_path / "challenger.json"
    artefact.write_bytes(challenger().artefact)
    artefact.with_suffix(".md").write_text("# A card", encoding="utf-8")
    assert terminal("credit", "shadow") == []
    model_id = terminal("credit", "models", "--register", str(artefact))["model_id"]
    terminal("credit", "models", "--promote", model_id, code=1)
    terminal("credit", "models", "--promote", model_id, "--state", "shadow")
    decision = terminal("lending", "apply", party, "100")["decision"]["decision_id"]
    (report,) = terminal("credit", "shadow")
    assert (report["name"], report["kind"]) == ("challenger", "monotone_trees")
    assert (report["asked_count"], report["failed_count"]) == (1, 0)
    (shadow,) = terminal("credit", "replay", decision)["shadows"]
    assert shadow["identical"]
    for command in (["shadow"], ["replay", decision]):
        shown = CliRunner().invoke(build(), ["--home", str(terminal.home), "credit", *command])
        assert shown.exit_code == 0, shown.output
        assert "challenger" in shown.output or shadow["model_hash"][:8] in shown.output


def test_a_bank_in_order_is_told_so(terminal: Terminal) -> None:
    levels = {row["level"] for row in terminal("doctor")}
    assert "failure" not in levels


def test_every_format_is_listed(terminal: Terminal) -> None:
    assert {"vat_sales", "alipay", "takings"} <= {
        row["format"] for row in terminal("records", "formats")
    }


def test_an_officer_sees_which_invoices_made_a_round(terminal: Terminal, tmp_path: Path) -> None:
    party, today = _stall(terminal), SystemClock().now().date()
    terminal("parties", "consent", party)
    assert terminal("records", "check", party)["findings"] == []
    for side in ("sales", "purchases"):
        file = tmp_path / f"{side}.csv"
        file.write_text(exported([*ordinary(), *ring()], side, today=today), encoding="utf-8")
        terminal("records", "import", str(file), "--party", party)
    [round_trade] = terminal("records", "check", party)["findings"]
    assert round_trade["kind"] == "integrity_circular_trade_ppm"
    refused = terminal("lending", "apply", party, "100")["decision"]
    assert [reason["code"] for reason in refused["reasons"]] == ["credit.excluded"]
    shown = CliRunner().invoke(build(), ["--home", str(terminal.home), "records", "check", party])
    assert "Sales bought back from the same partner" in shown.stdout
    assert "Pu'er friends" in shown.stdout
    assert terminal("records", "check", party, "--as-of", "2020-01-01")["findings"] == []
    terminal("records", "clear", party, round_trade["kind"], "--reason", "roasting to order")
    assert terminal("records", "check", party)["findings"][0]["cleared"]


def test_a_running_clock_can_be_set_forward_and_never_back(clock: ManualClock) -> None:
    from martlet.kernel.clock import ShiftedClock

    shifted = ShiftedClock(datetime(2020, 2, 24, tzinfo=UTC), clock)
    assert shifted.now() == datetime(2020, 2, 24, tzinfo=UTC)
    shifted.set(datetime(2020, 3, 1, tzinfo=UTC))
    assert shifted.now() == datetime(2020, 3, 1, tzinfo=UTC)
    with pytest.raises(AssertionError):
        shifted.set(datetime(2020, 2, 1, tzinfo=UTC))


@pytest.mark.slow
def test_the_demo_keeps_its_promises_on_a_made_up_world(tmp_path: Path) -> None:
    arguments = ["demo", "--check", "--data", str(tmp_path / "none"), "--home", str(tmp_path / "d")]
    result = CliRunner().invoke(build(), [*arguments, "--json"])
    assert result.exit_code == 0, (result.output, result.exception)
    facts = json.loads(result.stdout)
    assert facts["loans_count"] > 0
    assert facts["one_yuan_loan"] == "closed"
    assert facts["trial_balance_difference_fen"] == 0
    assert facts["chain_verified"] is True
    assert facts["decisions_replayed_count"] == facts["decided_count"]


def test_arrears_are_seen_and_nobody_is_reminded_of_nothing(terminal: Terminal) -> None:
    board = terminal("lending", "arrears")
    assert board["totals"]["borrowers"] == {"count": 0, "principal_fen": 0}
    assert board["cases_shown"] == []
    assert terminal("lending", "remind")["begun"] == 0
    assert terminal("lending", "roll-rates")["months"][0]["rolls"] == []
    named = terminal("lending", "name-handler", "team", "field", "外勤小组")
    assert named["active"] is True
    missing = "01900000-0000-7000-8000-000000000009"
    terminal("lending", "promise", missing, "1", "2030-01-01", code=1)
    terminal("lending", "case", missing, code=1)
    terminal("lending", "hand-over", missing, "team", "field", code=1)
    terminal("lending", "take-back", missing, code=1)
    terminal("lending", "case-note", missing, "x", code=1)
    terminal("lending", "close-case", missing, code=1)
    terminal("lending", "pause-reminders", missing, "2020-01-01")


def test_a_file_of_repayments_is_taken_in_whole_or_told_row_by_row(
    terminal: Terminal, tmp_path: Path
) -> None:
    today = terminal("eod", "status")["business_date"]
    loan = "01920000-0000-7000-8000-000000000001"
    file = tmp_path / "bank.csv"
    head, good = "loan_id,amount_yuan,value_date,reference", f"{loan},12.50,{today},slip 1"
    file.write_text(f"{head}\n{good}\n{loan},-1,{today},\n", encoding="utf-8")
    refused = terminal("lending", "receipts", str(file), code=1)
    assert (refused["receipts"], refused["bad_rows_count"]) == (0, 1)
    assert (refused["bad_rows"][0]["line"], refused["bad_rows"][0]["column"]) == (3, "amount_yuan")
    file.write_text(f"{head}\n{good}\n", encoding="utf-8")
    taken = terminal("lending", "receipts", str(file))
    assert (taken["receipts"], taken["total_fen"]) == (1, 1250)
    assert terminal("lending", "receipts", str(file)) == taken
    assert len(terminal("lending", "receipts", "--state", "waiting")) == 1
    caught_up = terminal("eod", "catch-up", "--through", today)
    assert caught_up["ended_count"] == 1
    (stray,) = terminal("lending", "receipts")
    assert stray["state"] == "refused"
