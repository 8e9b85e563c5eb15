"""Paying a settlement: each side's sum of one file over the rail, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from martlet.kernel.errors import Conflict, Invalid, NotFound
from martlet.ledger import current_business_date
from martlet.lending.bookkeeping import record
from martlet.lending.limits import REFERENCE_CHARS_MAX
from martlet.lending.participation.file import collected_fen, funded_fen
from martlet.lending.participation.settlement import subject_of
from martlet.lending.participation.split import partner_account
from martlet.lending.participation.tables import settlement, settlement_payment
from martlet.lending.postings import Movement
from martlet.lending.postings import settlement as rail_account

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection, Row

    from martlet.store import Transaction


def find_settlement(
    connection: Connection, tenant_id: UUID, whom: Row[Any], settled_on: date
) -> Row[Any]:
    """Return the seal of a partner's file; one not made yet, or of another's, does not exist."""
    query = select(settlement).where(
        settlement.c.tenant_id == tenant_id,
        settlement.c.partner_id == whom.partner_id,
        settlement.c.settled_on == settled_on,
    )
    row = connection.execute(query).first()
    if row is None:
        raise NotFound("lending.settlement_not_found", settled_on=settled_on.isoformat())
    return row


def pay(
    tx: Transaction, whom: Row[Any], settled_on: date, rail: str, reference: str
) -> dict[str, Any]:
    """Book that both sides of a file have been paid over the rail; a file is paid once."""
    if len(reference) > REFERENCE_CHARS_MAX:
        raise Invalid("lending.reference_too_long", max_chars=REFERENCE_CHARS_MAX)
    sealed = find_settlement(tx.connection, tx.tenant_id, whom, settled_on)
    query = select(settlement_payment.c.paid_at).where(
        settlement_payment.c.partner_id == whom.partner_id,
        settlement_payment.c.settled_on == settled_on,
    )
    if tx.execute(query).first() is not None:
        raise Conflict("lending.settlement_paid", settled_on=settled_on.isoformat())
    today = current_business_date(tx.connection, tx.tenant_id)
    funded, collected = funded_fen(sealed.totals), collected_fen(sealed.totals)
    money, kind = rail_account(rail), "lending.participation.payment"
    moves = [
        *_paid(money, partner_account("receivable", whom.slug), funded, kind),
        *_paid(partner_account("payable", whom.slug), money, collected, kind),
    ]
    record(tx, moves, subject_of(whom.slug, settled_on), today)
    tx.execute(
        insert(settlement_payment).values(
            partner_id=whom.partner_id,
            settled_on=settled_on,
            tenant_id=tx.tenant_id,
            funded_fen=funded,
            collected_fen=collected,
            rail=rail,
            reference=reference,
            business_date=today,
            paid_by=tx.principal.actor,
            paid_at=tx.now,
        )
    )
    told = {
        "partner": whom.slug,
        "settled_on": settled_on.isoformat(),
        "partner_paid_fen": funded,
        "bank_paid_fen": collected,
        "business_date": today.isoformat(),
    }
    tx.emit("lending.settlement_paid", f"partner:{whom.slug}", told, business_date=today)
    return told


def _paid(debit: str, credit: str, amount_fen: int, kind: str) -> list[Movement]:
    """Return the entry of a payment; what a correction made negative is paid the other way."""
    if amount_fen == 0:
        return []
    pair = (debit, credit) if amount_fen > 0 else (credit, debit)
    return [Movement(*pair, abs(amount_fen), kind)]
