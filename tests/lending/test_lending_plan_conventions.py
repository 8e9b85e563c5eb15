"""Conventions of a plan that two lenders settle differently: one small loan for each choice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from tests.lending.plan_stories import happened, yuan

from martlet.lending.events import EventKind, Rescheduled
from martlet.lending.plan.replay import replay
from martlet.lending.plan.rules import (
    INTEREST,
    PRINCIPAL,
    Amortisation,
    Engine,
    InterestType,
    LaterDrawdowns,
    PlanRules,
)
from martlet.lending.plan.story import PlanTerms

DRAWN, PAID, MOVED = EventKind.DISBURSED, EventKind.REPAID, EventKind.RESCHEDULED
START, YEARLY = date(2023, 1, 1), Fraction(12, 100)
SHARES = PlanRules(amortisation=Amortisation.EQUAL_PRINCIPAL)


@pytest.mark.parametrize("kind", list(InterestType))
def test_equal_principal_is_shared_to_the_fen_whatever_unit_instalments_have(
    kind: InterestType,
) -> None:
    terms = PlanTerms(YEARLY, 3, replace(SHARES, interest_type=kind), unit_fen=100)
    account = replay(terms, happened((DRAWN, START, yuan("1000"))), START)
    assert [row.due[PRINCIPAL] for row in account.rows] == [33_333, 33_333, 33_334]
    declining = [1_000, 667, 333]
    flat = [1_000] * 3
    expected = flat if kind is InterestType.FLAT else declining
    assert [row.due[INTEREST] for row in account.rows] == expected


def test_equal_principal_begins_after_its_grace() -> None:
    terms = PlanTerms(YEARLY, 4, replace(SHARES, principal_grace=2))
    account = replay(terms, happened((DRAWN, START, yuan("1000"))), START)
    assert [row.due[PRINCIPAL] for row in account.rows] == [0, 0, 50_000, 50_000]


def test_a_later_drawdown_is_shared_by_the_rows_after_it_or_over_the_term() -> None:
    """600 at first and 600 in the second month: 200, 500, 500; or 200, 400, and the last 600."""
    drawn = happened((DRAWN, START, yuan("600")), (DRAWN, date(2023, 2, 10), yuan("600")))
    after = PlanTerms(Fraction(0), 3, PlanRules())
    over_term = replace(after, rules=PlanRules(later_drawdowns=LaterDrawdowns.OVER_TERM))
    asked = [
        [row.due_fen for row in replay(terms, drawn, date(2023, 2, 10)).rows]
        for terms in (after, over_term)
    ]
    assert asked == [[20_000, 50_000, 50_000], [20_000, 40_000, 60_000]]


def test_a_new_number_of_rows_may_count_on_what_is_drawn_later() -> None:
    """Three rows become five, then 600 more are drawn: 240 in every row, those behind included."""
    rules = PlanRules(later_drawdowns=LaterDrawdowns.OVER_TERM)
    told = happened(
        (DRAWN, START, yuan("600")),
        (MOVED, date(2023, 1, 5), 0, Rescheduled(date(2023, 2, 1), extra_terms=2)),
        (DRAWN, date(2023, 2, 10), yuan("600")),
    )
    account = replay(PlanTerms(Fraction(0), 3, rules), told, date(2023, 2, 10))
    assert [row.due_fen for row in account.rows] == [24_000] * 5


def test_a_plan_that_runs_forward_changes_nothing_behind_it() -> None:
    with pytest.raises(AssertionError, match="runs forward"):
        PlanRules(engine=Engine.PROGRESSIVE, later_drawdowns=LaterDrawdowns.OVER_TERM)


def test_principal_that_was_agreed_to_wait_adds_as_many_rows() -> None:
    agreed = Rescheduled(date(2023, 3, 1), None, 0, None, principal_grace=1)
    told = happened((DRAWN, START, yuan("300")), (MOVED, date(2023, 1, 5), 0, agreed))
    account = replay(PlanTerms(Fraction(0), 3, PlanRules()), told, date(2023, 1, 5))
    assert [row.due_fen for row in account.rows] == [10_000, 0, 10_000, 10_000]
    waiting = account.rows[1]
    assert waiting.met_on == START, "what asks for nothing was never open"
