"""An advance on takings over HTTP: lent on the records, repaid by what a day's records say."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tools.make_examples import write_examples

from martlet.kernel.calendar import business_date_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.testclient import TestClient

    from martlet.bootstrap import Bank
    from martlet.kernel.clock import ManualClock
    from martlet.kernel.principal import Principal


def test_a_shops_till_repays_its_advance(
    api: TestClient,
    party_id: str,
    send: Callable[..., Any],
    bank: Bank,
    bank_itself: Principal,
    clock: ManualClock,
    tmp_path: Path,
) -> None:
    shop, today = UUID(party_id), business_date_of(clock.now())
    kinds, until = ("invoices", "payments", "takings"), today + timedelta(days=300)
    bank.parties.give_consent(bank_itself, "yes", shop, records=kinds, until=until)
    wanted = {"party_id": party_id, "product": "takings_advance", "requested_fen": 500_000}
    unknown = send(api, "/v1/applications", wanted)
    assert (unknown.status_code, unknown.json()["code"]) == (422, "lending.takings_unknown")
    for path in write_examples(tmp_path / "year", ending=today - timedelta(days=1)):
        bank.records.import_file(bank_itself, path.name, path, party_id=shop)
    made = send(api, "/v1/applications", wanted).json()["offer"]
    example = made["example"]
    assert example["total_fees_fen"] == example["takings"]["fee_fen"] > 0
    line = send(api, f"/v1/offers/{made['offer_id']}/accept", {}).json()
    drawn = send(api, f"/v1/facilities/{line['facility_id']}/drawdowns", {"amount_fen": 200_000})
    assert drawn.status_code == 201, drawn.text
    loan = drawn.json()
    assert loan["rates"]["internal_annual_ppm"] <= loan["rates"]["cap_ppm"]
    clock.advance(timedelta(days=1))
    bank.end_day(bank_itself)
    day = today + timedelta(days=1)
    told = f"日期,流水,退款,笔数\n{day},1000.00,0,40\n"
    clock.advance(timedelta(hours=12))
    bank.records.import_file(
        bank_itself, "day", BytesIO(told.encode()), party_id=shop, name="day.csv"
    )
    seen = api.get("/v1/takings", params={"party_id": party_id, "on": day.isoformat()})
    assert seen.json()["taken_fen"] == 100_000
    share = loan["takings"]["share_ppm"]
    found = send(api, "/v1/takings", {"party_id": party_id, "on": day.isoformat()}).json()
    assert found["kept_fen"] == 100_000 * share // 1_000_000 > 0
    everyone = send(api, "/v1/takings/collections", {"on": day.isoformat()}).json()
    assert everyone["kept_fen"] == 0
    stands = api.get(f"/v1/loans/{loan['loan_id']}").json()
    assert stands["takings"]["minimum"]["paid_fen"] == found["kept_fen"]
    assert bank.verify()["lending"]
