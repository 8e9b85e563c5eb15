"""A loan's row and its events: read them as values, and keep the row a true copy of the state."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, bindparam, insert, select, update

from martlet.kernel.canonical import parse_json
from martlet.kernel.errors import NotFound
from martlet.kernel.rounding import RoundingMode
from martlet.lending.columns import LINE_FIELDS, as_columns, from_columns
from martlet.lending.daily.bookmark import written
from martlet.lending.events import EventKind, LoanEvent, details_json, read_details
from martlet.lending.facilities import sees
from martlet.lending.loan import LoanFigures, LoanStatus, LoanTerms, recognised_fen
from martlet.lending.marks import recognised_until
from martlet.lending.participation.placement import follow
from martlet.lending.postings import FIGURES, Accounts, Position
from martlet.lending.product import product_named
from martlet.lending.tables import loan, loan_event
from martlet.store import Prepared
from martlet.store.driver import Driver
from martlet.store.schema import Day, Id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import Connection, Row

    from martlet.kernel.principal import Principal
    from martlet.store import Transaction

LIVE = (LoanStatus.LIVE, LoanStatus.OVERDUE)


WITH_MARK = select(loan, recognised_until())
"""A loan's row with the day until which the ledger has recognised its interest beside it."""

POSITION_COLUMNS = (
    *(loan.c[name] for name in (*FIGURES, *LINE_FIELDS)),
    loan.c.live,
    loan.c.status,
    loan.c.rounding_mode,
    loan.c.accrued_until,
    recognised_until(),
)
"""The columns that `position_in` reads, for whoever joins them to other rows."""

_FIND = Prepared(
    WITH_MARK.where(
        loan.c.tenant_id == bindparam("tenant"), loan.c.loan_id == bindparam("the_loan")
    )
)
_EVENTS = Prepared(
    select(loan_event)
    .where(loan_event.c.loan_id == bindparam("the_loan"))
    .order_by(loan_event.c.sequence)
)
_KINDS = {kind.value: kind for kind in EventKind}
_ADD_EVENT = Prepared(insert(loan_event))
_KEEP = Prepared(update(loan).where(loan.c.loan_id == bindparam("the_loan")))


def find_loan(connection: Connection, principal: Principal, loan_id: UUID) -> Row[Any]:
    """Return a loan's row; another tenant's or another owner's loan does not exist."""
    keys = {"tenant": principal.tenant_id, "the_loan": loan_id}
    row: Row[Any] | None = _FIND.on(connection, keys).first()
    if row is None or not sees(principal, row.party_id):
        raise NotFound("lending.loan_not_found", loan_id=str(loan_id))
    return row


def event_rows(connection: Connection, loan_id: UUID) -> Sequence[Row[Any]]:
    """Return a loan's event rows in the order in which they became known."""
    return _EVENTS.on(connection, {"the_loan": loan_id}).all()


def events_by_loan(connection: Connection, loan_ids: Sequence[UUID]) -> dict[UUID, list[LoanEvent]]:
    """Return the events of many loans in one query; a night reads some hundred thousand."""
    driver = Driver(connection)
    found: dict[UUID, list[LoanEvent]] = {}
    by_key = {driver.id(loan_id): found.setdefault(loan_id, []) for loan_id in loan_ids}
    days: dict[Any, date] = {}
    for key, event_id, sequence, kind, value_date, amount_fen, details in _many(driver, by_key):
        if (day := days.get(value_date)) is None:
            day = days[value_date] = driver.to_day(value_date) or date.min
        told = _KINDS[kind]
        read = details and read_details(told, parse_json(details))
        event = LoanEvent(driver.to_id(event_id), sequence, told, day, amount_fen, read)
        by_key[key].append(event)
    return found


def _many(driver: Driver, keys: Mapping[Any, object]) -> Sequence[tuple[Any, ...]]:
    """Return the rows of the events of many loans by the bare driver, each loan's in order."""
    if not keys:
        return ()
    wanted, values = "= ANY(?)", [list(keys)]
    if not driver.is_postgres:
        wanted, values = f"IN ({', '.join('?' * len(keys))})", list(keys)
    # all tenants: the loans were chosen within one
    return driver.fetch(
        "SELECT loan_id, event_id, sequence, kind, value_date, amount_fen, details"  # noqa: S608 - marks only
        f" FROM lending_loan_event WHERE loan_id {wanted} ORDER BY loan_id, sequence",
        values,
    )


def events_of(rows: Iterable[Row[Any]]) -> list[LoanEvent]:
    """Return event rows as values."""
    return [
        LoanEvent(
            row.event_id,
            row.sequence,
            (kind := _KINDS[row.kind]),
            row.value_date,
            row.amount_fen,
            None if row.details is None else read_details(kind, row.details),
        )
        for row in rows
    ]


def terms_of(row: Row[Any]) -> LoanTerms:
    """Return a loan's terms as they were agreed."""
    return LoanTerms.from_json(row.terms)


