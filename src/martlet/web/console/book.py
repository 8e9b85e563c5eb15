"""The book: trial balance by date, and the end of the day."""

from datetime import date
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from martlet.kernel.errors import Invalid
from martlet.kernel.i18n import Locale
from martlet.kernel.principal import Scope
from martlet.ledger import TrialBalanceRow, account, trial_balance
from martlet.web.console.days import balances_before, open_day
from martlet.web.limits import HISTORY_DAYS
from martlet.web.visitors import Staff, Visitor, shown

router = APIRouter(prefix="/console")


def account_label(path: str, locale: Locale) -> str:
    """Return what the chart calls an account."""
    pattern = account(path).pattern
    return pattern.zh if locale is Locale.ZH_CN else pattern.en


def _row(row: TrialBalanceRow, locale: Locale) -> dict[str, Any]:
    difference_fen = row.debits_fen - row.credits_fen
    return {
        "path": row.path,
        "account_class": row.account_class,
        "label": account_label(row.path, locale),
        "debit_fen": max(difference_fen, 0),
        "credit_fen": max(-difference_fen, 0),
    }


@router.get("/trial-balance")
def show_trial_balance(visitor: Staff, on: date | None = None) -> Response:
    """Show all accounts at the end of a business date."""
    today = open_day(visitor)
    chosen = min(on or today, today)
    with visitor.bank.database.read() as connection:
        balance = trial_balance(connection, visitor.principal, chosen)
    return visitor.page(
        "console/trial_balance.html",
        here="/console/trial-balance",
        note="",
        today=today,
        on=chosen,
        balance=balance,
        rows=[_row(row, visitor.locale) for row in balance.rows],
    )


@router.get("/end-of-day")
def show_end_of_day(visitor: Staff) -> Response:
    """Show the open day and the days closed."""
    return _end_of_day(visitor, [], None)


@router.post("/end-of-day")
def run_end_of_day(visitor: Staff) -> Response:
    """Close the day that the form names, from wherever an earlier run stopped."""
    refusals: list[str] = []
    report = None
    with shown(refusals, visitor):
        try:
            day = date.fromisoformat(visitor.field("date"))
        except ValueError as error:
            raise Invalid("web.date_unreadable", text=visitor.field("date")[:20]) from error
        report = visitor.bank.end_day(visitor.principal, day)
    return _end_of_day(visitor, refusals, report)


def _end_of_day(visitor: Visitor, refusals: list[str], report: Any) -> Response:  # noqa: ANN401
    today = open_day(visitor)
    history = balances_before(visitor, today, HISTORY_DAYS + 1)[:-1]
    return visitor.page(
        "console/end_of_day.html",
        422 if refusals else 200,
        here="/console/end-of-day",
        note="",
        business_date=today,
        may_run=Scope.END_OF_DAY in visitor.principal.scopes,
        report=None if report is None else report.as_json(),
        history=history[::-1],
        refusals=refusals,
    )
