"""The running book by product and by how long it is overdue: loans and their principal.

The invariant: the buckets are disjoint and leave no day out, so their sums are the running book.
Interest is left to `queries.portfolio`, which knows how far it is recognised.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, literal, select

from martlet.kernel.principal import Principal, Scope
from martlet.ledger import current_business_date
from martlet.lending.tables import loan

if TYPE_CHECKING:
    from sqlalchemy import Connection

AGE_BUCKETS = (
    ("current", 0),
    ("1_30", 30),
    ("31_60", 60),
    ("61_90", 90),
    ("91_180", 180),
    ("over_180", None),
)
"""Each bucket with the most days overdue in it: the steps in which lenders report arrears."""


def book_by_age(connection: Connection, principal: Principal) -> list[dict[str, Any]]:
    """Return running loans summed by product and bucket, in the order of the buckets."""
    principal.require(Scope.LENDING_READ)
    today = current_business_date(connection, principal.tenant_id)
    oldest = func.coalesce(loan.c.oldest_due_on, today)
    steps = [
        (oldest >= today - timedelta(days=most), literal(name))
        for name, most in AGE_BUCKETS
        if most is not None
    ]
    rows = select(
        loan.c.product,
        case(*steps, else_=literal(AGE_BUCKETS[-1][0])).label("bucket"),
        (
            loan.c.disbursed_fen
            + loan.c.principal_raised_fen
            - loan.c.principal_paid_fen
            - loan.c.principal_written_off_fen
        ).label("principal"),
    ).where(loan.c.tenant_id == principal.tenant_id, loan.c.live == 1)
    if principal.party_ids is not None:
        rows = rows.where(loan.c.party_id.in_(sorted(principal.party_ids)))
    own = rows.subquery()
    query = select(
        own.c.product,
        own.c.bucket,
        func.count().label("loans_count"),
        func.sum(own.c.principal).label("principal_fen"),
    ).group_by(own.c.product, own.c.bucket)
    order = [name for name, _ in AGE_BUCKETS]
    found = [
        {
            "product": row.product,
            "bucket": row.bucket,
            "loans_count": row.loans_count,
            "principal_fen": int(row.principal_fen),
        }
        for row in connection.execute(query)
    ]
    return sorted(found, key=lambda row: (row["product"], order.index(row["bucket"])))
