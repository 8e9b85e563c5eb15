"""A facility's row: read it for the one who asks, take from its limit and give back.

Statements that run for every loan are written once, with their parameters: building one costs
ten times what carrying it out does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from martlet.kernel.errors import Corrupt, NotFound, Refused
from martlet.lending.tables import facility
from martlet.store import Prepared

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy import Connection, Row

    from martlet.kernel.principal import Principal
    from martlet.store import Transaction


def sees(principal: Principal, party_id: UUID) -> bool:
    """Tell whether a business is one that the principal may know of."""
    return principal.party_ids is None or party_id in principal.party_ids


_FIND = Prepared(
    select(facility).where(
        facility.c.tenant_id == bindparam("tenant"), facility.c.facility_id == bindparam("line")
    )
)
_TAKE = Prepared(
    update(facility)
    .where(
        facility.c.facility_id == bindparam("line"),
        facility.c.used_fen + bindparam("amount") <= facility.c.limit_fen,
    )
    .values(used_fen=facility.c.used_fen + bindparam("amount"))
)
_USE = Prepared(
    update(facility)
    .where(facility.c.facility_id == bindparam("line"))
    .values(used_fen=facility.c.used_fen + bindparam("amount"))
)
_GIVE_BACK = Prepared(
    update(facility)
    .where(facility.c.facility_id == bindparam("line"), facility.c.used_fen >= bindparam("amount"))
    .values(used_fen=facility.c.used_fen - bindparam("amount"))
)


def find_facility(connection: Connection, principal: Principal, facility_id: UUID) -> Row[Any]:
    """Return a facility's row; another's facility does not exist."""
    keys = {"tenant": principal.tenant_id, "line": facility_id}
    row: Row[Any] | None = _FIND.on(connection, keys).first()
    if row is None or not sees(principal, row.party_id):
        raise NotFound("lending.facility_not_found", facility_id=str(facility_id))
    return row


def take(tx: Transaction, line: Row[Any], amount_fen: int) -> None:
    """Use up part of a limit, never more than there is: condition and change are one statement."""
    assert amount_fen > 0, amount_fen
    changed = _TAKE.on(tx.connection, {"line": line.facility_id, "amount": amount_fen}).rowcount
    if changed != 1:
        available_fen = max(0, line.limit_fen - line.used_fen)
        raise Refused("lending.limit_exceeded", amount_fen=amount_fen, available_fen=available_fen)


def use(tx: Transaction, facility_id: UUID, amount_fen: int) -> None:
    """Count what is owed again as used, whatever the limit: a bank cannot refuse a charge-back."""
    assert amount_fen >= 0, amount_fen
    changed = _USE.on(tx.connection, {"line": facility_id, "amount": amount_fen}).rowcount
    assert changed == 1, facility_id


def give_back(tx: Transaction, facility_id: UUID, amount_fen: int) -> None:
    """Free part of a limit again."""
    assert amount_fen >= 0, amount_fen
    changed = _GIVE_BACK.on(tx.connection, {"line": facility_id, "amount": amount_fen}).rowcount
    if changed != 1:
        raise Corrupt("lending.limit_given_back_twice", facility_id=str(facility_id))


def give_back_many(tx: Transaction, freed_fen: Mapping[UUID, int]) -> None:
    """Free parts of many limits again."""
    driver = tx.driver
    parts = [(fen, driver.id(line), fen) for line, fen in sorted(freed_fen.items()) if fen]
    if not parts:
        return
    changed = driver.run_many(
        "UPDATE lending_facility SET used_fen = used_fen - ?"
        " WHERE facility_id = ? AND used_fen >= ?",
        parts,
    )
    if changed != len(parts):
        raise Corrupt("lending.limit_given_back_twice", facility_id=str(min(freed_fen)))
