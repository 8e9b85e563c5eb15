"""A loan's whole course: what falls due and how it stands, what happened, and the balance by day.

The balance is the projection itself, asked on evenly spaced days; beyond the open day it is what
remains if everything is paid on its day. Nothing is interpolated.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from martlet.kernel.principal import Principal, Scope
from martlet.ledger import current_business_date
from martlet.lending.limits import COURSE_POINTS_MAX
from martlet.lending.loan import LoanStatus
from martlet.lending.loans import event_rows, events_of, find_loan, terms_of
from martlet.lending.projection import project, schedule
from martlet.lending.queries import loan_statement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.lending.events import LoanEvent
    from martlet.lending.loan import LoanTerms


def timeline(connection: Connection, principal: Principal, loan_id: UUID) -> dict[str, Any]:
    """Return a loan's statement with its plan, its terms and the course of its balance."""
    principal.require(Scope.LENDING_READ)
    row = find_loan(connection, principal, loan_id)
    today = current_business_date(connection, principal.tenant_id)
    terms, events = terms_of(row), events_of(event_rows(connection, loan_id))
    statement = loan_statement(connection, principal, loan_id)
    return {
        **statement,
        "product_version": row.product_version,
        "conventions": terms.conventions.as_json(),
        "plan": _plan(statement["loan"], today),
        "course": course(terms, events, today) if row.disbursed_on is not None else [],
    }


def _plan(loan: dict[str, Any], today: date) -> list[dict[str, Any]]:
    """Return every instalment, past and to come, each with how it stands."""
    past = [{**item, "standing": _standing(item, today)} for item in loan["fallen_due"]]
    coming = [
        {**item, "standing": "part_paid" if item["paid_fen"] else "coming"}
        for item in loan["schedule"]
    ]
    return [*past, *coming]


def _standing(item: dict[str, Any], today: date) -> str:
    if item["unpaid_fen"] == 0:
        return "paid"
    return "late" if date.fromisoformat(item["due_on"]) < today else "due"


def course(terms: LoanTerms, events: Sequence[LoanEvent], today: date) -> list[dict[str, Any]]:
    """Return the principal outstanding on evenly spaced days, and what is planned after today."""
    state = project(terms, events, today)
    if state.status is LoanStatus.PENDING:
        return []
    coming = schedule(terms, events, today)
    start = min(event.value_date for event in events)
    known_until = min(state.closed_on or today, today)
    last = max([known_until, *(item.due_on for item in coming)])
    days = _sampled(start, last, known_until)
    after = state.principal_fen - state.principal_due_fen
    found: list[dict[str, Any]] = []
    for day in days:
        known = project(terms, events, day).principal_fen if day <= known_until else None
        planned = None
        if day > known_until:
            paid_by_then = sum(item.principal_fen for item in coming if item.due_on <= day)
            planned = max(0, after - paid_by_then)
        elif day == known_until and coming:
            planned = known
        found.append({"on": day.isoformat(), "principal_fen": known, "planned_fen": planned})
    return found


def _sampled(start: date, last: date, today: date) -> list[date]:
    """Return at most so many days between two, evenly spaced, the ends and today among them."""
    span = (last - start).days
    step = max(1, -(-span // (COURSE_POINTS_MAX - 2)))
    days = {start + timedelta(days=passed) for passed in range(0, span + 1, step)}
    return sorted(days | {last, today})
