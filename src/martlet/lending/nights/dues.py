"""Due and age: what a new morning changes on a loan by itself.

Due: a line of accrual ends, an instalment falls due, and a new line begins. Age: what was to be
paid by yesterday is overdue. Only loans to which something happens are read and written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, literal_column, select

from martlet.kernel.errors import Corrupt
from martlet.lending.advances.watch import watch_minimum
from martlet.lending.loan import LoanStatus
from martlet.lending.loans import WITH_MARK, keep_states, position_in
from martlet.lending.nights.onward import Move, bring_onward
from martlet.lending.postings import position_of
from martlet.lending.tables import PRINCIPAL_OWED, loan
from martlet.store import Prepared, Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Row

    from martlet.lending.nights.night import Night
    from martlet.lending.projection import Onward
    from martlet.store import Transaction

_LIVE: ColumnElement[bool] = literal_column("live = 1")
"""As a literal: an index over live loans is found only by its own words."""


_ENDING = Prepared(
    WITH_MARK.where(
        loan.c.tenant_id == bindparam("tenant"),
        _LIVE,
        loan.c.line_until >= literal_column("1"),
        loan.c.line_until <= bindparam("until"),
        # A line that ends on this very morning may be followed by one that ends on it as well.
        loan.c.accrued_until < bindparam("until"),
    )
    .order_by(loan.c.line_until, loan.c.loan_id)
    .limit(bindparam("chunk"))
)


def due_step(tx: Transaction, _cursor: str, night: Night) -> Progress:
    """Let instalments fall due that are due on the next morning, and draw the new lines."""
    asked = {"tenant": tx.tenant_id, "until": night.until.toordinal(), "chunk": night.chunk_loans}
    rows = _ENDING.on(tx.connection, asked).all()
    totals = {"loans": len(rows), "due_count": 0, "due_fen": 0}
    for row, onward in bring_forward(tx, rows, night):
        if position_of(onward.figures) != position_in(row):
            raise Corrupt("lending.columns_differ", loan_id=str(row.loan_id))
        totals["due_count"] += onward.due_today_fen > 0
        totals["due_fen"] += onward.due_today_fen
    return Progress("more" if len(rows) == night.chunk_loans else None, totals)


def bring_forward(
    tx: Transaction, rows: Sequence[Row[Any]], night: Night
) -> list[tuple[Row[Any], Onward]]:
    """Bring loans to the next morning, keep how they stand, and tell what has fallen due."""
    found = bring_onward(tx, [Move(row, (), night.until) for row in rows])
    kept = list(zip(rows, found, strict=True))
    keep_states(
        tx, [(row, one.figures) for row, one in kept], [{"status": row.status} for row in rows]
    )
    for row, onward in kept:
        watch_minimum(tx, row, onward.figures, night)
        if onward.due_today_fen:
            night.tell(
                tx,
                "lending.instalment_due",
                row.loan_id,
                row.party_id,
                due_on=night.until.isoformat(),
                due_fen=onward.due_today_fen,
            )
    return kept


_NEWLY_LATE = """
    SELECT loan_id, party_id, oldest_due_on,
        disbursed_fen + principal_raised_fen - principal_paid_fen - principal_written_off_fen
    FROM lending_loan WHERE tenant_id = ? AND live = 1 AND oldest_due_on < ? AND status = ?
    ORDER BY oldest_due_on, loan_id LIMIT ?
"""


def age_step(tx: Transaction, _cursor: str, night: Night) -> Progress:
    """Mark the loans that were to be paid by this day and are not; with the last, count all."""
    driver = tx.driver
    rows = driver.fetch(
        _NEWLY_LATE,
        (
            driver.id(tx.tenant_id),
            driver.day(night.until),
            LoanStatus.LIVE.value,
            night.chunk_loans,
        ),
    )
    driver.run_many(
        "UPDATE lending_loan SET status = ? WHERE loan_id = ?",
        [(LoanStatus.OVERDUE.value, loan_id) for loan_id, *_ in rows],
    )
    for loan_id, party_id, oldest, principal_fen in rows:
        since = driver.to_day(oldest)
        assert since is not None
        night.tell(
            tx,
            "lending.loan_overdue",
            driver.to_id(loan_id),
            driver.to_id(party_id),
            oldest_due_on=since.isoformat(),
            days_overdue=(night.until - since).days,
            principal_outstanding_fen=principal_fen,
        )
    totals = {"newly_overdue": len(rows)}
    if len(rows) == night.chunk_loans:
        return Progress("more", totals)
    return Progress(None, {**totals, **_overdue_totals(tx)})


_OVERDUE = Prepared(
    select(
        func.count().label("loans"),
        func.coalesce(func.sum(PRINCIPAL_OWED), literal_column("0")).label("owed_fen"),
    ).where(
        loan.c.tenant_id == bindparam("tenant"),
        _LIVE,
        loan.c.oldest_due_on.is_not(None),
        loan.c.status == bindparam("overdue"),
    )
)


def _overdue_totals(tx: Transaction) -> dict[str, int]:
    """Return how many loans are overdue and how much principal stands on them."""
    asked = {"tenant": tx.tenant_id, "overdue": LoanStatus.OVERDUE.value}
    found = _OVERDUE.on(tx.connection, asked).one()
    return {"overdue_loans": int(found.loans), "overdue_principal_fen": int(found.owed_fen)}
