"""Accrue: what a night adds to every loan, followed in columns; no loan's row is written.

The invariant: the mark moves in the transaction that posts the growth of the loans it passes, one
entry a chunk with one line for each product. Loans that no line covers are projected and written.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
from sqlalchemy import bindparam, literal_column

from martlet.kernel.errors import Corrupt
from martlet.kernel.rounding import RoundingMode
from martlet.lending.bookkeeping import record
from martlet.lending.columns import LINE_FIELDS, accrue
from martlet.lending.growth import Range, growth_between
from martlet.lending.limits import LOANS_PER_SAMPLED, SAMPLE_LOANS
from martlet.lending.loans import WITH_MARK, accounts_of, events_by_loan, position_in, terms_of
from martlet.lending.marks import FIRST_LOAN, LAST_LOAN, begin_night, move_mark
from martlet.lending.nights.dues import bring_forward
from martlet.lending.postings import Accounts, Position, accrual, movements, position_of
from martlet.lending.projection import project_figures
from martlet.lending.tables import loan
from martlet.store import Prepared, Progress

if TYPE_CHECKING:
    from martlet.lending.growth import Growth
    from martlet.lending.nights.night import Night
    from martlet.lending.postings import Movement
    from martlet.store import Transaction


def accrue_step(tx: Transaction, cursor: str, night: Night) -> Progress:
    """Recognise a chunk's interest and penalty up to the next morning, in whole fen per loan."""
    mark = begin_night(tx, night.until.toordinal())
    if mark.covers(night.until.toordinal()):
        return Progress(None, {})
    first = UUID(cursor) if cursor else FIRST_LOAN
    assert mark.through == first, "the mark stands where the step before left it"
    last = _last_of_chunk(tx, first, night)
    loans_between = Range(tx.tenant_id, first, last)
    growth, loans = growth_between(tx.driver, loans_between, mark.before, night.until.toordinal())
    totals = {
        "loans": loans,
        "projected": _project_alone(tx, (first, last), night, growth),
        "checked": _check_sample(tx, loans_between, loans, night),
        "interest_fen": sum(interest for interest, _penalty in growth.values()),
        "penalty_fen": sum(penalty for _interest, penalty in growth.values()),
    }
    totals["loans"] += totals["projected"]
    record(tx, _movements(growth), night.subject, night.business_date)
    move_mark(tx, last)
    return Progress(None if last == LAST_LOAN else str(last), totals)


def _last_of_chunk(tx: Transaction, first: UUID, night: Night) -> UUID:
    """Return the last loan of the chunk after a loan: of the last chunk, the end of all loans."""
    driver = tx.driver
    found = driver.fetch(
        "SELECT loan_id FROM lending_loan WHERE tenant_id = ? AND live = 1 AND loan_id > ?"
        " ORDER BY loan_id LIMIT 1 OFFSET ?",
        (driver.id(tx.tenant_id), driver.id(first), night.column_loans - 1),
    )
    return driver.to_id(found[0][0]) if found else LAST_LOAN


_UNCOVERED = Prepared(
    WITH_MARK.where(
        loan.c.tenant_id == bindparam("tenant"),
        literal_column("live = 1"),
        loan.c.loan_id > bindparam("first"),
        loan.c.loan_id <= bindparam("last"),
        loan.c.accrued_until < bindparam("until"),
        (loan.c.line_from > bindparam("until")) | (loan.c.line_until < bindparam("until")),
    )
)


def _project_alone(
    tx: Transaction, between: tuple[UUID, UUID], night: Night, growth: Growth
) -> int:
    """Bring forward the loans of a range that no line covers; add what they have earned.

    What a product charges by itself on the morning (a fee with an instalment, a late fee) is
    posted here, summed over each product and rail.
    """
    until = night.until.toordinal()
    first, last = between
    asked = {"tenant": tx.tenant_id, "first": first, "last": last, "until": until}
    rows = _UNCOVERED.on(tx.connection, asked).all()
    charged: dict[Accounts, Position] = {}
    for row, onward in bring_forward(tx, rows, night):
        change = position_of(onward.figures).minus(position_in(row))
        key, accounts = (row.product, row.status), accounts_of(row)
        interest, penalty = growth.get(key, (0, 0))
        interest += change.interest_accrued_fen
        growth[key] = (interest, penalty + change.penalty_accrued_fen)
        rest = replace(change, interest_accrued_fen=0, penalty_accrued_fen=0)
        if rest != Position():
            charged[accounts] = charged.get(accounts, Position()).plus(rest)
    for accounts, change in charged.items():
        moves = movements(Position(), change, accounts)
        record(tx, moves, night.subject, night.business_date)
    return len(rows)


def _check_sample(tx: Transaction, loans: Range, count: int, night: Night) -> int:
    """Follow some lines of a range and project their loans by themselves: the same figures."""
    until = night.until.toordinal()
    places = _spread(tx, loans, until, min(SAMPLE_LOANS, 1 + count // LOANS_PER_SAMPLED))
    query = WITH_MARK.where(loan.c.tenant_id == tx.tenant_id, loan.c.loan_id.in_(places))
    rows = tx.execute(query).all() if places else []
    events = events_by_loan(tx.connection, [row.loan_id for row in rows])
    for row in rows:
        mode = RoundingMode(row.rounding_mode)
        line = np.array([[getattr(row, name) for name in LINE_FIELDS]], np.int64)
        followed = accrue(line, np.array([until]), mode)
        alone = project_figures(terms_of(row), events[row.loan_id], night.until)
        figures = int(followed.interest_fen[0]), int(followed.penalty_fen[0])
        if figures != (alone.interest_accrued_fen, alone.penalty_accrued_fen):
            raise Corrupt("lending.columns_differ", loan_id=str(row.loan_id))
    return len(rows)


def _spread(tx: Transaction, loans: Range, until: int, count: int) -> list[UUID]:
    """Return some loans of a range that a line covers, spread evenly from its first to its last."""
    driver = tx.driver
    where, values = loans.where(driver)
    ends = [
        driver.to_id(loan_id)
        for order in ("", "DESC")
        for (loan_id,) in driver.fetch(
            f"SELECT loan_id FROM lending_loan WHERE {where} ORDER BY loan_id {order} LIMIT 1",  # noqa: S608 - names of its own
            values,
        )
    ]
    if not ends:
        return []
    first, last = (end.int for end in ends)
    width, found = last - first + 1, set[UUID]()
    for part in range(count):
        begins = UUID(int=first - 1 + width * part // count)
        where, values = replace(loans, after=begins).where(driver)
        rows = driver.fetch(
            f"SELECT loan_id FROM lending_loan WHERE {where} AND line_from <= ?"  # noqa: S608 - names of its own
            " AND line_until >= ? ORDER BY loan_id LIMIT 1",
            [*values, until, until],
        )
        found |= {driver.to_id(loan_id) for (loan_id,) in rows}
    return sorted(found)


def _movements(growth: Growth) -> list[Movement]:
    """Return the chunk's growth as movements, summed over each product."""
    moves: list[Movement] = []
    for product in sorted({product for product, _status in growth}):
        parts = [growth[key] for key in growth if key[0] == product]
        interest_fen, penalty_fen = (sum(part) for part in zip(*parts, strict=True))
        accounts = Accounts(product, "")
        moves += accrual(interest_fen, accounts.interest, accounts.interest_income)
        moves += accrual(penalty_fen, accounts.penalty, accounts.penalty_income)
    return moves
