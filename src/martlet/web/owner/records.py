"""Records and consent: what the bank may read, and the files it has been given."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from martlet.kernel.calendar import business_date_of
from martlet.kernel.errors import Invalid
from martlet.parties import RecordKind
from martlet.web.owner.views import business_of, imports_of
from martlet.web.sources import known_formats, sample_path, samples, shown_import, shown_report
from martlet.web.visitors import Owner, Visitor, shown

router = APIRouter(prefix="/businesses/{party_id}")

_CONSENT_DAYS = 365


def _page(
    visitor: Visitor, party_id: UUID, refusals: list[str], report: dict[str, Any] | None = None
) -> Response:
    business = business_of(visitor, party_id)
    history = visitor.bank.parties.consent_history(visitor.principal, party_id)
    today = business_date_of(visitor.bank.clock.now())
    consents = {
        consent.record.value: consent.until
        for consent in history
        if consent.withdrawn_at is None
        and consent.until >= today
        and consent.purpose.value == "credit"
    }
    return visitor.page(
        "owner/records.html",
        422 if refusals else 200,
        shop={"party_id": party_id, "name": business.name.reveal()},
        consents=consents,
        record_kinds=[kind.value for kind in RecordKind],
        imports=[shown_import(visitor, item) for item in imports_of(visitor, party_id)],
        sources=samples(visitor),
        formats=known_formats(visitor.locale),
        report=report,
        refusals=refusals,
    )


@router.get("/records")
def show_records(visitor: Owner, party_id: UUID) -> Response:
    """Show what may be read, the form for a file, the connected sources."""
    return _page(visitor, party_id, [])


@router.post("/records")
def bring_in(visitor: Owner, party_id: UUID) -> Response:
    """Take in a file of any known format, and show what became of its rows."""
    refusals: list[str] = []
    report = None
    with shown(refusals, visitor):
        upload = visitor.upload("file")
        report = shown_report(
            visitor,
            visitor.bank.records.import_file(
                visitor.principal,
                visitor.key,
                upload.file,
                party_id=party_id,
                name=upload.filename or "",
                format=visitor.field("format", "auto"),
            ),
        )
    return _page(visitor, party_id, refusals, report)


@router.post("/sources")
def connect(visitor: Owner, party_id: UUID) -> Response:
    """Take in the records of a connected source."""
    refusals: list[str] = []
    report = None
    with shown(refusals, visitor):
        path = sample_path(visitor, visitor.field("source"))
        report = shown_report(
            visitor,
            visitor.bank.records.import_file(
                visitor.principal, visitor.key, path, party_id=party_id
            ),
        )
    return _page(visitor, party_id, refusals, report)


@router.post("/consent")
def give_consent(visitor: Owner, party_id: UUID) -> Response:
    """Allow the chosen kinds of records for a year; what is not chosen is taken back."""
    chosen = [kind.value for kind in RecordKind if visitor.field(f"record_{kind}") == "yes"]
    given = {kind.value for kind in RecordKind} - set(chosen)
    refusals: list[str] = []
    with shown(refusals, visitor):
        parties, until = visitor.bank.parties, business_date_of(visitor.bank.clock.now())
        if not chosen and not given:
            raise Invalid("parties.record_kind_needed")
        if given:
            parties.withdraw_consent(
                visitor.principal, f"{visitor.key}:back", party_id, records=tuple(sorted(given))
            )
        if chosen:
            parties.give_consent(
                visitor.principal,
                f"{visitor.key}:give",
                party_id,
                records=tuple(chosen),
                until=until + timedelta(days=_CONSENT_DAYS),
            )
    return _page(visitor, party_id, refusals)
