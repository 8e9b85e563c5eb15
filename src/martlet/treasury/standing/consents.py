"""Versions of a consent: each is written once, the last one counts until it ends or is revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import func, insert, select

from martlet.ledger import current_business_date
from martlet.treasury.consent import Limits
from martlet.treasury.tables import consent

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection, Row

    from martlet.store import Transaction


def write(tx: Transaction, party_id: UUID, limits: Limits | None) -> dict[str, Any]:
    """Write the next version: given with its limits, or revoked (None)."""
    today = current_business_date(tx.connection, tx.tenant_id)
    before = _newest(tx.connection, tx.tenant_id, party_id)
    counted = limits or (before.limits if before else Limits())
    version = before.version + 1 if before else 1
    tx.execute(
        insert(consent).values(
            tenant_id=tx.tenant_id,
            party_id=party_id,
            version=version,
            given=int(limits is not None),
            limits=msgspec.to_builtins(counted),
            given_on=today,
            actor=tx.principal.actor,
            recorded_at=tx.now,
        )
    )
    told = {
        "party_id": str(party_id),
        "version": version,
        "given": limits is not None,
        "limits": msgspec.to_builtins(counted),
        "given_on": today.isoformat(),
    }
    kind = "treasury.consent_given" if limits else "treasury.consent_revoked"
    tx.emit(kind, f"party:{party_id}", told, business_date=today)
    return told


def _newest(connection: Connection, tenant_id: UUID, party_id: UUID) -> Row[Any] | None:
    query = (
        select(consent)
        .where(consent.c.tenant_id == tenant_id, consent.c.party_id == party_id)
        .order_by(consent.c.version.desc())
        .limit(1)
    )
    found: Row[Any] | None = connection.execute(query).first()
    return found


def latest(
    connection: Connection, tenant_id: UUID, party_id: UUID, day: date
) -> dict[str, Any] | None:
    """Return the consent that is in force on a day; None where plans are only proposed."""
    row = _newest(connection, tenant_id, party_id)
    if row is None or not row.given or not _runs(row.limits, day):
        return None
    return {"version": row.version, "given_on": row.given_on, "limits": row.limits}


def _runs(limits: Limits, day: date) -> bool:
    return limits.valid_until is None or day <= limits.valid_until


def history(connection: Connection, tenant_id: UUID, party_id: UUID) -> list[dict[str, Any]]:
    """Return every version, the latest first."""
    query = (
        select(consent)
        .where(consent.c.tenant_id == tenant_id, consent.c.party_id == party_id)
        .order_by(consent.c.version.desc())
    )
    return [
        {
            "version": row.version,
            "given": bool(row.given),
            "given_on": row.given_on.isoformat(),
            "limits": msgspec.to_builtins(row.limits),
            "actor": row.actor,
        }
        for row in connection.execute(query)
    ]


def given(connection: Connection, tenant_id: UUID, after: UUID | None, limit: int) -> list[UUID]:
    """Return the next businesses whose latest word is a consent, in the order of their ids.

    Whether it still runs on a day is for `latest` to say.
    """
    last = (
        select(consent.c.party_id, func.max(consent.c.version).label("version"))
        .where(consent.c.tenant_id == tenant_id)
        .group_by(consent.c.party_id)
        .subquery()
    )
    query = (
        select(consent.c.party_id)
        .join(
            last,
            (last.c.party_id == consent.c.party_id) & (last.c.version == consent.c.version),
        )
        .where(consent.c.tenant_id == tenant_id, consent.c.given == 1)
        .order_by(consent.c.party_id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(consent.c.party_id > after)
    return list(connection.execute(query).scalars())
