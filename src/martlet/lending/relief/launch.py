"""The launch: one chunk of loans a step, each step one transaction.

The invariant: a step relieves a loan, books its cost and counts it against the budget, or does
none of it. The first loan that would exceed the budget ends the launch, and the programme stops.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
from sqlalchemy import select, update

from martlet.kernel.errors import Corrupt
from martlet.ledger import current_business_date
from martlet.lending.bookkeeping import record
from martlet.lending.marks import read_mark
from martlet.lending.participation.relief_parts import write_parts
from martlet.lending.relief.bearing import Bearing, cost_movements, parts_of
from martlet.lending.relief.forgone import promise
from martlet.lending.relief.limits import CHUNK_LOANS
from martlet.lending.relief.model import Stage, arrears_class
from martlet.lending.relief.moves import add_move, stage_of
from martlet.lending.relief.selection import read_chunk
from martlet.lending.relief.tables import total
from martlet.lending.relief.valuing import Days, uuid_of, value
from martlet.lending.relief.writing import Writing, write_alone, write_plain
from martlet.store import Progress

if TYPE_CHECKING:
    from datetime import date

    from martlet.lending.relief.model import Programme
    from martlet.lending.relief.selection import Chunk
    from martlet.lending.relief.valuing import Valued
    from martlet.store import Transaction


@dataclass(frozen=True, slots=True)
class Launch:
    """One run over the book: of which programme, from which day on, how many loans a step."""

    programme_id: UUID
    programme: Programme
    starts_on: date
    chunk_loans: int = CHUNK_LOANS

    @property
    def subject(self) -> str:
        """How the journal names what a programme posts."""
        return subject_of(self.programme_id)


def subject_of(programme_id: UUID) -> str:
    """Return how the journal names what a programme posts."""
    return f"relief:{programme_id}"


def launch_step(tx: Transaction, cursor: str, run: Launch) -> Progress:
    """Relieve the next chunk of loans."""
    if stage_of(tx.connection, tx.tenant_id, run.programme_id) is not Stage.LAUNCHED:
        return Progress(None, {"halted": 1})
    today = current_business_date(tx.connection, tx.tenant_id)
    after = UUID(cursor) if cursor else None
    chunk = read_chunk(tx.driver, tx.tenant_id, run.programme_id, after, run.chunk_loans, today)
    if not chunk.rows:
        return Progress(None, {"seen": 0})
    days = Days(run.starts_on, today, read_mark(tx.connection, tx.tenant_id).until)
    found = value(tx.connection, chunk, run.programme, days, tx.ids.new)
    room_fen = _room(tx, run.programme_id)
    within = _within(found, room_fen)
    cost_fen = int(found.cost_fen[within].sum())
    _write(tx, chunk, found, within, run)
    _count(tx, run.programme_id, len(within), cost_fen)
    exceeded = len(within) < len(found.places)
    if exceeded:
        add_move(tx, run.programme_id, Stage.STOPPED, "budget", today, None)
    totals = {
        "seen": len(chunk.rows),
        "relieved": len(within),
        "cost_fen": cost_fen,
        "alone": len(found.alone),
        "checked": found.checked,
        "budget_reached": int(exceeded),
    }
    done = exceeded or chunk.last
    return Progress(None if done else str(uuid_of(chunk.rows[-1].loan_id)), totals)


def _room(tx: Transaction, programme_id: UUID) -> int:
    """Return what is left of the budget."""
    query = select(total.c.budget_fen - total.c.cost_fen).where(
        total.c.tenant_id == tx.tenant_id, total.c.programme_id == programme_id
    )
    return int(tx.execute(query).scalar_one())


def _within(found: Valued, room_fen: int) -> np.ndarray[Any, Any]:
    """Return the places, in order, whose cost the budget still holds."""
    running = np.cumsum(found.cost_fen[found.places])
    return found.places[: int(np.searchsorted(running, room_fen, side="right"))]


def _count(tx: Transaction, programme_id: UUID, loans: int, cost_fen: int) -> None:
    """Add to the programme's totals; the condition is the budget, inside the same transaction."""
    tx.change_one(
        update(total)
        .where(
            total.c.tenant_id == tx.tenant_id,
            total.c.programme_id == programme_id,
            total.c.cost_fen + cost_fen <= total.c.budget_fen,
        )
        .values(loans=total.c.loans + loans, cost_fen=total.c.cost_fen + cost_fen),
        Corrupt("lending.relief_budget_exceeded", programme_id=str(programme_id)),
    )


def _write(
    tx: Transaction, chunk: Chunk, found: Valued, within: np.ndarray[Any, Any], run: Launch
) -> None:
    """Write events, loans, entries and postings of the loans that get something."""
    if not len(within):
        return
    writing = Writing(tx, run.starts_on, found.today, run.subject)
    overdue = chunk.days_overdue(found.today)
    entries, parts, bearing = [], [], Bearing()
    plain_places = [place for place in within.tolist() if found.plain.mask[place]]
    plain_events = write_plain(writing, chunk, found.plain, plain_places, run.programme)
    until = run.programme.relief_ends(run.starts_on)
    for place in within.tolist():
        row, cost_fen = chunk.rows[place], int(found.cost_fen[place])
        added, waived_fen = plain_events, 0
        if (alone := found.alone.get(place)) is not None:
            write_alone(writing, uuid_of(row.loan_id), alone)
            added = len(alone.grant.events)
            waived_fen = alone.grant.waived_fen
        theirs = parts_of(run.programme, chunk.shares.get(row.loan_id, ()), cost_fen)
        parts += [(row.loan_id, part) for part in theirs]
        bearing.add(row.product, cost_fen, waived_fen, theirs)
        entries.append((row, arrears_class(int(overdue[place])), added, waived_fen, cost_fen))
    day, start, end = (tx.driver.day(one) for one in (found.today, run.starts_on, until))
    programme, tenant = tx.driver.id(run.programme_id), tx.driver.id(tx.tenant_id)
    tx.driver.load(
        "lending_relief_entry",
        ENTRY_COLUMNS,
        [
            (programme, row.loan_id, "granted", tenant, row.party_id, row.product, row.region,
             row.trade, late, day, start, end, row.events, added, waived_fen, cost_fen)
            for row, late, added, waived_fen, cost_fen in entries
        ],
    )  # fmt: skip
    write_parts(tx, run.programme_id, "granted", parts)
    cost_fen = sum(entry[4] for entry in entries)
    told = {"loans": len(entries), "cost_fen": cost_fen, "partners_fen": bearing.partners_fen}
    tx.emit("lending.relief_granted", run.subject, told, business_date=found.today)
    record(tx, cost_movements(run.programme, bearing), run.subject, found.today)
    for product, promised_fen in sorted(bearing.promised.items()):
        promise(tx, run.programme_id, product, (run.starts_on, until), promised_fen)


ENTRY_COLUMNS = (
    *("programme_id", "loan_id", "kind", "tenant_id", "party_id", "product", "region", "trade"),
    *("arrears", "business_date", "from_on", "until_on", "events_before", "events_added"),
    *("waived_fen", "cost_fen"),
)
