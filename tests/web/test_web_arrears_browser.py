"""A real browser looks at the arrears board, a case, and the owner's promise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.web.late_town import fall_behind, work_the_case
from tests.web.test_web_browser import (
    Look,
    browser,  # noqa: F401 - a fixture
    enter,
    look,  # noqa: F401 - a fixture
    serve,
)

from martlet.parties import PersonKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.web.conftest import Town

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, str]]:
    """A bank with a borrower in arrears behind a real server."""
    for town, address in serve(tmp_path_factory.mktemp("late") / "home"):
        fall_behind(town)
        work_the_case(town)
        yield town, address


def test_the_board_and_a_case(look: Any, served: tuple[Town, str]) -> None:  # noqa: F811
    seen: Look = look
    town, _ = served
    enter(seen, town, PersonKind.STAFF, "/console")
    seen.open("/console/arrears")
    seen.page.locator("[data-chart] canvas").wait_for()
    seen.press("form[action$=remind] button", "/console/arrears/remind")
    seen.open("/console/arrears?bucket=m1")
    seen.press("section[aria-labelledby=cases] tbody a", "/console/arrears/*")
    seen.page.fill("#text", "再联系一次。")
    seen.press("form[action$=note] button", "/console/arrears/*?note=done")
    if seen.page.locator("section[aria-labelledby=reminders] summary").count():
        seen.page.locator("section[aria-labelledby=reminders] summary").first.click()
        seen.check()
    seen.clean()


def test_the_owners_promise(look: Any, served: tuple[Town, str]) -> None:  # noqa: F811
    seen: Look = look
    town, _ = served
    loan = town.bank.lending.loans(town.itself)[0]
    enter(seen, town, PersonKind.OWNER, "/")
    seen.open(f"/loans/{loan['loan_id']}")
    if seen.page.locator("form[action$=promise]").count():
        seen.page.fill("#promised", "30")
        seen.page.fill("#by", seen.page.locator("#by").get_attribute("min"))
        seen.press("form[action$=promise] button", "/loans/*/promise")
    seen.page.locator("#promise").wait_for()
    seen.clean()
