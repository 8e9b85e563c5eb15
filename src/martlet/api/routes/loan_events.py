"""Whatever else happens to a loan: looked at first, recorded, agreed to by two, and undone."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from martlet.api.access import Ask, Order
from martlet.api.schemas import NewEvent, NewReversal
from martlet.lending import AskedEvent, asked_event

router = APIRouter(prefix="/v1", tags=["lending"])


def _asked(body: NewEvent) -> AskedEvent:
    return asked_event(body.kind, body.amount_fen, body.details, body.value_date, body.reference)


@router.post("/loans/{loan_id}/events", status_code=201, summary="Record an event")
def record_event(order: Order, loan_id: UUID, body: NewEvent) -> Response:
    """Record an event of any kind; a write-off is `proposed` until a second person approves it."""
    asked = _asked(body)
    return order.carry_out(
        lambda: order.bank.lending.record_event(order.principal, order.key, loan_id, asked)
    )


@router.post("/loans/{loan_id}/events/preview", summary="What an event would lead to")
def preview_event(ask: Ask, loan_id: UUID, body: NewEvent) -> Response:
    """Return the figures, the schedule and the transfers of an event; nothing is written."""
    return ask.answer(ask.bank.lending.preview_event(ask.principal, loan_id, _asked(body)))


@router.get(
    "/loans/{loan_id}/events/{event_id}/reversal", summary="What undoing an event would lead to"
)
def preview_reversal(ask: Ask, loan_id: UUID, event_id: UUID) -> Response:
    """Return the figures, the schedule and the transfers of a reversal; nothing is written."""
    return ask.answer(ask.bank.lending.preview_reversal(ask.principal, loan_id, event_id))


@router.post("/loans/{loan_id}/events/{event_id}/reverse", status_code=201, summary="Undo an event")
def reverse_event(order: Order, loan_id: UUID, event_id: UUID, body: NewReversal) -> Response:
    """Undo an event by a new one: the loan is as if it had never happened."""
    return order.carry_out(
        lambda: order.bank.lending.reverse_event(
            order.principal, order.key, loan_id, event_id, body.reason
        )
    )


@router.get("/loans/{loan_id}/timeline", summary="A loan from its first day to its last")
def timeline(ask: Ask, loan_id: UUID) -> Response:
    """Return events, schedule, balance by day, ledger entries, and what is proposed."""
    return ask.answer(ask.bank.lending.timeline(ask.principal, loan_id))


@router.get("/event-proposals", summary="Events that wait for a second person")
def proposals(ask: Ask, loan_id: UUID | None = None) -> Response:
    """Return what has been proposed and not decided, the oldest first."""
    return ask.answer({"proposals": ask.bank.lending.proposals(ask.principal, loan_id)})


@router.post(
    "/event-proposals/{proposal_id}/approve", status_code=201, summary="Agree to a proposed event"
)
def approve(order: Order, proposal_id: UUID) -> Response:
    """Carry out what somebody else has proposed."""
    return order.carry_out(
        lambda: order.bank.lending.decide_proposal(
            order.principal, order.key, proposal_id, approved=True
        )
    )


@router.post(
    "/event-proposals/{proposal_id}/decline", status_code=201, summary="Decline a proposed event"
)
def decline(order: Order, proposal_id: UUID) -> Response:
    """Close a proposal; nothing happens to the loan."""
    return order.carry_out(
        lambda: order.bank.lending.decide_proposal(
            order.principal, order.key, proposal_id, approved=False
        )
    )
