"""Takings, and what of them repays the advances of a business."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from martlet.api.access import Ask, Order
from martlet.api.schemas import NewTakings, TakingsDay

router = APIRouter(prefix="/v1/takings", tags=["lending"])


@router.post("", status_code=201, summary="A day's takings of a business")
def collect(order: Order, body: NewTakings) -> Response:
    """Repay its advances by their shares; a day is done once, however often it is told.

    Without an amount, the business's records of that day say it.
    """
    return order.carry_out(
        lambda: order.bank.advances.collect(
            order.principal, order.key, body.party_id, body.on, body.taken_fen
        )
    )


@router.post("/collections", status_code=201, summary="A day's takings of all businesses")
def collect_all(order: Order, body: TakingsDay) -> Response:
    """Collect every advance's share of what the records say that its business took."""
    return order.carry_out(lambda: order.bank.advances.collect_all(order.principal, body.on))


@router.get("", summary="What a day took")
def taken(ask: Ask, party_id: UUID, on: Annotated[date, Query()]) -> Response:
    """Return what the business's records say it took on a day; null where they say nothing."""
    found = ask.bank.records.taken_on(ask.principal, [party_id], on)
    told = {"party_id": str(party_id), "on": on.isoformat(), "taken_fen": found.get(party_id)}
    return ask.answer(told)
