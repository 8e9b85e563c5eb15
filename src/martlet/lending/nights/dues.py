"""Due and age: what a new morning changes on a loan by itself.

Due: a line of accrual ends, an instalment falls due, and a new line begins. Age: what was to be
paid by yesterday is overdue. Only loans to which something happens are read and written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, literal_column, select

from martlet.kernel.errors import Corrupt
from martlet.lending.limits import REPLAYS_KEPT_MAX
from martlet.lending.loan import LoanStatus
from martlet.lending.loans import WITH_MARK, events_by_loan, keep_states, position_in, terms_of
from martlet.lending.postings import position_of
from martlet.lending.projection import Replay, project
from martlet.lending.tables import PRINCIPAL_OWED, loan
from martlet.store import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Row

    from martlet.lending.events import LoanEvent
    from martlet.lending.loan import LoanState
    from martlet.lending.nights.night import Night
    from martlet.store import Transaction

_LIVE: ColumnElement[bool] = literal_column("live = 1")
"""As a literal: an index over live loans is found only by its own words."""


def due_step(tx: Transaction, _cursor: str, night: Night) -> Progress:
    """Let instalments fall due that are due on the next morning, and draw the new lines."""
    ends = loan.c.line_until.between(1, night.until.toordinal())
    query = WITH_MARK.where(loan.c.tenant_id == tx.tenant_id, _LIVE, ends)
    query = query.order_by(loan.c.line_until, loan.c.loan_id).limit(night.chunk_loans)
    rows = tx.execute(query).all()
    totals = {"loans": len(rows), "due_count": 0, "due_fen": 0}
    for row, state in bring_forward(tx, rows, night, at_breaks=True):
        if position_of(state) != position_in(row):
            raise Corrupt("lending.columns_differ", loan_id=str(row.loan_id))
        due_fen = _due_on(state, night)
        totals["due_count"] += due_fen > 0
        totals["due_fen"] += due_fen
    return Progress("more" if len(rows) == night.chunk_loans else None, totals)


def bring_forward(
    tx: Transaction, rows: Sequence[Row[Any]], night: Night, *, at_breaks: bool = False
) -> list[tuple[Row[Any], LoanState]]:
    """Project loans to the next morning, keep their states, and tell what has fallen due."""
    if not rows:
        return []
    found = list(zip(rows, _states(tx, rows, night, at_breaks=at_breaks), strict=True))
    keep_states(tx, found, [{"status": row.status} for row in rows])
    for row, state in found:
        if due_fen := _due_on(state, night):
            night.tell(
                tx,
                "lending.instalment_due",
                row.loan_id,
                row.party_id,
                due_on=night.until.isoformat(),
                due_fen=due_fen,
            )
    return found


def _states(
    tx: Transaction, rows: Sequence[Row[Any]], night: Night, *, at_breaks: bool
) -> list[LoanState]:
    """Return the loans' states on the next morning, from replays begun before where they are."""
    known = night.replays if at_breaks and night.replays is not None else {}
    begun = {
        row.loan_id: known[row.loan_id][1]
        for row in rows
        if row.loan_id in known
        and known[row.loan_id][0] == row.events
        and known[row.loan_id][1].day <= night.until
    }
    events = events_by_loan(
        tx.connection, [row.loan_id for row in rows if row.loan_id not in begun]
    )
    states = []
    for row in rows:
        replay = begun.get(row.loan_id)
        if replay is None and at_breaks and night.replays is not None:
            replay = _begin(row, events[row.loan_id], night)
        if replay is not None:
            states.append(replay.state_on(night.until))
        else:
            states.append(project(terms_of(row), events[row.loan_id], night.until))
    return states


def _begin(row: Row[Any], events: list[LoanEvent], night: Night) -> Replay | None:
    """Begin a replay to be taken up again by later nights, while there is room for it."""
    assert night.replays is not None
    room = len(night.replays) < REPLAYS_KEPT_MAX or row.loan_id in night.replays
    if not room or row.line_until != night.until.toordinal():
        return None
    replay = Replay.of(terms_of(row), events, night.until)
    if replay is not None:
        night.replays[row.loan_id] = (row.events, replay)
    return replay


def _due_on(state: LoanState, night: Night) -> int:
    """Return what falls due on the next morning and is not paid ahead."""
    fallen = state.instalments[-1] if state.instalments else None
    return fallen.unpaid_fen if fallen is not None and fallen.due_on == night.until else 0


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


def _overdue_totals(tx: Transaction) -> dict[str, int]:
    """Return how many loans are overdue and how much principal stands on them."""
    owed = func.coalesce(func.sum(PRINCIPAL_OWED), 0)
    query = select(func.count().label("loans"), owed.label("owed_fen")).where(
        loan.c.tenant_id == tx.tenant_id,
        _LIVE,
        loan.c.oldest_due_on.is_not(None),
        loan.c.status == LoanStatus.OVERDUE.value,
    )
    found = tx.execute(query).one()
    return {"overdue_loans": int(found.loans), "overdue_principal_fen": int(found.owed_fen)}
