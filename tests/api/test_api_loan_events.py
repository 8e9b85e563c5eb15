"""A loan's events over HTTP: looked at, recorded, agreed to by a second person, undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient


def test_an_event_is_previewed_recorded_and_undone(
    api: TestClient, loan: dict[str, Any], send: Callable[..., Any]
) -> None:
    path = f"/v1/loans/{loan['loan_id']}"
    fee = {"kind": "fee_charged", "amount_fen": 7, "details": {"name": "合同变更费"}}
    seen = api.post(f"{path}/events/preview", json=fee).json()
    assert api.get(path).json()["fee_fen"] == 0
    done = send(api, f"{path}/events", fee).json()
    assert (done["state"], done["after"]) == ("recorded", seen["after"])
    assert api.get(path).json()["outstanding_fen"] == 107
    event = f"{path}/events/{done['event_id']}"
    assert api.get(f"{event}/reversal").json()["after"]["outstanding_fen"] == 100
    send(api, f"{event}/reverse", {"reason": "entered twice"})
    timeline = api.get(f"{path}/timeline").json()
    assert timeline["loan"]["outstanding_fen"] == 100
    assert [line["kind"] for line in timeline["lines"]] == ["disbursed", "fee_charged", "reversed"]
    charged = [one["kind"] for one in timeline["entries"] if "charge" in one["kind"]]
    assert charged == ["lending.charge", "lending.charge_taken_back"]


def test_a_key_writes_nothing_off(
    api: TestClient, loan: dict[str, Any], send: Callable[..., Any]
) -> None:
    path = f"/v1/loans/{loan['loan_id']}/events"
    refused = send(api, path, {"kind": "written_off"})
    assert (refused.status_code, refused.json()["code"]) == (403, "lending.staff_only")
    unknown = send(api, path, {"kind": "lent_again"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "lending.event_kind_unknown")
    assert api.get("/v1/event-proposals").json() == {"proposals": []}
