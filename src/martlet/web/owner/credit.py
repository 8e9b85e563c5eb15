"""Apply, and the answer: an offer with its waterfall and price, or the reasons and the way out."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from martlet.credit import StoredDecision, reason_text
from martlet.kernel.errors import Invalid
from martlet.web.chain_paths import ways_of
from martlet.web.explained import explained
from martlet.web.owner.views import business_of, shown_products
from martlet.web.pricing import price_of
from martlet.web.visitors import Owner, Visitor, shown

router = APIRouter()


def _form(visitor: Visitor, party_id: UUID, refusals: list[str]) -> Response:
    business = business_of(visitor, party_id)
    return visitor.page(
        "owner/apply.html",
        422 if refusals else 200,
        shop={"party_id": party_id, "name": business.name.reveal()},
        products=shown_products(visitor),
        given={
            "amount": visitor.field("amount"),
            "product": visitor.field("product", "revolving_daily"),
        },
        refusals=refusals,
    )


@router.get("/businesses/{party_id}/apply")
def ask(visitor: Owner, party_id: UUID) -> Response:
    """Ask how much, for how long."""
    return _form(visitor, party_id, [])


@router.post("/businesses/{party_id}/apply")
def apply(visitor: Owner, party_id: UUID) -> Response:
    """Decide at once and show the answer."""
    refusals: list[str] = []
    with shown(refusals, visitor):
        product = visitor.field("product")
        if product not in {item["product"] for item in visitor.bank.lending.products()}:
            raise Invalid("web.product_missing")
        answer = visitor.bank.lending.apply(
            visitor.principal,
            visitor.key,
            party_id,
            product,
            visitor.amount_fen("amount"),
            visitor.number(f"tenor_{product}"),
        )
        return visitor.go(f"/decisions/{answer['decision']['decision_id']}")
    return _form(visitor, party_id, refusals)


@router.get("/decisions/{decision_id}")
def show_answer(visitor: Owner, decision_id: UUID) -> Response:
    """Show what was decided, why, and what it costs."""
    return _answer(visitor, decision_id, [])


@router.post("/decisions/{decision_id}/accept")
def accept(visitor: Owner, decision_id: UUID) -> Response:
    """Turn the offer into a line."""
    refusals: list[str] = []
    with shown(refusals, visitor):
        made = _offer_of(visitor, visitor.bank.credit.decision(visitor.principal, decision_id))
        if made is None:
            raise Invalid("web.offer_gone")
        line = visitor.bank.lending.accept(visitor.principal, visitor.key, UUID(made["offer_id"]))
        return visitor.go(f"/lines/{line['facility_id']}?note=accepted")
    return _answer(visitor, decision_id, refusals)


def _offer_of(visitor: Visitor, stored: StoredDecision) -> dict[str, Any] | None:
    found = visitor.bank.lending.offers(visitor.principal, stored.application.party_id)
    decision_id = str(stored.decision_id)
    return next((made for made in found if made["decision_id"] == decision_id), None)


def _answer(visitor: Visitor, decision_id: UUID, refusals: list[str]) -> Response:
    stored = visitor.bank.credit.decision(visitor.principal, decision_id)
    business = business_of(visitor, stored.application.party_id)
    answered = visitor.bank.lending.answer_to(visitor.principal, stored)
    approved, made = answered["outcome"] == "approved", answered["offer"]
    rate = made["rate_ppm_per_day"] if made else stored.decision.rate_ppm_per_day
    labels = {item["name"]: item["label"] for item in shown_products(visitor)}
    return visitor.page(
        "owner/offer.html",
        422 if refusals else 200,
        shop={"party_id": business.party_id, "name": business.name.reveal()},
        decision=stored.decision,
        decision_id=decision_id,
        words=explained(stored.decision, visitor),
        ways=ways_of(stored.signals.signals),
        approved=approved,
        notes=[reason_text(note, visitor.locale) for note in answered["notes"]],
        price=price_of(stored, rate, visitor) if approved else None,
        offer=_offer_of(visitor, stored) if approved else None,
        product_label=labels.get(stored.application.product, stored.application.product),
        refusals=refusals,
    )
