"""The advances that a business has, and what they leave of its takings.

The invariant: the shares of all its advances together are what is kept of a day, so a new one may
only take what the others leave, and a day's takings are shared out oldest advance first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from martlet.lending.advances.fold import share_on
from martlet.lending.advances.rules import Carrying
from martlet.lending.limits import ADVANCES_OF_ONE_MAX
from martlet.lending.loan import LoanStatus
from martlet.lending.loans import WITH_MARK, events_by_loan, terms_of
from martlet.lending.product import products
from martlet.lending.tables import loan

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection, Row

    from martlet.lending.events import LoanEvent

DAYS_A_MONTH = 30
"""A month of takings as their signal counts it."""


def advance_products() -> list[str]:
    """Return the products that a share of takings repays."""
    return [name for name, product in products().items() if product.conventions.takings is not None]


def open_advances(connection: Connection, tenant_id: UUID, party_id: UUID) -> Sequence[Row[Any]]:
    """Return a business's advances that are promised or not yet repaid, oldest first."""
    states = (LoanStatus.PENDING.value, LoanStatus.LIVE.value, LoanStatus.OVERDUE.value)
    query = WITH_MARK.where(
        loan.c.tenant_id == tenant_id,
        loan.c.party_id == party_id,
        loan.c.product.in_(advance_products()),
        loan.c.status.in_(states),
    )
    return connection.execute(query.order_by(loan.c.loan_id).limit(ADVANCES_OF_ONE_MAX)).all()


def carrying_of(
    connection: Connection, tenant_id: UUID, party_id: UUID, today: date, monthly_fen: int | None
) -> Carrying:
    """Return what a business takes on a day, and how much of it its advances keep already."""
    rows = open_advances(connection, tenant_id, party_id)
    events = events_by_loan(connection, [row.loan_id for row in rows])
    taken_ppm = sum(shares_of(rows, events, today).values())
    daily_fen = None if monthly_fen is None else max(monthly_fen, 0) // DAYS_A_MONTH
    return Carrying(daily_fen, taken_ppm)


def has_advance(connection: Connection, tenant_id: UUID, party_id: UUID) -> bool:
    """Tell whether a business has ever drawn an advance on its takings."""
    query = select(loan.c.loan_id).where(
        loan.c.tenant_id == tenant_id,
        loan.c.party_id == party_id,
        loan.c.product.in_(advance_products()),
    )
    return connection.execute(query.limit(1)).first() is not None


def shares_of(
    rows: Sequence[Row[Any]], events: dict[UUID, list[LoanEvent]], on: date
) -> dict[UUID, int]:
    """Return the share in force on a day of each advance."""
    return {row.loan_id: share_on(terms_of(row), events[row.loan_id], on) for row in rows}
