"""The main job over HTTP: apply, accept, draw, repay; the day closed; nothing done twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient


def test_a_loan_of_one_yuan_from_application_to_closed(
    api: TestClient, loan: dict[str, Any], send: Callable[..., Any]
) -> None:
    assert loan["state"] == "posted"
    path = f"/v1/loans/{loan['loan_id']}"
    assert api.get(path).json()["outstanding_fen"] == 100
    assert api.get(f"{path}/payoff-quote").json()["total_fen"] == 100
    part = send(api, f"{path}/repayments", {"amount_fen": 40}).json()
    assert part["allocated"]["principal_fen"] == 40
    whole = send(api, f"{path}/repayments", {"amount_fen": 60}).json()
    assert whole["status"] == "closed"
    lines = api.get(f"{path}/statement").json()["lines"]
    assert [line["kind"] for line in lines] == ["disbursed", "repaid", "repaid"]


def test_the_same_key_answers_alike_and_says_so(
    api: TestClient, loan: dict[str, Any], send: Callable[..., Any]
) -> None:
    path = f"/v1/loans/{loan['loan_id']}/repayments"
    first = send(api, path, {"amount_fen": 10}, key="once")
    again = send(api, path, {"amount_fen": 10}, key="once")
    other = send(api, path, {"amount_fen": 11}, key="once")
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == first.json()
    assert other.status_code == 409
    assert other.json()["code"] == "store.key_reused"
    assert api.get(f"/v1/loans/{loan['loan_id']}").json()["principal_outstanding_fen"] == 90


def test_a_decision_tells_its_inputs_its_words_and_replays(
    api: TestClient, loan: dict[str, Any]
) -> None:
    decision_id = loan["decision"]["decision_id"]
    told = api.get(f"/v1/decisions/{decision_id}").json()
    assert told["decision"]["limit_fen"] == sum(
        part["amount_fen"] for part in told["decision"]["components"]
    )
    assert told["explanation"]["reasons"]
    assert api.get(f"/v1/decisions/{decision_id}/replay").json()["identical"] is True
    listed = api.get("/v1/decisions", params={"party_id": loan["party_id"]}).json()["decisions"]
    assert [item["decision_id"] for item in listed] == [decision_id]


def test_the_book_balances_and_the_day_closes_once(
    api: TestClient, loan: dict[str, Any], send: Callable[..., Any]
) -> None:
    status = api.get("/v1/end-of-day").json()
    assert status["difference_fen"] == 0
    day = {"business_date": status["business_date"]}
    closed = send(api, "/v1/end-of-day", day)
    assert closed.status_code == 201, closed.text
    assert closed.json()["trial_balance"]["difference_fen"] == 0
    assert send(api, "/v1/end-of-day", day).status_code == 201, "a day named twice closes once"
    assert api.get("/v1/end-of-day").json()["business_date"] == "2026-03-03"
    balance = api.get("/v1/ledger/trial-balance", params=day).json()
    assert balance["debits_fen"] == balance["credits_fen"] > 0
    journal = api.get("/v1/ledger/journal", params={"subject": f"loan:{loan['loan_id']}"}).json()
    assert sum(line["amount_fen"] for line in journal["lines"]) > 0
    accounts = api.get("/v1/ledger/accounts", params={"prefix": "assets/"}).json()["accounts"]
    assert {account["account_class"] for account in accounts} == {"asset"}


def test_consents_are_given_listed_and_taken_back(
    api: TestClient, party_id: str, send: Callable[..., Any]
) -> None:
    path = f"/v1/businesses/{party_id}/consents"
    wanted = {"records": ["invoices", "takings"], "until": "2027-01-01"}
    assert len(send(api, path, wanted).json()["consent_ids"]) == 2
    gone = api.delete(
        path, params={"records": ["invoices"]}, headers={"Idempotency-Key": "take-back"}
    )
    assert len(gone.json()["consent_ids"]) == 1
    told = {row["record"]: row["withdrawn_at"] for row in api.get(path).json()["consents"]}
    assert told["invoices"] is not None
    assert told["takings"] is None


def test_a_policy_is_published_and_another_text_under_its_name_refused(
    api: TestClient, send: Callable[..., Any]
) -> None:
    current = api.get("/v1/policies/current").json()
    changed = current["text"].replace(f'version = "{current["version"]}"', 'version = "test-2"')
    published = send(api, "/v1/policies", {"text": changed})
    assert published.status_code == 201, published.text
    assert api.get("/v1/policies/current").json()["version"] == "test-2"
    listed = api.get("/v1/policies").json()["policies"]
    assert [item["version"] for item in listed] == ["test-2"]
    broken = send(api, "/v1/policies", {"text": "version = 3"})
    assert broken.status_code == 422
    assert broken.json()["code"].startswith("credit.")


def test_lists_health_and_figures(api: TestClient, loan: dict[str, Any]) -> None:
    assert api.get("/healthz").json() == {"status": "ok"}
    assert api.get("/readyz").json() == {"status": "ready"}
    assert api.get("/v1/models").json()["deciding"]["name"]
    assert api.get("/v1/shadows").json() == {"shadows": []}
    assert {p["product"] for p in api.get("/v1/products").json()["products"]} >= {
        "revolving_daily",
        "equal_instalments",
    }
    assert api.get("/v1/portfolio").json()["totals"]["loans_count"] == 1
    assert len(api.get("/v1/facilities").json()["facilities"]) == 1
    assert len(api.get("/v1/applications").json()["applications"]) == 1
    assert api.get("/v1/loans").json()["loans"][0]["loan_id"] == loan["loan_id"]
    measured = api.get("/metrics").text
    assert 'martlet_decisions_total{outcome="approved"} 1.0' in measured
    assert "martlet_drawn_fen_total 100.0" in measured
    assert "martlet_trial_balance_difference_fen 0.0" in measured
    assert loan["loan_id"] not in measured, "a route's pattern is a label, a path never"
