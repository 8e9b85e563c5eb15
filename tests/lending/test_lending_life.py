"""From an application to a closed loan, on both databases, with the book in step at every stage."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from tests.lending.conftest import TODAY, LendingBank

from martlet.credit import CreditService
from martlet.kernel.errors import Conflict, Forbidden, NotFound, Refused
from martlet.ledger import balances, trial_balance, verify_ledger
from martlet.lending import LendingService, SimulatedRail, verify_lending

if TYPE_CHECKING:
    from datetime import date


def book_of(bank: LendingBank) -> dict[str, int]:
    with bank.database.read() as connection:
        return {one.path: one.balance_fen for one in balances(connection, bank.principal)}


def proven(bank: LendingBank) -> None:
    with bank.database.read() as connection:
        verify_ledger(connection)
        verify_lending(connection)


def test_a_loan_of_one_yuan_is_lent_and_paid_back_to_the_fen(bank: LendingBank) -> None:
    """
    Day 0   loans/principal   100   settlement       100
    Day 20  loans/interest      1   income/interest    1    0.03 fen a night, rounded cumulatively
    Day 20  settlement        101   principal, interest
    """
    loan_id = bank.drawn(100)
    bank.close_days(20)
    answer = bank.lending.repay(bank.principal, bank.key(), loan_id, 101)
    assert answer["allocated"] == {
        "penalty_fen": 0,
        "fee_fen": 0,
        "interest_fen": 1,
        "principal_fen": 100,
    }
    assert answer["status"] == "closed"
    book = book_of(bank)
    assert book["assets/settlement/simulated"] == 1_000_000_001
    assert book["income/interest/revolving_daily"] == 1
    assert book["assets/loans/principal/revolving_daily"] == 0
    proven(bank)


def test_an_offer_shows_its_cost_honestly(bank: LendingBank) -> None:
    party_id = bank.business()
    applied = bank.lending.apply(
        bank.principal, "apply", party_id, "equal_instalments", 5_000_000, 12
    )
    offer = applied["offer"]
    example = offer["example"]
    assert applied["decision"]["outcome"] == "approved"
    assert offer["limit_fen"] == applied["decision"]["limit_fen"] > 0
    assert len(example["schedule"]) == 12
    rates = example["rates"]
    assert rates["simple_annual_ppm"] == 360 * offer["rate_ppm_per_day"]
    assert rates["internal_annual_ppm"] > rates["simple_annual_ppm"]
    assert (
        bank.lending.apply(bank.principal, "apply", party_id, "equal_instalments", 5_000_000, 12)
        == applied
    )


def test_part_full_and_too_much(bank: LendingBank) -> None:
    loan_id = bank.drawn(1_000_000)
    rate = bank.lending.loan(bank.principal, loan_id)["rate_ppm_per_day"]
    bank.close_days(10)
    interest = rate * 10
    part = bank.lending.repay(bank.principal, bank.key(), loan_id, 400_000 + interest)
    assert part["allocated"]["interest_fen"] == interest
    assert part["principal_outstanding_fen"] == 600_000
    quote = bank.lending.payoff_quote(bank.principal, loan_id)
    assert quote["total_fen"] == 600_000
    full = bank.lending.repay(bank.principal, bank.key(), loan_id, 700_000)
    assert (full["status"], full["overpaid_fen"]) == ("closed", 100_000)
    assert book_of(bank)["liabilities/customers/overpaid"] == 100_000
    owner = bank.owner_of(UUID(bank.lending.loan(bank.principal, loan_id)["party_id"]))
    with pytest.raises(Refused, match="lending.loan_not_live"):
        bank.lending.repay(owner, bank.key(), loan_id, 1)
    proven(bank)


def test_repaid_principal_may_be_drawn_again(bank: LendingBank) -> None:
    line = bank.line()
    limit = bank.lending.facility(bank.principal, line)["limit_fen"]
    first = bank.lending.draw(bank.principal, bank.key(), line, limit)
    with pytest.raises(Refused, match="lending.limit_exceeded"):
        bank.lending.draw(bank.principal, bank.key(), line, 100)
    bank.lending.repay(bank.principal, bank.key(), UUID(first["loan_id"]), 5_000)
    assert bank.lending.facility(bank.principal, line)["available_fen"] == 5_000
    second = bank.lending.draw(bank.principal, bank.key(), line, 5_000)
    assert second["state"] == "posted"
    proven(bank)


def test_the_same_key_is_the_same_answer(bank: LendingBank) -> None:
    line = bank.line()
    first = bank.lending.draw(bank.principal, "draw", line, 10_000)
    assert bank.lending.draw(bank.principal, "draw", line, 10_000) == first
    loan_id = UUID(first["loan_id"])
    paid = bank.lending.repay(bank.principal, "repay", loan_id, 3_000, "BANK-1")
    assert bank.lending.repay(bank.principal, "repay", loan_id, 3_000, "BANK-1") == paid
    with pytest.raises(Conflict, match="store.key_reused"):
        bank.lending.repay(bank.principal, "repay", loan_id, 4_000, "BANK-1")
    with pytest.raises(Conflict, match="lending.reference_used"):
        bank.lending.repay(bank.principal, "other", loan_id, 3_000, "BANK-1")
    assert len(bank.lending.loans(bank.principal, facility_id=line)) == 1


def test_an_instalment_loan_runs_its_course(bank: LendingBank) -> None:
    loan_id = bank.drawn(120_000, "equal_instalments", tenor=3)
    for _ in range(3):
        loan = bank.lending.loan(bank.principal, loan_id)
        due_on = _day(loan["next_due_on"])
        today = _day(loan["as_of"])
        bank.close_days((due_on - today).days)
        due = bank.lending.loan(bank.principal, loan_id)["due_fen"]
        assert due == loan["next_due_fen"]
        paid = bank.lending.repay(bank.principal, bank.key(), loan_id, due)
        used = bank.lending.facility(bank.principal, UUID(loan["facility_id"]))["used_fen"]
        assert used == (0 if paid["status"] == "closed" else 120_000)
    assert (paid["status"], paid["overpaid_fen"]) == ("closed", 0)
    statement = bank.lending.statement(bank.principal, loan_id=loan_id)
    assert [line["kind"] for line in statement["lines"]] == ["disbursed"] + ["repaid"] * 3
    assert statement["lines"][-1]["principal_outstanding_fen"] == 0
    proven(bank)


def test_a_missed_instalment_is_overdue_the_next_morning(bank: LendingBank) -> None:
    loan_id = bank.drawn(120_000, "equal_instalments", tenor=3)
    loan = bank.lending.loan(bank.principal, loan_id)
    bank.close_days((_day(loan["next_due_on"]) - TODAY).days)
    assert bank.lending.loan(bank.principal, loan_id)["status"] == "live"
    bank.close_days(1)
    late = bank.lending.loan(bank.principal, loan_id)
    assert (late["status"], late["days_overdue"]) == ("overdue", 1)
    with pytest.raises(Refused, match="lending.arrears_first"):
        bank.lending.draw(bank.principal, bank.key(), UUID(late["facility_id"]), 10_000)
    bank.close_days(9)
    late = bank.lending.loan(bank.principal, loan_id)
    assert late["penalty_fen"] > 0
    cured = bank.lending.repay(bank.principal, bank.key(), loan_id, late["due_fen"])
    assert cured["status"] == "live"
    proven(bank)


def test_a_payment_found_late_posts_only_the_difference(bank: LendingBank) -> None:
    loan_id = bank.drawn(1_000_000)
    bank.close_days(20)
    before = book_of(bank)
    found_on = TODAY + timedelta(days=5)
    owner = bank.owner_of(UUID(bank.lending.loan(bank.principal, loan_id)["party_id"]))
    with pytest.raises(Forbidden, match="lending.backdating_forbidden"):
        bank.lending.repay(owner, bank.key(), loan_id, 500_000, "", found_on)
    bank.lending.repay(bank.principal, bank.key(), loan_id, 500_000, "", found_on)
    after = book_of(bank)
    income = "income/interest/revolving_daily"
    assert after[income] < before[income]
    settled = "assets/settlement/simulated"
    assert after[settled] - before[settled] == 500_000
    proven(bank)


def test_a_newer_offer_renews_the_line_and_never_worsens_it(bank: LendingBank) -> None:
    party_id = bank.business()
    first = bank.line(party_id=party_id)
    second = bank.line(party_id=party_id)
    assert first == second
    assert len(bank.lending.facilities(bank.principal, party_id)) == 1


def test_an_offer_is_accepted_once_and_in_time(bank: LendingBank) -> None:
    party_id = bank.business()
    applied = bank.lending.apply(bank.principal, "a", party_id, "revolving_daily", 10_000)
    offer_id = UUID(applied["offer"]["offer_id"])
    accepted = bank.lending.accept(bank.principal, "b", offer_id)
    assert bank.lending.accept(bank.principal, "b", offer_id) == accepted
    with pytest.raises(Conflict, match="lending.offer_already_accepted"):
        bank.lending.accept(bank.principal, "c", offer_id)
    late = bank.lending.apply(bank.principal, "d", party_id, "revolving_daily", 10_000)
    bank.clock.advance(timedelta(days=40))
    with pytest.raises(Refused, match="lending.offer_expired"):
        bank.lending.accept(bank.principal, "e", UUID(late["offer"]["offer_id"]))


def test_nobody_sees_another_owners_loan(bank: LendingBank) -> None:
    loan_id = bank.drawn(10_000)
    stranger = bank.owner_of(bank.business())
    assert bank.lending.loans(stranger) == []
    for read in (bank.lending.loan, bank.lending.payoff_quote):
        with pytest.raises(NotFound):
            read(stranger, loan_id)
    with pytest.raises(NotFound):
        bank.lending.repay(stranger, bank.key(), loan_id, 100)


def test_no_money_no_loan(bank: LendingBank) -> None:
    """A settlement account is never overdrawn: the draw is refused, and the limit is untouched."""
    line = bank.line()
    empty = LendingService(bank.database, CreditService(bank.database), SimulatedRail(name="empty"))
    with pytest.raises(Refused, match="ledger.insufficient_funds"):
        empty.draw(bank.principal, bank.key(), line, 10_000)
    assert bank.lending.facility(bank.principal, line)["used_fen"] == 0
    proven(bank)


def test_the_portfolio_adds_up(bank: LendingBank) -> None:
    bank.drawn(10_000)
    bank.drawn(20_000, "equal_instalments")
    book = bank.lending.portfolio(bank.principal)
    assert book["totals"]["principal_fen"] == 30_000
    assert book["totals"]["loans_count"] == 2
    with bank.database.read() as connection:
        assert trial_balance(connection, bank.principal, TODAY).difference_fen == 0


def _day(text: str) -> date:
    return TODAY.fromisoformat(text)
