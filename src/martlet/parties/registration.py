"""Putting businesses and their owners on the books, many in one transaction.

A registration number is known once in a tenant. An owner is known by the phone: a second business
under the same phone belongs to the same owner, whose name stays as it was first given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from martlet.kernel.errors import Conflict, Forbidden, Invalid, TooLarge
from martlet.kernel.principal import ActorKind, Principal, Scope
from martlet.parties.limits import REGISTRATIONS_MAX
from martlet.parties.tables import business, owner, ownership

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from martlet.parties.model import Registration
    from martlet.parties.personal import Personal
    from martlet.store import Transaction


def require_may_register(principal: Principal) -> None:
    """Refuse whoever sees only some businesses: a new one would not be among them."""
    principal.require(Scope.PARTIES_WRITE)
    if principal.kind is ActorKind.OWNER or principal.party_ids is not None:
        raise Forbidden("parties.may_not_register")


def check_rows(rows: Sequence[Registration]) -> list[Registration]:
    """Return every row in one spelling; the first that cannot be true is refused by its number."""
    if len(rows) > REGISTRATIONS_MAX:
        raise TooLarge("parties.too_many_rows", rows_count=len(rows), max_count=REGISTRATIONS_MAX)
    checked: list[Registration] = []
    numbers: set[str] = set()
    for number, row in enumerate(rows, start=1):
        try:
            good = row.checked()
        except Invalid as error:
            error.details["row"] = number
            raise
        if good.registration_no in numbers:
            raise Conflict("parties.registration_known", row=number)
        if good.registration_no:
            numbers.add(good.registration_no)
        checked.append(good)
    return checked


def request_body(
    rows: Sequence[Registration], personal: Personal, principal: Principal
) -> dict[str, Any]:
    """Return what makes two registrations the same request, with nothing personal in it."""
    return {
        "rows": [
            [
                personal.fingerprint(
                    "\0".join(
                        (row.name, row.owner_name, row.owner_phone, row.registration_no or "")
                    ),
                    principal.tenant_id,
                ),
                row.trade,
                row.region,
                row.opened_on.isoformat() if row.opened_on else "",
            ]
            for row in rows
        ]
    }


def register(tx: Transaction, personal: Personal, rows: Sequence[Registration]) -> list[UUID]:
    """Register checked rows; return the businesses' ids in the order of the rows."""
    _refuse_known(tx, personal, rows)
    owners = _owners(tx, personal, rows)
    businesses: list[dict[str, Any]] = []
    links: list[dict[str, Any]] = []
    for row, owner_id in zip(rows, owners, strict=True):
        party_id = tx.ids.new()
        number = row.registration_no
        businesses.append(
            {
                "tenant_id": tx.tenant_id,
                "party_id": party_id,
                "name_sealed": personal.seal(row.name, "business.name", party_id),
                "registration_sealed": number
                and personal.seal(number, "business.registration", party_id),
                "registration_index": number
                and personal.index(number, "registration", tx.tenant_id),
                "trade": row.trade,
                "region": row.region,
                "opened_on": row.opened_on,
                "registered_at": tx.now,
            }
        )
        links.append(
            {
                "tenant_id": tx.tenant_id,
                "owner_id": owner_id,
                "party_id": party_id,
                "since": tx.now,
            }
        )
        tx.emit(
            "parties.business_registered",
            f"party:{party_id}",
            {
                "party_id": str(party_id),
                "owner_id": str(owner_id),
                "trade": row.trade,
                "region": row.region,
                "opened_on": row.opened_on.isoformat() if row.opened_on else None,
            },
        )
    if businesses:
        tx.execute(insert(business), businesses)
        tx.execute(insert(ownership), links)
    return [row["party_id"] for row in businesses]


def _refuse_known(tx: Transaction, personal: Personal, rows: Sequence[Registration]) -> None:
    numbers = {
        personal.index(row.registration_no, "registration", tx.tenant_id): place
        for place, row in enumerate(rows, start=1)
        if row.registration_no
    }
    known = tx.execute(
        select(business.c.registration_index).where(
            business.c.tenant_id == tx.tenant_id,
            business.c.registration_index.in_(numbers),
        )
    ).first()
    if known is not None:
        raise Conflict("parties.registration_known", row=numbers[known.registration_index])


def _owners(tx: Transaction, personal: Personal, rows: Sequence[Registration]) -> list[UUID]:
    """Return each row's owner, known by the phone or made now."""
    indexes = [personal.index(row.owner_phone, "phone", tx.tenant_id) for row in rows]
    found = tx.execute(
        select(owner.c.phone_index, owner.c.owner_id).where(
            owner.c.tenant_id == tx.tenant_id, owner.c.phone_index.in_(set(indexes))
        )
    )
    by_index: dict[str, UUID] = {row.phone_index: row.owner_id for row in found}
    made: list[dict[str, Any]] = []
    for row, index in zip(rows, indexes, strict=True):
        if index in by_index:
            continue
        owner_id = tx.ids.new()
        by_index[index] = owner_id
        made.append(
            {
                "tenant_id": tx.tenant_id,
                "owner_id": owner_id,
                "name_sealed": personal.seal(row.owner_name, "owner.name", owner_id),
                "phone_sealed": personal.seal(row.owner_phone, "owner.phone", owner_id),
                "phone_index": index,
                "active": 1,
                "created_at": tx.now,
            }
        )
    if made:
        tx.execute(insert(owner), made)
    return [by_index[index] for index in indexes]
