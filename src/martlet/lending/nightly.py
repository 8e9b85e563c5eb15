"""The steps of the night, each over one chunk of live loans, each a handler of one transaction.

Accrue: recognise what the night adds, in columns, one ledger entry for the whole chunk. Due: let
instalments fall due where a line of accrual ends. Age: mark what is a day late. A step asks only
for loans it has not done yet, so doing it again does nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
from sqlalchemy import and_, func, select

from martlet.kernel.errors import Corrupt
from martlet.kernel.rounding import RoundingMode
from martlet.lending.bookkeeping import record
from martlet.lending.columns import LINE_FIELDS, Accrued, accrue
from martlet.lending.limits import SAMPLE_LOANS
from martlet.lending.loan import LoanStatus, LoanTerms
from martlet.lending.loans import events_by_loan, keep_state, position_in, terms_of
from martlet.lending.postings import Accounts, Movement, accrual, position_of
from martlet.lending.projection import project
from martlet.lending.tables import loan
from martlet.store import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Row

    from martlet.lending.loan import LoanState
    from martlet.store import Transaction


@dataclass(frozen=True, slots=True)
class Night:
    """One business date's end, and how many loans a step takes."""

    business_date: date
    chunk_loans: int

    @property
    def until(self) -> date:
        """The next morning: interest is recognised up to its start."""
        return self.business_date + timedelta(days=1)

    @property
    def subject(self) -> str:
        """How the journal names what the night posts."""
        return f"end-of-day:{self.business_date.isoformat()}"

    def progress(self, rows: Sequence[Row[Any]], totals: dict[str, int]) -> Progress:
        """Return where the next step begins: after the last loan, or nowhere."""
        more = len(rows) == self.chunk_loans
        return Progress(str(rows[-1].loan_id) if more else None, totals)


_ACCRUAL_COLUMNS = (
    loan.c.loan_id,
    loan.c.product,
    loan.c.rail,
    loan.c.rounding_mode,
    loan.c.interest_accrued_fen,
    loan.c.penalty_accrued_fen,
    *(loan.c[name] for name in LINE_FIELDS),
)


def _live(
    tx: Transaction,
    cursor: str,
    night: Night,
    wanted: ColumnElement[bool],
    columns: Sequence[Any] = (loan,),
) -> Sequence[Row[Any]]:
    """Return the next chunk of the tenant's live loans for which something is still to be done."""
    query = select(*columns).where(loan.c.tenant_id == tx.tenant_id, loan.c.live == 1, wanted)
    if cursor:
        query = query.where(loan.c.loan_id > UUID(cursor))
    return tx.execute(query.order_by(loan.c.loan_id).limit(night.chunk_loans)).all()


def accrue_step(tx: Transaction, cursor: str, night: Night) -> Progress:
    """Recognise interest and penalty up to the next morning, in whole fen per loan."""
    behind = loan.c.accrued_until < night.until.toordinal()
    rows = _live(tx, cursor, night, behind, _ACCRUAL_COLUMNS)
    totals = {"loans": len(rows), "projected": 0, "checked": 0, "interest_fen": 0, "penalty_fen": 0}
    for mode in sorted({row.rounding_mode for row in rows}):
        alike = [row for row in rows if row.rounding_mode == mode]
        for name, amount in _accrue_alike(tx, alike, RoundingMode(mode), night).items():
            totals[name] += amount
    return night.progress(rows, totals)


def _accrue_alike(
    tx: Transaction, rows: Sequence[Row[Any]], mode: RoundingMode, night: Night
) -> dict[str, int]:
    """Accrue loans of one rounding mode by columns, and by themselves those that columns cannot."""
    lines = [row[-len(LINE_FIELDS) :] for row in rows]
    found = accrue(lines, night.until, mode)
    alone = [int(index) for index in np.flatnonzero(~found.exact)]
    sample = [index for index in _spread(len(rows)) if found.exact[index]]
    for index, state in _project(tx, rows, [*alone, *sample], night).items():
        figures = (state.interest_accrued_fen, state.penalty_accrued_fen)
        if found.exact[index] and figures != _figures(found, index):
            raise Corrupt("lending.columns_differ", loan_id=str(rows[index].loan_id))
        found.interest_fen[index], found.penalty_fen[index] = figures
    interest_fen, penalty_fen = _post(tx, rows, found, night)
    until = night.until.toordinal()
    tx.driver.run_many(
        "UPDATE lending_loan SET interest_accrued_fen = ?, penalty_accrued_fen = ?,"
        " accrued_until = ? WHERE loan_id = ?",
        [
            (*_figures(found, index), until, tx.driver.id(row.loan_id))
            for index, row in enumerate(rows)
        ],
    )
    return {
        "projected": len(alone),
        "checked": len(sample),
        "interest_fen": interest_fen,
        "penalty_fen": penalty_fen,
    }


