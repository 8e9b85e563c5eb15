"""Idle cash over HTTP: takings swept, money in and out, statements, yields, the bank's book."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from martlet.kernel.principal import OWNER_SCOPES, ActorKind, Principal

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

    from martlet.bootstrap import Bank
    from martlet.kernel.clock import ManualClock

TREASURY = "/v1/treasury"


@pytest.fixture
def night(
    api: TestClient, send: Callable[..., Any], bank: Bank, bank_itself: Principal,
    clock: ManualClock,
) -> Callable[[], None]:  # fmt: skip
    """End the open day with a yield of 50 fen a day on ¥10,000."""

    def end() -> None:
        day = bank.end_of_day.status(bank_itself).business_date
        told = {"product": "yulibao", "yields": [{"day": str(day), "ppm_per_year": 18_250}]}
        assert send(api, f"{TREASURY}/yields", told).status_code == 201
        bank.end_day(bank_itself)
        clock.advance(timedelta(days=1))

    return end


def test_takings_are_swept_earn_and_are_paid_out(
    api: TestClient, party_id: str, send: Callable[..., Any], night: Callable[[], None]
) -> None:
    offered = {one["product"]: one for one in api.get(f"{TREASURY}/products").json()["products"]}
    assert offered["yulibao"]["at_once_daily_max_fen"] == 1_000_000
    assert [one["tenor_days"] for one in offered["wenlibao"]["tenors"]] == [28, 63, 91, 182, 364]
    set_up = {"party_id": party_id, "product": "yulibao", "keep_fen": 1_000}
    assert send(api, f"{TREASURY}/sweeps", set_up).status_code == 201
    took = send(api, f"{TREASURY}/takings", {"party_id": party_id, "amount_fen": 2_001_000}).json()
    assert took["swept"]["amount_fen"] == 2_000_000
    night()
    night()
    seen = api.get(f"{TREASURY}/overview", params={"party_id": party_id}).json()
    assert (seen["balance_fen"], seen["value_fen"], seen["yesterday_fen"]) == (
        1_000,
        2_000_100,
        100,
    )
    assert seen["at_once_left_fen"] == {"yulibao": 1_000_000}
    position = took["swept"]["position_id"]
    asked = {"amount_fen": 1_500_000}
    told = api.get(f"{TREASURY}/positions/{position}/redemption", params=asked).json()
    assert (told["at_once_fen"], told["later_fen"]) == (1_000_000, 500_000)
    out = send(api, f"{TREASURY}/positions/{position}/redemptions", asked).json()
    assert (out["at_once_fen"], out["pays_on"]) == (told["at_once_fen"], told["pays_on"])
    night()
    orders = api.get(f"{TREASURY}/orders", params={"party_id": party_id}).json()["orders"]
    assert sorted((one["amount_fen"], one["state"]) for one in orders) == [
        (500_000, "posted"), (1_000_000, "posted"),
    ]  # fmt: skip
    month = api.get(f"{TREASURY}/months", params={"party_id": party_id, "month": "2026-03"}).json()
    (row,) = month["rows"]
    assert row["in_fen"] + row["earned_fen"] == row["out_fen"] + row["closing_fen"]
    assert (row["in_fen"], row["out_fen"]) == (2_000_000, 1_500_000)
    days = {"first": "2026-03-01", "last": "2026-03-31"}
    lines = api.get(f"{TREASURY}/positions/{position}/statement", params=days).json()
    assert lines["earned_in_span_fen"] == row["earned_fen"]
    earned = api.get(f"{TREASURY}/earnings", params={"party_id": party_id, **days}).json()
    assert earned["earned_fen"] == row["earned_fen"]


def test_a_term_and_a_withdrawal_and_what_the_bank_sees(
    api: TestClient, party_id: str, send: Callable[..., Any], night: Callable[[], None]
) -> None:
    send(api, f"{TREASURY}/takings", {"party_id": party_id, "amount_fen": 1_000_000})
    wanted = {
        "party_id": party_id,
        "product": "wenlibao",
        "amount_fen": 365_000,
        "tenor_days": 28,
    }
    made = send(api, f"{TREASURY}/subscriptions", wanted).json()
    assert (made["matures_on"], made["yield_ppm"]) == ("2026-03-30", 14_000)
    paid = send(api, f"{TREASURY}/withdrawals", {"party_id": party_id, "amount_fen": 35_000})
    assert paid.status_code == 201, paid.text
    much = send(api, f"{TREASURY}/withdrawals", {"party_id": party_id, "amount_fen": 700_000})
    assert (much.status_code, much.json()["code"]) == (422, "ledger.insufficient_funds")
    night()
    broken = send(
        api, f"{TREASURY}/positions/{made['position_id']}/redemptions", {"lost_fen_max": 0}
    )
    assert (broken.status_code, broken.json()["code"]) == (422, "treasury.dearer_than_agreed")
    book = api.get(f"{TREASURY}/book").json()
    rows = {one["product"]: one for one in book["products"]}
    assert rows["wenlibao"]["standing_fen"] == 365_000
    assert rows["wenlibao"]["breaks_count"] == 0
    assert api.get(f"{TREASURY}/verification").json()["standing_fen"] == 365_000
    told = api.get("/metrics").text
    assert 'martlet_treasury_subscribed_fen_total{product="wenlibao"} 365000.0' in told


def test_the_rail_reports_by_its_own_word(
    api: TestClient, party_id: str, send: Callable[..., Any], bank: Bank
) -> None:
    """A rail that speaks later: its word settles, repeats change nothing, contradictions fail."""
    bank.treasury._rail.slow = True  # type: ignore[attr-defined]
    send(api, f"{TREASURY}/takings", {"party_id": party_id, "amount_fen": 100_000})
    told = {"party_id": party_id, "amount_fen": 40_000}
    order = send(api, f"{TREASURY}/withdrawals", told).json()["order_id"]
    path = f"{TREASURY}/payouts/{order}/report"
    first = send(api, path, {"outcome": "voided", "reference": "R-1"}).json()
    again = send(api, path, {"outcome": "voided", "reference": "R-2"}).json()
    assert (first["verdict"], again["verdict"]) == ("applied", "repeated")
    other = send(api, path, {"outcome": "posted"})
    assert (other.status_code, other.json()["code"]) == (409, "treasury.rail_contradiction")
    seen = api.get(f"{TREASURY}/overview", params={"party_id": party_id}).json()
    assert seen["balance_fen"] == 100_000


def test_an_owner_opens_its_own_drawer_and_never_the_banks(
    api: TestClient, party_id: str, send: Callable[..., Any], make_client: Callable[..., Any],
    make_key: Callable[..., str], bank: Bank, bank_itself: Principal,
) -> None:  # fmt: skip
    other = {
        "name": "别家", "trade": "catering", "region": "杭州",
        "owner_name": "李四", "owner_phone": "13900139000",
    }  # fmt: skip
    stranger = UUID(send(api, "/v1/businesses", other).json()["party_id"])
    send(api, f"{TREASURY}/takings", {"party_id": party_id, "amount_fen": 100_000})
    scopes = ["treasury:read", "treasury:write"]
    theirs = make_client(make_key(scopes, frozenset({stranger})))
    for path in ("positions", "overview", "orders"):
        assert theirs.get(f"{TREASURY}/{path}", params={"party_id": party_id}).status_code == 404
    taken = send(theirs, f"{TREASURY}/withdrawals", {"party_id": party_id, "amount_fen": 1})
    assert taken.status_code == 404
    assert theirs.get(f"{TREASURY}/book").status_code == 403
    assert send(theirs, f"{TREASURY}/takings", {"party_id": str(stranger), "amount_fen": 1}
                ).status_code == 403  # fmt: skip
    owner = Principal(
        bank_itself.tenant_id, stranger, ActorKind.OWNER, OWNER_SCOPES, frozenset({stranger})
    )
    assert bank.treasury.orders(owner, stranger) == []


def test_a_plan_is_shown_agreed_to_carried_out_and_made_again(
    api: TestClient, party_id: str, send: Callable[..., Any], night: Callable[[], None],
    bank: Bank, bank_itself: Principal, clock: ManualClock,
) -> None:  # fmt: skip
    """Nothing is known of this shop's needs: its money works, and none of it is locked."""
    send(api, f"{TREASURY}/takings", {"party_id": party_id, "amount_fen": 3_000_000})
    whose = {"party_id": party_id}
    plan = api.get(f"{TREASURY}/plan", params=whose).json()
    assert plan["consent"] is None
    assert [one["kind"] for one in plan["orders"]] == ["surplus"]
    assert "Nothing is locked" in plan["orders"][0]["sentences"][1]
    assert "too few" in plan["sentences"][0]
    shown = {**whose, "inputs_hash": plan["inputs_hash"]}
    wrong = send(api, f"{TREASURY}/plan/acceptances", {**shown, "inputs_hash": "0" * 64})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "treasury.plan_changed")
    assert send(api, f"{TREASURY}/plan/acceptances", shown).status_code == 201
    limits = {"floor_fen": 200_000, "products": ["yulibao"], "move_fen_max": 500_000}
    consent = send(api, f"{TREASURY}/consents", {**whose, "limits": limits})
    assert consent.json()["version"] == 1
    send(api, f"{TREASURY}/takings", {"party_id": party_id, "amount_fen": 900_000})
    night()
    done = api.get(f"{TREASURY}/plans", params=whose).json()["plans"]
    assert [one["consent_version"] for one in done] == [1, None]
    assert done[0]["orders"][0]["amount_fen"] == 500_000
    replayed = api.get(f"{TREASURY}/plans/{done[0]['plan_id']}/replay").json()
    assert replayed["identical"]
    send(api, f"{TREASURY}/consents/revocations", whose)
    assert send(api, f"{TREASURY}/plans", {}).json()["consents"] == 0
    given = [
        one["given"] for one in api.get(f"{TREASURY}/consents", params=whose).json()["consents"]
    ]
    assert given == [False, True]
    assert bank.verify()["treasury"]["positions"] == 1
