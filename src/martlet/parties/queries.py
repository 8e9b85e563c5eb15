"""Reads: each takes the one who asks, stays in its tenant and, for an owner, in its businesses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import bindparam, select

from martlet.kernel.errors import NotFound
from martlet.kernel.principal import ActorKind, Principal, Scope
from martlet.parties.limits import PAGE_MAX
from martlet.parties.model import (
    ApiKey,
    Business,
    BusinessFacts,
    Owner,
    StaffMember,
    Tenant,
)
from martlet.parties.tables import api_key, business, owner, ownership, staff, tenant
from martlet.store import Prepared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row, Select

    from martlet.parties.personal import Personal


def _businesses(principal: Principal) -> Select[Any]:
    principal.require(Scope.PARTIES_READ)
    query = select(business).where(business.c.tenant_id == principal.tenant_id)
    if principal.party_ids is not None:
        query = query.where(business.c.party_id.in_(principal.party_ids))
    return query


def _business(row: Row[Any], personal: Personal) -> Business:
    return Business(
        row.party_id,
        personal.name(row.name_sealed, "business.name", row.party_id),
        personal.registration(row.registration_sealed, row.party_id),
        row.trade,
        row.region,
        row.opened_on,
        row.registered_at,
    )


def read_business(
    connection: Connection, personal: Personal, principal: Principal, party_id: UUID
) -> Business:
    """Return a business; one of another tenant or owner does not exist."""
    row = connection.execute(_businesses(principal).where(business.c.party_id == party_id)).first()
    if row is None:
        raise NotFound("parties.business_not_found", party_id=str(party_id))
    return _business(row, personal)


def list_businesses(
    connection: Connection,
    personal: Personal,
    principal: Principal,
    after: UUID | None = None,
    limit: int = 50,
) -> tuple[Business, ...]:
    """Return businesses in the order of their registration, after one, at most `limit`."""
    query = _businesses(principal).order_by(business.c.party_id).limit(min(limit, PAGE_MAX))
    if after is not None:
        query = query.where(business.c.party_id > after)
    return tuple(_business(row, personal) for row in connection.execute(query))


def find_by_registration(
    connection: Connection, personal: Personal, principal: Principal, registration_no: str
) -> Business | None:
    """Return the business with this registration number, if the principal sees one."""
    index = personal.index(registration_no, "registration", principal.tenant_id)
    row = connection.execute(
        _businesses(principal).where(business.c.registration_index == index)
    ).first()
    return _business(row, personal) if row is not None else None


def business_facts(connection: Connection, principal: Principal, party_id: UUID) -> BusinessFacts:
    """Return what other rooms need of a business; an unknown one is `NotFound`."""
    principal.require_party(party_id)
    keys = {"tenant": principal.tenant_id, "party": party_id}
    row = _FACTS.on(connection, keys).first()
    if row is None:
        raise NotFound("parties.business_not_found", party_id=str(party_id))
    return BusinessFacts(*row)


_FACTS = Prepared(
    select(
        business.c.party_id,
        business.c.trade,
        business.c.region,
        business.c.opened_on,
        business.c.registered_at,
    ).where(business.c.tenant_id == bindparam("tenant"), business.c.party_id == bindparam("party"))
)
"""Written once: every application asks."""


TRAITS = "SELECT tenant_id, party_id, region, trade FROM business"
"""The text of a query that other rooms join where they read by the million; nothing personal."""


def facts_of_many(
    connection: Connection, principal: Principal, party_ids: Sequence[UUID]
) -> dict[UUID, BusinessFacts]:
    """Return what other rooms need of many businesses; those it may not see are left out."""
    columns = (
        business.c.party_id,
        business.c.trade,
        business.c.region,
        business.c.opened_on,
        business.c.registered_at,
    )
    seen = set(party_ids) if principal.party_ids is None else principal.party_ids & set(party_ids)
    wanted, found = sorted(seen), {}
    for start in range(0, len(wanted), PAGE_MAX):
        query = select(*columns).where(
            business.c.tenant_id == principal.tenant_id,
            business.c.party_id.in_(wanted[start : start + PAGE_MAX]),
        )
        found.update({row.party_id: BusinessFacts(*row) for row in connection.execute(query)})
    return found


def party_ids_of(connection: Connection, tenant_id: UUID, owner_id: UUID) -> frozenset[UUID]:
    """Return the businesses of an owner."""
    return frozenset(
        connection.execute(
            select(ownership.c.party_id).where(
                ownership.c.tenant_id == tenant_id, ownership.c.owner_id == owner_id
            )
        ).scalars()
    )


def owners_of(
    connection: Connection, personal: Personal, principal: Principal, party_id: UUID
) -> tuple[Owner, ...]:
    """Return who owns a business; of each owner only the businesses that the principal sees."""
    principal.require(Scope.PARTIES_READ)
    principal.require_party(party_id)
    rows = connection.execute(
        select(owner)
        .join(
            ownership,
            (ownership.c.tenant_id == owner.c.tenant_id)
            & (ownership.c.owner_id == owner.c.owner_id),
        )
        .where(owner.c.tenant_id == principal.tenant_id, ownership.c.party_id == party_id)
        .order_by(owner.c.owner_id)
    ).all()
    return tuple(_owner(connection, personal, principal, row) for row in rows)


def read_owner(
    connection: Connection, personal: Personal, principal: Principal, owner_id: UUID
) -> Owner:
    """Return an owner: to staff, or to itself."""
    principal.require(Scope.PARTIES_READ)
    row = connection.execute(
        select(owner).where(owner.c.tenant_id == principal.tenant_id, owner.c.owner_id == owner_id)
    ).first()
    if row is not None:
        found = _owner(connection, personal, principal, row)
        itself = principal.kind is ActorKind.OWNER and principal.actor_id == owner_id
        if principal.party_ids is None or itself:
            return found
    raise NotFound("parties.person_not_found", person_id=str(owner_id))


def _owner(
    connection: Connection, personal: Personal, principal: Principal, row: Row[Any]
) -> Owner:
    owned = party_ids_of(connection, principal.tenant_id, row.owner_id)
    return Owner(
        row.owner_id,
        personal.name(row.name_sealed, "owner.name", row.owner_id),
        personal.phone(row.phone_sealed, row.owner_id),
        bool(row.active),
        owned if principal.party_ids is None else owned & principal.party_ids,
    )


def owner_id_by_phone(
    connection: Connection, personal: Personal, tenant_id: UUID, phone: str
) -> UUID | None:
    """Return the active owner with this phone; only for the room itself, never to a caller."""
    return connection.execute(
        select(owner.c.owner_id).where(
            owner.c.tenant_id == tenant_id,
            owner.c.phone_index == personal.index(phone, "phone", tenant_id),
            owner.c.active == 1,
        )
    ).scalar()


def list_staff(
    connection: Connection, personal: Personal, principal: Principal
) -> tuple[StaffMember, ...]:
    """Return the staff of the tenant, to who manages it."""
    principal.require(Scope.STAFF_ADMIN)
    rows = connection.execute(
        select(staff)
        .where(staff.c.tenant_id == principal.tenant_id)
        .order_by(staff.c.staff_id)
        .limit(PAGE_MAX)
    )
    return tuple(
        StaffMember(
            row.staff_id,
            personal.name(row.name_sealed, "staff.name", row.staff_id),
            tuple(row.roles),
            bool(row.active),
        )
        for row in rows
    )


def list_api_keys(connection: Connection, principal: Principal) -> tuple[ApiKey, ...]:
    """Return the API keys of the tenant, to who manages them."""
    principal.require(Scope.STAFF_ADMIN)
    rows = connection.execute(
        select(api_key)
        .where(api_key.c.tenant_id == principal.tenant_id)
        .order_by(api_key.c.api_key_id)
        .limit(PAGE_MAX)
    )
    return tuple(read_key_row(row) for row in rows)


def read_key_row(row: Row[Any]) -> ApiKey:
    """Return an API key from its row, without the hash."""
    return ApiKey(
        row.api_key_id,
        row.prefix,
        row.label,
        frozenset(Scope(name) for name in row.scopes),
        _ids(row.party_ids),
        row.created_at,
        row.expires_at,
        row.revoked_at,
        row.last_used_on,
    )


def _ids(texts: Sequence[str] | None) -> frozenset[UUID] | None:
    return None if texts is None else frozenset(UUID(text) for text in texts)


def list_tenants(connection: Connection) -> tuple[Tenant, ...]:
    """Return every tenant of this installation; for its operator, not for any tenant's user."""
    rows = connection.execute(select(tenant).order_by(tenant.c.tenant_id).limit(PAGE_MAX))
    return tuple(Tenant(row.tenant_id, row.name, row.created_at) for row in rows)
