"""Of a shared loan the bank provides on its own part; the partner is shown its own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from tests.lending.conftest import TODAY
from tests.lending.partner_bank import PartnerBank
from tests.lending.test_lending_life import book_of

from martlet.kernel.rates import PPM
from martlet.lending.loss_rates import loss_rates_on

if TYPE_CHECKING:
    from tests.lending.conftest import LendingBank

ALLOWANCE = "assets/loans/allowance/revolving_daily"


@pytest.fixture
def shared(bank: LendingBank) -> tuple[LendingBank, PartnerBank, UUID]:
    """One loan of 10,000.00 for 30 days, three tenths of it a partner's."""
    partners = PartnerBank(bank)
    partners.free_of_ratios()
    partner_id = partners.partner("north")
    partners.agree("north")
    bank.drawn(1_000_000, tenor=30)
    return bank, partners, partner_id


@pytest.mark.parametrize(("nights", "rate_ppm"), [(1, 10_000), (31, 20_000)])
def test_the_allowance_is_on_the_banks_own_part(
    shared: tuple[LendingBank, PartnerBank, UUID], nights: int, rate_ppm: int
) -> None:
    """In the best category, and watched after a day overdue: seven tenths of what is owed."""
    bank, partners, partner_id = shared
    bank.close_days(nights)
    (loan,) = bank.lending.loans(bank.principal)
    owed = sum(bank.lending.loan(bank.principal, UUID(loan["loan_id"]))[name] for name in _OWED)
    theirs = owed * 300_000 // PPM
    assert book_of(bank)[ALLOWANCE] == ((owed - theirs) * rate_ppm + 500_000) // PPM
    seen = partners.service.own(partners.key_of(partner_id))["expected_loss"]
    parts = seen["classes"]
    assert sum(part["owed_fen"] for part in parts.values()) == theirs
    expected = (theirs * rate_ppm + 500_000) // PPM
    assert sum(part["expected_loss_fen"] for part in parts.values()) == expected
    assert seen["rates_version"] == loss_rates_on(TODAY).version


_OWED = ("principal_outstanding_fen", "interest_fen", "fee_fen", "penalty_fen")


def test_a_loan_taken_back_is_provided_on_in_full(
    shared: tuple[LendingBank, PartnerBank, UUID],
) -> None:
    bank, partners, partner_id = shared
    bank.close_days(1)
    own_part = book_of(bank)[ALLOWANCE]
    (loan,) = bank.lending.loans(bank.principal)
    partners.service.buy_back(
        partners.staff(1), bank.key(), "north", [UUID(loan["loan_id"])], "合成回购"
    )
    bank.close_days(1)
    assert book_of(bank)[ALLOWANCE] > own_part * 14 // 10
    parts = partners.service.own(partners.key_of(partner_id))["expected_loss"]["classes"]
    assert all(part["owed_fen"] == 0 for part in parts.values())
