"""From two states of a loan to the ledger: only the difference is ever posted.

A state's position is a handful of cumulative figures. Whatever changed them (a payment, a night,
an event slipped in weeks back) the entries are the same function of before and after, so nothing
posted is touched again and the sub-ledger equals the control accounts by construction.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.lending.loan import LoanState

OVERPAID = "liabilities/customers/overpaid"
CAPITAL = "equity/capital"


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts on which one product's loans stand, paid over one rail."""

    product: str
    rail: str

    @property
    def settlement(self) -> str:
        """Money at the rail."""
        return settlement(self.rail)

    @property
    def principal(self) -> str:
        """Control account of principal."""
        return f"assets/loans/principal/{self.product}"

    @property
    def interest(self) -> str:
        """Control account of interest accrued and unpaid."""
        return f"assets/loans/interest/{self.product}"

    @property
    def penalty(self) -> str:
        """Control account of penalty accrued and unpaid."""
        return f"assets/loans/penalty/{self.product}"

    @property
    def interest_income(self) -> str:
        """Interest earned."""
        return f"income/interest/{self.product}"

    @property
    def penalty_income(self) -> str:
        """Penalty earned."""
        return f"income/penalty/{self.product}"


def settlement(rail: str) -> str:
    """Return the account of the money that lies at a rail."""
    return f"assets/settlement/{rail}"


@dataclass(frozen=True, slots=True)
class Position:
    """The cumulative figures of a loan that the ledger knows about."""

    disbursed_fen: int = 0
    principal_paid_fen: int = 0
    interest_accrued_fen: int = 0
    interest_paid_fen: int = 0
    penalty_accrued_fen: int = 0
    penalty_paid_fen: int = 0
    overpaid_fen: int = 0
    fee_charged_fen: int = 0
    fee_paid_fen: int = 0
    penalty_charged_fen: int = 0
    interest_waived_fen: int = 0
    fee_waived_fen: int = 0
    penalty_waived_fen: int = 0
    principal_raised_fen: int = 0
    interest_raised_fen: int = 0
    fee_raised_fen: int = 0
    penalty_raised_fen: int = 0
    principal_written_off_fen: int = 0
    interest_written_off_fen: int = 0
    fee_written_off_fen: int = 0
    penalty_written_off_fen: int = 0
    goodwill_fen: int = 0
    recovered_fen: int = 0

    def minus(self, other: Position) -> Position:
        """Return the change from another position to this one."""
        return Position(**{name: getattr(self, name) - getattr(other, name) for name in FIGURES})

    @property
    def received_fen(self) -> int:
        """All money that came in."""
        paid = self.principal_paid_fen + self.interest_paid_fen + self.penalty_paid_fen
        return paid + self.overpaid_fen


FIGURES = tuple(field.name for field in fields(Position))
"""The names of all figures, in order."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One amount from one account to another; the ledger makes a transfer of it."""

    debit: str
    credit: str
    amount_fen: int
    kind: str

    def __post_init__(self) -> None:
        assert self.amount_fen > 0, self
        assert self.debit != self.credit, self


def position_of(state: LoanState) -> Position:
    """Return the position that a state has in the ledger."""
    return Position(**{name: getattr(state, name) for name in FIGURES})


def movements(before: Position, after: Position, accounts: Accounts) -> tuple[Movement, ...]:
    """Return what must be posted so that the ledger follows a loan from one position to another.

    The disbursement itself is not among them: it was held when the loan was promised, and is
    settled from that hold.
    """
    change = after.minus(before)
    found = [
        *accrual(change.interest_accrued_fen, accounts.interest, accounts.interest_income),
        *accrual(change.penalty_accrued_fen, accounts.penalty, accounts.penalty_income),
    ]
    owed = (
        (accounts.settlement, change.received_fen),
        (accounts.principal, -change.principal_paid_fen),
        (accounts.interest, -change.interest_paid_fen),
        (accounts.penalty, -change.penalty_paid_fen),
        (OVERPAID, -change.overpaid_fen),
    )
    return (*found, *_paired(owed, "lending.repayment"))


def accrual(amount_fen: int, receivable: str, income: str) -> tuple[Movement, ...]:
    """Return the entry that recognises income, or takes back what was recognised too much."""
    if amount_fen > 0:
        return (Movement(receivable, income, amount_fen, "lending.accrual"),)
    if amount_fen < 0:
        return (Movement(income, receivable, -amount_fen, "lending.accrual_taken_back"),)
    return ()


def _paired(signed: Sequence[tuple[str, int]], kind: str) -> list[Movement]:
    """Match debits (positive) with credits (negative), in order, until none is left."""
    assert sum(amount for _, amount in signed) == 0, signed
    debits = [(account, amount) for account, amount in signed if amount > 0]
    credits_ = [(account, -amount) for account, amount in signed if amount < 0]
    found = []
    while debits:
        (debit, owed_fen), (credit, claimed_fen) = debits.pop(0), credits_.pop(0)
        step = min(owed_fen, claimed_fen)
        found.append(Movement(debit, credit, step, kind))
        if owed_fen > step:
            debits.insert(0, (debit, owed_fen - step))
        if claimed_fen > step:
            credits_.insert(0, (credit, claimed_fen - step))
    return found
