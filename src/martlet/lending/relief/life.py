"""The moves of a programme as one transaction each: what must be true before, and what follows.

The invariant: a name means one text, an approval is a second person's after a preview, and a
launch or reversal that was cut off is gone on with before another begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from martlet.kernel.errors import Refused
from martlet.kernel.principal import system_principal
from martlet.ledger import current_business_date
from martlet.lending.relief import queries
from martlet.lending.relief.model import Programme, Stage
from martlet.lending.relief.moves import (
    add_move,
    find_programme,
    moves_of,
    require_next,
    stage_of,
)
from martlet.lending.relief.reading import parse_programme
from martlet.lending.relief.tables import programme as programme_table
from martlet.lending.relief.tables import total
from martlet.store import read_job

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from martlet.store import Transaction


def draft(tx: Transaction, read: Programme) -> dict[str, Any]:
    """Write a programme down as a draft."""
    taken = select(programme_table.c.content_hash).where(
        programme_table.c.tenant_id == tx.tenant_id, programme_table.c.name == read.name
    )
    if tx.execute(taken).first() is not None:
        raise Refused("lending.relief_name_taken", name=read.name)
    programme_id = tx.ids.new()
    tx.execute(
        insert(programme_table).values(
            programme_id=programme_id,
            tenant_id=tx.tenant_id,
            name=read.name,
            content_hash=read.content_hash,
            text=read.text,
            drafted_at=tx.now,
            drafted_by=tx.principal.actor,
        )
    )
    today = current_business_date(tx.connection, tx.tenant_id)
    add_move(tx, programme_id, Stage.DRAFT, "", today, None)
    return {"programme_id": str(programme_id), "name": read.name, "stage": Stage.DRAFT.value}


def approve(tx: Transaction, programme_id: UUID) -> dict[str, Any]:
    """Approve a programme that was previewed, by another person than its author."""
    row = find_programme(tx.connection, tx.tenant_id, programme_id)
    require_next(stage_of(tx.connection, tx.tenant_id, programme_id), Stage.APPROVED)
    if row.drafted_by == tx.principal.actor:
        raise Refused("lending.relief_second_person_needed", name=row.name)
    seen = queries.latest_preview(tx.connection, tx.tenant_id, programme_id)
    if seen is None:
        raise Refused("lending.relief_preview_needed", name=row.name)
    today = current_business_date(tx.connection, tx.tenant_id)
    add_move(tx, programme_id, Stage.APPROVED, "", today, None)
    tx.execute(
        insert(total).values(
            programme_id=programme_id,
            tenant_id=tx.tenant_id,
            budget_fen=parse_programme(row.text).budget_fen,
            loans=0,
            cost_fen=0,
        )
    )
    return {"programme_id": str(programme_id), "stage": Stage.APPROVED.value}


def begin_launch(tx: Transaction, programme_id: UUID) -> date:
    """Return the first day of the launch to run: one that was cut off, or a new one of today."""
    row = find_programme(tx.connection, tx.tenant_id, programme_id)
    moves = moves_of(tx.connection, tx.tenant_id, programme_id)
    require_next(Stage(moves[-1].stage), Stage.LAUNCHED)
    today = current_business_date(tx.connection, tx.tenant_id)
    before: list[date] = [one.from_on for one in moves if one.stage == Stage.LAUNCHED.value]
    if before:
        bank = system_principal(tx.tenant_id)
        cut_off = read_job(tx.connection, bank, queries.launch_job(programme_id, before[-1]))
        if not cut_off.done or before[-1] == today:
            return before[-1]
    read = parse_programme(row.text)
    if not read.open_from <= today <= read.open_until:
        raise Refused(
            "lending.relief_not_open",
            today=today.isoformat(),
            open_from=read.open_from.isoformat(),
            open_until=read.open_until.isoformat(),
        )
    add_move(tx, programme_id, Stage.LAUNCHED, "", today, today)
    return today


def begin_reversal(tx: Transaction, programme_id: UUID, reason: str, from_on: date | None) -> date:
    """Return the day of the reversal to run: one that was cut off, or a new one."""
    find_programme(tx.connection, tx.tenant_id, programme_id)
    moves = moves_of(tx.connection, tx.tenant_id, programme_id)
    require_next(Stage(moves[-1].stage), Stage.REVERSED)
    if moves[-1].stage == Stage.REVERSED.value:
        known: date = moves[-1].from_on
        return known
    today = current_business_date(tx.connection, tx.tenant_id)
    chosen = from_on or today
    if chosen < today:
        raise Refused(
            "lending.relief_reversal_backdated",
            from_on=chosen.isoformat(),
            today=today.isoformat(),
        )
    add_move(tx, programme_id, Stage.REVERSED, reason, today, chosen)
    return chosen
