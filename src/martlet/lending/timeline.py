"""A loan from its first day to its last: events, schedule, ledger entries, and what is proposed.

Reads only. The ledger's lines are shown to those who may read the ledger; to others they are None,
never an empty list that would say that nothing was posted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from martlet.kernel.principal import Principal, Scope
from martlet.ledger import journal
from martlet.lending.limits import PORTFOLIO_ROWS_MAX, TIMELINE_ENTRIES_MAX
from martlet.lending.reports import timeline as course_of_loan
from martlet.lending.tables import event_proposal

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Connection, Row


def timeline(connection: Connection, principal: Principal, loan_id: UUID) -> dict[str, Any]:
    """Return all that happened to a loan, its schedule, and its entries in the ledger."""
    return {
        **course_of_loan(connection, principal, loan_id),
        "entries": _entries(connection, principal, loan_id),
        "proposals": open_proposals(connection, principal, loan_id),
    }


def _entries(
    connection: Connection, principal: Principal, loan_id: UUID
) -> list[dict[str, Any]] | None:
    """Return the ledger's lines on a loan; a night's interest stands in the night's own entry."""
    if Scope.LEDGER_READ not in principal.scopes:
        return None
    lines = journal(connection, principal, subject=f"loan:{loan_id}", limit=TIMELINE_ENTRIES_MAX)
    return [line.as_json() for line in lines]


def open_proposals(
    connection: Connection, principal: Principal, loan_id: UUID | None = None
) -> list[dict[str, Any]]:
    """Return the events that wait for a second person, the oldest first; owners see none."""
    principal.require(Scope.LENDING_READ)
    if principal.party_ids is not None:
        return []
    query = select(event_proposal).where(
        event_proposal.c.tenant_id == principal.tenant_id, event_proposal.c.state == "open"
    )
    if loan_id is not None:
        query = query.where(event_proposal.c.loan_id == loan_id)
    rows = connection.execute(
        query.order_by(event_proposal.c.proposal_id).limit(PORTFOLIO_ROWS_MAX)
    )
    return [_proposal_json(row) for row in rows]


def _proposal_json(row: Row[Any]) -> dict[str, Any]:
    return {
        "proposal_id": str(row.proposal_id),
        "loan_id": str(row.loan_id),
        **row.asked,
        "proposed_by": row.proposed_by,
        "proposed_at": row.proposed_at.isoformat(),
    }
