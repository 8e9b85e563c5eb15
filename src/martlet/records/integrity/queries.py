"""Reads and writes of stored signs: found at the last import, good until records change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, literal_column, select, update

from martlet.kernel.calendar import business_date_of
from martlet.records.integrity.books import store_marks
from martlet.records.integrity.signs import Signs
from martlet.records.limits import STORED_SIGNALS_DAYS
from martlet.records.model import Kind
from martlet.records.tables import party_integrity, record_party, shared_book
from martlet.store import Prepared, PreparedOfSome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.records.queries import PartyImport
    from martlet.store import Transaction


@dataclass(frozen=True, slots=True)
class StoredSigns:
    """Signs found before, in records that have not changed since."""

    signs: Signs
    kinds_there: tuple[Kind, ...]
    """The kinds that there are, allowed or not."""
    as_of: date
    computed_at: datetime


_IMPORTS_NOW = (
    select(func.count())
    .where(
        record_party.c.tenant_id == party_integrity.c.tenant_id,
        record_party.c.party_id == party_integrity.c.party_id,
    )
    .scalar_subquery()
)
_SHARED = (
    select(shared_book.c.other_id)
    .where(
        shared_book.c.tenant_id == party_integrity.c.tenant_id,
        shared_book.c.party_id == party_integrity.c.party_id,
    )
    .exists()
)
_QUIET_OF_TENANT = select(party_integrity.c.party_id).where(
    party_integrity.c.tenant_id == bindparam("tenant_id"),
    party_integrity.c.signs == literal_column("'[]'"),
    party_integrity.c.kinds == party_integrity.c.kinds_there,
    party_integrity.c.imports_count == _IMPORTS_NOW,
    party_integrity.c.as_of >= bindparam("earliest"),
    party_integrity.c.as_of <= bindparam("day"),
    party_integrity.c.computed_at <= bindparam("moment"),
    ~_SHARED,
)
_QUIET = Prepared(_QUIET_OF_TENANT.where(party_integrity.c.party_id == bindparam("party_id")))
"""Written once: this is asked at every decision."""
_QUIET_OF_SOME = PreparedOfSome(_QUIET_OF_TENANT, party_integrity.c.party_id)


def _asked(tenant_id: UUID, as_of: datetime) -> dict[str, Any]:
    day = business_date_of(as_of)
    earliest = day - timedelta(days=STORED_SIGNALS_DAYS)
    return {"tenant_id": tenant_id, "earliest": earliest, "day": day, "moment": as_of}


def is_quiet(connection: Connection, tenant_id: UUID, party_id: UUID, as_of: datetime) -> bool:
    """Tell whether all that there is of a business was looked at lately and nothing found."""
    asked = {"party_id": party_id, **_asked(tenant_id, as_of)}
    return _QUIET.on(connection, asked).first() is not None


def quiet_of_some(
    connection: Connection, tenant_id: UUID, party_ids: Sequence[UUID], as_of: datetime
) -> frozenset[UUID]:
    """Return for which of some businesses this is so, in one question."""
    rows = _QUIET_OF_SOME.on(connection, _asked(tenant_id, as_of), party_ids)
    return frozenset(row.party_id for row in rows)


_STORED = Prepared(
    select(party_integrity, _IMPORTS_NOW.label("imports_now")).where(
        party_integrity.c.tenant_id == bindparam("tenant_id"),
        party_integrity.c.party_id == bindparam("party_id"),
    )
)


def stored_signs(connection: Connection, tenant_id: UUID, party_id: UUID) -> StoredSigns | None:
    """Return what was found before in a business's records; None where they changed since."""
    row = _STORED.on(connection, {"tenant_id": tenant_id, "party_id": party_id}).first()
    if row is None or row.imports_count != row.imports_now:
        return None
    return StoredSigns(
        Signs.from_columns(row.kinds, row.signs, row.evidence),
        tuple(Kind(kind) for kind in row.kinds_there),
        row.as_of,
        row.computed_at,
    )


def store_signs(
    tx: Transaction, party_id: UUID, signs: Signs, imports: Sequence[PartyImport]
) -> None:
    """Store the signs of a business over what was stored before, and its marks beside them."""
    values = {
        **signs.columns(),
        "imports_count": len(imports),
        "kinds_there": sorted({entry.kind.value for entry in imports}),
        "as_of": business_date_of(tx.now),
        "computed_at": tx.now,
    }
    mine = party_integrity.c.tenant_id == tx.tenant_id, party_integrity.c.party_id == party_id
    changed = tx.execute(update(party_integrity).where(*mine).values(**values))
    if changed.rowcount == 0:
        tx.execute(
            insert(party_integrity).values(tenant_id=tx.tenant_id, party_id=party_id, **values)
        )
    store_marks(tx, party_id, signs.marks, tx.now)
