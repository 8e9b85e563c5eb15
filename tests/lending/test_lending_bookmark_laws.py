"""A replay taken up from its bookmark is the whole replay, whatever had happened to the loan."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING
from uuid import UUID

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from tests.lending.event_stories import happenings, loans, told
from tests.lending.loan_stories import day

from martlet.lending import EventKind, LoanEvent, LoanTerms, product_named, project
from martlet.lending.daily.bookmark import read, written
from martlet.lending.events import Charged
from martlet.lending.loan import LoanFigures
from martlet.lending.projection import project_figures, project_on, project_onward

if TYPE_CHECKING:
    from martlet.lending.events import Details

Happenings = list[tuple[int, EventKind, int, "Details"]]
PAYMENTS = st.lists(st.tuples(st.integers(0, 200), st.integers(1, 900_000)), max_size=4)


@settings(max_examples=400, deadline=None)
@given(loans(), happenings(), st.integers(0, 600), PAYMENTS, st.integers(0, 400))
def test_money_after_a_bookmark_does_what_it_does_to_the_whole_loan(
    terms: LoanTerms, events: Happenings, stop: int, payments: list[tuple[int, int]], more: int
) -> None:
    """To the tick, the line and the next bookmark, through the form in which it is kept."""
    before = [one for one in told(terms, events) if one.value_date <= day(stop)]
    mark = read(written(project(terms, before, day(stop)).bookmark))
    assume(mark is not None)
    assert mark is not None
    until = day(stop + 200 + more)
    paid = [
        LoanEvent(UUID(int=number), number, EventKind.REPAID, day(stop + after), amount_fen)
        for number, (after, amount_fen) in enumerate(payments, start=len(events) + 2)
    ]
    onward, whole = project_on(terms, mark, paid, until), project(terms, [*before, *paid], until)
    assert onward is not None
    anew = project_onward(terms, before, paid, until)
    plain = project_figures(terms, [*before, *paid], until)
    for name in (field.name for field in fields(LoanFigures)):
        for figures in (onward.figures, anew.figures, plain):
            assert getattr(figures, name) == getattr(whole, name), name
    assert (anew.due_today_fen, anew.allocations) == (onward.due_today_fen, onward.allocations)
    new = {one.event_id for one in paid}
    assert onward.allocations == tuple(one for one in whole.allocations if one.event_id in new)
    last = whole.instalments[-1:]
    fell_due_fen = sum(one.unpaid_fen for one in last if one.due_on == until)
    assert onward.due_today_fen == fell_due_fen
    event(f"open rows: {min(len(mark.rows), 3)}, turns: {len(mark.turns) > 0}")


@settings(max_examples=100, deadline=None)
@given(loans(), happenings(), st.integers(1, 600), st.integers(1, 90))
def test_a_payment_dated_before_the_bookmark_asks_for_the_whole_replay(
    terms: LoanTerms, events: Happenings, stop: int, earlier: int
) -> None:
    before = [one for one in told(terms, events) if one.value_date <= day(stop)]
    mark = project(terms, before, day(stop)).bookmark
    assume(mark is not None)
    assert mark is not None
    on = day(mark.day - day(0).toordinal() - earlier)
    late = LoanEvent(UUID(int=99), 99, EventKind.REPAID, on, 5_000)
    assert project_on(terms, mark, [late], day(stop)) is None
    gift = LoanEvent(UUID(int=99), 99, EventKind.GOODWILL_CREDIT, day(stop), 5_000)
    assert project_on(terms, mark, [gift], day(stop)) is None, "a night gives nothing away"


def test_a_loan_with_a_fee_to_come_keeps_no_bookmark() -> None:
    """What is more than a schedule is replayed from its first event."""

    terms = LoanTerms(100_000, 300, 6, product_named("equal_instalments").conventions)
    plain = told(terms, [])
    charged = told(terms, [(3, EventKind.FEE_CHARGED, 500, Charged("合成费用", day(40)))])
    assert project(terms, plain, day(10)).bookmark is not None
    assert project(terms, charged, day(10)).bookmark is None
