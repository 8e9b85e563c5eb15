"""Recording any event on a loan: previewed, proposed where two people must agree, undone.

One path for every kind: asked, permitted, weighed, checked, booked. What is wrong is undone by a
new event that names it, on the value date of what it undoes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import ValidationError
from sqlalchemy import insert, select, update

from martlet.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from martlet.kernel.principal import ActorKind
from martlet.ledger import current_business_date
from martlet.lending.changes import book, change_json, schedules_json, state_now, tell, weigh
from martlet.lending.cost_of_credit import cost_change
from martlet.lending.event_rules import (
    Looked,
    check_amount,
    check_day,
    check_fits,
    check_undoing,
    needs_second,
    permit,
)
from martlet.lending.events import (
    CREDITS,
    EventKind,
    LoanEvent,
    Reversed,
    details_json,
    read_details,
    standing,
)
from martlet.lending.limits import EVENTS_MAX, PROPOSALS_PER_LOAN_MAX, REFERENCE_CHARS_MAX
from martlet.lending.loans import event_rows, events_of, find_loan, reference_used, terms_of
from martlet.lending.projection import project
from martlet.lending.tables import event_proposal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection, Row

    from martlet.kernel.principal import Principal
    from martlet.lending.changes import Change
    from martlet.lending.cost_of_credit import CostChange
    from martlet.lending.disclosure import RateCaps
    from martlet.lending.events import Details
    from martlet.store import Transaction

NOBODY = UUID(int=0)
"""The id of an event that is only looked at."""


@dataclass(frozen=True, slots=True)
class AskedEvent:
    """An event as somebody asks for it, read and found well formed."""

    kind: EventKind
    amount_fen: int
    details: Details | None
    value_date: date | None
    reference: str

    def as_json(self) -> dict[str, Any]:
        """Return it as the body of a command."""
        return {
            "kind": self.kind.value,
            "amount_fen": self.amount_fen,
            "details": details_json(self.details),
            "value_date": self.value_date.isoformat() if self.value_date else None,
            "reference": self.reference,
        }


def asked_event(
    kind: str,
    amount_fen: int = 0,
    details: Mapping[str, Any] | None = None,
    value_date: date | None = None,
    reference: str = "",
) -> AskedEvent:
    """Return an event asked for, or refuse what cannot be read as one."""
    if kind not in set(EventKind) - {EventKind.REVERSED}:
        raise Invalid("lending.event_kind_unknown", kind=kind[:40])
    known = EventKind(kind)
    check_amount(known, amount_fen)
    if len(reference) > REFERENCE_CHARS_MAX:
        raise Invalid("lending.reference_too_long", max_chars=REFERENCE_CHARS_MAX)
    for text in (details or {}).values():
        if isinstance(text, str) and not (text.isprintable() and len(text) <= REFERENCE_CHARS_MAX):
            raise Invalid("lending.event_malformed", kind=kind, reason="text")
    try:
        read = read_details(known, details)
    except (ValidationError, AssertionError) as wrong:
        reason = str(wrong) if isinstance(wrong, ValidationError) else "out of range"
        raise Invalid("lending.event_malformed", kind=kind, reason=reason) from None
    return AskedEvent(known, amount_fen, read, value_date, reference)


def look(
    connection: Connection,
    principal: Principal,
    loan_id: UUID,
    asked: AskedEvent,
    event_id: UUID = NOBODY,
) -> Change:
    """Return what an event would change, or refuse it; nothing is written."""
    permit(principal, asked.kind)
    if principal.kind is ActorKind.OWNER and asked.value_date is not None:
        raise Forbidden("lending.backdating_forbidden")
    row = find_loan(connection, principal, loan_id)
    today = current_business_date(connection, principal.tenant_id)
    known = _known(connection, row)
    _check_payment(connection, principal, row, asked)
    value_date = asked.value_date or today
    check_day(value_date, row.disbursed_on, today)
    event = LoanEvent(
        event_id, row.events + 1, asked.kind, value_date, asked.amount_fen, asked.details
    )
    terms = terms_of(row)
    now = state_now(row, known, today)
    then = now if value_date == now.as_of else project(terms, known, value_date)
    check_fits(Looked(event, standing(known), then, now, terms))
    change = weigh(row, known, event, today, now)
    # Another share moves no money yet; that it is another one has been checked.
    silent = asked.kind is EventKind.SHARE_CHANGED
    if not silent and change.before == change.after and _same_schedule(change):
        raise Refused("lending.nothing_changes", kind=asked.kind.value)
    return change


def _known(connection: Connection, row: Row[Any]) -> list[LoanEvent]:
    known = events_of(event_rows(connection, row.loan_id))
    if not standing(known):
        raise Refused("lending.loan_not_live", status=row.status)
    if row.events >= EVENTS_MAX:
        raise Refused("lending.too_many_events", max_count=EVENTS_MAX)
    return known


def _check_payment(
    connection: Connection, principal: Principal, row: Row[Any], asked: AskedEvent
) -> None:
    """Refuse a payment that is already booked, or an owner's on a loan that has ended."""
    if asked.kind not in CREDITS:
        return
    if row.live == 0 and (principal.kind is ActorKind.OWNER or row.closed_on is None):
        raise Refused("lending.loan_not_live", status=row.status)
    if asked.reference and reference_used(connection, row, asked.kind, asked.reference):
        raise Conflict("lending.reference_used", reference=asked.reference)


