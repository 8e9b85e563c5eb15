"""What an owner sees of its idle cash: what lies where, what it earned, a month's account, orders.

A month adds up for every position: what stood before, what came in, what was earned, what was paid
out and what stands after are one sum, to the fen, reckoned from the events and never kept aside.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from martlet.kernel.errors import Invalid
from martlet.ledger import current_business_date
from martlet.treasury.book import event_rows, events_of, yields_since
from martlet.treasury.falling_due import available_fen
from martlet.treasury.limits import ORDERS_SHOWN_MAX, POSITIONS_SHOWN_MAX
from martlet.treasury.model import Position
from martlet.treasury.position import replay
from martlet.treasury.product import products
from martlet.treasury.queries import earnings, positions
from martlet.treasury.quotas import left_at_once_fen
from martlet.treasury.tables import payout, position, sweep, withdrawal

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Connection, Row

    from martlet.kernel.principal import Principal


def overview(connection: Connection, principal: Principal, party_id: UUID) -> dict[str, Any]:
    """Return what an owner wants to see first: what is there, what it earned, what is due."""
    principal.require_party(party_id)
    tenant_id = principal.tenant_id
    today = current_business_date(connection, tenant_id)
    yesterday = today - timedelta(days=1)
    everything = positions(connection, principal, party_id, closed=True)
    held = [one for one in everything if one["value_fen"] or one["days_without_yield"]]
    month = earnings(connection, principal, party_id, today.replace(day=1), yesterday)
    last = month
    if today.day == 1:
        last = earnings(connection, principal, party_id, yesterday, yesterday)
    by_day = {one["day"]: one["earned_fen"] for one in last["days"]}
    query = select(sweep).where(sweep.c.tenant_id == tenant_id, sweep.c.party_id == party_id)
    standing = connection.execute(query).first()
    balance_fen = available_fen(connection, tenant_id, party_id)
    value_fen = sum(one["value_fen"] for one in held)
    return {
        "party_id": str(party_id),
        "business_date": today.isoformat(),
        "balance_fen": balance_fen,
        "value_fen": value_fen,
        "total_fen": balance_fen + value_fen,
        "yesterday": yesterday.isoformat(),
        "yesterday_fen": by_day.get(yesterday.isoformat(), 0),
        "month_fen": month["earned_fen"],
        "earned_fen": sum(one["earned_fen"] for one in everything),
        "given_up_fen": sum(one["lost_fen"] for one in everything),
        "days_without_yield": sorted({day for one in held for day in one["days_without_yield"]}),
        "at_once_left_fen": {
            one.name: left_at_once_fen(connection, tenant_id, one, today, party_id)
            for one in products().values()
            if one.pays_at_once
        },
        "sweep": standing and {"product": standing.product, "keep_fen": standing.keep_fen},
        "positions": held,
        "under_way": [one for one in orders(connection, principal, party_id) if _is_open(one)],
    }


def total_fen(connection: Connection, principal: Principal, party_id: UUID) -> int:
    """Return a business's balance and everything of its positions, from their rows alone."""
    held = positions(connection, principal, party_id, closed=False)
    at_work_fen = sum(one["value_fen"] for one in held)
    return available_fen(connection, principal.tenant_id, party_id) + int(at_work_fen)


def _is_open(order: dict[str, Any]) -> bool:
    return order["state"] in {"waiting", "ordered"}


def orders(connection: Connection, principal: Principal, party_id: UUID) -> list[dict[str, Any]]:
    """Return a business's payments out, from positions and from its balance, the latest first."""
    principal.require_party(party_id)
    sent = select(payout).where(
        payout.c.tenant_id == principal.tenant_id, payout.c.party_id == party_id
    )
    gone = select(withdrawal).where(
        withdrawal.c.tenant_id == principal.tenant_id, withdrawal.c.party_id == party_id
    )
    newest = sent.order_by(payout.c.order_id.desc()).limit(ORDERS_SHOWN_MAX)
    latest = gone.order_by(withdrawal.c.order_id.desc()).limit(ORDERS_SHOWN_MAX)
    found = [_payout(row) for row in connection.execute(newest)]
    found += [_withdrawal(row) for row in connection.execute(latest)]
    return sorted(found, key=lambda one: str(one["order_id"]), reverse=True)[:ORDERS_SHOWN_MAX]


def _payout(row: Row[Any]) -> dict[str, Any]:
    return {
        "order_id": str(row.order_id),
        "position_id": str(row.position_id),
        "product": row.product,
        "amount_fen": row.amount_fen,
        "at_once": bool(row.at_once),
        "to": "balance" if row.to_balance else "rail",
        "asked_on": row.asked_on.isoformat(),
        "pays_on": row.pays_on.isoformat(),
        "state": row.state,
    }


def _withdrawal(row: Row[Any]) -> dict[str, Any]:
    return {
        "order_id": str(row.order_id),
        "position_id": None,
        "product": None,
        "amount_fen": row.amount_fen,
        "at_once": True,
        "to": "rail",
        "asked_on": row.asked_on.isoformat(),
        "pays_on": row.asked_on.isoformat(),
        "state": row.state,
    }


def month_of(text: str) -> tuple[date, date]:
    """Return the first day of a month written YYYY-MM, and that of the next."""
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise Invalid("treasury.month_unreadable", month=text[:20]) from error
    return first, (first + timedelta(days=31)).replace(day=1)


def month_account(
    connection: Connection, principal: Principal, party_id: UUID, month: str
) -> dict[str, Any]:
    """Return what a month did to each of a business's positions; every row adds up."""
    principal.require_party(party_id)
    first, after = month_of(month)
    today = current_business_date(connection, principal.tenant_id)
    query = (
        select(position)
        .where(
            position.c.tenant_id == principal.tenant_id,
            position.c.party_id == party_id,
            position.c.opened_on < after,
        )
        .order_by(position.c.position_id)
        .limit(POSITIONS_SHOWN_MAX)
    )
    rows = [_account(connection, row, first, after) for row in connection.execute(query).all()]
    rows = [one for one in rows if any(one[part] for part in _PARTS)]
    return {
        "party_id": str(party_id),
        "month": month,
        "until": (min(after, today) - timedelta(days=1)).isoformat(),
        "rows": rows,
        **{part: sum(one[part] for one in rows) for part in _PARTS},
    }


_PARTS = ("opening_fen", "in_fen", "earned_fen", "out_fen", "closing_fen")


def _account(connection: Connection, row: Row[Any], first: date, after: date) -> dict[str, Any]:
    events = events_of(event_rows(connection, row.tenant_id, row.position_id))
    yields = yields_since(connection, row.tenant_id, row.product, events[0].day)

    def at(day: date) -> Position:
        known = [one for one in events if one.day < day]
        until = min(day, row.through)
        return replay(row.terms, known, yields, until) if known else Position(through=day)

    before, then = at(first), at(after)
    told = {
        "position_id": str(row.position_id),
        "product": row.product,
        "opening_fen": before.value_fen,
        "in_fen": then.subscribed_fen - before.subscribed_fen,
        "earned_fen": then.earned_fen - before.earned_fen,
        "out_fen": then.paid_fen - before.paid_fen,
        "closing_fen": then.value_fen,
    }
    come = told["opening_fen"] + told["in_fen"] + told["earned_fen"]
    assert come == told["out_fen"] + told["closing_fen"], told
    return told
