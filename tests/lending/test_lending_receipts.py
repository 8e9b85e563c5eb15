"""Repayments by the thousand: on the books at once, on their loans by the morning."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from tests.lending.conftest import TODAY, LendingBank

from martlet.kernel.errors import Conflict, TooLarge
from martlet.ledger import balances, verify_ledger
from martlet.lending import Receipt, verify_lending

if TYPE_CHECKING:
    from datetime import date

UNASSIGNED = "liabilities/customers/unassigned"


def _receipt(
    number: int, loan_id: UUID, amount_fen: int, on: date = TODAY, ref: str = ""
) -> Receipt:
    return Receipt(UUID(int=number), loan_id, amount_fen, on, ref)


def _unassigned(bank: LendingBank) -> int:
    with bank.database.read() as connection:
        found = balances(connection, bank.principal, UNASSIGNED)
        verify_ledger(connection)
        verify_lending(connection)
    return found[0].balance_fen if found else 0


def test_receipts_are_unassigned_by_day_and_allocated_by_night(bank: LendingBank) -> None:
    """
    Day    two loans of 10,000.00; 4,000.00 comes in for one, twice 5,000.00 for the other
    Night  what was paid costs no interest; the second loan is closed, both lines are free again
    """
    one, other = bank.drawn(1_000_000), bank.drawn(1_000_000)
    told = [
        _receipt(1, one, 400_000),
        _receipt(2, other, 500_000),
        _receipt(3, other, 500_000),
    ]
    bank.lending.take_in(bank.principal, "file", told)
    assert _unassigned(bank) == 1_400_000
    report = bank.end_of_day.run(bank.principal, TODAY)
    assert report.totals("allocate")["receipts"] == 3
    assert _unassigned(bank) == 0
    left, closed = (bank.lending.loan(bank.principal, loan_id) for loan_id in (one, other))
    assert left["principal_outstanding_fen"] == 600_000
    assert left["interest_fen"] == left["rate_ppm_per_day"] * 600_000 // 1_000_000
    assert (closed["status"], closed["outstanding_fen"]) == ("closed", 0)
    lines = {line["used_fen"] for line in bank.lending.facilities(bank.principal)}
    assert lines == {600_000, 0}


def test_the_night_does_to_a_loan_what_the_counter_does(bank: LendingBank) -> None:
    by_night, by_hand = bank.drawn(1_000_000), bank.drawn(1_000_000)
    bank.lending.take_in(bank.principal, "file", [_receipt(1, by_night, 123_456)])
    bank.lending.repay(bank.principal, "counter", by_hand, 123_456)
    bank.close_days(3)
    same = ("principal_outstanding_fen", "interest_fen", "penalty_fen", "status", "schedule")
    found = [bank.lending.loan(bank.principal, loan_id) for loan_id in (by_night, by_hand)]
    assert [found[0][name] for name in same] == [found[1][name] for name in same]


def test_what_cannot_be_allocated_stays_unassigned_with_the_reason(bank: LendingBank) -> None:
    loan_id = bank.drawn(1_000_000)
    bank.lending.repay(bank.principal, "counter", loan_id, 1_000, "slip 7")
    told = [
        _receipt(1, UUID(int=99), 10_000),
        _receipt(2, loan_id, 20_000, TODAY + timedelta(days=5)),
        _receipt(3, loan_id, 40_000, ref="slip 7"),
        _receipt(4, loan_id, 80_000, ref="slip 8"),
        _receipt(5, loan_id, 160_000, ref="slip 8"),
    ]
    bank.lending.take_in(bank.principal, "file", told)
    report = bank.end_of_day.run(bank.principal, TODAY)
    totals = report.totals("allocate")
    assert (totals["receipts"], totals["refused"], totals["allocated_fen"]) == (1, 4, 80_000)
    assert _unassigned(bank) == 230_000


def test_a_receipt_is_taken_in_once(bank: LendingBank) -> None:
    loan_id = bank.drawn(1_000_000)
    first = bank.lending.take_in(bank.principal, "file", [_receipt(1, loan_id, 1_000)])
    assert bank.lending.take_in(bank.principal, "file", [_receipt(1, loan_id, 1_000)]) == first
    with pytest.raises(Conflict, match="lending.receipt_known"):
        bank.lending.take_in(bank.principal, "again", [_receipt(1, loan_id, 1_000)])
    twice = [_receipt(2, loan_id, 1_000), _receipt(2, loan_id, 2_000)]
    with pytest.raises(Conflict, match="lending.receipt_known"):
        bank.lending.take_in(bank.principal, "twice", twice)
    with pytest.raises(TooLarge, match="lending.too_many_receipts"):
        bank.lending.take_in(bank.principal, "nothing", [])
