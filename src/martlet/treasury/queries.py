"""Reads of the treasury room, each for a principal: an owner's own positions and nobody else's."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from martlet.treasury.book import event_rows, events_of, find_position, yields_since
from martlet.treasury.limits import (
    EARNINGS_DAYS_SHOWN_MAX,
    POSITIONS_SHOWN_MAX,
    STATEMENT_EVENTS_MAX,
    YIELDS_SHOWN_DAYS,
)
from martlet.treasury.position import advance, replay
from martlet.treasury.product import products
from martlet.treasury.subscribing import shown
from martlet.treasury.tables import day_yield, payout, position

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy import Connection, Row

    from martlet.kernel.principal import Principal
    from martlet.treasury.product import Product


def list_products(connection: Connection, tenant_id: UUID, day: date) -> list[dict[str, Any]]:
    """Return what the bank offers for idle cash, with its caps and the yields known on a day."""
    return [_product(connection, tenant_id, one, day) for one in products().values()]


def published_yields(
    connection: Connection, tenant_id: UUID, product: str, days_count: int
) -> list[dict[str, Any]]:
    """Return the latest days' yields that are on the record, the newest first."""
    query = (
        select(day_yield)
        .where(day_yield.c.tenant_id == tenant_id, day_yield.c.product == product)
        .order_by(day_yield.c.day.desc())
        .limit(days_count)
    )
    return [
        {
            "day": row.day.isoformat(),
            "yield_ppm": row.ppm_per_year,
            "known_on": row.known_on.isoformat(),
            "source": row.source,
        }
        for row in connection.execute(query)
    ]


def _product(connection: Connection, tenant_id: UUID, one: Product, day: date) -> dict[str, Any]:
    published = published_yields(connection, tenant_id, one.name, YIELDS_SHOWN_DAYS)
    return {
        "product": one.name,
        "en": one.en,
        "zh_cn": one.zh_cn,
        "borne_by": one.borne_by.value,
        "crediting": one.crediting.value,
        "currency": one.currency,
        "yield_source": one.yield_source.value,
        "pays_to": one.pays_to.value,
        "subscribe_min_fen": one.subscribe_min_fen,
        "subscribe_daily_max_fen": one.subscribe_daily_max_fen,
        "holding_max_fen": one.holding_max_fen,
        "redeem_min_fen": one.redeem_min_fen,
        "keep_min_fen": one.keep_min_fen,
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
        "breaks_in_part": one.breakage.partial,
        "kept_when_broken": one.breakage.kept.value,
        "missed_max": one.missed_max,
        "latest_yield_ppm": published[0]["yield_ppm"] if published else None,
        "yields": published,
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
