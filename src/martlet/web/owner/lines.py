"""A line: how much is left of it, and drawing on it."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from martlet.web.owner.views import running_loans, shown_line
from martlet.web.visitors import Owner, Visitor, shown

router = APIRouter(prefix="/lines/{facility_id}")


def _page(visitor: Visitor, facility_id: UUID, refusals: list[str], note: str = "") -> Response:
    line = shown_line(visitor, visitor.bank.lending.facility(visitor.principal, facility_id))
    notes = {"accepted": visitor.say("Your line is open. You can draw at any time.")}
    return visitor.page(
        "owner/line.html",
        422 if refusals else 200,
        line=line,
        loans=running_loans(visitor, facility_id=facility_id),
        tenor_default=_tenor_default(visitor, line),
        given={"amount": visitor.field("amount")},
        note=notes.get(note, ""),
        refusals=refusals,
    )


def _tenor_default(visitor: Visitor, line: dict[str, Any]) -> int:
    usual: int = next(
        item["tenor_default"]
        for item in visitor.bank.lending.products()
        if item["product"] == line["product"]
    )
    longest: int = max(line["tenors"])
    return usual if usual in line["tenors"] else longest


@router.get("")
def show_line(visitor: Owner, facility_id: UUID, note: str = "") -> Response:
    """Show what is left of a line."""
    return _page(visitor, facility_id, [], note)


@router.post("/draw")
def draw(visitor: Owner, facility_id: UUID) -> Response:
    """Draw money, and show the loan."""
    refusals: list[str] = []
    with shown(refusals, visitor):
        drawn = visitor.bank.lending.draw(
            visitor.principal,
            visitor.key,
            facility_id,
            visitor.amount_fen("amount"),
            visitor.number("tenor"),
        )
        return visitor.go(f"/loans/{drawn['loan_id']}?note=drawn")
    return _page(visitor, facility_id, refusals)
