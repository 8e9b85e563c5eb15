"""As whom a command acts: the bank itself, or a named member of its staff, on the record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.kernel.errors import Invalid, NotFound
from martlet.kernel.ids import parse_id
from martlet.kernel.principal import system_principal
from martlet.parties import PersonKind

if TYPE_CHECKING:
    from uuid import UUID

    from martlet.bootstrap import Bank
    from martlet.kernel.principal import Principal


def operator(bank: Bank, tenant: str = "") -> Principal:
    """Return the bank itself, in the chosen tenant or in the only one."""
    known = {found.tenant_id: found.name for found in bank.parties.tenants()}
    if tenant:
        wanted = parse_id(tenant)
        if wanted not in known:
            raise NotFound("cli.no_such_tenant", tenant=tenant)
        return system_principal(wanted)
    if not known:
        raise NotFound("cli.no_tenant")
    if len(known) > 1:
        raise Invalid("cli.tenant_needed", tenants=", ".join(map(str, known)))
    return system_principal(next(iter(known)))


def staff_id_of(bank: Bank, principal: Principal, staff: str) -> UUID:
    """Return the member of staff with this id or this exact name."""
    found = [
        member.staff_id
        for member in bank.parties.staff(principal)
        if staff in {str(member.staff_id), member.name.reveal()}
    ]
    if len(found) != 1:
        raise NotFound("cli.no_such_staff", staff=staff)
    return found[0]


def staff_principal(bank: Bank, principal: Principal, staff: str) -> Principal:
    """Return a member of staff by id or name, entered by a one-time link like on the page.

    So the record shows that the operator acted as this person, and the rights are the person's.
    """
    staff_id = staff_id_of(bank, principal, staff)
    link = bank.parties.login_link(principal, PersonKind.STAFF, staff_id)
    session = bank.parties.log_in_by_link(link)
    bank.parties.log_out(session.token)
    return session.principal
