"""What happens to a receivable, each in the transaction of whoever asked: register to settle.

The buyer's payment reaches the loans in the order in which they were drawn; only what is left of it
is the seller's. A repeated word changes nothing, because every command runs once under its key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from martlet.kernel.errors import Conflict, Invalid, NotFound, Refused
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.ledger import current_business_date
from martlet.lending.facilities import find_facility, sees
from martlet.lending.limits import RECEIVABLE_LOANS_MAX, REFERENCE_CHARS_MAX
from martlet.lending.loan import LoanStatus
from martlet.lending.loans import event_rows, events_of, terms_of
from martlet.lending.product import Backing, Product, product_named
from martlet.lending.projection import project
from martlet.lending.receivables.model import Receivable, ReceivableState, shared_out
from martlet.lending.receivables.tables import receivable, receivable_event, receivable_loan
from martlet.lending.repayment import receive
from martlet.lending.tables import loan

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection, Row

    from martlet.kernel.principal import Principal
    from martlet.store import Transaction


def register(
    tx: Transaction,
    party_id: UUID,
    product_name: str,
    reference: str,
    expected_fen: int,
    settles_on: date,
) -> dict[str, Any]:
    """Take an order or a sale on the books, by the seller's own reference."""
    product = product_named(product_name)
    if product.backing is Backing.NONE:
        raise Refused("lending.product_needs_no_receivable", product=product_name)
    if not 0 < expected_fen <= AMOUNT_FEN_MAX:
        raise Invalid("lending.amount_out_of_range", max_fen=AMOUNT_FEN_MAX)
    if not 0 < len(reference) <= REFERENCE_CHARS_MAX:
        raise Invalid("lending.reference_too_long", max_chars=REFERENCE_CHARS_MAX)
    today = current_business_date(tx.connection, tx.tenant_id)
    if settles_on < today:
        raise Refused("lending.receivable_settles_in_the_past", settles_on=settles_on.isoformat())
    if _known(tx, party_id, product_name, reference):
        raise Conflict("lending.receivable_known", reference=reference)
    receivable_id = tx.ids.new()
    tx.execute(
        insert(receivable).values(
            receivable_id=receivable_id,
            tenant_id=tx.tenant_id,
            party_id=party_id,
            product=product_name,
            reference=reference,
            expected_fen=expected_fen,
            settles_on=settles_on,
            deposit_fen=0,
            settled_fen=0,
            passed_on_fen=0,
            state=ReceivableState.OPEN.value,
            registered_at=tx.now,
        )
    )
    return _written(tx, receivable_id, "registered", expected_fen)


def deposit(tx: Transaction, receivable_id: UUID, amount_fen: int) -> dict[str, Any]:
    """Note what the buyer has paid beforehand: enough of it releases the advance."""
    row = _open(tx, receivable_id)
    if not 0 < amount_fen <= row.expected_fen - row.deposit_fen - row.settled_fen:
        raise Refused("lending.deposit_above_price", expected_fen=row.expected_fen)
    _change(tx, receivable_id, deposit_fen=row.deposit_fen + amount_fen)
    return _written(tx, receivable_id, "deposited", amount_fen)


def check_room(tx: Transaction, receivable_id: UUID, facility_id: UUID, amount_fen: int) -> None:
    """Refuse a drawdown that the receivable does not carry."""
    row = _open(tx, receivable_id)
    line = find_facility(tx.connection, tx.principal, facility_id)
    if (line.party_id, line.product) != (row.party_id, row.product):
        raise NotFound("lending.receivable_not_found", receivable_id=str(receivable_id))
    product, known = product_named(row.product), receivable_of(row)
    if missing_fen := known.deposit_missing_fen(product):
        raise Refused("lending.deposit_too_small", missing_fen=missing_fen)
    owed = owed_by_loan(tx.connection, tx.tenant_id, receivable_id)
    if len(owed) >= RECEIVABLE_LOANS_MAX:
        raise Refused("lending.receivable_too_many_loans", max_count=RECEIVABLE_LOANS_MAX)
    room_fen = max(known.releases_fen(product) - sum(fen for _, fen in owed), 0)
    if amount_fen > room_fen:
        raise Refused("lending.receivable_carries_less", room_fen=room_fen)


def link(tx: Transaction, receivable_id: UUID, loan_id: UUID, amount_fen: int) -> None:
    """Note that a loan was drawn against a receivable."""
    tx.execute(
        insert(receivable_loan).values(
            tenant_id=tx.tenant_id, receivable_id=receivable_id, loan_id=loan_id
        )
    )
    _written(tx, receivable_id, "drawn", amount_fen)


def settle(tx: Transaction, receivable_id: UUID, amount_fen: int, *, last: bool) -> dict[str, Any]:
    """Let the buyer's payment repay the loans, oldest first; what is left is the seller's."""
    row = _open(tx, receivable_id)
    if not 0 < amount_fen <= AMOUNT_FEN_MAX:
        raise Invalid("lending.amount_out_of_range", max_fen=AMOUNT_FEN_MAX)
    owed = owed_by_loan(tx.connection, tx.tenant_id, receivable_id)
    parts, passed_on_fen = shared_out(amount_fen, owed)
    reference = f"receivable:{receivable_id}:{row.settled_fen}"
    applied = [receive(tx, loan_id, fen, reference, None) for loan_id, fen in parts.items()]
    settled_fen = row.settled_fen + amount_fen
    whole = last or row.deposit_fen + settled_fen >= row.expected_fen
    _change(
        tx,
        receivable_id,
        settled_fen=settled_fen,
        passed_on_fen=row.passed_on_fen + passed_on_fen,
        state=(ReceivableState.SETTLED if whole else ReceivableState.OPEN).value,
    )
    told = _written(tx, receivable_id, "settled", amount_fen, passed_on_fen)
    return {**told, "repaid": applied}


