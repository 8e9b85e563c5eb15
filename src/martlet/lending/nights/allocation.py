"""Allocate: the receipts that wait, each to its loan, with one entry a batch for the ledger.

A loan's receipts of a batch become events and it is projected once; what that changes is summed
over the loans of a product. What cannot be allocated stays unassigned, with the reason.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import literal_column, select

from martlet.lending.bookkeeping import record
from martlet.lending.events import EventKind, LoanEvent
from martlet.lending.facilities import give_back_many
from martlet.lending.limits import BACKDATE_DAYS_MAX, EVENTS_MAX
from martlet.lending.loan import LoanStatus
from martlet.lending.loans import (
    LIVE,
    WITH_MARK,
    accounts_of,
    accrued_day,
    keep_states,
    position_in,
)
from martlet.lending.nights.onward import Move, bring_onward
from martlet.lending.nights.tables import receipt
from martlet.lending.postings import FIGURES, Accounts, Movement, Position, movements, position_of
from martlet.lending.product import product_named
from martlet.lending.receipts import UNASSIGNED
from martlet.lending.tables import loan, loan_event
from martlet.store import Progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import Row

    from martlet.lending.loan import LoanFigures
    from martlet.lending.nights.night import Night
    from martlet.lending.projection import Onward
    from martlet.store import Transaction

_WAITING = select(receipt).where(literal_column("state = 'waiting'")).order_by(receipt.c.receipt_id)
_EVENT_COLUMNS = (
    "event_id",
    "tenant_id",
    "loan_id",
    "sequence",
    "kind",
    "value_date",
    "business_date",
    "amount_fen",
    "reference",
    "recorded_at",
)


@dataclass(slots=True)
class _Repaid:
    """A loan, the receipts that are its new events, and what follows from them."""

    row: Row[Any]
    events: list[LoanEvent]
    references: list[str]
    onward: Onward | None = None

    @property
    def figures(self) -> LoanFigures:
        """What is owed and due after them."""
        assert self.onward is not None
        return self.onward.figures


def allocate_step(tx: Transaction, _cursor: str, night: Night) -> Progress:
    """Allocate a chunk of receipts."""
    query = _WAITING.where(receipt.c.tenant_id == tx.tenant_id).limit(night.chunk_loans)
    waiting = tx.execute(query).all()
    if not waiting:
        return Progress(None, {"receipts": 0})
    rows, used = _loans_of(tx, waiting)
    repaid: dict[UUID, _Repaid] = {}
    refused: dict[UUID, str] = {}
    for one in waiting:
        reason = _refusal(one, rows.get(one.loan_id), repaid.get(one.loan_id), used, night)
        if reason:
            refused[one.receipt_id] = reason
            continue
        own = repaid.setdefault(one.loan_id, _Repaid(rows[one.loan_id], [], []))
        used.add((one.loan_id, one.reference))
        sequence = own.row.events + len(own.events) + 1
        own.events.append(
            LoanEvent(one.receipt_id, sequence, EventKind.REPAID, one.value_date, one.amount_fen)
        )
        own.references.append(one.reference)
    _apply(tx, list(repaid.values()), night)
    _mark(tx, waiting, refused, night)
    allocated_fen = sum(one.amount_fen for one in waiting if one.receipt_id not in refused)
    totals = {
        "receipts": len(waiting) - len(refused),
        "refused": len(refused),
        "loans": len(repaid),
        "allocated_fen": allocated_fen,
    }
    return Progress("more" if len(waiting) == night.chunk_loans else None, totals)


def _loans_of(
    tx: Transaction, waiting: Sequence[Row[Any]]
) -> tuple[dict[UUID, Row[Any]], set[tuple[UUID, str]]]:
    """Return the loans of receipts, and the references that each of them has already."""
    loan_ids = sorted({one.loan_id for one in waiting})
    query = WITH_MARK.where(loan.c.tenant_id == tx.tenant_id, loan.c.loan_id.in_(loan_ids))
    rows = {row.loan_id: row for row in tx.execute(query)}
    if not any(one.reference for one in waiting):
        return rows, set()
    known = select(loan_event.c.loan_id, loan_event.c.reference).where(
        loan_event.c.tenant_id == tx.tenant_id,
        loan_event.c.loan_id.in_(loan_ids),
        loan_event.c.kind == EventKind.REPAID.value,
        loan_event.c.reference != "",
    )
    return rows, {(row.loan_id, row.reference) for row in tx.execute(known)}


def _refusal(
    one: Row[Any],
    row: Row[Any] | None,
    repaid: _Repaid | None,
    used: set[tuple[UUID, str]],
    night: Night,
) -> str:
    """Return why a receipt cannot be allocated, or nothing."""
    if row is None or row.disbursed_on is None:
        return "lending.loan_not_found"
    if row.live == 0 and row.closed_on is None:
        return "lending.loan_not_live"
    if row.events + (len(repaid.events) if repaid else 0) >= EVENTS_MAX:
        return "lending.too_many_events"
    earliest = max(row.disbursed_on, night.business_date - timedelta(days=BACKDATE_DAYS_MAX))
    if not earliest <= one.value_date <= night.business_date:
        return "lending.value_date_outside"
    if one.reference and (one.loan_id, one.reference) in used:
        return "lending.reference_used"
    return ""


def _apply(tx: Transaction, repaid: Sequence[_Repaid], night: Night) -> None:
    """Write the events, project each loan, and post and keep what that changes."""
    found = bring_onward(
        tx,
        [
            Move(one.row, one.events, max(night.business_date, accrued_day(one.row)))
            for one in repaid
        ],
    )
    for one, onward in zip(repaid, found, strict=True):
        one.onward = onward
    _write_events(tx, repaid, night)
    record(tx, _movements(repaid), night.subject, night.business_date)
    states = [(one.row, one.figures) for one in repaid]
    keep_states(tx, states, [{"events": one.events[-1].sequence} for one in repaid])
    freed: dict[UUID, int] = defaultdict(int)
    for one in repaid:
        freed[one.row.facility_id] += _freed(one)
    assert min(freed.values(), default=0) >= 0, "a repayment never takes principal back"
    give_back_many(tx, freed)
    for one in repaid:
        _tell(tx, one, night)


def _write_events(tx: Transaction, repaid: Sequence[_Repaid], night: Night) -> None:
    driver = tx.driver
    tenant, day = driver.id(tx.tenant_id), driver.day(night.business_date)
    now = driver.moment(tx.now)
    rows = [
        (
            *(driver.id(event.event_id), tenant, driver.id(one.row.loan_id), event.sequence),
            *(event.kind.value, driver.day(event.value_date), day, event.amount_fen),
            *(reference, now),
        )
        for one in repaid
        for event, reference in zip(one.events, one.references, strict=True)
    ]
    driver.load("lending_loan_event", _EVENT_COLUMNS, rows)


def _movements(repaid: Sequence[_Repaid]) -> list[Movement]:
    """Return what the loans' changes amount to, summed over each product and rail."""
    sums: dict[Accounts, dict[str, int]] = {}
    for one in repaid:
        change = position_of(one.figures).minus(position_in(one.row))
        mine = sums.setdefault(accounts_of(one.row), dict.fromkeys(FIGURES, 0))
        for name in FIGURES:
            mine[name] += getattr(change, name)
    moves: list[Movement] = []
    for accounts in sorted(sums, key=lambda one: (one.product, one.rail)):
        for move in movements(Position(), Position(**sums[accounts]), accounts):
            paid = move.debit == accounts.settlement
            moves.append(replace(move, debit=UNASSIGNED) if paid else move)
    return moves


