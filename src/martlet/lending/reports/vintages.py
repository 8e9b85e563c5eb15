"""Vintages of the whole book: of the loans paid out in a month, the share ever overdue so long.

The invariant: a cell stands only where every loan of the cohort has been on book that long, so a
curve never bends because the young drop out of it. A loan overdue once counts from that day on,
whatever became of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from martlet.kernel.calendar import months_passed
from martlet.kernel.principal import Principal, Scope
from martlet.kernel.rates import PPM
from martlet.kernel.rounding import divide
from martlet.ledger import current_business_date
from martlet.lending.limits import CHUNK_LOANS, VINTAGE_LOANS_MAX, VINTAGE_MONTHS_MAX
from martlet.lending.loans import events_by_loan, terms_of
from martlet.lending.product import ScheduleKind
from martlet.lending.projection import oldest_unpaid
from martlet.lending.tables import loan

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Connection, Row

    from martlet.lending.events import LoanEvent
    from martlet.store import Database

OVERDUE_DAYS = (30, 60, 90)
"""What counts as overdue: the three steps that the trade compares."""


@dataclass(slots=True)
class Cohort:
    """The loans paid out in one month, and how many were ever overdue by each month on book."""

    month: str
    loans: int = 0
    amount_fen: int = 0
    months_seen: int = VINTAGE_MONTHS_MAX
    """Whole months that even its youngest loan has been on book."""
    reached: dict[int, list[int]] = field(default_factory=lambda: {n: [] for n in OVERDUE_DAYS})
    """By days overdue: the month on book in which each loan first was."""

    def count(self, overdue_days: int, months_on_book: int) -> int:
        """Return how many of its loans had been overdue so long by a month on book."""
        return sum(1 for month in self.reached[overdue_days] if month <= months_on_book)

    def shares_ppm(self, overdue_days: int) -> list[int]:
        """Return the share for each month on book, as far as every loan has come."""
        return [
            divide(self.count(overdue_days, month) * PPM, self.loans)
            for month in range(1, self.months_seen + 1)
        ]


@dataclass(frozen=True, slots=True)
class Cohorts:
    """All cohorts, the earliest first, and how much of the book they were read from."""

    as_of: date
    cohorts: tuple[Cohort, ...]
    loans_count: int
    whole: bool
    """False where the book has more loans than are read: then the newest are."""


def cohorts(database: Database, principal: Principal, newest: int = VINTAGE_LOANS_MAX) -> Cohorts:
    """Return the cohorts of the newest loans that were paid out."""
    principal.require(Scope.LENDING_READ)
    found: dict[str, Cohort] = {}
    before: UUID | None = None
    read = 0
    while True:
        with database.read() as connection:
            today = current_business_date(connection, principal.tenant_id)
            rows = _page(connection, principal, before, min(CHUNK_LOANS, newest - read + 1))
            kept = rows[: newest - read]
            late = _late_events(connection, kept, today)
        for row in kept:
            _take_in(found, row, late.get(row.loan_id, []), today)
        read += len(kept)
        if len(kept) < len(rows) or len(rows) < CHUNK_LOANS:
            break
        before = rows[-1].loan_id
    whole = len(kept) == len(rows)
    ordered = [found[month] for month in sorted(found)]
    return Cohorts(today, tuple(ordered if whole else ordered[1:]), read, whole)


def _page(
    connection: Connection, principal: Principal, before: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    query = (
        select(loan)
        .where(loan.c.tenant_id == principal.tenant_id, loan.c.disbursed_on.is_not(None))
        .order_by(loan.c.loan_id.desc())
        .limit(limit)
    )
    if principal.party_ids is not None:
        query = query.where(loan.c.party_id.in_(sorted(principal.party_ids)))
    if before is not None:
        query = query.where(loan.c.loan_id < before)
    return connection.execute(query).all()


def _late_events(
    connection: Connection, rows: Sequence[Row[Any]], today: date
) -> dict[UUID, list[LoanEvent]]:
    """Return the events of the loans that may ever have been late; the others need none."""
    looked_at = [row.loan_id for row in rows if not _never_late(row, today)]
    return events_by_loan(connection, looked_at) if looked_at else {}


def _never_late(row: Row[Any], today: date) -> bool:
    """Tell whether the row alone shows that nothing ever stayed unpaid for long."""
    end = row.closed_on or today
    if (end - row.disbursed_on).days < OVERDUE_DAYS[0]:
        return True
    if terms_of(row).conventions.schedule is not ScheduleKind.BULLET:
        return False
    return bool((end - row.matures_on).days < OVERDUE_DAYS[0])


def _take_in(found: dict[str, Cohort], row: Row[Any], events: list[LoanEvent], today: date) -> None:
    month = f"{row.disbursed_on:%Y-%m}"
    cohort = found.setdefault(month, Cohort(month))
    cohort.loans += 1
    cohort.amount_fen += row.disbursed_fen
    cohort.months_seen = min(cohort.months_seen, months_passed(row.disbursed_on, today))
    if not events:
        return
    moments = oldest_unpaid(terms_of(row), events, today)
    for overdue_days in OVERDUE_DAYS:
        reached_on = first_reached(moments, overdue_days)
        if reached_on is not None:
            cohort.reached[overdue_days].append(_month_on_book(row.disbursed_on, reached_on))


def first_reached(moments: Sequence[tuple[date, date | None]], overdue_days: int) -> date | None:
    """Return the day on which a loan was first overdue for so long, if it ever was."""
    for day, oldest in moments:
        if oldest is not None and (day - oldest).days >= overdue_days:
            return oldest + timedelta(days=overdue_days)
    return None


def _month_on_book(start: date, day: date) -> int:
    """Return in which month on book a day lies: the first month is 1."""
    return max(1, months_passed(start, day - timedelta(days=1)) + 1)