def cancel(tx: Transaction, receivable_id: UUID) -> dict[str, Any]:
    """Note that the order fell through: nothing more is drawn, what was drawn is still owed."""
    _open(tx, receivable_id)
    _change(tx, receivable_id, state=ReceivableState.CANCELLED.value)
    return _written(tx, receivable_id, "cancelled", 0)


# What is known.


def receivable_of(row: Row[Any]) -> Receivable:
    """Return a row's figures as a value."""
    return Receivable(
        row.expected_fen, row.deposit_fen, row.settled_fen, ReceivableState(row.state)
    )


def find(connection: Connection, principal: Principal, receivable_id: UUID) -> Row[Any]:
    """Return a receivable's row; another's does not exist."""
    row = connection.execute(
        select(receivable).where(
            receivable.c.tenant_id == principal.tenant_id,
            receivable.c.receivable_id == receivable_id,
        )
    ).first()
    if row is None or not sees(principal, row.party_id):
        raise NotFound("lending.receivable_not_found", receivable_id=str(receivable_id))
    return row


def owed_by_loan(
    connection: Connection, tenant_id: UUID, receivable_id: UUID
) -> list[tuple[UUID, int]]:
    """Return what each loan drawn against a receivable owes today, oldest first.

    A loan that is promised and not yet paid out counts with what was promised.
    """
    rows = connection.execute(
        select(loan)
        .join(receivable_loan, receivable_loan.c.loan_id == loan.c.loan_id)
        .where(
            receivable_loan.c.tenant_id == tenant_id,
            receivable_loan.c.receivable_id == receivable_id,
        )
        .order_by(loan.c.loan_id)
    ).all()
    today = current_business_date(connection, tenant_id)
    return [
        (
            row.loan_id,
            row.principal_agreed_fen
            if row.status == LoanStatus.PENDING.value
            else _owed(connection, row, today),
        )
        for row in rows
    ]


def _owed(connection: Connection, row: Row[Any], today: date) -> int:
    """Return what would pay a loan off today."""
    if row.live == 0:
        return 0
    events = events_of(event_rows(connection, row.loan_id))
    return project(terms_of(row), events, today).outstanding_fen


def describe(connection: Connection, row: Row[Any]) -> dict[str, Any]:
    """Return a receivable as callers see it."""
    product: Product = product_named(row.product)
    known = receivable_of(row)
    owed = owed_by_loan(connection, row.tenant_id, row.receivable_id)
    owed_fen = sum(fen for _, fen in owed)
    return {
        "receivable_id": str(row.receivable_id),
        "party_id": str(row.party_id),
        "product": row.product,
        "reference": row.reference,
        "expected_fen": row.expected_fen,
        "settles_on": row.settles_on.isoformat(),
        "deposit_fen": row.deposit_fen,
        "deposit_missing_fen": known.deposit_missing_fen(product),
        "settled_fen": row.settled_fen,
        "passed_on_fen": row.passed_on_fen,
        "state": row.state,
        "owed_fen": owed_fen,
        "available_fen": max(known.releases_fen(product) - owed_fen, 0),
        "loans": [str(loan_id) for loan_id, _ in owed],
    }


def _known(tx: Transaction, party_id: UUID, product_name: str, reference: str) -> bool:
    query = select(receivable.c.receivable_id).where(
        receivable.c.tenant_id == tx.tenant_id,
        receivable.c.party_id == party_id,
        receivable.c.product == product_name,
        receivable.c.reference == reference,
    )
    return tx.execute(query).first() is not None


def _open(tx: Transaction, receivable_id: UUID) -> Row[Any]:
    row = find(tx.connection, tx.principal, receivable_id)
    if row.state != ReceivableState.OPEN.value:
        raise Refused("lending.receivable_not_open", state=row.state)
    return row


def _change(tx: Transaction, receivable_id: UUID, **values: object) -> None:
    tx.execute(
        update(receivable)
        .where(receivable.c.tenant_id == tx.tenant_id, receivable.c.receivable_id == receivable_id)
        .values(**values)
    )


def _written(
    tx: Transaction, receivable_id: UUID, kind: str, amount_fen: int, passed_on_fen: int = 0
) -> dict[str, Any]:
    """Keep what happened, tell it, and return the receivable as it now stands."""
    today = current_business_date(tx.connection, tx.tenant_id)
    tx.execute(
        insert(receivable_event).values(
            event_id=tx.ids.new(),
            tenant_id=tx.tenant_id,
            receivable_id=receivable_id,
            kind=kind,
            amount_fen=amount_fen,
            passed_on_fen=passed_on_fen,
            business_date=today,
            recorded_at=tx.now,
        )
    )
    told = describe(tx.connection, find(tx.connection, tx.principal, receivable_id))
    facts = {"amount_fen": amount_fen, "passed_on_fen": passed_on_fen, "party_id": told["party_id"]}
    stream = f"receivable:{receivable_id}"
    tx.emit(f"lending.receivable_{kind}", stream, facts, business_date=today)
    return told
