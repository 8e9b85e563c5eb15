"""What an event makes of a loan's cost, and the law's cap of the day from which it counts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lending.event_stories import happenings, loans, told
from tests.lending.loan_stories import START, story, terms_of
from tests.lending.loan_stories import day as day_number

from martlet.kernel.errors import Refused
from martlet.kernel.i18n import Locale, explain
from martlet.lending import asked_event, project, schedule
from martlet.lending.cost_of_credit import borrower_flows, cost_change, cost_of
from martlet.lending.disclosure import disclose, read_rate_caps
from martlet.lending.events import EventKind, LoanEvent, Rate, RateChanged
from martlet.lending.loan import LoanStatus
from martlet.lending.product import InterestMethod

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.lending.conftest import LendingBank

    from martlet.lending import LoanTerms
    from martlet.lending.loan import Instalment, LoanState

CAPS = """
lender = "licensed"
[[cap]]
binds = "licensed"
effective_from = 2020-01-01
annual_ppm = 360_000
verified = true
source = "a rule"
[[cap]]
binds = "licensed"
effective_from = 2026-03-01
annual_ppm = 200_000
verified = true
source = "a lower one"
"""


@given(loans(), happenings(5), st.integers(0, 700))
def test_flows_add_up_to_what_the_loan_earns(
    terms: LoanTerms, happened: list[Any], number: int
) -> None:
    """All that is paid beyond what was lent: interest, fees and penalties of the whole life."""
    events, as_of = told(terms, happened), day_number(number)
    state = project(terms, events, as_of)
    if state.status is LoanStatus.WRITTEN_OFF:
        return
    coming = schedule(terms, events, as_of)
    owed_fen = _owed_beyond_fen(terms, state, coming)
    paid_fen = state.interest_paid_fen + state.fee_paid_fen + state.penalty_paid_fen
    raised_fen = state.interest_raised_fen + state.fee_raised_fen + state.penalty_raised_fen
    beyond_fen = sum(amount for _, amount in borrower_flows(terms, events, as_of))
    assert beyond_fen + state.goodwill_fen == paid_fen - raised_fen + owed_fen


def _owed_beyond_fen(terms: LoanTerms, state: LoanState, coming: Sequence[Instalment]) -> int:
    """What is owed beyond principal, today and with the rows to come."""
    if not coming or terms.takings is not None:
        return state.interest_fen + state.fee_fen + state.penalty_fen
    if terms.conventions.interest_method is InterestMethod.BY_PLAN:
        # Its rows tell what is paid of them, and ask for charges that no event has made.
        rows_fen = sum(
            row.unpaid_fen - row.principal_fen + row.principal_paid_fen for row in coming
        )
        return rows_fen + state.interest_due_fen + state.fee_due_fen + state.penalty_due_fen
    # A row stands whole, also where a part of it is paid ahead.
    principal_fen = sum(row.principal_fen for row in coming) + state.principal_due_fen
    ahead_fen = state.advance_fen - (principal_fen - state.principal_fen)
    interest_fen = sum(row.interest_fen for row in coming) - ahead_fen + state.interest_due_fen
    return interest_fen + state.fee_fen + state.penalty_fen


def test_an_untouched_loan_costs_what_was_disclosed_when_it_was_drawn() -> None:
    terms = terms_of("equal_instalments", 10_000_00, 12)
    events = story(terms)
    shown = disclose(terms, START, schedule(terms, events, START))
    assert cost_of(terms, events, START).shown == shown
    on_time = [*events]
    for number, row in enumerate(schedule(terms, events, START)[:3], start=2):
        paid = LoanEvent(UUID(int=number), number, EventKind.REPAID, row.due_on, row.due_fen)
        on_time.append(paid)
    after = on_time[-1].value_date + timedelta(days=3)
    assert cost_of(terms, on_time, after).shown == shown


def test_a_fen_of_rounding_on_a_loan_of_one_yuan_is_no_price() -> None:
    """1 yuan for 30 days at 0.055 % a day is 1.65 fen: asked for are 2, which is 27 % a year."""
    terms = terms_of("revolving_daily", 100, 30, 550)
    cost = cost_of(terms, story(terms), START)
    assert cost.shown.highest_ppm > 240_000
    assert cost.held_ppm == cost.shown.simple_annual_ppm == 198_000


def test_a_rate_is_judged_by_the_cap_of_the_day_from_which_it_counts() -> None:
    caps, terms = read_rate_caps(CAPS), terms_of("revolving_daily", 10_000_00, 360)
    known = story(terms)
    for on, lawful in ((day_number(10), True), (day_number(80), False)):
        raised = RateChanged(on, Rate(700))
        event = LoanEvent(UUID(int=2), 2, EventKind.RATE_CHANGED, day_number(5), details=raised)
        change = cost_change(terms, known, event, caps, day_number(5))
        assert change is not None
        assert change.unlawful is not lawful
        assert change.after.shown.simple_annual_ppm == 252_000


def test_what_makes_a_dear_loan_cheaper_is_never_refused() -> None:
    """Drawn at 28.8 % when 36 was allowed; today 20 is, and a rate of 25.2 % helps the borrower."""
    caps, terms = read_rate_caps(CAPS), terms_of("revolving_daily", 10_000_00, 360, 800)
    lowered = RateChanged(day_number(100), Rate(700))
    event = LoanEvent(UUID(int=2), 2, EventKind.RATE_CHANGED, day_number(100), details=lowered)
    change = cost_change(terms, story(terms), event, caps, day_number(100))
    assert change is not None
    assert not change.unlawful
    paid = LoanEvent(UUID(int=2), 2, EventKind.REPAID, day_number(100), 1_000_00)
    assert cost_change(terms, story(terms), paid, caps, day_number(100)) is None


@pytest.mark.parametrize(
    ("kind", "amount_fen", "details"),
    [
        ("fee_charged", 300_00, {"name": "合成服务费"}),
        ("penalty_charged", 300_00, {"name": "合成违约金"}),
        ("rate_changed", 0, {"effective_on": "2026-09-02", "rate": {"ppm": 700}}),
        ("rescheduled", 0, {"from_due_on": "2026-09-02", "rate": {"ppm": 270_000, "days": 360}}),
    ],
)
def test_a_preview_shows_what_the_record_refuses_with_cap_date_and_rate(
    bank: LendingBank, kind: str, amount_fen: int, details: dict[str, Any]
) -> None:
    loan_id = bank.drawn(10_000_00, "equal_instalments", tenor=3)
    due = bank.lending.loan(bank.principal, loan_id)["schedule"][0]["due_on"]
    told_of = {name: due if name.endswith("_on") else value for name, value in details.items()}
    asked = asked_event(kind, amount_fen, told_of)
    rates = bank.lending.preview_event(bank.principal, loan_id, asked)["rates"]
    assert rates["above_cap"] is True
    assert rates["before"]["highest_ppm"] < rates["cap_ppm"] < rates["after"]["highest_ppm"]
    with pytest.raises(Refused) as refusal:
        bank.lending.record_event(bank.principal, bank.key(), loan_id, asked)
    assert refusal.value.code == "lending.event_above_cap"
    said = refusal.value.details
    assert said["highest_ppm"] == rates["after"]["highest_ppm"]
    assert said["effective_from"] == "2017-08-04"
    for locale in Locale:
        assert "24.00%" in explain(refusal.value.code, said, locale)


def test_a_fee_within_the_cap_is_charged_and_the_one_too_many_is_not(bank: LendingBank) -> None:
    loan_id = bank.drawn(10_000_00, "equal_instalments", tenor=12)
    fee = asked_event("fee_charged", 100_00, {"name": "合成服务费"})
    for _ in range(3):
        bank.lending.record_event(bank.principal, bank.key(), loan_id, fee)
    with pytest.raises(Refused):
        bank.lending.record_event(
            bank.principal, bank.key(), loan_id, asked_event("fee_charged", 900_00, {"name": "又"})
        )
    assert bank.lending.loan(bank.principal, loan_id)["fee_fen"] == 300_00


def test_undoing_a_waiver_is_judged_like_the_fee_it_brings_back(bank: LendingBank) -> None:
    loan_id = bank.drawn(10_000_00, "equal_instalments", tenor=12)

    def record(*told_of: Any) -> UUID:
        asked = asked_event(*told_of)
        answer = bank.lending.record_event(bank.principal, bank.key(), loan_id, asked)
        return UUID(answer["event_id"])

    fee = ("fee_charged", 300_00, {"name": "合成服务费"})
    record(*fee)
    waiver = record("waived", 0, {"component": "fee"})
    record(*fee)
    shown = bank.lending.preview_reversal(bank.principal, loan_id, waiver)
    assert shown["rates"]["above_cap"] is True
    with pytest.raises(Refused) as refusal:
        bank.lending.reverse_event(bank.principal, bank.key(), loan_id, waiver)
    assert refusal.value.code == "lending.event_above_cap"
