"""Money in: takings that are swept, a subscription, an instalment; each from the own balance.

The ledger's guard says whether the money is there. What comes after the cut-off, or on a day off,
counts as of the next business day; what is confirmed on the same day earns from that day.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select

from martlet.kernel.calendar import SHANGHAI, add_months
from martlet.kernel.errors import Refused
from martlet.ledger import current_business_date
from martlet.treasury.book import happen, open_position, record, single_position
from martlet.treasury.daily_flows import note_flow
from martlet.treasury.model import Event, EventKind, Position
from martlet.treasury.postings import Movement, balance_of, settlement
from martlet.treasury.product import InstalmentYield, product_named
from martlet.treasury.quotas import QuotaKind, refuse_over_holding, take
from martlet.treasury.tables import sweep

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row

    from martlet.store import Transaction
    from martlet.treasury.business_days import BusinessDays
    from martlet.treasury.product import Product, Terms


def trade_day(product: Product, days: BusinessDays, today: date, now: datetime) -> date:
    """Return the business day as of which something counts that is asked for now.

    Where the clock has left the open business date behind, its cut-off is past as well.
    """
    here = now.astimezone(SHANGHAI)
    late = here.date() > today or (here.date() == today and here.time() >= product.cut_off)
    return days.on_or_after(today + timedelta(days=1) if late else today)


def matures_on(product: Product, days: BusinessDays, terms: Terms, value_day: date) -> date | None:
    """Return the business day on which a term that begins on a day is paid."""
    if terms.tenor_days is not None:
        end = value_day + timedelta(days=terms.tenor_days)
    elif terms.first_on is not None and terms.instalments is not None:
        end = add_months(terms.first_on, terms.instalments)
    else:
        return None
    return days.later(days.on_or_after(end), product.redeem_business_days)


def money_in(
    product: Product,
    days: BusinessDays,
    terms: Terms,
    kind: EventKind,
    amount_fen: int,
    today: date,
    traded_on: date,
) -> list[tuple[EventKind, dict[str, Any]]]:
    """Return what happens when money comes in: it is subscribed, and where due, confirmed."""
    confirms_on = days.later(traded_on, product.confirm_business_days)
    own = product.instalment_yield is InstalmentYield.OWN_DAY and terms.instalments is not None
    agreed = product.yield_on(today, instalments=terms.instalments) if own else None
    told = {"amount_fen": amount_fen, "due_on": confirms_on, "ppm_per_year": agreed}
    found = [(kind, told)]
    if confirms_on <= today:
        ends = matures_on(product, days, terms, today)
        found.append((EventKind.CONFIRMED, {"amount_fen": amount_fen, "due_on": ends}))
    return found


def as_events(
    row: Row[Any], told: list[tuple[EventKind, dict[str, Any]]], day: date
) -> list[Event]:
    """Return happenings as events; a confirmation is that of the money right before it."""
    events = []
    for place, (kind, fields) in enumerate(told, 1):
        of = row.events + place - 1 if kind is EventKind.CONFIRMED else 0
        events.append(Event(row.events + place, kind, day, of=of, **fields))
    return events


def subscribe(
    tx: Transaction,
    days: BusinessDays,
    party_id: UUID,
    product: str,
    amount_fen: int,
    tenor_days: int | None = None,
    instalments: int | None = None,
) -> dict[str, Any]:
    """Take an amount from a business's balance into a product, or refuse and change nothing."""
    sold, today = product_named(product), current_business_date(tx.connection, tx.tenant_id)
    if amount_fen < sold.subscribe_min_fen:
        raise Refused("treasury.subscribe_too_small", min_fen=sold.subscribe_min_fen)
    refuse_over_holding(tx, sold, party_id, amount_fen * (instalments or 1))
    take(tx, sold, QuotaKind.SUBSCRIBED, today, party_id, amount_fen)
    traded_on = trade_day(sold, days, today, tx.now)
    plan = None if instalments is None else (amount_fen, instalments)
    terms = sold.terms(today, tenor_days=tenor_days, plan=plan)
    row = None
    if not sold.has_term:
        row = single_position(tx.connection, tx.tenant_id, party_id, product)
    if row is None:
        row = open_position(tx, party_id, terms, int(not sold.has_term), today)
    kind = EventKind.SUBSCRIBED if plan is None else EventKind.INSTALMENT
    told = money_in(sold, days, row.terms, kind, amount_fen, today, traded_on)
    row, state = happen(tx, row, as_events(row, told, today), today)
    answer = {
        "position_id": str(row.position_id),
        "party_id": str(party_id),
        "product": product,
        "amount_fen": amount_fen,
        "business_date": today.isoformat(),
        "trade_day": traded_on.isoformat(),
        "confirms_on": told[0][1]["due_on"].isoformat(),
        "provisional": days.is_provisional(told[0][1]["due_on"]),
        **shown(row.terms, state),
    }
    tx.emit("treasury.subscribed", f"position:{row.position_id}", answer, business_date=today)
    return answer


