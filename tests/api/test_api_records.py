"""Bad files over HTTP: one clear error or a quarantine, never half an import, never a fault."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.records.trade_stories import exported, ordinary, ring

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

    from martlet.bootstrap import Bank

HEADER = "日期,营业额\n"


def send_file(
    api: TestClient, party_id: str, content: bytes, name: str = "takings.csv", key: str = "file"
) -> Any:
    return api.post(
        f"/v1/businesses/{party_id}/record-imports",
        files={"file": (name, content, "text/csv")},
        headers={"Idempotency-Key": key},
    )


@pytest.fixture
def takings() -> bytes:
    """The smallest file of daily takings: the columns that the shipped format asks for."""
    from martlet.records.formats import FORMATS

    known = FORMATS["takings"]
    names = [known.columns[meaning][0] for meaning in known.required]
    rows = [",".join(names)]
    values = {"day": "2026-02-0{}", "amount": "{}00.00", "gross": "{}00.00"}
    rows += [
        ",".join(values.get(meaning, "{}").format(number) for meaning in known.required)
        for number in range(1, 8)
    ]
    return "\n".join(rows).encode()


def test_a_file_is_taken_in_once(api: TestClient, party_id: str, takings: bytes) -> None:
    first = send_file(api, party_id, takings)
    assert first.status_code == 201, first.text
    assert first.json()["rows_kept"] == 7
    again = send_file(api, party_id, takings, key="another")
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["import_id"] == first.json()["import_id"]
    listed = api.get("/v1/record-imports", params={"party_id": party_id}).json()["imports"]
    assert [item["import_id"] for item in listed] == [first.json()["import_id"]]


BAD = {
    "empty": b"",
    "only a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
    "a zip that is none": b"PK\x03\x04" + b"\x00" * 100,
    "mis-encoded": "日期,营业额\n2026-02-01,100\n".encode("utf-16"),
    "cut in a character": "日期,营业额\n2026-02-01,1".encode()[:-1] + b"\xe6\x97",
    "no columns that we know": b"a,b,c\n1,2,3\n",
    "a field of ten million characters": b'"' + b"x" * 10_000_000 + b'",1\n',
    "an open quote": b'"' + b"2026-02-01,100\n" * 1000,
    "zeros": b"\x00" * 5_000,
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_a_wrong_file_is_one_clear_refusal(api: TestClient, party_id: str, content: bytes) -> None:
    answer = send_file(api, party_id, content)
    assert 400 <= answer.status_code < 500, answer.text
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["detail"] != problem["code"], "the code has no sentence"
    assert len(answer.content) < 5_000, "what was sent is not sent back"
    assert api.get("/v1/record-imports", params={"party_id": party_id}).json() == {"imports": []}


def test_rows_that_cannot_be_are_set_aside(api: TestClient, party_id: str, takings: bytes) -> None:
    spoiled = takings + b"\n" + b",".join([b"=cmd|' /C calc'!A0"] * (takings.count(b",") // 8 + 1))
    answer = send_file(api, party_id, spoiled)
    assert answer.status_code == 201, answer.text
    assert answer.json()["rows_quarantined"] == 1
    assert answer.json()["rows_kept"] == 7


def test_an_upload_that_is_none(api: TestClient, party_id: str) -> None:
    path, key = f"/v1/businesses/{party_id}/record-imports", {"Idempotency-Key": "k"}
    no_form = api.post(path, content=b"a,b", headers=key)
    assert no_form.json()["code"] == "api.upload_missing"
    no_file = api.post(path, files={"other": ("a.csv", b"a", "text/csv")}, headers=key)
    assert no_file.json()["code"] == "api.upload_missing"
    broken = {**key, "Content-Type": "multipart/form-data; boundary=x"}
    cut = api.post(path, content=b"--x\r\nContent-Disposition: form-data; na", headers=broken)
    assert cut.status_code == 422
    assert cut.json()["code"] in {"api.upload_missing", "api.upload_unreadable"}
    no_boundary = {**key, "Content-Type": "multipart/form-data"}
    assert api.post(path, content=b"x", headers=no_boundary).status_code == 422


def test_a_file_for_another_owners_business_is_not_even_read(
    party_id: str, make_client: Callable[..., TestClient], make_key: Callable[..., str]
) -> None:
    other = make_client(make_key(party_ids=frozenset()))
    assert send_file(other, party_id, b"a,b\n").status_code == 404


def test_a_round_is_refused_in_plain_words_and_shown_to_staff_with_its_invoices(
    api: TestClient, bank: Bank, party_id: str, send: Callable[..., Any]
) -> None:
    until = (bank.clock.now().date() + timedelta(days=90)).isoformat()
    send(api, f"/v1/businesses/{party_id}/consents", {"records": ["invoices"], "until": until})
    for side in ("sales", "purchases"):
        file = exported([*ordinary(), *ring()], side).encode()
        assert send_file(api, party_id, file, name=f"{side}.csv", key=side).status_code == 201
    wanted = {"party_id": party_id, "product": "revolving_daily", "requested_fen": 100_000}
    answer = send(api, "/v1/applications", wanted).json()
    assert answer["decision"]["outcome"] == "refused"
    decision_id = answer["decision"]["decision_id"]
    explained = api.get(f"/v1/decisions/{decision_id}").json()["explanation"]["reasons"]
    assert "bought back from the same partner" in explained[0]["sentence"]
    assert "A person will look at it" in explained[0]["way_out"]
    found = api.get(f"/v1/businesses/{party_id}/integrity").json()["findings"]
    assert [one["kind"] for one in found] == ["integrity_circular_trade_ppm"]
    assert found[0]["evidence"][0]["counterparty"] == "Pu'er friends"
    clearing = {"kind": found[0]["kind"], "reason": "Delivery notes seen: roasting to order"}
    cleared = send(api, f"/v1/businesses/{party_id}/integrity/clearings", clearing)
    assert cleared.status_code == 201, cleared.text
    again = send(api, "/v1/applications", wanted).json()
    assert again["decision"]["outcome"] == "approved"


def test_findings_need_the_right_to_read_records(
    make_client: Callable[..., TestClient], make_key: Callable[..., str], party_id: str
) -> None:
    nobody = make_client(make_key(["credit:read"]))
    assert nobody.get(f"/v1/businesses/{party_id}/integrity").status_code == 403
