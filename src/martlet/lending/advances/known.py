"""What the bank knows of a business's takings before it lends on them.

The invariant: an advance is priced and carried by the very signal that the decision has read, never
by a figure that somebody states with the request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.kernel.errors import Refused
from martlet.signals import usable

if TYPE_CHECKING:
    from datetime import datetime

    from martlet.lending.product import Product
    from martlet.signals import SignalSet

MONTHLY_TAKINGS = "verified_takings_monthly_fen"


def takings_of(signals: SignalSet, as_of: datetime) -> int | None:
    """Return what signals say at a moment that a business takes in a month, or None."""
    return usable(signals, as_of).value(MONTHLY_TAKINGS)


def refuse_unknown_takings(product: Product, monthly_fen: int | None) -> None:
    """Refuse an advance on takings that the bank does not know, where the product needs them."""
    rules = product.conventions.takings
    if rules is not None and rules.takings_needed and not monthly_fen:
        raise Refused("lending.takings_unknown")
