"""A position's row, its events and its yields: read them as values, and write what happens.

One way to write: events are added, the position goes on from where it stood, the difference is
posted, and the row becomes a copy of the new state, all in the command's own transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import to_builtins
from msgspec.structs import replace
from sqlalchemy import bindparam, insert, select, update

from martlet.kernel.calendar import add_months
from martlet.kernel.errors import NotFound
from martlet.ledger import Transfer, post
from martlet.store import Prepared
from martlet.treasury.model import Event, EventKind, Position, Yield
from martlet.treasury.position import advance
from martlet.treasury.postings import accounts_of, balance_of, movements
from martlet.treasury.product import product_named
from martlet.treasury.tables import day_yield, event, position

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection, Row

    from martlet.kernel.principal import Principal
    from martlet.store import Transaction
    from martlet.treasury.postings import Movement
    from martlet.treasury.product import Terms

_FIND = Prepared(
    select(position).where(
        position.c.tenant_id == bindparam("tenant"), position.c.position_id == bindparam("one")
    )
)
_SINGLE = Prepared(
    select(position).where(
        position.c.tenant_id == bindparam("tenant"),
        position.c.party_id == bindparam("party"),
        position.c.product == bindparam("what"),
        position.c.single == 1,
    )
)
_EVENTS = Prepared(
    select(event)
    .where(event.c.tenant_id == bindparam("tenant"), event.c.position_id == bindparam("one"))
    .order_by(event.c.sequence)
)
_YIELDS = Prepared(
    select(day_yield.c.day, day_yield.c.ppm_per_year, day_yield.c.known_on).where(
        day_yield.c.tenant_id == bindparam("tenant"),
        day_yield.c.product == bindparam("what"),
        day_yield.c.day >= bindparam("since"),
    )
)
_OPEN = Prepared(insert(position))
_ADD = Prepared(insert(event))
_KEEP = Prepared(update(position).where(position.c.position_id == bindparam("one")))


def find_position(connection: Connection, principal: Principal, position_id: UUID) -> Row[Any]:
    """Return a position's row; another tenant's or another owner's does not exist."""
    keys = {"tenant": principal.tenant_id, "one": position_id}
    row: Row[Any] | None = _FIND.on(connection, keys).first()
    hidden = principal.party_ids is not None and row and row.party_id not in principal.party_ids
    if row is None or hidden:
        raise NotFound("treasury.position_not_found", position_id=str(position_id))
    return row


def single_position(
    connection: Connection, tenant_id: UUID, party_id: UUID, product: str
) -> Row[Any] | None:
    """Return the one position that a business has of a product without terms, or None."""
    keys = {"tenant": tenant_id, "party": party_id, "what": product}
    row: Row[Any] | None = _SINGLE.on(connection, keys).first()
    return row


def event_rows(connection: Connection, tenant_id: UUID, position_id: UUID) -> Sequence[Row[Any]]:
    """Return a position's event rows in their order."""
    return _EVENTS.on(connection, {"tenant": tenant_id, "one": position_id}).all()


def events_of(rows: Iterable[Row[Any]]) -> list[Event]:
    """Return event rows as values."""
    return [
        Event(
            row.sequence,
            EventKind(row.kind),
            row.day,
            row.amount_fen,
            row.of_sequence,
            row.due_on,
            row.ppm_per_year,
            bool(row.at_once),
        )
        for row in rows
    ]


def yields_since(
    connection: Connection, tenant_id: UUID, product: str, since: date
) -> dict[date, Yield]:
    """Return the yields known of a product's days, from a day on."""
    rows = _YIELDS.on(connection, {"tenant": tenant_id, "what": product, "since": since})
    return {row.day: Yield(row.ppm_per_year, row.known_on) for row in rows}


def needed_since(state: Position) -> date:
    """Return the first day whose yield a position still asks for."""
    return min((one.day for one in state.unyielded), default=state.through)


def next_on(terms: Terms, state: Position) -> date | None:
    """Return the next day on which a position does something by itself."""
    days = [one.confirms_on for one in state.pending]
    if state.lots and state.matures_on is not None:
        days.append(state.matures_on)
    if (due := next_instalment(terms, state)) is not None:
        days.append(due)
    return min(days, default=None)


