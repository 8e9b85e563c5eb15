"""What may be read of the book, by whom: always one tenant's, only with the scope to read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import CTE, and_, case, func, literal, or_, select

from martlet.kernel.errors import Forbidden, Invalid, NotFound
from martlet.kernel.principal import Principal, Scope
from martlet.ledger.chart import Guard, Side
from martlet.ledger.days import current_business_date
from martlet.ledger.limits import BALANCES_MAX, JOURNAL_LINES_MAX
from martlet.ledger.model import AccountBalance, JournalLine, Phase, TrialBalance, TrialBalanceRow
from martlet.ledger.tables import account, batch, day, day_total, transfer
from martlet.store.schema import Amount

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
    before: int | None = None,
    limit: int = JOURNAL_LINES_MAX,
) -> list[JournalLine]:
    """Return lines of the journal in their order, narrowed by account, entry, subject or days.

    The newest `limit` of those with a number below `before`; to go further back, give the number
    of the first line returned.
    """
    _require_reader(principal)
    limit = min(limit, JOURNAL_LINES_MAX)
    debit, credit, origin = account.alias("debit"), account.alias("credit"), transfer.alias("of")
    query = (
        select(
            transfer,
            batch.c.phase,
            batch.c.business_date,
            batch.c.posted_at,
            debit.c.path.label("debit_path"),
            credit.c.path.label("credit_path"),
            origin.c.id.label("origin_id"),
        )
        .join(batch, batch.c.number == transfer.c.batch)
        .join(debit, debit.c.number == transfer.c.debit)
        .join(credit, credit.c.number == transfer.c.credit)
        .outerjoin(origin, origin.c.number == transfer.c.origin)
        .limit(limit)
    )
    # The tenant is asked of the account unless an index of the transfers narrows further: else
    # SQLite would choose the index that begins with the tenant and read the whole journal.
    indexed = entry_id is not None or bool(subject)
    query = query.where((transfer if indexed else debit).c.tenant_id == principal.tenant_id)
    if path is None:
        query = query.order_by(transfer.c.number.desc())
    else:
        newest = _newest(connection, principal, path, last_day, before)
        walk = _walk_back(*newest, first_day, limit)
        query = query.join(walk, walk.c.number == transfer.c.number).order_by(walk.c.step)
    if entry_id is not None:
        query = query.where(transfer.c.entry_id == entry_id)
    if subject:
        query = query.where(transfer.c.subject == subject)
    if before is not None:
        query = query.where(transfer.c.number < before)
    if first_day is not None:
        query = query.where(batch.c.business_date >= first_day)
    if last_day is not None:
        query = query.where(batch.c.business_date <= last_day)
    return [_line(row) for row in reversed(connection.execute(query).all())]


def _newest(
    connection: Connection,
    principal: Principal,
    path: str,
    last_day: date | None,
    before: int | None,
) -> tuple[int, int]:
    """Return an account's number and the row from which its statement is walked back."""
    found = connection.execute(
        select(account.c.number, account.c.last_transfer).where(
            account.c.tenant_id == principal.tenant_id, account.c.path == path
        )
    ).first()
    if found is None:
        raise NotFound("ledger.account_not_found", account=path)
    if before is not None:
        step = select(_row_before(found.number)).where(
            transfer.c.number == before,
            transfer.c.tenant_id == principal.tenant_id,
            or_(transfer.c.debit == found.number, transfer.c.credit == found.number),
        )
        known = connection.execute(step).scalar_one_or_none()
        return found.number, found.last_transfer if known is None else known
    if last_day is not None:
        struck = (
            select(day.c.state, day_total.c.last_transfer)
            .outerjoin(
                day_total,
                and_(
                    day_total.c.tenant_id == day.c.tenant_id,
                    day_total.c.business_date == day.c.business_date,
                    day_total.c.account == found.number,
                ),
            )
            .where(day.c.tenant_id == principal.tenant_id, day.c.business_date <= last_day)
            .where(or_(day.c.state == "open", day_total.c.last_transfer.is_not(None)))
            .order_by(day.c.business_date.desc())
            .limit(1)
        )
        row = connection.execute(struck).first()
        if row is None:
            return found.number, 0
        return found.number, found.last_transfer if row.state == "open" else row.last_transfer
    return found.number, found.last_transfer


def _row_before(number: int) -> ColumnElement[int]:
    return case(
        (transfer.c.debit == number, transfer.c.debit_before), else_=transfer.c.credit_before
    )


def _walk_back(number: int, newest: int, first_day: date | None, limit: int) -> CTE:
    """Return the walk from an account's row `newest` to the rows before it, at most `limit`."""
    walk = select(literal(newest, Amount).label("number"), literal(1, Amount).label("step")).cte(
        "walk", recursive=True
    )
    step = (
        select(_row_before(number), walk.c.step + 1)
        .join(walk, walk.c.number == transfer.c.number)
        .where(walk.c.step < limit)
    )
    if first_day is not None:
        step = step.join(batch, batch.c.number == transfer.c.batch).where(
            batch.c.business_date >= first_day
        )
    return walk.union_all(step)


def _line(row: Any) -> JournalLine:  # noqa: ANN401 - a row of the query above
    return JournalLine(
        row.number,
        row.id,
        row.entry_id,
        Phase(row.phase),
        row.debit_path,
        row.credit_path,
        row.amount_fen,
        row.kind,
        row.subject or "",
        row.business_date,
        row.value_date or row.business_date,
        row.posted_at,
        row.origin_id,
    )


def _require_reader(principal: Principal) -> None:
    """Let in only those who may see the whole book: it does not belong to one business."""
    principal.require(Scope.LEDGER_READ)
    if principal.party_ids is not None:
        raise Forbidden("kernel.scope_missing", scope=Scope.LEDGER_READ.value)
