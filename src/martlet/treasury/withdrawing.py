"""Money paid out of a business's balance: held and ordered at once, settled by the rail's word.

Nothing leaves that is not there, and an order is one payment however often it is handed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select, update

from martlet.ledger import current_business_date, hold, release, settle
from martlet.store import Prepared
from martlet.treasury.book import transfers
from martlet.treasury.daily_flows import note_flow
from martlet.treasury.postings import Movement, balance_of, settlement
from martlet.treasury.rail import Outcome, RedemptionOrder
from martlet.treasury.tables import withdrawal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Connection, Row

    from martlet.kernel.principal import Principal
    from martlet.store import Transaction

_ADD = Prepared(insert(withdrawal))
_FIND = Prepared(
    select(withdrawal).where(
        withdrawal.c.tenant_id == bindparam("tenant"),
        withdrawal.c.order_id == bindparam("the_order"),
    )
)
_ENDED = Prepared(
    update(withdrawal)
    .where(withdrawal.c.order_id == bindparam("the_order"), withdrawal.c.state == "ordered")
    .values(state=bindparam("outcome"))
)


def withdraw(
    tx: Transaction, party_id: UUID, amount_fen: int, reference: str, rail: str
) -> dict[str, Any]:
    """Hold an amount of a balance and order its payment, or refuse and change nothing."""
    today = current_business_date(tx.connection, tx.tenant_id)
    move = Movement(balance_of(party_id), settlement(rail), amount_fen, "treasury.withdrawal")
    (held,) = transfers(tx, [move], f"party:{party_id}")
    hold(tx, [held], today)
    order_id = tx.ids.new()
    told = {
        "order_id": order_id,
        "tenant_id": tx.tenant_id,
        "party_id": party_id,
        "amount_fen": amount_fen,
        "reference": reference,
        "asked_on": today,
        "state": "ordered",
        "hold_id": held.id,
        "recorded_at": tx.now,
    }
    _ADD.on(tx.connection, told)
    answer = {
        "order_id": str(order_id),
        "party_id": str(party_id),
        "amount_fen": amount_fen,
        "reference": reference,
        "business_date": today.isoformat(),
    }
    tx.emit("treasury.withdrawal_ordered", f"party:{party_id}", answer, business_date=today)
    return answer


def find_withdrawal(connection: Connection, tenant_id: UUID, order_id: UUID) -> Row[Any] | None:
    """Return a withdrawal's row, or None where the order is none of them."""
    found: Row[Any] | None = _FIND.on(
        connection, {"tenant": tenant_id, "the_order": order_id}
    ).first()
    return found


def book_report(
    tx: Transaction, order: Row[Any], outcome: Outcome, reference: str
) -> dict[str, Any]:
    """Book the rail's word: the first settles or undoes, a repeat changes nothing."""
    today = current_business_date(tx.connection, tx.tenant_id)
    told = {"order_id": str(order.order_id), "state": order.state, "said": outcome.value}
    keys = {"the_order": order.order_id, "outcome": outcome.value}
    stream = f"party:{order.party_id}"
    if _ENDED.on(tx.connection, keys).rowcount != 1:
        if order.state == outcome.value:
            return {**told, "verdict": "repeated"}
        tx.emit("treasury.rail_contradiction", stream, {**told, "reference": reference})
        return {**told, "verdict": "contradicted"}
    if outcome is Outcome.POSTED:
        settle(tx, [order.hold_id], today)
        note_flow(tx, order.party_id, today, out_fen=order.amount_fen)
    else:
        release(tx, [order.hold_id], today)
    facts = {**told, "amount_fen": order.amount_fen, "reference": reference}
    kind = "treasury.withdrawn" if outcome is Outcome.POSTED else "treasury.withdrawal_failed"
    tx.emit(kind, stream, facts, business_date=today)
    return {**told, "state": outcome.value, "verdict": "applied"}


def open_withdrawals(
    connection: Connection,
    principal: Principal,
    limit: int,
    after: UUID | None = None,
    only: Sequence[UUID] | None = None,
) -> list[RedemptionOrder]:
    """Return withdrawals on which the rail has not reported yet, oldest first."""
    query = select(withdrawal).where(
        withdrawal.c.tenant_id == principal.tenant_id, withdrawal.c.state == "ordered"
    )
    if after is not None:
        query = query.where(withdrawal.c.order_id > after)
    if only is not None:
        query = query.where(withdrawal.c.order_id.in_(only))
    return [
        RedemptionOrder(row.order_id, row.tenant_id, row.party_id, row.amount_fen)
        for row in connection.execute(query.order_by(withdrawal.c.order_id).limit(limit))
    ]
