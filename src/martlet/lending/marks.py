"""How far the ledger has recognised interest: one mark for a tenant, no row for a loan's night.

A loan's row is a copy of its state on the day of its last change, with the line on which interest
runs from there. What the ledger has recognised of it is that line on the day of the mark, so a
night moves the mark and writes no loan. The invariant: whoever changes a loan projects it to no
earlier day than the mark's and posts the difference to the line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, case, func, insert, select, update

from martlet.lending.tables import accrual_mark, loan
from martlet.store import Prepared

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from martlet.store import Transaction

FIRST_LOAN = UUID(int=0)
"""Before every loan."""

LAST_LOAN = UUID(int=2**128 - 1)
"""After every loan."""

_READ = Prepared(select(accrual_mark).where(accrual_mark.c.tenant_id == bindparam("tenant")))


class Mark(NamedTuple):
    """Days as ordinals: until one for the loans through one loan, until another for the rest."""

    until: int
    before: int
    through: UUID

    def covers(self, day: int) -> bool:
        """Tell whether every loan is recognised up to the start of a day."""
        return self.until >= day and self.through == LAST_LOAN


def recognised_until() -> ColumnElement[int]:
    """Return the column beside a loan's that tells its mark; 0 before the first night."""
    marked = (
        select(
            case(
                (loan.c.loan_id <= accrual_mark.c.through_loan, accrual_mark.c.accrued_until),
                else_=accrual_mark.c.accrued_before,
            )
        )
        .where(accrual_mark.c.tenant_id == loan.c.tenant_id)
        .scalar_subquery()
    )
    return func.coalesce(marked, 0).label("recognised_until")


def read_mark(connection: Connection, tenant_id: UUID) -> Mark:
    """Return a tenant's mark; before its first night nothing is marked."""
    row = _READ.on(connection, {"tenant": tenant_id}).first()
    if row is None:
        return Mark(0, 0, LAST_LOAN)
    return Mark(row.accrued_until, row.accrued_before, row.through_loan)


def begin_night(tx: Transaction, until: int) -> Mark:
    """Return the mark of the night that ends at the start of a day, begun if it was not."""
    mark = read_mark(tx.connection, tx.tenant_id)
    if mark.until >= until:
        return mark
    assert mark.through == LAST_LOAN, "a night begins where the one before has ended"
    begun = Mark(until, mark.until, FIRST_LOAN)
    values = {
        "accrued_until": begun.until,
        "accrued_before": begun.before,
        "through_loan": begun.through,
    }
    if mark.until == 0:
        tx.execute(insert(accrual_mark).values(tenant_id=tx.tenant_id, **values))
    else:
        mine = accrual_mark.c.tenant_id == tx.tenant_id
        tx.execute(update(accrual_mark).where(mine).values(values))
    return begun


def move_mark(tx: Transaction, through: UUID) -> None:
    """Say that the ledger has recognised the night's interest of all loans through one."""
    mine = accrual_mark.c.tenant_id == tx.tenant_id
    tx.execute(update(accrual_mark).where(mine).values(through_loan=through))
