"""Who is asking: a session token or an API key becomes a principal, or nobody.

The rights are read anew at every call, from the person's roles and businesses of that moment, so
a change of role, a revoked key or a disabled person counts from the commit on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from martlet.kernel.principal import OWNER_SCOPES, ActorKind, Principal
from martlet.parties.limits import SESSION_IDLE
from martlet.parties.login import active_person
from martlet.parties.model import PersonKind
from martlet.parties.queries import party_ids_of, read_key_row
from martlet.parties.roles import scopes_of
from martlet.parties.tables import api_key, login_link, session, staff
from martlet.parties.tokens import read_api_key, same, token_hash

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that is open now, and whose it is."""

    session_id: UUID
    principal: Principal
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class UsableKey:
    """An API key that opens something now."""

    api_key_id: UUID
    principal: Principal
    last_used_on: date | None


def find_session(connection: Connection, token: str, now: datetime) -> OpenSession | None:
    """Return the open session of a token: not ended, not idle, not too old, of an active person."""
    row: Any = connection.execute(
        select(session).where(session.c.token_hash == token_hash(token))
    ).first()
    if row is None or row.ended_at is not None:
        return None
    if now >= row.expires_at or now >= row.seen_at + SESSION_IDLE:
        return None
    principal = principal_of_person(
        connection, row.tenant_id, PersonKind(row.person_kind), row.person_id
    )
    if principal is None:
        return None
    return OpenSession(row.session_id, principal, row.seen_at, row.expires_at)


def principal_of_person(
    connection: Connection, tenant_id: UUID, kind: PersonKind, person_id: UUID
) -> Principal | None:
    """Return what a person may do now; a disabled one may do nothing."""
    if connection.execute(active_person(tenant_id, kind, person_id)).first() is None:
        return None
    if kind is PersonKind.OWNER:
        owned = party_ids_of(connection, tenant_id, person_id)
        return Principal(tenant_id, person_id, ActorKind.OWNER, OWNER_SCOPES, owned)
    names = connection.execute(
        select(staff.c.roles).where(staff.c.tenant_id == tenant_id, staff.c.staff_id == person_id)
    ).scalar_one()
    return Principal(tenant_id, person_id, ActorKind.STAFF, scopes_of(names))


def find_api_key(connection: Connection, text: str, now: datetime) -> UsableKey | None:
    """Return what an API key opens now: known, its secret right, not revoked, not expired."""
    given = read_api_key(text)
    if given is None:
        return None
    row: Any = connection.execute(select(api_key).where(api_key.c.prefix == given.prefix)).first()
    if row is None or not same(row.secret_hash, token_hash(given.secret)):
        return None
    if row.revoked_at is not None or now >= row.expires_at:
        return None
    key = read_key_row(row)
    principal = Principal(
        row.tenant_id, key.api_key_id, ActorKind.API_KEY, key.scopes, key.party_ids
    )
    return UsableKey(key.api_key_id, principal, key.last_used_on)


def tenant_of_link(connection: Connection, token: str) -> UUID | None:
    """Return the tenant in which a one-time link was made."""
    return connection.execute(
        select(login_link.c.tenant_id).where(login_link.c.token_hash == token_hash(token))
    ).scalar()


def tenant_of_session(connection: Connection, token: str) -> UUID | None:
    """Return the tenant of a session, open or not."""
    return connection.execute(
        select(session.c.tenant_id).where(session.c.token_hash == token_hash(token))
    ).scalar()
