"""A case's row and its events: find, open, add what happened, keep the row a copy of the fold.

Guards that a case changes only by a new event: the row is written from the state alone, under the
condition that it still has as many events as were read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from martlet.kernel.canonical import canonical_json
from martlet.kernel.errors import Conflict, NotFound, Refused
from martlet.lending.collections.limits import EVENTS_PER_CASE_MAX
from martlet.lending.collections.model import (
    CaseEvent,
    CaseEventKind,
    CaseState,
    Closing,
    Handler,
    HandlerKind,
    Promise,
    after,
    opened,
)
from martlet.lending.collections.tables import collections_case, collections_event
from martlet.lending.facilities import sees

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection, Row

    from martlet.kernel.principal import Principal
    from martlet.store import Transaction
    from martlet.store.driver import Driver


def find_case(connection: Connection, principal: Principal, case_id: UUID) -> Row[Any]:
    """Return a case's row; another tenant's or another owner's case does not exist."""
    query = select(collections_case).where(
        collections_case.c.tenant_id == principal.tenant_id, collections_case.c.case_id == case_id
    )
    row = connection.execute(query).first()
    if row is None or not sees(principal, row.party_id):
        raise NotFound("lending.case_not_found", case_id=str(case_id))
    return row


def open_cases(
    connection: Connection, tenant_id: UUID, party_ids: Sequence[UUID]
) -> dict[UUID, Row[Any]]:
    """Return the open cases of some borrowers."""
    query = select(collections_case).where(
        collections_case.c.tenant_id == tenant_id,
        collections_case.c.party_id.in_(party_ids),
        collections_case.c.closed_on.is_(None),
    )
    return {row.party_id: row for row in connection.execute(query)}


def open_parties_after(
    driver: Driver, tenant_id: UUID, after: UUID | None, limit: int
) -> list[tuple[Any, str, bool]]:
    """Return borrowers with an open case, its bucket, and whether a promise runs, by their ids.

    Borrowers in the form that the database keeps.
    """
    beyond, values = "", [driver.id(tenant_id)]
    if after is not None:
        beyond = " AND party_id > ?"
        values.append(driver.id(after))
    return driver.fetch(
        "SELECT party_id, bucket, promise IS NOT NULL FROM collections_case"  # noqa: S608 - marks only
        f" WHERE tenant_id = ? AND closed_on IS NULL{beyond} ORDER BY party_id LIMIT ?",
        (*values, limit),
    )


def event_rows(connection: Connection, tenant_id: UUID, case_id: UUID) -> Sequence[Row[Any]]:
    """Return a case's event rows in their order."""
    query = (
        select(collections_event)
        .where(collections_event.c.tenant_id == tenant_id, collections_event.c.case_id == case_id)
        .order_by(collections_event.c.sequence)
    )
    return connection.execute(query).all()


def events_of(rows: Iterable[Row[Any]]) -> list[CaseEvent]:
    """Return event rows as values."""
    return [
        CaseEvent(row.sequence, CaseEventKind(row.kind), row.business_date, row.details)
        for row in rows
    ]


def state_of(row: Row[Any]) -> CaseState:
    """Return the state that a case's row is the copy of."""
    return CaseState(
        opened_on=row.opened_on,
        bucket=row.bucket,
        events=row.events,
        promise=Promise.from_json(row.promise) if row.promise is not None else None,
        promises_made=row.promises_made,
        promises_kept=row.promises_kept,
        promises_broken=row.promises_broken,
        reminders=row.reminders,
        handler=Handler(HandlerKind(row.handler_kind), row.handler) if row.handler else None,
        closed_on=row.closed_on,
        closed_because=Closing(row.closed_because) if row.closed_because else None,
    )


def copy_of(state: CaseState) -> dict[str, Any]:
    """Return the columns of a case's row that are a copy of its state."""
    return {
        "opened_on": state.opened_on,
        "bucket": state.bucket,
        "events": state.events,
        "promise": state.promise.as_json() if state.promise else None,
        "promises_made": state.promises_made,
        "promises_kept": state.promises_kept,
        "promises_broken": state.promises_broken,
        "reminders": state.reminders,
        "handler_kind": state.handler.kind.value if state.handler else None,
        "handler": state.handler.name if state.handler else None,
        "closed_on": state.closed_on,
        "closed_because": state.closed_because.value if state.closed_because else None,
    }


