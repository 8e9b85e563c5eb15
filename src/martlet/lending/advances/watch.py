"""What a night tells of advances on takings: a minimum in doubt, and one that was missed.

The invariant: each is told on the morning on which it comes about; an advance's line of accrual
ends on just those mornings, so that only advances to which it happens are looked at.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from martlet.lending.loan import LoanState
from martlet.lending.loans import terms_of
from martlet.lending.product import product_named

if TYPE_CHECKING:
    from sqlalchemy import Row

    from martlet.lending.loan import LoanFigures
    from martlet.lending.nights.night import Night
    from martlet.store import Transaction


def watch_minimum(tx: Transaction, row: Row[Any], state: LoanFigures, night: Night) -> None:
    """Tell of a minimum whose end is near and of which too little has come, or that was missed."""
    if not (product_named(row.product).defers_fees and isinstance(state, LoanState)):
        return
    loan, takings = (row.loan_id, row.party_id), terms_of(row).takings
    assert takings is not None, row.loan_id
    near = timedelta(days=takings.near_breach_days)
    due = state.next_due_on
    last = state.instalments[-1].due_on if state.instalments else date.min
    if state.minimum_near_fen and due is not None and night.until == max(due - near, last):
        due_on, missing_fen = due.isoformat(), state.minimum_near_fen
        night.tell(tx, "lending.minimum_near", *loan, due_on=due_on, missing_fen=missing_fen)
    yesterday = night.until - timedelta(days=1)
    missed = [item for item in state.instalments if item.due_on == yesterday and item.unpaid_fen]
    for item in missed:
        due_on, missing_fen = item.due_on.isoformat(), item.unpaid_fen
        night.tell(tx, "lending.minimum_missed", *loan, due_on=due_on, missing_fen=missing_fen)
