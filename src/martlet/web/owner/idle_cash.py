"""Idle cash on the owner's phone: what lies where, what it earns; in, and out at a shown price."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from martlet.kernel.errors import Invalid, NotFound
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.kernel.rates import PPM
from martlet.treasury.consent import Limits
from martlet.treasury.product import product_named
from martlet.treasury.standing import Offer
from martlet.web.owner.views import business_of
from martlet.web.visitors import Owner, Visitor, shown

router = APIRouter(prefix="/businesses/{party_id}/idle-cash")
SURPLUS = "yulibao"
_EARNED_DAYS_SHOWN = 31


def shop_of(visitor: Visitor, party_id: UUID) -> dict[str, Any]:
    """Return what the pages of a business's idle cash call it, and where they stand."""
    name = business_of(visitor, party_id).name.reveal()
    return {"party_id": party_id, "name": name, "here": f"/businesses/{party_id}/idle-cash"}


def labelled(visitor: Visitor, one: dict[str, Any]) -> dict[str, Any]:
    """Return a row with its product's name in the visitor's language."""
    product = product_named(one["product"]) if one["product"] else None
    label = product.label(visitor.locale) if product else visitor.say("Balance")
    return {**one, "label": label, "has_term": bool(product and product.has_term)}


def _products(visitor: Visitor) -> list[dict[str, Any]]:
    found = [labelled(visitor, one) for one in visitor.bank.treasury.products(visitor.principal)]
    for one in found:
        yields = [line["yield_ppm"] for line in (*one["tenors"], *one["plans"])]
        latest = one["latest_yield_ppm"]
        one["best_ppm"] = max((ppm for ppm in yields if ppm), default=latest)
    return sorted(found, key=lambda one: (one["has_term"], bool(one["plans"])))


def _page(visitor: Visitor, party_id: UUID, refusals: list[str], note: str = "") -> Response:
    seen = visitor.bank.treasury.overview(visitor.principal, party_id)
    notes = {
        "in": visitor.say("Done. The money is at work from its next day on."),
        "out": visitor.say("The money is on its way."),
        "kept": visitor.say("Done. The money is in your balance."),
        "sweep": visitor.say("Done. It counts from the next takings on."),
        "plan": visitor.say("Done. The plan has been carried out."),
    }
    return visitor.page(
        "owner/idle_cash.html",
        422 if refusals else 200,
        shop=shop_of(visitor, party_id),
        seen=seen,
        held=[labelled(visitor, one) for one in seen["positions"]],
        under_way=[labelled(visitor, one) for one in seen["under_way"]],
        products=_products(visitor),
        surplus=product_named(SURPLUS).label(visitor.locale),
        month=seen["business_date"][:7],
        given={name: visitor.field(name) for name in ("amount", "keep")},
        note=notes.get(note, ""),
        refusals=refusals,
    )


@router.get("")
def show_all(visitor: Owner, party_id: UUID, note: str = "") -> Response:
    """Show what lies where and what it has earned."""
    return _page(visitor, party_id, [], note)


@router.post("/sweep")
def set_sweep(visitor: Owner, party_id: UUID) -> Response:
    """Begin, change or end the sweep of takings."""
    refusals: list[str] = []
    with shown(refusals, visitor):
        on = visitor.field("how") == "on"
        keep_fen = visitor.amount_fen("keep") if on and visitor.field("keep") else 0
        visitor.bank.treasury.set_sweep(
            visitor.principal, visitor.key, party_id, SURPLUS if on else None, keep_fen
        )
        return visitor.go(f"/businesses/{party_id}/idle-cash?note=sweep")
    return _page(visitor, party_id, refusals)


@router.post("/withdraw")
def withdraw(visitor: Owner, party_id: UUID) -> Response:
    """Pay money out of the balance."""
    refusals: list[str] = []
    with shown(refusals, visitor):
        visitor.bank.treasury.withdraw(
            visitor.principal, visitor.key, party_id, visitor.amount_fen("amount")
        )
        return visitor.go(f"/businesses/{party_id}/idle-cash?note=out")
    return _page(visitor, party_id, refusals)


# In.


def _offers(visitor: Visitor, party_id: UUID, product: str) -> list[dict[str, Any]]:
    """Return a product's terms with what each has room for; the longest that fits is suggested."""
    limits = Limits(
        products=(SURPLUS, product),
        locked_share_ppm_max=PPM,
        move_fen_max=AMOUNT_FEN_MAX,
    )
    rooms = visitor.bank.standing.rooms(visitor.principal, party_id, limits)
    found = [_offer(one["offer"], one["room_fen"]) for one in rooms]
    fits = [one for one in found if one["room_fen"] >= one["least_fen"]]
    for one in found:
        one["suggested"] = bool(fits) and one is fits[-1]
    return found


