"""Reads of the treasury room, each for a principal: an owner's own positions and nobody else's."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from martlet.ledger import current_business_date
from martlet.treasury.book import event_rows, events_of, find_position, yields_since
from martlet.treasury.limits import (
    EARNINGS_DAYS_SHOWN_MAX,
    FLOW_DAYS_MAX,
    POSITIONS_SHOWN_MAX,
    STATEMENT_EVENTS_MAX,
)
from martlet.treasury.model import MONEY_IN
from martlet.treasury.position import advance, replay
from martlet.treasury.product import products
from martlet.treasury.subscribing import shown
from martlet.treasury.tables import day_figures, day_yield, event, payout, position, sweep

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy import Connection, Row

    from martlet.kernel.principal import Principal
    from martlet.treasury.product import Product


def list_products(day: date) -> list[dict[str, Any]]:
    """Return what the bank offers for idle cash, with the yields of a day."""
    return [_product(one, day) for one in products().values()]


def _product(one: Product, day: date) -> dict[str, Any]:
    return {
        "product": one.name,
        "en": one.en,
        "zh_cn": one.zh_cn,
        "borne_by": one.borne_by.value,
        "crediting": one.crediting.value,
        "subscribe_min_fen": one.subscribe_min_fen,
        "holding_max_fen": one.holding_max_fen,
        "at_once_daily_max_fen": one.at_once_daily_max_fen,
        "cut_off": one.cut_off.isoformat("minutes"),
        "confirm_business_days": one.confirm_business_days,
        "redeem_business_days": one.redeem_business_days,
        "tenors": [
            {"tenor_days": days, "yield_ppm": one.yield_on(day, tenor_days=days)}
            for days in one.tenors_days
        ],
        "plans": [
            {"instalments": count, "yield_ppm": one.yield_on(day, instalments=count)}
            for count in one.instalment_counts
        ],
        "breakable": one.breakage.allowed,
    }


def positions(
    connection: Connection, principal: Principal, party_id: UUID, *, closed: bool
) -> list[dict[str, Any]]:
    """Return a business's positions, the latest first; closed ones only where asked for."""
    principal.require_party(party_id)
    query = select(position).where(
        position.c.tenant_id == principal.tenant_id, position.c.party_id == party_id
    )
    if not closed:
        query = query.where(position.c.live == 1)
    newest = query.order_by(position.c.position_id.desc()).limit(POSITIONS_SHOWN_MAX)
    return [_position(row) for row in connection.execute(newest)]


def _position(row: Row[Any]) -> dict[str, Any]:
    return {
        "position_id": str(row.position_id),
        "party_id": str(row.party_id),
        "product": row.product,
        "opened_on": row.opened_on.isoformat(),
        "accrued_until": row.through.isoformat(),
        **shown(row.terms, row.state),
    }


def earned_by_day(
    connection: Connection, row: Row[Any], first: date, last: date
) -> Iterator[tuple[date, int]]:
    """Return what a position has earned on each day that is accrued; a broken term takes back.

    Replayed from its events and the yields, so that it is what the ledger has, day by day.
    """
    first = max(first, row.opened_on)
    last = min(last, row.through - timedelta(days=1))
    events = events_of(event_rows(connection, row.tenant_id, row.position_id))
    yields = yields_since(connection, row.tenant_id, row.product, events[0].day)
    known = [one for one in events if one.day < first] or events[:1]
    state = replay(row.terms, known, yields, max(first, events[0].day))
    rest = events[len(known) :]
    day = state.through
    while day <= last:
        before = state.earned_fen
        now = [one for one in rest if one.day <= day]
        rest = rest[len(now) :]
        state = advance(row.terms, state, now, yields, day + timedelta(days=1))
        yield day, state.earned_fen - before
        day += timedelta(days=1)


def earnings(
    connection: Connection, principal: Principal, party_id: UUID, first: date, last: date
) -> dict[str, Any]:
    """Return what a business's positions have earned by day, and which days nobody knows."""
    principal.require_party(party_id)
    first = max(first, last - timedelta(days=EARNINGS_DAYS_SHOWN_MAX - 1))
    query = (
        select(position)
        .where(position.c.tenant_id == principal.tenant_id, position.c.party_id == party_id)
        .order_by(position.c.position_id.desc())
        .limit(POSITIONS_SHOWN_MAX)
    )
    days: dict[date, int] = {}
    silent: set[date] = set()
    for row in connection.execute(query).all():
        for day, fen in earned_by_day(connection, row, first, last):
            days[day] = days.get(day, 0) + fen
        silent |= {one.day for one in row.state.unyielded}
    return {
        "party_id": str(party_id),
        "days": [{"day": day.isoformat(), "earned_fen": fen} for day, fen in sorted(days.items())],
        "earned_fen": sum(days.values()),
        "days_without_yield": [day.isoformat() for day in sorted(silent)],
    }


