"""Idle cash: what it may lie in, what lies there, in and out, and the bank's book of it."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field, StringConstraints
from starlette.responses import Response

from martlet.api.access import Ask, Order
from martlet.api.schemas import Body, Fen, Plain, Slug
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.treasury.limits import (
    INSTALMENTS_MAX,
    REFERENCE_CHARS_MAX,
    TENOR_DAYS_MAX,
    YIELD_PPM_PER_YEAR_MAX,
    YIELDS_PER_COMMAND_MAX,
)
from martlet.treasury.rail import Outcome

router = APIRouter(prefix="/v1/treasury", tags=["treasury"])

Reference = Annotated[Plain, StringConstraints(max_length=REFERENCE_CHARS_MAX)]
Some = Annotated[
    int, Field(strict=True, ge=0, le=AMOUNT_FEN_MAX, description="In fen (1/100 yuan)")
]
Month = Annotated[str, Query(pattern=r"^[0-9]{4}-[0-9]{2}$")]
Part = Annotated[int | None, Query(ge=1, le=AMOUNT_FEN_MAX, description="In fen; all without it")]


class NewArrival(Body):
    """Takings that have arrived for a business."""

    party_id: UUID
    amount_fen: Fen
    reference: Reference = ""


class NewSweep(Body):
    """Into which product takings go as they arrive (null: nowhere), and what stays."""

    party_id: UUID
    product: Slug | None
    keep_fen: Some = 0


class NewSubscription(Body):
    """What goes into which product, and for how long where it is held for a time."""

    party_id: UUID
    product: Slug
    amount_fen: Annotated[Fen, Field(description="In fen; of a plan, each instalment")]
    tenor_days: Annotated[int, Field(strict=True, ge=1, le=TENOR_DAYS_MAX)] | None = None
    instalments: Annotated[int, Field(strict=True, ge=1, le=INSTALMENTS_MAX)] | None = None


class NewRedemption(Body):
    """What is taken out (null: all), what it may cost, and where it goes."""

    amount_fen: Fen | None = None
    lost_fen_max: Some | None = None
    """The interest that its owner agreed to give up; more is refused."""
    to_balance: bool = False
    """Keep it in the balance here instead of paying it out by the rail."""


class NewWithdrawal(Body):
    """What is paid out of a balance."""

    party_id: UUID
    amount_fen: Fen
    reference: Reference = ""


class DayYield(Body):
    """The yield of one day, in ppm a year."""

    day: date
    ppm_per_year: Annotated[int, Field(strict=True, ge=0, le=YIELD_PPM_PER_YEAR_MAX)]


class NewYields(Body):
    """Days' yields as a partner has published them."""

    product: Slug
    yields: Annotated[tuple[DayYield, ...], Field(min_length=1, max_length=YIELDS_PER_COMMAND_MAX)]


class NewReport(Body):
    """The rail's word on a payment."""

    outcome: Outcome
    reference: Reference = ""


@router.get("/products", summary="What idle cash may lie in")
def list_products(ask: Ask) -> Response:
    """Return every product with its caps, its terms, and the yields known today."""
    return ask.answer({"products": ask.bank.treasury.products(ask.principal)})


@router.post("/takings", status_code=201, summary="Takings that have arrived")
def take_in(order: Order, body: NewArrival) -> Response:
    """Book takings to a business's balance; its standing order sweeps them at once."""
    return order.carry_out(
        lambda: order.bank.treasury.take_in(
            order.principal, order.key, body.party_id, body.amount_fen, body.reference
        )
    )


@router.post("/sweeps", status_code=201, summary="Sweep takings as they arrive, or stop it")
def set_sweep(order: Order, body: NewSweep) -> Response:
    """Say what of takings stays in the balance and where the rest goes."""
    return order.carry_out(
        lambda: order.bank.treasury.set_sweep(
            order.principal, order.key, body.party_id, body.product, body.keep_fen
        )
    )


@router.post("/subscriptions", status_code=201, summary="Put money into a product")
def subscribe(request: Request, order: Order, body: NewSubscription) -> Response:
    """Take an amount from a business's balance; of a plan, the first instalment."""
    return order.carry_out(
        lambda: order.bank.treasury.subscribe(
            order.principal,
            order.key,
            body.party_id,
            body.product,
            body.amount_fen,
            body.tenor_days,
            body.instalments,
        ),
        measure=request.app.state.metrics.was_subscribed,
    )


