"""Idle cash by command line: put to work, looked at, taken out, published, proven."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from martlet.cli.app import build

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Terminal = Callable[..., Any]


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """Type a command at a new bank and read its JSON."""

    def typed(*arguments: str, code: int = 0) -> Any:
        result = CliRunner().invoke(build(), ["--home", str(tmp_path), *arguments, "--json"])
        assert result.exit_code == code, (arguments, result.output, result.exception)
        return json.loads(result.stdout) if result.stdout else None

    typed("init", "--name", "Terminal bank")
    return typed


def test_a_shops_money_is_put_to_work_and_taken_out(terminal: Terminal) -> None:
    def treasury(*words: str, code: int = 0) -> Any:
        return terminal("treasury", *words, code=code)

    party = terminal(
        *("parties", "add-business", "--name", "豆浆摊", "--owner-name", "摊主"),
        *("--owner-phone", "17012345678"),
    )["party_id"]
    terminal("lending", "fund", "100,000")
    names = [one["product"] for one in treasury("products")["products"]]
    assert names == ["wenlibao", "yuelibao", "yulibao"]
    treasury("sweep", party, "--product", "yulibao", "--keep", "5,000")
    swept = treasury("take-in", party, "20,000")["swept"]
    assert swept["amount_fen"] == 1_500_000
    term = treasury("subscribe", party, "wenlibao", "3,000", "--tenor-days", "63")
    plan = treasury("subscribe", party, "yuelibao", "100", "--instalments", "6")
    assert plan["instalments_paid"] == 1
    today = date.fromisoformat(swept["business_date"])
    for number in range(2):
        day = today + timedelta(days=number)
        treasury("publish-yields", "yulibao", f"{day}=1.825%")
        terminal("eod", "run")
    seen = treasury("positions", party)
    assert seen["balance_fen"] == 500_000 - 300_000 - 10_000
    assert len(seen["positions"]) == 3
    price = treasury("redeem", term["position_id"], "--preview")
    assert price["given_up_fen"] == price["earned_fen"] - (price["paid_fen"] - 300_000)
    treasury("redeem", term["position_id"], "--cost-most", "0", code=1)
    treasury("redeem", term["position_id"], "--cost-most", "1")
    assert treasury("withdraw", party, "10")["amount_fen"] == 1_000
    month = treasury("statement", party)
    assert month["opening_fen"] + month["in_fen"] + month["earned_fen"] == (
        month["out_fen"] + month["closing_fen"]
    )
    last_month = (today.replace(day=1) - timedelta(days=1)).isoformat()[:7]
    assert treasury("statement", party, "--month", last_month)["rows"] == []
    days = treasury("statement", party, "--position", swept["position_id"])
    assert days["events"][0]["kind"] == "subscribed"
    terminal("treasury", "consent", party, "--locked-share", "40%", "--floor", "1,000")
    plan = treasury("proposal", party, "--accept")
    assert plan["consent"]["version"] == 1
    assert plan["orders"][0]["kind"] == "surplus"
    (done,) = treasury("plans", party)["plans"]
    assert treasury("replay-plan", done["plan_id"])["identical"]
    assert treasury("revoke", party)["given"] is False
    assert treasury("book", "--prove")["proof"]["positions"] == 3
    assert terminal("verify")["treasury"]["positions"] == 3
