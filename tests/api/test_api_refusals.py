"""Every refusal is a problem (RFC 9457): a code, a sentence in the asker's language, no trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from martlet.api.limits import JSON_BODY_BYTES_MAX
from martlet.kernel.principal import Scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

NOBODY = "01900000-0000-7000-8000-00000000dead"


def assert_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["code"] == code, body
    assert body["type"] == f"urn:martlet:problem:{code}"
    assert body["title"]
    assert body["detail"] != code, "the code has no sentence"
    assert "Traceback" not in answer.text
    return body


def test_an_unknown_address_and_a_wrong_method(api: TestClient) -> None:
    assert_problem(api.get("/v1/nowhere"), 404, "api.not_found")
    assert_problem(api.put("/v1/businesses"), 405, "api.method_not_allowed")
    assert api.put("/v1/businesses").headers["allow"]


def test_a_stranger_is_asked_who_it_is(make_client: Callable[..., TestClient]) -> None:
    nobody = make_client()
    answer = nobody.get("/v1/businesses")
    assert_problem(answer, 401, "api.credentials_missing")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    wrong = make_client("mk_000000000000.nonsense")
    assert_problem(wrong.get("/v1/businesses"), 401, "parties.api_key_unknown")


def test_a_command_without_a_key_or_with_a_malformed_one(api: TestClient) -> None:
    assert_problem(api.post("/v1/businesses", json={}), 400, "api.idempotency_key_missing")
    long = api.post("/v1/businesses", json={}, headers={"Idempotency-Key": "k" * 201})
    assert_problem(long, 400, "api.idempotency_key_malformed")


@pytest.mark.parametrize(
    "body", [b"{", b"", b"[" * 100_000, b'{"amount_fen": ' + b"9" * 5_000 + b"}", b"\xff\xfe{}"]
)
def test_a_body_that_is_no_json(api: TestClient, body: bytes) -> None:
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    answer = api.post(f"/v1/loans/{NOBODY}/repayments", content=body, headers=headers)
    assert answer.status_code in {400, 422}
    assert_problem(answer, answer.status_code, answer.json()["code"])


def test_a_body_larger_than_any_honest_one(api: TestClient, send: Callable[..., Any]) -> None:
    huge = {"name": "x" * JSON_BODY_BYTES_MAX}
    assert_problem(send(api, "/v1/businesses", huge), 413, "api.body_too_large")

    def pieces() -> Any:
        for _ in range(20):
            yield b'{"name": "' + b"x" * 100_000

    streamed = api.post("/v1/businesses", content=pieces(), headers={"Idempotency-Key": "k"})
    assert_problem(streamed, 413, "api.body_too_large")


WRONG = {
    "text for a number": {"amount_fen": "100"},
    "a fraction": {"amount_fen": 1.5},
    "a truth": {"amount_fen": True},
    "nothing": {"amount_fen": None},
    "zero": {"amount_fen": 0},
    "less than nothing": {"amount_fen": -1},
    "more money than there is": {"amount_fen": 10**16},
    "an unknown field": {"amount_fen": 1, "and": "more"},
    "a list": [],
    "control signs": {"amount_fen": 1, "external_reference": "a\x00b"},
    "half a sign": {"amount_fen": 1, "external_reference": "\ud800"},
    "a long text": {"amount_fen": 1, "external_reference": "x" * 65},
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG.keys())
def test_wrong_types_say_which_field(api: TestClient, body: Any) -> None:
    import json

    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    raw = json.dumps(body).encode()
    answer = api.post(f"/v1/loans/{NOBODY}/repayments", content=raw, headers=headers)
    problem = assert_problem(answer, 422, "api.request_invalid")
    assert problem["errors"]
    for error in problem["errors"]:
        assert error["detail"] != error["code"], "the code has no sentence"


def test_identifiers_that_are_none_or_belong_to_nobody(
    api: TestClient, send: Callable[..., Any]
) -> None:
    assert_problem(api.get("/v1/businesses/none"), 422, "api.request_invalid")
    assert_problem(api.get(f"/v1/businesses/{NOBODY}"), 404, "parties.business_not_found")
    assert_problem(api.get(f"/v1/loans/{NOBODY}"), 404, "lending.loan_not_found")
    assert_problem(api.get(f"/v1/decisions/{NOBODY}"), 404, "credit.decision_not_found")
    assert_problem(api.get(f"/v1/models/{NOBODY}"), 404, "credit.model_not_found")
    assert_problem(send(api, f"/v1/offers/{NOBODY}/accept", {}), 404, "lending.offer_not_found")
    draw = send(api, f"/v1/facilities/{NOBODY}/drawdowns", {"amount_fen": 100})
    assert_problem(draw, 404, "lending.facility_not_found")


def test_another_owners_things_do_not_exist(
    api: TestClient,
    loan: dict[str, Any],
    make_client: Callable[..., TestClient],
    make_key: Callable[..., str],
    send: Callable[..., Any],
) -> None:
    """A key bound to no business of this tenant sees none of it, and cannot act on it."""
    other = make_client(make_key(party_ids=frozenset()), **{"Accept-Language": "en"})
    party = loan["party_id"]
    for path in (
        f"/v1/businesses/{party}",
        f"/v1/businesses/{party}/consents",
        f"/v1/loans/{loan['loan_id']}",
        f"/v1/loans/{loan['loan_id']}/statement",
        f"/v1/loans/{loan['loan_id']}/payoff-quote",
        f"/v1/facilities/{loan['facility_id']}",
        f"/v1/offers/{loan['offer_id']}",
        f"/v1/decisions/{loan['decision']['decision_id']}",
    ):
        assert api.get(path).status_code == 200, path
        assert other.get(path).status_code == 404, path
    assert (
        send(other, f"/v1/loans/{loan['loan_id']}/repayments", {"amount_fen": 1}).status_code == 404
    )
    assert other.get("/v1/businesses").json() == {"businesses": []}
    assert other.get("/v1/loans").json() == {"loans": []}


def test_a_missing_scope_is_forbidden_and_named(
    make_client: Callable[..., TestClient],
    make_key: Callable[..., str],
    party_id: str,
    send: Callable[..., Any],
) -> None:
    reader = make_client(make_key([Scope.PARTIES_READ.value]), **{"Accept-Language": "en"})
    assert reader.get(f"/v1/businesses/{party_id}").status_code == 200
    wanted = {"party_id": party_id, "product": "revolving_daily", "requested_fen": 100}
    refused = assert_problem(send(reader, "/v1/applications", wanted), 403, "kernel.scope_missing")
    assert refused["figures"] == {"scope": "lending:write"}
    for path in ("/v1/ledger/trial-balance", "/v1/decisions", "/v1/portfolio", "/metrics"):
        assert_problem(reader.get(path), 403, "kernel.scope_missing")
    closing = send(reader, "/v1/end-of-day", {"business_date": "2026-03-02"})
    assert_problem(closing, 403, "kernel.scope_missing")


def test_the_sentence_is_in_the_askers_language(make_client: Callable[..., TestClient]) -> None:
    told = {
        language: make_client(**{"Accept-Language": language}).get("/v1/businesses")
        for language in ("zh-CN,zh;q=0.9", "en-GB", "fr")
    }
    assert told["zh-CN,zh;q=0.9"].json()["title"] == "请先登录"
    assert told["en-GB"].json()["title"] == "Please sign in"
    assert told["fr"].headers["content-language"] == "zh-CN", "the house's own language otherwise"


def test_every_answer_carries_the_security_headers(api: TestClient) -> None:
    for path in ("/healthz", "/v1/nowhere", "/login", "/static/app.css"):
        headers = api.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "same-origin", path
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"], path
        assert "strict-transport-security" not in headers, "never promised over plain http"


def test_a_fault_of_our_own_shows_no_trace(
    api: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from martlet.parties import PartiesService

    def broken(*_: object, **__: object) -> None:
        message = "secret detail"
        raise RuntimeError(message)

    monkeypatch.setattr(PartiesService, "businesses", broken)
    answer = api.get("/v1/businesses")
    assert_problem(answer, 500, "api.fault")
    assert "secret detail" not in answer.text


def test_no_key_reaches_the_log(
    make_client: Callable[..., TestClient], capsys: pytest.CaptureFixture[str]
) -> None:
    secret = f"mk_{'0a' * 6}.{'b1' * 16}"
    make_client(secret).get("/v1/businesses")
    captured = capsys.readouterr()
    assert secret not in captured.out + captured.err
