"""Staff and their roles, and shutting a person out: at once, with every session and key.

Who is shut out is out entirely: the sessions end and so do the API keys that the person made,
because the person has seen their secrets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, update

from martlet.kernel.errors import NotFound, Refused
from martlet.parties.keys import revoke_keys_made_by
from martlet.parties.login import end_sessions_of
from martlet.parties.model import PersonKind
from martlet.parties.tables import owner, staff

if TYPE_CHECKING:
    from uuid import UUID

    from martlet.parties.personal import Personal
    from martlet.store import Transaction


def add_staff(tx: Transaction, personal: Personal, name: str, roles: tuple[str, ...]) -> UUID:
    """Put a person on the staff."""
    staff_id = tx.ids.new()
    tx.execute(
        insert(staff).values(
            tenant_id=tx.tenant_id,
            staff_id=staff_id,
            name_sealed=personal.seal(name, "staff.name", staff_id),
            roles=list(roles),
            active=1,
            created_at=tx.now,
        )
    )
    tx.emit("parties.staff_added", f"staff:{staff_id}", {"roles": list(roles)})
    return staff_id


def change_roles(tx: Transaction, staff_id: UUID, roles: tuple[str, ...]) -> None:
    """Give a member of staff these roles and no others; nobody changes their own."""
    if staff_id == tx.principal.actor_id:
        raise Refused("parties.own_roles")
    tx.change_one(
        update(staff)
        .where(
            staff.c.tenant_id == tx.tenant_id,
            staff.c.staff_id == staff_id,
            staff.c.active == 1,
        )
        .values(roles=list(roles)),
        otherwise=NotFound("parties.person_not_found", person_id=str(staff_id)),
    )
    tx.emit("parties.staff_roles_changed", f"staff:{staff_id}", {"roles": list(roles)})


def disable(tx: Transaction, kind: PersonKind, person_id: UUID) -> int:
    """Shut a person out; return how many sessions that ended."""
    table, key = (
        (owner, owner.c.owner_id) if kind is PersonKind.OWNER else (staff, staff.c.staff_id)
    )
    tx.change_one(
        update(table)
        .where(table.c.tenant_id == tx.tenant_id, key == person_id, table.c.active == 1)
        .values(active=0),
        otherwise=NotFound("parties.person_not_found", person_id=str(person_id)),
    )
    ended = end_sessions_of(tx, person_id)
    revoked = revoke_keys_made_by(tx, f"{kind.value}:{person_id}")
    tx.emit(
        "parties.person_disabled",
        f"{kind.value}:{person_id}",
        {"sessions_ended_count": ended, "keys_revoked_count": revoked},
    )
    return ended
