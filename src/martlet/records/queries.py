"""Reads of the room: which imports there are, which files hold a business's rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, bindparam, func, select

from martlet.records.figures import Figures
from martlet.records.model import Kind
from martlet.records.report import ImportReport
from martlet.records.shelf import ShelfFile, shard_of
from martlet.records.tables import party_signal, record_file, record_import, record_party
from martlet.store import Prepared, PreparedOfSome

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.kernel.principal import Principal


@dataclass(frozen=True, slots=True)
class PartyImport:
    """An import in which a business has rows."""

    import_id: UUID
    kind: Kind
    content_hash: str
    known_by: str
    known_at: datetime


@dataclass(frozen=True, slots=True)
class StoredSignals:
    """Figures computed before, from records that have not changed since."""

    figures: Figures
    kinds_there: tuple[Kind, ...]
    """The kinds that there are, allowed or not."""
    as_of: date
    computed_at: datetime


def _same_import(table: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a table of this room
    return and_(
        record_import.c.tenant_id == table.c.tenant_id,
        record_import.c.import_id == table.c.import_id,
    )


def find_import(
    connection: Connection, tenant_id: UUID, scope: str, content_hash: str
) -> ImportReport | None:
    """Return the report of the same content imported before for the same businesses."""
    row = connection.execute(
        select(record_import.c.report).where(
            record_import.c.tenant_id == tenant_id,
            record_import.c.scope == scope,
            record_import.c.content_hash == content_hash,
        )
    ).first()
    return ImportReport.from_json(row.report, replayed=True) if row is not None else None


def list_imports(
    connection: Connection, principal: Principal, party_id: UUID | None = None, *, limit: int = 100
) -> tuple[ImportReport, ...]:
    """Return imports, the newest first: of one business, or all that the principal may see."""
    query = select(record_import.c.report, record_import.c.known_at).where(
        record_import.c.tenant_id == principal.tenant_id
    )
    if party_id is not None:
        principal.require_party(party_id)
        query = query.join(record_party, _same_import(record_party)).where(
            record_party.c.party_id == party_id
        )
    elif principal.party_ids is not None:
        query = query.where(record_import.c.party_id.in_(list(principal.party_ids)))
    rows = connection.execute(
        query.order_by(record_import.c.known_at.desc(), record_import.c.import_id.desc()).limit(
            limit
        )
    )
    return tuple(
        replace(ImportReport.from_json(row.report), imported_at=row.known_at) for row in rows
    )


def imports_of_party(
    connection: Connection, tenant_id: UUID, party_id: UUID
) -> tuple[PartyImport, ...]:
    """Return the imports that speak of a business, oldest first."""
    rows = connection.execute(
        select(
            record_import.c.import_id,
            record_import.c.kind,
            record_import.c.content_hash,
            record_import.c.known_by,
            record_import.c.known_at,
        )
        .join(record_party, _same_import(record_party))
        .where(record_party.c.tenant_id == tenant_id, record_party.c.party_id == party_id)
        .order_by(record_import.c.known_at, record_import.c.import_id)
    )
    return tuple(
        PartyImport(row.import_id, Kind(row.kind), row.content_hash, row.known_by, row.known_at)
        for row in rows
    )


def count_imports(connection: Connection, tenant_id: UUID, party_id: UUID | None) -> int:
    """Return how many imports speak of a business, or of anybody: it only ever grows."""
    if party_id is None:
        query = select(func.count()).where(record_import.c.tenant_id == tenant_id)
    else:
        query = select(func.count()).where(
            record_party.c.tenant_id == tenant_id, record_party.c.party_id == party_id
        )
    return int(connection.execute(query).scalar_one())


def files_of_party(
    connection: Connection, tenant_id: UUID, party_id: UUID, kinds: Collection[Kind]
) -> tuple[ShelfFile, ...]:
    """Return the files that hold rows of a business."""
    return _files(
        connection,
        tenant_id,
        record_file.c.shard == shard_of(party_id),
        record_import.c.kind.in_([kind.value for kind in kinds]),
        select(record_party.c.import_id)
        .where(
            record_party.c.tenant_id == tenant_id,
            record_party.c.party_id == party_id,
            record_party.c.import_id == record_file.c.import_id,
            record_party.c.rows > 0,
        )
        .exists(),
    )


def files_of_shard(
    connection: Connection, tenant_id: UUID, shard: int, kinds: Collection[Kind]
) -> tuple[ShelfFile, ...]:
    """Return all files of a shard."""
    return _files(
        connection,
        tenant_id,
        record_file.c.shard == shard,
        record_import.c.kind.in_([kind.value for kind in kinds]),
    )


def _files(
    connection: Connection, tenant_id: UUID, *which: ColumnElement[bool]
) -> tuple[ShelfFile, ...]:
    rows = connection.execute(
        select(
            record_import.c.kind,
            record_file.c.path,
            record_import.c.known_by,
            record_import.c.known_at,
        )
        .join(record_file, _same_import(record_file))
        .where(record_file.c.tenant_id == tenant_id, *which)
        .order_by(record_import.c.known_at, record_file.c.path)
    )
    return tuple(
        ShelfFile(Kind(row.kind), row.path, row.known_at if row.known_by == "import" else None)
        for row in rows
    )


def parties_of_shard(
    connection: Connection, tenant_id: UUID, shard: int
) -> dict[UUID, tuple[PartyImport, ...]]:
    """Return the businesses of a shard that have records, and in which imports."""
    rows = connection.execute(
        select(
            record_party.c.party_id,
            record_import.c.import_id,
            record_import.c.kind,
            record_import.c.content_hash,
            record_import.c.known_by,
            record_import.c.known_at,
        )
        .join(record_import, _same_import(record_party))
        .where(record_party.c.tenant_id == tenant_id, record_party.c.shard == shard)
        .order_by(record_party.c.party_id, record_import.c.known_at, record_import.c.import_id)
    )
    found: dict[UUID, tuple[PartyImport, ...]] = {}
    for row in rows:
        entry = PartyImport(
            row.import_id, Kind(row.kind), row.content_hash, row.known_by, row.known_at
        )
        found[row.party_id] = (*found.get(row.party_id, ()), entry)
    return found


_STORED_OF_TENANT = select(
    *(column for column in party_signal.c if column.name != "tenant_id"),
    select(func.count())
    .where(
        record_party.c.tenant_id == party_signal.c.tenant_id,
        record_party.c.party_id == party_signal.c.party_id,
    )
    .scalar_subquery()
    .label("imports_now"),
).where(party_signal.c.tenant_id == bindparam("tenant_id"))
_STORED_OF_SOME = PreparedOfSome(_STORED_OF_TENANT, party_signal.c.party_id)
_STORED = Prepared(_STORED_OF_TENANT.where(party_signal.c.party_id == bindparam("party_id")))
"""Written once: this is read at every decision."""


def stored_signals(connection: Connection, tenant_id: UUID, party_id: UUID) -> StoredSignals | None:
    """Return what was computed before for a business; None where its records changed since."""
    row = _STORED.on(connection, {"tenant_id": tenant_id, "party_id": party_id}).first()
    return None if row is None else _unchanged(row)


def stored_signals_of_some(
    connection: Connection, tenant_id: UUID, party_ids: Sequence[UUID]
) -> dict[UUID, StoredSignals]:
    """Return the same for some businesses in one question; what is None there is absent here."""
    rows = _STORED_OF_SOME.on(connection, {"tenant_id": tenant_id}, party_ids)
    return {row.party_id: found for row in rows if (found := _unchanged(row)) is not None}


def _unchanged(row: Any) -> StoredSignals | None:  # noqa: ANN401 - a row of either statement
    if row.imports_count != row.imports_now:
        return None
    there = tuple(Kind(kind) for kind in row.kinds_there)
    return StoredSignals(Figures.from_columns(row), there, row.as_of, row.computed_at)


def all_paths(connection: Connection) -> frozenset[str]:
    """Return every registered file of every tenant: what a sweep must leave alone."""
    # all tenants: the folder is one for all, and nothing but names of files is read
    return frozenset(connection.execute(select(record_file.c.path)).scalars())
