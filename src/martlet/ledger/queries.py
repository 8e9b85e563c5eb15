"""What may be read of the book, by whom: always one tenant's, only with the scope to read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, literal_column, or_, select

from martlet.kernel.errors import Forbidden, Invalid, NotFound
from martlet.kernel.principal import Principal, Scope
from martlet.ledger.chart import Guard, Side
from martlet.ledger.limits import (
    BALANCES_MAX,
    JOURNAL_LINES_MAX,
    JOURNAL_PAGE_TRANSFERS_SHIFT,
)
from martlet.ledger.model import AccountBalance, JournalLine, Phase, TrialBalance, TrialBalanceRow
from martlet.ledger.tables import account, day_total, transfer

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy import ColumnElement, Connection


def balances(
    connection: Connection, principal: Principal, prefix: str = ""
) -> list[AccountBalance]:
    """Return the accounts whose path begins with `prefix`, in the order of their paths."""
    _require_reader(principal)
    query = (
        select(account)
        .where(account.c.tenant_id == principal.tenant_id)
        .order_by(account.c.path)
        .limit(BALANCES_MAX)
    )
    if prefix:
        query = query.where(account.c.path >= prefix, account.c.path < prefix + "\U0010ffff")
    return [
        AccountBalance(
            row.path,
            row._mapping["class"],  # noqa: SLF001 - the public name of a column called `class`
            Side(row.normal_side),
            Guard(row.guard),
            row.currency,
            row.debits_posted,
            row.credits_posted,
            row.debits_pending,
            row.credits_pending,
        )
        for row in connection.execute(query)
    ]


def balance(connection: Connection, principal: Principal, path: str) -> AccountBalance:
    """Return one account; raise `NotFound` where nothing has ever been posted to it."""
    for found in balances(connection, principal, path):
        if found.path == path:
            return found
    raise NotFound("ledger.account_not_found", account=path)


def trial_balance(
    connection: Connection, principal: Principal, business_date: date
) -> TrialBalance:
    """Return all accounts' posted totals as they stood at the end of a business date.

    The open day's are the running totals; an earlier day's are what was brought forward into the
    open day less what the days between have moved.
    """
    _require_reader(principal)
    from martlet.ledger.days import current_business_date  # noqa: PLC0415

    current = current_business_date(connection, principal.tenant_id)
    if business_date > current:
        raise Invalid("ledger.day_not_yet_open", business_date=str(business_date))
    rows = connection.execute(
        _totals_query(principal, business_date, live=business_date == current)
    )
    return TrialBalance(
        business_date,
        tuple(
            TrialBalanceRow(path, name, Side(side), int(debits), int(credits_))
            for path, name, side, debits, credits_ in rows
        ),
    )


def _totals_query(principal: Principal, business_date: date, *, live: bool) -> Any:  # noqa: ANN401
    names = (account.c.path, account.c["class"], account.c.normal_side)
    existing = and_(
        account.c.tenant_id == principal.tenant_id, account.c.opened_on <= business_date
    )
    if live:
        query = select(*names, account.c.debits_posted, account.c.credits_posted)
        return query.where(existing).order_by(account.c.path)
    later = (
        select(
            day_total.c.account,
            func.sum(day_total.c.debits_fen).label("debits"),
            func.sum(day_total.c.credits_fen).label("credits"),
        )
        .where(
            day_total.c.tenant_id == principal.tenant_id,
            day_total.c.business_date > business_date,
        )
        .group_by(day_total.c.account)
        .subquery()
    )
    return (
        select(
            *names,
            account.c.debits_brought - func.coalesce(later.c.debits, 0),
            account.c.credits_brought - func.coalesce(later.c.credits, 0),
        )
        .select_from(account.outerjoin(later, later.c.account == account.c.number))
        .where(existing)
        .order_by(account.c.path)
    )


def journal(  # noqa: PLR0913 - each is a way to narrow the journal
    connection: Connection,
    principal: Principal,
    *,
    path: str | None = None,
    entry_id: UUID | None = None,
    subject: str | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
    after: int = 0,
    limit: int = JOURNAL_LINES_MAX,
) -> list[JournalLine]:
    """Return lines of the journal in their order, narrowed by account, entry, subject or days.

    At most `limit` lines with a number above `after`; the next page begins after the last one.
    """
    _require_reader(principal)
    debit, credit, origin = account.alias("debit"), account.alias("credit"), transfer.alias("of")
    query = (
        select(transfer, debit.c.path, credit.c.path, origin.c.id)
        .join(debit, debit.c.number == transfer.c.debit)
        .join(credit, credit.c.number == transfer.c.credit)
        .outerjoin(origin, origin.c.number == transfer.c.origin)
        .where(transfer.c.tenant_id == principal.tenant_id, transfer.c.number > after)
        .order_by(transfer.c.number)
        .limit(min(limit, JOURNAL_LINES_MAX))
    )
    if path is not None:
        query = query.where(_of_account(connection, principal, path, after))
    if entry_id is not None:
        query = query.where(transfer.c.entry_id == entry_id)
    if subject:
        query = query.where(transfer.c.subject == subject, transfer.c.subject != "")
    if first_day is not None:
        query = query.where(transfer.c.business_date >= first_day)
    if last_day is not None:
        query = query.where(transfer.c.business_date <= last_day)
    return [_line(row) for row in connection.execute(query)]


def _of_account(
    connection: Connection, principal: Principal, path: str, after: int
) -> ColumnElement[bool]:
    """Return the condition that finds an account's rows through the index of every page."""
    number = connection.execute(
        select(account.c.number).where(
            account.c.tenant_id == principal.tenant_id, account.c.path == path
        )
    ).scalar_one_or_none()
    if number is None:
        raise NotFound("ledger.account_not_found", account=path)
    last = connection.execute(select(func.coalesce(func.max(transfer.c.number), 0))).scalar_one()
    shift = JOURNAL_PAGE_TRANSFERS_SHIFT
    pages = ", ".join(str(page) for page in range(after >> shift, (last >> shift) + 1))
    in_pages: ColumnElement[bool] = literal_column(
        f"(ledger_transfer.number >> {shift}) IN ({pages})"
    )
    return or_(
        and_(in_pages, transfer.c.debit == number), and_(in_pages, transfer.c.credit == number)
    )


def _line(row: Any) -> JournalLine:  # noqa: ANN401 - a row of the query above
    return JournalLine(
        row.number,
        row.id,
        row.entry_id,
        Phase(row.phase),
        row[-3],
        row[-2],
        row.amount_fen,
        row.kind,
        row.subject,
        row.business_date,
        row.value_date or row.business_date,
        row.posted_at,
        row[-1],
    )


def _require_reader(principal: Principal) -> None:
    """Let in only those who may see the whole book: it does not belong to one business."""
    principal.require(Scope.LEDGER_READ)
    if principal.party_ids is not None:
        raise Forbidden("kernel.scope_missing", scope=Scope.LEDGER_READ.value)