def _same_schedule(change: Change) -> bool:
    schedules = schedules_json(change)
    return bool(schedules["before"] == schedules["after"])


def preview(
    connection: Connection,
    principal: Principal,
    loan_id: UUID,
    asked: AskedEvent,
    caps: RateCaps,
) -> dict[str, Any]:
    """Return the figures, the rates, the schedule and the transfers an event would lead to."""
    change = look(connection, principal, loan_id, asked)
    return {
        **_shown(change, caps),
        "needs_second_person": needs_second(principal, asked.kind),
    }


def _shown(change: Change, caps: RateCaps, undone: LoanEvent | None = None) -> dict[str, Any]:
    rates = _cost_change(change, caps, undone)
    return {
        **change_json(change),
        "schedule": schedules_json(change),
        "rates": rates.as_json() if rates is not None else None,
    }


def _cost_change(
    change: Change, caps: RateCaps, undone: LoanEvent | None = None
) -> CostChange | None:
    as_of = change.after.as_of
    return cost_change(terms_of(change.row), change.known, change.event, caps, as_of, undone)


def _refuse_dear(change: Change, caps: RateCaps, undone: LoanEvent | None = None) -> None:
    """Refuse what makes a loan dearer than the law allows."""
    rates = _cost_change(change, caps, undone)
    if rates is not None:
        rates.refuse_unlawful()


def record_event(
    tx: Transaction, loan_id: UUID, asked: AskedEvent, caps: RateCaps
) -> dict[str, Any]:
    """Record an event, or propose it where a second person must agree."""
    change = look(tx.connection, tx.principal, loan_id, asked, tx.ids.new())
    _refuse_dear(change, caps)
    if needs_second(tx.principal, asked.kind):
        return _propose(tx, change, asked)
    return _carry_out(tx, change, asked.reference)


def _carry_out(tx: Transaction, change: Change, reference: str) -> dict[str, Any]:
    book(tx, change, reference)
    answer = {
        "state": "recorded",
        "event_id": str(change.event.event_id),
        **change_json(change),
        "reference": reference,
    }
    told = {name: answer[name] for name in ("event_id", "kind", "value_date", "amount_fen")}
    tell(tx, change, {**told, "details": answer["details"]})
    return answer


def reverse_event(
    tx: Transaction, loan_id: UUID, event_id: UUID, reason: str, caps: RateCaps
) -> dict[str, Any]:
    """Undo an event by a new one; the loan is then as if it had never happened."""
    change = look_at_undoing(tx.connection, tx.principal, loan_id, event_id, reason, tx.ids.new())
    _refuse_dear(change, caps, _named(change.known, event_id))
    return _carry_out(tx, change, "")


