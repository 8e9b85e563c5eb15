"""Money out: at once within the day's caps, on a business day beyond them, early at a price.

What is paid at once is held and ordered in the same commit; what waits stands in a queue by its
day and its order. A term's price of breaking is shown before and bounded by whoever agrees to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from martlet.kernel.errors import Refused
from martlet.ledger import current_business_date
from martlet.treasury.book import find_position, happen, yields_since
from martlet.treasury.book import needed_since as since
from martlet.treasury.model import Event, EventKind, Position
from martlet.treasury.payouts import left_at_rail_fen, queue
from martlet.treasury.position import advance, early_end
from martlet.treasury.product import OverCap, PaysTo, product_named
from martlet.treasury.quotas import QuotaKind, left_at_once_fen, take
from martlet.treasury.subscribing import shown, trade_day

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import Connection, Row

    from martlet.kernel.principal import Principal
    from martlet.store import Transaction
    from martlet.treasury.business_days import BusinessDays
    from martlet.treasury.product import Product


def position_today(connection: Connection, row: Row[Any], today: date) -> Position:
    """Return where a position stands at the start of a day, from where its row says it stood."""
    state: Position = row.state
    yields = yields_since(connection, row.tenant_id, row.product, since(state))
    return advance(row.terms, state, (), yields, max(today, state.through))


def redeem(
    tx: Transaction,
    days: BusinessDays,
    rail: str,
    position_id: UUID,
    amount_fen: int | None,
    lost_fen_max: int | None,
    *,
    to_balance: bool = False,
) -> dict[str, Any]:
    """Take an amount, or all, out of a position; refused, nothing is changed."""
    row = find_position(tx.connection, tx.principal, position_id)
    product, today = product_named(row.product), current_business_date(tx.connection, tx.tenant_id)
    standing = position_today(tx.connection, row, today)
    asked_fen = standing.standing_fen if amount_fen is None else amount_fen
    _refuse_amount(product, standing, asked_fen)
    traded_on = trade_day(product, days, today, tx.now)
    pays_on = days.later(traded_on, product.redeem_business_days)
    at_once_fen, lost_fen = 0, 0
    if product.has_term:
        lost_fen = _price(row, standing, asked_fen, lost_fen_max)
        told = [Event(1, EventKind.BROKEN, today, asked_fen, due_on=pays_on)]
    else:
        outside = None if to_balance else rail
        at_once_fen = _at_once(tx.connection, product, today, row, asked_fen, outside)
        told = _parts(today, pays_on, asked_fen, at_once_fen)
    first = row.events + 1
    row, state = happen(tx, row, told, today)
    new = [one for one in state.waiting if one.sequence >= first]
    if at_once_fen:
        take(tx, product, QuotaKind.AT_ONCE, today, row.party_id, at_once_fen)
    orders = [str(queue(tx, row, one, today, rail, to_balance=to_balance)) for one in new]
    state = find_position(tx.connection, tx.principal, position_id).state
    later_fen = sum(one.amount_fen for one in new if one in state.waiting and not one.at_once)
    amount_fen = sum(one.amount_fen for one in new)
    answer = {
        "position_id": str(position_id),
        "party_id": str(row.party_id),
        "product": row.product,
        "amount_fen": amount_fen,
        "at_once_fen": amount_fen - later_fen,
        "later_fen": later_fen,
        "pays_to": (PaysTo.BALANCE if to_balance else product.pays_to).value,
        "pays_on": pays_on.isoformat(),
        "provisional": days.is_provisional(pays_on),
        "given_up_fen": lost_fen,
        "orders": orders,
        "business_date": today.isoformat(),
        **shown(row.terms, state),
    }
    tx.emit("treasury.redeemed", f"position:{position_id}", answer, business_date=today)
    return answer


def _parts(today: date, pays_on: date, asked_fen: int, at_once_fen: int) -> list[Event]:
    parts = []
    if at_once_fen:
        one = Event(1, EventKind.REDEEMED, today, at_once_fen, due_on=today, at_once=True)
        parts.append(one)
    if asked_fen > at_once_fen:
        later = asked_fen - at_once_fen
        parts.append(Event(1, EventKind.REDEEMED, today, later, due_on=pays_on))
    return parts


def _refuse_amount(product: Product, standing: Position, asked_fen: int) -> None:
    """Refuse what is not there, too little, or would leave too little."""
    if asked_fen <= 0 or asked_fen > standing.standing_fen:
        raise Refused("treasury.not_that_much", available_fen=standing.standing_fen)
    left_fen = standing.standing_fen - asked_fen
    if left_fen == 0:
        return
    if asked_fen < product.redeem_min_fen:
        raise Refused("treasury.redeem_too_small", min_fen=product.redeem_min_fen)
    if left_fen < product.keep_min_fen:
        raise Refused("treasury.too_little_left", min_fen=product.keep_min_fen)


def _price(row: Row[Any], standing: Position, asked_fen: int, lost_fen_max: int | None) -> int:
    """Return the interest that breaking gives up, or refuse it as the terms and the owner say."""
    rules = row.terms.breakage
    if not rules.allowed:
        raise Refused("treasury.not_before_its_term", matures_on=str(standing.matures_on))
    if not rules.partial and asked_fen < standing.standing_fen:
        raise Refused("treasury.only_in_whole", standing_fen=standing.standing_fen)
    lost_fen = early_end(row.terms, standing, asked_fen).lost_fen
    if lost_fen_max is not None and lost_fen > lost_fen_max:
        raise Refused("treasury.dearer_than_agreed", lost_fen=lost_fen, agreed_fen=lost_fen_max)
    return lost_fen


def _at_once(
    connection: Connection,
    product: Product,
    today: date,
    row: Row[Any],
    asked_fen: int,
    rail: str | None,
) -> int:
    """Return what is paid on the spot: within the day's caps and, outside, what the rail holds."""
    left_fen = left_at_once_fen(connection, row.tenant_id, product, today, row.party_id)
    if rail is not None:
        left_fen = min(left_fen, left_at_rail_fen(connection, row.tenant_id, rail))
    if asked_fen <= left_fen:
        return asked_fen
    return left_fen if product.over_cap is OverCap.SPLIT else 0


