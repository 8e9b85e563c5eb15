"""What a product costs at a rate, and the highest rate that the law of the day allows it.

Held against the cap is the highest of the rates shown, for every term on offer, at the price of a
usual loan: a fen of rounding on a loan of one yuan is no price.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import date  # noqa: TC003 - part of a key that is remembered
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import UUID

from martlet.lending.agreed import agreed_terms
from martlet.lending.disclosure import RatesShown, disclose
from martlet.lending.events import EventKind, LoanEvent
from martlet.lending.limits import PRICE_EXAMPLE_FEN, PRICES_REMEMBERED_MAX
from martlet.lending.product import product_named
from martlet.lending.projection import agreed_schedule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.lending.disclosure import RateCaps

_EXAMPLE = UUID(int=0)


def refuse_unlawful(
    caps: RateCaps, product: str, rate_ppm_per_day: int, tenors: Sequence[int], on: date
) -> None:
    """Refuse a price that is above the cap of a day for any of the terms."""
    for tenor in tenors:
        caps.check(price_of(product, rate_ppm_per_day, tenor, on), on)


def lawful_rate(
    caps: RateCaps, product: str, rate_ppm_per_day: int, tenors: Sequence[int], on: date
) -> int | None:
    """Return a daily rate, lowered as far as the law asks; None where no rate is low enough."""
    cap = caps.in_force(on)
    if cap is None:
        return rate_ppm_per_day

    def lawful(rate: int) -> bool:
        prices = (price_of(product, rate, tenor, on) for tenor in tenors)
        return all(price.highest_ppm <= cap.annual_ppm for price in prices)

    if lawful(rate_ppm_per_day):
        return rate_ppm_per_day
    # The first rate that is too high, halved towards: a higher rate never costs less.
    rates = range(rate_ppm_per_day + 1)
    first_above = bisect_left(rates, 1, key=lambda rate: int(not lawful(rate)))
    return first_above - 1 if first_above > 0 else None


@lru_cache(maxsize=PRICES_REMEMBERED_MAX)
def price_of(product: str, rate_ppm_per_day: int, tenor: int, start: date) -> RatesShown:
    """Return the rates of a usual loan of a product, drawn on a day and paid on its days."""
    terms = agreed_terms(product_named(product), PRICE_EXAMPLE_FEN, rate_ppm_per_day, tenor)
    drawn = LoanEvent(_EXAMPLE, 1, EventKind.DISBURSED, start, terms.principal_fen)
    return disclose(terms, start, agreed_schedule(terms, drawn))