def next_instalment(terms: Terms, state: Position) -> date | None:
    """Return when a plan's next instalment is due; None where nothing more comes."""
    if terms.first_on is None or terms.instalments is None or state.lapsed:
        return None
    told = state.instalments_paid + state.instalments_missed
    ended = state.subscribed_fen > 0 and not (state.lots or state.pending)
    if told >= terms.instalments or ended:
        return None
    return add_months(terms.first_on, told)


def open_position(
    tx: Transaction, party_id: UUID, terms: Terms, single: int, today: date
) -> Row[Any]:
    """Write the row of a position to which nothing has happened yet, and return it."""
    position_id = tx.ids.new()
    state = Position(through=today)
    values = {
        "position_id": position_id,
        "tenant_id": tx.tenant_id,
        "party_id": party_id,
        "product": terms.product,
        "single": single,
        "opened_on": today,
        "terms": to_builtins(terms),
        "events": 0,
    }
    _OPEN.on(tx.connection, {**values, **_copy(terms, state)})
    return find_position(tx.connection, tx.principal, position_id)


def happen(
    tx: Transaction, row: Row[Any], told: Sequence[Event], today: date
) -> tuple[Row[Any], Position]:
    """Let events happen to a position: add them, go on, post the difference, keep the state.

    Their sequences and, where the night has gone before, their days are given here: an event is
    never dated before what is accrued already.
    """
    before: Position = row.state
    events = [
        replace(one, sequence=row.events + place, day=max(one.day, before.through))
        for place, one in enumerate(told, 1)
    ]
    since = needed_since(before)
    yields = yields_since(tx.connection, tx.tenant_id, row.product, since)
    after = advance(row.terms, before, events, yields, max(today, before.through))
    for one in events:
        _add(tx, row, one, today)
    accounts = accounts_of(product_named(row.product))
    moves = movements(before, after, accounts, balance_of(row.party_id))
    record(tx, moves, f"position:{row.position_id}", today)
    keep(tx, row, after, row.events + len(events))
    return find_position(tx.connection, tx.principal, row.position_id), after


def _add(tx: Transaction, row: Row[Any], one: Event, today: date) -> None:
    _ADD.on(
        tx.connection,
        {
            "position_id": row.position_id,
            "sequence": one.sequence,
            "tenant_id": tx.tenant_id,
            "kind": one.kind.value,
            "day": one.day,
            "amount_fen": one.amount_fen,
            "of_sequence": one.of,
            "due_on": one.due_on,
            "ppm_per_year": one.ppm_per_year,
            "at_once": int(one.at_once),
            "business_date": today,
            "actor": tx.principal.actor,
            "recorded_at": tx.now,
        },
    )


def keep(tx: Transaction, row: Row[Any], state: Position, events: int) -> None:
    """Make a position's row a copy of its state."""
    keys = {"one": row.position_id, "events": events, **_copy(row.terms, state)}
    changed = _KEEP.on(tx.connection, keys).rowcount
    assert changed == 1, row.position_id


def _copy(terms: Terms, state: Position) -> dict[str, Any]:
    return {"state": to_builtins(state), "next_on": next_on(terms, state), **figures(state)}


def figures(state: Position) -> dict[str, Any]:
    """Return what a row shows of a state in columns of its own."""
    return {
        "live": int(state.is_open),
        "through": state.through,
        "pending_fen": state.pending_fen,
        "standing_fen": state.standing_fen,
        "accrued_fen": state.accrued_fen,
        "waiting_fen": state.waiting_fen,
    }


def record(tx: Transaction, moves: Sequence[Movement], subject: str, today: date) -> None:
    """Post movements as one journal entry of the open business date."""
    if moves:
        post(tx, transfers(tx, moves, subject), today)


def transfers(tx: Transaction, moves: Sequence[Movement], subject: str) -> list[Transfer]:
    """Return movements as the transfers of one journal entry."""
    entry_id = tx.ids.new()
    return [
        Transfer(
            id=tx.ids.new(),
            entry_id=entry_id,
            debit=move.debit,
            credit=move.credit,
            amount_fen=move.amount_fen,
            kind=move.kind,
            subject=subject,
        )
        for move in moves
    ]
