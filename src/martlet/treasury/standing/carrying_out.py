"""Carry a plan's orders out in one transaction, through the room's own commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from martlet.treasury import redeeming, subscribing
from martlet.treasury.standing.morning import Kind

if TYPE_CHECKING:
    from martlet.store import Transaction
    from martlet.treasury.business_days import BusinessDays
    from martlet.treasury.standing.morning import Order


def carry_out(
    tx: Transaction, days: BusinessDays, rail: str, party_id: UUID, orders: tuple[Order, ...]
) -> list[dict[str, Any]]:
    """Carry out all orders in their order; the first that is refused refuses the whole plan."""
    done = []
    for order in orders:
        if order.kind is Kind.FREE:
            assert order.position_id is not None, order
            answer = redeeming.redeem(
                tx, days, rail, UUID(order.position_id), order.amount_fen, 0, to_balance=True
            )
            told = {"at_once_fen": answer["at_once_fen"], "later_fen": answer["later_fen"]}
        else:
            answer = subscribing.subscribe(
                tx,
                days,
                party_id,
                order.product,
                order.amount_fen,
                order.tenor_days,
                order.instalments,
            )
            told = {"confirms_on": answer["confirms_on"]}
        done.append({"position_id": answer["position_id"], **told})
    return done
