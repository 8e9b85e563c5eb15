"""What is agreed for one loan of a product: the one place where a product becomes a loan's terms.

The invariant: what an offer shows, what the law's cap is held against and what is drawn are made
here, from the same product, so they are the same price.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import convert, to_builtins

from martlet.kernel.limits import RATE_PPM_PER_DAY_MAX
from martlet.lending.advances.curve import income_curve
from martlet.lending.advances.rules import NOTHING_KNOWN
from martlet.lending.advances.terms import TakingsTerms
from martlet.lending.loan import LoanTerms
from martlet.lending.product import product_named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlet.lending.advances.rules import Carrying
    from martlet.lending.product import Product


def agreed_terms(
    product: Product,
    principal_fen: int,
    rate_ppm_per_day: int,
    tenor: int,
    carrying: Carrying = NOTHING_KNOWN,
) -> LoanTerms:
    """Return the terms of a loan of a product at a decided rate.

    Of an advance on takings the rate follows from its fee and the payments that are expected.
    """
    conventions = product.conventions
    if conventions.takings is None:
        return LoanTerms(principal_fen, rate_ppm_per_day, tenor, conventions)
    mode = conventions.rounding_mode
    takings = conventions.takings.agree(principal_fen, rate_ppm_per_day, tenor, mode, carrying)
    curve = income_curve(principal_fen, takings.fee_fen, takings.expected_daily_fen)
    shown = min(curve.ppm_per_payment, RATE_PPM_PER_DAY_MAX)
    return LoanTerms(principal_fen, shown, tenor, conventions, takings=takings)


def promised_json(terms: LoanTerms) -> dict[str, Any]:
    """Return what of a promised loan's terms is not in its product, for the answer to tell."""
    price: dict[str, Any] = {"rate_ppm_per_day": terms.rate_ppm_per_day, "tenor": terms.tenor}
    if terms.takings is not None:
        price["takings"] = to_builtins(terms.takings)
    return price


def promised_terms(promised: Mapping[str, Any]) -> LoanTerms:
    """Return the terms of a loan that was promised, from the answer that told them."""
    told = promised.get("takings")
    return LoanTerms(
        promised["amount_fen"],
        promised["rate_ppm_per_day"],
        promised["tenor"],
        product_named(promised["product"]).conventions,
        takings=None if told is None else convert(told, TakingsTerms),
    )
