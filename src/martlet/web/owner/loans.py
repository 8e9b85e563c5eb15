"""A loan: what is owed, repaying it in part or in full, its statement."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from martlet.kernel.errors import Invalid
from martlet.web.owner.views import business_of, shown_loan
from martlet.web.visitors import Owner, Visitor, shown

router = APIRouter(prefix="/loans/{loan_id}")


def _page(
    visitor: Visitor,
    loan_id: UUID,
    refusals: list[str],
    note: str = "",
    paid: dict[str, Any] | None = None,
) -> Response:
    loan = shown_loan(visitor, loan_id)
    notes = {
        "promised": visitor.say("Thank you. We will not remind you again before that day."),
        "drawn": visitor.say("The money is on its way to your account.")
        if loan["state"] == "pending"
        else visitor.say("The money is in your account."),
    }
    return visitor.page(
        "owner/loan.html",
        422 if refusals else 200,
        loan=loan,
        relief=visitor.bank.relief.relief_of_loan(visitor.principal, loan_id),
        paid=paid,
        given={
            name: visitor.field(name) if refusals else "" for name in ("amount", "promised", "by")
        },
        promise=_promise(visitor, loan),
        note=notes.get(note, ""),
        refusals=refusals,
    )


def _promise(visitor: Visitor, loan: dict[str, Any]) -> dict[str, Any] | None:
    """Return what may be promised on an overdue loan, or the promise that runs."""
    if loan["days_overdue"] <= 0:
        return None
    found = visitor.bank.collections.own_promise(visitor.principal, UUID(loan["party_id"]))
    return found if found["case_open"] else None


@router.get("")
def show_loan(visitor: Owner, loan_id: UUID, note: str = "") -> Response:
    """Show a loan as it stands today."""
    return _page(visitor, loan_id, [], note)


@router.post("/repay")
def repay(visitor: Owner, loan_id: UUID) -> Response:
    """Repay an amount, or all of it as the quote of this moment says."""
    refusals: list[str] = []
    paid = None
    with shown(refusals, visitor):
        amount_fen = _amount_fen(visitor, loan_id)
        answer = visitor.bank.lending.repay(visitor.principal, visitor.key, loan_id, amount_fen)
        paid = {**answer["allocated"], "overpaid_fen": answer["overpaid_fen"]}
    return _page(visitor, loan_id, refusals, paid=paid)


def _amount_fen(visitor: Visitor, loan_id: UUID) -> int:
    if visitor.field("how") != "full":
        return visitor.amount_fen("amount")
    # The form carries the quote that the owner saw: a form sent twice stays the same command.
    quoted = visitor.number("quoted_fen")
    today: int = visitor.bank.lending.payoff_quote(visitor.principal, loan_id)["total_fen"]
    if quoted < today:
        raise Invalid("web.quote_changed", total_fen=today)
    return quoted


@router.post("/promise")
def promise(visitor: Owner, loan_id: UUID) -> Response:
    """Promise to pay by a day; the reminders rest until then."""
    refusals: list[str] = []
    with shown(refusals, visitor):
        visitor.bank.collections.promise(
            visitor.principal,
            visitor.key,
            amount_fen=visitor.amount_fen("promised"),
            pay_by=visitor.day("by"),
            loan_id=loan_id,
        )
    return _page(visitor, loan_id, refusals, "" if refusals else "promised")


@router.get("/statement")
def show_statement(visitor: Owner, loan_id: UUID) -> Response:
    """Show everything that happened to a loan."""
    statement = visitor.bank.lending.statement(visitor.principal, loan_id=loan_id)
    loan = shown_loan(visitor, loan_id)
    business = business_of(visitor, UUID(loan["party_id"]))
    return visitor.page(
        "owner/statement.html", loan=loan, statement=statement, shop_name=business.name.reveal()
    )
