"""A real browser walks the owner's idle cash on a phone, and the console's book of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert
from tests.web.test_web_browser import Look, browser, enter, look, served
from tests.web.test_web_idle_cash import business_date, lived, takings

from martlet.parties import PersonKind
from martlet.treasury.tables import flow

if TYPE_CHECKING:
    from tests.web.conftest import Town

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
__all__ = ["browser", "look", "served"]


def at_work(town: Town) -> None:
    """Give the shop a past, money in every product, and nights, once."""
    bank, itself, shop = town.bank, town.itself, town.party_id
    if bank.treasury.positions(itself, shop, closed=True):
        return
    first = business_date(town) - timedelta(days=240)
    rows = [
        {
            "tenant_id": itself.tenant_id,
            "party_id": shop,
            "day": first + timedelta(days=number),
            "in_fen": 60_000 + 1_000 * (number % 7),
            "out_fen": 900_000 if number % 30 == 12 else 20_000,
        }
        for number in range(240)
    ]
    with bank.database.engine.begin() as connection:
        connection.execute(insert(flow), rows)
    takings(town, 9_000_000)
    bank.treasury.subscribe(itself, "surplus", shop, "yulibao", 3_000_000)
    bank.treasury.subscribe(itself, "term", shop, "wenlibao", 1_000_000, tenor_days=63)
    bank.treasury.subscribe(itself, "plan", shop, "yuelibao", 50_000, instalments=6)
    lived(town, 14)


def test_the_owners_idle_cash(look: Look, served: tuple[Town, str]) -> None:
    town, _ = served
    at_work(town)
    here = f"/businesses/{town.party_id}/idle-cash"
    enter(look, town, PersonKind.OWNER, "/")
    look.press(f"a[href='{here}']", here)
    look.open(f"{here}/plan")
    look.page.locator("[data-chart] canvas").wait_for()
    assert look.page.locator(".reasons li").count() >= 1
    look.open(f"{here}/put-in/wenlibao")
    held = town.bank.treasury.positions(town.itself, town.party_id)
    term = next(one for one in held if one["product"] == "wenlibao")
    look.open(f"{here}/positions/{term['position_id']}")
    look.press("button[value=all]", f"{here}/positions/*/price")
    look.open(f"{here}/months/{business_date(town).isoformat()[:7]}")
    look.open(f"{here}/history")
    look.open(here)
    look.page.fill("#amount", "1")
    look.press("form[action$=withdraw] button", f"{here}?note=out")
    look.clean()


def test_the_consoles_book_of_idle_cash(look: Look, served: tuple[Town, str]) -> None:
    town, _ = served
    at_work(town)
    enter(look, town, PersonKind.STAFF, "/console")
    look.open("/console/treasury")
    look.page.locator("[data-chart] canvas").wait_for()
    look.press("form[action$=proof] button", "/console/treasury/proof")
    look.page.locator("#proof ~ .notice.good").wait_for()
    look.clean()
