"""Two people at the console: one drafts and previews, the other approves and launches."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from starlette.testclient import TestClient
from tests.web.conftest import Town, Visit

from martlet.api import create_app
from martlet.lending.relief.reading import parse_programme
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


def test_a_form_says_all_that_a_file_says(staff: Visit, town: Town) -> None:
    """Whom by region, trade, size, arrears, product and day; what by months, days and part."""
    answer = draft(
        staff,
        trades="餐饮, 零售",
        product_revolving_daily="yes",
        product_bullet="yes",
        line_min="1000",
        line_max="500000",
        outstanding_min="10",
        outstanding_max="300000",
        arrears_days_min="0",
        arrears_days_max="60",
        drawn_from="2025-01-01",
        drawn_until="2026-06-30",
        kind_1="pause",
        months_1="45",
        unit_1="days",
        kind_2="waive",
        off_2="50",
        part_2="interest",
        up_to_2="200",
        kind_3="extend",
        months_3="6",
        payer="subsidy",
        payer_name="city",
    )
    programme_id = UUID(answer.url.path.rsplit("/", 1)[1])
    read = parse_programme(town.bank.relief.programme(town.itself, programme_id)["text"])
    assert set(read.who.products) == {"revolving_daily", "bullet"}
    assert read.who.trades == ("餐饮", "零售")
    assert (read.who.line_min_fen, read.who.outstanding_max_fen) == (100_000, 30_000_000)
    assert (read.who.arrears_days_min, read.who.arrears_days_max) == (0, 60)
    assert (read.who.drawn_from, read.who.drawn_until) == (date(2025, 1, 1), date(2026, 6, 30))
    _, pause, waiver, longer = read.what
    assert (pause.months, pause.days) == (0, 45)
    assert (waiver.component, waiver.share_ppm, waiver.up_to_fen) == ("interest", 500_000, 20_000)
    assert (longer.instalments, longer.days) == (6, 0)
    assert (read.payer, read.payer_name) == ("subsidy", "city")


def test_the_list_shows_every_programme(staff: Visit) -> None:
    draft(staff)
    staff.open("/console/relief")
    assert "Three months free" in staff.page
