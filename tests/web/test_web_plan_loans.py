"""Pages of loans that follow a plan: the console's loan and its events, the owner's own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from tests.web.conftest import SAMPLES

if TYPE_CHECKING:
    from tests.web.conftest import Town, Visit


def drawn(town: Town, product: str) -> str:
    """Let the business draw ¥1, all it may, on a line of a product; return the loan."""
    lending, itself = town.bank.lending, town.itself
    sales = SAMPLES / "invoices_sales.csv"
    town.bank.records.import_file(itself, "file", sales, party_id=town.party_id)
    asked = lending.apply(itself, "apply", town.party_id, product, 10_000)
    line = lending.accept(itself, "accept", UUID(asked["offer"]["offer_id"]))
    answer = lending.draw(itself, "draw", UUID(line["facility_id"]), 100, 3)
    return str(answer["loan_id"])


@pytest.mark.parametrize(
    ("product", "words"),
    [
        ("flat", "the amount first lent, throughout"),
        ("instalments_by_plan", "with every instalment"),
    ],
)
def test_staff_see_a_plan_and_what_an_event_would_do(
    product: str, words: str, staff: Visit, town: Town
) -> None:
    loan_id = drawn(town, product)
    assert words in staff.open(f"/console/products/{product}").text
    assert staff.open(f"/console/loans/{loan_id}").status_code == 200
    here = f"/console/loans/{loan_id}/event?kind="
    assert staff.open(f"{here}fee_charged").status_code == 200
    sent = staff.send(f"/console/loans/{loan_id}/event", kind="interest_paused", step="preview")
    assert sent.status_code in {200, 422}


def test_an_owner_sees_what_is_due_at_once(owner: Visit, town: Town) -> None:
    """¥0.20 of ¥1.00 are the down payment."""
    loan_id = drawn(town, "instalments_by_plan")
    page = owner.open(f"/loans/{loan_id}")
    assert page.status_code == 200
    assert "¥0.20" in page.text
    assert owner.open(f"/loans/{loan_id}/statement").status_code == 200