@router.get("/positions", summary="What a business has where")
def list_positions(ask: Ask, party_id: UUID, *, closed: bool = False) -> Response:
    """Return a business's positions, the latest first; those that have ended where asked."""
    found = ask.bank.treasury.positions(ask.principal, party_id, closed=closed)
    return ask.answer({"positions": found})


@router.get("/positions/{position_id}/redemption", summary="What taking money out would cost")
def preview(ask: Ask, position_id: UUID, amount_fen: Part = None) -> Response:
    """Tell what breaks, what it costs, what comes at once and when the rest arrives."""
    return ask.answer(ask.bank.treasury.preview(ask.principal, position_id, amount_fen))


@router.post("/positions/{position_id}/redemptions", status_code=201, summary="Take money out")
def redeem(request: Request, order: Order, position_id: UUID, body: NewRedemption) -> Response:
    """Pay out at once within the day's caps, beyond them in turn, before a term at its price."""
    return order.carry_out(
        lambda: order.bank.treasury.redeem(
            order.principal,
            order.key,
            position_id,
            body.amount_fen,
            body.lost_fen_max,
            to_balance=body.to_balance,
        ),
        measure=request.app.state.metrics.was_redeemed,
    )


@router.get("/positions/{position_id}/statement", summary="A position's statement")
def statement(ask: Ask, position_id: UUID, first: date, last: date) -> Response:
    """Return what happened to a position from a day to a day, and what each day has earned."""
    return ask.answer(ask.bank.treasury.statement(ask.principal, position_id, first, last))


@router.post("/withdrawals", status_code=201, summary="Pay money out of a balance")
def withdraw(order: Order, body: NewWithdrawal) -> Response:
    """Hold an amount of a business's balance and order its payment."""
    return order.carry_out(
        lambda: order.bank.treasury.withdraw(
            order.principal, order.key, body.party_id, body.amount_fen, body.reference
        )
    )


@router.get("/overview", summary="A business's idle cash at a glance")
def overview(ask: Ask, party_id: UUID) -> Response:
    """Return balance, positions, what they earned, and what is under way."""
    return ask.answer(ask.bank.treasury.overview(ask.principal, party_id))


@router.get("/earnings", summary="What a business earned, day by day")
def earnings(ask: Ask, party_id: UUID, first: date, last: date) -> Response:
    """Return what each day has earned, and the days whose yield nobody knows yet."""
    return ask.answer(ask.bank.treasury.earnings(ask.principal, party_id, first, last))


@router.get("/months", summary="A month's account")
def month(ask: Ask, party_id: UUID, month: Month) -> Response:
    """Return what a month did to each position; every row adds up to the fen."""
    return ask.answer(ask.bank.treasury.month(ask.principal, party_id, month))


@router.get("/orders", summary="Payments out")
def list_orders(ask: Ask, party_id: UUID) -> Response:
    """Return a business's payments from positions and balance, the latest first."""
    return ask.answer({"orders": ask.bank.treasury.orders(ask.principal, party_id)})


@router.post("/yields", status_code=201, summary="Publish days' yields")
def publish_yields(order: Order, body: NewYields) -> Response:
    """Put days' yields on the record, each once and for good."""
    told = {one.day: one.ppm_per_year for one in body.yields}
    return order.carry_out(
        lambda: order.bank.treasury.publish_yields(order.principal, order.key, body.product, told)
    )


@router.post("/payouts/{order_id}/report", status_code=201, summary="The rail's word")
def report(order: Order, order_id: UUID, body: NewReport) -> Response:
    """Settle or undo a payment; what the rail says again changes nothing."""
    return order.carry_out(
        lambda: order.bank.treasury.rail_reported(
            order.principal, order_id, body.outcome, body.reference
        )
    )


@router.get("/book", summary="The bank's book of idle cash")
def book(ask: Ask) -> Response:
    """Return what stands of each product, its yields, what is under way and what was broken."""
    return ask.answer(ask.bank.treasury.book(ask.principal))


@router.get("/verification", summary="Does every position follow from its events?")
def verify(ask: Ask) -> Response:
    """Replay every position and compare rows, ledger, payouts and caps; a lie is an error."""
    return ask.answer(ask.bank.treasury.prove(ask.principal))
