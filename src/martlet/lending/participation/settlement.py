"""Settlement at the end of a business date: each partner's share of what its loans moved.

For every open participation the loan's position is split anew, the difference to what was settled
before becomes a line, the lines of one step one ledger entry, and a partner's lines together its
file, sealed by their hash. A step commits with its cursor, so a night killed anywhere goes on and
ends with the same files; a file once sealed gets no further line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy import insert, select

from martlet.lending.bookkeeping import record
from martlet.lending.loan import LoanStatus
from martlet.lending.loans import POSITION_COLUMNS, position_in
from martlet.lending.participation.file import (
    SettlementFile,
    SettlementLine,
    collected_fen,
    funded_fen,
    settlement_file,
)
from martlet.lending.participation.limits import SETTLE_LOANS
from martlet.lending.participation.relief_parts import relief_told
from martlet.lending.participation.split import (
    COLUMNS,
    COMPONENTS,
    Split,
    add,
    change,
    movements,
    outstanding,
    split,
)
from martlet.lending.participation.tables import (
    participation,
    partner,
    settlement,
    settlement_line,
)
from martlet.lending.tables import loan
from martlet.store import Progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection, Row

    from martlet.lending.nights.night import Night
    from martlet.store import Transaction

_encoder = msgspec.json.Encoder(order="sorted")
_LINE_COLUMNS = (
    "partner_id",
    "settled_on",
    "loan_id",
    "tenant_id",
    "kind",
    "product",
    "share_ppm",
    "moved",
    "principal_after_fen",
)
_OPEN_COLUMNS = (
    participation.c.loan_id,
    participation.c.partner_id,
    participation.c.share_ppm,
    participation.c.settled,
    loan.c.product,
    *POSITION_COLUMNS,
)


def settle_step(tx: Transaction, cursor: str, night: Night) -> Progress:
    """Settle the next partners' loans, at most so many, and seal the files that are complete.

    The cursor is `partner` once its file is sealed and `partner:loan` within its loans.
    """
    done, _, within = cursor.partition(":")
    totals = {"files": 0, "lines": 0, "funded_fen": 0, "collected_fen": 0}
    business_date, budget = night.business_date, min(SETTLE_LOANS, night.column_loans)
    for row in _partners(tx, done, within=bool(within)):
        rows = _open_loans(tx, row.partner_id, UUID(within) if within else None, budget)
        totals["lines"] += _settle(tx, row, rows, business_date)
        if len(rows) == budget:
            return Progress(f"{row.slug}:{rows[-1].loan_id}", totals)
        budget, within = budget - len(rows), ""
        sealed = _seal(tx, row, business_date)
        totals["files"] += 1
        totals["funded_fen"] += funded_fen(sealed.totals)
        totals["collected_fen"] += collected_fen(sealed.totals)
    return Progress(None, totals)


def _partners(tx: Transaction, done: str, *, within: bool) -> Sequence[Row[Any]]:
    query = select(partner).where(partner.c.tenant_id == tx.tenant_id)
    if done:
        query = query.where(partner.c.slug >= done if within else partner.c.slug > done)
    return tx.execute(query.order_by(partner.c.slug)).all()


def _open_loans(
    tx: Transaction, partner_id: UUID, after: UUID | None, rows_max: int
) -> Sequence[Row[Any]]:
    """Return a partner's open participations with their loans' positions, a page of them."""
    query = (
        select(*_OPEN_COLUMNS)
        .join(loan, loan.c.loan_id == participation.c.loan_id)
        .where(
            participation.c.tenant_id == tx.tenant_id,
            participation.c.partner_id == partner_id,
            participation.c.open == 1,
        )
        .order_by(participation.c.loan_id)
        .limit(rows_max)
    )
    if after is not None:
        query = query.where(participation.c.loan_id > after)
    return tx.execute(query).all()


def _settle(tx: Transaction, whom: Row[Any], rows: Sequence[Row[Any]], business_date: date) -> int:
    """Write a line for every loan that has moved, and one entry for all of them."""
    moved_all: Split = {}
    lines, settled = [], []
    told = told_of(tx, whom.partner_id, rows)
    for row in rows:
        parts = {**split(position_in(row), row.share_ppm), **told.get(row.loan_id, {})}
        moved = change(row.settled, parts)
        still_open = row.live == 1 or row.status == LoanStatus.PENDING.value
        if moved:
            add(moved_all, moved)
            lines.append(line_of(tx, row, "day", business_date, moved, parts))
        if moved or not still_open:
            settled.append((parts, still_open, row))
    if lines:
        write_lines(tx, lines)
    keep_settled(tx, settled)
    record(tx, movements(moved_all, whom.slug), subject_of(whom.slug, business_date), business_date)
    return len(lines)


def told_of(tx: Transaction, partner_id: UUID, rows: Sequence[Row[Any]]) -> Mapping[UUID, Split]:
    """Return a partner's part of the relief of some loans that stand in their order."""
    if not rows:
        return {}
    span = (rows[0].loan_id, rows[-1].loan_id)
    return relief_told(tx.connection, tx.tenant_id, partner_id, span)


