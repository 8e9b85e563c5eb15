"""What each business date brought to a business from outside, and what left it.

Money that only changes its place at the bank (a subscription, a redemption to the balance) is no
flow: what a plan has to be ready for is what comes and goes, whatever product it lay in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert, select, update

from martlet.store import Prepared
from martlet.treasury.limits import BUSINESS_FLOW_DAYS_MAX
from martlet.treasury.tables import flow

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.store import Transaction

_ADD = Prepared(
    update(flow)
    .where(
        flow.c.tenant_id == bindparam("tenant"),
        flow.c.party_id == bindparam("party"),
        flow.c.day == bindparam("on"),
    )
    .values(in_fen=flow.c.in_fen + bindparam("came"), out_fen=flow.c.out_fen + bindparam("went"))
)
_BEGIN = Prepared(insert(flow))


def note_flow(
    tx: Transaction, party_id: UUID, day: date, *, in_fen: int = 0, out_fen: int = 0
) -> None:
    """Add to what a business date has brought and taken."""
    keys = {"tenant": tx.tenant_id, "party": party_id, "on": day, "came": in_fen, "went": out_fen}
    if _ADD.on(tx.connection, keys).rowcount == 0:
        told = {"tenant_id": tx.tenant_id, "party_id": party_id, "day": day}
        _BEGIN.on(tx.connection, {**told, "in_fen": in_fen, "out_fen": out_fen})


def flows_of(
    connection: Connection, tenant_id: UUID, party_id: UUID, until: date
) -> list[tuple[date, int, int]]:
    """Return a business's days with money in or out before a day, the oldest first."""
    query = (
        select(flow.c.day, flow.c.in_fen, flow.c.out_fen)
        .where(flow.c.tenant_id == tenant_id, flow.c.party_id == party_id, flow.c.day < until)
        .order_by(flow.c.day.desc())
        .limit(BUSINESS_FLOW_DAYS_MAX)
    )
    return [(row.day, row.in_fen, row.out_fen) for row in reversed(connection.execute(query).all())]
