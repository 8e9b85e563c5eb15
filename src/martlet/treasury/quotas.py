"""What a day may use of a product's caps: taken by one conditional statement, never exceeded.

A cap has two scopes, a business's own and everybody's together; both are taken or neither.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, insert, select, update

from martlet.kernel.errors import Refused
from martlet.store import Prepared
from martlet.treasury.tables import position, quota

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.store import Transaction
    from martlet.treasury.product import Product


class QuotaKind(StrEnum):
    """What is counted."""

    SUBSCRIBED = "subscribed"
    AT_ONCE = "at_once"


_IS = (
    (quota.c.tenant_id == bindparam("tenant"))
    & (quota.c.product == bindparam("what"))
    & (quota.c.day == bindparam("on"))
    & (quota.c.kind == bindparam("which"))
    & (quota.c.whose == bindparam("who"))
)
_USED = Prepared(select(quota.c.used_fen).where(_IS))
_BEGIN = Prepared(insert(quota))
_TAKE = Prepared(
    update(quota)
    .where(_IS, quota.c.used_fen + bindparam("amount") <= bindparam("cap"))
    .values(used_fen=quota.c.used_fen + bindparam("amount"))
)
_GIVE_BACK = Prepared(
    update(quota)
    .where(_IS, quota.c.used_fen >= bindparam("amount"))
    .values(used_fen=quota.c.used_fen - bindparam("amount"))
)
_HELD = Prepared(
    select(
        func.coalesce(
            func.sum(
                position.c.pending_fen
                + position.c.standing_fen
                + position.c.accrued_fen
                + position.c.waiting_fen
            ),
            0,
        )
    ).where(position.c.tenant_id == bindparam("tenant"), position.c.product == bindparam("what"))
)
_HELD_BY = Prepared(
    select(
        func.coalesce(
            func.sum(
                position.c.pending_fen
                + position.c.standing_fen
                + position.c.accrued_fen
                + position.c.waiting_fen
            ),
            0,
        )
    ).where(
        position.c.tenant_id == bindparam("tenant"),
        position.c.product == bindparam("what"),
        position.c.party_id == bindparam("party"),
    )
)


def used_fen(
    connection: Connection, tenant_id: UUID, product: str, day: date, kind: QuotaKind, whose: UUID
) -> int:
    """Return what a day has used of a cap."""
    found = _USED.on(connection, _keys(tenant_id, product, day, kind, whose)).scalar_one_or_none()
    return int(found or 0)


def _keys(
    tenant_id: UUID, product: str, day: date, kind: QuotaKind, whose: UUID
) -> dict[str, object]:
    return {"tenant": tenant_id, "what": product, "on": day, "which": kind.value, "who": whose}


def left_at_once_fen(
    connection: Connection, tenant_id: UUID, product: Product, day: date, party_id: UUID
) -> int:
    """Return what may still be paid at once to a business on a day."""
    asked = (connection, tenant_id, product.name, day, QuotaKind.AT_ONCE)
    own = product.at_once_daily_max_fen - used_fen(*asked, party_id)
    whole = product.at_once_product_daily_max_fen - used_fen(*asked, tenant_id)
    return max(min(own, whole), 0)


def take(
    tx: Transaction,
    product: Product,
    kind: QuotaKind,
    day: date,
    party_id: UUID,
    amount_fen: int,
) -> None:
    """Use up part of a day's caps, or refuse: condition and change are one statement."""
    if kind is QuotaKind.AT_ONCE:
        caps = {
            party_id: product.at_once_daily_max_fen,
            tx.tenant_id: product.at_once_product_daily_max_fen,
        }
    else:
        caps = {party_id: product.subscribe_daily_max_fen}
    for whose, cap_fen in caps.items():
        keys = _keys(tx.tenant_id, product.name, day, kind, whose)
        if _USED.on(tx.connection, keys).first() is None:
            begun = {"tenant_id": tx.tenant_id, "product": product.name, "day": day}
            _BEGIN.on(tx.connection, {**begun, "kind": kind.value, "whose": whose, "used_fen": 0})
        taken = _TAKE.on(tx.connection, {**keys, "amount": amount_fen, "cap": cap_fen})
        if taken.rowcount != 1:
            raise Refused("treasury.daily_cap", product=product.name, cap_fen=cap_fen)


def give_back(
    tx: Transaction, product: str, kind: QuotaKind, day: date, party_id: UUID, amount_fen: int
) -> None:
    """Free part of a day's caps again: what was ordered has not been paid."""
    for whose in (party_id, tx.tenant_id):
        keys = _keys(tx.tenant_id, product, day, kind, whose)
        changed = _GIVE_BACK.on(tx.connection, {**keys, "amount": amount_fen}).rowcount
        assert changed == 1, (product, day, whose)


def refuse_over_holding(tx: Transaction, product: Product, party_id: UUID, amount_fen: int) -> None:
    """Refuse more than one business, or all of them, may hold of a product."""
    keys = {"tenant": tx.tenant_id, "what": product.name}
    own = int(_HELD_BY.on(tx.connection, {**keys, "party": party_id}).scalar_one())
    whole = int(_HELD.on(tx.connection, keys).scalar_one())
    if own + amount_fen > product.holding_max_fen:
        raise Refused("treasury.holding_cap", cap_fen=product.holding_max_fen, held_fen=own)
    if whole + amount_fen > product.product_max_fen:
        raise Refused("treasury.product_cap", product=product.name)
