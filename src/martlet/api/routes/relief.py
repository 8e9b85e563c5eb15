"""Relief programmes: drafted, previewed, approved by a second person, launched, ended, reported.

A launch or a reversal is begun and answered at once (202); its progress is asked for. Sent again,
it goes on from wherever it was cut off.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from martlet.api.access import Ask, Order
from martlet.api.schemas import NewRelief, NewReliefEnd, NewReliefReversal
from martlet.lending.relief import report_csv

router = APIRouter(prefix="/v1/relief", tags=["relief"])


@router.post("/programmes", status_code=201, summary="Draft a programme")
def draft(order: Order, body: NewRelief) -> Response:
    """Write a programme down (TOML or JSON); what is wrong is refused with field and reason."""
    return order.carry_out(lambda: order.bank.relief.draft(order.principal, order.key, body.text))


@router.get("/programmes", summary="Programmes and where they stand")
def list_programmes(ask: Ask) -> Response:
    """Return every programme, the latest first."""
    return ask.answer({"programmes": ask.bank.relief.programmes(ask.principal)})


@router.get("/programmes/{programme_id}", summary="A programme")
def get_programme(ask: Ask, programme_id: UUID) -> Response:
    """Return a programme's text, moves, latest preview and progress."""
    return ask.answer(ask.bank.relief.programme(ask.principal, programme_id))


@router.post("/programmes/{programme_id}/preview", status_code=201, summary="Count and cost")
def preview(order: Order, programme_id: UUID) -> Response:
    """Return how many loans a launch of today would help, for how much, and whose."""
    return order.carry_out(lambda: order.bank.relief.preview(order.principal, programme_id))


@router.post("/programmes/{programme_id}/approve", status_code=201, summary="Approve")
def approve(order: Order, programme_id: UUID) -> Response:
    """Approve a previewed programme; never by the one who drafted it."""
    return order.carry_out(
        lambda: order.bank.relief.approve(order.principal, order.key, programme_id)
    )


@router.post("/programmes/{programme_id}/launch", status_code=202, summary="Launch")
def launch(order: Order, programme_id: UUID) -> Response:
    """Begin to relieve every loan that the programme helps, or go on with it."""
    return order.carry_out(
        lambda: order.bank.relief.launch_in_background(order.principal, order.key, programme_id),
        202,
    )


@router.get("/programmes/{programme_id}/progress", summary="How far it has come")
def get_progress(ask: Ask, programme_id: UUID) -> Response:
    """Return loans done, cost booked against the budget, and whether it is at work here."""
    return ask.answer(ask.bank.relief.progress(ask.principal, programme_id))


@router.post("/programmes/{programme_id}/stop", status_code=201, summary="Stop")
def stop(order: Order, programme_id: UUID, body: NewReliefEnd) -> Response:
    """Help no further loan; what was granted goes on."""
    return order.carry_out(
        lambda: order.bank.relief.stop(order.principal, order.key, programme_id, body.reason)
    )


@router.post("/programmes/{programme_id}/reverse", status_code=202, summary="Reverse")
def reverse(order: Order, programme_id: UUID, body: NewReliefReversal) -> Response:
    """Begin to end what was granted from a day on, by new events, or go on with it."""
    return order.carry_out(
        lambda: order.bank.relief.reverse_in_background(
            order.principal, order.key, programme_id, body.reason, body.from_on
        ),
        202,
    )


@router.get("/programmes/{programme_id}/report", summary="Plan and booked figures")
def get_report(
    ask: Ask,
    programme_id: UUID,
    form: Annotated[str, Query(alias="format", pattern="^(json|csv)$")] = "json",
) -> Response:
    """Return the plan beside what was booked, by group; as JSON or CSV."""
    found = ask.bank.relief.report(ask.principal, programme_id)
    if form == "csv":
        name = f'attachment; filename="relief-{programme_id}.csv"'
        headers = {"Content-Disposition": name, "Cache-Control": "no-store"}
        return Response("\ufeff" + report_csv(found), 200, headers, "text/csv; charset=utf-8")
    return ask.answer(found)


@router.get("/loans/{loan_id}", summary="Relief that runs on a loan")
def get_relief_of_loan(ask: Ask, loan_id: UUID) -> Response:
    """Return what relief runs on a loan today, until when, and what it saves."""
    return ask.answer({"relief": ask.bank.relief.relief_of_loan(ask.principal, loan_id)})
