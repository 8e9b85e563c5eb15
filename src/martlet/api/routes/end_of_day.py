"""The end of day: run it, see how it stands."""

from datetime import date
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from martlet.api.access import Ask, Order
from martlet.api.schemas import Body
from martlet.ledger import current_business_date, trial_balance

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
