"""Redeemed money on its way out, in two phases: held and ordered, then settled or given back.

Money that waits stands in a queue, by its day and then by its turn; nobody is paid before one who
waits longer. A payment that failed at once puts the money back to work; one that failed from the
queue waits for the next business day again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select, update

from martlet.kernel.calendar import next_day
from martlet.kernel.errors import NotFound
from martlet.kernel.principal import system_principal
from martlet.ledger import balances, current_business_date, hold, release, settle
from martlet.store import Prepared
from martlet.treasury.book import find_position, happen, transfers
from martlet.treasury.daily_flows import note_flow
from martlet.treasury.limits import REFERENCE_CHARS_MAX
from martlet.treasury.model import Event, EventKind
from martlet.treasury.postings import Movement, accounts_of, balance_of, settlement
from martlet.treasury.product import PaysTo, product_named
from martlet.treasury.quotas import QuotaKind, give_back
from martlet.treasury.rail import Outcome, RedemptionOrder
from martlet.treasury.tables import payout

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection, Row

    from martlet.kernel.principal import Principal
    from martlet.store import Transaction
    from martlet.treasury.business_days import BusinessDays
    from martlet.treasury.model import Waiting

_ADD = Prepared(insert(payout))
_FIND = Prepared(
    select(payout).where(
        payout.c.tenant_id == bindparam("tenant"), payout.c.order_id == bindparam("the_order")
    )
)
_ORDERED = Prepared(
    update(payout)
    .where(payout.c.order_id == bindparam("the_order"), payout.c.state == "waiting")
    .values(state="ordered", hold_id=bindparam("held"), ordered_at=bindparam("at"))
)
_ENDED = Prepared(
    update(payout)
    .where(payout.c.order_id == bindparam("the_order"), payout.c.state == "ordered")
    .values(state=bindparam("outcome"))
)


def queue(
    tx: Transaction,
    row: Row[Any],
    one: Waiting,
    today: date,
    rail: str,
    *,
    to_balance: bool = False,
) -> UUID:
    """Put redeemed money on its way; what is paid today is held and ordered here and now.

    A broken term whose day is today goes to the balance with the break: its owner needs it now.
    """
    inside = to_balance or product_named(row.product).pays_to is PaysTo.BALANCE
    order_id = _wait(tx, row, one, today, to_balance=inside)
    if one.at_once or (inside and one.pays_on <= today):
        send(tx, _find(tx.connection, tx.tenant_id, order_id), today, rail)
    return order_id


def _wait(tx: Transaction, row: Row[Any], one: Waiting, today: date, *, to_balance: bool) -> UUID:
    order_id = tx.ids.new()
    values = {
        "order_id": order_id,
        "tenant_id": tx.tenant_id,
        "party_id": row.party_id,
        "position_id": row.position_id,
        "sequence": one.sequence,
        "product": row.product,
        "at_once": int(one.at_once),
        "to_balance": int(to_balance),
        "amount_fen": one.amount_fen,
        "asked_on": today,
        "pays_on": one.pays_on,
        "state": "waiting",
    }
    _ADD.on(tx.connection, values)
    return order_id


def _find(connection: Connection, tenant_id: UUID, order_id: UUID) -> Row[Any]:
    found: Row[Any] | None = _FIND.on(
        connection, {"tenant": tenant_id, "the_order": order_id}
    ).first()
    if found is None:
        raise NotFound("treasury.order_not_found", order_id=str(order_id))
    return found


def due(
    connection: Connection, tenant_id: UUID, until: date, chunk: int, *, to_balance: bool
) -> Sequence[Row[Any]]:
    """Return what waits for here or for outside and is due by a day, in the order of payment."""
    query = select(payout).where(
        payout.c.tenant_id == tenant_id,
        payout.c.state == "waiting",
        payout.c.to_balance == int(to_balance),
        payout.c.pays_on <= until,
    )
    in_turn = query.order_by(payout.c.pays_on, payout.c.order_id).limit(chunk)
    return connection.execute(in_turn).all()


def send(tx: Transaction, order: Row[Any], today: date, rail: str) -> None:
    """Hold the money of an order; to a business's own balance it goes at once."""
    inside = bool(order.to_balance)
    target = balance_of(order.party_id) if inside else settlement(rail)
    accounts = accounts_of(product_named(order.product))
    move = Movement(accounts.waiting, target, order.amount_fen, "treasury.payout")
    (held,) = transfers(tx, [move], f"position:{order.position_id}")
    hold(tx, [held], today)
    keys = {"the_order": order.order_id, "held": held.id, "at": tx.now}
    assert _ORDERED.on(tx.connection, keys).rowcount == 1, order.order_id
    if inside:
        book_report(tx, order.order_id, Outcome.POSTED, "")