def subject_of(slug: str, settled_on: date) -> str:
    """Return how the journal names a partner's settlement of one date."""
    return f"settlement:{slug}:{settled_on.isoformat()}"


def line_of(
    tx: Transaction,
    row: Any,  # noqa: ANN401 - a participation joined to its loan
    kind: str,
    settled_on: date,
    moved: Split,
    parts: Split,
) -> tuple[Any, ...]:
    """Return a line as the driver loads it."""
    driver = tx.driver
    return (
        driver.id(row.partner_id),
        driver.day(settled_on),
        driver.id(row.loan_id),
        driver.id(tx.tenant_id),
        kind,
        row.product,
        row.share_ppm,
        _encoder.encode(moved).decode(),
        outstanding(parts, COMPONENTS[0]),
    )


def write_lines(tx: Transaction, lines: Sequence[tuple[Any, ...]]) -> None:
    """Append lines to the settlement's record."""
    tx.driver.load("lending_settlement_line", _LINE_COLUMNS, lines)


def keep_settled(tx: Transaction, settled: Sequence[tuple[Split, bool, Any]]) -> None:
    """Keep how far each participation is settled, and close those whose loan has ended."""
    if settled:
        tx.driver.run_many(
            "UPDATE lending_participation SET settled = ?, open = ?"
            " WHERE loan_id = ? AND partner_id = ?",
            [
                (
                    _encoder.encode(parts).decode(),
                    int(still_open),
                    tx.driver.id(row.loan_id),
                    tx.driver.id(row.partner_id),
                )
                for parts, still_open, row in settled
            ],
        )


def _seal(tx: Transaction, whom: Row[Any], business_date: date) -> SettlementFile:
    """Make a partner's file of the date and keep its totals and hash for ever."""
    lines = lines_of(tx.connection, whom, business_date)
    made = settlement_file(whom.slug, business_date, COLUMNS, lines)
    tx.execute(
        insert(settlement).values(
            partner_id=whom.partner_id,
            settled_on=business_date,
            tenant_id=tx.tenant_id,
            lines_count=made.lines_count,
            columns=list(COLUMNS),
            totals=made.totals,
            content_hash=made.content_hash,
            made_at=tx.now,
        )
    )
    if made.lines_count:
        told = {
            "partner": whom.slug,
            "settled_on": business_date.isoformat(),
            "lines_count": made.lines_count,
            "totals": made.totals,
            "content_hash": made.content_hash,
        }
        tx.emit(
            "lending.partner_settled", f"partner:{whom.slug}", told, business_date=business_date
        )
    return made


def lines_of(connection: Connection, whom: Row[Any], settled_on: date) -> list[SettlementLine]:
    """Return the lines of a partner's file in the order of their loans."""
    query = (
        select(
            settlement_line.c.loan_id,
            settlement_line.c.kind,
            settlement_line.c.product,
            settlement_line.c.share_ppm,
            settlement_line.c.moved,
            settlement_line.c.principal_after_fen,
        )
        .where(
            settlement_line.c.tenant_id == whom.tenant_id,
            settlement_line.c.partner_id == whom.partner_id,
            settlement_line.c.settled_on == settled_on,
        )
        .order_by(settlement_line.c.loan_id)
    )
    return [SettlementLine(*row) for row in connection.execute(query)]
