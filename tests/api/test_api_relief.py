"""Relief over HTTP: drafted, previewed, approved by a second key, launched, reported as a sheet."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from uuid import UUID

from tests.api.conftest import command

from martlet.kernel.principal import ALL_SCOPES, ActorKind, Principal
from martlet.lending.relief import shipped_programmes

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from martlet.bootstrap import Bank

ROOM = "/v1/relief/programmes"


def _shipped() -> str:
    text = shipped_programmes()["free_then_discount"]
    return text.replace("open_from = 2026-01-01", "open_from = 2020-01-01").replace(
        "open_until = 2026-12-31", "open_until = 2099-12-31"
    )


def test_a_programme_lives_over_http(bank: Bank, api: TestClient, bank_itself: Principal) -> None:
    drafted = command(api, ROOM, {"text": _shipped()})
    assert drafted.status_code == 201, drafted.text
    path = f"{ROOM}/{drafted.json()['programme_id']}"
    assert command(api, f"{path}/preview", {}).json()["loans"] == 0
    refused = command(api, f"{path}/approve", {})
    assert refused.json()["code"] == "lending.relief_second_person_needed"
    second = Principal(bank_itself.tenant_id, UUID(int=9), ActorKind.STAFF, ALL_SCOPES)
    bank.relief.approve(second, "second", UUID(drafted.json()["programme_id"]))
    launched = command(api, f"{path}/launch", {})
    assert launched.status_code == 202, launched.text
    deadline = time.monotonic() + 20
    while not api.get(f"{path}/progress").json()["launched"]["done"]:
        assert time.monotonic() < deadline, "the launch of an empty book does not end"
        time.sleep(0.02)
    sheet = api.get(f"{path}/report", params={"format": "csv"})
    assert sheet.text.startswith("\ufeffgroup,name,planned_loans")
    stopped = command(api, f"{path}/stop", {"reason": "enough"})
    assert stopped.json()["stage"] == "stopped"
    assert api.get(ROOM).json()["programmes"][0]["stage"] == "stopped"


def test_a_malformed_programme_is_told_its_field(api: TestClient) -> None:
    refused = command(api, ROOM, {"text": 'name = "x"'})
    assert refused.status_code == 422
    assert refused.json()["code"] == "lending.relief_malformed"
    assert refused.json()["figures"]["place"] == "payer"
