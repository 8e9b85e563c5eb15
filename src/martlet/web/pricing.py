"""The price of an offer, told honestly: by the day, by the year, and what a real example costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.kernel.calendar import business_date_of
from martlet.lending import product_named
from martlet.lending.agreed import agreed_terms
from martlet.lending.product import TenorUnit
from martlet.lending.views import forecast

if TYPE_CHECKING:
    from martlet.credit import StoredDecision
    from martlet.web.visitors import Visitor

_EXAMPLE_FEN = 1_000_000
"""Ten thousand yuan: a sum in which everybody can feel a price; less where the limit is lower."""


@dataclass(frozen=True, slots=True)
class Price:
    """What borrowing costs, and one example of it."""

    rate_ppm_per_day: int
    annual_ppm: int
    irr_ppm: int | None
    cap_ppm: int | None
    example: str
    cost_fen: int


def price_of(stored: StoredDecision, rate_ppm_per_day: int, visitor: Visitor) -> Price:
    """Return the price of what was decided at a daily rate, with an example within the limit."""
    decision, asked = stored.decision, stored.application
    product = product_named(asked.product)
    tenor = asked.tenor_days or asked.tenor_months or product.tenor_default
    amount_fen = min(_EXAMPLE_FEN, decision.limit_fen)
    terms = agreed_terms(product, amount_fen, rate_ppm_per_day, tenor)
    start = business_date_of(decision.decided_at)
    figures = {"amount_fen": amount_fen, "tenor": tenor}
    shown = forecast(terms, start, asked.application_id, visitor.bank.lending.rate_caps)
    if terms.takings is not None:
        example = visitor.say("Fixed fee on {amount_fen} drawn for {tenor} days", **figures)
    elif product.tenor_unit is TenorUnit.DAYS:
        example = visitor.say("Interest on {amount_fen} drawn for {tenor} days", **figures)
    else:
        example = visitor.say("Interest on {amount_fen} drawn for {tenor} months", **figures)
    return Price(
        shown["rates"]["rate_ppm_per_day"],
        shown["rates"]["simple_annual_ppm"],
        shown["rates"]["internal_annual_ppm"],
        shown["rates"]["cap_ppm"],
        example,
        shown["total_interest_fen"] + shown["total_fees_fen"],
    )
