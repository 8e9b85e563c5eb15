"""The values of double entry: a transfer, a balance, a line of the journal, a trial balance.

A transfer moves one amount from the credited to the debited account, so it cannot be unbalanced;
a journal entry is the transfers that share an `entry_id`. Totals of the two sides are kept apart:
a balance is what is left when one is taken from the other, and its sign is that of the account's
normal side.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from martlet.kernel.errors import Invalid
from martlet.ledger.chart import Guard, Side
from martlet.ledger.limits import KIND_CHARS_MAX, SUBJECT_CHARS_MAX, TRANSFER_FEN_MAX

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID


class Phase(StrEnum):
    """What a row of the journal does."""

    POSTED = "posted"
    """Moves money at once."""
    PENDING = "pending"
    """Holds money until it is settled or released."""
    SETTLED = "settled"
    """Turns a hold into a posting, in whole or in part; the rest of the hold is released."""
    RELEASED = "released"
    """Ends a hold without moving money."""
    REVERSED = "reversed"
    """Moves back what an earlier row has moved."""


MOVING_PHASES = (Phase.POSTED, Phase.SETTLED, Phase.REVERSED)
"""The phases that change posted totals."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One amount from one account to another, under an identifier of the caller's making.

    `value_date` is the day from which it counts for interest; None means the business date.
    """

    id: UUID
    entry_id: UUID
    debit: str
    credit: str
    amount_fen: int
    kind: str
    value_date: date | None = None
    subject: str = ""

    def __post_init__(self) -> None:
        amount = self.amount_fen
        if type(amount) is not int or not 0 < amount <= TRANSFER_FEN_MAX:
            raise Invalid(
                "ledger.amount_out_of_range", amount=str(amount), max_fen=TRANSFER_FEN_MAX
            )
        if self.debit == self.credit:
            raise Invalid("ledger.same_account", account=self.debit)
        if not 0 < len(self.kind) <= KIND_CHARS_MAX or len(self.subject) > SUBJECT_CHARS_MAX:
            raise Invalid("ledger.text_too_long", max_chars=SUBJECT_CHARS_MAX)


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """One account's four totals."""

    path: str
    account_class: str
    normal_side: Side
    guard: Guard
    currency: str
    debits_posted_fen: int
    credits_posted_fen: int
    debits_pending_fen: int
    credits_pending_fen: int

    @property
    def balance_fen(self) -> int:
        """Posted balance, positive on the account's normal side."""
        difference = self.debits_posted_fen - self.credits_posted_fen
        return difference if self.normal_side is Side.DEBIT else -difference

    @property
    def available_fen(self) -> int:
        """What may still be spent: the balance less what is held on the spending side."""
        held = (
            self.credits_pending_fen if self.normal_side is Side.DEBIT else self.debits_pending_fen
        )
        return self.balance_fen - held

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            **asdict(self),
            "balance_fen": self.balance_fen,
            "available_fen": self.available_fen,
        }


@dataclass(frozen=True, slots=True)
class TrialBalanceRow:
    """One account, or one class, in a trial balance: its posted totals up to a business date."""

    path: str
    account_class: str
    normal_side: Side
    debits_fen: int
    credits_fen: int

    @property
    def balance_fen(self) -> int:
        """The balance, positive on the normal side."""
        difference = self.debits_fen - self.credits_fen
        return difference if self.normal_side is Side.DEBIT else -difference

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {**asdict(self), "balance_fen": self.balance_fen}


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """All accounts' totals at the end of a business date; the two sides must be equal."""

    business_date: date
    rows: tuple[TrialBalanceRow, ...]

    @property
    def debits_fen(self) -> int:
        """The sum of the debit balances."""
        return sum(max(row.debits_fen - row.credits_fen, 0) for row in self.rows)

    @property
    def credits_fen(self) -> int:
        """The sum of the credit balances."""
        return sum(max(row.credits_fen - row.debits_fen, 0) for row in self.rows)

    @property
    def difference_fen(self) -> int:
        """Debits less credits: zero, or the book is wrong."""
        return self.debits_fen - self.credits_fen

    def by_class(self) -> tuple[TrialBalanceRow, ...]:
        """Return one row for each class, in the order of the chart."""
        found: dict[str, TrialBalanceRow] = {}
        for row in self.rows:
            before = found.get(row.account_class)
            found[row.account_class] = TrialBalanceRow(
                row.account_class,
                row.account_class,
                _class_side(row.account_class),
                row.debits_fen + (before.debits_fen if before else 0),
                row.credits_fen + (before.credits_fen if before else 0),
            )
        return tuple(found[name] for name in _CLASS_SIDES if name in found)

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value, with rows by account and by class."""
        return {
            "business_date": self.business_date.isoformat(),
            "debits_fen": self.debits_fen,
            "credits_fen": self.credits_fen,
            "difference_fen": self.difference_fen,
            "classes": [row.as_json() for row in self.by_class()],
            "rows": [row.as_json() for row in self.rows],
        }


_CLASS_SIDES = {
    "asset": Side.DEBIT,
    "expense": Side.DEBIT,
    "liability": Side.CREDIT,
    "equity": Side.CREDIT,
    "income": Side.CREDIT,
    "memo": Side.DEBIT,
}


def _class_side(name: str) -> Side:
    return _CLASS_SIDES[name]


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One row of the journal as people read it."""

    number: int
    id: UUID
    entry_id: UUID
    phase: Phase
    debit: str
    credit: str
    amount_fen: int
    kind: str
    subject: str
    business_date: date
    value_date: date
    posted_at: datetime
    origin_id: UUID | None
    """The row that this one settles, releases or reverses."""

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            **asdict(self),
            "id": str(self.id),
            "entry_id": str(self.entry_id),
            "business_date": self.business_date.isoformat(),
            "value_date": self.value_date.isoformat(),
            "posted_at": self.posted_at.isoformat(),
            "origin_id": str(self.origin_id) if self.origin_id else None,
        }


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """What a verification has recomputed and found right."""

    tenants: int
    accounts: int
    transfers: int
    days: int
    open_holds: int
    debits_fen: int

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return asdict(self)
