"""Stored decisions as a history: read page by page, for back-tests and monitoring.

Decisions are append-only and their ids rise with time, so pages read one after another are one
history; nothing is held open for long. For staff only: an owner's few decisions are no portfolio.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from martlet.credit.limits import REPLAY_DECISIONS_MAX, REPLAY_PAGE
from martlet.credit.queries import stored_from
from martlet.credit.segments import Segments, size_of
from martlet.credit.tables import credit_decision
from martlet.kernel.calendar import business_date_of
from martlet.kernel.errors import Forbidden, Refused
from martlet.kernel.principal import Scope
from martlet.parties import facts_of_many

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import Connection, Select

    from martlet.credit.queries import StoredDecision
    from martlet.kernel.principal import Principal
    from martlet.parties import BusinessFacts
    from martlet.store import Database

    Page = tuple[list[StoredDecision], Mapping[UUID, BusinessFacts]]


@dataclass(frozen=True, slots=True)
class Period:
    """Which stored decisions: those of some days, or the newest so many of them."""

    since: datetime | None = None
    until: datetime | None = None
    """The first moment that no longer belongs to it."""
    newest: int | None = None


@dataclass(frozen=True, slots=True)
class Extent:
    """How many decisions a period holds, and how many of them will be read."""

    stored_count: int
    read_count: int
    first_day: date | None = None
    """The day of the first decision read: nothing was drawn on any of them before it."""


def staff_only(principal: Principal) -> None:
    """Refuse whoever sees some businesses only: a portfolio is for the bank's own people."""
    principal.require(Scope.CREDIT_READ)
    if principal.party_ids is not None:
        raise Forbidden("credit.portfolio_staff_only")


def extent(database: Database, principal: Principal, period: Period) -> Extent:
    """Return how much there is to read; more than one reading may take is refused."""
    staff_only(principal)
    with database.read() as connection:
        count = select(func.count()).select_from(_of(principal, period).subquery())
        stored_count = int(connection.execute(count).scalar_one())
        read_count = stored_count if period.newest is None else min(period.newest, stored_count)
        first = _of(principal, period).with_only_columns(credit_decision.c.as_of)
        first = first.order_by(credit_decision.c.decision_id.desc()).offset(max(read_count - 1, 0))
        began: datetime | None = connection.execute(first.limit(1)).scalar()
    if read_count > REPLAY_DECISIONS_MAX:
        raise Refused(
            "credit.period_too_long", decisions_count=read_count, most_count=REPLAY_DECISIONS_MAX
        )
    return Extent(stored_count, read_count, None if began is None else business_date_of(began))


def pages(database: Database, principal: Principal, period: Period) -> Iterator[Page]:
    """Return stored decisions in the order of their making, with facts of their businesses."""
    staff_only(principal)
    with database.read() as connection:
        after = _before_newest(connection, principal, period)
    while True:
        with database.read() as connection:
            query = _of(principal, period).with_only_columns(credit_decision)
            if after is not None:
                query = query.where(credit_decision.c.decision_id > after)
            query = query.order_by(credit_decision.c.decision_id).limit(REPLAY_PAGE)
            page = [stored_from(row) for row in connection.execute(query)]
            party_ids = list({stored.application.party_id for stored in page})
            facts = facts_of_many(connection, principal, party_ids)
        if page:
            yield page, facts
        if len(page) < REPLAY_PAGE:
            return
        after = page[-1].decision_id


def segments_of(stored: StoredDecision, facts: Mapping[UUID, BusinessFacts]) -> Segments:
    """Return where the business of a decision stands; what is not known is called so."""
    known, size = facts.get(stored.application.party_id), size_of(stored.signals)
    return Segments(size=size) if known is None else Segments(known.region, known.trade, size)


def _of(principal: Principal, period: Period) -> Select[Any]:
    query = select(credit_decision.c.decision_id).where(
        credit_decision.c.tenant_id == principal.tenant_id
    )
    if period.since is not None:
        query = query.where(credit_decision.c.as_of >= period.since)
    if period.until is not None:
        query = query.where(credit_decision.c.as_of < period.until)
    return query


def _before_newest(connection: Connection, principal: Principal, period: Period) -> UUID | None:
    """Return the decision after which the newest begin; None where all are to be read."""
    if period.newest is None:
        return None
    query = _of(principal, period).order_by(credit_decision.c.decision_id.desc())
    found: UUID | None = connection.execute(query.offset(period.newest).limit(1)).scalar()
    return found