def shown(terms: Terms, state: Position) -> dict[str, Any]:
    """Return a position's figures as a JSON value."""
    return {
        "pending_fen": state.pending_fen,
        "standing_fen": state.standing_fen,
        "accrued_fen": state.accrued_fen,
        "waiting_fen": state.waiting_fen,
        "value_fen": state.value_fen,
        "subscribed_fen": state.subscribed_fen,
        "earned_fen": state.earned_fen,
        "lost_fen": state.lost_fen,
        "paid_fen": state.paid_fen,
        "yield_ppm": terms.ppm_per_year or None,
        "tenor_days": terms.tenor_days,
        "instalments": terms.instalments,
        "instalment_fen": terms.instalment_fen,
        "instalments_paid": state.instalments_paid,
        "instalments_missed": state.instalments_missed,
        "lapsed": state.lapsed,
        "matures_on": state.matures_on.isoformat() if state.matures_on else None,
        "days_without_yield": [one.day.isoformat() for one in state.unyielded],
    }


# Takings, and what of them is swept.


def set_sweep(
    tx: Transaction, party_id: UUID, product: str | None, keep_fen: int
) -> dict[str, Any]:
    """Note a standing order or end it: what of takings stays, where the rest goes."""
    mine = (sweep.c.tenant_id == tx.tenant_id) & (sweep.c.party_id == party_id)
    tx.execute(delete(sweep).where(mine))
    if product is not None:
        if product_named(product).has_term:
            raise Refused("treasury.sweep_needs_demand", product=product)
        tx.execute(
            insert(sweep).values(
                tenant_id=tx.tenant_id,
                party_id=party_id,
                product=product,
                keep_fen=keep_fen,
                actor=tx.principal.actor,
                recorded_at=tx.now,
            )
        )
    told = {"party_id": str(party_id), "product": product, "keep_fen": keep_fen}
    tx.emit("treasury.sweep_set", f"party:{party_id}", told)
    return told


def take_in(
    tx: Transaction,
    days: BusinessDays,
    party_id: UUID,
    amount_fen: int,
    rail: str,
    balance_fen: int,
) -> dict[str, Any]:
    """Book takings that have arrived, and sweep at once what its owner does not keep.

    `balance_fen` is what the balance held before. What a cap does not let in stays in the balance.
    """
    today = current_business_date(tx.connection, tx.tenant_id)
    came = Movement(settlement(rail), balance_of(party_id), amount_fen, "treasury.takings")
    record(tx, [came], f"party:{party_id}", today)
    query = select(sweep).where(sweep.c.tenant_id == tx.tenant_id, sweep.c.party_id == party_id)
    standing = tx.execute(query).first()
    note_flow(tx, party_id, today, in_fen=amount_fen)
    answer: dict[str, Any] = {"party_id": str(party_id), "amount_fen": amount_fen, "swept": None}
    if standing is not None:
        spare_fen = balance_fen + amount_fen - standing.keep_fen
        answer["swept"] = _swept(tx, days, party_id, standing.product, spare_fen)
    tx.emit("treasury.takings", f"party:{party_id}", answer, business_date=today)
    return answer


def _swept(
    tx: Transaction, days: BusinessDays, party_id: UUID, product: str, spare_fen: int
) -> dict[str, Any] | None:
    if spare_fen < product_named(product).subscribe_min_fen:
        return None
    try:
        return subscribe(tx, days, party_id, product, spare_fen)
    except Refused as refusal:
        # A cap is no reason to refuse the takings themselves: nothing of the sweep is written yet.
        return {"refused": refusal.code}