def accounts_of(row: Row[Any]) -> Accounts:
    """Return the accounts on which a loan stands."""
    return Accounts(row.product, row.rail, product_named(row.product).defers_fees)


def position_in(row: Row[Any]) -> Position:
    """Return the position that the ledger has of a loan on the day of its mark."""
    kept = _position_kept(row)
    if row.live == 0 or row.recognised_until <= row.accrued_until:
        return kept
    line = from_columns([getattr(row, name) for name in LINE_FIELDS])
    day, mode = accrued_day(row), RoundingMode(row.rounding_mode)
    return replace(
        kept,
        interest_accrued_fen=recognised_fen(line.interest_at(day, mode), mode),
        penalty_accrued_fen=recognised_fen(line.penalty_at(day, mode), mode),
    )


def _position_kept(row: Row[Any]) -> Position:
    """Return the position of a loan on the day of its last change."""
    return Position(**{name: getattr(row, name) for name in FIGURES})


def accrued_day(row: Row[Any]) -> date:
    """Return the day up to whose start the ledger has recognised the loan's interest."""
    return date.fromordinal(max(row.accrued_until, row.recognised_until))


def copy_of(state: LoanFigures) -> dict[str, Any]:
    """Return the columns of a loan's row that are a copy of its state."""
    return {
        "live": int(state.status in LIVE),
        "status": state.status.value,
        "matures_on": state.matures_on,
        "closed_on": state.closed_on,
        "next_due_on": state.next_due_on,
        "oldest_due_on": state.oldest_due_on,
        **{name: getattr(state, name) for name in FIGURES},
        "charged_off_on": state.charged_off_on,
        "written_off_on": state.written_off_on,
        "accrued_until": state.as_of.toordinal(),
        **dict(zip(LINE_FIELDS, as_columns(state.line), strict=True)),
        "bookmark": written(state.bookmark),
    }


def keep_state(tx: Transaction, row: Row[Any], state: LoanFigures, **more: object) -> None:
    """Make a loan's row the copy of a state; a partner's limit follows its principal."""
    if row.shared:
        follow(tx, row, state)
    _KEEP.on(tx.connection, {"the_loan": row.loan_id, **copy_of(state), **more})


def keep_states(
    tx: Transaction, kept: Sequence[tuple[Row[Any], LoanFigures]], more: Sequence[Mapping[str, Any]]
) -> None:
    """Make many loans' rows the copies of their states, each with more columns of its own."""
    if not kept:
        return
    for row, state in kept:
        if row.shared:
            follow(tx, row, state)
    driver = tx.driver
    copies = [{**copy_of(state), **own} for (_, state), own in zip(kept, more, strict=True)]
    names = list(copies[0])
    days = [place for place, name in enumerate(names) if isinstance(loan.c[name].type, Day)]
    rows = []
    for (row, _), copy in zip(kept, copies, strict=True):
        values = list(copy.values())
        for place in days:
            values[place] = values[place] and driver.day(values[place])
        rows.append([*values, driver.id(row.loan_id)])
    if not driver.is_postgres:
        settings = ", ".join(f"{name} = ?" for name in names)
        driver.run_many(f"UPDATE lending_loan SET {settings} WHERE loan_id = ?", rows)  # noqa: S608 - names of its own
        return
    settings = ", ".join(f"{name} = m.{name}" for name in names)
    arrays = ", ".join(f"?::{_array_of(name)}" for name in (*names, "loan_id"))
    driver.run(
        f"UPDATE lending_loan AS l SET {settings} FROM unnest({arrays})"  # noqa: S608 - names of its own
        f" AS m({', '.join(names)}, loan_id) WHERE l.loan_id = m.loan_id",
        [list(column) for column in zip(*rows, strict=True)],
    )


def _array_of(name: str) -> str:
    """Return PostgreSQL's type of an array of a column's values."""
    kind = loan.c[name].type
    if isinstance(kind, Day):
        return "date[]"
    if isinstance(kind, Id):
        return "uuid[]"
    return "bigint[]" if isinstance(kind, BigInteger) else "text[]"


def add_event(tx: Transaction, row: Row[Any], event: LoanEvent, day: date, reference: str) -> None:
    """Write an event down; it is never changed."""
    _ADD_EVENT.on(
        tx.connection,
        {
            "event_id": event.event_id,
            "tenant_id": row.tenant_id,
            "loan_id": row.loan_id,
            "sequence": event.sequence,
            "kind": event.kind.value,
            "value_date": event.value_date,
            "business_date": day,
            "amount_fen": event.amount_fen,
            "details": details_json(event.details),
            "reference": reference,
            "recorded_at": tx.now,
        },
    )


def reference_used(connection: Connection, row: Row[Any], kind: EventKind, reference: str) -> bool:
    """Tell whether the loan already has an event of a kind under the bank's own reference."""
    query = select(loan_event.c.event_id).where(
        loan_event.c.tenant_id == row.tenant_id,
        loan_event.c.loan_id == row.loan_id,
        loan_event.c.kind == kind.value,
        loan_event.c.reference == reference,
    )
    return connection.execute(query.limit(1)).first() is not None
