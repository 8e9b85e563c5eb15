"""Money that comes in by the thousand: taken in at once, allocated to its loans by the night.

A bank's file of repayments is one command. Its money stands on the account of what is not yet
assigned from that moment on, so the book has it before any loan does; the invariant is that each
receipt is allocated or refused once, and a refused one stays there for people to look at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from martlet.kernel.errors import Conflict, Invalid, TooLarge
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.ledger import current_business_date
from martlet.lending.bookkeeping import record
from martlet.lending.limits import RECEIPTS_PER_COMMAND_MAX, REFERENCE_CHARS_MAX
from martlet.lending.nights.tables import receipt as receipt_table
from martlet.lending.postings import Movement, settlement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from martlet.store import Transaction

UNASSIGNED = "liabilities/customers/unassigned"
_COLUMNS = (
    "receipt_id",
    "tenant_id",
    "loan_id",
    "amount_fen",
    "value_date",
    "reference",
    "state",
    "reason",
    "taken_in_at",
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A repayment as a bank's file has it, under an identifier of the caller's making."""

    receipt_id: UUID
    loan_id: UUID
    amount_fen: int
    value_date: date
    reference: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.amount_fen <= AMOUNT_FEN_MAX:
            raise Invalid("lending.amount_out_of_range", max_fen=AMOUNT_FEN_MAX)
        if len(self.reference) > REFERENCE_CHARS_MAX:
            raise Invalid("lending.reference_too_long", max_chars=REFERENCE_CHARS_MAX)

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "receipt_id": str(self.receipt_id),
            "loan_id": str(self.loan_id),
            "amount_fen": self.amount_fen,
            "value_date": self.value_date.isoformat(),
            "reference": self.reference,
        }


def check_receipts(receipts: Sequence[Receipt]) -> None:
    """Refuse too many, and two under one identifier."""
    if not 0 < len(receipts) <= RECEIPTS_PER_COMMAND_MAX:
        raise TooLarge("lending.too_many_receipts", max_count=RECEIPTS_PER_COMMAND_MAX)
    known: set[UUID] = set()
    for one in receipts:
        if one.receipt_id in known:
            raise Conflict("lending.receipt_known", receipt_id=str(one.receipt_id))
        known.add(one.receipt_id)


def take_in(tx: Transaction, receipts: Sequence[Receipt], rail: str) -> dict[str, Any]:
    """Put receipts and their money on the books, to be allocated by the next night."""
    _refuse_known(tx, receipts)
    driver = tx.driver
    tenant, now = driver.id(tx.tenant_id), driver.moment(tx.now)
    rows = [
        (
            *(driver.id(one.receipt_id), tenant, driver.id(one.loan_id), one.amount_fen),
            *(driver.day(one.value_date), one.reference, "waiting", "", now),
        )
        for one in receipts
    ]
    driver.load("lending_receipt", _COLUMNS, rows)
    today = current_business_date(tx.connection, tx.tenant_id)
    total_fen = sum(one.amount_fen for one in receipts)
    moved = Movement(settlement(rail), UNASSIGNED, total_fen, "lending.receipts_taken_in")
    record(tx, [moved], "receipts", today)
    told = {"receipts": len(receipts), "total_fen": total_fen, "rail": rail}
    tx.emit("lending.receipts_taken_in", "receipts", told, business_date=today)
    return {**told, "business_date": today.isoformat()}


def _refuse_known(tx: Transaction, receipts: Sequence[Receipt]) -> None:
    for start in range(0, len(receipts), 500):
        part = [one.receipt_id for one in receipts[start : start + 500]]
        found = tx.execute(
            select(receipt_table.c.receipt_id)
            .where(receipt_table.c.receipt_id.in_(part))  # all tenants: an identifier is one
            .limit(1)
        ).scalar()
        if found is not None:
            raise Conflict("lending.receipt_known", receipt_id=str(found))
