"""From an application to the last repayment."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from martlet.api.access import Ask, Order
from martlet.api.schemas import ROWS, Limit, NewApplication, NewDrawdown, NewRepayment

router = APIRouter(prefix="/v1", tags=["lending"])


@router.post("/applications", status_code=201, summary="Apply, and be decided at once")
def apply(request: Request, order: Order, body: NewApplication) -> Response:
    """Decide an application by the policy and model in force; an approval carries an offer."""

    def command() -> dict[str, Any]:
        return order.bank.lending.apply(
            order.principal, order.key, body.party_id, body.product, body.requested_fen, body.tenor
        )

    return order.carry_out(command, measure=request.app.state.metrics.decided)


@router.get("/applications", summary="Applications and what became of them")
def list_applications(ask: Ask, party_id: UUID | None = None) -> Response:
    """Return the latest applications that the caller may see, of one business or of all."""
    found = ask.bank.lending.applications(ask.principal, party_id)
    return ask.answer({"applications": found})


@router.get("/offers/{offer_id}", summary="An offer")
def get_offer(ask: Ask, offer_id: UUID) -> Response:
    """Return an offer, and the line that it became once accepted."""
    return ask.answer(ask.bank.lending.offer(ask.principal, offer_id))


@router.post("/offers/{offer_id}/accept", status_code=201, summary="Accept an offer")
def accept(order: Order, offer_id: UUID) -> Response:
    """Turn an offer into a line; it costs nothing until something is drawn."""
    return order.carry_out(lambda: order.bank.lending.accept(order.principal, order.key, offer_id))


@router.get("/products", summary="What the bank lends")
def list_products(ask: Ask) -> Response:
    """Return every product with its tenors and conventions."""
    return ask.answer({"products": ask.bank.lending.products()})


@router.get("/facilities", summary="Lines")
def list_facilities(ask: Ask, party_id: UUID | None = None) -> Response:
    """Return the lines of one business, or of all that the caller may see."""
    found = ask.bank.lending.facilities(ask.principal, party_id)
    return ask.answer({"facilities": found})


@router.get("/facilities/{facility_id}", summary="A line")
def get_facility(ask: Ask, facility_id: UUID) -> Response:
    """Return a line: its limit, what is used of it, its price."""
    return ask.answer(ask.bank.lending.facility(ask.principal, facility_id))


@router.post("/facilities/{facility_id}/drawdowns", status_code=201, summary="Draw on a line")
def draw(request: Request, order: Order, facility_id: UUID, body: NewDrawdown) -> Response:
    """Draw an amount: `pending` until the payment rail has reported, then `posted`."""
    return order.carry_out(
        lambda: order.bank.lending.draw(
            order.principal,
            order.key,
            facility_id,
            body.amount_fen,
            body.tenor,
            body.receivable_id,
        ),
        measure=request.app.state.metrics.was_drawn,
    )


@router.get("/loans", summary="Loans, a page at a time")
def list_loans(
    ask: Ask,
    party_id: UUID | None = None,
    facility_id: UUID | None = None,
    after: UUID | None = None,
    limit: Limit = ROWS,
) -> Response:
    """Return loans in the order of their making; `after` is the last of the page before."""
    found = ask.bank.lending.loans(
        ask.principal, party_id=party_id, facility_id=facility_id, after=after, limit=limit
    )
    return ask.answer({"loans": found})


@router.get("/loans/{loan_id}", summary="A loan")
def get_loan(ask: Ask, loan_id: UUID) -> Response:
    """Return a loan as it stands today: what is owed, what is due, the schedule."""
    return ask.answer(ask.bank.lending.loan(ask.principal, loan_id))


@router.post("/loans/{loan_id}/repayments", status_code=201, summary="Repay")
def repay(order: Order, loan_id: UUID, body: NewRepayment) -> Response:
    """Apply what came in; what exceeds the debt is kept for the customer."""
    return order.carry_out(
        lambda: order.bank.lending.repay(
            order.principal, order.key, loan_id, body.amount_fen, body.external_reference
        )
    )


@router.get("/loans/{loan_id}/payoff-quote", summary="What pays a loan off on a day")
def payoff_quote(ask: Ask, loan_id: UUID, on: date | None = None) -> Response:
    """Return the amount that pays a loan off on a day, by default today."""
    return ask.answer(ask.bank.lending.payoff_quote(ask.principal, loan_id, on))


@router.get("/loans/{loan_id}/statement", summary="Everything that happened to a loan")
def statement(ask: Ask, loan_id: UUID) -> Response:
    """Return a loan's events in their order, with the balance after each."""
    return ask.answer(ask.bank.lending.statement(ask.principal, loan_id=loan_id))


@router.get("/portfolio", summary="All loans together")
def portfolio(ask: Ask) -> Response:
    """Return the portfolio's figures."""
    return ask.answer(ask.bank.lending.portfolio(ask.principal))
