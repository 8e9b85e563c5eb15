"""A real browser looks at the chain: the picture, its tables, the queue; phone and laptop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from tests.web.chain_scene import CAR, NYLON, chained
from tests.web.test_web_browser import (
    LAPTOP,
    PHONE,
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
BOTH_ENDS = [("zh-CN", "light", PHONE), ("en", "dark", LAPTOP)]
"""Each language, screen and scheme once: axe takes seconds for a page of long tables."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, str]]:
    """A bank that knows a made-up chain, behind a real server."""
    for town, address in serve(tmp_path_factory.mktemp("chain") / "home"):
        chained(town)
        yield town, address


@pytest.mark.parametrize("look", BOTH_ENDS, ids=["phone", "laptop"], indirect=True)
def test_the_chain_is_drawn_from_its_tables(look: Any, served: tuple[Town, str]) -> None:  # noqa: F811
    seen: Look = look
    town, _ = served
    enter(seen, town, PersonKind.STAFF, "/console")
    seen.page.goto(f"{seen.address}/console/chain")
    seen.page.fill("#q", "远驰")
    seen.page.locator("form.first button").click()
    seen.page.locator("[data-chain] canvas").first.wait_for()
    seen.page.goto(f"{seen.address}/console/chain?of={quote('firm:' + CAR)}")
    seen.page.locator("[data-chain] canvas").first.wait_for()
    drawn = "document.querySelector('[data-chain]').chain"
    rows = seen.page.locator("#chain-nodes tr[data-key]").count()
    assert seen.page.evaluate(f"{drawn}.nodes().length") == rows > 12
    assert seen.page.evaluate(f"{drawn}.edges('.inferred')[0].style('line-style')") == "dashed"
    seen.page.evaluate(f"{drawn}.getElementById('firm:{NYLON}').emit('tap')")
    seen.page.locator("#looked-at", has_text=NYLON).wait_for()
    seen.check()
    seen.open("/console/chain/review")
    seen.page.goto(f"{seen.address}/console/chain/shock?event=failure&at={quote('firm:' + NYLON)}")
    seen.page.locator("[data-chain] canvas").first.wait_for()
    assert seen.page.evaluate(f"{drawn}.nodes('.hard').length") > 1
    seen.check()
    seen.clean()
