"""A morning, read from the book: balance, surplus, what is locked, what is offered, what is needed.

Reads only, from the connection of whoever asks: inside a command it is what the command changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from sqlalchemy import func, select

from martlet.treasury.daily_flows import flows_of
from martlet.treasury.falling_due import available_fen
from martlet.treasury.limits import NEED_DAYS, POSITIONS_SHOWN_MAX
from martlet.treasury.position import early_end
from martlet.treasury.product import Kept, product_named
from martlet.treasury.queries import published_yields
from martlet.treasury.quotas import QuotaKind, left_at_once_fen, used_fen
from martlet.treasury.redeeming import position_today
from martlet.treasury.standing.morning import Lot, Morning, Offer
from martlet.treasury.standing.needs import Needs, needs_from_flows
from martlet.treasury.subscribing import matures_on, trade_day
from martlet.treasury.tables import payout, position

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import Connection, Row

    from martlet.treasury.business_days import BusinessDays
    from martlet.treasury.consent import Limits
    from martlet.treasury.product import Product, Terms

_MONTH_DAYS = 28
"""An instalment is due at most so many days after the last: the careful side."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Whose morning it is, on which open business date, and by which calendar."""

    connection: Connection
    tenant_id: UUID
    party_id: UUID
    day: date
    now: datetime
    days: BusinessDays

    def held(self) -> Sequence[Row[Any]]:
        """Return the live positions of the business."""
        query = (
            select(position)
            .where(
                position.c.tenant_id == self.tenant_id,
                position.c.party_id == self.party_id,
                position.c.live == 1,
            )
            .order_by(position.c.position_id)
            .limit(POSITIONS_SHOWN_MAX)
        )
        return self.connection.execute(query).all()


def horizons_of(offers: Sequence[Offer]) -> tuple[int, ...]:
    """Return the looks ahead of a morning: the usual ones, and the end of each offer."""
    return tuple(sorted({*NEED_DAYS, *(offer.lock_days for offer in offers)}))


def morning_of(scene: Scene, limits: Limits, foretold: Needs | None) -> Morning:
    """Return everything that a plan of a business is made from on the open business date."""
    held = scene.held()
    offers = tuple(_offers(scene, held, limits))
    lots = tuple(_lots(scene, held))
    needs = _needs(scene, limits, offers, foretold)
    surplus = next((p for p in map(product_named, limits.products) if not p.has_term), None)
    morning = Morning(
        day=scene.day,
        limits=limits,
        balance_fen=available_fen(scene.connection, scene.tenant_id, scene.party_id),
        arriving_fen=_arriving_fen(scene),
        locked=lots,
        offers=offers,
        need_fen=_with_instalments(needs, lots),
        basis=needs.basis,
        days_seen=needs.days_seen,
    )
    return morning if surplus is None else _with_surplus(scene, morning, surplus, held)


def _with_surplus(
    scene: Scene, morning: Morning, surplus: Product, held: Sequence[Row[Any]]
) -> Morning:
    """Return a morning with what lies in the product that pays out at any time."""
    single = next((row for row in held if row.product == surplus.name), None)
    keys = (scene.connection, scene.tenant_id, surplus, scene.day, scene.party_id)
    return replace(
        morning,
        surplus=surplus.name,
        surplus_position=str(single.position_id) if single else None,
        surplus_fen=single.standing_fen if single else 0,
        surplus_least_fen=surplus.subscribe_min_fen,
        surplus_most_fen=_most_fen(scene, held, surplus),
        surplus_ppm=_latest_ppm(scene, surplus),
        pending_fen=single.pending_fen if single else 0,
        at_once_left_fen=left_at_once_fen(*keys),
        at_once_daily_fen=surplus.at_once_daily_max_fen,
    )


def offers_today(scene: Scene, limits: Limits) -> tuple[Offer, ...]:
    """Return the terms and plans that a business may begin on the open business date."""
    return tuple(_offers(scene, scene.held(), limits))


