"""The console's forecast quality: what it stands on, what was left out, and who may look."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.web.test_web_cash_flow import let_read, with_statement

from martlet.cashflow import chinese_calendar
from martlet.cashflow.quality import quality_of_firms
from martlet.kernel.calendar import business_date_of
from martlet.parties import PersonKind

if TYPE_CHECKING:
    from pathlib import Path

    from tests.web.conftest import Town, Visit

HERE = "/console/forecast-quality"


def look(staff: Visit, query: str = "") -> str:
    """Open the page, and look again until its figures are there."""
    page = str(staff.open(HERE + query).text)
    until = time.monotonic() + 60
    while 'role="status"' in page and time.monotonic() < until:
        page = str(staff.open(HERE + query).text)
    return page


def test_figures_say_what_they_stand_on(staff: Visit, town: Town, tmp_path: Path) -> None:
    with_statement(town, tmp_path)
    page = look(staff)
    assert "on 1 of 1 businesses: 2 series" in page
    assert "6 origins, last known days" in page
    assert "Error of the total of 28 days" in page
    assert 'data-chart="course-table"' in page
    assert "Every series was played at every origin." in page
    week = look(staff, "?side=in&days=7")
    assert "Error of the total of 7 days" in week
    assert "Moves almost daily" in week
    assert week.count("<tbody><tr>") == 2


def test_what_was_left_out_is_counted_by_its_reason(town: Town, tmp_path: Path) -> None:
    with_statement(town, tmp_path, 200)
    parties = [town.party_id]
    for number, days in enumerate((30, 0)):
        parties.append(
            town.bank.parties.register_business(
                town.itself,
                f"firm {number}",
                name=f"小店{number}",
                owner_phone=f"1370013700{number}",
                owner_name="王五",
                trade="餐饮",
                region="浙江杭州",
            )
        )
        if days:
            with_statement(town, tmp_path, days, parties[-1])
        else:
            let_read(town, parties[-1])
    today = business_date_of(town.bank.clock.now())
    found = quality_of_firms(town.bank.records, town.itself, parties, today, chinese_calendar())
    assert found.left_out == {"short": 2, "no_records": 2}
    assert (found.firms_count, found.series_count) == (3, 2)
    assert {one.figures.series_count for one in found.by_side["in"].whole} == {1}


def test_takings_alone_have_no_outflow_to_play(town: Town, tmp_path: Path) -> None:
    let_read(town)
    path = tmp_path / "takings.csv"
    today = business_date_of(town.bank.clock.now())
    days = [today - timedelta(days=back) for back in range(120, 0, -1)]
    lines = [f"{day},{1000 + 300 * (day.weekday() >= 5)}.00,0.00,20" for day in days]
    path.write_text("\n".join(["日期,流水,退款,笔数", *lines]), encoding="utf-8")
    town.bank.records.import_file(town.itself, "takings", path, party_id=town.party_id)
    found = quality_of_firms(
        town.bank.records, town.itself, [town.party_id], today, chinese_calendar()
    )
    assert found.left_out == {"not_told": 1}
    assert found.by_side["out"].segments == ()
    assert found.by_side["in"].whole[0].figures.errors["ours"] < 0.05


def test_a_bank_without_records_says_so(staff: Visit) -> None:
    page = look(staff)
    assert "No series is known for long enough" in page
    assert "No records, or none that may be read" in page


def test_who_may_not_read_records_sees_no_quality(town: Town, visit: Visit) -> None:
    clerk = town.bank.parties.add_staff(town.itself, "clerk", name="王芳", roles=["operations"])
    visit.open("/link")
    visit.send("/link", link=town.bank.parties.login_link(town.itself, PersonKind.STAFF, clerk))
    assert visit.open(HERE).status_code == 403
