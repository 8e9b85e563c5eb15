"""The life of a programme: draft, approved, launched, stopped, reversed; each move on the record.

The invariant: whoever approves a programme is not the one who drafted it, and nothing is launched
that was not approved as it stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from martlet.kernel.errors import NotFound, Refused
from martlet.lending.relief.model import Stage
from martlet.lending.relief.tables import move, programme

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection, Row

    from martlet.store import Transaction

NEXT = {
    Stage.DRAFT: {Stage.APPROVED, Stage.STOPPED},
    Stage.APPROVED: {Stage.LAUNCHED, Stage.STOPPED},
    Stage.LAUNCHED: {Stage.LAUNCHED, Stage.STOPPED, Stage.REVERSED},
    Stage.STOPPED: {Stage.REVERSED},
    Stage.REVERSED: {Stage.REVERSED},
}


def find_programme(connection: Connection, tenant_id: UUID, programme_id: UUID) -> Row[Any]:
    """Return a programme's row."""
    row = connection.execute(
        select(programme).where(
            programme.c.tenant_id == tenant_id, programme.c.programme_id == programme_id
        )
    ).first()
    if row is None:
        raise NotFound("lending.relief_not_found", programme_id=str(programme_id))
    return row


def moves_of(connection: Connection, tenant_id: UUID, programme_id: UUID) -> list[Row[Any]]:
    """Return every move of a programme in order."""
    query = select(move).where(move.c.tenant_id == tenant_id, move.c.programme_id == programme_id)
    return list(connection.execute(query.order_by(move.c.step)))


def stage_of(connection: Connection, tenant_id: UUID, programme_id: UUID) -> Stage:
    """Return where a programme stands."""
    query = select(move.c.stage).where(
        move.c.tenant_id == tenant_id, move.c.programme_id == programme_id
    )
    stage = connection.execute(query.order_by(move.c.step.desc()).limit(1)).scalar_one()
    return Stage(stage)


def require_next(before: Stage, after: Stage) -> None:
    """Refuse a move that leads nowhere from here."""
    if after not in NEXT[before]:
        raise Refused("lending.relief_stage_impossible", before=before.value, after=after.value)


def add_move(
    tx: Transaction,
    programme_id: UUID,
    stage: Stage,
    note: str,
    business_date: date,
    from_on: date | None,
) -> None:
    """Write a move down; it is never changed."""
    steps = select(func.coalesce(func.max(move.c.step), 0)).where(
        move.c.tenant_id == tx.tenant_id, move.c.programme_id == programme_id
    )
    tx.execute(
        insert(move).values(
            tenant_id=tx.tenant_id,
            programme_id=programme_id,
            step=tx.execute(steps).scalar_one() + 1,
            stage=stage.value,
            business_date=business_date,
            from_on=from_on,
            moved_at=tx.now,
            moved_by=tx.principal.actor,
            note=note,
        )
    )
    told = {"programme_id": str(programme_id), "stage": stage.value, "note": note}
    tx.emit("lending.relief_moved", f"relief:{programme_id}", told, business_date=business_date)
