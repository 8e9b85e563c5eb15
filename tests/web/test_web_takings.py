"""An advance on takings on the pages: what the owner and the bank see of fee, share and minimum."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from tools.make_examples import write_examples

from martlet.kernel.calendar import business_date_of
from martlet.parties import PersonKind

if TYPE_CHECKING:
    from pathlib import Path

    from tests.web.conftest import Town, Visit


@pytest.fixture
def advance(town: Town, tmp_path: Path) -> UUID:
    """An advance of two thousand yuan to the shop, whose records the bank has read."""
    bank, itself, today = town.bank, town.itself, business_date_of(town.bank.clock.now())
    kinds, until = ("invoices", "payments", "takings"), today + timedelta(days=300)
    bank.parties.give_consent(itself, "yes", town.party_id, records=kinds, until=until)
    for path in write_examples(tmp_path / "year", ending=today - timedelta(days=1)):
        bank.records.import_file(itself, path.name, path, party_id=town.party_id)
    applied = bank.lending.apply(itself, "ask", town.party_id, "takings_advance", 200_000)
    line = bank.lending.accept(itself, "accept", UUID(applied["offer"]["offer_id"]))
    drawn = bank.lending.draw(itself, "draw", UUID(line["facility_id"]), 200_000)
    return UUID(drawn["loan_id"])


def test_the_owner_and_the_bank_see_fee_share_and_minimum(
    visit: Visit, town: Town, advance: UUID
) -> None:
    visit.open("/link")
    assert visit.send("/link", link=town.link()).status_code == 200
    page = visit.open(f"/loans/{advance}").text
    for shown in ("Fixed fee left", "The least to be paid by", "fee in it"):
        assert shown in page, shown
    assert "Interest so far" not in page
    paid = visit.send(f"/loans/{advance}/repay", how="part", amount="100")
    assert paid.status_code == 200
    assert "Fixed fee" in visit.page
    visit.client.cookies.clear()
    visit.open("/link")
    assert visit.send("/link", link=town.link(PersonKind.STAFF)).status_code == 200
    seen = visit.open(f"/console/loans/{advance}").text
    assert "of each day" in seen
    assert "Fee earned" in seen
    form = visit.open(f"/console/loans/{advance}/event?kind=share_changed")
    assert form.status_code == 200
