"""A business's cash in the days ahead, what-ifs, and the rhythm of its customers."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from martlet.api.access import Ask, Order
from martlet.api.schemas import Body, Plain, Slug
from martlet.cashflow.changes import changes_from_json
from martlet.cashflow.limits import CHANGES_MAX, OUTLOOK_DAYS_MAX
from martlet.cashflow.noted import LABEL_CHARS_MAX, LATE_DAYS_MAX, TIMES_MAX
from martlet.cashflow.outlook import RISK_PPM
from martlet.cashflow.service import HORIZON_DAYS
from martlet.cashflow.telling import outlook_json, what_if_json
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.kernel.rates import PPM

router = APIRouter(prefix="/v1/businesses/{party_id}/cash-flow", tags=["cash flow"])

Horizon = Annotated[int, Query(ge=1, le=OUTLOOK_DAYS_MAX)]
Risk = Annotated[int, Query(ge=1, lt=1_000_000, description="Accepted chance of a shortfall")]


class NewWhatIf(Body):
    """Changes that are thought of, each with its `kind` and that kind's fields."""

    changes: Annotated[list[dict[str, Any]], Field(max_length=CHANGES_MAX)]
    as_of: date | None = None
    horizon_days: Annotated[int, Field(strict=True, ge=1, le=OUTLOOK_DAYS_MAX)] = HORIZON_DAYS
    risk_ppm: Annotated[int, Field(strict=True, ge=1, lt=1_000_000)] = RISK_PPM


class NewItem(Body):
    """A flow that is known ahead: in above zero, out below."""

    kind: Slug
    due_on: date
    amount_fen: Annotated[int, Field(strict=True, ge=-AMOUNT_FEN_MAX, le=AMOUNT_FEN_MAX)]
    label: Annotated[Plain, Field(max_length=LABEL_CHARS_MAX)] = ""
    probability_ppm: Annotated[int, Field(strict=True, ge=1, le=PPM)] = PPM
    late_days: Annotated[int, Field(strict=True, ge=0, le=LATE_DAYS_MAX)] = 0
    times: Annotated[int, Field(strict=True, ge=1, le=TIMES_MAX)] = 1


@router.get("", summary="A business's cash in the days ahead")
def outlook(
    ask: Ask,
    party_id: UUID,
    as_of: date | None = None,
    horizon_days: Horizon = HORIZON_DAYS,
    risk_ppm: Risk = RISK_PPM,
) -> Response:
    """Return bands, the lowest point, the chance of a shortfall and what may safely be moved."""
    told = ask.bank.cashflow.outlook(
        ask.principal, party_id, as_of=as_of, horizon_days=horizon_days, risk_ppm=risk_ppm
    )
    return ask.answer(outlook_json(told, ask.locale))


@router.post("/what-if", summary="What changes would do to a business's cash")
def what_if(ask: Ask, party_id: UUID, body: NewWhatIf) -> Response:
    """Return the outlook before and after, from the same draws; nothing is written."""
    changes = changes_from_json(body.changes)
    told = ask.bank.cashflow.what_if(
        ask.principal,
        party_id,
        changes,
        as_of=body.as_of,
        horizon_days=body.horizon_days,
        risk_ppm=body.risk_ppm,
    )
    return ask.answer(what_if_json(told, changes, ask.locale))


@router.get("/items", summary="What is noted of the days ahead")
def noted(ask: Ask, party_id: UUID) -> Response:
    """Return the flows that the business has noted ahead, from today on."""
    return ask.answer({"items": ask.bank.cashflow.noted_items(ask.principal, party_id)})


@router.post("/items", status_code=201, summary="Note a flow of the days ahead")
def note(order: Order, party_id: UUID, body: NewItem) -> Response:
    """Note a contract, a bill or the like; monthly where it comes several times."""
    return order.carry_out(
        lambda: order.bank.cashflow.note_item(
            order.principal, order.key, party_id, **body.model_dump()
        )
    )


@router.post("/items/{item_id}/take-back", summary="Take a noted flow back")
def take_back(order: Order, party_id: UUID, item_id: UUID) -> Response:
    """Take back what was noted: from now on it is not expected."""
    order.principal.require_party(party_id)
    return order.carry_out(
        lambda: order.bank.cashflow.take_back_item(order.principal, order.key, item_id)
    )


@router.get("/receivables", summary="The rhythm of a business's customers")
def receivables(ask: Ask, party_id: UUID, as_of: date | None = None) -> Response:
    """Return how often each customer buys, how late it pays, and how likely it is gone."""
    told = ask.bank.cashflow.receivables(ask.principal, party_id, as_of=as_of)
    return ask.answer(told.as_json())
