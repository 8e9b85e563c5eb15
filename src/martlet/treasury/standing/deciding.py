"""A morning's orders: a pure function of the morning, by the allocation's reserve and ladder.

The invariant: what is in reach after all orders covers what may be needed at every look ahead, as
far as it did before; no order is larger than the owner's limits; and no term is broken.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from msgspec.structs import replace

from martlet.kernel.calendar import add_months
from martlet.kernel.rates import PPM
from martlet.kernel.rounding import RoundingMode, divide
from martlet.treasury.allocation import Held, Place, Situation, StandingOrder, plan_for
from martlet.treasury.limits import LOT_SHARE_LEAST_PPM, MOVE_FEN_LEAST
from martlet.treasury.standing.morning import Bound, Kind, Order, Warned
from martlet.treasury.standing.needs import account_need_fen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from martlet.treasury.standing.morning import Morning, Offer

_DAYS_PER_YEAR = 365


def orders_for(morning: Morning) -> tuple[Order, ...]:
    """Return the moves of a morning, in the order in which they are carried out."""
    target_fen = _target_fen(morning)
    wanted = _terms(morning)
    spare_fen = max(morning.balance_fen - target_fen, 0)
    orders: list[Order] = []
    asked_fen = sum(order.amount_fen for order in wanted)
    short_fen = max(asked_fen - spare_fen, 0) + max(target_fen - morning.balance_fen, 0)
    freed = _freed(morning, short_fen, target_fen)
    if freed is not None:
        orders.append(freed)
        now_fen = min(freed.amount_fen, morning.at_once_left_fen)
        spare_fen = max(morning.balance_fen + now_fen - target_fen, 0)
    for order in wanted:
        amount_fen = min(order.amount_fen, spare_fen)
        offer = _offer_of(morning, order)
        if amount_fen >= offer.least_fen:
            orders.append(_term_order(morning, offer, amount_fen, order.bound))
            spare_fen -= amount_fen
    if freed is None:
        orders.extend(_surplus(morning, spare_fen))
    taken_fen = sum(one.amount_fen for one in orders if one.kind in {Kind.TERM, Kind.PLAN})
    days, need_fen = max(morning.need_fen, default=(0, 0))
    reach_fen = morning.reach_fen - taken_fen
    return tuple(
        replace(one, reach_fen=reach_fen, need_days=days, need_fen=need_fen) for one in orders
    )


def warned(morning: Morning) -> Warned | None:
    """Tell where more may be needed than is in reach, with the cheapest term that covers it."""
    for days, need_fen in morning.need_fen:
        back_fen = sum(lot.amount_fen for lot in morning.locked if lot.days_left < days)
        reach_fen = morning.reach_fen + back_fen
        if need_fen > reach_fen:
            enough = [
                lot
                for lot in morning.locked
                if lot.days_left >= days and lot.amount_fen >= need_fen - reach_fen
            ]
            lot = min(enough, key=lambda one: (one.cost_fen, one.amount_fen), default=None)
            return Warned(days, need_fen, reach_fen, lot)
    return None


def room_fen(morning: Morning, offer: Offer) -> int:
    """Return what may go into one offer alone, each instalment of a plan."""
    alone = replace(morning, offers=(offer,))
    return sum(order.amount_fen for order in _terms(alone))


def _target_fen(morning: Morning) -> int:
    """Return what is to lie in the balance itself."""
    capped = account_need_fen(morning.need_fen, morning.at_once_daily_fen)
    if morning.surplus is None:
        capped = morning.reach_fen
    return min(max(morning.limits.floor_fen, capped), max(morning.reach_fen, 0))


def _needs(morning: Morning) -> Mapping[int, int]:
    found = dict(morning.need_fen)
    return found or {1: max(morning.wealth_fen, 0)}


def _places(morning: Morning) -> list[Place]:
    """Return the offers as places that a plan may weigh."""
    return [
        Place(
            str(number),
            offer.yield_ppm,
            offer.lock_days,
            instalment_days=-(-offer.lock_days // offer.instalments) if offer.instalments else 0,
        )
        for number, offer in enumerate(morning.offers)
    ]


def _terms(morning: Morning) -> list[Order]:
    """Return what goes into terms and plans, the best paid first; nothing where nothing is."""
    limits, wealth_fen = morning.limits, morning.wealth_fen
    if wealth_fen <= 0 or not morning.offers:
        return []
    share_fen = wealth_fen * limits.locked_share_ppm_max // PPM
    situation = Situation(
        wealth_fen,
        _needs(morning),
        1 - limits.short_ppm_max / PPM,
        tuple(Held(lot.amount_fen, max(lot.days_left, 1)) for lot in morning.locked),
        min(_target_fen(morning), wealth_fen),
    )
    liquid = Place("surplus", morning.surplus_ppm if morning.surplus else 0)
    order = StandingOrder(limits.floor_fen, share_fen, consented_on=morning.day)
    places = _places(morning)
    if find_spec("highspy") is None:
        places = _best_alone(situation, places, liquid, order, morning)
    found = plan_for(situation, (liquid, *places), order, morning.day)
    least_fen = wealth_fen * LOT_SHARE_LEAST_PPM // PPM
    orders = []
    for placed in found.placements:
        if placed.until is None:
            continue
        offer = morning.offers[int(placed.name)]
        most = {
            Bound.MOVE: limits.move_fen_max,
            Bound.OFFER: offer.most_fen,
            Bound.NEED: placed.amount_fen,
        }
        bound = min(most, key=lambda one: most[one])
        amount_fen = most[bound]
        whole_fen = amount_fen * (offer.instalments or 1)
        if amount_fen >= offer.least_fen and whole_fen >= least_fen:
            locked = morning.locked_fen + whole_fen
            if bound is Bound.NEED and locked + offer.least_fen > share_fen:
                bound = Bound.SHARE
            orders.append(_term_order(morning, offer, amount_fen, bound))
    return sorted(orders, key=lambda one: (-one.yield_ppm, one.until or morning.day))


def _best_alone(
    situation: Situation,
    places: list[Place],
    liquid: Place,
    order: StandingOrder,
    morning: Morning,
) -> list[Place]:
    """Return the one place that earns most by itself, where no solver weighs several."""

    def earns(place: Place) -> int:
        found = plan_for(situation, (liquid, place), order, morning.day).placements
        return (
            sum(one.amount_fen for one in found if one.until)
            * place.fen_days()
            * (place.annual_ppm - liquid.annual_ppm)
        )

    return [max(places, key=earns)] if places else []


def _term_order(morning: Morning, offer: Offer, amount_fen: int, bound: Bound) -> Order:
    days = _fen_days(morning, offer)
    earns_fen = _interest(amount_fen * days, offer.yield_ppm)
    else_fen = _interest(amount_fen * days, morning.surplus_ppm if morning.surplus else 0)
    return Order(
        Kind.PLAN if offer.instalments else Kind.TERM,
        offer.product,
        amount_fen,
        tenor_days=offer.tenor_days,
        instalments=offer.instalments,
        until=offer.until,
        yield_ppm=offer.yield_ppm,
        earns_fen=earns_fen,
        more_fen=earns_fen - else_fen,
        bound=bound,
        kept=offer.kept,
        kept_ppm=offer.kept_ppm,
    )


def _fen_days(morning: Morning, offer: Offer) -> int:
    """Return for how many days one fen lies there, over all instalments."""
    if offer.instalments is None:
        return offer.lock_days
    return sum(
        max((offer.until - add_months(morning.day, number)).days, 0)
        for number in range(offer.instalments)
    )


def _interest(fen_days: int, yearly_ppm: int) -> int:
    return divide(fen_days * yearly_ppm, PPM * _DAYS_PER_YEAR, RoundingMode.DOWN)


def _offer_of(morning: Morning, order: Order) -> Offer:
    return next(
        offer
        for offer in morning.offers
        if (offer.product, offer.tenor_days, offer.instalments)
        == (order.product, order.tenor_days, order.instalments)
    )


def _freed(morning: Morning, short_fen: int, target_fen: int) -> Order | None:
    """Return what comes from the surplus to the balance; what waits already is not asked again."""
    wanted_fen = min(
        max(short_fen - morning.arriving_fen, 0), morning.surplus_fen, morning.limits.move_fen_max
    )
    if wanted_fen < MOVE_FEN_LEAST or morning.surplus is None or morning.surplus_position is None:
        return None
    bound = Bound.FLOOR if target_fen > morning.balance_fen else Bound.NEED
    return Order(
        Kind.FREE,
        morning.surplus,
        wanted_fen,
        position_id=morning.surplus_position,
        yield_ppm=morning.surplus_ppm,
        bound=bound,
    )


def _surplus(morning: Morning, spare_fen: int) -> Iterable[Order]:
    """Put what is left above the target to work, where it is still in reach."""
    if morning.surplus is None:
        return
    most = {
        Bound.MOVE: morning.limits.move_fen_max,
        Bound.OFFER: morning.surplus_most_fen,
        Bound.FLOOR: spare_fen,
    }
    bound = min(most, key=lambda one: most[one])
    if most[bound] >= max(morning.surplus_least_fen, MOVE_FEN_LEAST):
        yield Order(
            Kind.SURPLUS,
            morning.surplus,
            most[bound],
            yield_ppm=morning.surplus_ppm,
            earns_fen=_interest(most[bound], morning.surplus_ppm),
            bound=bound,
        )