def _lots(scene: Scene, held: Sequence[Row[Any]]) -> Iterator[Lot]:
    day = scene.day
    for row in held:
        if not product_named(row.product).has_term:
            continue
        state, terms = position_today(scene.connection, row, day), row.terms
        amount_fen = state.pending_fen + state.standing_fen + state.accrued_fen
        if not amount_fen:
            continue
        cost_fen = 0
        if state.standing_fen and terms.breakage.allowed:
            cost_fen = early_end(terms, state, state.standing_fen).lost_fen
        until, left = state.matures_on, 0
        if terms.instalments and not state.lapsed:
            left = terms.instalments - state.instalments_paid - state.instalments_missed
        yield Lot(
            str(row.position_id),
            row.product,
            amount_fen,
            until,
            max((until - day).days, 1) if until else 1,
            cost_fen,
            terms.instalment_fen or 0,
            max(left, 0),
        )


def _offers(scene: Scene, held: Sequence[Row[Any]], limits: Limits) -> Iterator[Offer]:
    day, days = scene.day, scene.days
    for product in map(product_named, limits.products):
        if not product.has_term:
            continue
        begins = days.later(trade_day(product, days, day, scene.now), product.confirm_business_days)
        most_fen = _most_fen(scene, held, product)
        running = any(row.product == product.name for row in held)
        for terms in _choices(product, day, running=running):
            until = matures_on(product, days, terms, begins)
            assert until is not None, terms
            yield Offer(
                product.name,
                terms.ppm_per_year,
                until,
                (until - day).days,
                product.subscribe_min_fen,
                most_fen // (terms.instalments or 1),
                product.breakage.kept if product.breakage.allowed else Kept.NOTHING,
                _kept_ppm(product),
                terms.tenor_days,
                terms.instalments,
            )


def _choices(product: Product, day: date, *, running: bool) -> Iterator[Terms]:
    """Return the terms that are offered; of plans one runs at a time."""
    for tenor in product.tenors_days:
        if product.yield_on(day, tenor_days=tenor) is not None:
            yield product.terms(day, tenor_days=tenor)
    for count in () if running else product.instalment_counts:
        if product.yield_on(day, instalments=count) is not None:
            yield product.terms(day, plan=(product.subscribe_min_fen, count))


def _kept_ppm(product: Product) -> int:
    rules = product.breakage
    return {
        Kept.NOTHING: 0,
        Kept.SHARE: rules.share_ppm,
        Kept.OTHER_YIELD: rules.ppm_per_year,
        Kept.LESS_DAYS: rules.lost_days,
    }[rules.kept]


def _most_fen(scene: Scene, held: Sequence[Row[Any]], product: Product) -> int:
    """Return what may still go into a product today."""
    kind = QuotaKind.SUBSCRIBED
    keys = (scene.connection, scene.tenant_id, product.name, scene.day, kind, scene.party_id)
    there_fen: int = sum(
        row.pending_fen + row.standing_fen + row.accrued_fen + row.waiting_fen
        for row in held
        if row.product == product.name
    )
    left_fen = min(
        product.subscribe_daily_max_fen - used_fen(*keys), product.holding_max_fen - there_fen
    )
    return max(left_fen, 0)


def _latest_ppm(scene: Scene, surplus: Product) -> int:
    found = published_yields(scene.connection, scene.tenant_id, surplus.name, 1)
    return int(found[0]["yield_ppm"]) if found else 0


def _arriving_fen(scene: Scene) -> int:
    query = select(func.coalesce(func.sum(payout.c.amount_fen), 0)).where(
        payout.c.tenant_id == scene.tenant_id,
        payout.c.party_id == scene.party_id,
        payout.c.state == "waiting",
        payout.c.to_balance == 1,
    )
    return int(scene.connection.execute(query).scalar_one())


def _needs(scene: Scene, limits: Limits, offers: Sequence[Offer], foretold: Needs | None) -> Needs:
    """Return what an outlook says or what own movements say; the larger where both speak."""
    flows = flows_of(scene.connection, scene.tenant_id, scene.party_id, scene.day)
    own = needs_from_flows(flows, scene.day, horizons_of(offers), limits.short_ppm_max)
    return own if foretold is None else foretold.at_least(own)


def _with_instalments(needs: Needs, lots: Sequence[Lot]) -> tuple[tuple[int, int], ...]:
    """Add what running plans take from the balance until each look ahead."""

    def due_fen(days: int) -> int:
        months = -(-days // _MONTH_DAYS)
        return sum(lot.instalment_fen * min(months, lot.instalments_left) for lot in lots)

    return tuple((days, fen + due_fen(days)) for days, fen in sorted(needs.need_fen.items()))
