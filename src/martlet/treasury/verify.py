"""Proof of the treasury: each position follows from its events, and all add up to the ledger.

Nothing is repaired here. A difference is `Corrupt`, with both figures.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from martlet.kernel.errors import Corrupt
from martlet.kernel.principal import system_principal
from martlet.ledger import balances
from martlet.treasury.book import event_rows, events_of, figures, next_on, yields_since
from martlet.treasury.limits import VERIFY_PAGE
from martlet.treasury.position import replay
from martlet.treasury.postings import OWED, PLACES, accounts_of
from martlet.treasury.product import BorneBy, product_named, products
from martlet.treasury.quotas import QuotaKind
from martlet.treasury.tables import payout, position, quota

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy import Connection, Row

PARTS = ("pending", "standing", "accrued", "waiting")


def verify_treasury(connection: Connection, tenant_id: UUID | None = None) -> dict[str, Any]:
    """Replay every position, add all up, and compare with rows, ledger, payouts and caps.

    Of one tenant where it is named, else of the whole installation.
    """
    sums: dict[tuple[UUID, str, str], int] = defaultdict(int)
    tenants: set[UUID] = set()
    count = 0
    for row in _all_positions(connection, tenant_id):
        _verify_position(connection, row)
        tenants.add(row.tenant_id)
        for part in PARTS:
            sums[row.tenant_id, row.product, part] += getattr(row, f"{part}_fen")
        count += 1
    for one in sorted(tenants):
        _verify_controls(connection, one, sums)
    _verify_caps(connection, tenant_id)
    totals = {
        f"{part}_fen": sum(fen for (*_, name), fen in sums.items() if name == part)
        for part in PARTS
    }
    return {"positions": count, **totals}


def _verify_position(connection: Connection, row: Row[Any]) -> None:
    events = events_of(event_rows(connection, row.tenant_id, row.position_id))
    yields = yields_since(connection, row.tenant_id, row.product, events[0].day)
    found = replay(row.terms, events, yields, row.through)
    told = {**figures(found), "next_on": next_on(row.terms, found), "events": len(events)}
    kept = {name: getattr(row, name) for name in told}
    if found != row.state or told != kept:
        raise Corrupt("treasury.position_differs", position_id=str(row.position_id))


def _verify_controls(
    connection: Connection, tenant_id: UUID, sums: dict[tuple[UUID, str, str], int]
) -> None:
    """Compare the sums over positions with the ledger, and what waits with the orders."""
    bank = system_principal(tenant_id)
    found = (*balances(connection, bank, PLACES), *balances(connection, bank, OWED))
    book = {one.path: one for one in found}
    on_the_way = select(payout.c.product, func.sum(payout.c.amount_fen).label("fen")).where(
        payout.c.tenant_id == tenant_id, payout.c.state.in_(("waiting", "ordered"))
    )
    rows = connection.execute(on_the_way.group_by(payout.c.product))
    orders = {row.product: int(row.fen) for row in rows}
    for name in products():
        accounts = accounts_of(product_named(name))
        expected = {getattr(accounts, part): sums[tenant_id, name, part] for part in PARTS}
        if product_named(name).borne_by is BorneBy.PARTNER:
            here = sums[tenant_id, name, "standing"] + sums[tenant_id, name, "accrued"]
            expected[accounts.placed] = here
        for path, fen in expected.items():
            _compare(path, fen, book[path].balance_fen if path in book else 0)
        waiting = sums[tenant_id, name, "waiting"]
        _compare(f"{accounts.waiting} (orders)", waiting, orders.get(name, 0))


def _verify_caps(connection: Connection, tenant_id: UUID | None) -> None:
    """Compare what was paid at once with what the days' caps say was used."""
    taken = select(quota).where(quota.c.kind == QuotaKind.AT_ONCE.value)
    given = select(payout).where(payout.c.at_once == 1, payout.c.state != "voided")
    if tenant_id is not None:
        taken = taken.where(quota.c.tenant_id == tenant_id)
        given = given.where(payout.c.tenant_id == tenant_id)
    used = {
        (row.tenant_id, row.product, row.day, row.whose): row.used_fen
        for row in connection.execute(taken)
    }
    paid: dict[tuple[Any, ...], int] = defaultdict(int)
    for row in connection.execute(given):
        for whose in (row.party_id, row.tenant_id):
            paid[row.tenant_id, row.product, row.asked_on, whose] += row.amount_fen
    for key in used.keys() | paid.keys():
        _compare(f"{key[1]} {key[2]} (at once)", paid.get(key, 0), used.get(key, 0))


def _compare(what: str, expected_fen: int, found_fen: int) -> None:
    if expected_fen != found_fen:
        raise Corrupt(
            "treasury.control_differs",
            account=what,
            positions_fen=expected_fen,
            ledger_fen=found_fen,
        )


def _all_positions(connection: Connection, tenant_id: UUID | None) -> Iterator[Row[Any]]:
    # Without a tenant, all of them: the proof covers the whole installation.
    after = None
    while True:
        query = select(position).order_by(position.c.position_id).limit(VERIFY_PAGE)
        if tenant_id is not None:
            query = query.where(position.c.tenant_id == tenant_id)
        if after is not None:
            query = query.where(position.c.position_id > after)
        rows = connection.execute(query).all()
        yield from rows
        if len(rows) < VERIFY_PAGE:
            return
        after = rows[-1].position_id
