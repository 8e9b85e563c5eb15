"""Reads and writes of stored signs: found at the last import, good until records change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, select, update

from martlet.kernel.calendar import business_date_of
from martlet.records.integrity.books import store_marks
from martlet.records.integrity.signs import Signs
from martlet.records.model import Kind
from martlet.records.tables import party_integrity, record_party, shared_book
from martlet.store import Prepared

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
    shared_count: int
    """Other businesses with the same invoices."""

    @property
    def nothing_anywhere(self) -> bool:
        """Tell whether everything that there is was looked at and nothing found."""
        nothing = not self.signs.signs and not self.shared_count
        return nothing and set(self.signs.kinds) == set(self.kinds_there)


_STORED_OF_TENANT = select(
    party_integrity,
    select(func.count())
    .where(
        record_party.c.tenant_id == party_integrity.c.tenant_id,
        record_party.c.party_id == party_integrity.c.party_id,
    )
    .scalar_subquery()
    .label("imports_now"),
    select(func.count())
    .where(
        shared_book.c.tenant_id == party_integrity.c.tenant_id,
        shared_book.c.party_id == party_integrity.c.party_id,
    )
    .scalar_subquery()
    .label("shared"),
).where(party_integrity.c.tenant_id == bindparam("tenant_id"))
_STORED_OF_SOME = _STORED_OF_TENANT.where(
    party_integrity.c.party_id.in_(bindparam("parties", expanding=True))
)
_STORED = Prepared(_STORED_OF_TENANT.where(party_integrity.c.party_id == bindparam("party_id")))
"""Written once: this is read at every decision."""


def stored_signs(connection: Connection, tenant_id: UUID, party_id: UUID) -> StoredSigns | None:
    """Return what was found before in a business's records; None where they changed since."""
    row = _STORED.on(connection, {"tenant_id": tenant_id, "party_id": party_id}).first()
    return None if row is None else _unchanged(row)


def stored_signs_of_some(
    connection: Connection, tenant_id: UUID, party_ids: Sequence[UUID]
) -> dict[UUID, StoredSigns]:
    """Return the same for some businesses in one question; what is None there is absent here."""
    asked = {"tenant_id": tenant_id, "parties": list(party_ids)}
    rows = connection.execute(_STORED_OF_SOME, asked)
    return {row.party_id: found for row in rows if (found := _unchanged(row)) is not None}


def _unchanged(row: Any) -> StoredSigns | None:  # noqa: ANN401 - a row of either statement
    if row.imports_count != row.imports_now:
        return None
    return StoredSigns(
        Signs.from_columns(row.kinds, row.signs, row.evidence),
        tuple(Kind(kind) for kind in row.kinds_there),
        row.as_of,
        row.computed_at,
        row.shared,
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
