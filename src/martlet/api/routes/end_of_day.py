"""The end of day: run it, see how it stands."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from martlet.api.access import Ask, Order
from martlet.api.limits import CATCH_UP_DAYS_PER_REQUEST_MAX
from martlet.api.schemas import ROWS, Body, Limit, NewReceipts
from martlet.ledger import current_business_date, trial_balance
from martlet.lending import Receipt

router = APIRouter(prefix="/v1", tags=["end of day"])


class NewEndOfDay(Body):
    """Which day to close: named, so that a request sent twice does not close two days."""

    business_date: date


@router.post("/end-of-day", status_code=201, summary="Close the open business date")
def run(order: Order, body: NewEndOfDay) -> Response:
    """Accrue, post what falls due, age, balance, verify and close; restartable at any point."""

    def command() -> dict[str, Any]:
        return order.bank.end_day(order.principal, body.business_date).as_json()

    return order.carry_out(command)


class NewCatchUp(Body):
    """Through which day to close: named, so that a request sent twice closes no day more."""

    through: date


@router.post("/end-of-day/catch-up", status_code=201, summary="Close every day that was missed")
def catch_up(order: Order, body: NewCatchUp) -> Response:
    """Close each date from the open one through another, a month of them at most."""

    def command() -> dict[str, Any]:
        return order.bank.catch_up(
            order.principal, body.through, days_max=CATCH_UP_DAYS_PER_REQUEST_MAX
        )

    return order.carry_out(command)


@router.post("/receipts", status_code=201, summary="Take in repayments for the night to allocate")
def take_in(order: Order, body: NewReceipts) -> Response:
    """Put all of them with their money on the books, or none."""
    receipts = [
        Receipt(one.receipt_id, one.loan_id, one.amount_fen, one.value_date, one.reference)
        for one in body.receipts
    ]
    return order.carry_out(lambda: order.bank.lending.take_in(order.principal, order.key, receipts))


@router.get("/receipts", summary="Repayments that wait, or that the night allocated or refused")
def list_receipts(
    ask: Ask,
    state: Literal["waiting", "allocated", "refused"] = "refused",
    after: UUID | None = None,
    limit: Limit = ROWS,
) -> Response:
    """Return receipts in the order of their identifiers; `after` is the last of the page before."""
    found = ask.bank.lending.receipts(ask.principal, state, after, limit)
    return ask.answer({"receipts": found})


@router.get("/end-of-day", summary="The open business date and whether it balances")
def status(ask: Ask) -> Response:
    """Return the open business date and its running trial balance."""
    with ask.bank.database.read() as connection:
        today = current_business_date(connection, ask.principal.tenant_id)
        balance = trial_balance(connection, ask.principal, today)
    return ask.answer(
        {
            **ask.bank.end_of_day.status(ask.principal).as_json(),
            "debits_fen": balance.debits_fen,
            "credits_fen": balance.credits_fen,
            "difference_fen": balance.difference_fen,
        }
    )
