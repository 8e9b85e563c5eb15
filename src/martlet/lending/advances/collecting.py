"""A day's takings of a business, and what of them repays its advances.

The invariant: a day's takings repay each advance once, never more than its share of them, never
more than it is still owed, and all advances together never more than was taken.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from martlet.kernel.errors import Invalid, Refused
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.ledger import current_business_date
from martlet.lending.advances.standing import has_advance, open_advances, shares_of
from martlet.lending.changes import book, state_now, tell, weigh
from martlet.lending.events import EventKind, LoanEvent, standing
from martlet.lending.limits import EVENTS_MAX, TAKINGS_BACK_DAYS_MAX
from martlet.lending.loans import events_by_loan, terms_of
from martlet.lending.tables import loan_event

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Row

    from martlet.store import Transaction


def reference_of(on: date) -> str:
    """Return the reference under which a day's takings repay an advance, once."""
    return f"takings:{on.isoformat()}"


def check_takings_day(on: date, today: date) -> None:
    """Refuse a day that is still to come, or too long ago to be collected from."""
    earliest = today - timedelta(days=TAKINGS_BACK_DAYS_MAX)
    if not earliest <= on <= today:
        raise Refused(
            "lending.takings_day_outside",
            on=on.isoformat(),
            earliest=earliest.isoformat(),
            latest=today.isoformat(),
        )


def collect(tx: Transaction, party_id: UUID, on: date, takings_fen: int) -> dict[str, Any]:
    """Repay a business's advances by their shares of a day's takings, oldest first."""
    if not 0 <= takings_fen <= AMOUNT_FEN_MAX:
        raise Invalid("lending.amount_out_of_range", max_fen=AMOUNT_FEN_MAX)
    today = current_business_date(tx.connection, tx.tenant_id)
    check_takings_day(on, today)
    rows = [
        row
        for row in open_advances(tx.connection, tx.tenant_id, party_id)
        if row.disbursed_on is not None and row.disbursed_on < on
    ]
    if not rows and not has_advance(tx.connection, tx.tenant_id, party_id):
        raise Refused("lending.no_advance")
    events = events_by_loan(tx.connection, [row.loan_id for row in rows])
    shares, done = shares_of(rows, events, on), _collected(tx, events, on)
    left_fen, collected_fen = takings_fen, 0
    loans: list[dict[str, Any]] = []
    for row in rows:
        share_ppm = shares[row.loan_id]
        before_fen = done.get(row.loan_id)
        if before_fen is not None:
            kept_fen, state = before_fen, "before"
        else:
            takings = (takings_fen, left_fen, share_ppm)
            kept_fen, state = _repay(tx, row, events[row.loan_id], on, takings), "collected"
            collected_fen += kept_fen
        left_fen = max(left_fen - kept_fen, 0)
        loans.append(
            {
                "loan_id": str(row.loan_id),
                "share_ppm": share_ppm,
                "kept_fen": kept_fen,
                "state": state if kept_fen else "nothing",
            }
        )
    told = {
        "party_id": str(party_id),
        "on": on.isoformat(),
        "takings_fen": takings_fen,
        "kept_fen": collected_fen,
        "loans": loans,
    }
    if collected_fen:
        tx.emit("lending.takings_collected", f"party:{party_id}", told, business_date=today)
    return told


def _collected(
    tx: Transaction, events: Mapping[UUID, list[LoanEvent]], on: date
) -> dict[UUID, int]:
    """Return what a day's takings have repaid before, by loan; what was undone may come again."""
    query = select(loan_event.c.loan_id, loan_event.c.event_id, loan_event.c.amount_fen).where(
        loan_event.c.tenant_id == tx.tenant_id,
        loan_event.c.loan_id.in_(events),
        loan_event.c.kind == EventKind.REPAID.value,
        loan_event.c.reference == reference_of(on),
    )
    stands = {one.event_id for known in events.values() for one in standing(known)}
    return {row.loan_id: row.amount_fen for row in tx.execute(query) if row.event_id in stands}


def _repay(
    tx: Transaction,
    row: Row[Any],
    known: list[LoanEvent],
    on: date,
    takings: tuple[int, int, int],
) -> int:
    """Book one advance's share of a day's takings; return how much that was."""
    takings_fen, left_fen, share_ppm = takings
    terms, today = terms_of(row), current_business_date(tx.connection, tx.tenant_id)
    assert terms.takings is not None, row.loan_id
    owed_fen = state_now(row, known, today).outstanding_fen
    kept_fen = terms.takings.kept_of(takings_fen, min(owed_fen, left_fen), share_ppm)
    if kept_fen == 0:
        return 0
    if row.events >= EVENTS_MAX:
        raise Refused("lending.too_many_events", max_count=EVENTS_MAX)
    event = LoanEvent(tx.ids.new(), row.events + 1, EventKind.REPAID, on, kept_fen)
    change = weigh(row, known, event, today)
    book(tx, change, reference_of(on))
    told = {
        "event_id": str(event.event_id),
        "amount_fen": kept_fen,
        "value_date": on.isoformat(),
        "takings_fen": takings_fen,
        "share_ppm": share_ppm,
        "outstanding_fen": change.after.outstanding_fen,
    }
    tell(tx, change, told)
    return kept_fen
