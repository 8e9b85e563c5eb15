"""The prices of a plan's constraints, said in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.credit.optimise.model import Bound
from martlet.kernel.i18n import explain
from martlet.kernel.money import decimal_text
from martlet.kernel.rounding import divide

if TYPE_CHECKING:
    from martlet.credit.optimise.model import Plan, ShadowPrice
    from martlet.kernel.i18n import Locale

_SENTENCES = {
    Bound.BUDGET: ("credit.price_of_budget", "credit.free_budget"),
    Bound.LOSS: ("credit.price_of_loss", "credit.free_loss"),
    Bound.GROUP: ("credit.price_of_group", "credit.free_group"),
    Bound.RATING: ("credit.price_of_rating", "credit.free_rating"),
    Bound.LEND_LEAST: ("credit.price_of_promise", "credit.free_promise"),
}


def price_text(price: ShadowPrice, locale: Locale) -> str:
    """Return what one yuan more of a constraint is worth, or that it does not bind."""
    binds, free = _SENTENCES[price.bound]
    figures = {
        "name": price.name,
        "used_fen": price.used_fen,
        "bound_fen": price.bound_fen,
        "earns": decimal_text(divide(price.earns_ppm, 100), 4),
    }
    return explain(binds if price.binding else free, figures, locale)


def price_texts(plan: Plan, locale: Locale) -> list[str]:
    """Return a sentence for each constraint of a plan, those that bind first."""
    ordered = sorted(plan.prices, key=lambda price: not price.binding)
    return [price_text(price, locale) for price in ordered]
