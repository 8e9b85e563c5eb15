"""Repayments by the batch and missed days, over HTTP."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient


_numbers = count(1)


def _new_id() -> str:
    return str(UUID(int=next(_numbers)))


def _receipt(loan: dict[str, Any], on: str, **more: Any) -> dict[str, Any]:
    told = {"receipt_id": _new_id(), "loan_id": loan["loan_id"], "amount_fen": 40}
    return {**told, "value_date": on, **more}


def test_receipts_wait_for_the_night_and_missed_days_are_caught_up(
    api: TestClient, loan: dict[str, Any], send: Callable[..., Any]
) -> None:
    today = api.get("/v1/end-of-day").json()["business_date"]
    good, stray = _receipt(loan, today), _receipt({"loan_id": _new_id()}, today)
    taken = send(api, "/v1/receipts", {"receipts": [good, stray]}).json()
    assert (taken["receipts"], taken["total_fen"]) == (2, 80)
    waiting = api.get("/v1/receipts", params={"state": "waiting"}).json()["receipts"]
    assert {row["receipt_id"] for row in waiting} == {good["receipt_id"], stray["receipt_id"]}
    through = (date.fromisoformat(today) + timedelta(days=2)).isoformat()
    done = send(api, "/v1/end-of-day/catch-up", {"through": through}).json()
    assert done["ended_count"] == 3
    again = send(api, "/v1/end-of-day/catch-up", {"through": through}).json()
    assert (again["ended_count"], again["business_date"]) == (0, done["business_date"])
    (refused,) = api.get("/v1/receipts").json()["receipts"]
    assert refused["receipt_id"] == stray["receipt_id"]
    assert refused["reason"]
    assert api.get(f"/v1/loans/{loan['loan_id']}").json()["principal_outstanding_fen"] == 60


def test_a_bad_row_takes_nothing_in_and_is_told_by_its_place(
    api: TestClient, loan: dict[str, Any], send: Callable[..., Any]
) -> None:
    today = api.get("/v1/end-of-day").json()["business_date"]
    rows = [_receipt(loan, today), _receipt(loan, today, amount_fen=0)]
    answer = send(api, "/v1/receipts", {"receipts": rows})
    assert answer.status_code == 422
    assert "receipts" in answer.text
    assert "1" in answer.text
    assert api.get("/v1/receipts", params={"state": "waiting"}).json() == {"receipts": []}
    far = (date.fromisoformat(today) + timedelta(days=31)).isoformat()
    refused = send(api, "/v1/end-of-day/catch-up", {"through": far})
    assert refused.json()["code"] == "lending.catch_up_too_far"