def overview(connection: Connection, principal: Principal, party_id: UUID) -> dict[str, Any]:
    """Return what an owner wants to see first: what is there, and what yesterday has brought."""
    today = current_business_date(connection, principal.tenant_id)
    yesterday = today - timedelta(days=1)
    held = positions(connection, principal, party_id, closed=False)
    brought = earnings(connection, principal, party_id, yesterday, yesterday)
    query = select(sweep).where(
        sweep.c.tenant_id == principal.tenant_id, sweep.c.party_id == party_id
    )
    standing = connection.execute(query).first()
    return {
        "party_id": str(party_id),
        "business_date": today.isoformat(),
        "value_fen": sum(one["value_fen"] for one in held),
        "yesterday": yesterday.isoformat(),
        "yesterday_fen": brought["earned_fen"],
        "days_without_yield": brought["days_without_yield"],
        "sweep": standing and {"product": standing.product, "keep_fen": standing.keep_fen},
        "positions": held,
    }


def statement(
    connection: Connection, principal: Principal, position_id: UUID, first: date, last: date
) -> dict[str, Any]:
    """Return what happened to a position from a day to a day, and what each day has earned."""
    row = find_position(connection, principal, position_id)
    first = max(first, last - timedelta(days=EARNINGS_DAYS_SHOWN_MAX - 1))
    rows = event_rows(connection, row.tenant_id, position_id)
    lines = [one for one in rows if first <= one.day <= last][-STATEMENT_EVENTS_MAX:]
    earned = list(earned_by_day(connection, row, first, last))
    return {
        **_position(row),
        "first": first.isoformat(),
        "last": last.isoformat(),
        "events": [
            {
                "sequence": one.sequence,
                "kind": one.kind,
                "day": one.day.isoformat(),
                "amount_fen": one.amount_fen,
                "at_once": bool(one.at_once),
                "due_on": one.due_on.isoformat() if one.due_on else None,
            }
            for one in lines
        ],
        "earned_by_day": [{"day": day.isoformat(), "earned_fen": fen} for day, fen in earned],
        "earned_in_span_fen": sum(fen for _day, fen in earned),
        "payouts": [
            {
                "order_id": str(one.order_id),
                "amount_fen": one.amount_fen,
                "at_once": bool(one.at_once),
                "pays_on": one.pays_on.isoformat(),
                "state": one.state,
            }
            for one in connection.execute(
                select(payout)
                .where(payout.c.tenant_id == row.tenant_id, payout.c.position_id == row.position_id)
                .order_by(payout.c.order_id.desc())
                .limit(POSITIONS_SHOWN_MAX)
            )
        ],
    }


def book(connection: Connection, principal: Principal) -> dict[str, Any]:
    """Return what stands of each product, and the days whose yield is not known."""
    today = current_business_date(connection, principal.tenant_id)
    mine = position.c.tenant_id == principal.tenant_id
    parts = ("pending_fen", "standing_fen", "accrued_fen", "waiting_fen")
    sums = select(
        position.c.product,
        func.count().label("positions"),
        *(func.sum(position.c[part]).label(part) for part in parts),
    )
    found = connection.execute(
        sums.where(mine, position.c.live == 1)
        .group_by(position.c.product)
        .order_by(position.c.product)
    )
    latest = select(day_yield.c.product, func.max(day_yield.c.day).label("day")).where(
        day_yield.c.tenant_id == principal.tenant_id
    )
    said = {row.product: row.day for row in connection.execute(latest.group_by("product"))}
    fees = select(day_figures.c.product, func.sum(day_figures.c.fee_fen).label("fee")).where(
        day_figures.c.tenant_id == principal.tenant_id
    )
    earned = {row.product: int(row.fee) for row in connection.execute(fees.group_by("product"))}
    return {
        "business_date": today.isoformat(),
        "products": [
            {
                "product": row.product,
                "positions": int(row.positions),
                **{part: int(getattr(row, part)) for part in parts},
                "fee_fen": earned.get(row.product, 0),
                "latest_yield": said[row.product].isoformat() if row.product in said else None,
            }
            for row in found
        ],
    }


def daily_flows(
    connection: Connection, principal: Principal, first: date, last: date
) -> list[dict[str, Any]]:
    """Return what was subscribed to and redeemed from each product on each day, all businesses'.

    A redemption counts on the day it was asked for, at the amount that it pays; days on which
    nothing moved are not there.
    """
    first = max(first, last - timedelta(days=FLOW_DAYS_MAX - 1))
    inwards = (
        select(position.c.product, event.c.day, func.sum(event.c.amount_fen).label("fen"))
        .join(position, position.c.position_id == event.c.position_id)
        .where(
            event.c.tenant_id == principal.tenant_id,
            event.c.day.between(first, last),
            event.c.kind.in_([kind.value for kind in MONEY_IN]),
        )
        .group_by(position.c.product, event.c.day)
    )
    outwards = (
        select(payout.c.product, payout.c.asked_on, func.sum(payout.c.amount_fen).label("fen"))
        .where(
            payout.c.tenant_id == principal.tenant_id,
            payout.c.asked_on.between(first, last),
            payout.c.state != "voided",
        )
        .group_by(payout.c.product, payout.c.asked_on)
    )
    return [
        {"product": product, "direction": direction, "day": day, "amount_fen": int(fen)}
        for direction, query in (("subscription", inwards), ("redemption", outwards))
        for product, day, fen in connection.execute(query)
    ]
