"""Over HTTP: the portfolio and its back-test, for staff and their keys only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

PATHS = ("monitoring", "fairness", "rejects", "backtest")


def test_the_portfolio_is_told_with_what_it_was_read_from(
    api: TestClient, loan: dict[str, Any]
) -> None:
    found = api.get("/v1/credit/monitoring", params={"everybody": "true"}).json()
    assert found["about"]["read_count"] == found["about"]["stored_count"] == 1
    assert found["about"]["loans_count"] == 1
    assert found["about"]["bad"][-1]["overdue_days"] == 90
    assert found["drift"]["population"] == "all"
    assert found["drift"]["approvals"][0]["approved_count"] == 1
    assert found["calibration"]["whole"]["not_known_count"] == 1
    assert found["vintages"][0]["loans_count"] == 1
    groups = api.get("/v1/credit/fairness").json()["sides"]["size"]
    assert [group["standing"] for group in groups] == ["reference"]
    assert api.get("/v1/credit/rejects").json()["refused_count"] == 0


def test_a_published_policy_is_tried_on_what_was_decided(
    api: TestClient, loan: dict[str, Any], send: Callable[..., Any]
) -> None:
    unchanged = api.get("/v1/credit/backtest").json()
    assert unchanged["identical_count"] == unchanged["cases_count"] == 1
    text = api.get("/v1/policies/current").json()["text"]
    harsher = text.replace("starter-1", "tried").replace("least_fen = 100", "least_fen = 0")
    assert send(api, "/v1/policies", {"text": harsher}).status_code == 201
    found = api.get("/v1/credit/backtest", params={"policy_version": "tried"}).json()
    assert found["policy_version"] == "tried"
    assert found["stored_count"] == 1
    missing = api.get("/v1/credit/backtest", params={"model_id": str(UUID(int=1))})
    assert missing.json()["code"] == "credit.model_not_found"


def test_whoever_sees_some_businesses_only_sees_no_portfolio(
    make_key: Callable[..., str], make_client: Callable[..., TestClient], party_id: str
) -> None:
    of_one = make_client(make_key(party_ids=frozenset({UUID(party_id)})))
    blind = make_client(make_key(["parties:read"]))
    for path in PATHS:
        answer = of_one.get(f"/v1/credit/{path}")
        assert (answer.status_code, answer.json()["code"]) == (403, "credit.portfolio_staff_only")
        assert blind.get(f"/v1/credit/{path}").status_code == 403
    assert make_client(make_key()).get("/v1/credit/rejects?newest=0").status_code == 422
