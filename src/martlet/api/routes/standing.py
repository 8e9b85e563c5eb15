"""Plans for idle cash: shown with their reasons, agreed to once or for good, made again."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter
from pydantic import Field, StringConstraints
from starlette.responses import Response

from martlet.api.access import Ask, Order
from martlet.api.schemas import Body, Fen, Slug
from martlet.kernel.i18n import Locale
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.treasury.consent import Limits
from martlet.treasury.limits import CONSENT_PRODUCTS_MAX, SHORT_PPM_MAX, SHORT_PPM_MIN
from martlet.treasury.standing import told

router = APIRouter(prefix="/v1/treasury", tags=["treasury"])

Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_CAREFUL = Limits()


class NewLimits(Body):
    """Within which plans are carried out; what is not said is the careful default."""

    locked_share_ppm_max: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] = (
        _CAREFUL.locked_share_ppm_max
    )
    move_fen_max: Fen = _CAREFUL.move_fen_max
    short_ppm_max: Annotated[int, Field(strict=True, ge=SHORT_PPM_MIN, le=SHORT_PPM_MAX)] = (
        _CAREFUL.short_ppm_max
    )
    products: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=CONSENT_PRODUCTS_MAX)] = (
        _CAREFUL.products
    )
    floor_fen: Annotated[int, Field(strict=True, ge=0, le=AMOUNT_FEN_MAX)] = _CAREFUL.floor_fen
    valid_until: date | None = None

    def limits(self) -> Limits:
        """Return them as the room knows them."""
        return Limits(**self.model_dump())


class NewConsent(Body):
    """An owner's consent, once."""

    party_id: UUID
    limits: NewLimits = NewLimits()


class Whose(Body):
    """Which business."""

    party_id: UUID


class NewAcceptance(Body):
    """The plan that was shown, by the hash of what it was made from."""

    party_id: UUID
    inputs_hash: Hash
    limits: NewLimits | None = None
    """Those that the plan was shown with, where no consent is in force."""


def _plan(found: dict[str, Any], locale: Locale) -> dict[str, Any]:
    """Return a plan with its sentences."""
    words = told(found["morning"], found["orders"], locale)
    orders = [
        {**msgspec.to_builtins(order), "sentences": said}
        for order, said in zip(found["orders"], words["orders"], strict=True)
    ]
    return {**found, "orders": orders, "sentences": words["whole"]}


@router.get("/plan", summary="Today's plan, with its reasons")
def get_plan(ask: Ask, party_id: UUID) -> Response:
    """Return today's plan and what each term has room for; nothing moves by asking."""
    return ask.answer(_plan(ask.bank.standing.proposal(ask.principal, party_id), ask.locale))


@router.post("/plan/acceptances", status_code=201, summary="Carry out the plan that was shown")
def accept(order: Order, body: NewAcceptance) -> Response:
    """Carry today's plan out once; where something has moved since, it is refused."""
    limits = body.limits.limits() if body.limits else None
    return order.carry_out(
        lambda: order.bank.standing.accept(
            order.principal, order.key, body.party_id, body.inputs_hash, limits
        )
    )


@router.get("/consents", summary="What a business agreed to")
def list_consents(ask: Ask, party_id: UUID) -> Response:
    """Return every version of a consent, the latest first."""
    return ask.answer({"consents": ask.bank.standing.consents(ask.principal, party_id)})


@router.post("/consents", status_code=201, summary="Agree to plans within limits")
def give_consent(order: Order, body: NewConsent) -> Response:
    """From the next morning on, plans within these limits are carried out without asking."""
    return order.carry_out(
        lambda: order.bank.standing.give_consent(
            order.principal, order.key, body.party_id, body.limits.limits()
        )
    )


@router.post("/consents/revocations", status_code=201, summary="End a standing order")
def revoke(order: Order, body: Whose) -> Response:
    """From now on plans are only proposed."""
    return order.carry_out(
        lambda: order.bank.standing.revoke_consent(order.principal, order.key, body.party_id)
    )


@router.get("/plans", summary="Plans that were carried out")
def list_plans(ask: Ask, party_id: UUID) -> Response:
    """Return plans with what they were made from, what they did and why, the latest first."""
    found = ask.bank.standing.plans(ask.principal, party_id)
    return ask.answer({"plans": [_plan(one, ask.locale) for one in found]})


@router.get("/plans/{plan_id}/replay", summary="Make a plan again")
def replay(ask: Ask, plan_id: UUID) -> Response:
    """Make a plan again from what it was made from, and tell whether it is the same."""
    return ask.answer(_plan(ask.bank.standing.replay(ask.principal, plan_id), ask.locale))


@router.post("/plans", status_code=201, summary="Carry out this morning's plans")
def carry_out(order: Order) -> Response:
    """Carry out the plans of all who have consented; what is done already is not done again."""
    return order.carry_out(lambda: order.bank.standing.carry_out(order.principal))
