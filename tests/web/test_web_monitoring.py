"""The workbench and the monitoring as pages: without scripts, bounded, and for who may look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from tests.web.conftest import TOKEN, Town, Visit
from tests.web.test_web_browser import seed

from martlet.parties import PersonKind
from martlet.web.limits import TRIAL_DECISIONS
from martlet.web.spans import Interval, spans

if TYPE_CHECKING:
    from starlette.testclient import TestClient

shares = st.integers(0, 1_000_000)


@given(st.lists(st.tuples(st.lists(shares, min_size=3, max_size=3), shares), max_size=6))
def test_a_bar_stays_inside_its_track(rows: list[tuple[list[int], int]]) -> None:
    drawn = spans(
        Interval("x", middle, low, high, mark)
        for (low, middle, high), mark in ((sorted(three), mark) for three, mark in rows)
    )
    for span in drawn:
        assert span.point is not None
        assert span.mark is not None
        assert 0 <= span.left <= span.left + span.width <= 1001
        assert 0 <= span.point < 1000
        assert 0 <= span.mark < 1000


def test_an_interval_of_nothing_is_a_dash() -> None:
    (span,) = spans([Interval("nobody", None, None, None)])
    assert (span.shown, span.point, span.width) == ("—", None, 0)


def test_an_empty_bank_is_monitored_too(staff: Visit) -> None:
    for path in ("monitoring", "fairness"):
        assert staff.open(f"/console/{path}").status_code == 200
        assert "There are no decisions to look at yet." in staff.page
    assert staff.open("/console/monitoring/no_such_kind").status_code == 404


def test_a_draft_is_tried_before_it_is_published(staff: Visit, town: Town) -> None:
    seed(town)
    staff.open("/console/policy/new")
    text = town.bank.credit.policy_in_force(town.itself, town.bank.clock.now()).text
    draft = text.replace("starter-1", "tried").replace("pd_max_ppm = 20_000", "pd_max_ppm = 20_001")
    form = {"text": draft, "effective_from": "2099-01-01"}
    assert staff.send("/console/policy/new", do="preview", **form).status_code == 200
    assert "What would change" in staff.page
    assert "the newest 1 of 1 stored applications" in staff.page
    assert f"{TRIAL_DECISIONS:,}" in staff.page
    staff.open("/console/policy/new")
    staff.send("/console/policy/new", do="preview", text="version = 3", effective_from="2099-01-01")
    assert "What would change" not in staff.page, "what cannot be read cannot be tried"


def test_the_history_says_what_counts_from_when_until_when(staff: Visit, town: Town) -> None:
    text = town.bank.credit.policy_in_force(town.itself, town.bank.clock.now()).text
    town.bank.credit.publish_policy(town.itself, "p-1", text.replace("starter-1", "second"))
    staff.open("/console/policy")
    assert "In force" in staff.page
    (item,) = town.bank.credit.policies(town.itself)
    staff.open(f"/console/policy/versions/{item.policy_id}")
    assert "What it changed against starter-1" in staff.page
    assert staff.open("/console/policy/versions/nothing").status_code == 404


def test_who_may_not_read_decisions_sees_no_portfolio(town: Town, visit: Visit) -> None:
    clerk = town.bank.parties.add_staff(town.itself, "clerk", name="王芳", roles=["operations"])
    link = town.bank.parties.login_link(town.itself, PersonKind.STAFF, clerk)
    visit.open("/link")
    assert TOKEN.search(visit.page)
    visit.send("/link", link=link)
    client: TestClient = visit.client
    for path in ("monitoring", "fairness"):
        assert client.get(f"/console/{path}").status_code == 403
