"""A person looked, and the trade is explained: the finding stops nothing for half a year.

It covers what was seen and not what comes later: once the finding has grown by a tenth it speaks
again. Who cleared it and why is on the record for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select

from martlet.records.integrity.limits import CLEARED_FOR, CLEARED_GROWTH_PERCENT
from martlet.records.tables import finding_cleared
from martlet.store import Prepared

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.store import Transaction

_PERCENT = 100
_IN_FORCE = Prepared(
    select(finding_cleared.c.kind, finding_cleared.c.value).where(
        finding_cleared.c.tenant_id == bindparam("tenant_id"),
        finding_cleared.c.party_id == bindparam("party_id"),
        finding_cleared.c.cleared_at <= bindparam("moment"),
        finding_cleared.c.until > bindparam("moment"),
    )
)


def clear(tx: Transaction, party_id: UUID, kind: str, value: int, reason: str) -> dict[str, Any]:
    """Write down that a finding of this strength is explained, and until when that holds."""
    clearing_id, until = tx.ids.new(), tx.now + CLEARED_FOR
    tx.execute(
        insert(finding_cleared).values(
            tenant_id=tx.tenant_id,
            clearing_id=clearing_id,
            party_id=party_id,
            kind=kind,
            value=value,
            reason=reason,
            cleared_at=tx.now,
            cleared_by=tx.principal.actor,
            until=until,
        )
    )
    told = {
        "clearing_id": str(clearing_id),
        "party_id": str(party_id),
        "kind": kind,
        "value": value,
        "until": until.isoformat(),
    }
    tx.emit("records.finding_cleared", f"party:{party_id}", told)
    return told


def cleared_values(
    connection: Connection, tenant_id: UUID, party_id: UUID, as_of: datetime
) -> dict[str, int]:
    """Return the kinds of findings that were explained, and up to which strength."""
    asked = {"tenant_id": tenant_id, "party_id": party_id, "moment": as_of}
    found: dict[str, int] = {}
    for row in _IN_FORCE.on(connection, asked):
        found[row.kind] = max(row.value, found.get(row.kind, 0))
    return found


def is_cleared(kind: str, value: int, cleared: Mapping[str, int]) -> bool:
    """Tell whether a finding is explained and has not grown since."""
    if kind not in cleared:
        return False
    return value * _PERCENT <= cleared[kind] * (_PERCENT + CLEARED_GROWTH_PERCENT)
