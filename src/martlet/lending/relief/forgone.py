"""Promised relief taken to income as its days pass: evenly over the days of each launch.

The invariant: on the last day of the relief all that was promised has been taken, to the fen, and
never more. What was waived at once was never promised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, insert, select, update

from martlet.kernel.rounding import RoundingMode, divide
from martlet.ledger import current_business_date
from martlet.lending.bookkeeping import record
from martlet.lending.postings import Accounts, Movement
from martlet.lending.relief.moves import find_programme
from martlet.lending.relief.reading import parse_programme
from martlet.lending.relief.tables import cohort

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy import ColumnElement, Row

    from martlet.store import Transaction


def promise(
    tx: Transaction, programme_id: UUID, product: str, days: tuple[date, date], amount_fen: int
) -> None:
    """Count what was promised, or taken back, for the loans of one product and launch."""
    if not amount_fen:
        return
    from_on, until_on = days
    changed = tx.execute(
        update(cohort)
        .where(_is(tx, programme_id, product, until_on))
        .values(promised_fen=cohort.c.promised_fen + amount_fen)
    )
    if changed.rowcount == 0:
        tx.execute(
            insert(cohort).values(
                tenant_id=tx.tenant_id,
                programme_id=programme_id,
                product=product,
                from_on=from_on,
                until_on=until_on,
                promised_fen=amount_fen,
                given_fen=0,
            )
        )


def take_forgone(tx: Transaction, morning: date) -> dict[str, int]:
    """Take to income what relief has forgone up to a morning; post only the difference."""
    taken_fen, today = 0, current_business_date(tx.connection, tx.tenant_id)
    rows = tx.execute(select(cohort).where(cohort.c.tenant_id == tx.tenant_id)).all()
    for row in rows:
        change_fen = _passed(row, morning) - row.given_fen
        if change_fen:
            _take(tx, row, change_fen, today)
            taken_fen += change_fen
    return {"cohorts": len(rows), "taken_fen": taken_fen}


def _is(tx: Transaction, programme_id: UUID, product: str, until_on: date) -> ColumnElement[bool]:
    return and_(
        cohort.c.tenant_id == tx.tenant_id,
        cohort.c.programme_id == programme_id,
        cohort.c.product == product,
        cohort.c.until_on == until_on,
    )


def _passed(row: Row[Any], morning: date) -> int:
    """Return the share of what was promised whose days have passed."""
    days = (row.until_on - row.from_on).days
    gone = min(max((morning - row.from_on).days, 0), days)
    if gone == days:
        return int(row.promised_fen)
    return divide(row.promised_fen * gone, days, RoundingMode.DOWN)


def _take(tx: Transaction, row: Row[Any], change_fen: int, business_date: date) -> None:
    text = find_programme(tx.connection, tx.tenant_id, row.programme_id).text
    promised = parse_programme(text).promised_account
    income = Accounts(row.product, "").interest_income
    accounts = (promised, income) if change_fen > 0 else (income, promised)
    taken = Movement(*accounts, abs(change_fen), "lending.relief_forgone")
    record(tx, [taken], f"relief:{row.programme_id}", business_date)
    tx.execute(
        update(cohort)
        .where(_is(tx, row.programme_id, row.product, row.until_on))
        .values(given_fen=cohort.c.given_fen + change_fen)
    )
