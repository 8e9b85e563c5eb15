"""Conventions of a plan that two lenders settle differently: one small loan for each choice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID

import pytest
from tests.lending.plan_stories import ORDER, happened, progressive, yuan

from martlet.lending.events import Charged, ChargedBack, EventKind, Rate, Rescheduled
from martlet.lending.parts import Frequency, FrequencyUnit
from martlet.lending.plan.interest import span_share
from martlet.lending.plan.pay_off import pay_off_fen
from martlet.lending.plan.recognition import recognise_rest
from martlet.lending.plan.replay import replay
from martlet.lending.plan.rules import (
    FEE,
    INTEREST,
    PENALTY,
    PRINCIPAL,
    Advance,
    Advanced,
    Amortisation,
    EarlyInterest,
    Engine,
    FutureRule,
    InterestPeriod,
    InterestType,
    LaterDrawdowns,
    PlanRules,
    Recalculation,
    YearLength,
)
from martlet.lending.plan.story import PlanTerms

DRAWN, PAID, MOVED = EventKind.DISBURSED, EventKind.REPAID, EventKind.RESCHEDULED
START, YEARLY = date(2023, 1, 1), Fraction(12, 100)
WEEKLY = Frequency(2, FrequencyUnit.WEEKS)
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


def running(early: EarlyInterest, future: FutureRule = FutureRule.NEXT) -> PlanTerms:
    """Six months at 12 %, interest by what is owed; principal is paid before interest."""
    follows = Recalculation(advance=Advance.LAST, early=early)
    order = Advanced(ORDER, default=future)
    rules = PlanRules(Engine.PROGRESSIVE, recalculation=follows, advanced=order, year_days=360)
    return PlanTerms(YEARLY, 6, rules)


def test_a_row_paid_early_costs_its_days_or_its_whole_period() -> None:
    """Half of a month of 1,000 at a per cent a month: 4.84 for 15 of 31 days, or 10.00."""
    day, drawn = date(2023, 1, 16), happened((DRAWN, START, yuan("1000")))
    owed = [pay_off_fen(running(early), drawn, day) for early in EarlyInterest]
    assert owed == [yuan("1004.84"), yuan("1010.00")]


def test_principal_paid_early_may_bear_interest_until_its_row_is_due() -> None:
    day = date(2023, 1, 16)
    told = happened((DRAWN, START, yuan("1000")), (PAID, day, yuan("100")))
    first = [replay(running(early), told, day).rows[0].due[INTEREST] for early in EarlyInterest]
    assert first == [484 + 465, 1_000], "900 bear interest for 16 days, or 1,000 do"


def test_a_row_that_was_paid_for_its_whole_period_costs_nothing_more() -> None:
    day = date(2023, 1, 16)
    terms = running(EarlyInterest.TO_THE_DUE_DATE)
    level = replay(terms, happened((DRAWN, START, yuan("1000"))), START).rows[0].due_fen
    told = happened((DRAWN, START, yuan("1000")), (PAID, day, level))
    early = replay(terms, told, day)
    on_time = happened((DRAWN, START, yuan("1000")), (PAID, date(2023, 2, 1), level))
    planned = replay(terms, on_time, date(2023, 2, 1))
    assert [row.due for row in early.rows] == [row.due for row in planned.rows]


@pytest.mark.parametrize("paid_fen", [1_000, 1_701])
def test_a_plan_that_is_not_recalculated_keeps_its_interest_when_paid_early(paid_fen: int) -> None:
    """Six months of 100 at 7 %: 17.01 a month, 0.58 of it interest, whether or not paid early."""
    rules = PlanRules(Engine.PROGRESSIVE, advanced=Advanced(ORDER), year_days=360)
    terms, day = PlanTerms(Fraction(7, 100), 6, rules), date(2024, 1, 15)
    drawn = (DRAWN, date(2024, 1, 1), yuan("100"))
    planned = replay(terms, happened(drawn), drawn[1])
    early = replay(terms, happened(drawn, (PAID, day, paid_fen)), day)
    assert [row.due for row in early.rows] == [row.due for row in planned.rows]
    assert [row.due[INTEREST] for row in early.rows] == [58, 49, 39, 29, 20, 10]


def test_a_drawdown_inside_a_period_is_levelled_as_if_owed_from_its_first_day() -> None:
    """2,000 at a per cent over six months: 345.10, then a sixth of what the last one has less."""
    drawn = (DRAWN, START, yuan("1000")), (DRAWN, date(2023, 1, 16), yuan("1000"))
    account = replay(running(EarlyInterest.TO_THE_DAY), happened(*drawn), drawn[1][1])
    assert account.rows[0].due[INTEREST] == 484 + 1_032, "15 days of 1,000 and 16 of 2,000"
    assert [row.due_fen for row in account.rows] == [34_425] * 5 + [34_437]


def test_a_rate_changed_inside_a_period_levels_with_both_rates() -> None:
    """1,000 at 12 % a year for 15 of 31 days, and at 6 % from then on."""
    agreed = Rescheduled(date(2023, 2, 1), rate=Rate(60_000, 365))
    told = happened((DRAWN, START, yuan("1000")), (MOVED, date(2023, 1, 16), 0, agreed))
    rows = replay(running(EarlyInterest.TO_THE_DAY), told, date(2023, 1, 16)).rows
    assert rows[0].due[INTEREST] == 484 + 258
    assert len({row.due_fen for row in rows[:-1]}) == 1
    assert abs(rows[-1].due_fen - rows[0].due_fen) <= len(rows) // 2, "nothing is left to move"


def test_money_for_the_last_row_goes_backwards_and_the_next_row_takes_the_rest() -> None:
    """Paid off to its last rows first: whole instalments there, what is left in the first."""
    day, terms = date(2023, 1, 16), running(EarlyInterest.TO_THE_DAY, FutureRule.LAST)
    drawn = happened((DRAWN, START, yuan("1000")))
    level = replay(terms, drawn, START).rows[0].due_fen
    paid = happened((DRAWN, START, yuan("1000")), (PAID, day, pay_off_fen(terms, drawn, day)))
    account = replay(terms, paid, day)
    assert [row.due_fen for row in account.rows[1:]] == [level] * 5
    assert account.rows[0].due[INTEREST] == 484
    assert account.closed_on == day


def test_a_last_row_that_is_paid_in_full_leaves_the_rest_to_the_row_before() -> None:
    day, terms = date(2023, 1, 16), running(EarlyInterest.TO_THE_DAY, FutureRule.LAST)
    level = replay(terms, happened((DRAWN, START, yuan("1000"))), START).rows[0].due_fen
    paid = happened((DRAWN, START, yuan("1000")), (PAID, day, level - 10))
    account = replay(terms, paid, day)
    assert account.rows[-1].met_on == day
    assert account.rows[-1].due_fen == level - 10
    assert account.rows[-2].due_fen < level
    assert sum(row.due[PRINCIPAL] for row in account.rows) == yuan("1000")


def test_what_is_charged_back_by_parts_is_paid_from_what_was_overpaid() -> None:
    """Overpaid by 10, 3 are charged back: a penalty again, paid at once, and no income again."""
    late, order = date(2023, 3, 10), (PENALTY, FEE, INTEREST, PRINCIPAL)
    told = happened(
        (DRAWN, START, yuan("90")),
        (EventKind.PENALTY_CHARGED, START, yuan("5"), Charged("returned", date(2023, 1, 5))),
        (PAID, date(2023, 1, 16), yuan("105")),
    )
    back = (EventKind.CHARGED_BACK, late, yuan("3"), ChargedBack(told[1 + 1].event_id))
    told.append(replace(happened(back)[0], event_id=UUID(int=4), sequence=4))
    terms = PlanTerms(Fraction(0), 3, progressive(credit_order=order))
    account = replay(terms, told, late)
    again = account.rows[-1]
    assert (again.due_on, again.due[PENALTY], again.paid[PENALTY]) == (late, 300, 300)
    assert account.overpaid_fen == yuan("7")
    assert account.entries[-1].parts[PENALTY] == 300
    income = sum(one.amount_fen for one in recognise_rest(account, late, ()))
    assert income == yuan("5"), "what is owed again was earned before"
    plain = replay(PlanTerms(Fraction(0), 3, progressive()), told, late)
    assert len(plain.rows) == len(account.rows) - 1, "without an order nothing is raised"


@pytest.mark.parametrize(
    ("rules", "days", "share"),
    [
        (PlanRules(interest_period=InterestPeriod.DAILY), 31, Fraction(31, 365)),
        (
            PlanRules(interest_period=InterestPeriod.DAILY, year_length=YearLength.EACH),
            31,
            Fraction(19, 365) + Fraction(12, 366),
        ),
        (PlanRules(interest_period=InterestPeriod.DAILY, year_days=360), 31, Fraction(31, 360)),
        (PlanRules(Engine.PROGRESSIVE, frequency=WEEKLY, year_days=360), 14, Fraction(14, 360)),
        (PlanRules(frequency=WEEKLY, year_days=360), 14, Fraction(2, 52)),
    ],
)
def test_a_period_over_new_year_costs_by_the_length_of_its_years(
    rules: PlanRules, days: int, share: Fraction
) -> None:
    """From 12 December 2023 on; 2024 has 366 days, and a year begins with 31 December."""
    begins = date(2023, 12, 12)
    span = (begins, begins + timedelta(days=days))
    assert span_share(rules, begins, span, span) == share
