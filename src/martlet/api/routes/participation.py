"""Lending together with partners; under `own`, what a partner's key opens and nothing else."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from starlette.responses import Response

from martlet.api.access import OWN_DOOR, Ask, Order
from martlet.api.schemas import ROWS, Body, Fen, Limit, Line, Plain, Slug
from martlet.lending import AgreementTerms, Eligibility, Sharing

router = APIRouter(prefix="/v1/participation", tags=["co-lending"])
own = APIRouter(prefix=OWN_DOOR, tags=["co-lending: a partner's own"])

Ppm = Annotated[int, Field(strict=True, ge=0, le=1_000_000, description="Parts per million")]
Names = Annotated[tuple[Line, ...], Field(max_length=100)]


class NewPartner(Body):
    """A partner institution; its short name stands in its accounts and files."""

    slug: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    name: Line
    affiliates: Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_]{0,39})?$")] = ""


class Selection(Body):
    """Which loans a partner takes part in; an empty list means all."""

    products: Annotated[tuple[Slug, ...], Field(max_length=100)] = ()
    regions: Names = ()
    trades: Names = ()
    amount_min_fen: Fen = 1
    amount_max_fen: Fen = 10**15
    rate_min_ppm_per_day: Ppm = 0
    rate_max_ppm_per_day: Ppm = 1_000_000
    pd_min_ppm: Ppm = 0
    pd_max_ppm: Ppm = 1_000_000


class NewAgreement(Body):
    """What is proposed to be agreed with a partner."""

    share_ppm: Ppm
    cap_fen: Fen
    effective_from: date
    effective_until: date
    priority: Ppm = 100
    sharing: Sharing = Sharing.PRIORITY
    eligibility: Selection = Selection()

    def terms(self) -> AgreementTerms:
        """Return it as the room knows it; what contradicts itself is refused there."""
        return AgreementTerms(
            self.share_ppm,
            self.cap_fen,
            self.effective_from,
            self.effective_until,
            self.priority,
            self.sharing,
            Eligibility(**self.eligibility.model_dump()),
        )


class NewEnd(Body):
    """Why something ends."""

    reason: Line


class NewSetting(Body):
    """A limit or a figure, in force from a day on, and where it stands."""

    name: Slug
    value: Annotated[int, Field(strict=True, ge=0, le=10**15)]
    effective_from: date
    source: Line


class NewPayment(Body):
    """The reference of a payment."""

    reference: Annotated[Plain, StringConstraints(max_length=64)] = ""


class NewBuyBack(Body):
    """Which loans are taken back from a partner, and why."""

    partner: Slug
    loan_ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=2_000)]
    reason: Line


@router.get("/partners", summary="Partners, with what stands in their limits")
def list_partners(ask: Ask) -> Response:
    """Return every partner with used, cap and what is left."""
    return ask.answer({"partners": ask.bank.participation.partners(ask.principal)})


@router.post("/partners", status_code=201, summary="Register a partner")
def register_partner(order: Order, body: NewPartner) -> Response:
    """Register a partner institution; partners of one owner name the same affiliation."""
    room = order.bank.participation
    return order.carry_out(
        lambda: room.register_partner(
            order.principal, order.key, body.slug, body.name, body.affiliates
        )
    )


@router.get("/partners/{slug}", summary="A partner")
def get_partner(ask: Ask, slug: Slug) -> Response:
    """Return a partner's limit, its agreements with their history, and what is settled."""
    return ask.answer(ask.bank.participation.partner(ask.principal, slug))


@router.get("/partners/{slug}/positions", summary="A partner's part of each loan")
def list_positions(
    ask: Ask, slug: Slug, after: UUID | None = None, limit: Limit = ROWS
) -> Response:
    """Return a partner's part of each loan in the order of their making."""
    found = ask.bank.participation.positions(ask.principal, slug, after, limit)
    return ask.answer({"positions": found})


@router.get("/totals", summary="All partners together")
def get_totals(ask: Ask) -> Response:
    """Return what stands in the limits of all, and the settings in force."""
    return ask.answer(ask.bank.participation.totals(ask.principal))


@router.get("/settings", summary="Dated limits")
def list_settings(ask: Ask) -> Response:
    """Return the law's limits and the bank's own, each with its first day and its source."""
    return ask.answer({"settings": ask.bank.participation.settings(ask.principal)})


@router.post("/settings", status_code=201, summary="Set a limit from a day on")
def set_setting(order: Order, body: NewSetting) -> Response:
    """Set a limit or a figure from today or a later day on."""
    room = order.bank.participation
    return order.carry_out(
        lambda: room.set_setting(
            order.principal, order.key, body.name, body.value, body.effective_from, body.source
        )
    )


@router.get("/agreements", summary="Agreements")
def list_agreements(ask: Ask, partner: Slug | None = None) -> Response:
    """Return agreements, the latest first, with what became of each."""
    found = ask.bank.participation.agreements(ask.principal, partner)
    return ask.answer({"agreements": found})


