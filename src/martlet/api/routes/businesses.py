"""Businesses and what they allow the bank to read."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from martlet.api.access import Ask, Order
from martlet.api.schemas import ROWS, Limit, NewBusiness, NewClearing, NewConsent, Slug
from martlet.parties import Business, Consent

router = APIRouter(prefix="/v1", tags=["parties"])


def _shown(business: Business) -> dict[str, Any]:
    """Return a business as the API tells it: personal texts masked."""
    return {
        "party_id": business.party_id,
        "name": str(business.name),
        "registration_no": str(business.registration_no) if business.registration_no else None,
        "trade": business.trade,
        "region": business.region,
        "opened_on": business.opened_on,
        "registered_at": business.registered_at,
    }


def _told(consent: Consent) -> dict[str, Any]:
    return {
        "consent_id": consent.consent_id,
        "party_id": consent.party_id,
        "record": consent.record,
        "purpose": consent.purpose,
        "grantee": consent.grantee,
        "given_at": consent.given_at,
        "until": consent.until,
        "withdrawn_at": consent.withdrawn_at,
    }


@router.get("/businesses", summary="List businesses, a page at a time")
def list_businesses(ask: Ask, after: UUID | None = None, limit: Limit = ROWS) -> Response:
    """Return the businesses that the caller sees; `after` is the last of the page before."""
    found = ask.bank.parties.businesses(ask.principal, after, limit)
    return ask.answer({"businesses": [_shown(business) for business in found]})


@router.post("/businesses", status_code=201, summary="Register a business and its owner")
def register_business(order: Order, body: NewBusiness) -> Response:
    """Register a business; personal fields are sealed one by one."""

    def command() -> dict[str, Any]:
        party_id = order.bank.parties.register_business(
            order.principal,
            order.key,
            name=body.name,
            registration_no=body.registration_no,
            trade=body.trade,
            region=body.region,
            owner_name=body.owner_name,
            owner_phone=body.owner_phone,
            opened_on=body.opened_on,
        )
        return {"party_id": party_id}

    return order.carry_out(command)


@router.get("/businesses/{party_id}", summary="A business")
def get_business(ask: Ask, party_id: UUID) -> Response:
    """Return a business, its personal texts masked."""
    return ask.answer(_shown(ask.bank.parties.business(ask.principal, party_id)))


@router.get("/businesses/{party_id}/integrity", summary="What the checks for fraud find")
def get_integrity(ask: Ask, party_id: UUID) -> Response:
    """Return what the checks find now, with the records behind it; to the bank's staff only."""
    report = ask.bank.records.integrity(ask.principal, party_id, ask.bank.clock.now())
    return ask.answer(report.as_json())


@router.post(
    "/businesses/{party_id}/integrity/clearings",
    status_code=201,
    summary="Keep on record that a finding is explained",
)
def clear_finding(order: Order, party_id: UUID, body: NewClearing) -> Response:
    """Let a finding stop nothing for half a year, with the reason that a person found."""
    return order.carry_out(
        lambda: order.bank.records.clear_finding(
            order.principal, order.key, party_id, kind=body.kind, reason=body.reason
        )
    )


@router.get("/businesses/{party_id}/consents", summary="What a business allowed and took back")
def list_consents(ask: Ask, party_id: UUID) -> Response:
    """Return every consent that a business ever gave."""
    history = ask.bank.parties.consent_history(ask.principal, party_id)
    return ask.answer({"consents": [_told(consent) for consent in history]})


@router.post("/businesses/{party_id}/consents", status_code=201, summary="Give a consent")
def give_consent(order: Order, party_id: UUID, body: NewConsent) -> Response:
    """Let the bank read kinds of records until a day, for a purpose."""

    def command() -> dict[str, Any]:
        given = order.bank.parties.give_consent(
            order.principal,
            order.key,
            party_id,
            records=tuple(body.records),
            until=body.until,
            purpose=body.purpose,
        )
        return {"consent_ids": given}

    return order.carry_out(command)


@router.delete("/businesses/{party_id}/consents", summary="Withdraw a consent at once")
def withdraw_consent(
    order: Order, party_id: UUID, records: Annotated[list[Slug], Query(min_length=1, max_length=16)]
) -> Response:
    """Withdraw what was allowed for these kinds of records; nothing is read from now on."""

    def command() -> dict[str, Any]:
        gone = order.bank.parties.withdraw_consent(
            order.principal, order.key, party_id, records=tuple(records)
        )
        return {"consent_ids": gone}

    return order.carry_out(command, 200)
