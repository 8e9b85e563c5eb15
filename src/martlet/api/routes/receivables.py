"""Orders and agreed sales that loans are drawn against, and the payments that repay them."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from martlet.api.access import Ask, Order
from martlet.api.schemas import NewBuyerPayment, NewDeposit, NewReceivable

router = APIRouter(prefix="/v1/receivables", tags=["lending"])


@router.post("", status_code=201, summary="Register an order or an agreed sale")
def register(order: Order, body: NewReceivable) -> Response:
    """Take an order or a sale on the books; the answer says what may be drawn against it."""
    return order.carry_out(
        lambda: order.bank.receivables.register(
            order.principal,
            order.key,
            body.party_id,
            body.product,
            body.reference,
            body.expected_fen,
            body.settles_on,
        )
    )


@router.get("", summary="A business's orders and agreed sales")
def list_receivables(ask: Ask, party_id: UUID) -> Response:
    """Return them, the latest first, each with what is owed against it."""
    return ask.answer({"receivables": ask.bank.receivables.of_business(ask.principal, party_id)})


@router.get("/{receivable_id}", summary="An order or an agreed sale")
def get_receivable(ask: Ask, receivable_id: UUID) -> Response:
    """Return what it releases and what is owed against it."""
    return ask.answer(ask.bank.receivables.one(ask.principal, receivable_id))


@router.post("/{receivable_id}/deposits", status_code=201, summary="The buyer's deposit")
def deposit(order: Order, receivable_id: UUID, body: NewDeposit) -> Response:
    """Note what the buyer has paid beforehand; enough of it releases the advance."""
    return order.carry_out(
        lambda: order.bank.receivables.deposit(
            order.principal, order.key, receivable_id, body.amount_fen
        )
    )


@router.post("/{receivable_id}/settlements", status_code=201, summary="The buyer's payment")
def settle(order: Order, receivable_id: UUID, body: NewBuyerPayment) -> Response:
    """Repay the loans drawn against it, oldest first; what is left is passed on to the seller."""
    return order.carry_out(
        lambda: order.bank.receivables.settle(
            order.principal, order.key, receivable_id, body.amount_fen, last=body.last
        )
    )


@router.post("/{receivable_id}/cancellation", status_code=201, summary="It fell through")
def cancel(order: Order, receivable_id: UUID) -> Response:
    """Draw nothing more against it; what was drawn is owed by its own due date."""
    return order.carry_out(
        lambda: order.bank.receivables.cancel(order.principal, order.key, receivable_id)
    )
