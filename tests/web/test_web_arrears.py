"""The arrears board, a case and the owner's promise without scripts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.web.late_town import fall_behind, work_the_case

if TYPE_CHECKING:
    from uuid import UUID

    from tests.web.conftest import Town, Visit


@pytest.fixture
def loan_id(town: Town) -> UUID:
    return fall_behind(town)


def test_a_board_without_arrears_says_so(staff: Visit) -> None:
    page = staff.open("/console/arrears").text
    assert "There are no such cases." in page
    assert "Nobody has fallen behind in these months." in page
    assert staff.open("/console/arrears?after=nothing").status_code == 404
    missing = "01900000-0000-7000-8000-00000000dead"
    assert staff.open(f"/console/arrears/{missing}").status_code == 404


def test_a_case_is_worked_from_the_board(staff: Visit, town: Town, loan_id: UUID) -> None:
    board = staff.open("/console/arrears").text
    assert "M1 (1–30 days)" in board
    case_id = town.bank.collections.cases(town.itself)[0]["case_id"]
    assert f"/console/arrears/{case_id}" in board
    case = f"/console/arrears/{case_id}"
    assert str(loan_id) in staff.open(case).text
    today = town.bank.end_of_day.status(town.itself).business_date
    too_far = (today + timedelta(days=90)).isoformat()
    refused = staff.send(f"{case}/promise", amount="20", by=too_far)
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    assert f'value="{too_far}"' in refused.text, "what was typed is kept"
    assert staff.send(f"{case}/promise", amount="20", by="soon").status_code == 422
    staff.open(case)
    done = staff.send(f"{case}/promise", amount="20", by=today.isoformat())
    assert (done.status_code, "Done." in done.text) == (200, True)
    assert "¥20.00 by" in staff.send(f"{case}/note", text="rang twice").text
    assert "rang twice" in staff.page
    assert "合成外部机构" in staff.send(f"{case}/hand-over", to="agency:harbour").text
    assert staff.send(f"{case}/hand-over", to="agency:nobody").status_code == 422
    staff.open(case)
    staff.send(f"{case}/hand-over", to="")
    staff.open(case)
    assert staff.send(f"{case}/close").status_code == 422
    assert "Taken back" in staff.open(case).text
    assert case in staff.open("/console/arrears?which=promised&bucket=m1").text
    assert case not in staff.open("/console/arrears?which=closed").text


def test_reminders_are_sent_from_the_board_or_it_is_said_why_not(
    staff: Visit, town: Town, loan_id: UUID
) -> None:
    staff.open("/console/arrears")
    page = staff.send("/console/arrears/remind").text
    assert "Reminders sent: 1" in page or "It is quiet time" in page
    assert town.bank.collections.board(town.itself)["totals"]["loans"]["count"] == 1


def test_an_owner_promises_on_the_loans_page(owner: Visit, town: Town, loan_id: UUID) -> None:
    path = f"/loans/{loan_id}"
    assert "Cannot pay today?" in owner.open(path).text
    today = town.bank.end_of_day.status(town.itself).business_date
    late = (today + timedelta(days=60)).isoformat()
    assert owner.send(f"{path}/promise", promised="20", by=late).status_code == 422
    owner.open(path)
    done = owner.send(f"{path}/promise", promised="20", by=today.isoformat())
    assert "You have promised ¥20.00" in done.text
    assert "Cannot pay today?" not in done.text
    assert owner.open("/console/arrears").status_code == 403


def test_who_owes_nothing_overdue_is_asked_for_no_promise(owner: Visit, town: Town) -> None:
    loan_id = fall_behind(town, days=0)
    assert "Cannot pay today?" not in owner.open(f"/loans/{loan_id}").text


def test_a_worked_case_tells_its_history(staff: Visit, town: Town, loan_id: UUID) -> None:
    work_the_case(town)
    case_id = town.bank.collections.cases(town.itself)[0]["case_id"]
    page = staff.open(f"/console/arrears/{case_id}").text
    order = ["Note", "Promise broken", "Promised to pay", "Taken back", "Handed over"]
    places = [page.index(f"<strong>{word}</strong>") for word in [*order, "Case opened"]]
    assert places == sorted(places), "the latest first"
