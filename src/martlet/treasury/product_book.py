"""The bank's own view of idle cash: what stands of each product, is under way, was broken.

Every figure is of one tenant and one moment; the proof replays every position of it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from martlet.ledger import current_business_date
from martlet.treasury.limits import FLOW_DAYS_MAX, ORDERS_SHOWN_MAX, YIELDS_SHOWN_DAYS
from martlet.treasury.model import MONEY_IN, EventKind
from martlet.treasury.product import products
from martlet.treasury.queries import published_yields
from martlet.treasury.tables import day_figures, event, payout, position

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy import Connection

    from martlet.kernel.principal import Principal

PARTS = ("pending_fen", "standing_fen", "accrued_fen", "waiting_fen")


def book(connection: Connection, principal: Principal) -> dict[str, Any]:
    """Return what stands of each product, its yields, its payouts under way and its breaks."""
    sums = _standing(connection, principal)
    fees, sent = _fees(connection, principal), _under_way(connection, principal)
    broken = _breaks(connection, principal)
    empty = {"positions_count": 0, **dict.fromkeys(PARTS, 0)}
    return {
        "business_date": current_business_date(connection, principal.tenant_id).isoformat(),
        "products": [
            {
                "product": one.name,
                "en": one.en,
                "zh_cn": one.zh_cn,
                "borne_by": one.borne_by.value,
                **sums.get(one.name, empty),
                "fee_fen": fees.get(one.name, 0),
                **sent.get(one.name, {"payouts_count": 0, "payouts_fen": 0}),
                **broken.get(one.name, {"breaks_count": 0, "broken_fen": 0}),
                "yields": published_yields(
                    connection, principal.tenant_id, one.name, YIELDS_SHOWN_DAYS
                ),
            }
            for one in products().values()
        ],
        "payouts": _payouts(connection, principal),
    }


def _standing(connection: Connection, principal: Principal) -> Mapping[str, dict[str, int]]:
    query = (
        select(
            position.c.product,
            func.count().label("count"),
            *(func.sum(position.c[part]).label(part) for part in PARTS),
        )
        .where(position.c.tenant_id == principal.tenant_id, position.c.live == 1)
        .group_by(position.c.product)
    )
    return {
        row.product: {
            "positions_count": int(row._mapping["count"]),  # noqa: SLF001 - a column called `count`
            **{part: int(getattr(row, part)) for part in PARTS},
        }
        for row in connection.execute(query)
    }


def _fees(connection: Connection, principal: Principal) -> Mapping[str, int]:
    query = select(day_figures.c.product, func.sum(day_figures.c.fee_fen).label("fen")).where(
        day_figures.c.tenant_id == principal.tenant_id
    )
    rows = connection.execute(query.group_by(day_figures.c.product))
    return {row.product: int(row.fen) for row in rows}


def _under_way(connection: Connection, principal: Principal) -> Mapping[str, dict[str, int]]:
    query = (
        select(
            payout.c.product,
            func.count().label("orders"),
            func.sum(payout.c.amount_fen).label("fen"),
        )
        .where(
            payout.c.tenant_id == principal.tenant_id, payout.c.state.in_(("waiting", "ordered"))
        )
        .group_by(payout.c.product)
    )
    return {
        row.product: {"payouts_count": int(row.orders), "payouts_fen": int(row.fen)}
        for row in connection.execute(query)
    }


def _breaks(connection: Connection, principal: Principal) -> Mapping[str, dict[str, int]]:
    query = (
        select(
            position.c.product,
            func.count().label("breaks"),
            func.sum(event.c.amount_fen).label("fen"),
        )
        .join(position, position.c.position_id == event.c.position_id)
        .where(event.c.tenant_id == principal.tenant_id, event.c.kind == EventKind.BROKEN.value)
        .group_by(position.c.product)
    )
    return {
        row.product: {"breaks_count": int(row.breaks), "broken_fen": int(row.fen)}
        for row in connection.execute(query)
    }


def _payouts(connection: Connection, principal: Principal) -> list[dict[str, Any]]:
    query = (
        select(payout)
        .where(
            payout.c.tenant_id == principal.tenant_id, payout.c.state.in_(("waiting", "ordered"))
        )
        .order_by(payout.c.pays_on, payout.c.order_id)
        .limit(ORDERS_SHOWN_MAX)
    )
    return [
        {
            "order_id": str(row.order_id),
            "party_id": str(row.party_id),
            "product": row.product,
            "amount_fen": row.amount_fen,
            "at_once": bool(row.at_once),
            "asked_on": row.asked_on.isoformat(),
            "pays_on": row.pays_on.isoformat(),
            "state": row.state,
        }
        for row in connection.execute(query)
    ]


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
