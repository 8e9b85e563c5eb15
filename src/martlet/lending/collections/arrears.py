"""What the loans' rows say of borrowers: since when overdue, what was paid, what must be paid.

Collections reads loans here and nowhere else, and never writes them. What was paid is a difference
of the rows' own totals, so that a payment taken back counts against a promise by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, literal_column, select

from martlet.lending.collections.limits import PARTY_LOANS_MAX
from martlet.lending.events import EventKind, InterestPaused, Reversed, read_details
from martlet.lending.loan import LoanStatus
from martlet.lending.loans import WITH_MARK, events_by_loan
from martlet.lending.tables import PRINCIPAL_OWED, loan, loan_event
from martlet.lending.views import loan_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import ColumnElement, Connection, Select

    from martlet.lending.events import LoanEvent
    from martlet.store.driver import Driver


LIVE = loan.c.live == literal_column("1")
"""Written out, not bound: only so does SQLite see that the index of live loans holds them all."""


@dataclass(frozen=True, slots=True)
class Arrears:
    """A borrower some of whose loans are overdue."""

    party_id: UUID
    oldest_due_on: date
    loans: int
    principal_fen: int
    """Principal outstanding on the loans that are overdue."""


def overdue(tenant_id: UUID, until: date) -> ColumnElement[bool]:
    """Return the condition of a loan something of which was due before a morning."""
    return and_(loan.c.tenant_id == tenant_id, LIVE, loan.c.oldest_due_on < until)


def _by_party(tenant_id: UUID, until: date) -> Select[Any]:
    return (
        select(
            loan.c.party_id,
            func.min(loan.c.oldest_due_on).label("oldest_due_on"),
            func.count().label("loans"),
            func.sum(PRINCIPAL_OWED).label("principal_fen"),
        )
        .where(overdue(tenant_id, until))
        .group_by(loan.c.party_id)
        .order_by(loan.c.party_id)
    )


def late_parties_after(
    driver: Driver, tenant_id: UUID, until: date, after: UUID | None, limit: int
) -> list[tuple[Any, Any]]:
    """Return borrowers in arrears on a morning and their oldest day, in the order of their ids.

    In the form that the database keeps: a night asks it of everyone, and most stand as they stood.
    """
    values = [driver.id(tenant_id), driver.day(until)]
    beyond = ""
    if after is not None:
        beyond = " AND party_id > ?"
        values.append(driver.id(after))
    return driver.fetch(
        "SELECT party_id, min(oldest_due_on) FROM lending_loan"  # noqa: S608 - marks only
        f" WHERE tenant_id = ? AND live = 1 AND oldest_due_on < ?{beyond}"
        " GROUP BY party_id ORDER BY party_id LIMIT ?",
        (*values, limit),
    )


def arrears_after(
    connection: Connection, tenant_id: UUID, until: date, after: UUID | None, limit: int
) -> list[Arrears]:
    """Return borrowers in arrears on a morning, in the order of their ids, after one."""
    query = _by_party(tenant_id, until).limit(limit)
    if after is not None:
        query = query.where(loan.c.party_id > after)
    return [_arrears(row) for row in connection.execute(query)]


def arrears_of(
    connection: Connection, tenant_id: UUID, until: date, party_ids: Sequence[UUID]
) -> dict[UUID, Arrears]:
    """Return the arrears of those of some borrowers who are in arrears on a morning."""
    query = _by_party(tenant_id, until).where(loan.c.party_id.in_(party_ids))
    return {row.party_id: _arrears(row) for row in connection.execute(query)}


def _arrears(row: Any) -> Arrears:  # noqa: ANN401 - a row of the query above
    return Arrears(row.party_id, row.oldest_due_on, int(row.loans), int(row.principal_fen))


def next_due_after(
    connection: Connection,
    tenant_id: UUID,
    days: tuple[date, date],
    after: UUID | None,
    limit: int,
) -> list[tuple[UUID, date]]:
    """Return borrowers whose next instalment falls due between two days, and on which day."""
    soonest = func.min(loan.c.next_due_on)
    query = (
        select(loan.c.party_id, soonest.label("due_on"))
        .where(loan.c.tenant_id == tenant_id, LIVE, loan.c.next_due_on >= days[0])
        .group_by(loan.c.party_id)
        .having(soonest <= days[1])
        .order_by(loan.c.party_id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(loan.c.party_id > after)
    return [(row.party_id, row.due_on) for row in connection.execute(query)]


def paid_by_loan(
    connection: Connection, tenant_id: UUID, party_ids: Sequence[UUID]
) -> dict[UUID, dict[UUID, int]]:
    """Return what has been paid in all on each loan of some borrowers."""
    paid = (
        loan.c.principal_paid_fen
        + loan.c.interest_paid_fen
        + loan.c.fee_paid_fen
        + loan.c.penalty_paid_fen
        + loan.c.overpaid_fen
        + loan.c.recovered_fen
        - loan.c.goodwill_fen  # the bank's own gift keeps nobody's promise
    )
    query = select(loan.c.party_id, loan.c.loan_id, paid.label("paid_fen")).where(
        loan.c.tenant_id == tenant_id, loan.c.party_id.in_(party_ids)
    )
    found: dict[UUID, dict[UUID, int]] = {party_id: {} for party_id in party_ids}
    for row in connection.execute(query):
        found[row.party_id][row.loan_id] = int(row.paid_fen)
    return found


def paid_fen(paid: dict[UUID, int], loan_id: UUID | None) -> int:
    """Return what was paid on one loan of a borrower, or on all of them."""
    return sum(paid.values()) if loan_id is None else paid.get(loan_id, 0)


def written_off_parties(
    connection: Connection, tenant_id: UUID, party_ids: Sequence[UUID]
) -> set[UUID]:
    """Return those of some borrowers of whom the bank has written a loan off."""
    query = (
        select(loan.c.party_id)
        .where(
            loan.c.tenant_id == tenant_id,
            loan.c.party_id.in_(party_ids),
            loan.c.status == LoanStatus.WRITTEN_OFF.value,
        )
        .distinct()
    )
    return set(connection.execute(query).scalars())


def on_relief(
    connection: Connection, tenant_id: UUID, party_ids: Sequence[UUID], today: date
) -> set[UUID]:
    """Return those of some borrowers a loan of whom costs no interest on a day: it is paused."""
    kinds = (EventKind.INTEREST_PAUSED.value, EventKind.REVERSED.value)
    query = (
        select(loan.c.party_id, loan_event.c.event_id, loan_event.c.kind, loan_event.c.details)
        .join(loan_event, loan_event.c.loan_id == loan.c.loan_id)
        .where(
            loan.c.tenant_id == tenant_id,
            loan.c.party_id.in_(party_ids),
            LIVE,
            loan_event.c.kind.in_(kinds),
        )
    )
    paused: dict[UUID, UUID] = {}
    reversed_ids: set[UUID] = set()
    for row in connection.execute(query):
        details = read_details(EventKind(row.kind), row.details)
        if isinstance(details, Reversed):
            reversed_ids.add(details.event_id)
        elif isinstance(details, InterestPaused) and details.from_on <= today <= details.until_on:
            paused[row.event_id] = row.party_id
    return {party_id for event_id, party_id in paused.items() if event_id not in reversed_ids}


def live_loans(
    connection: Connection, tenant_id: UUID, party_ids: Sequence[UUID], today: date
) -> dict[UUID, list[dict[str, Any]]]:
    """Return the live loans of some borrowers as they stand on a day, each projected."""
    query = (
        WITH_MARK.where(loan.c.tenant_id == tenant_id, loan.c.party_id.in_(party_ids), LIVE)
        .order_by(loan.c.loan_id)
        .limit(PARTY_LOANS_MAX * max(len(party_ids), 1))
    )
    rows = connection.execute(query).all()
    events: dict[UUID, list[LoanEvent]] = events_by_loan(connection, [row.loan_id for row in rows])
    found: dict[UUID, list[dict[str, Any]]] = {party_id: [] for party_id in party_ids}
    for row in rows:
        found[row.party_id].append(loan_json(row, events[row.loan_id], today))
    return found
