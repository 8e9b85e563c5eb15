"""The reversal: new events that end a programme's relief from a day on, loan by loan.

The invariant: what was granted before that day stays as it was, to the fen, and the cost of the
rest goes back to who paid. The cost left is the one that a relief of those days alone would have
had on the day it was given, so it can be proved from the same events.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select, update

from martlet.ledger import current_business_date
from martlet.lending.bookkeeping import record
from martlet.lending.loans import events_by_loan, terms_of
from martlet.lending.participation.relief_parts import granted_parts, settle_again, write_parts
from martlet.lending.relief.bearing import back_movements, parts_given_back
from martlet.lending.relief.forgone import promise
from martlet.lending.relief.grants import cost_until, undoing
from martlet.lending.relief.launch import ENTRY_COLUMNS, subject_of
from martlet.lending.relief.limits import CHUNK_LOANS
from martlet.lending.relief.tables import entry, total
from martlet.lending.relief.writing import Writing, write_events
from martlet.lending.tables import loan
from martlet.store import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import Connection, Row

    from martlet.lending.events import LoanEvent
    from martlet.lending.participation.relief_parts import Part
    from martlet.lending.relief.model import Programme
    from martlet.store import Transaction


@dataclass(frozen=True, slots=True)
class Reversal:
    """One run over what a programme granted: without it from which day on."""

    programme_id: UUID
    programme: Programme
    from_on: date
    chunk_loans: int = CHUNK_LOANS


def reversal_step(tx: Transaction, cursor: str, run: Reversal) -> Progress:
    """End the relief of the next loans that were granted some."""
    rows = granted_after(tx.connection, tx.tenant_id, run.programme_id, cursor, run.chunk_loans)
    if not rows:
        return Progress(None, {"seen": 0})
    today = current_business_date(tx.connection, tx.tenant_id)
    ids = [row.loan_id for row in rows]
    events = events_by_loan(tx.connection, ids)
    query = select(loan).where(loan.c.tenant_id == tx.tenant_id, loan.c.loan_id.in_(ids))
    loans = {row.loan_id: row for row in tx.execute(query)}
    writing = Writing(tx, today, today, subject_of(run.programme_id))
    theirs = granted_parts(tx, run.programme_id, ids)
    made, back_fen, ended = [], 0, 0
    parts: list[tuple[Any, Part]] = []
    by_launch: dict[tuple[str, date, date], int] = {}
    for row in rows:
        found = _end_one(writing, row, loans[row.loan_id], events[row.loan_id], run)
        given_back = parts_given_back(
            run.programme, theirs.get(row.loan_id, ()), row.cost_fen + found[-1]
        )
        parts += [(found[1], part) for part in given_back]
        back_fen += found[-1]
        ended += int(found[-1] < 0)
        key = (row.product, row.from_on, row.until_on)
        lead_fen = found[-1] - sum(part.forgone_fen for part in given_back)
        by_launch[key] = by_launch.get(key, 0) + lead_fen
        made.append(found)
    tx.driver.load("lending_relief_entry", ENTRY_COLUMNS, made)
    write_parts(tx, run.programme_id, "reversed", parts)
    settle_again(tx, parts)
    _give_back(tx, run, -back_fen, parts, today)
    for (product, from_on, until_on), change_fen in sorted(by_launch.items()):
        promise(tx, run.programme_id, product, (from_on, until_on), change_fen)
    more = len(rows) == run.chunk_loans
    totals = {"seen": len(rows), "ended": ended, "given_back_fen": -back_fen}
    return Progress(str(rows[-1].loan_id) if more else None, totals)


def granted_after(
    connection: Connection, tenant_id: UUID, programme_id: UUID, cursor: str, limit: int
) -> list[Row[Any]]:
    """Return the next grants of a programme by loan."""
    query = select(entry).where(
        entry.c.tenant_id == tenant_id,
        entry.c.programme_id == programme_id,
        entry.c.kind == "granted",
    )
    if cursor:
        query = query.where(entry.c.loan_id > UUID(cursor))
    return list(connection.execute(query.order_by(entry.c.loan_id).limit(limit)))


def parted(events: Sequence[LoanEvent], row: Row[Any]) -> tuple[list[LoanEvent], list[LoanEvent]]:
    """Return the events before a grant and those of the grant itself."""
    last = row.events_before + row.events_added
    before = [event for event in events if event.sequence <= row.events_before]
    granted = [event for event in events if row.events_before < event.sequence <= last]
    return before, granted


def _end_one(
    writing: Writing, row: Row[Any], kept: Row[Any], events: Sequence[LoanEvent], run: Reversal
) -> tuple[Any, ...]:
    """End one loan's relief and return its entry; a loan that is closed has had its relief."""
    tx, terms = writing.tx, terms_of(kept)
    before, granted = parted(events, row)
    ends = run.from_on if kept.closed_on is None else min(run.from_on, kept.closed_on)
    undone = undoing(terms, events, granted, max(ends, row.from_on), writing.today, tx.ids.new)
    left_fen = min(row.cost_fen, cost_until(terms, before, granted, undone, row.from_on))
    if undone and kept.live == 1:
        write_events(writing, row.loan_id, terms, events, undone)
    driver = tx.driver
    live = len(undone) if kept.live == 1 else 0
    return (
        driver.id(row.programme_id), driver.id(row.loan_id), "reversed", driver.id(row.tenant_id),
        driver.id(row.party_id), row.product, row.region, row.trade, row.arrears,
        driver.day(writing.today), driver.day(ends), driver.day(row.until_on),
        kept.events, live, 0, left_fen - row.cost_fen,
    )  # fmt: skip


def _give_back(
    tx: Transaction,
    run: Reversal,
    amount_fen: int,
    parts: Sequence[tuple[Any, Part]],
    today: date,
) -> None:
    """Give who paid the cost of the rest back, in the books and in the programme's total."""
    if not amount_fen:
        return
    tx.execute(
        update(total)
        .where(total.c.tenant_id == tx.tenant_id, total.c.programme_id == run.programme_id)
        .values(cost_fen=total.c.cost_fen - amount_fen)
    )
    claimed: dict[str, int] = {}
    for _, part in parts:
        amount_fen += part.forgone_fen
        claimed[part.share.partner] = claimed.get(part.share.partner, 0) - part.claimed_fen
    back = back_movements(run.programme, amount_fen, claimed)
    record(tx, back, subject_of(run.programme_id), today)
