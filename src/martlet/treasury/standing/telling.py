"""A plan in its owner's language: why this much, until when, what it earns, what would break it.

Every sentence is made from the order and its morning alone, so that a plan of long ago is told
today as it was told then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from martlet.kernel.i18n import explain
from martlet.kernel.rates import PPM, percent_text
from martlet.treasury.product import Kept, product_named
from martlet.treasury.standing.deciding import warned
from martlet.treasury.standing.morning import Bound, Kind

if TYPE_CHECKING:
    from martlet.kernel.i18n import Locale
    from martlet.treasury.standing.morning import Morning, Order

_WHAT = {
    Kind.TERM: "treasury.order_term",
    Kind.PLAN: "treasury.order_plan",
    Kind.SURPLUS: "treasury.order_surplus",
    Kind.FREE: "treasury.order_free",
}
_BOUND = {
    Bound.SHARE: "treasury.bound_share",
    Bound.MOVE: "treasury.bound_move",
    Bound.OFFER: "treasury.bound_offer",
}
_KEPT = {
    Kept.NOTHING: "treasury.break_nothing",
    Kept.SHARE: "treasury.break_share",
    Kept.OTHER_YIELD: "treasury.break_other_yield",
    Kept.LESS_DAYS: "treasury.break_less_days",
}


def told(morning: Morning, orders: tuple[Order, ...], locale: Locale) -> dict[str, Any]:
    """Return a plan in words: a list of sentences for each order, and for the whole."""
    return {
        "orders": [order_sentences(morning, order, locale) for order in orders],
        "whole": whole_sentences(morning, orders, locale),
    }


def order_sentences(morning: Morning, order: Order, locale: Locale) -> list[str]:
    """Return what one order does, why this much, and what would break it."""
    facts = _facts(morning, order, locale)
    said = [explain(_WHAT[order.kind], facts, locale)]
    if order.kind is Kind.FREE:
        code = "treasury.free_floor" if order.bound is Bound.FLOOR else "treasury.free_term"
        return [*said, explain(code, facts, locale)]
    if order.kind is Kind.SURPLUS:
        said.append(explain("treasury.surplus_reach", facts, locale))
        return said
    if order.need_days:
        said.append(explain(f"treasury.why_{_basis(morning)}", facts, locale))
    if order.bound in _BOUND:
        said.append(explain(_BOUND[order.bound], facts, locale))
    if order.kept is not None:
        said.append(explain(_KEPT[order.kept], facts, locale))
    return said


def whole_sentences(morning: Morning, orders: tuple[Order, ...], locale: Locale) -> list[str]:
    """Return what holds for the plan as a whole."""
    said = []
    if not orders:
        said.append(explain("treasury.plan_rests", {}, locale))
    if _basis(morning) == "nothing":
        said.append(explain("treasury.plan_blind", {"seen_days": morning.days_seen}, locale))
    alarm = warned(morning)
    if alarm is not None:
        facts: dict[str, object] = {
            "ahead_days": alarm.days,
            "need_fen": alarm.need_fen,
            "reach_fen": alarm.reach_fen,
        }
        said.append(explain("treasury.plan_short", facts, locale))
        if alarm.lot is not None:
            facts |= {
                "product": product_named(alarm.lot.product).label(locale),
                "until": alarm.lot.until,
                "amount_fen": alarm.lot.amount_fen,
                "cost_fen": alarm.lot.cost_fen,
            }
            said.append(explain("treasury.plan_break_costs", facts, locale))
    return said


def _basis(morning: Morning) -> str:
    return morning.basis if morning.basis in {"outlook", "movements"} else "nothing"


def _facts(morning: Morning, order: Order, locale: Locale) -> dict[str, object]:
    surplus = product_named(morning.surplus).label(locale) if morning.surplus else ""
    sure = f"{percent_text(PPM - morning.limits.short_ppm_max)}%"
    return {
        "product": product_named(order.product).label(locale),
        "surplus": surplus,
        "amount_fen": order.amount_fen,
        "held_days": order.tenor_days,
        "times_count": order.instalments,
        "until": order.until,
        "yield_ppm": order.yield_ppm,
        "earns_fen": order.earns_fen,
        "more_fen": order.more_fen,
        "need_fen": order.need_fen,
        "ahead_days": order.need_days,
        "reach_fen": order.reach_fen,
        "seen_days": morning.days_seen,
        "sure": sure,
        "share_ppm": morning.limits.locked_share_ppm_max,
        "move_fen": morning.limits.move_fen_max,
        "kept_ppm": order.kept_ppm,
        "kept_days": order.kept_ppm,
        "floor_fen": morning.limits.floor_fen,
        "cap_fen": morning.at_once_daily_fen,
    }