def open_many(
    tx: Transaction, business_date: date, standings: Sequence[tuple[UUID, Mapping[str, Any]]]
) -> None:
    """Open the cases of borrowers, each with what its opening says of them.

    Through the driver's bulk load: on a bank's first night it may be everyone who was late.
    """
    events, rows, driver = [], [], tx.driver
    for party_id, details in standings:
        case_id = tx.ids.new()
        event = CaseEvent(1, CaseEventKind.OPENED, business_date, details)
        events.append(_as_kept(tx, case_id, event))
        state = copy_of(opened(event))
        rows.append(
            (
                *(driver.id(one) for one in (case_id, tx.tenant_id, party_id)),
                driver.day(business_date),
                *(state[name] for name in _STATE_COLUMNS),
            )
        )
        _tell(tx, case_id, party_id, event)
    driver.load(collections_event.name, _EVENT_COLUMNS, events)
    names = ("case_id", "tenant_id", "party_id", "opened_on", *_STATE_COLUMNS)
    driver.load(collections_case.name, names, rows)


_STATE_COLUMNS = (
    "bucket",
    "events",
    "promises_made",
    "promises_kept",
    "promises_broken",
    "reminders",
)
"""What a case that has just been opened says; it has no promise, no handler and no end."""

_EVENT_COLUMNS = tuple(column.name for column in collections_event.columns)


def _as_kept(tx: Transaction, case_id: UUID, event: CaseEvent) -> tuple[Any, ...]:
    """Return an event's row in the form that the database keeps."""
    driver, details = tx.driver, event.details
    return (
        driver.id(tx.ids.new()),
        driver.id(tx.tenant_id),
        driver.id(case_id),
        event.sequence,
        event.kind.value,
        driver.day(event.business_date),
        details.get("bucket"),
        details.get("principal_fen"),
        canonical_json(dict(details)).decode(),
        tx.principal.actor,
        driver.moment(tx.now),
    )


class CaseFile:
    """An open case in a transaction: what happens is added one by one, the row is kept once."""

    __slots__ = ("_read", "_tx", "case_id", "party_id", "state")

    def __init__(self, tx: Transaction, row: Row[Any]) -> None:
        self._tx = tx
        self._read = row.events
        self.case_id: UUID = row.case_id
        self.party_id: UUID = row.party_id
        self.state = state_of(row)

    def add(self, kind: CaseEventKind, business_date: date, **details: Any) -> None:  # noqa: ANN401
        """Write down what happened."""
        if self.state.events >= EVENTS_PER_CASE_MAX:
            raise Refused("lending.case_too_long", max_count=EVENTS_PER_CASE_MAX)
        if self.state.closed_on is not None:
            raise Refused("lending.case_closed", closed_on=self.state.closed_on.isoformat())
        event = CaseEvent(self.state.events + 1, kind, business_date, details)
        self.state = after(self.state, event)
        _add_event(self._tx, self.case_id, self.party_id, event)

    def keep(self) -> None:
        """Make the row the copy of the state, where anything has happened."""
        if self.state.events == self._read:
            return
        self._tx.change_one(
            update(collections_case)
            .where(
                collections_case.c.tenant_id == self._tx.tenant_id,
                collections_case.c.case_id == self.case_id,
                collections_case.c.events == self._read,
            )
            .values(**copy_of(self.state)),
            otherwise=Conflict("lending.case_moved_on", case_id=str(self.case_id)),
        )
        self._read = self.state.events


def _add_event(tx: Transaction, case_id: UUID, party_id: UUID, event: CaseEvent) -> None:
    tx.driver.load(collections_event.name, _EVENT_COLUMNS, [_as_kept(tx, case_id, event)])
    _tell(tx, case_id, party_id, event)


def _tell(tx: Transaction, case_id: UUID, party_id: UUID, event: CaseEvent) -> None:
    # A note is for the bank's own people: what they wrote stays in the case.
    told = {name: value for name, value in event.details.items() if name != "text"}
    facts = {"case_id": str(case_id), "party_id": str(party_id), **told}
    kind = f"lending.case_{event.kind.value}"
    tx.emit(kind, f"case:{case_id}", facts, business_date=event.business_date)