def preview(
    connection: Connection,
    principal: Principal,
    days: BusinessDays,
    rail: str,
    now: datetime,
    position_id: UUID,
    amount_fen: int | None,
) -> dict[str, Any]:
    """Return what taking an amount out now would give and cost, and when it would arrive.

    Nothing is written.
    """
    row = find_position(connection, principal, position_id)
    product, today = product_named(row.product), current_business_date(connection, row.tenant_id)
    standing = position_today(connection, row, today)
    asked_fen = standing.standing_fen if amount_fen is None else amount_fen
    _refuse_amount(product, standing, asked_fen)
    pays_on = days.later(trade_day(product, days, today, now), product.redeem_business_days)
    earned_fen = given_up_fen = at_once_fen = 0
    paid_fen = asked_fen
    if product.has_term:
        _price(row, standing, asked_fen, None)
        end = early_end(row.terms, standing, asked_fen)
        earned_fen, given_up_fen, paid_fen = end.earned_fen, end.lost_fen, end.paid_fen
        at_once_fen = paid_fen if pays_on <= today else 0
    else:
        at_once_fen = _at_once(connection, product, today, row, asked_fen, rail)
    return {
        "position_id": str(position_id),
        "amount_fen": asked_fen,
        "breaks_a_term": product.has_term,
        "earned_fen": earned_fen,
        "given_up_fen": given_up_fen,
        "paid_fen": paid_fen,
        "at_once_fen": at_once_fen,
        "later_fen": paid_fen - at_once_fen,
        "pays_on": pays_on.isoformat(),
        "provisional": days.is_provisional(pays_on),
        "pays_to": product.pays_to.value,
        "business_date": today.isoformat(),
    }
