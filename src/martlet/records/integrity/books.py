"""Marks in the database: a business's own are written with its signs, and find their equals.

Both of two businesses with the same invoices learn of it in the commit of the second one's import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, insert, select

from martlet.records.integrity.limits import MARKS_SHARED_MIN, SHARED_BOOKS_MAX
from martlet.records.integrity.marks import SharedBook
from martlet.records.tables import invoice_mark, shared_book

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.records.integrity.marks import Mark
    from martlet.store import Transaction

_mine, _theirs = invoice_mark.alias("mine"), invoice_mark.alias("theirs")
_SHARED = (
    select(
        _theirs.c.party_id,
        func.count().label("shared"),
        func.min(_mine.c.known_at).label("mine_since"),
        func.min(_theirs.c.known_at).label("theirs_since"),
    )
    .join(
        _theirs,
        (_theirs.c.tenant_id == _mine.c.tenant_id)
        & (_theirs.c.mark == _mine.c.mark)
        & (_theirs.c.party_id != _mine.c.party_id),
    )
    .where(_mine.c.tenant_id == bindparam("tenant"), _mine.c.party_id == bindparam("party"))
    .group_by(_theirs.c.party_id)
    .having(func.count() >= MARKS_SHARED_MIN)
    .order_by(func.count().desc(), _theirs.c.party_id)
    .limit(SHARED_BOOKS_MAX)
)


def store_marks(tx: Transaction, party_id: UUID, marks: Sequence[Mark], known_at: datetime) -> None:
    """Write the marks of a business that are new, and which other businesses have them too."""
    mine = invoice_mark.c.tenant_id == tx.tenant_id, invoice_mark.c.party_id == party_id
    known = set(tx.execute(select(invoice_mark.c.mark).where(*mine)).scalars())
    fresh = [
        {
            "tenant_id": tx.tenant_id,
            "mark": mark.mark,
            "party_id": party_id,
            "known_at": min(mark.known_at, known_at),
        }
        for mark in marks
        if mark.mark not in known
    ]
    if not fresh:
        return
    tx.execute(insert(invoice_mark), fresh)
    keys = {"tenant": tx.tenant_id, "party": party_id}
    for row in tx.connection.execute(_SHARED, keys).all():
        since = max(row.mine_since, row.theirs_since)
        first = row.mine_since < row.theirs_since, row.theirs_since < row.mine_since
        for one, other, is_first in (
            (party_id, row.party_id, first[0]),
            (row.party_id, party_id, first[1]),
        ):
            _store_shared(tx, one, SharedBook(other, row.shared, 0, since, is_first))


def _store_shared(tx: Transaction, party_id: UUID, found: SharedBook) -> None:
    own = select(func.count()).where(
        invoice_mark.c.tenant_id == tx.tenant_id, invoice_mark.c.party_id == party_id
    )
    tx.execute(
        delete(shared_book).where(
            shared_book.c.tenant_id == tx.tenant_id,
            shared_book.c.party_id == party_id,
            shared_book.c.other_id == found.other_id,
        )
    )
    tx.execute(
        insert(shared_book).values(
            tenant_id=tx.tenant_id,
            party_id=party_id,
            other_id=found.other_id,
            shared_count=found.shared_count,
            own_count=tx.execute(own).scalar_one(),
            known_at=found.known_at,
            is_first=int(found.first),
        )
    )


def shared_books(connection: Connection, tenant_id: UUID, party_id: UUID) -> tuple[SharedBook, ...]:
    """Return the other businesses that have a business's sales invoices too."""
    rows = connection.execute(
        select(shared_book)
        .where(shared_book.c.tenant_id == tenant_id, shared_book.c.party_id == party_id)
        .order_by(shared_book.c.other_id)
    )
    return tuple(
        SharedBook(r.other_id, r.shared_count, r.own_count, r.known_at, bool(r.is_first))
        for r in rows
    )


def shared_marks(
    connection: Connection, tenant_id: UUID, party_id: UUID, others: Sequence[UUID]
) -> frozenset[int]:
    """Return the marks of a business that some others have too."""
    rows = connection.execute(
        select(_mine.c.mark)
        .join(
            _theirs, (_theirs.c.tenant_id == _mine.c.tenant_id) & (_theirs.c.mark == _mine.c.mark)
        )
        .where(
            _mine.c.tenant_id == tenant_id,
            _mine.c.party_id == party_id,
            _theirs.c.party_id.in_(list(others)),
        )
    )
    return frozenset(rows.scalars())