def _freed(one: _Repaid) -> int:
    """Return the limit that can be drawn again: what was repaid, or all of a closed loan."""
    if product_named(one.row.product).revolving:
        return position_in(one.row).principal_fen - one.figures.principal_fen
    ended = int(one.row.live) - int(one.figures.status in LIVE)
    return ended * int(one.row.principal_agreed_fen)


def _tell(tx: Transaction, one: _Repaid, night: Night) -> None:
    row, figures = one.row, one.figures
    assert one.onward is not None
    for part in one.onward.allocations:
        night.tell(
            tx,
            "lending.loan_repaid",
            row.loan_id,
            row.party_id,
            event_id=str(part.event_id),
            amount_fen=part.amount_fen,
            value_date=part.value_date.isoformat(),
            penalty_fen=part.penalty_fen,
            fee_fen=part.fee_fen,
            interest_fen=part.interest_fen,
            principal_fen=part.principal_fen,
            overpaid_fen=part.overpaid_fen,
            outstanding_fen=figures.outstanding_fen,
        )
    if figures.status is LoanStatus.CLOSED and row.live == 1:
        night.tell(tx, "lending.loan_closed", row.loan_id, row.party_id)
    elif row.status == LoanStatus.OVERDUE.value and figures.status is LoanStatus.LIVE:
        night.tell(tx, "lending.loan_cured", row.loan_id, row.party_id)


def _mark(
    tx: Transaction, waiting: Sequence[Row[Any]], refused: Mapping[UUID, str], night: Night
) -> None:
    """Say of each receipt what became of it."""
    driver = tx.driver
    driver.run_many(
        "UPDATE lending_receipt SET state = ?, reason = ? WHERE receipt_id = ?",
        [
            ("refused" if one.receipt_id in refused else "allocated",
             refused.get(one.receipt_id, ""), driver.id(one.receipt_id))
            for one in waiting
        ],
    )  # fmt: skip
    for one in waiting:
        if one.receipt_id in refused:
            told = {
                "receipt_id": str(one.receipt_id),
                "loan_id": str(one.loan_id),
                "amount_fen": one.amount_fen,
                "reason": refused[one.receipt_id],
            }
            day = night.business_date
            tx.emit("lending.receipt_refused", "receipts", told, business_date=day)