def left_at_rail_fen(connection: Connection, tenant_id: UUID, rail: str) -> int:
    """Return what may still be paid out by a rail."""
    path = settlement(rail)
    found = balances(connection, system_principal(tenant_id), path)
    return sum(one.available_fen for one in found if one.path == path)


def book_report(
    tx: Transaction,
    order_id: UUID,
    outcome: Outcome,
    reference: str,
    days: BusinessDays | None = None,
) -> dict[str, Any]:
    """Book the rail's word on an order: the first settles or undoes, a repeat changes nothing."""
    order = _find(tx.connection, tx.tenant_id, order_id)
    today = current_business_date(tx.connection, tx.tenant_id)
    told = {"order_id": str(order_id), "state": order.state, "said": outcome.value}
    keys = {"the_order": order_id, "outcome": outcome.value}
    if _ENDED.on(tx.connection, keys).rowcount != 1:
        verdict = "repeated" if order.state == outcome.value else "contradicted"
        if verdict == "contradicted":
            facts = {**told, "reference": reference[:REFERENCE_CHARS_MAX]}
            tx.emit("treasury.rail_contradiction", f"position:{order.position_id}", facts)
        return {**told, "verdict": verdict}
    row = find_position(tx.connection, system_principal(tx.tenant_id), order.position_id)
    facts = {
        "order_id": str(order_id),
        "party_id": str(order.party_id),
        "amount_fen": order.amount_fen,
        "reference": reference[:REFERENCE_CHARS_MAX],
    }
    if outcome is Outcome.POSTED:
        settle(tx, [order.hold_id], today)
        paid = Event(1, EventKind.PAID_OUT, today, order.amount_fen, order.sequence)
        happen(tx, row, [paid], today)
        if not order.to_balance:
            note_flow(tx, order.party_id, today, out_fen=order.amount_fen)
    else:
        release(tx, [order.hold_id], today)
        _failed(tx, row, order, today, days)
    kind = "treasury.paid_out" if outcome is Outcome.POSTED else "treasury.payout_failed"
    tx.emit(kind, f"position:{order.position_id}", facts, business_date=today)
    return {**told, "state": outcome.value, "verdict": "applied"}


def _failed(
    tx: Transaction, row: Row[Any], order: Row[Any], today: date, days: BusinessDays | None
) -> None:
    """Put money back to work, or into the queue of the next business day."""
    if order.at_once:
        back = Event(1, EventKind.RETURNED, today, order.amount_fen, order.sequence)
        happen(tx, row, [back], today)
        kind = QuotaKind.AT_ONCE
        give_back(tx, order.product, kind, order.asked_on, order.party_id, order.amount_fen)
        return
    assert days is not None
    (one,) = (one for one in row.state.waiting if one.sequence == order.sequence)
    again = type(one)(one.sequence, one.amount_fen, days.on_or_after(next_day(today)), one.at_once)
    _wait(tx, row, again, today, to_balance=False)


def open_orders(
    connection: Connection,
    principal: Principal,
    limit: int,
    after: UUID | None = None,
    only: Sequence[UUID] | None = None,
) -> list[RedemptionOrder]:
    """Return orders on which the rail has not reported yet, oldest first; of some, `only` those."""
    query = select(payout).where(
        payout.c.tenant_id == principal.tenant_id, payout.c.state == "ordered"
    )
    if after is not None:
        query = query.where(payout.c.order_id > after)
    if only is not None:
        query = query.where(payout.c.order_id.in_(only))
    return [
        RedemptionOrder(row.order_id, row.tenant_id, row.party_id, row.amount_fen)
        for row in connection.execute(query.order_by(payout.c.order_id).limit(limit))
    ]