def _offer(offer: Offer, room_fen: int) -> dict[str, Any]:
    return {
        "tenor_days": offer.tenor_days,
        "instalments": offer.instalments,
        "yield_ppm": offer.yield_ppm,
        "until": offer.until,
        "least_fen": offer.least_fen,
        "room_fen": room_fen,
    }


def _put_in_page(visitor: Visitor, party_id: UUID, product: str, refusals: list[str]) -> Response:
    offered = {one["product"]: one for one in _products(visitor)}
    if product not in offered:
        raise NotFound("treasury.product_unknown", product=product[:40])
    seen = visitor.bank.treasury.overview(visitor.principal, party_id)
    offers = _offers(visitor, party_id, product) if offered[product]["has_term"] else []
    return visitor.page(
        "owner/put_in.html",
        422 if refusals else 200,
        shop=shop_of(visitor, party_id),
        product=offered[product],
        offers=offers,
        suggested=next((one for one in offers if one["suggested"]), None),
        balance_fen=seen["balance_fen"],
        given={"amount": visitor.field("amount")},
        refusals=refusals,
    )


@router.get("/put-in/{product}")
def ask_in(visitor: Owner, party_id: UUID, product: str) -> Response:
    """Ask how much, and for how long where it is held for a time."""
    return _put_in_page(visitor, party_id, product, [])


@router.post("/put-in/{product}")
def put_in(visitor: Owner, party_id: UUID, product: str) -> Response:
    """Put money of the balance into a product."""
    refusals: list[str] = []
    with shown(refusals, visitor):
        chosen = visitor.number("term") if visitor.field("term") else None
        is_plan = bool(product_named(product).instalment_counts)
        visitor.bank.treasury.subscribe(
            visitor.principal,
            visitor.key,
            party_id,
            product,
            visitor.amount_fen("amount"),
            None if is_plan else chosen,
            chosen if is_plan else None,
        )
        return visitor.go(f"/businesses/{party_id}/idle-cash?note=in")
    return _put_in_page(visitor, party_id, product, refusals)


# One position, and out.


def _position_page(
    visitor: Visitor, party_id: UUID, position_id: UUID, refusals: list[str]
) -> Response:
    today = date.fromisoformat(
        visitor.bank.treasury.overview(visitor.principal, party_id)["business_date"]
    )
    first = today - timedelta(days=_EARNED_DAYS_SHOWN)
    told = visitor.bank.treasury.statement(visitor.principal, position_id, first, today)
    if told["party_id"] != str(party_id):
        raise NotFound("treasury.position_not_found", position_id=str(position_id))
    return visitor.page(
        "owner/position.html",
        422 if refusals else 200,
        shop=shop_of(visitor, party_id),
        position=labelled(visitor, told),
        refusals=refusals,
        given={"amount": visitor.field("amount")},
    )


@router.get("/positions/{position_id}")
def show_position(visitor: Owner, party_id: UUID, position_id: UUID) -> Response:
    """Show a position: how it stands, what it earned, what happened to it."""
    return _position_page(visitor, party_id, position_id, [])


@router.post("/positions/{position_id}/price")
def show_price(visitor: Owner, party_id: UUID, position_id: UUID) -> Response:
    """Show what taking money out gives, what it costs, and when it arrives; nothing moves yet."""
    refusals: list[str] = []
    with shown(refusals, visitor):
        amount_fen = visitor.amount_fen("amount") if visitor.field("how") != "all" else None
        price = visitor.bank.treasury.preview(visitor.principal, position_id, amount_fen)
        found = visitor.bank.treasury.positions(visitor.principal, party_id)
        position = next(one for one in found if one["position_id"] == str(position_id))
        return visitor.page(
            "owner/take_out.html",
            shop=shop_of(visitor, party_id),
            position=labelled(visitor, position),
            price=price,
            whole=amount_fen is None,
        )
    return _position_page(visitor, party_id, position_id, refusals)


@router.post("/positions/{position_id}/take-out")
def take_out(visitor: Owner, party_id: UUID, position_id: UUID) -> Response:
    """Take money out at the price that was shown, and never at a higher one."""
    refusals: list[str] = []
    with shown(refusals, visitor):
        if not visitor.field("amount_fen"):
            raise Invalid("web.number_unreadable", text="")
        answer = visitor.bank.treasury.redeem(
            visitor.principal,
            visitor.key,
            position_id,
            visitor.number("amount_fen"),
            visitor.number("lost_fen_max"),
            to_balance=visitor.field("where") == "balance",
        )
        inside = answer["pays_to"] == "balance" and not answer["later_fen"]
        note = "kept" if inside else "out"
        return visitor.go(f"/businesses/{party_id}/idle-cash?note={note}")
    return _position_page(visitor, party_id, position_id, refusals)