@router.post("/partners/{slug}/agreements", status_code=201, summary="Propose an agreement")
def propose(order: Order, slug: Slug, body: NewAgreement) -> Response:
    """Propose an agreement; it counts once a second person has approved it."""
    room = order.bank.participation
    return order.carry_out(lambda: room.propose(order.principal, order.key, slug, body.terms()))


@router.post("/agreements/{agreement_id}/approve", status_code=201, summary="Approve an agreement")
def approve(order: Order, agreement_id: UUID) -> Response:
    """Approve what another person proposed: it counts at once."""
    room = order.bank.participation
    return order.carry_out(lambda: room.approve(order.principal, order.key, agreement_id))


@router.post("/agreements/{agreement_id}/reject", status_code=201, summary="Reject an agreement")
def reject(order: Order, agreement_id: UUID, body: NewEnd) -> Response:
    """Turn a proposal down."""
    room = order.bank.participation
    return order.carry_out(
        lambda: room.reject(order.principal, order.key, agreement_id, body.reason)
    )


@router.post("/agreements/{agreement_id}/end", status_code=201, summary="End an agreement")
def end(order: Order, agreement_id: UUID, body: NewEnd) -> Response:
    """Share no further loan under it; those that are run on until they are repaid."""
    room = order.bank.participation
    return order.carry_out(lambda: room.end(order.principal, order.key, agreement_id, body.reason))


@router.get("/loans/{loan_id}", summary="How a loan is split")
def get_split(ask: Ask, loan_id: UUID) -> Response:
    """Return the whole, each partner's part and the lead's; they add up to the fen."""
    return ask.answer(ask.bank.participation.loan_split(ask.principal, loan_id))


@router.post("/buy-backs", status_code=201, summary="Take a partner's part of loans over")
def buy_back(order: Order, body: NewBuyBack) -> Response:
    """Take over what is outstanding of a partner's part, all of the loans or none."""
    room = order.bank.participation
    return order.carry_out(
        lambda: room.buy_back(order.principal, order.key, body.partner, body.loan_ids, body.reason)
    )


@router.get("/settlements", summary="Settlement files")
def list_settlements(
    ask: Ask, partner: Slug | None = None, settled_on: date | None = None
) -> Response:
    """Return files with their totals and hashes, the latest first."""
    found = ask.bank.participation.settlements(ask.principal, partner, settled_on)
    return ask.answer({"settlements": found})


@router.get("/settlements/{slug}/{settled_on}/file", summary="A settlement file")
def get_file(ask: Ask, slug: Slug, settled_on: date) -> Response:
    """Return a partner's file of a date as CSV: the same bytes every time."""
    return _csv(
        ask.bank.participation.settlement_file(ask.principal, slug, settled_on),
        f"{slug}-{settled_on.isoformat()}.csv",
    )


@router.post("/settlements/{slug}/{settled_on}/payment", status_code=201, summary="Book a payment")
def pay(order: Order, slug: Slug, settled_on: date, body: NewPayment) -> Response:
    """Book that both sides of a file have been paid; a file is paid once."""
    room = order.bank.participation
    return order.carry_out(
        lambda: room.pay(order.principal, order.key, slug, settled_on, body.reference)
    )


@router.get("/verification", summary="Does every ledger equal its files?")
def verify(ask: Ask) -> Response:
    """Make every file again, compare ledgers, loans and limits; list what differs."""
    return ask.answer(ask.bank.participation.verify(ask.principal))


@own.get("", summary="The asking partner")
def get_own(ask: Ask) -> Response:
    """Return the asking partner's limit, agreements and totals."""
    return ask.answer(ask.bank.participation.own(ask.principal))


@own.get("/positions", summary="Its part of each loan")
def list_own_positions(ask: Ask, after: UUID | None = None, limit: Limit = ROWS) -> Response:
    """Return the asking partner's part of each loan in the order of their making."""
    found = ask.bank.participation.own_positions(ask.principal, after, limit)
    return ask.answer({"positions": found})


@own.get("/settlements", summary="Its files")
def list_own_settlements(ask: Ask, settled_on: date | None = None) -> Response:
    """Return the asking partner's files with their totals."""
    found = ask.bank.participation.own_settlements(ask.principal, settled_on)
    return ask.answer({"settlements": found})


@own.get("/settlements/{settled_on}/file", summary="One of its files")
def get_own_file(ask: Ask, settled_on: date) -> Response:
    """Return one of the asking partner's files as CSV."""
    text = ask.bank.participation.own_settlement_file(ask.principal, settled_on)
    return _csv(text, f"settlement-{settled_on.isoformat()}.csv")


def _csv(text: str, name: str) -> Response:
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return Response(text.encode(), 200, headers, "text/csv; charset=utf-8")
