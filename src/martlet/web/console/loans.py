"""Loans: a list to find one in, and one with its plan, its events and its ledger entries."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from martlet.kernel.errors import MartletError, NotFound
from martlet.kernel.ids import parse_id
from martlet.kernel.principal import Scope
from martlet.ledger import JournalLine, journal
from martlet.lending import LoanStatus, product_named
from martlet.lending.reports import timeline
from martlet.web.console.book import account_label
from martlet.web.convention_words import shown_conventions
from martlet.web.limits import LIST_ROWS, LOAN_ENTRIES_SHOWN
from martlet.web.visitors import Staff, Visitor

router = APIRouter(prefix="/console")
HERE = "/console/loans"
TONES = {"live": "good", "overdue": "bad", "pending": "warn"}


@router.get("/loans")
def list_loans(visitor: Staff, status: str = "", after: str = "", find: str = "") -> Response:
    """Show loans in the order of their making, of one status or of all, or go to one by its id."""
    if find.strip():
        found = visitor.bank.lending.loan(visitor.principal, _id_of(find))
        return visitor.go(f"{HERE}/{found['loan_id']}")
    chosen = status if status in set(LoanStatus) else None
    rows = visitor.bank.lending.loans(
        visitor.principal,
        status=chosen,
        after=_id_of(after) if after else None,
        limit=LIST_ROWS + 1,
    )
    return visitor.page(
        "console/loans.html",
        here=HERE,
        note="",
        loans=[_line(visitor, row) for row in rows[:LIST_ROWS]],
        statuses=[one.value for one in LoanStatus],
        chosen=chosen or "",
        first=not after,
        next_after=rows[LIST_ROWS - 1]["loan_id"] if len(rows) > LIST_ROWS else "",
    )


def _id_of(written: str) -> UUID:
    try:
        return parse_id(written.strip())
    except MartletError as error:
        raise NotFound("lending.loan_not_found", loan_id=written[:40]) from error


def _line(visitor: Visitor, row: dict[str, Any]) -> dict[str, Any]:
    label = product_named(row["product"]).label(visitor.locale)
    return {**row, "label": label, "tone": TONES.get(row["status"], "")}


@router.get("/loans/{loan_id}")
def show_loan(visitor: Staff, loan_id: UUID, note: str = "") -> Response:
    """Show a loan's whole course."""
    notes = {
        "recorded": visitor.say("The event is recorded."),
        "proposed": visitor.say("The event is proposed; somebody else must carry it out."),
        "declined": visitor.say("The proposal is declined."),
        "undone": visitor.say("The event is undone by a new one."),
    }
    shown = {**course_of(visitor, loan_id), "note": notes.get(note, "")}
    return visitor.page("console/loan.html", **shown, refusals=[])


def course_of(visitor: Visitor, loan_id: UUID) -> dict[str, Any]:
    """Return what the page of a loan shows."""
    with visitor.bank.database.read() as connection:
        seen = timeline(connection, visitor.principal, loan_id)
    return {
        "here": HERE,
        "note": "",
        "loan": _line(visitor, seen["loan"]),
        "business": _business(visitor, UUID(seen["loan"]["party_id"])),
        "seen": seen,
        "conventions": shown_conventions(seen["conventions"], visitor.locale),
        "entries": _entries(visitor, loan_id),
        "proposals": visitor.bank.lending.proposals(visitor.principal, loan_id),
        "may_write": Scope.LENDING_WRITE in visitor.principal.scopes,
    }


def _business(visitor: Visitor, party_id: UUID) -> str:
    """Return a business's masked name, to who may read it."""
    try:
        return str(visitor.bank.parties.business(visitor.principal, party_id).name)
    except MartletError:
        return str(party_id)[-8:]


def _entries(visitor: Visitor, loan_id: UUID) -> list[dict[str, Any]] | None:
    """Return the ledger's rows of a loan, to who may read the book."""
    if Scope.LEDGER_READ not in visitor.principal.scopes:
        return None
    with visitor.bank.database.read() as connection:
        lines = journal(
            connection, visitor.principal, subject=f"loan:{loan_id}", limit=LOAN_ENTRIES_SHOWN
        )
    return [_entry(visitor, line) for line in lines]


def _entry(visitor: Visitor, line: JournalLine) -> dict[str, Any]:
    return {
        "line": line,
        "debit": account_label(line.debit, visitor.locale),
        "credit": account_label(line.credit, visitor.locale),
    }
