"""What became of decisions: good, bad, and what nobody can know yet, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from tests.lending.conftest import TODAY, LendingBank

from martlet.kernel.errors import Forbidden
from martlet.kernel.principal import ActorKind, Principal
from martlet.lending import LoanOutcomes, asked_event
from martlet.lending.outcomes import bad_definitions

if TYPE_CHECKING:
    from martlet.credit import LoanOutcome


def outcomes(bank: LendingBank, principal: Principal | None = None) -> dict[UUID, LoanOutcome]:
    found = LoanOutcomes(bank.database).outcomes(principal or bank.principal)
    return {one.loan_id: one for one in found}


def test_what_is_not_repaid_is_bad_after_ninety_days_and_stays_so(bank: LendingBank) -> None:
    """
    Day 0    two loans of 30 days, nothing paid
    Day 119  89 days overdue: not known
    Day 120  90 days overdue: bad, all of the principal lost; one of them is paid off now
    """
    lost, late = bank.drawn(100_000, tenor=30), bank.drawn(50_000, tenor=30)
    bank.close_days(119)
    before = outcomes(bank)[lost]
    assert (before.bad, before.bad_on, before.overdue_days_max) == (None, None, 89)
    bank.close_days(1)
    due = bank.lending.payoff_quote(bank.principal, late)["total_fen"]
    bank.lending.repay(bank.principal, bank.key(), late, due)
    after = outcomes(bank)
    for loan_id in (lost, late):
        assert (after[loan_id].bad, after[loan_id].bad_on) == (True, TODAY + timedelta(days=120))
        assert (after[loan_id].overdue_days_max, after[loan_id].drawn_on) == (90, TODAY)
    assert (after[lost].principal_lost_fen, after[late].principal_lost_fen) == (100_000, 0)


def test_a_loan_paid_back_is_good_and_one_still_running_is_not_known(bank: LendingBank) -> None:
    paid, running = bank.drawn(100_000, tenor=30), bank.drawn(100_000, tenor=90)
    bank.close_days(20)
    bank.lending.repay(bank.principal, bank.key(), paid, 200_000)
    found = outcomes(bank)
    assert (found[paid].bad, found[paid].overdue_days_max) == (False, 0)
    assert found[paid].earned_fen > 0
    assert (found[running].bad, found[running].principal_lost_fen) == (None, 0)
    assert not found[paid].ripe, "good early is no more to be counted than bad early"


def test_lateness_that_was_made_good_is_remembered(bank: LendingBank) -> None:
    """
    Day 0    6 instalments
    Day 31   the first falls due; paid on day 41, ten days late, with all that is left
    """
    loan_id = bank.drawn(600_000, "equal_instalments", tenor=6)
    bank.close_days(41)
    due = bank.lending.payoff_quote(bank.principal, loan_id)["total_fen"]
    bank.lending.repay(bank.principal, bank.key(), loan_id, due)
    found = outcomes(bank)[loan_id]
    assert (found.bad, found.overdue_days_max) == (False, 10)


def test_a_loan_belongs_to_the_offer_that_was_accepted_when_it_was_drawn(bank: LendingBank) -> None:
    party_id = bank.business()
    line = bank.line(party_id=party_id)
    drawn = [UUID(bank.lending.draw(bank.principal, bank.key(), line, 1_000)["loan_id"])]
    bank.close_days(1)
    assert bank.line(party_id=party_id) == line
    drawn.append(UUID(bank.lending.draw(bank.principal, bank.key(), line, 1_000)["loan_id"]))
    applied = bank.lending.applications(bank.principal, party_id)
    found = outcomes(bank)
    later, earlier = (UUID(one["decision_id"]) for one in applied)
    assert [found[loan_id].decision_id for loan_id in drawn] == [earlier, later]
    asked = {UUID(one["decision_id"]): UUID(one["application_id"]) for one in applied}
    assert all(one.application_id == asked[one.decision_id] for one in found.values())


def test_what_was_never_paid_out_has_no_outcome_and_owners_see_their_own(
    bank: LendingBank,
) -> None:
    mine = bank.drawn(1_000)
    bank.drawn(2_000)
    party_id = outcomes(bank)[mine].party_id
    assert set(outcomes(bank, bank.owner_of(party_id))) == {mine}
    later = LoanOutcomes(bank.database).outcomes(bank.principal, TODAY + timedelta(days=1))
    assert list(later) == []
    elsewhere = Principal(UUID(int=7), UUID(int=1), ActorKind.STAFF, bank.principal.scopes)
    assert elsewhere.tenant_id != bank.principal.tenant_id
    nobody = Principal(bank.principal.tenant_id, UUID(int=1), ActorKind.STAFF, frozenset())
    with pytest.raises(Forbidden):
        list(LoanOutcomes(bank.database).outcomes(nobody))


def test_bad_is_a_dated_setting_with_its_source() -> None:
    definitions = bad_definitions()
    assert definitions == tuple(sorted(definitions, key=lambda one: one.effective_from))
    assert all(one.source for one in definitions)
    assert (definitions[-1].overdue_days, definitions[-1].within_months) == (90, 12)


def test_what_is_written_off_is_bad_however_few_days_it_was_late(bank: LendingBank) -> None:
    loan_id = bank.drawn(100_000, tenor=90)
    bank.close_days(20)
    written_off = asked_event("written_off", 0, {"reason": "死亡且无遗产"})
    bank.lending.record_event(bank.principal, bank.key(), loan_id, written_off)
    found = outcomes(bank)[loan_id]
    assert (found.bad, found.bad_on) == (True, TODAY + timedelta(days=20))
    assert (found.overdue_days_max, found.principal_lost_fen) == (0, 100_000)
