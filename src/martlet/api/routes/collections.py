"""Arrears: the board, cases and their timelines, promises, hand-overs, reminders."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from martlet.api.access import Ask, Order
from martlet.api.schemas import (
    ROWS,
    Limit,
    NewCaseNote,
    NewHandler,
    NewHandOver,
    NewPause,
    NewPromise,
)
from martlet.lending.collections import HandlerKind

router = APIRouter(prefix="/v1/collections", tags=["collections"])


@router.get("/board", summary="Arrears by bucket")
def board(ask: Ask) -> Response:
    """Return how many borrowers and loans lie in each bucket, and how much principal."""
    return ask.answer(ask.bank.collections.board(ask.principal))


@router.get("/cases", summary="Cases, a page at a time")
def list_cases(  # noqa: PLR0913 - each a filter of its own
    ask: Ask,
    *,
    party_id: UUID | None = None,
    bucket: Annotated[str | None, Query(max_length=32)] = None,
    handler_kind: HandlerKind | None = None,
    promised: bool | None = None,
    closed: bool = False,
    after: UUID | None = None,
    limit: Limit = ROWS,
) -> Response:
    """Return cases in the order of their opening; `after` is the last of the page before."""
    found = ask.bank.collections.cases(
        ask.principal,
        party_id=party_id,
        bucket=bucket,
        handler_kind=handler_kind.value if handler_kind else None,
        promised=promised,
        closed=closed,
        after=after,
        limit=limit,
    )
    return ask.answer({"cases": found})


@router.get("/cases/{case_id}", summary="A case and all that happened in it")
def get_case(ask: Ask, case_id: UUID) -> Response:
    """Return a case with its timeline, the overdue loans and the reminders about them."""
    return ask.answer(ask.bank.collections.case(ask.principal, case_id))


@router.get("/roll-rates", summary="Where the borrowers of each bucket went, month by month")
def roll_rates(ask: Ask, months: Annotated[int, Query(ge=1, le=36)] = 6) -> Response:
    """Return, for each month, how many borrowers moved from which bucket into which."""
    return ask.answer(ask.bank.collections.roll_rates(ask.principal, months))


@router.get("/handlers", summary="Teams and agencies")
def list_handlers(ask: Ask) -> Response:
    """Return the teams and agencies that the bank has named."""
    return ask.answer({"handlers": ask.bank.collections.handlers(ask.principal)})


@router.post("/handlers", status_code=201, summary="Name a team or an agency")
def name_handler(order: Order, body: NewHandler) -> Response:
    """Name a team or an agency to which cases may be handed over, or end its being one."""
    return order.carry_out(
        lambda: order.bank.collections.name_handler(
            order.principal,
            order.key,
            kind=body.kind.value,
            name=body.name,
            title=body.title,
            active=body.active,
        )
    )


@router.get("/promises", summary="Whether a business may promise now")
def own_promise(ask: Ask, party_id: UUID) -> Response:
    """Return the promise that runs, how many are left, and until when one may be given."""
    return ask.answer(ask.bank.collections.own_promise(ask.principal, party_id))


@router.post("/promises", status_code=201, summary="Promise to pay")
def promise(order: Order, body: NewPromise) -> Response:
    """Record a promise on one overdue loan, or on all of a business's; owners may, for theirs."""
    return order.carry_out(
        lambda: order.bank.collections.promise(
            order.principal,
            order.key,
            amount_fen=body.amount_fen,
            pay_by=body.pay_by,
            loan_id=body.loan_id,
            party_id=body.party_id,
        )
    )


@router.post("/cases/{case_id}/hand-over", status_code=201, summary="Hand a case over")
def hand_over(order: Order, case_id: UUID, body: NewHandOver) -> Response:
    """Hand a case over to a person of the staff, a team or an agency."""
    return order.carry_out(
        lambda: order.bank.collections.hand_over(
            order.principal, order.key, case_id, body.kind.value, body.name
        )
    )


@router.post("/cases/{case_id}/take-back", status_code=201, summary="Take a case back")
def take_back(order: Order, case_id: UUID) -> Response:
    """Take a case back into the bank's own routine."""
    return order.carry_out(
        lambda: order.bank.collections.take_back(order.principal, order.key, case_id)
    )


@router.post("/cases/{case_id}/notes", status_code=201, summary="Write a note into a case")
def note(order: Order, case_id: UUID, body: NewCaseNote) -> Response:
    """Write a note; it stays in the case."""
    return order.carry_out(
        lambda: order.bank.collections.note(order.principal, order.key, case_id, body.text)
    )


@router.post("/cases/{case_id}/close", status_code=201, summary="Close a case")
def close(order: Order, case_id: UUID) -> Response:
    """Close a case in which nothing is overdue any more."""
    return order.carry_out(
        lambda: order.bank.collections.close(order.principal, order.key, case_id)
    )


@router.post("/pauses", status_code=201, summary="Let a borrower's reminders rest")
def pause(order: Order, body: NewPause) -> Response:
    """Let reminders rest up to and with a day; a day that is past ends the rest."""
    return order.carry_out(
        lambda: order.bank.collections.pause_reminders(
            order.principal, order.key, body.party_id, body.until, body.reason
        )
    )


@router.post("/reminders", status_code=201, summary="Send the reminders that may go out now")
def remind(order: Order) -> Response:
    """Send what the plan asks for within hours and limits; run it as often as you like."""
    return order.carry_out(lambda: order.bank.collections.remind(order.principal, order.key))
