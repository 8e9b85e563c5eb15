"""A real browser looks at the owner's cash flow, and at forecast quality and the fund desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.web.test_web_browser import (
    Look,
    browser,  # noqa: F401 - a fixture
    enter,
    look,  # noqa: F401 - a fixture
    serve,
)
from tests.web.test_web_cash_flow import with_statement
from tests.web.test_web_fund_desk import partners_file

from martlet.parties import PersonKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.web.conftest import Town

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, str]]:
    """A bank whose shop has brought in its statement, behind a real server."""
    folder = tmp_path_factory.mktemp("cash")
    for town, address in serve(folder / "home"):
        with_statement(town, folder)
        yield town, address


def test_the_owner_looks_ahead_and_tries_what_if(look: Any, served: tuple[Town, str]) -> None:  # noqa: F811
    seen: Look = look
    town, _ = served
    enter(seen, town, PersonKind.OWNER, "/")
    seen.page.locator(".cash-card svg").wait_for()
    seen.check()
    seen.press(".cash-card", f"/businesses/{town.party_id}/cash-flow")
    seen.page.locator("details summary").first.click()
    seen.check()
    seen.page.locator("#late").fill("21")
    seen.page.locator("#beside").wait_for()
    assert seen.page.locator("output[for=late]").inner_text().startswith("21")
    assert seen.page.locator("#outlook path.before").count() == 1
    assert seen.page.locator("#difference path.before").count() == 1
    seen.check()
    seen.page.locator("#late").fill("0")
    seen.page.locator("#beside").wait_for(state="detached")
    seen.press("#what-if ~ form button", "/businesses/*/cash-flow")
    seen.clean()


def test_the_bank_looks_at_its_forecasts(look: Any, served: tuple[Town, str]) -> None:  # noqa: F811
    seen: Look = look
    town, _ = served
    enter(seen, town, PersonKind.STAFF, "/console")
    seen.page.goto(f"{seen.address}/console/forecast-quality")
    seen.page.locator("[data-chart=course-table] canvas").wait_for()
    seen.check()
    seen.press("a[href='?side=in&days=28']", "/console/forecast-quality?side=in&days=28")
    seen.clean()


def test_the_fund_desk_of_a_partner(
    look: Any,  # noqa: F811
    served: tuple[Town, str],
    tmp_path: Path,
) -> None:
    seen: Look = look
    town, _ = served
    path = tmp_path / "flows.csv"
    path.write_bytes(partners_file(140))
    enter(seen, town, PersonKind.STAFF, "/console")
    seen.open("/console/fund-desk")
    seen.page.locator("#upload").set_input_files(path)
    seen.page.locator("form[action$=fund-desk][method=post] button").click()
    seen.page.wait_for_url(f"{seen.address}/console/fund-desk/files/*")
    seen.page.locator("#rules").wait_for()
    seen.check()
    seen.page.locator("details summary").first.click()
    seen.check()
    seen.page.locator("#show").select_option("series:west")
    seen.press("form.pick button", "/console/fund-desk/files/*?show=*")
    seen.clean()
