"""Idle cash put to work: products and positions, allocation, back-tests, fund partners.

Money that may be needed stays payable before any of it earns more elsewhere; and nothing is ever
paid a yield that was not earned. A position is a pure function of its terms, its immutable events,
the yields that were known and a date; whatever happens, only the difference is posted.
"""

from martlet.treasury.business_days import BusinessDays, shipped_business_days
from martlet.treasury.model import Event, EventKind, Position, Yield
from martlet.treasury.position import advance, early_end, replay
from martlet.treasury.product import Product, Terms, product_named, products

__all__ = [
    "BusinessDays",
    "Event",
    "EventKind",
    "Position",
    "Product",
    "Terms",
    "Yield",
    "advance",
    "early_end",
    "product_named",
    "products",
    "replay",
    "shipped_business_days",
]
