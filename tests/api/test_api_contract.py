"""The OpenAPI document holds: what it allows makes no fault, and every refusal is a problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

from martlet.api import create_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

    from martlet.bootstrap import Bank

EXAMPLES_PER_OPERATION = 4


@pytest.fixture
def schema(bank: Bank) -> Any:
    return schemathesis.openapi.from_asgi("/v1/openapi.json", create_app(bank))


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_request_makes_a_fault(
    schema: Any, make_key: Callable[..., str], loan: dict[str, Any], mode: GenerationMode
) -> None:
    headers = {"Authorization": f"Bearer {make_key()}", "Idempotency-Key": "contract"}
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()

        @given(case=operation.as_strategy(generation_mode=mode), number=st.integers(0, 2**32))
        @settings(
            max_examples=EXAMPLES_PER_OPERATION,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def ask(case: Any, number: int) -> None:
            nonlocal tried
            tried += 1
            key = {**headers, "Idempotency-Key": f"contract-{number}"}
            answer = case.call(headers=key)
            assert answer.status_code < 500, (case.as_curl_command(), answer.text)
            if answer.status_code >= 400:
                kind = answer.headers["content-type"]
                assert kind == ["application/problem+json"], (case.as_curl_command(), kind)

        ask()
    assert tried >= 25, "the document has lost its operations"


ANSWERED_ONLY = {
    "/v1/businesses/{party_id}/cash-flow/what-if",
    "/v1/loans/{loan_id}/events/preview",
}
"""What is asked with a body and changes nothing, so that it may be asked again without a key."""


def test_the_document_names_every_door(api: TestClient) -> None:
    document = api.get("/v1/openapi.json").json()
    doors = {
        f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item
    }
    assert doors >= {
        "POST /v1/applications",
        "POST /v1/offers/{offer_id}/accept",
        "POST /v1/facilities/{facility_id}/drawdowns",
        "POST /v1/loans/{loan_id}/repayments",
        "POST /v1/businesses/{party_id}/record-imports",
        "POST /v1/collections/promises",
        "POST /v1/end-of-day",
        "GET /v1/decisions/{decision_id}/replay",
        "GET /v1/ledger/trial-balance",
    }
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert operation["responses"]["default"]["content"].keys() == {
                "application/problem+json"
            }, (method, path)
            if method in {"post", "delete"} and path not in ANSWERED_ONLY:
                names = {parameter["name"].lower() for parameter in operation["parameters"]}
                assert "idempotency-key" in names, (method, path)
