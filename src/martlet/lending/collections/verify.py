"""Proof of collections: each case's row is the fold of its events. Nothing is repaired here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from martlet.kernel.errors import Corrupt
from martlet.lending.collections.cases import event_rows, events_of, state_of
from martlet.lending.collections.limits import VERIFY_PAGE
from martlet.lending.collections.model import fold
from martlet.lending.collections.tables import collections_case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Row


def verify_collections(connection: Connection) -> dict[str, Any]:
    """Fold every case again and compare it with its row; return how many there were."""
    cases = 0
    for row in _all_cases(connection):
        if fold(events_of(event_rows(connection, row.tenant_id, row.case_id))) != state_of(row):
            raise Corrupt("lending.case_differs", case_id=str(row.case_id))
        cases += 1
    return {"cases": cases}


def _all_cases(connection: Connection) -> Iterator[Row[Any]]:
    # all tenants: the proof covers the whole installation.
    after = None
    while True:
        query = select(collections_case).order_by(collections_case.c.case_id).limit(VERIFY_PAGE)
        if after is not None:
            query = query.where(collections_case.c.case_id > after)
        rows = connection.execute(query).all()
        yield from rows
        if len(rows) < VERIFY_PAGE:
            return
        after = rows[-1].case_id
