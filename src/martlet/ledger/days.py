"""The business date: one day is open, posting happens on it, closing it strikes its totals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, insert, literal, or_, select, update

from martlet.kernel.calendar import next_day
from martlet.kernel.errors import Conflict, NotFound, Refused
from martlet.ledger.tables import account, day, day_total
from martlet.store.driver import Driver

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.store import Transaction


def open_day(tx: Transaction, business_date: date) -> None:
    """Open a tenant's first business date; later ones open when the one before closes.

    Opening the day that is open does nothing.
    """
    current = _current(tx.driver, tx.tenant_id)
    if current == business_date:
        return
    if current is not None:
        raise Conflict("ledger.another_day_open", business_date=str(current))
    tx.execute(
        insert(day).values(
            tenant_id=tx.tenant_id, business_date=business_date, state="open", opened_at=tx.now
        )
    )
    tx.emit(
        "ledger.day_opened", f"ledger:{business_date.isoformat()}", {}, business_date=business_date
    )


def current_business_date(connection: Connection, tenant_id: UUID) -> date:
    """Return the tenant's open business date; raise `NotFound` before the first is opened."""
    return _known(Driver(connection), tenant_id)


def today(tx: Transaction) -> date:
    """Return the open business date inside a command, by the command's own cursor."""
    return _known(tx.driver, tx.tenant_id)


def require_open(tx: Transaction, business_date: date) -> None:
    """Refuse any business date but the open one."""
    current = today(tx)
    if current != business_date:
        raise Refused("ledger.day_closed", business_date=str(business_date), open_date=str(current))


def close_day(tx: Transaction, business_date: date) -> date:
    """Close the open day, strike its totals, open the next calendar day and return it."""
    require_open(tx, business_date)
    mine = account.c.tenant_id == tx.tenant_id
    moved = mine & or_(
        account.c.debits_posted != account.c.debits_brought,
        account.c.credits_posted != account.c.credits_brought,
    )
    struck = select(
        account.c.tenant_id,
        literal(business_date, day_total.c.business_date.type),
        account.c.number,
        account.c.debits_posted - account.c.debits_brought,
        account.c.credits_posted - account.c.credits_brought,
        account.c.last_transfer,
    ).where(moved)
    columns = [
        "tenant_id",
        "business_date",
        "account",
        "debits_fen",
        "credits_fen",
        "last_transfer",
    ]
    tx.execute(insert(day_total).from_select(columns, struck))
    tx.execute(
        update(account)
        .where(moved)
        .values(debits_brought=account.c.debits_posted, credits_brought=account.c.credits_posted)
    )
    totals = tx.execute(
        select(
            func.coalesce(func.sum(day_total.c.debits_fen), 0),
            func.coalesce(func.sum(day_total.c.credits_fen), 0),
            func.count(),
        ).where(day_total.c.tenant_id == tx.tenant_id, day_total.c.business_date == business_date)
    ).one()
    debits_fen, credits_fen, accounts = (int(value) for value in totals)
    assert debits_fen == credits_fen, (debits_fen, credits_fen)
    _turn(tx, business_date)
    tx.emit(
        "ledger.day_closed",
        f"ledger:{business_date.isoformat()}",
        {"debits_fen": debits_fen, "credits_fen": credits_fen, "accounts": accounts},
        business_date=business_date,
    )
    return next_day(business_date)


def _turn(tx: Transaction, business_date: date) -> None:
    """Mark the day closed and the next one open."""
    tx.change_one(
        update(day)
        .where(
            day.c.tenant_id == tx.tenant_id,
            day.c.business_date == business_date,
            day.c.state == "open",
        )
        .values(state="closed", closed_at=tx.now),
        Refused("ledger.day_closed", business_date=str(business_date), open_date="-"),
    )
    tx.execute(
        insert(day).values(
            tenant_id=tx.tenant_id,
            business_date=next_day(business_date),
            state="open",
            opened_at=tx.now,
        )
    )


def _known(driver: Driver, tenant_id: UUID) -> date:
    current = _current(driver, tenant_id)
    if current is None:
        raise NotFound("ledger.no_day_open")
    return current


def _current(driver: Driver, tenant_id: UUID) -> date | None:
    """Return the open day; every posting asks for it, so it goes by the bare driver."""
    found = driver.fetch(
        "SELECT business_date FROM ledger_day WHERE tenant_id = ? AND state = 'open'",
        (driver.id(tenant_id),),
    )
    return driver.to_day(found[0][0]) if found else None
