"""Loans that follow a plan, lent through the service: flat, and instalments with a down payment."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.lending.conftest import TODAY
from tests.lending.event_stories import happenings
from tests.lending.loan_stories import story, terms_of
from tests.lending.test_lending_event_machine import _happen, _in_step, _undo
from tests.lending.test_lending_life import book_of, proven

from martlet.kernel.errors import Refused
from martlet.lending import EventKind, Receipt, asked_event, project
from martlet.lending.product import read_product

if TYPE_CHECKING:
    from tests.lending.conftest import LendingBank

FLAT, BY_PLAN = "flat", "instalments_by_plan"


def loan_of(bank: LendingBank, loan_id: UUID) -> dict[str, Any]:
    return bank.lending.loan(bank.principal, loan_id)


def happen(bank: LendingBank, loan_id: UUID, kind: EventKind, fen: int = 0, **more: Any) -> UUID:
    details = more.pop("details", None)
    asked = asked_event(kind.value, fen, details, more.pop("on", None))
    seen = bank.lending.preview_event(bank.principal, loan_id, asked)
    done = bank.lending.record_event(bank.principal, bank.key(), loan_id, asked)
    assert seen["after"] == done["after"]
    proven(bank)
    return UUID(done["event_id"])


def until(bank: LendingBank, day: str) -> None:
    today = date.fromisoformat(bank.lending.portfolio(bank.principal)["business_date"])
    bank.close_days((date.fromisoformat(day) - today).days)


def test_a_flat_loan_asks_the_same_every_month_and_is_paid_to_the_end(bank: LendingBank) -> None:
    """¥6,000 over six months: the interest of the whole term in equal parts, on ¥6,000 always."""
    loan_id = bank.drawn(600_000, FLAT, tenor=6)
    rows = loan_of(bank, loan_id)["schedule"]
    assert {row["principal_fen"] for row in rows} == {100_000}
    assert max(row["interest_fen"] for row in rows) - min(row["interest_fen"] for row in rows) <= 1
    for row in rows:
        until(bank, row["due_on"])
        asked = loan_of(bank, loan_id)
        assert asked["due_fen"] == row["due_fen"]
        bank.lending.repay(bank.principal, bank.key(), loan_id, asked["due_fen"])
    assert loan_of(bank, loan_id)["status"] == "closed"
    assert book_of(bank)[f"income/interest/{FLAT}"] == sum(row["interest_fen"] for row in rows)
    proven(bank)


def test_who_pays_a_flat_loan_off_early_pays_for_its_days(bank: LendingBank) -> None:
    loan_id = bank.drawn(600_000, FLAT, tenor=6)
    row = loan_of(bank, loan_id)["schedule"][0]
    bank.close_days(10)
    quote = bank.lending.payoff_quote(bank.principal, loan_id)
    assert quote["principal_fen"] == 600_000
    assert 0 < quote["interest_fen"] < row["interest_fen"]
    paid = bank.lending.repay(bank.principal, bank.key(), loan_id, quote["total_fen"])
    assert (paid["status"], paid["overpaid_fen"]) == ("closed", 0)
    assert book_of(bank)[f"income/interest/{FLAT}"] == quote["interest_fen"]
    proven(bank)


def test_a_late_fee_comes_by_rule_and_goes_with_a_payment_found_late(bank: LendingBank) -> None:
    """Three days of grace; on the fourth morning 1.5 % of the overdue principal, once."""
    loan_id = bank.drawn(600_000, FLAT, tenor=6)
    row = loan_of(bank, loan_id)["schedule"][0]
    until(bank, row["due_on"])
    bank.close_days(3)
    assert loan_of(bank, loan_id)["penalty_fen"] == 0
    bank.close_days(1)
    late = loan_of(bank, loan_id)
    assert (late["penalty_fen"], late["status"]) == (1_500, "overdue")
    assert book_of(bank)[f"income/penalty/{FLAT}"] == 1_500
    proven(bank)
    due_on = date.fromisoformat(row["due_on"])
    bank.lending.repay(bank.principal, bank.key(), loan_id, row["due_fen"], "", due_on)
    cured = loan_of(bank, loan_id)
    assert (cured["penalty_fen"], cured["status"]) == (0, "live")
    assert book_of(bank)[f"income/penalty/{FLAT}"] == 0
    proven(bank)


def test_a_down_payment_falls_due_at_once_and_fees_come_with_instalments(
    bank: LendingBank,
) -> None:
    """¥10,000: 20 % due on the day, 0.5 % when drawn, 0.1 % with every instalment."""
    line = bank.line(BY_PLAN)
    drawn = bank.lending.draw(bank.principal, bank.key(), line, 1_000_000, 3)
    assert [row["fee_fen"] for row in drawn["schedule"]] == [0, 6_000, 1_000, 1_000]
    assert drawn["schedule"][0]["principal_fen"] == 200_000
    assert drawn["total_fees_fen"] == 8_000
    rates = drawn["rates"]
    assert rates["internal_annual_ppm"] > rates["simple_annual_ppm"]
    loan_id = UUID(drawn["loan_id"])
    asked = loan_of(bank, loan_id)
    assert (asked["due_fen"], asked["fee_fen"]) == (200_000, 5_000)
    bank.lending.repay(bank.principal, bank.key(), loan_id, 200_000)
    assert book_of(bank)[f"income/fees/{BY_PLAN}"] == 5_000
    until(bank, drawn["schedule"][1]["due_on"])
    assert book_of(bank)[f"income/fees/{BY_PLAN}"] == 6_000
    assert loan_of(bank, loan_id)["due_fen"] == drawn["schedule"][1]["due_fen"]
    proven(bank)
    quote = bank.lending.payoff_quote(bank.principal, loan_id)
    assert quote["fee_fen"] == 6_000
    bank.lending.repay(bank.principal, bank.key(), loan_id, quote["total_fen"])
    assert loan_of(bank, loan_id)["status"] == "closed"
    proven(bank)


@pytest.mark.parametrize("product", [FLAT, BY_PLAN])
def test_everything_may_happen_to_it_and_be_undone(product: str, bank: LendingBank) -> None:
    loan_id = bank.drawn(1_000_000, product, tenor=3)
    bank.close_days(20)
    happen(bank, loan_id, EventKind.FEE_CHARGED, 1_200, details={"name": "合同变更费"})
    happen(bank, loan_id, EventKind.WAIVED, 0, details={"component": "fee"})
    early = happen(bank, loan_id, EventKind.REPAID, 400_000)
    happen(bank, loan_id, EventKind.GOODWILL_CREDIT, 5_000)
    happen(bank, loan_id, EventKind.MERCHANT_REFUND, 7_000, on=TODAY + timedelta(days=3))
    happen(bank, loan_id, EventKind.PAYOUT_REFUND, 8_000)
    happen(bank, loan_id, EventKind.CHARGED_BACK, 100_000, details={"event_id": str(early)})
    happen(bank, loan_id, EventKind.REFUNDED_IN_CASH, 1_000)
    bank.close_days(30)
    proven(bank)
    due_on = loan_of(bank, loan_id)["schedule"][0]["due_on"]
    happen(
        bank,
        loan_id,
        EventKind.RESCHEDULED,
        details={"from_due_on": due_on, "extra_terms": 2},
    )
    happen(bank, loan_id, EventKind.EXTENDED, details={"extra_terms": 1})
    if product == BY_PLAN:
        happen(bank, loan_id, EventKind.RE_AMORTISED, details={"reason": "合成"})
        first = (date.fromisoformat(due_on) + timedelta(days=40)).isoformat()
        anew = {"first_due_on": first, "instalments": 4}
        anew["frequency"] = {"every": 1, "unit": "months"}  # type: ignore[assignment]
        happen(bank, loan_id, EventKind.RE_AGED, details=anew)
    before = loan_of(bank, loan_id)
    gone = happen(bank, loan_id, EventKind.CHARGED_OFF, details={"reason": "合成"})
    bank.close_days(2)
    bank.lending.reverse_event(bank.principal, bank.key(), loan_id, gone)
    proven(bank)
    bank.close_days(1)
    proven(bank)
    assert (
        loan_of(bank, loan_id)["principal_outstanding_fen"] == before["principal_outstanding_fen"]
    )


def test_days_caught_up_and_receipts_of_the_night_leave_the_book_in_step(
    bank: LendingBank,
) -> None:
    """Two loans through 75 missed days, over due dates, instalment fees and late fees."""
    flat, by_plan = (bank.drawn(600_000, product, tenor=3) for product in (FLAT, BY_PLAN))
    due_fen = loan_of(bank, by_plan)["due_fen"]
    paid = [
        Receipt(UUID(int=1), by_plan, due_fen, TODAY),
        Receipt(UUID(int=2), flat, 90_000, TODAY),
    ]
    bank.lending.take_in(bank.principal, bank.key(), paid)
    bank.close_days(1)
    assert loan_of(bank, by_plan)["due_fen"] == 0
    bank.clock.advance(timedelta(days=75))
    bank.end_of_day.catch_up(bank.principal, TODAY + timedelta(days=75))
    proven(bank)
    assert loan_of(bank, flat)["penalty_fen"] > 0
    assert loan_of(bank, by_plan)["penalty_fen"] > 0
    assert book_of(bank)[f"income/fees/{BY_PLAN}"] == 3_000 + 2 * 600


def test_what_a_plan_cannot_do_is_refused(bank: LendingBank) -> None:
    loan_id = bank.drawn(1_000_000, FLAT, tenor=3)
    bank.close_days(1)
    for kind, details in (
        (EventKind.RE_AMORTISED, {"reason": "x"}),
        (EventKind.INTEREST_PAUSED, {"from_on": "2026-03-05", "until_on": "2026-03-09"}),
    ):
        with pytest.raises(Refused, match="lending.event_not_by_plan"):
            happen(bank, loan_id, kind, details=details)


@pytest.mark.slow
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["event", "event", "event", "undo", "nights"]),
            happenings(1),
            st.integers(0, 12),
        ),
        min_size=4,
        max_size=10,
    ),
    st.sampled_from([FLAT, BY_PLAN]),
)
def test_whatever_is_commanded_the_book_is_in_step(
    bank: LendingBank, commands: list[tuple[str, Any, int]], product: str
) -> None:
    """Preview = what then happens; undoing gives the loan back; the trial balance is zero."""
    loan_id = bank.drawn(100_000, product)
    for what, told, number in commands:
        if what == "nights":
            bank.close_days(number * 3)
        elif what == "undo":
            _undo(bank, loan_id, number)
        elif told:
            _happen(bank, loan_id, told[0], number)
        _in_step(bank)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ('engine = "backwards"', "plan.engine"),
        ("late_fee = { ppm = 1, per_day = 2 }", "plan.late_fee.per_day"),
        ("grace = 3", "plan.grace"),
        ('fees = [{ name = "x", at = "drawdown" }]', "fixed_fen or ppm"),
    ],
)
def test_a_slip_in_a_products_plan_is_named(wrong: str, named: str) -> None:
    from importlib.resources import files

    text = (files("martlet.lending") / "products" / "bullet.toml").read_text("utf-8")
    with pytest.raises(AssertionError, match=named):
        read_product("bullet", f"{text}\n[plan]\n{wrong}\n")


def test_interest_paid_ahead_pays_for_the_rest_of_a_loan_paid_off_the_same_day() -> None:
    """¥1 first and the rest then is no dearer than all of it at once."""
    terms = terms_of(FLAT, 600_000, 6)
    whole = project(terms, story(terms, (5, 700_000)), TODAY)
    parts = project(terms, story(terms, (5, 100_400), (5, 599_600)), TODAY)
    assert (whole.overpaid_fen, whole.status) == (parts.overpaid_fen, parts.status)
