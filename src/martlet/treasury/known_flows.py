"""What a business's idle cash gives back and takes in the days ahead, for the outlook of its cash.

Maturities, redemptions under way, instalments of plans, and the money that may be spent today. The
invariant: a position tells only how it stands now; an outlook of a day before that knows none.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from martlet.cashflow.known_flows import ItemKind, ItemSource, KnownItem
from martlet.kernel.calendar import add_months
from martlet.treasury.book import next_instalment
from martlet.treasury.falling_due import available_fen
from martlet.treasury.limits import POSITIONS_SHOWN_MAX
from martlet.treasury.product import product_named
from martlet.treasury.tables import position

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.kernel.principal import Principal
    from martlet.store import Reading
    from martlet.treasury.model import Position
    from martlet.treasury.product import Terms

STANDS_DAYS = 2
"""A position that is accrued so far beyond a day tells nothing of that day any more."""


class IdleCash:
    """What lies in the treasury: when it comes back, and what of it may be spent today."""

    def __init__(self, database: Reading) -> None:
        self._database = database

    def items(
        self, principal: Principal, party_id: UUID, after: date, until: date
    ) -> list[KnownItem]:
        """Return maturities, redemptions and instalments after a day and until another."""
        with self._database.read() as connection:
            rows = _rows(connection, principal, party_id, after)
        return [
            item
            for row in rows
            for item in _of_position(row.terms, row.state)
            if after < item.due_on <= until
        ]

    def held_fen(self, principal: Principal, party_id: UUID, as_of: date) -> int | None:
        """Return the business's balance and what its demand money pays at once; None without any.

        What a day's cap on paying at once keeps back is not counted.
        """
        with self._database.read() as connection:
            rows = _rows(connection, principal, party_id, as_of)
            if not rows:
                return None
            at_hand = available_fen(connection, principal.tenant_id, party_id)
        for row in rows:
            cap_fen = product_named(row.product).at_once_daily_max_fen
            at_hand += min(row.state.standing_fen, cap_fen)
        return at_hand


def _rows(
    connection: Connection, principal: Principal, party_id: UUID, as_of: date
) -> Sequence[Any]:
    principal.require_party(party_id)
    query = (
        select(position)
        .where(
            position.c.tenant_id == principal.tenant_id,
            position.c.party_id == party_id,
            position.c.live == 1,
            position.c.through <= as_of + timedelta(days=STANDS_DAYS),
        )
        .order_by(position.c.position_id.desc())
        .limit(POSITIONS_SHOWN_MAX)
    )
    return connection.execute(query).all()


def _of_position(terms: Terms, state: Position) -> Iterator[KnownItem]:
    source = ItemSource.TREASURY
    for one in state.waiting:
        if not one.at_once:
            fen = one.amount_fen
            yield KnownItem(ItemKind.MATURITY, one.pays_on, fen, source, terms.product)
    coming = _instalments(terms, state)
    for due in coming:
        assert terms.instalment_fen is not None
        yield KnownItem(ItemKind.SAVING, due, -terms.instalment_fen, source, terms.product)
    if state.matures_on is not None:
        # What is still to be earned is left out: a promise is not money.
        saved_fen = sum((terms.instalment_fen or 0) for due in coming if due < state.matures_on)
        back_fen = state.standing_fen + state.accrued_fen + state.pending_fen + saved_fen
        if back_fen > 0:
            on = state.matures_on
            yield KnownItem(ItemKind.MATURITY, on, back_fen, source, terms.product)


def _instalments(terms: Terms, state: Position) -> list[date]:
    if terms.instalments is None or (first := next_instalment(terms, state)) is None:
        return []
    left = terms.instalments - state.instalments_paid - state.instalments_missed
    return [add_months(first, month) for month in range(left)]
