"""The book, to read: accounts, trial balance, journal."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from martlet.api.access import Ask
from martlet.api.schemas import ROWS, Limit, Plain
from martlet.kernel.errors import Invalid
from martlet.ledger import balances, current_business_date, journal, trial_balance

router = APIRouter(prefix="/v1/ledger", tags=["ledger"])

Text = Annotated[Plain | None, Query(max_length=200)]


@router.get("/accounts", summary="Accounts and their balances")
def list_accounts(ask: Ask, prefix: Annotated[Plain, Query(max_length=200)] = "") -> Response:
    """Return the accounts whose path begins with `prefix`, in the order of their paths."""
    with ask.bank.database.read() as connection:
        found = balances(connection, ask.principal, prefix)
    return ask.answer({"accounts": [account.as_json() for account in found]})


@router.get("/trial-balance", summary="All balances at the end of a business date")
def get_trial_balance(ask: Ask, business_date: date | None = None) -> Response:
    """Return the trial balance of a day, by default of the open one; its difference is zero."""
    with ask.bank.database.read() as connection:
        day = business_date or current_business_date(connection, ask.principal.tenant_id)
        found = trial_balance(connection, ask.principal, day)
    return ask.answer(
        {
            "business_date": found.business_date,
            "debits_fen": found.debits_fen,
            "credits_fen": found.credits_fen,
            "difference_fen": found.difference_fen,
            "rows": [row.as_json() for row in found.rows],
        }
    )


@router.get("/journal", summary="Lines of the journal")
def get_journal(  # noqa: PLR0913, PLR0917 - each is a way to narrow the journal
    ask: Ask,
    path: Text = None,
    entry_id: UUID | None = None,
    subject: Text = None,
    first_day: date | None = None,
    last_day: date | None = None,
    before: Annotated[int | None, Query(ge=0, le=2**53)] = None,
    limit: Limit = ROWS,
) -> Response:
    """Return the newest lines in their order; `before` is the first number of the last page."""
    if first_day is not None and last_day is not None and last_day < first_day:
        raise Invalid("api.period_reversed")
    with ask.bank.database.read() as connection:
        lines = journal(
            connection,
            ask.principal,
            path=path,
            entry_id=entry_id,
            subject=subject,
            first_day=first_day,
            last_day=last_day,
            before=before,
            limit=limit,
        )
    return ask.answer({"lines": [line.as_json() for line in lines]})