def _figures(found: Accrued, index: int) -> tuple[int, int]:
    return int(found.interest_fen[index]), int(found.penalty_fen[index])


def _spread(count: int) -> list[int]:
    """Return the places of a sample spread evenly over a chunk."""
    step = max(1, count // SAMPLE_LOANS)
    return list(range(0, count, step))[:SAMPLE_LOANS]


def _project(
    tx: Transaction, rows: Sequence[Row[Any]], places: Sequence[int], night: Night
) -> dict[int, LoanState]:
    """Project some loans of a chunk by themselves."""
    loan_ids = [rows[place].loan_id for place in places]
    if not loan_ids:
        return {}
    terms_query = select(loan.c.loan_id, loan.c.terms).where(
        loan.c.tenant_id == tx.tenant_id, loan.c.loan_id.in_(loan_ids)
    )
    terms = {row.loan_id: LoanTerms.from_json(row.terms) for row in tx.execute(terms_query)}
    events = events_by_loan(tx.connection, loan_ids)
    return {
        place: project(terms[rows[place].loan_id], events[rows[place].loan_id], night.until)
        for place in places
    }


def _post(
    tx: Transaction, rows: Sequence[Row[Any]], found: Accrued, night: Night
) -> tuple[int, int]:
    """Post the chunk's growth, summed over each product, as one entry; return the two sums."""
    interest = found.interest_fen - np.array([row.interest_accrued_fen for row in rows])
    penalty = found.penalty_fen - np.array([row.penalty_accrued_fen for row in rows])
    moves: list[Movement] = []
    for product in sorted({row.product for row in rows}):
        mine = np.array([row.product == product for row in rows])
        accounts = Accounts(product, "")
        moves += accrual(int(interest[mine].sum()), accounts.interest, accounts.interest_income)
        moves += accrual(int(penalty[mine].sum()), accounts.penalty, accounts.penalty_income)
    record(tx, moves, night.subject, night.business_date)
    return int(interest.sum()), int(penalty.sum())


def due_step(tx: Transaction, cursor: str, night: Night) -> Progress:
    """Let instalments fall due that are due on the next morning, and draw the new lines."""
    rows = _live(tx, cursor, night, loan.c.line_until <= night.until.toordinal())
    events = events_by_loan(tx.connection, [row.loan_id for row in rows])
    totals = {"loans": len(rows), "due_count": 0, "due_fen": 0}
    for row in rows:
        state = project(terms_of(row), events[row.loan_id], night.until)
        if position_of(state) != position_in(row):
            raise Corrupt("lending.columns_differ", loan_id=str(row.loan_id))
        keep_state(tx, row, state, status=row.status)
        fallen = state.instalments[-1] if state.instalments else None
        if fallen is not None and fallen.due_on == night.until and fallen.unpaid_fen > 0:
            totals["due_count"] += 1
            totals["due_fen"] += fallen.unpaid_fen
            _tell(
                tx,
                "lending.instalment_due",
                row,
                night,
                due_on=fallen.due_on.isoformat(),
                due_fen=fallen.unpaid_fen,
            )
    return night.progress(rows, totals)


def age_step(tx: Transaction, cursor: str, night: Night) -> Progress:
    """Mark the loans that were to be paid by this day and are not."""
    late = and_(loan.c.status == LoanStatus.LIVE.value, loan.c.oldest_due_on < night.until)
    rows = _live(tx, cursor, night, late)
    tx.driver.run_many(
        "UPDATE lending_loan SET status = ? WHERE loan_id = ?",
        [(LoanStatus.OVERDUE.value, tx.driver.id(row.loan_id)) for row in rows],
    )
    for row in rows:
        _tell(
            tx,
            "lending.loan_overdue",
            row,
            night,
            oldest_due_on=row.oldest_due_on.isoformat(),
            days_overdue=(night.until - row.oldest_due_on).days,
            principal_outstanding_fen=row.disbursed_fen - row.principal_paid_fen,
        )
    return night.progress(rows, {"newly_overdue": len(rows)})


def overdue_totals(tx: Transaction) -> dict[str, int]:
    """Return how many loans are overdue and how much principal stands on them."""
    owed = func.coalesce(func.sum(loan.c.disbursed_fen - loan.c.principal_paid_fen), 0)
    query = select(func.count().label("loans"), owed.label("owed_fen")).where(
        loan.c.tenant_id == tx.tenant_id,
        loan.c.live == 1,
        loan.c.status == LoanStatus.OVERDUE.value,
    )
    found = tx.execute(query).one()
    return {"overdue_loans": int(found.loans), "overdue_principal_fen": int(found.owed_fen)}


def _tell(tx: Transaction, kind: str, row: Row[Any], night: Night, **facts: str | int) -> None:
    told = {"loan_id": str(row.loan_id), "party_id": str(row.party_id), **facts}
    tx.emit(kind, f"loan:{row.loan_id}", told, business_date=night.business_date)
