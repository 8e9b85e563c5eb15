"""Laws of every schedule: principal comes back to the fen, and nothing is negative."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from martlet.kernel.rounding import RoundingMode
from martlet.lending.schedules import (
    Compounding,
    DayCount,
    Drawn,
    DueRule,
    Frequency,
    InterestBy,
    InterestPaused,
    MonthLength,
    PaidOff,
    PeriodUnit,
    PlanConventions,
    PlanKind,
    PlanTerms,
    ProgressiveConventions,
    ProgressiveTerms,
    Repaid,
    Rounding,
    YearLength,
    due_dates,
    plan_rows,
    progressive_payable,
    progressive_rows,
    rate_of_ppm,
)

START = date(2023, 11, 30)
FREQUENCIES = st.sampled_from(
    [
        Frequency(1, PeriodUnit.DAYS),
        Frequency(2, PeriodUnit.WEEKS),
        Frequency(1, PeriodUnit.SEMI_MONTHS),
        Frequency(1, PeriodUnit.MONTHS),
        Frequency(1, PeriodUnit.YEARS),
    ]
)
KINDS = [kind for kind in PlanKind if kind is not PlanKind.FIXED_AMOUNT]
RATES_PPM = st.integers(0, 360_000)


@st.composite
def plans(draw: st.DrawFn) -> tuple[PlanTerms, PlanConventions]:
    by_days = draw(st.booleans())
    periods = draw(st.integers(1, 40))
    kind = draw(st.sampled_from(KINDS))
    level = kind in {PlanKind.LEVEL, PlanKind.EQUAL_PRINCIPAL, PlanKind.FLAT}
    simple = Compounding.WITH_PAYMENTS
    conventions = PlanConventions(
        kind=kind,
        due=DueRule(draw(FREQUENCIES)),
        day_count=draw(st.sampled_from(list(DayCount))),
        interest_by=InterestBy.DAYS if by_days else InterestBy.PERIOD,
        compounding=simple if by_days else draw(st.sampled_from(list(Compounding))),
        payment=Rounding(
            draw(st.sampled_from([RoundingMode.HALF_UP, RoundingMode.HALF_EVEN, RoundingMode.UP])),
            draw(st.sampled_from([1, 100])),
        ),
        interest=Rounding(draw(st.sampled_from(list(RoundingMode)))),
        principal_grace=draw(st.integers(0, periods - 1)) if level else 0,
        interest_grace=draw(st.integers(0, periods - 1)),
        interest_free=draw(st.integers(0, periods)),
    )
    terms = PlanTerms(
        draw(st.integers(100_00, 1_000_000_00)), rate_of_ppm(draw(RATES_PPM)), periods, start=START
    )
    return terms, conventions


@given(plans())
@settings(max_examples=150, deadline=None)
def test_principal_comes_back_to_the_fen_and_nothing_is_negative(
    plan: tuple[PlanTerms, PlanConventions],
) -> None:
    terms, conventions = plan
    rows = plan_rows(terms, conventions)
    assert sum(row.principal for row in rows) == terms.principal
    assert rows[-1].balance == 0
    assert all(min(row.payment, row.interest, row.balance) >= 0 for row in rows)
    balances = [terms.principal, *(row.balance for row in rows)]
    moved = [before - after for before, after in pairwise(balances)]
    assert moved == [row.principal for row in rows]


@given(st.integers(100_00, 1_000_000_00), RATES_PPM, st.integers(2, 60))
@settings(max_examples=80, deadline=None)
def test_the_last_level_instalment_is_as_near_as_rounding_allows(
    principal: int, rate_ppm: int, periods: int
) -> None:
    rate = rate_of_ppm(rate_ppm)
    rows = plan_rows(PlanTerms(principal, rate, periods), PlanConventions())
    assert len({row.payment for row in rows[:-1]}) == 1
    # Every row may be half a fen off in its level and in its interest, and both bear interest.
    most = periods * float(1 + rate / 12) ** periods
    assert abs(rows[-1].payment - rows[0].payment) <= most


@st.composite
def progressive(draw: st.DrawFn) -> ProgressiveTerms:
    days = due_dates(DueRule(), START, draw(st.integers(2, 14)))
    conventions = ProgressiveConventions(
        year_length=draw(st.sampled_from(list(YearLength))),
        month_length=draw(st.sampled_from(list(MonthLength))),
    )
    return ProgressiveTerms((START, *days), rate_of_ppm(draw(RATES_PPM)), 100, conventions)


AMOUNTS = st.integers(100_00, 1_000_000_00)


@given(progressive(), AMOUNTS)
@settings(max_examples=40, deadline=None)
def test_paying_every_instalment_on_its_day_changes_nothing(
    terms: ProgressiveTerms, amount: int
) -> None:
    drawn = Drawn(START, amount)
    planned = progressive_rows(terms, [drawn])
    paid = [Repaid(row.due_on, row.instalment) for row in planned if row.instalment]
    after = progressive_rows(terms, [drawn, *paid])
    assert [(r.principal, r.interest, r.balance) for r in after] == [
        (r.principal, r.interest, r.balance) for r in planned
    ]
    assert sum(row.principal_paid for row in after) == amount


@given(progressive(), AMOUNTS, AMOUNTS, st.data())
@settings(max_examples=40, deadline=None)
def test_whatever_was_drawn_comes_back(
    terms: ProgressiveTerms, first: int, second: int, data: st.DataObject
) -> None:
    within = (terms.period_dates[-2] - START).days
    later = START + timedelta(days=data.draw(st.integers(0, within)))
    rows = progressive_rows(terms, [Drawn(START, first), Drawn(later, second)])
    assert sum(row.principal for row in rows) == first + second
    assert rows[-1].balance == 0
    assert all(min(row.principal, row.interest, row.balance) >= 0 for row in rows)


@given(progressive(), AMOUNTS, st.data())
@settings(max_examples=40, deadline=None)
def test_a_pay_off_leaves_nothing_and_costs_no_more_than_waiting(
    terms: ProgressiveTerms, amount: int, data: st.DataObject
) -> None:
    on = START + timedelta(days=data.draw(st.integers(0, 300)))
    on = min(on, terms.period_dates[-1])
    drawn = Drawn(START, amount)
    rows = progressive_rows(terms, [drawn, PaidOff(on)])
    assert sum(row.principal_paid for row in rows) == amount
    assert all(row.balance == 0 for row in rows if row.due_on >= on)
    waited = sum(row.interest for row in progressive_rows(terms, [drawn]))
    assert sum(row.interest for row in rows) <= waited


@given(progressive(), AMOUNTS, st.data())
@settings(max_examples=40, deadline=None)
def test_a_pause_never_costs_anything(
    terms: ProgressiveTerms, amount: int, data: st.DataObject
) -> None:
    start = START + timedelta(days=data.draw(st.integers(1, 200)))
    pause = InterestPaused(start, start + timedelta(days=data.draw(st.integers(0, 90))))
    drawn = Drawn(START, amount)
    paused = sum(row.interest for row in progressive_rows(terms, [drawn, pause]))
    assert paused <= sum(row.interest for row in progressive_rows(terms, [drawn]))


@given(progressive(), AMOUNTS)
@settings(max_examples=40, deadline=None)
def test_moving_the_level_never_makes_the_last_instalment_worse(
    terms: ProgressiveTerms, amount: int
) -> None:
    fixed = ProgressiveConventions(
        year_length=terms.conventions.year_length,
        month_length=terms.conventions.month_length,
        relevel_rounds=0,
    )
    plain = ProgressiveTerms(terms.period_dates, terms.annual_rate, 100, fixed)
    gaps = []
    for chosen in (terms, plain):
        rows = progressive_rows(chosen, [Drawn(START, amount)])
        gaps.append(abs(rows[-1].instalment - rows[-2].instalment))
    assert gaps[0] <= gaps[1]


@given(progressive(), AMOUNTS, st.data())
@settings(max_examples=40, deadline=None)
def test_an_instalment_costs_no_more_before_its_day(
    terms: ProgressiveTerms, amount: int, data: st.DataObject
) -> None:
    drawn, due_on = Drawn(START, amount), terms.period_dates[1]
    on = START + timedelta(days=data.draw(st.integers(0, 31)))
    early = progressive_payable(terms, [drawn], due_on, min(on, due_on))
    there = progressive_payable(terms, [drawn], due_on, due_on)
    assert early.interest <= there.interest
    assert early.balance == there.balance == amount
