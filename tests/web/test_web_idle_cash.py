"""The owner's idle cash by pages alone: put in, priced, taken out, planned, agreed to, told."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from martlet.ledger import current_business_date

if TYPE_CHECKING:
    from datetime import date

    from tests.web.conftest import Town, Visit


def business_date(town: Town) -> date:
    with town.bank.database.read() as connection:
        return current_business_date(connection, town.itself.tenant_id)


def lived(town: Town, nights: int, ppm: int = 12_000) -> None:
    """End days, each with its yield."""
    for _ in range(nights):
        day = business_date(town)
        key = f"yield:{day}"
        town.bank.treasury.publish_yields(town.itself, key, "yulibao", {day: ppm})
        town.bank.end_of_day.run(town.itself)
        town.bank.follow_treasury(town.itself)


def takings(town: Town, fen: int, key: str = "takings") -> dict[str, Any]:
    return town.bank.treasury.take_in(town.itself, key, town.party_id, fen)


@pytest.fixture
def here(town: Town) -> str:
    return f"/businesses/{town.party_id}/idle-cash"


def test_money_is_put_in_priced_and_taken_out(town: Town, owner: Visit, here: str) -> None:
    takings(town, 5_000_000)
    assert f'href="{here}"' in owner.open("/").text
    owner.open(f"{here}/put-in/yulibao")
    assert "Put it in" in owner.page
    assert "¥30,000.00" in owner.send(f"{here}/put-in/yulibao", amount="30,000").text
    owner.open(f"{here}/put-in/wenlibao")
    assert "Nothing says yet how much" in owner.page, "no movements are known"
    owner.send(f"{here}/put-in/wenlibao", amount="10,000", term="28")
    owner.open(f"{here}/put-in/yuelibao")
    owner.send(f"{here}/put-in/yuelibao", amount="1,000", term="6")
    refused = owner.send(f"{here}/put-in/wenlibao", amount="100,000", term="28")
    assert refused.status_code == 422
    lived(town, 14)  # past the longest holiday, whatever the day on which this runs
    seen = town.bank.treasury.overview(town.itself, town.party_id)
    by_name = {one["product"]: one for one in seen["positions"]}
    surplus = by_name["yulibao"]["position_id"]
    page = owner.open(f"{here}/positions/{surplus}").text
    assert 'data-chart="earned-table"' in page
    owner.send(f"{here}/positions/{surplus}/price", amount="15,000", how="part")
    assert "¥10,000.00" in owner.page, "at once"
    assert "¥5,000.00" in owner.page, "later"
    out = {"amount_fen": "1500000", "lost_fen_max": "0", "where": "rail"}
    assert "on its way" in owner.send(f"{here}/positions/{surplus}/take-out", **out).text
    term = by_name["wenlibao"]["position_id"]
    owner.open(f"{here}/positions/{term}")
    owner.send(f"{here}/positions/{term}/price", how="all")
    assert "Interest you give up" in owner.page
    amounts = {"amount_fen": "1000000", "lost_fen_max": "0"}
    dearer = owner.send(f"{here}/positions/{term}/take-out", **amounts)
    assert dearer.status_code == 422, "never dearer than was shown"
    assert "in your balance" in owner.send(
        f"{here}/positions/{term}/take-out", **{**amounts, "lost_fen_max": "1000"}
    ).text  # fmt: skip
    owner.open(here)
    assert "on its way" in owner.send(f"{here}/withdraw", amount="100").text
    history = owner.open(f"{here}/history").text
    assert "Payments out" in history
    month = owner.open(f"{here}/months/{seen['business_date'][:7]}")
    assert month.status_code == 200
    assert owner.open(f"{here}/months/2026-13").status_code == 422
    town.bank.verify()


def test_a_plan_is_read_done_once_and_then_agreed_to_for_good(
    town: Town, owner: Visit, here: str
) -> None:
    takings(town, 5_000_000)
    page = owner.open(f"{here}/plan").text
    assert "¥50,000.00 into Daily surplus" in page
    assert "Nothing is locked" in page
    fields = page.split('name="inputs_hash" value="')[1][:64]
    assert "carried out" in owner.send(f"{here}/plan/accept", inputs_hash=fields).text
    limits = {"share": "500000", "risk": "2000", "move": "1,000", "floor": "200"}
    owner.open(f"{here}/plan")
    unticked = owner.send(f"{here}/plan/consent", **limits, into_yulibao="yes")
    assert unticked.status_code == 422
    owner.open(f"{here}/plan")
    agreed = owner.send(f"{here}/plan/consent", **limits, into_yulibao="yes", agree="yes")
    assert "Your standing order" in agreed.text
    takings(town, 300_000, "later")
    lived(town, 1)
    plans = town.bank.standing.plans(town.itself, town.party_id)
    assert [one["orders"][0].amount_fen for one in plans] == [100_000, 5_000_000]
    assert "by your standing order" in owner.open(f"{here}/history").text
    owner.open(f"{here}/plan")
    assert "Ended" in owner.send(f"{here}/plan/revoke").text


def test_takings_are_swept_by_a_switch(town: Town, owner: Visit, here: str) -> None:
    owner.open(here)
    assert "What is above" in owner.send(f"{here}/sweep", how="on", keep="500").text
    assert takings(town, 80_000)["swept"]["amount_fen"] == 30_000
    owner.open(here)
    assert "Switch it on" in owner.send(f"{here}/sweep", how="off").text


def test_another_owners_drawer_does_not_exist(town: Town, owner: Visit) -> None:
    other = town.bank.parties.register_business(
        town.itself, "other", name="别家", owner_phone="13900139000", owner_name="李四",
        trade="餐饮", region="杭州",
    )  # fmt: skip
    for page in ("", "/plan", "/history", "/months/2026-03", "/put-in/yulibao"):
        assert owner.open(f"/businesses/{other}/idle-cash{page}").status_code == 404


def test_the_console_shows_the_book_publishes_and_proves(town: Town, staff: Visit) -> None:
    takings(town, 5_000_000)
    town.bank.treasury.subscribe(town.itself, "in", town.party_id, "yulibao", 2_000_000)
    page = staff.open("/console/treasury").text
    assert "¥20,000.00" in page
    today = business_date(town)
    told = {"product": "yulibao", "day": today.isoformat(), "yield": "1.2345"}
    assert "Published." in staff.send("/console/treasury/yields", **told).text
    assert "1.2345%" in staff.page
    again = staff.send("/console/treasury/yields", **told)
    assert again.status_code == 422
    ahead = {**told, "day": (today + timedelta(days=1)).isoformat(), "yield": "nonsense"}
    assert staff.send("/console/treasury/yields", **ahead).status_code == 422
    assert "1 positions follow" in staff.send("/console/treasury/proof").text
