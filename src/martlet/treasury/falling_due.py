"""What a new morning brings to a position by itself: confirmations, instalments, the term's end.

An instalment is taken only from what is there: a balance that is too small misses it, which is
told, counted, and never an overdraft.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from martlet.kernel.principal import system_principal
from martlet.ledger import balances
from martlet.treasury.book import happen, next_instalment, next_on
from martlet.treasury.limits import INSTALMENTS_MAX
from martlet.treasury.model import Event, EventKind, Position
from martlet.treasury.payouts import queue
from martlet.treasury.postings import balance_of
from martlet.treasury.product import OnLapse, product_named
from martlet.treasury.subscribing import as_events, matures_on, money_in

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Connection, Row

    from martlet.store import Transaction
    from martlet.treasury.business_days import BusinessDays
    from martlet.treasury.night import Night

STEPS_MAX = 2 * INSTALMENTS_MAX + 2
"""Things that may fall due on one position in one night: every instalment missed, and its end."""


def available_fen(connection: Connection, tenant_id: UUID, party_id: UUID) -> int:
    """Return what a business may spend of its own balance."""
    path = balance_of(party_id)
    found = balances(connection, system_principal(tenant_id), path)
    return sum(one.available_fen for one in found if one.path == path)


def bring_forward(
    tx: Transaction, days: BusinessDays, row: Row[Any], night: Night, rail: str
) -> Counter[str]:
    """Let everything happen to a position that the next morning brings; tell how much it was."""
    told: Counter[str] = Counter()
    for _ in range(STEPS_MAX):
        at = next_on(row.terms, row.state)
        if at is None or at > night.until:
            return told
        row, what = _one(tx, days, row, night, rail)
        told[what] += 1
    message = f"position {row.position_id} did not come to rest"
    raise AssertionError(message)


def _one(
    tx: Transaction, days: BusinessDays, row: Row[Any], night: Night, rail: str
) -> tuple[Row[Any], str]:
    state: Position = row.state
    waits = [one for one in state.pending if one.confirms_on <= night.until]
    if waits:
        product = product_named(row.product)
        ends = state.matures_on or matures_on(product, days, row.terms, night.until)
        one = waits[0]
        happening = Event(
            1, EventKind.CONFIRMED, night.until, one.amount_fen, one.sequence, due_on=ends
        )
        return _told(tx, row, [happening], night), "confirmed"
    if state.lots and state.matures_on is not None and state.matures_on <= night.until:
        ended = Event(1, EventKind.MATURED, night.until, due_on=state.matures_on)
        row = _told(tx, row, [ended], night)
        queue(tx, row, row.state.waiting[-1], night.business_date, rail)
        return row, "matured"
    assert next_instalment(row.terms, state) is not None, row.position_id
    return _instalment(tx, days, row, night, rail)


def _instalment(
    tx: Transaction, days: BusinessDays, row: Row[Any], night: Night, rail: str
) -> tuple[Row[Any], str]:
    """Take a plan's instalment from its business's balance, or note that it was missed."""
    terms = row.terms
    if available_fen(tx.connection, tx.tenant_id, row.party_id) >= terms.instalment_fen:
        product, traded_on = product_named(row.product), days.on_or_after(night.until)
        kind, fen = EventKind.INSTALMENT, terms.instalment_fen
        told = money_in(product, days, terms, kind, fen, night.until, traded_on)
        return _told(tx, row, as_events(row, told, night.until), night), "instalments"
    row = _told(tx, row, [Event(1, EventKind.MISSED, night.until)], night)
    if row.state.lapsed and terms.on_lapse is OnLapse.BREAK and row.state.standing_fen:
        pays_on = days.on_or_after(night.until)
        whole = row.state.standing_fen
        broken = Event(1, EventKind.BROKEN, night.until, whole, due_on=pays_on)
        row = _told(tx, row, [broken], night)
        queue(tx, row, row.state.waiting[-1], night.business_date, rail)
    return row, "missed"


def _told(tx: Transaction, row: Row[Any], events: list[Event], night: Night) -> Row[Any]:
    """Let events happen at night and put them on the record."""
    row, state = happen(tx, row, events, night.business_date)
    for one in events:
        facts = {
            "position_id": str(row.position_id),
            "party_id": str(row.party_id),
            "product": row.product,
            "amount_fen": one.amount_fen,
            "day": night.until.isoformat(),
            "value_fen": state.value_fen,
        }
        stream = f"position:{row.position_id}"
        tx.emit(f"treasury.{one.kind.value}", stream, facts, business_date=night.business_date)
    return row