def look_at_undoing(
    connection: Connection,
    principal: Principal,
    loan_id: UUID,
    event_id: UUID,
    reason: str = "",
    new_id: UUID = NOBODY,
) -> Change:
    """Return what undoing an event would change, or refuse it; nothing is written."""
    permit(principal, EventKind.REVERSED)
    row = find_loan(connection, principal, loan_id)
    today = current_business_date(connection, principal.tenant_id)
    known = _known(connection, row)
    undone = check_undoing(known, event_id)
    permit(principal, undone.kind)
    event = LoanEvent(
        new_id,
        row.events + 1,
        EventKind.REVERSED,
        undone.value_date,
        details=Reversed(event_id, reason[:REFERENCE_CHARS_MAX]),
    )
    return weigh(row, known, event, today, state_now(row, known, today))


def preview_undoing(
    connection: Connection, principal: Principal, loan_id: UUID, event_id: UUID, caps: RateCaps
) -> dict[str, Any]:
    """Return the figures, the rates, the schedule and the transfers undoing would lead to."""
    change = look_at_undoing(connection, principal, loan_id, event_id)
    shown = _shown(change, caps, _named(change.known, event_id))
    return {**shown, "needs_second_person": False}


def _named(known: Iterable[LoanEvent], event_id: UUID) -> LoanEvent:
    return next(event for event in known if event.event_id == event_id)


# What two people must agree on.


def _propose(tx: Transaction, change: Change, asked: AskedEvent) -> dict[str, Any]:
    open_ones = select(event_proposal.c.proposal_id).where(
        event_proposal.c.tenant_id == tx.tenant_id,
        event_proposal.c.loan_id == change.row.loan_id,
        event_proposal.c.state == "open",
    )
    if len(tx.execute(open_ones).all()) >= PROPOSALS_PER_LOAN_MAX:
        raise Refused("lending.too_many_proposals", max_count=PROPOSALS_PER_LOAN_MAX)
    proposal_id = change.event.event_id
    tx.execute(
        insert(event_proposal).values(
            proposal_id=proposal_id,
            tenant_id=tx.tenant_id,
            loan_id=change.row.loan_id,
            # The day is fixed with the proposal: what is agreed to is what was shown.
            asked={**asked.as_json(), "value_date": change.event.value_date.isoformat()},
            state="open",
            proposed_by=tx.principal.actor,
            proposed_at=tx.now,
        )
    )
    answer = {"state": "proposed", "proposal_id": str(proposal_id), **change_json(change)}
    told = {"proposal_id": str(proposal_id), "kind": asked.kind.value}
    tx.emit(
        "lending.event_proposed", f"loan:{change.row.loan_id}", told, business_date=change.today
    )
    return answer


def decide_proposal(
    tx: Transaction, proposal_id: UUID, caps: RateCaps, *, approved: bool
) -> dict[str, Any]:
    """Carry out what somebody else has proposed, or decline it; once."""
    query = select(event_proposal).where(
        event_proposal.c.tenant_id == tx.tenant_id, event_proposal.c.proposal_id == proposal_id
    )
    row = tx.execute(query).first()
    if row is None:
        raise NotFound("lending.proposal_not_found", proposal_id=str(proposal_id))
    asked = _asked_from(row.asked)
    permit(tx.principal, asked.kind)
    if approved and row.proposed_by == tx.principal.actor:
        raise Forbidden("lending.second_person_needed")
    state = "approved" if approved else "declined"
    closed = (
        update(event_proposal)
        .where(event_proposal.c.proposal_id == proposal_id, event_proposal.c.state == "open")
        .values(state=state, decided_by=tx.principal.actor, decided_at=tx.now)
    )
    tx.change_one(closed, Conflict("lending.proposal_decided", state=row.state))
    if not approved:
        told = {"proposal_id": str(proposal_id)}
        tx.emit("lending.event_declined", f"loan:{row.loan_id}", told)
        return {"state": state, "proposal_id": str(proposal_id), "loan_id": str(row.loan_id)}
    change = look(tx.connection, tx.principal, row.loan_id, asked, tx.ids.new())
    _refuse_dear(change, caps)
    return {**_carry_out(tx, change, asked.reference), "proposal_id": str(proposal_id)}


def _asked_from(body: Mapping[str, Any]) -> AskedEvent:
    """Return what somebody asked for, from the body that was kept."""
    day = date.fromisoformat(body["value_date"])
    return asked_event(body["kind"], body["amount_fen"], body["details"], day, body["reference"])
