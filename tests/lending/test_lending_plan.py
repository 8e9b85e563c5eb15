"""Loans with a plan, convention by convention: each test is a small loan and what it asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from importlib.resources import files
from typing import TYPE_CHECKING
from uuid import UUID

from tests.lending.plan_stories import MONTHLY, happened, loan_terms, progressive, yuan

from martlet.lending.events import Charged, ChargedBack, EventKind, ReAged, Reasoned, Waived
from martlet.lending.loan import LoanStatus
from martlet.lending.plan.delinquency import by_instalment, delinquency, late_fees
from martlet.lending.plan.replay import automatic_down_payment, replay
from martlet.lending.plan.rules import (
    FEE,
    INTEREST,
    PENALTY,
    PRINCIPAL,
    Advance,
    Advanced,
    FutureRule,
    InterestPeriod,
    InterestType,
    LateFee,
    PlanRules,
    Processing,
    Recalculation,
    Timing,
    Waterfall,
)
from martlet.lending.plan.story import PlanTerms
from martlet.lending.product import Conventions, InterestMethod, read_product
from martlet.lending.projection import project, schedule

if TYPE_CHECKING:
    from martlet.lending.plan.account import Account

DRAWN, PAID = EventKind.DISBURSED, EventKind.REPAID
YEARLY = Fraction(12, 100)
WHOLE_YUAN = 100


def rows(account: Account) -> list[tuple[str, int, int]]:
    """Return due date, principal and interest of every row."""
    return [(row.due_on.isoformat(), row.due[PRINCIPAL], row.due[INTEREST]) for row in account.rows]


def paid(account: Account) -> list[int]:
    return [row.paid_fen for row in account.rows]


def test_a_flat_loan_asks_for_equal_parts_and_the_last_takes_the_rest() -> None:
    """5,000 yuan, 12 % flat, 18 months: 278 + 50 a month, 274 + 50 at the end."""
    terms = PlanTerms(YEARLY, 18, PlanRules(interest_type=InterestType.FLAT), WHOLE_YUAN)
    account = replay(terms, happened((DRAWN, date(2022, 11, 1), yuan("5000"))), date(2022, 11, 1))
    parts = [(row.due[PRINCIPAL], row.due[INTEREST]) for row in account.rows]
    assert parts == [(yuan("278"), yuan("50"))] * 17 + [(yuan("274"), yuan("50"))]


def test_a_declining_loan_asks_for_a_level_instalment_in_whole_yuan() -> None:
    terms = PlanTerms(Fraction(15, 100), 4, PlanRules(), WHOLE_YUAN)
    account = replay(terms, happened((DRAWN, date(2023, 9, 1), yuan("1250"))), date(2023, 9, 1))
    assert [row.due_fen for row in account.rows] == [32_200, 32_200, 32_200, 32_333]
    assert [row.due[INTEREST] for row in account.rows] == [1_562, 1_180, 792, 399]


def test_interest_of_the_first_rows_can_be_asked_for_later_or_never() -> None:
    drawn = happened((DRAWN, date(2022, 11, 1), yuan("5000")))
    deferred = PlanTerms(YEARLY, 6, PlanRules(interest_grace=2, principal_grace=2), WHOLE_YUAN)
    free = replace(deferred, rules=PlanRules(interest_free=2, principal_grace=2))
    later = [row.due[INTEREST] for row in replay(deferred, drawn, date(2022, 11, 1)).rows]
    never = [row.due[INTEREST] for row in replay(free, drawn, date(2022, 11, 1)).rows]
    assert later[:3] == [0, 0, 15_000]
    assert never[:3] == [0, 0, 5_000]


def test_a_leap_year_costs_by_the_year_in_which_the_loan_begins() -> None:
    rules = PlanRules(interest_period=InterestPeriod.DAILY)
    terms = PlanTerms(YEARLY, 1, rules)
    in_365 = replay(terms, happened((DRAWN, date(2023, 12, 31), yuan("1000"))), date(2023, 12, 31))
    in_366 = replay(terms, happened((DRAWN, date(2024, 1, 1), yuan("1000"))), date(2024, 1, 1))
    assert (in_365.rows[0].due[INTEREST], in_366.rows[0].due[INTEREST]) == (1_019, 1_016)


def test_a_down_payment_is_due_on_the_day_and_what_is_overpaid_pays_for_it() -> None:
    rules = progressive(down_payment_ppm=250_000, down_payment_automatic=True)
    terms = PlanTerms(Fraction(0), 3, rules, WHOLE_YUAN)
    events = happened(
        (DRAWN, date(2024, 2, 1), yuan("500")),
        (PAID, date(2024, 2, 1), yuan("125")),
        (PAID, date(2024, 2, 16), yuan("1000")),
        (DRAWN, date(2024, 2, 20), yuan("625")),
    )
    before = replay(terms, events[:3], date(2024, 2, 20))
    assert before.overpaid_fen == yuan("625")
    assert automatic_down_payment(terms, before, events[3]) == 0
    account = replay(terms, events, date(2024, 2, 20))
    assert [row.due[PRINCIPAL] for row in account.rows] == [
        yuan("125"),
        yuan("125"),
        yuan("156"),
        yuan("360"),
        yuan("359"),
    ]
    assert account.closed_on == date(2024, 2, 16)


def test_a_refund_can_be_spread_over_the_rows_to_come_or_go_to_the_last() -> None:
    spread = replace(
        progressive().advanced or Advanced(()),
        by_kind=(("merchant_refund", FutureRule.SPREAD), ("goodwill_credit", FutureRule.LAST)),
    )
    terms = PlanTerms(Fraction(0), 3, progressive(advanced=spread), WHOLE_YUAN)
    drawn = (DRAWN, date(2023, 1, 1), yuan("300"))
    refund = (EventKind.MERCHANT_REFUND, date(2023, 1, 5), yuan("90"))
    goodwill = (EventKind.GOODWILL_CREDIT, date(2023, 1, 5), yuan("130"))
    assert paid(replay(terms, happened(drawn, refund), date(2023, 2, 1))) == [3_000] * 3
    assert paid(replay(terms, happened(drawn, goodwill), date(2023, 2, 1))) == [0, 3_000, 10_000]


def test_horizontal_finishes_an_instalment_and_vertical_a_part() -> None:
    """Two overdue instalments with a fee each, and money for one and a half fees."""
    events = happened(
        (DRAWN, date(2023, 1, 1), yuan("300")),
        (EventKind.FEE_CHARGED, date(2023, 1, 2), yuan("10"), Charged("late", date(2023, 1, 16))),
        (EventKind.FEE_CHARGED, date(2023, 1, 2), yuan("10"), Charged("late", date(2023, 1, 31))),
        (PAID, date(2023, 2, 1), yuan("15")),
    )
    order = progressive().advanced or Advanced(())
    upright = progressive(advanced=replace(order, processing=Processing.VERTICAL))
    across = replay(PlanTerms(Fraction(0), 3, progressive()), events, date(2023, 2, 1))
    down = replay(PlanTerms(Fraction(0), 3, upright), events, date(2023, 2, 1))
    assert [row.paid[FEE] for row in across.rows] == [1_000, 0, 0]
    assert [row.paid[FEE] for row in down.rows] == [1_000, 500, 0]


def test_in_advance_a_charge_whose_day_has_come_is_paid_before_principal() -> None:
    order = (PENALTY, FEE, INTEREST, PRINCIPAL)
    rules = PlanRules(waterfall=Waterfall(order, (PRINCIPAL, PENALTY, FEE, INTEREST), True))
    events = happened(
        (DRAWN, date(2023, 1, 1), yuan("1000")),
        (EventKind.FEE_CHARGED, date(2023, 1, 10), yuan("10"), Charged("snooze")),
        (EventKind.FEE_CHARGED, date(2023, 1, 10), yuan("10"), Charged("later", date(2023, 1, 30))),
        (PAID, date(2023, 1, 15), yuan("500")),
    )
    entry = replay(PlanTerms(Fraction(0), 1, rules), events, date(2023, 1, 15)).entries[-1]
    assert (entry.parts[FEE], entry.parts[PRINCIPAL]) == (yuan("10"), yuan("490"))


def recalculated(advance: Advance, *payments: tuple[date, str]) -> Account:
    rules = PlanRules(
        interest_period=InterestPeriod.DAILY, recalculation=Recalculation(advance=advance)
    )
    told = [(PAID, on, yuan(amount)) for on, amount in payments]
    events = happened((DRAWN, date(2022, 11, 1), yuan("5000")), *told)
    return replay(PlanTerms(YEARLY, 6, rules, WHOLE_YUAN), events, date(2023, 6, 1))


def test_principal_paid_early_lowers_shortens_or_skips() -> None:
    early = (date(2022, 12, 1), "1500")
    lower, fewer = recalculated(Advance.LOWER, early), recalculated(Advance.FEWER, early)
    skipped = recalculated(Advance.SKIP, early)
    assert [row.due_fen for row in lower.rows] == [150_000, *[73_100] * 4, 73_224]
    assert len(fewer.rows) == 6
    assert {row.due_fen for row in fewer.rows[1:-1]} == {86_200}
    assert skipped.rows[1].due_fen == 86_200 - 63_800


def test_interest_counts_what_was_paid_from_the_day_it_was_paid() -> None:
    """26 days on 5,000 and 4 on 4,137: 42.74 + 5.44."""
    account = recalculated(Advance.LOWER, (date(2022, 11, 27), "863"))
    assert account.rows[0].due[INTEREST] == 4_818
    assert account.rows[0].open_fen == 4_818
    assert [row.due_fen for row in account.rows[1:]] == [*[85_200] * 4, 85_363]


def test_a_loan_paid_off_early_falls_due_on_that_day() -> None:
    account = recalculated(Advance.LOWER, (date(2022, 11, 27), "6000"))
    assert rows(account) == [("2022-11-27", yuan("5000"), 4_274)]
    assert account.overpaid_fen == yuan("1000") - 4_274


def test_what_is_charged_back_is_owed_again_with_the_next_row_or_after_maturity() -> None:
    drawn, back = (DRAWN, date(2023, 9, 1), yuan("300")), EventKind.CHARGED_BACK
    payments = [(PAID, date(2023, 9, 16), yuan("100"))]
    terms = PlanTerms(Fraction(0), 3, progressive())
    soon = happened(drawn, *payments, (back, date(2023, 9, 20), yuan("40"), ChargedBack()))
    late = happened(drawn, *payments, (back, date(2023, 10, 25), yuan("40"), ChargedBack()))
    assert [row.due_fen for row in replay(terms, soon, date(2023, 12, 1)).rows] == [
        10_000,
        14_000,
        10_000,
    ]
    after = replay(terms, late, date(2023, 12, 1)).rows
    assert [(row.due_fen, row.due_on.isoformat()) for row in after[3:]] == [(4_000, "2023-10-25")]


def test_re_aging_moves_principal_and_re_amortising_spreads_what_is_overdue() -> None:
    terms = PlanTerms(Fraction(0), 3, progressive(), WHOLE_YUAN)
    drawn = (DRAWN, date(2024, 1, 1), yuan("300"))
    agreed = ReAged(date(2024, 3, 1), 4, MONTHLY)
    aged = replay(
        terms, happened(drawn, (EventKind.RE_AGED, date(2024, 2, 20), 0, agreed)), date(2024, 2, 20)
    )
    assert [row.due_fen for row in aged.rows] == [0, 0, 0, *[7_500] * 4]
    assert [row.met_on for row in aged.rows[:3]] == [date(2024, 2, 20)] * 3
    told = happened(drawn, (EventKind.RE_AMORTISED, date(2024, 1, 20), 0, Reasoned()))
    spread = replay(terms, told, date(2024, 1, 20))
    assert [row.due_fen for row in spread.rows] == [0, yuan("150"), yuan("150")]


def test_a_late_fee_is_charged_once_a_row_and_lateness_counts_after_the_grace() -> None:
    rules = PlanRules(interest_type=InterestType.FLAT, ageing_grace_days=3)
    terms = PlanTerms(YEARLY, 3, rules, WHOLE_YUAN)
    account = replay(terms, happened((DRAWN, date(2023, 1, 1), yuan("3000"))), date(2023, 3, 5))
    fees = late_fees(account, LateFee(15_000), date(2023, 3, 5))
    assert fees == [(date(2023, 2, 1), yuan("15")), (date(2023, 3, 1), yuan("15"))]
    late = delinquency(account, date(2023, 3, 5))
    assert (late.since, late.days, late.range_from_days) == (date(2023, 2, 4), 29, 4)
    assert [number for number, one in by_instalment(account, date(2023, 3, 5)) if one.days] == [
        1,
        2,
    ]


def test_running_interest_moves_what_was_not_yet_due_to_the_principal() -> None:
    """Paid off in the middle of the second month: half of its interest, and none after it."""
    rules = progressive(
        frequency=MONTHLY,
        interest_period=InterestPeriod.REPAYMENT,
        recalculation=Recalculation(advance=Advance.LAST),
    )
    terms = PlanTerms(Fraction(7, 100), 6, rules)
    events = happened(
        (DRAWN, date(2024, 1, 1), yuan("100")),
        (PAID, date(2024, 2, 1), 1_701),
        (PAID, date(2024, 2, 15), 8_381),
    )
    account = replay(terms, events, date(2024, 2, 15))
    assert [row.due[INTEREST] for row in account.rows] == [58, 24, 0, 0, 0, 0]
    assert [row.due_fen for row in account.rows] == [1_701] * 5 + [1_577]
    assert account.closed_on == date(2024, 2, 15)


RUNNING = progressive(
    frequency=MONTHLY,
    interest_period=InterestPeriod.REPAYMENT,
    recalculation=Recalculation(advance=Advance.LAST),
)


def test_every_stretch_of_one_balance_is_rounded_by_itself() -> None:
    """Seven days on 100 and 24 on 300: 0.18 + 1.84, where the exact sum would give 2.01."""
    terms = PlanTerms(Fraction(94_822, 1_000_000), 6, RUNNING)
    events = happened(
        (DRAWN, date(2024, 1, 1), yuan("100")), (DRAWN, date(2024, 1, 8), yuan("200"))
    )
    account = replay(terms, events, date(2024, 1, 8))
    assert [row.due[INTEREST] for row in account.rows] == [202, 198, 159, 120, 80, 40]
    assert [row.due_fen for row in account.rows] == [5_133] * 5 + [5_134]


def test_what_runs_after_a_row_was_paid_early_is_asked_for_with_the_next_open_row() -> None:
    terms = PlanTerms(Fraction(7, 100), 6, RUNNING)
    drawn = (DRAWN, date(2024, 1, 1), yuan("100"))
    events = happened(drawn, (PAID, date(2024, 1, 15), 5 * 1_701))
    account = replay(terms, events, date(2024, 1, 15))
    assert [row.due[INTEREST] for row in account.rows] == [26, 0, 0, 0, 0, 50]
    assert account.rows[-1].due_fen == 1_571


def test_a_charge_back_of_a_part_raises_no_fee_twice() -> None:
    rules = progressive(credit_order=(PENALTY, FEE, INTEREST, PRINCIPAL))
    events = happened(
        (DRAWN, date(2024, 1, 1), yuan("300")),
        (EventKind.FEE_CHARGED, date(2024, 1, 2), yuan("5"), Charged("file")),
        (PAID, date(2024, 1, 16), yuan("105")),
    )
    back = ChargedBack(events[2].event_id)
    events += [
        replace(
            events[2],
            sequence=number,
            event_id=UUID(int=number),
            details=back,
            kind=EventKind.CHARGED_BACK,
            amount_fen=yuan("20"),
        )
        for number in (4, 5)
    ]
    account = replay(PlanTerms(Fraction(0), 3, rules), events, date(2024, 1, 16))
    assert [entry.parts[FEE] for entry in account.entries[-2:]] == [yuan("5"), 0]
    assert [entry.parts[PRINCIPAL] for entry in account.entries[-2:]] == [yuan("15"), yuan("20")]


def test_the_bank_reads_a_loan_with_a_plan_like_every_other() -> None:
    """Interest is earned evenly over its month; a waived fee is not owed; a late row is late."""
    agreed = PlanTerms(YEARLY, 3, PlanRules(interest_type=InterestType.FLAT), WHOLE_YUAN)
    loan = loan_terms(agreed)
    events = happened(
        (DRAWN, date(2023, 4, 1), yuan("3000")),
        (EventKind.FEE_CHARGED, date(2023, 4, 2), yuan("20"), Charged("file")),
        (EventKind.WAIVED, date(2023, 4, 3), 0, Waived(FEE)),
    )
    state = project(loan, events, date(2023, 4, 11))
    assert (state.interest_fen, state.fee_fen, state.status) == (1_000, 0, LoanStatus.LIVE)
    assert state.next_due_on == date(2023, 5, 1)
    assert [row.due_fen - row.waived_fen for row in schedule(loan, events, date(2023, 4, 11))] == [
        yuan("1030")
    ] * 3
    late = project(loan, events, date(2023, 5, 3))
    assert (late.status, late.due_fen, late.days_overdue) == (LoanStatus.OVERDUE, yuan("1030"), 2)


def test_income_stops_with_a_charge_off_and_the_debt_does_not() -> None:
    agreed = PlanTerms(YEARLY, 3, PlanRules(interest_type=InterestType.FLAT), WHOLE_YUAN)
    told = [(DRAWN, date(2023, 4, 1), yuan("3000"))]
    off = (EventKind.CHARGED_OFF, date(2023, 4, 16), 0, Reasoned())
    loan, day = loan_terms(agreed), date(2023, 7, 1)
    state = project(loan, happened(*told, off), day)
    assert (state.interest_accrued_fen, state.principal_fen) == (1_500, yuan("3000"))
    assert state.charged_off_on == date(2023, 4, 16)
    written = (EventKind.WRITTEN_OFF, date(2023, 6, 1), 0, Reasoned())
    gone = project(loan, happened(*told, off, written), day)
    assert (gone.outstanding_fen, gone.status) == (0, LoanStatus.WRITTEN_OFF)


def test_payments_of_one_day_may_come_in_any_order_where_the_rule_is_the_same() -> None:
    terms = PlanTerms(Fraction(0), 3, progressive())
    first, second = (PAID, date(2023, 1, 20), yuan("30")), (PAID, date(2023, 1, 20), yuan("95"))
    drawn = (DRAWN, date(2023, 1, 1), yuan("300"))
    one = replay(terms, happened(drawn, first, second), date(2023, 2, 1))
    other = replay(terms, happened(drawn, second, first), date(2023, 2, 1))
    assert one.rows == other.rows
    assert [timing.value for timing in Timing] == ["past_due", "due", "in_advance"]


def test_a_product_says_in_its_file_how_its_plan_is_made() -> None:
    file = files("martlet.lending") / "products" / "equal_instalments.toml"
    plan = """
[plan]
engine = "progressive"
down_payment_ppm = 250000
frequency = { every = 15, unit = "days" }
recalculation = { advance = "last" }
advanced = { order = [["past_due", "fee"], ["due", "principal"]], processing = "vertical" }
"""
    text = file.read_text(encoding="utf-8")
    by_day = read_product("by_day", text).conventions
    by_plan = read_product("by_plan", text + plan).conventions
    assert by_day.interest_method is InterestMethod.BY_DAY
    assert by_plan.interest_method is InterestMethod.BY_PLAN
    assert Conventions.from_json(by_plan.as_json()) == by_plan
    assert "plan" not in {key for key, value in by_day.as_json().items() if value}
