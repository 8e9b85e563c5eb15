"""Two people at the console: one drafts and previews, the other approves and launches."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.testclient import TestClient
from tests.web.conftest import Town, Visit

from martlet.api import create_app
from martlet.parties import PersonKind

if TYPE_CHECKING:
    from typing import Any

FORM = {
    "name": "spring_2026",
    "title_zh": "三个月免息",
    "title_en": "Three months free",
    "sentence_zh": "前三个月免收利息。",
    "sentence_en": "The first three months cost no interest.",
    "regions": "浙江*",
    "budget": "100000",
    "payer": "own",
    "open_from": "2020-01-01",
    "open_until": "2099-12-31",
    "kind_0": "interest_free",
    "months_0": "3",
}


def draft(staff: Visit, **fields: str) -> Any:
    staff.open("/console/relief/new")
    return staff.send("/console/relief/new", **{**FORM, **fields})


def test_what_is_wrong_with_a_form_is_told_on_it(staff: Visit) -> None:
    answer = draft(staff, name="Spring 2026")
    assert answer.status_code == 422
    assert "name must be" in staff.page
    assert "三个月免息" in staff.page, "what was typed is kept"


def test_a_draft_is_previewed_and_approved_by_another(staff: Visit, town: Town) -> None:
    answer = draft(staff)
    assert "Three months free" in staff.page
    path = answer.url.path
    staff.send(path, do="preview")
    assert "Preview of" in staff.page
    refused = staff.send(path, do="approve")
    assert refused.status_code == 422
    assert "a second person must" in staff.page
    second = town.bank.parties.add_staff(
        town.itself, "second", name="王芳", roles=["operations", "risk"]
    )
    link = town.bank.parties.login_link(town.itself, PersonKind.STAFF, second)
    with TestClient(create_app(town.bank), headers={"Accept-Language": "en"}) as client:
        other = Visit(client)
        other.open("/link")
        other.send("/link", link=link)
        other.open(path)
        other.send(path, do="approve")
        assert ">Approved<" in other.page
        other.send(path, do="launch")
        other.open(path)
        assert ">Launched<" in other.page
        assert re.search(r"<progress value=\"\d+\"", other.page)
        other.send(path, do="stop", reason="the season is over")
        assert "the season is over" in other.page


def test_the_list_shows_every_programme(staff: Visit) -> None:
    draft(staff)
    staff.open("/console/relief")
    assert "Three months free" in staff.page
