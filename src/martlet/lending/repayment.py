"""Money that comes in: one new event, one projection, and the difference to the ledger.

The event may be dated back by the bank's own people (a transfer that was found late); the loan is
then seen as if it had always been known, and only the difference is posted, on the open date.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from martlet.kernel.errors import Conflict, Invalid, Refused
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.kernel.principal import ActorKind
from martlet.ledger import current_business_date
from martlet.lending.changes import book, tell, weigh
from martlet.lending.event_rules import check_day
from martlet.lending.events import EventKind, LoanEvent
from martlet.lending.limits import EVENTS_MAX
from martlet.lending.loans import event_rows, events_of, find_loan, reference_used

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Row

    from martlet.lending.changes import Change
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
    change = weigh(row, events_of(event_rows(tx.connection, loan_id)), event, today)
    book(tx, change, reference)
    return _answer(tx, change)


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
    check_day(counts_from, row.disbursed_on, today)
    if reference and reference_used(tx.connection, row, EventKind.REPAID, reference):
        raise Conflict("lending.reference_used", reference=reference)


def _answer(tx: Transaction, change: Change) -> dict[str, Any]:
    row, state, event = change.row, change.after, change.event
    applied = next(part for part in state.allocations if part.event_id == event.event_id)
    answer = {
        "loan_id": str(row.loan_id),
        "event_id": str(event.event_id),
        "amount_fen": event.amount_fen,
        "value_date": event.value_date.isoformat(),
        "business_date": change.today.isoformat(),
        "allocated": {
            "penalty_fen": applied.penalty_fen,
            "fee_fen": applied.fee_fen,
            "interest_fen": applied.interest_fen,
            "principal_fen": applied.principal_fen,
        },
        "overpaid_fen": state.overpaid_fen - row.overpaid_fen,
        "recovered_fen": applied.recovered_fen,
        "principal_outstanding_fen": state.principal_fen,
        "outstanding_fen": state.outstanding_fen,
        "due_fen": state.due_fen,
        "status": state.status.value,
    }
    tell(tx, change, answer)
    return answer
