"""What the shipped programme gives to one loan, by figures worked out by hand, and what must hold.

Interest of 300 ppm a day is 300 fen a day on a principal of 10,000 yuan.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from martlet.lending import LoanTerms, product_named, project
from martlet.lending.events import EventKind, LoanEvent, Rate, RateChanged
from martlet.lending.product import Component
from martlet.lending.relief import Measure, MeasureKind, parse_programme, shipped_programmes
from martlet.lending.relief.grants import cost_of, cost_until, grant, rate_on, undoing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.lending.relief import Programme

SHIPPED = parse_programme(shipped_programmes()["free_then_discount"])
BULLET = product_named("revolving_daily").conventions
LEVEL = product_named("equal_instalments").conventions
START = date(2026, 3, 2)
_ids = count(1)


def new_id() -> UUID:
    return UUID(int=next(_ids))


def paid_out(terms: LoanTerms, on: date) -> list[LoanEvent]:
    return [LoanEvent(new_id(), 1, EventKind.DISBURSED, on, terms.principal_fen)]


def with_measures(*measures: Measure) -> Programme:
    return _replaced(SHIPPED, what=measures)


def _replaced(programme: Programme, **fields: Any) -> Programme:
    return replace(programme, **fields)


def test_a_bullet_of_ten_thousand_yuan_saves_three_months_and_a_fifth_of_the_rest() -> None:
    """360 nights at 300 fen are 108,000; 92 free ones and 268 at 240 fen are 64,320."""
    terms = LoanTerms(1_000_000, 300, 360, BULLET)
    events = paid_out(terms, START)
    found = grant(SHIPPED, terms, events, START, new_id)
    assert found is not None
    assert found.cost_fen == 108_000 - 64_320
    assert [event.details for event in found.events] == [
        RateChanged(date(2026, 3, 2), Rate(0)),
        RateChanged(date(2026, 6, 2), Rate(240)),
        RateChanged(date(2027, 3, 2), Rate(300)),
    ]
    matured = project(terms, [*events, *found.events], date(2027, 2, 25))
    assert matured.interest_accrued_fen == 64_320


def test_flat_instalments_are_free_for_three_and_a_fifth_cheaper_for_nine() -> None:
    """12,000 yuan at 0.9 % a month: 12 times 108 yuan; with relief 9 times 86.40."""
    terms = LoanTerms(1_200_000, 300, 12, product_named("flat").conventions)
    events = paid_out(terms, START)
    found = grant(SHIPPED, terms, events, START, new_id)
    assert found is not None
    assert found.cost_fen == 12 * 10_800 - 9 * 8_640


def test_a_plan_that_runs_forward_is_passed_over_where_a_rate_is_foretold() -> None:
    terms = LoanTerms(1_200_000, 300, 12, product_named("instalments_by_plan").conventions)
    assert grant(SHIPPED, terms, paid_out(terms, START), START, new_id) is None


def test_instalments_of_twelve_months_save_what_two_tables_differ_by() -> None:
    """12,000 yuan at 0.9 % a month: 12 payments of 1,059.46 cost 713.53 of interest.

    Free for three months, then 0.72 % on what is left: 3 payments of 1,000.00 and 9 of 1,036.34
    cost 327.10. Interest is rounded as it adds up, so the first sum is 0.02 below that of rounded
    rows. The saving is 386.43.
    """
    terms = LoanTerms(1_200_000, 300, 12, LEVEL)
    found = grant(SHIPPED, terms, paid_out(terms, START), START, new_id)
    assert found is not None
    assert found.cost_fen == 71_353 - 32_710


def test_a_loan_half_way_is_relieved_of_what_is_left() -> None:
    """90 nights have passed; of the 270 left 92 are free and 178 cost 240 instead of 300 fen."""
    terms = LoanTerms(1_000_000, 300, 360, BULLET)
    day = START + timedelta(days=90)
    begun = grant(SHIPPED, terms, paid_out(terms, START), day, new_id)
    assert begun is not None
    free = (date(2026, 8, 31) - day).days
    assert begun.cost_fen == free * 300 + (270 - free) * 60


def test_a_late_borrower_pays_the_agreed_rate_again_when_relief_has_ended() -> None:
    terms = LoanTerms(1_000_000, 300, 30, BULLET)
    events = paid_out(terms, START)
    found = grant(SHIPPED, terms, events, START, new_id)
    assert found is not None
    assert rate_on(terms, [*events, *found.events], date(2027, 3, 1)) == Rate(240)
    assert rate_on(terms, [*events, *found.events], date(2027, 3, 2)) == Rate(300)


def test_waiving_the_penalty_costs_what_was_owed_of_it() -> None:
    terms = LoanTerms(1_000_000, 300, 30, BULLET)
    events, day = paid_out(terms, START), START + timedelta(days=40)
    owed = project(terms, events, day).penalty_fen
    assert owed == 10 * 450
    half = Measure(MeasureKind.WAIVE, component=Component.PENALTY, share_ppm=500_000)
    found = grant(with_measures(half), terms, events, day, new_id)
    assert found is not None
    assert (found.cost_fen, found.waived_fen) == (owed // 2, owed // 2)
    assert project(terms, [*events, *found.events], day).penalty_fen == owed // 2


def test_a_pause_of_sixty_nights_costs_sixty_nights() -> None:
    terms = LoanTerms(1_000_000, 300, 360, BULLET)
    pause = with_measures(Measure(MeasureKind.PAUSE, days=60))
    found = grant(pause, terms, paid_out(terms, START), START, new_id)
    assert found is not None
    assert found.cost_fen == 60 * 300


def test_a_longer_term_is_time_and_no_gift() -> None:
    terms = LoanTerms(1_200_000, 300, 12, LEVEL)
    longer = with_measures(Measure(MeasureKind.EXTEND, instalments=3))
    events = paid_out(terms, START)
    found = grant(longer, terms, events, START, new_id)
    assert found is not None
    assert found.cost_fen == 0
    extended = project(terms, [*events, *found.events], START)
    assert extended.matures_on == date(2027, 6, 2)


def test_a_loan_that_gains_nothing_is_left_alone() -> None:
    terms = LoanTerms(100, 0, 30, BULLET)
    assert grant(SHIPPED, terms, paid_out(terms, START), START, new_id) is None


lasting = st.lists(
    st.builds(
        Measure,
        st.sampled_from([MeasureKind.INTEREST_FREE, MeasureKind.RATE, MeasureKind.PAUSE]),
        months=st.integers(0, 4),
        days=st.integers(1, 20),
        rate_ppm=st.integers(0, 999_999),
    ),
    min_size=1,
    max_size=4,
)
loans = st.one_of(
    st.builds(
        LoanTerms, st.integers(1, 10_000_000), st.integers(0, 700), st.integers(1, 400),
        st.just(BULLET),
    ),
    st.builds(
        LoanTerms, st.integers(1, 10_000_000), st.integers(0, 700), st.integers(1, 24),
        st.just(LEVEL),
    ),
)  # fmt: skip


def _story(terms: LoanTerms, paid: Sequence[tuple[int, int]], until: date) -> list[LoanEvent]:
    """Return a payout and some payments, each on a day after the one before, up to a day."""
    events, day = paid_out(terms, START), START
    for after, amount_fen in paid:
        day += timedelta(days=after)
        if day > until or project(terms, events, day).closed_on is not None:
            break
        number = len(events) + 1
        events.append(LoanEvent(new_id(), number, EventKind.REPAID, day, amount_fen))
    return events


payments = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 2_000_000)), max_size=4)


@settings(max_examples=60, deadline=None)
@given(loans, payments, lasting, st.integers(0, 200))
def test_the_cost_is_the_difference_and_never_negative(
    terms: LoanTerms, paid: list[tuple[int, int]], measures: list[Measure], after: int
) -> None:
    day = START + timedelta(days=after)
    events = _story(terms, paid, day)
    if project(terms, events, day).closed_on is not None:
        return
    found = grant(with_measures(*measures), terms, events, day, new_id)
    if found is not None:
        assert found.cost_fen == cost_of(terms, events, found.events, day) > 0


@settings(max_examples=60, deadline=None)
@given(loans, lasting, st.integers(0, 200), st.integers(0, 200))
def test_a_reversal_leaves_no_trace_beyond_its_day(
    terms: LoanTerms, measures: list[Measure], later: int, look: int
) -> None:
    """Up to the day the loan is as it was with relief; from it on the agreed rate holds.

    And the cost left lies between nothing and all of it.
    """
    events = paid_out(terms, START)
    found = grant(with_measures(*measures), terms, events, START, new_id)
    if found is None:
        return
    ends = START + timedelta(days=later)
    known = [*events, *found.events]
    undone = undoing(terms, known, found.events, ends, ends, new_id)
    relieved = project(terms, known, ends)
    found_then = replace(project(terms, [*known, *undone], ends), line=None)
    assert found_then == replace(relieved, line=None)
    after = ends + timedelta(days=look)
    assert rate_on(terms, [*known, *undone], after) == terms.rate
    left = cost_until(terms, events, found.events, undone, START)
    assert 0 <= left <= found.cost_fen
