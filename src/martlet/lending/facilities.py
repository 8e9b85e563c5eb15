"""A facility's row: read it for the one who asks, and give limit back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from martlet.kernel.errors import Corrupt, NotFound
from martlet.lending.tables import facility

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Connection, Row

    from martlet.kernel.principal import Principal
    from martlet.store import Transaction


def find_facility(connection: Connection, principal: Principal, facility_id: UUID) -> Row[Any]:
    """Return a facility's row; another's facility does not exist."""
    query = select(facility).where(
        facility.c.tenant_id == principal.tenant_id, facility.c.facility_id == facility_id
    )
    if principal.party_ids is not None:
        query = query.where(facility.c.party_id.in_(sorted(principal.party_ids)))
    row = connection.execute(query).first()
    if row is None:
        raise NotFound("lending.facility_not_found", facility_id=str(facility_id))
    return row


def give_back(tx: Transaction, facility_id: UUID, amount_fen: int) -> None:
    """Free part of a limit again."""
    assert amount_fen >= 0, amount_fen
    tx.change_one(
        update(facility)
        .where(facility.c.facility_id == facility_id, facility.c.used_fen >= amount_fen)
        .values(used_fen=facility.c.used_fen - amount_fen),
        otherwise=Corrupt("lending.limit_given_back_twice", facility_id=str(facility_id)),
    )
