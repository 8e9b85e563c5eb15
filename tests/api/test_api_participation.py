"""Co-lending over HTTP: the bank's people, and a partner's key with its own door only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from tests.api.conftest import command

from martlet.kernel.calendar import business_date_of
from martlet.kernel.principal import ActorKind, Principal, Scope, system_principal

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from starlette.testclient import TestClient

    from martlet.bootstrap import Bank

ROOM = "/v1/participation"


@pytest.fixture
def today(bank: Bank) -> date:
    return business_date_of(bank.clock.now())


def agree(bank: Bank, api: TestClient, tenant_id: UUID, slug: str, today: date) -> str:
    """Register over the API, approve as a second person; return the partner's id."""
    registered = command(api, f"{ROOM}/partners", {"slug": slug, "name": f"合成银行 {slug}"})
    assert registered.status_code == 201, registered.text
    terms = {
        "share_ppm": 300_000,
        "cap_fen": 1_000_000,
        "effective_from": today.isoformat(),
        "effective_until": "2030-12-31",
        "eligibility": {"products": ["revolving_daily"]},
    }
    proposed = command(api, f"{ROOM}/partners/{slug}/agreements", terms)
    assert proposed.status_code == 201, proposed.text
    agreement_id = proposed.json()["agreement_id"]
    alone = command(api, f"{ROOM}/agreements/{agreement_id}/approve", {})
    assert (alone.status_code, alone.json()["code"]) == (
        403,
        "lending.agreement_needs_second_person",
    )
    scopes = frozenset({Scope.POLICY_WRITE})
    second = Principal(tenant_id, UUID(int=2), ActorKind.STAFF, scopes)
    bank.participation.approve(second, f"approve-{slug}", UUID(agreement_id))
    return str(registered.json()["partner_id"])


@pytest.fixture
def partner_ids(bank: Bank, api: TestClient, bank_itself: Principal, today: date) -> dict[str, str]:
    for name, value in (("tier1_capital_fen", 10**9), ("own_joint_max_ppm", 1_000_000)):
        body = {"name": name, "value": value, "effective_from": today.isoformat()}
        answer = command(api, f"{ROOM}/settings", {**body, "source": "the board, synthetic"})
        assert answer.status_code == 201, answer.text
    tenant_id = bank_itself.tenant_id
    return {slug: agree(bank, api, tenant_id, slug, today) for slug in ("north", "south")}


def test_a_shared_loan_from_the_agreement_to_the_paid_file(
    api: TestClient, partner_ids: dict[str, str], today: date, loan: dict[str, Any]
) -> None:
    assert loan["partners"] == [{"partner": "north", "share_ppm": 300_000, "fen": 30}]
    split = api.get(f"{ROOM}/loans/{loan['loan_id']}").json()
    assert (split["lead"]["principal_fen"], split["partners"]["north"]["principal_fen"]) == (70, 30)
    day = today.isoformat()
    assert command(api, "/v1/end-of-day", {"business_date": day}).status_code == 201
    (made,) = api.get(f"{ROOM}/settlements", params={"partner": "north"}).json()["settlements"]
    assert (made["settled_on"], made["partner_pays_fen"]) == (day, 30)
    file = api.get(f"{ROOM}/settlements/north/{day}/file")
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert file.text.endswith(f"sha256,{made['content_hash']}\n")
    paid = command(api, f"{ROOM}/settlements/north/{day}/payment", {"reference": "7"})
    assert paid.json()["partner_paid_fen"] == 30
    back = {"partner": "north", "loan_ids": [loan["loan_id"]], "reason": "sold in error"}
    assert command(api, f"{ROOM}/buy-backs", back).json()["bought_fen"] == 30
    assert api.get(f"{ROOM}/verification").json()["agrees"] is True
    assert api.get(f"{ROOM}/partners/south").json()["partner_id"] == partner_ids["south"]
    assert api.get(f"{ROOM}/partners/west").status_code == 404


def test_a_partners_key_opens_its_own_door_and_no_other(
    bank: Bank,
    api: TestClient,
    make_client: Callable[..., TestClient],
    make_key: Callable[..., str],
    partner_ids: dict[str, str],
    today: date,
    loan: dict[str, Any],
) -> None:
    """Two partners, two tenants: each sees itself; everything else is not there."""
    assert command(api, "/v1/end-of-day", {"business_date": today.isoformat()}).status_code == 201

    def client(slug: str) -> TestClient:
        key = make_key([Scope.PARTNER_OWN.value], frozenset({UUID(partner_ids[slug])}))
        return make_client(key)

    north, south = client("north"), client("south")
    assert north.get(f"{ROOM}/own").json()["partner"] == "north"
    assert south.get(f"{ROOM}/own").json()["partner"] == "south"
    (position,) = north.get(f"{ROOM}/own/positions").json()["positions"]
    assert position["loan_id"] == loan["loan_id"]
    assert south.get(f"{ROOM}/own/positions").json() == {"positions": []}
    (file,) = south.get(f"{ROOM}/own/settlements").json()["settlements"]
    assert (file["partner"], file["lines_count"]) == ("south", 0)
    text = north.get(f"{ROOM}/own/settlements/{today.isoformat()}/file").text
    assert loan["loan_id"] in text
    closed = (
        f"{ROOM}/partners",
        f"{ROOM}/partners/south",
        f"{ROOM}/settlements/south/{today.isoformat()}/file",
        f"{ROOM}/loans/{loan['loan_id']}",
        f"/v1/loans/{loan['loan_id']}",
        "/v1/products",
        "/v1/businesses",
        "/v1/portfolio",
        "/v1/ledger/trial-balance",
    )
    for path in closed:
        assert north.get(path).status_code == 404, path
    assert command(north, f"{ROOM}/buy-backs", {}).status_code == 404
    other = system_principal(bank.set_up("Other", business_date=today))
    strange = bank.participation.register_partner(other, "north", "north", "合成银行 north")
    key = make_key([Scope.PARTNER_OWN.value], frozenset({UUID(strange["partner_id"])}))
    assert make_client(key).get(f"{ROOM}/own").status_code == 404, "a key of one tenant, no other's"
