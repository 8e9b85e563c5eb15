"""Money that comes in: one new event, one projection, and the difference to the ledger.

The event may be dated back by the bank's own people (a transfer that was found late); the loan is
then seen as if it had always been known, and only the difference is posted, on the open date.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from martlet.kernel.errors import Conflict, Invalid, Refused
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.kernel.principal import ActorKind
from martlet.ledger import current_business_date
from martlet.lending.bookkeeping import record
from martlet.lending.events import EventKind, LoanEvent
from martlet.lending.facilities import give_back
from martlet.lending.limits import BACKDATE_DAYS_MAX, EVENTS_MAX, REFERENCE_CHARS_MAX
from martlet.lending.loan import LoanState, LoanStatus
from martlet.lending.loans import (
    accounts_of,
    accrued_day,
    add_event,
    event_rows,
    events_of,
    find_loan,
    keep_state,
    position_in,
    terms_of,
)
from martlet.lending.postings import movements, position_of
from martlet.lending.product import product_named
from martlet.lending.projection import project
from martlet.lending.tables import loan_event

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Row

    from martlet.store import Transaction


def receive(
    tx: Transaction, loan_id: UUID, amount_fen: int, reference: str, value_date: date | None
) -> dict[str, Any]:
    """Apply a repayment and return how; what exceeds the debt is owed back to the customer."""
    row = find_loan(tx.connection, tx.principal, loan_id)
    today = current_business_date(tx.connection, tx.tenant_id)
    counts_from = value_date or today
    _check(tx, row, amount_fen, reference, counts_from, today)
    event = LoanEvent(tx.ids.new(), row.events + 1, EventKind.REPAID, counts_from, amount_fen)
    events = [*events_of(event_rows(tx.connection, loan_id)), event]
    state = project(terms_of(row), events, max(today, accrued_day(row)))
    add_event(tx, row, event, today, reference)
    moves = movements(position_in(row), position_of(state), accounts_of(row))
    record(tx, moves, f"loan:{loan_id}", today, counts_from)
    keep_state(tx, row, state, events=event.sequence)
    _free_limit(tx, row, state)
    return _answer(tx, row, state, event, today)


def _check(
    tx: Transaction,
    row: Row[Any],
    amount_fen: int,
    reference: str,
    counts_from: date,
    today: date,
) -> None:
    if not 0 < amount_fen <= AMOUNT_FEN_MAX:
        raise Invalid("lending.amount_out_of_range", max_fen=AMOUNT_FEN_MAX)
    late_find = row.closed_on is not None and tx.principal.kind is not ActorKind.OWNER
    if row.live == 0 and not late_find:
        raise Refused("lending.loan_not_live", status=row.status)
    if row.events >= EVENTS_MAX:
        raise Refused("lending.too_many_events", max_count=EVENTS_MAX)
    earliest = max(row.disbursed_on, today - timedelta(days=BACKDATE_DAYS_MAX))
    if not earliest <= counts_from <= today:
        raise Refused(
            "lending.value_date_outside",
            value_date=counts_from.isoformat(),
            earliest=earliest.isoformat(),
            latest=today.isoformat(),
        )
    if reference and _known(tx, row, reference):
        raise Conflict("lending.reference_used", reference=reference)


def _known(tx: Transaction, row: Row[Any], reference: str) -> bool:
    """Tell whether the loan already has a payment under the bank's own reference."""
    assert len(reference) <= REFERENCE_CHARS_MAX, reference
    query = select(loan_event.c.event_id).where(
        loan_event.c.tenant_id == tx.tenant_id,
        loan_event.c.loan_id == row.loan_id,
        loan_event.c.kind == EventKind.REPAID.value,
        loan_event.c.reference == reference,
    )
    return tx.execute(query.limit(1)).first() is not None


def _free_limit(tx: Transaction, row: Row[Any], state: LoanState) -> None:
    """Let limit be drawn again: as principal is repaid, or all of it when the loan is closed."""
    freed_fen = 0
    if product_named(row.product).revolving:
        freed_fen = state.principal_paid_fen - row.principal_paid_fen
    elif state.status is LoanStatus.CLOSED and row.live == 1:
        freed_fen = row.principal_agreed_fen
    assert freed_fen >= 0, "a repayment never takes principal back"
    give_back(tx, row.facility_id, freed_fen)


def _answer(
    tx: Transaction, row: Row[Any], state: LoanState, event: LoanEvent, today: date
) -> dict[str, Any]:
    applied = next(part for part in state.allocations if part.event_id == event.event_id)
    answer = {
        "loan_id": str(row.loan_id),
        "event_id": str(event.event_id),
        "amount_fen": event.amount_fen,
        "value_date": event.value_date.isoformat(),
        "business_date": today.isoformat(),
        "allocated": {
            "penalty_fen": applied.penalty_fen,
            "interest_fen": applied.interest_fen,
            "principal_fen": applied.principal_fen,
        },
        "overpaid_fen": state.overpaid_fen - row.overpaid_fen,
        "principal_outstanding_fen": state.principal_fen,
        "outstanding_fen": state.outstanding_fen,
        "due_fen": state.due_fen,
        "status": state.status.value,
    }
    stream, told = f"loan:{row.loan_id}", {**answer, "party_id": str(row.party_id)}
    tx.emit("lending.loan_repaid", stream, told, business_date=today)
    facts = {"loan_id": str(row.loan_id), "party_id": str(row.party_id)}
    if state.status is LoanStatus.CLOSED:
        tx.emit("lending.loan_closed", stream, facts, business_date=today)
    elif row.status == LoanStatus.OVERDUE.value and state.status is LoanStatus.LIVE:
        tx.emit("lending.loan_cured", stream, facts, business_date=today)
    return answer
