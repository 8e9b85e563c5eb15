"""One more event on a loan, weighed and then booked: the only way in which a loan changes.

Weighing is pure: what the state was, what it becomes, what the ledger must be told. Booking writes
exactly that. A preview weighs and stops there, so it cannot differ from what then happens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from martlet.lending.bookkeeping import record
from martlet.lending.events import details_json
from martlet.lending.facilities import give_back, use
from martlet.lending.loan import LoanState, LoanStatus
from martlet.lending.loans import (
    LIVE,
    accounts_of,
    accrued_day,
    add_event,
    keep_state,
    position_in,
    terms_of,
)
from martlet.lending.postings import Movement, movements, paid_out, position_of
from martlet.lending.product import product_named
from martlet.lending.projection import project
from martlet.lending.views import balances_json, day_text, whole_schedule

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Row

    from martlet.lending.events import LoanEvent
    from martlet.store import Transaction


@dataclass(frozen=True, slots=True)
class Change:
    """What an event makes of a loan, and what it moves in the ledger."""

    row: Row[Any]
    known: tuple[LoanEvent, ...]
    event: LoanEvent
    today: date
    after: LoanState
    moves: tuple[Movement, ...]
    before: LoanState | None = None
    """Without it, where somebody wants to see that; a payment alone need not be replayed twice."""

    @property
    def status(self) -> LoanStatus:
        """How the loan stands then: with its only payout undone, it never was."""
        gone = self.after.status is LoanStatus.PENDING
        return LoanStatus.CANCELLED if gone else self.after.status


def state_now(row: Row[Any], known: list[LoanEvent], today: date) -> LoanState:
    """Return a loan's state today, or later where the night's interest is booked already."""
    return project(terms_of(row), known, max(today, accrued_day(row)))


def weigh(
    row: Row[Any],
    known: list[LoanEvent],
    event: LoanEvent,
    today: date,
    before: LoanState | None = None,
) -> Change:
    """Return what an event would change of the state as it is now; nothing is written."""
    after = state_now(row, [*known, event], today)
    moves = moves_of(row, after)
    return Change(row, tuple(known), event, today, after, moves, before)


def moves_of(row: Row[Any], after: LoanState) -> tuple[Movement, ...]:
    """Return what the ledger must be told so that a loan stands there as in a state."""
    was, becomes, accounts = position_in(row), position_of(after), accounts_of(row)
    return (*paid_out(was, becomes, accounts), *movements(was, becomes, accounts))


def book(tx: Transaction, change: Change, reference: str) -> None:
    """Write the event down, post its difference on the open date, keep the row a true copy."""
    row, event = change.row, change.event
    add_event(tx, row, event, change.today, reference)
    record(tx, change.moves, f"loan:{row.loan_id}", change.today, event.value_date)
    keep_state(tx, row, change.after, events=event.sequence, status=change.status.value)
    _move_limit(tx, change)


def _move_limit(tx: Transaction, change: Change) -> None:
    """Free limit as principal is repaid, or all of it when a loan ends; take it back likewise."""
    row = change.row
    if product_named(row.product).revolving:
        more_fen = change.after.principal_fen - position_in(row).principal_fen
    else:
        more_fen = (int(change.status in LIVE) - row.live) * row.principal_agreed_fen
    if more_fen > 0:
        use(tx, row.facility_id, more_fen)
    else:
        give_back(tx, row.facility_id, -more_fen)


def tell(tx: Transaction, change: Change, told: dict[str, Any]) -> None:
    """Put the event on the record, and what became of the loan by it."""
    row, day, status = change.row, change.today, change.status
    stream, facts = f"loan:{row.loan_id}", {"loan_id": str(row.loan_id)}
    facts["party_id"] = str(row.party_id)
    tx.emit(f"lending.loan_{change.event.kind}", stream, {**facts, **told}, business_date=day)
    if status is LoanStatus.CLOSED:
        tx.emit("lending.loan_closed", stream, facts, business_date=day)
    elif row.live == 0 and status in LIVE:
        tx.emit("lending.loan_reopened", stream, facts, business_date=day)
    elif row.status == LoanStatus.OVERDUE.value and status is LoanStatus.LIVE:
        tx.emit("lending.loan_cured", stream, facts, business_date=day)


def event_json(event: LoanEvent) -> dict[str, Any]:
    """Return an event as asked for."""
    return {
        "kind": event.kind.value,
        "value_date": event.value_date.isoformat(),
        "amount_fen": event.amount_fen,
        "details": details_json(event.details),
    }


def change_json(change: Change) -> dict[str, Any]:
    """Return an event with the figures before and after it and the transfers that follow."""
    assert change.before is not None, "weighed without the state before"
    return {
        "loan_id": str(change.row.loan_id),
        **event_json(change.event),
        "business_date": change.today.isoformat(),
        "before": figures_json(change.before),
        "after": {**figures_json(change.after), "status": change.status.value},
        "transfers": [
            {
                "debit": move.debit,
                "credit": move.credit,
                "amount_fen": move.amount_fen,
                "kind": move.kind,
            }
            for move in change.moves
        ],
    }


def schedules_json(change: Change) -> dict[str, Any]:
    """Return what falls due without the event and with it."""
    terms, known = terms_of(change.row), list(change.known)
    assert change.before is not None, "weighed without the state before"
    return {
        "before": whole_schedule(terms, known, change.before),
        "after": whole_schedule(terms, [*known, change.event], change.after),
    }


def figures_json(state: LoanState) -> dict[str, Any]:
    """Return how a loan stands, without its schedule."""
    return {
        "status": state.status.value,
        **balances_json(state),
        "overpaid_fen": state.overpaid_fen,
        "recovered_fen": state.recovered_fen,
        "interest_accrued_fen": state.interest_accrued_fen,
        "days_overdue": state.days_overdue,
        "next_due_on": day_text(state.next_due_on),
        "matures_on": day_text(state.matures_on),
        "closed_on": day_text(state.closed_on),
        "charged_off_on": day_text(state.charged_off_on),
        "written_off_on": day_text(state.written_off_on),
    }
