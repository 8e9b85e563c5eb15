"""Today's plan for idle cash with its reasons, and the standing order that lets it run."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from martlet.kernel.errors import Invalid
from martlet.kernel.rates import percent_text
from martlet.treasury.consent import Limits
from martlet.treasury.product import product_named, products
from martlet.treasury.standing import Kind, told
from martlet.web.owner.idle_cash import shop_of
from martlet.web.visitors import Owner, Visitor, shown

router = APIRouter(prefix="/businesses/{party_id}/idle-cash/plan")
RISKS_PPM = (500, 2_000, 10_000)
"""Careful, usual, bold: how likely it may be to be short, as an owner chooses it."""
SHARES_PPM = (250_000, 500_000, 750_000)


def _page(visitor: Visitor, party_id: UUID, refusals: list[str], note: str = "") -> Response:
    room = visitor.bank.standing
    found = room.proposal(visitor.principal, party_id)
    words = told(found["morning"], found["orders"], visitor.locale)
    limits = found["morning"].limits
    notes = {
        "given": visitor.say("Agreed. From the next morning on, plans run within your limits."),
        "revoked": visitor.say("Ended. Nothing moves by itself any more."),
    }
    return visitor.page(
        "owner/cash_plan.html",
        422 if refusals else 200,
        shop=shop_of(visitor, party_id),
        plan=found,
        morning=found["morning"],
        orders=list(zip(found["orders"], words["orders"], strict=True)),
        whole=words["whole"],
        needs=_needs(found),
        consent=found["consent"],
        limits=limits,
        risks=[(ppm, f"{percent_text(ppm)}%") for ppm in RISKS_PPM],
        shares=[(ppm, f"{percent_text(ppm, 0)}%") for ppm in SHARES_PPM],
        offered=[(one.name, one.label(visitor.locale)) for one in products().values()],
        chosen=[product_named(name).label(visitor.locale) for name in limits.products],
        note=notes.get(note, ""),
        refusals=refusals,
    )


def _needs(found: dict[str, Any]) -> list[dict[str, int]]:
    """Return, by days ahead, what may be needed and what is in reach after the plan."""
    morning = found["morning"]
    taken = [one for one in found["orders"] if one.kind in {Kind.TERM, Kind.PLAN}]
    rows = []
    for days, need_fen in morning.need_fen:
        back_fen = sum(lot.amount_fen for lot in morning.locked if lot.days_left < days)
        out_fen = sum(
            one.amount_fen for one in taken if one.until and (one.until - morning.day).days >= days
        )
        reach_fen = morning.reach_fen + back_fen - out_fen
        rows.append({"days": days, "need_fen": need_fen, "reach_fen": reach_fen})
    return rows


@router.get("")
def show_plan(visitor: Owner, party_id: UUID, note: str = "") -> Response:
    """Show today's plan, and what its owner has agreed to."""
    return _page(visitor, party_id, [], note)


@router.post("/accept")
def accept(visitor: Owner, party_id: UUID) -> Response:
    """Carry the plan out that was shown, this once."""
    refusals: list[str] = []
    with shown(refusals, visitor):
        visitor.bank.standing.accept(
            visitor.principal, visitor.key, party_id, visitor.field("inputs_hash")[:64]
        )
        return visitor.go(f"/businesses/{party_id}/idle-cash?note=plan")
    return _page(visitor, party_id, refusals)


@router.post("/consent")
def consent(visitor: Owner, party_id: UUID) -> Response:
    """Agree to plans within limits, from the next morning on."""
    refusals: list[str] = []
    with shown(refusals, visitor):
        if visitor.field("agree") != "yes":
            raise Invalid("web.agreement_missing")
        chosen = [name for name in products() if visitor.field(f"into_{name}") == "yes"]
        limits = Limits(
            locked_share_ppm_max=visitor.number("share"),
            move_fen_max=visitor.amount_fen("move"),
            short_ppm_max=visitor.number("risk"),
            products=tuple(chosen),
            floor_fen=visitor.amount_fen("floor") if visitor.field("floor") else 0,
            valid_until=visitor.day("until") if visitor.field("until") else None,
        )
        visitor.bank.standing.give_consent(visitor.principal, visitor.key, party_id, limits)
        return visitor.go(f"/businesses/{party_id}/idle-cash/plan?note=given")
    return _page(visitor, party_id, refusals)


@router.post("/revoke")
def revoke(visitor: Owner, party_id: UUID) -> Response:
    """End the standing order."""
    refusals: list[str] = []
    with shown(refusals, visitor):
        visitor.bank.standing.revoke_consent(visitor.principal, visitor.key, party_id)
        return visitor.go(f"/businesses/{party_id}/idle-cash/plan?note=revoked")
    return _page(visitor, party_id, refusals)
