"""The lending room: offers, facilities, drawdowns, repayments and the end of the day.

A loan is a pure function of its terms, its immutable events and a date; whatever happens, however
late it becomes known, only the difference is posted.
"""

from martlet.lending.loan import (
    Allocation,
    EventKind,
    Instalment,
    LoanEvent,
    LoanState,
    LoanStatus,
    LoanTerms,
)
from martlet.lending.product import Product, product_named, products
from martlet.lending.projection import project, schedule

__all__ = [
    "Allocation",
    "EventKind",
    "Instalment",
    "LoanEvent",
    "LoanState",
    "LoanStatus",
    "LoanTerms",
    "Product",
    "product_named",
    "products",
    "project",
    "schedule",
]
