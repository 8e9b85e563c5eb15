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

    from martlet.lending.loan import LoanFigures

OVERPAID = "liabilities/customers/overpaid"
CAPITAL = "equity/capital"


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts on which one product's loans stand, paid over one rail."""

    product: str
    rail: str
    defers_fees: bool = False
    """Whether fees are owed before they are earned: then they are income only as they are paid."""

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
    def fees(self) -> str:
        """Control account of fees charged and unpaid."""
        return f"assets/loans/fees/{self.product}"

    @property
    def interest_income(self) -> str:
        """Interest earned."""
        return f"income/interest/{self.product}"

    @property
    def penalty_income(self) -> str:
        """Penalty earned."""
        return f"income/penalty/{self.product}"

    @property
    def fee_income(self) -> str:
        """Fees earned."""
        return f"income/fees/{self.product}"

    @property
    def unearned(self) -> str:
        """Fees owed and not earned yet."""
        return f"liabilities/unearned/{self.product}"

    @property
    def recovered(self) -> str:
        """What came in after a write-off."""
        return f"income/recovered/{self.product}"

    @property
    def waived(self) -> str:
        """What waivers cost."""
        return f"expenses/waived/{self.product}"

    @property
    def written_off(self) -> str:
        """What write-offs cost."""
        return f"expenses/write_off/{self.product}"

    @property
    def goodwill(self) -> str:
        """What the bank itself paid on its customers' loans."""
        return f"expenses/goodwill/{self.product}"


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

    def plus(self, other: Position) -> Position:
        """Return this position and another one as one."""
        return Position(**{name: getattr(self, name) + getattr(other, name) for name in FIGURES})

    @property
    def received_fen(self) -> int:
        """All money of others that came in, less what was given back."""
        paid = self.principal_paid_fen + self.interest_paid_fen
        paid += self.fee_paid_fen + self.penalty_paid_fen
        raised = self.principal_raised_fen + self.interest_raised_fen
        raised += self.fee_raised_fen + self.penalty_raised_fen
        return paid - raised + self.overpaid_fen + self.recovered_fen - self.goodwill_fen

    @property
    def principal_fen(self) -> int:
        """Principal outstanding."""
        owed = self.disbursed_fen + self.principal_raised_fen
        return owed - self.principal_paid_fen - self.principal_written_off_fen


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


def position_of(state: LoanFigures) -> Position:
    """Return the position that a state has in the ledger."""
    return Position(**{name: getattr(state, name) for name in FIGURES})


def movements(before: Position, after: Position, accounts: Accounts) -> tuple[Movement, ...]:
    """Return what must be posted so that the ledger follows a loan from one position to another.

    The disbursement itself is not among them: it was held when the loan was promised, and is
    settled from that hold.
    """
    change = after.minus(before)
    owed = (
        (accounts.settlement, change.received_fen),
        (accounts.goodwill, change.goodwill_fen),
        (accounts.principal, change.principal_raised_fen - change.principal_paid_fen),
        (accounts.interest, change.interest_raised_fen - change.interest_paid_fen),
        (accounts.fees, change.fee_raised_fen - change.fee_paid_fen),
        (accounts.penalty, change.penalty_raised_fen - change.penalty_paid_fen),
        (OVERPAID, -change.overpaid_fen),
        (accounts.recovered, -change.recovered_fen),
    )
    back = change.received_fen < 0
    return (
        *_earned(change, accounts),
        *_given_up(change, accounts),
        *_paired(owed, "lending.money_back" if back else "lending.repayment"),
    )


def paid_out(before: Position, after: Position, accounts: Accounts) -> tuple[Movement, ...]:
    """Return what a drawdown that no hold went before posts, or one that is undone."""
    return _one_way(
        after.disbursed_fen - before.disbursed_fen,
        (accounts.principal, accounts.settlement),
        ("lending.disbursement", "lending.disbursement_undone"),
    )


def _earned(change: Position, accounts: Accounts) -> tuple[Movement, ...]:
    """Return what is recognised as income, or taken back."""
    charged = ("lending.charge", "lending.charge_taken_back")
    against = accounts.unearned if accounts.defers_fees else accounts.fee_income
    return (
        *accrual(change.interest_accrued_fen, accounts.interest, accounts.interest_income),
        *accrual(change.penalty_accrued_fen, accounts.penalty, accounts.penalty_income),
        *_one_way(change.fee_charged_fen, (accounts.fees, against), charged),
        *_one_way(change.penalty_charged_fen, (accounts.penalty, accounts.penalty_income), charged),
        *_earned_as_paid(change, accounts),
    )


def _earned_as_paid(change: Position, accounts: Accounts) -> tuple[Movement, ...]:
    """Return what of deferred fees becomes income: what has been paid and is not owed again."""
    if not accounts.defers_fees:
        return ()
    kinds = ("lending.fee_earned", "lending.fee_earned_taken_back")
    earned_fen = change.fee_paid_fen - change.fee_raised_fen
    return _one_way(earned_fen, (accounts.unearned, accounts.fee_income), kinds)


def _given_up(change: Position, accounts: Accounts) -> tuple[Movement, ...]:
    """Return what is waived and written off, or owed again after all.

    A fee that was never earned costs nothing: it only is not owed any more.
    """
    found: list[Movement] = []
    for cost, kind, parts in (
        (
            accounts.waived,
            "lending.waiver",
            (
                (change.interest_waived_fen, accounts.interest),
                (change.fee_waived_fen, accounts.fees),
                (change.penalty_waived_fen, accounts.penalty),
            ),
        ),
        (
            accounts.written_off,
            "lending.write_off",
            (
                (change.principal_written_off_fen, accounts.principal),
                (change.interest_written_off_fen, accounts.interest),
                (change.fee_written_off_fen, accounts.fees),
                (change.penalty_written_off_fen, accounts.penalty),
            ),
        ),
    ):
        for amount_fen, receivable in parts:
            unearned = accounts.defers_fees and receivable == accounts.fees
            debit = accounts.unearned if unearned else cost
            found += _one_way(amount_fen, (debit, receivable), (kind, f"{kind}_undone"))
    return tuple(found)


def _one_way(
    amount_fen: int, accounts: tuple[str, str], kinds: tuple[str, str]
) -> tuple[Movement, ...]:
    """Return an amount from debit to credit under the first kind; a negative one the other way."""
    debit, credit = accounts
    if amount_fen > 0:
        return (Movement(debit, credit, amount_fen, kinds[0]),)
    if amount_fen < 0:
        return (Movement(credit, debit, -amount_fen, kinds[1]),)
    return ()


def accrual(amount_fen: int, receivable: str, income: str) -> tuple[Movement, ...]:
    """Return the entry that recognises income, or takes back what was recognised too much."""
    kinds = ("lending.accrual", "lending.accrual_taken_back")
    return _one_way(amount_fen, (receivable, income), kinds)


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
