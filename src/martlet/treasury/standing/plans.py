"""Plans that were carried out: kept with their mornings, told again, and made again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import insert, select

from martlet.kernel.canonical import canonical_json, content_hash
from martlet.kernel.errors import NotFound
from martlet.treasury.limits import PLANS_SHOWN_MAX
from martlet.treasury.standing.deciding import orders_for
from martlet.treasury.standing.morning import Morning, Order
from martlet.treasury.tables import plan

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection, Row

    from martlet.kernel.principal import Principal
    from martlet.store import Transaction


def inputs_hash(inputs: Any) -> str:  # noqa: ANN401 - a morning's JSON value
    """Return what tells one morning from every other."""
    return content_hash(canonical_json(inputs))


def write(
    tx: Transaction,
    party_id: UUID,
    morning: Morning,
    orders: tuple[Order, ...],
    done: list[dict[str, Any]],
    version: int | None,
) -> dict[str, Any]:
    """Keep a plan that has just been carried out, with everything it was made from."""
    inputs = msgspec.to_builtins(morning)
    told = [
        {**msgspec.to_builtins(order), "done": one} for order, one in zip(orders, done, strict=True)
    ]
    plan_id = tx.ids.new()
    tx.execute(
        insert(plan).values(
            plan_id=plan_id,
            tenant_id=tx.tenant_id,
            party_id=party_id,
            day=morning.day,
            consent_version=version,
            inputs_hash=inputs_hash(inputs),
            inputs=inputs,
            orders=told,
            actor=tx.principal.actor,
            recorded_at=tx.now,
        )
    )
    answer = {
        "plan_id": str(plan_id),
        "party_id": str(party_id),
        "day": morning.day.isoformat(),
        "consent_version": version,
        "orders": told,
    }
    tx.emit("treasury.plan_done", f"party:{party_id}", answer, business_date=morning.day)
    return answer


def done_on(connection: Connection, tenant_id: UUID, party_id: UUID, day: date) -> bool:
    """Tell whether a business's plan of a day was carried out."""
    query = select(plan.c.plan_id).where(
        plan.c.tenant_id == tenant_id,
        plan.c.party_id == party_id,
        plan.c.day == day,
        plan.c.consent_version.is_not(None),
    )
    return connection.execute(query.limit(1)).first() is not None


def history(connection: Connection, tenant_id: UUID, party_id: UUID) -> list[dict[str, Any]]:
    """Return plans that were carried out, the latest first."""
    query = (
        select(plan)
        .where(plan.c.tenant_id == tenant_id, plan.c.party_id == party_id)
        .order_by(plan.c.plan_id.desc())
        .limit(PLANS_SHOWN_MAX)
    )
    return [_shown(row) for row in connection.execute(query)]


def _shown(row: Row[Any]) -> dict[str, Any]:
    return {
        "plan_id": str(row.plan_id),
        "day": row.day.isoformat(),
        "consent_version": row.consent_version,
        "inputs_hash": row.inputs_hash,
        "morning": msgspec.convert(row.inputs, Morning),
        "orders": tuple(msgspec.convert(one, Order) for one in row.orders),
        "done": [one["done"] for one in row.orders],
    }


def replay(connection: Connection, principal: Principal, plan_id: UUID) -> dict[str, Any]:
    """Make a plan again; another tenant's or another owner's does not exist."""
    query = select(plan).where(plan.c.tenant_id == principal.tenant_id, plan.c.plan_id == plan_id)
    row = connection.execute(query).first()
    mine = principal.party_ids
    if row is None or (mine is not None and row.party_id not in mine):
        raise NotFound("treasury.plan_not_found", plan_id=str(plan_id))
    shown = _shown(row)
    again = orders_for(shown["morning"])
    same_inputs = inputs_hash(row.inputs) == row.inputs_hash
    return {**shown, "identical": same_inputs and again == shown["orders"], "again": again}
