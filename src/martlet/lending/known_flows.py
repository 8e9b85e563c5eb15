"""What a business owes this bank in the days ahead, for the outlook of its cash.

The invariant: a loan is read as it stood at the end of a day, from the events of that day and
before, so that an outlook of a past day knows no later payment and no later loan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from martlet.cashflow.known_flows import ItemKind, ItemSource, KnownItem
from martlet.kernel.calendar import next_day
from martlet.lending.limits import PORTFOLIO_ROWS_MAX
from martlet.lending.loans import events_by_loan, terms_of
from martlet.lending.projection import project, schedule
from martlet.lending.tables import loan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from uuid import UUID

    from martlet.kernel.principal import Principal
    from martlet.lending.events import LoanEvent
    from martlet.store import Reading


class LoanInstalments:
    """The instalments of a business's loans, and what of them is due already."""

    def __init__(self, database: Reading) -> None:
        self._database = database

    def items(
        self, principal: Principal, party_id: UUID, after: date, until: date
    ) -> list[KnownItem]:
        """Return what falls due after a day and until another; what is overdue, tomorrow."""
        principal.require_party(party_id)
        mine = (
            select(loan)
            .where(
                loan.c.tenant_id == principal.tenant_id,
                loan.c.party_id == party_id,
                loan.c.disbursed_on <= after,
            )
            .order_by(loan.c.loan_id.desc())
            .limit(PORTFOLIO_ROWS_MAX)
        )
        with self._database.read() as connection:
            rows = connection.execute(mine).all()
            events = events_by_loan(connection, [row.loan_id for row in rows])
        return [
            item
            for row in rows
            for item in _of_loan(row, events[row.loan_id], after)
            if item.due_on <= until
        ]

    def held_fen(self, principal: Principal, party_id: UUID, as_of: date) -> int | None:
        """Return None: a loan is no money at hand."""
        principal.require_party(party_id)
        del as_of
        return None


def _of_loan(row: Any, events: list[LoanEvent], after: date) -> Iterator[KnownItem]:  # noqa: ANN401 - a row
    terms = terms_of(row)
    known = [event for event in events if event.value_date <= after]
    state = project(terms, known, after)
    if state.due_fen > 0:
        due = state.due_fen
        tomorrow = next_day(after)
        yield KnownItem(ItemKind.INSTALMENT, tomorrow, -due, ItemSource.LENDING, row.product)
    for part in schedule(terms, known, after):
        ahead_fen = state.advance_fen if part.due_on == state.next_due_on else 0
        left_fen = part.due_fen - (part.paid_fen if terms.takings is not None else ahead_fen)
        if part.due_on > after and left_fen > 0:
            label = row.product
            yield KnownItem(ItemKind.INSTALMENT, part.due_on, -left_fen, ItemSource.LENDING, label)
