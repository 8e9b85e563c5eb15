"""What became of the decisions that loans were drawn on: the lending room's answer to credit.

A read over loans, their events, and the offer that was accepted when each was drawn. The
invariant: bad or good is said only of what can no longer change; everything else is not known yet.
"""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from martlet.credit import BadDefinition, LoanOutcome
from martlet.kernel.calendar import add_months
from martlet.kernel.principal import Scope
from martlet.ledger import current_business_date
from martlet.lending.events import EventKind
from martlet.lending.in_force import in_force
from martlet.lending.limits import CHUNK_LOANS
from martlet.lending.loan import LoanStatus
from martlet.lending.loans import events_by_loan, terms_of
from martlet.lending.product import ScheduleKind
from martlet.lending.projection import oldest_unpaid
from martlet.lending.tables import loan, loan_event, offer, payout, principal_owed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import Connection, Row

    from martlet.kernel.principal import Principal
    from martlet.lending.events import LoanEvent
    from martlet.lending.loan import LoanTerms
    from martlet.store import Database

    _Accepted = tuple[list[datetime], list[Any]]


@cache
def bad_definitions() -> tuple[BadDefinition, ...]:
    """Return what "bad" means, the earliest first."""
    table = tomllib.loads((files("martlet.lending") / "outcomes.toml").read_text("utf-8"))
    found = [BadDefinition(**entry) for entry in table["bad"]]
    return tuple(sorted(found, key=lambda one: one.effective_from))


class LoanOutcomes:
    """Tells the decision heart what became of its decisions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def definitions(self) -> tuple[BadDefinition, ...]:
        """Return what "bad" means, each from its day of drawdown on."""
        return bad_definitions()

    def outcomes(
        self, principal: Principal, drawn_since: date | None = None
    ) -> Iterator[LoanOutcome]:
        """Return loans paid out (from a day on) that the principal may see, as of the open day."""
        principal.require(Scope.LENDING_READ)
        after: UUID | None = None
        while True:
            with self._database.read() as connection:
                today = current_business_date(connection, principal.tenant_id)
                rows = _page(connection, principal, drawn_since, after)
                found = _outcomes_of(connection, principal, rows, today)
            yield from found
            if len(rows) < CHUNK_LOANS:
                return
            after = rows[-1].loan_id


def _page(
    connection: Connection, principal: Principal, drawn_since: date | None, after: UUID | None
) -> Sequence[Row[Any]]:
    """Return loans that were paid out, in the order of their making, after one."""
    query = (
        select(loan, payout.c.ordered_at)
        .join(payout, payout.c.loan_id == loan.c.loan_id)
        .where(loan.c.tenant_id == principal.tenant_id, loan.c.disbursed_fen > 0)
        .order_by(loan.c.loan_id)
        .limit(CHUNK_LOANS)
    )
    if principal.party_ids is not None:
        query = query.where(loan.c.party_id.in_(sorted(principal.party_ids)))
    if drawn_since is not None:
        query = query.where(loan.c.disbursed_on >= drawn_since)
    if after is not None:
        query = query.where(loan.c.loan_id > after)
    return connection.execute(query).all()


def _outcomes_of(
    connection: Connection, principal: Principal, rows: Sequence[Row[Any]], today: date
) -> list[LoanOutcome]:
    behind = _offers_behind(connection, principal, {row.facility_id for row in rows})
    moved = _moved(connection, principal, [row.loan_id for row in rows])
    looked_at = [
        row.loan_id
        for row in rows
        if row.loan_id in moved or not _never_late(row, terms_of(row), today)
    ]
    events = events_by_loan(connection, looked_at)
    found = []
    for row in rows:
        accepted, offers = behind[row.facility_id]
        place = bisect_right(accepted, row.ordered_at) - 1
        assert place >= 0, f"loan {row.loan_id} drawn before any offer was accepted"
        found.append(_outcome(row, offers[place], events.get(row.loan_id), today))
    return found


def _moved(connection: Connection, principal: Principal, loan_ids: list[UUID]) -> set[UUID]:
    """Return the loans to which more happened than that they were paid out and paid back."""
    usual = (EventKind.DISBURSED.value, EventKind.REPAID.value)
    query = select(loan_event.c.loan_id).where(
        loan_event.c.tenant_id == principal.tenant_id,
        loan_event.c.loan_id.in_(loan_ids),
        loan_event.c.kind.not_in(usual),
    )
    return set(connection.execute(query.distinct()).scalars())


def _offers_behind(
    connection: Connection, principal: Principal, facility_ids: set[UUID]
) -> dict[UUID, _Accepted]:
    """Return the offers that opened and renewed each line, by the moment of acceptance."""
    query = (
        select(
            offer.c.facility_id, offer.c.decision_id, offer.c.application_id, offer.c.accepted_at
        )
        .where(
            offer.c.tenant_id == principal.tenant_id, offer.c.facility_id.in_(sorted(facility_ids))
        )
        .order_by(offer.c.accepted_at)
    )
    found: dict[UUID, _Accepted] = {}
    for row in connection.execute(query):
        accepted, offers = found.setdefault(row.facility_id, ([], []))
        accepted.append(row.accepted_at)
        offers.append(row)
    return found


def _outcome(
    row: Row[Any], behind: Row[Any], events: list[LoanEvent] | None, today: date
) -> LoanOutcome:
    definition = in_force(bad_definitions(), row.disbursed_on)
    late_most, bad_on = 0, None
    if events is not None:
        late_most, bad_on = _lateness(terms_of(row), events, today, definition.overdue_days)
    if row.written_off_on is not None:
        bad_on = min(bad_on or row.written_off_on, row.written_off_on)
    window_ends = add_months(row.disbursed_on, definition.within_months)
    bad: bool | None = bad_on is not None and bad_on <= window_ends
    if not bad and today < window_ends and row.status != LoanStatus.CLOSED:
        bad = None
    lost_fen = 0
    if bad:
        unpaid_fen = principal_owed(row) + row.principal_written_off_fen
        lost_fen = min(row.disbursed_fen, unpaid_fen)
    return LoanOutcome(
        loan_id=row.loan_id,
        decision_id=behind.decision_id,
        application_id=behind.application_id,
        party_id=row.party_id,
        drawn_on=row.disbursed_on,
        amount_fen=row.disbursed_fen,
        observed_on=today,
        bad=bad,
        ripe=today >= window_ends,
        bad_on=bad_on,
        overdue_days_max=late_most,
        principal_lost_fen=lost_fen,
        earned_fen=row.interest_paid_fen + row.penalty_paid_fen,
    )


def _never_late(row: Row[Any], terms: LoanTerms, today: date) -> bool:
    """Tell whether the row alone shows that nothing ever fell due unpaid."""
    if terms.conventions.schedule is not ScheduleKind.BULLET:
        return False
    return bool((row.closed_on or today) <= row.matures_on)


def _lateness(
    terms: LoanTerms, events: list[LoanEvent], today: date, overdue_days: int
) -> tuple[int, date | None]:
    """Return the most days overdue that a loan ever was, and when it first reached so many."""
    late_most, bad_on = 0, None
    for day, oldest in oldest_unpaid(terms, events, today):
        late = 0 if oldest is None else (day - oldest).days
        late_most = max(late_most, late)
        if bad_on is None and oldest is not None and late >= overdue_days:
            bad_on = oldest + timedelta(days=overdue_days)
    return late_most, bad_on
