"""A bank behind its REST face: opened by the composition root, asked over HTTP."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from martlet.api import create_app
from martlet.bootstrap import Bank, open_bank
from martlet.kernel.config import Settings
from martlet.kernel.principal import Scope, system_principal
from martlet.parties import HeldCodeSender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from uuid import UUID

    from martlet.kernel.clock import ManualClock
    from martlet.kernel.principal import Principal

_numbers = count()
KEY_SCOPES = [scope.value for scope in Scope if scope is not Scope.STAFF_ADMIN]


@pytest.fixture
def sender() -> HeldCodeSender:
    return HeldCodeSender()


@pytest.fixture
def bank(tmp_path: Path, clock: ManualClock, sender: HeldCodeSender) -> Iterator[Bank]:
    """A funded bank with one tenant and its day open."""
    opened = open_bank(Settings(home=tmp_path), clock=clock, code_sender=sender)
    tenant_id = opened.set_up("Test")
    opened.lending.fund(system_principal(tenant_id), "fund", 100_000_000)
    yield opened
    opened.close()


@pytest.fixture
def bank_itself(bank: Bank) -> Principal:
    return system_principal(bank.parties.tenants()[0].tenant_id)


@pytest.fixture
def make_key(bank: Bank, bank_itself: Principal) -> Callable[..., str]:
    """Make an API key with scopes, by default with all that a key may have."""

    def make(scopes: list[str] | None = None, party_ids: frozenset[UUID] | None = None) -> str:
        return bank.parties.create_api_key(
            bank_itself,
            f"key-{next(_numbers)}",
            label="test",
            scopes=KEY_SCOPES if scopes is None else scopes,
            expires_at=bank.clock.now() + timedelta(days=30),
            party_ids=party_ids,
        )

    return make


@pytest.fixture
def make_client(bank: Bank) -> Iterator[Callable[..., TestClient]]:
    """Make a client of the bank's app, with a key if one is given."""
    app = create_app(bank)
    made: list[TestClient] = []

    def make(key: str = "", **headers: str) -> TestClient:
        if key:
            headers["Authorization"] = f"Bearer {key}"
        made.append(TestClient(app, headers=headers, raise_server_exceptions=False))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def api(make_client: Callable[..., TestClient], make_key: Callable[..., str]) -> TestClient:
    """An integrator who may do everything, reading English."""
    return make_client(make_key(), **{"Accept-Language": "en"})


def command(client: TestClient, path: str, body: dict[str, Any], key: str = "") -> Any:
    """Send a command under a key of its own."""
    return client.post(path, json=body, headers={"Idempotency-Key": key or f"key-{next(_numbers)}"})


@pytest.fixture
def send() -> Callable[..., Any]:
    return command


SHOP = {
    "name": "清风面馆",
    "trade": "catering",
    "region": "杭州",
    "owner_name": "张建国",
    "owner_phone": "13800138000",
}


@pytest.fixture
def party_id(api: TestClient) -> str:
    """A registered business without any records."""
    answer = command(api, "/v1/businesses", SHOP)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["party_id"])


@pytest.fixture
def loan(api: TestClient, party_id: str) -> dict[str, Any]:
    """The one-yuan loan of a business of which nothing is known."""
    wanted = {"party_id": party_id, "product": "revolving_daily", "requested_fen": 100}
    applied = command(api, "/v1/applications", wanted).json()
    accepted = command(api, f"/v1/offers/{applied['offer']['offer_id']}/accept", {}).json()
    drawn = command(api, f"/v1/facilities/{accepted['facility_id']}/drawdowns", {"amount_fen": 100})
    assert drawn.status_code == 201, drawn.text
    answer: dict[str, Any] = drawn.json()
    return {**answer, "offer_id": applied["offer"]["offer_id"], "decision": applied["decision"]}
