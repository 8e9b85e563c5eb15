"""Arrears over HTTP: a loan falls behind, is reminded, promised on, handed over, and cured."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

    from martlet.bootstrap import Bank
    from martlet.kernel.clock import ManualClock
    from martlet.kernel.principal import Principal

PATH = "/v1/collections"


@pytest.fixture
def behind(
    bank: Bank, bank_itself: Principal, clock: ManualClock, api: TestClient, loan: dict[str, Any]
) -> dict[str, Any]:
    """The one-yuan loan, a day after it should have been repaid."""
    shown = api.get(f"/v1/loans/{loan['loan_id']}").json()
    due_on = date.fromisoformat(shown["matures_on"])
    while bank.end_of_day.status(bank_itself).business_date <= due_on:
        clock.advance(timedelta(days=1))
        bank.end_of_day.run(bank_itself)
    return loan


@pytest.fixture
def loan(loan: dict[str, Any], api: TestClient, send: Callable[..., Any]) -> dict[str, Any]:
    """Drawn again for thirty days only, so that few nights pass."""
    path = f"/v1/loans/{loan['loan_id']}"
    send(api, f"{path}/repayments", {"amount_fen": 100})
    drawdowns = f"/v1/facilities/{loan['facility_id']}/drawdowns"
    drawn: dict[str, Any] = send(api, drawdowns, {"amount_fen": 100, "tenor": 30}).json()
    return drawn


def test_arrears_from_the_first_reminder_to_the_cure(
    behind: dict[str, Any],
    make_client: Callable[..., TestClient],
    make_key: Callable[..., str],
    send: Callable[..., Any],
) -> None:
    api = make_client(make_key())  # the key of a month ago has expired
    board = api.get(f"{PATH}/board").json()
    assert board["totals"]["borrowers"] == {"count": 1, "principal_fen": 100}
    case = api.get(f"{PATH}/cases", params={"bucket": "m1"}).json()["cases"][0]
    one = f"{PATH}/cases/{case['case_id']}"
    assert send(api, f"{PATH}/reminders", {}).json()["sent"] == 1
    today = board["business_date"]
    said = {"loan_id": behind["loan_id"], "amount_fen": 100, "pay_by": today}
    assert send(api, f"{PATH}/promises", said).status_code == 201
    left = api.get(f"{PATH}/promises", params={"party_id": case["party_id"]}).json()
    assert left["promise"]["amount_fen"] == 100
    assert send(api, f"{one}/notes", {"text": "will pay today"}).status_code == 201
    unknown = send(api, f"{one}/hand-over", {"kind": "team", "name": "field"})
    assert unknown.json()["code"] == "lending.handler_unknown"
    assert api.get(f"{PATH}/handlers").json() == {"handlers": []}
    pause = {"party_id": case["party_id"], "until": today, "reason": "illness"}
    assert send(api, f"{PATH}/pauses", pause).json()["parties_count"] == 1
    refused = send(api, f"{one}/close", {})
    assert (refused.status_code, refused.json()["code"]) == (422, "lending.case_still_overdue")
    owed_fen = api.get(f"/v1/loans/{behind['loan_id']}").json()["outstanding_fen"]
    send(api, f"/v1/loans/{behind['loan_id']}/repayments", {"amount_fen": owed_fen})
    assert send(api, f"{one}/close", {}).json()["because"] == "cured"
    shown = api.get(one).json()
    assert [event["kind"] for event in shown["timeline"]] == [
        "opened",
        "reminded",
        "promised",
        "note",
        "promise_kept",
        "closed",
    ]
    months = api.get(f"{PATH}/roll-rates", params={"months": 1}).json()["months"]
    assert [len(month["rolls"]) for month in months] == [1]


def test_a_key_without_the_right_reads_no_case(
    make_client: Callable[..., TestClient], make_key: Callable[..., str]
) -> None:
    client = make_client(make_key(["lending:read"]))
    assert client.get(f"{PATH}/board").status_code == 403
    assert client.get(f"{PATH}/cases").status_code == 403
