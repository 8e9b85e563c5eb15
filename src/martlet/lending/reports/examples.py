"""What a product would cost: the schedule and the rates of a loan that nobody has taken.

The invariant: it is the very forecast that stands beside an offer, so that what a page shows and
what a customer gets are one function.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from martlet.kernel.errors import Invalid
from martlet.kernel.ids import parse_id
from martlet.kernel.limits import AMOUNT_FEN_MAX, RATE_PPM_PER_DAY_MAX
from martlet.lending.agreed import agreed_terms
from martlet.lending.limits import TENOR_DAYS_MAX, TENOR_MONTHS_MAX
from martlet.lending.product import TenorUnit
from martlet.lending.views import forecast

if TYPE_CHECKING:
    from datetime import date

    from martlet.lending.disclosure import RateCaps
    from martlet.lending.product import Product

_NOBODY = parse_id("00000000-0000-7000-8000-000000000000")
"""The event of a loan that is only thought of."""


def example(
    product: Product,
    start: date,
    amount_fen: int,
    tenor: int,
    rate_ppm_per_day: int,
    caps: RateCaps | None = None,
) -> dict[str, Any]:
    """Return the schedule, the rates and the total interest of a loan as if paid out on a day."""
    longest = TENOR_DAYS_MAX if product.tenor_unit is TenorUnit.DAYS else TENOR_MONTHS_MAX
    if not 0 < amount_fen <= AMOUNT_FEN_MAX:
        raise Invalid("lending.amount_out_of_range", max_fen=AMOUNT_FEN_MAX)
    if not 0 < tenor <= longest:
        raise Invalid("lending.example_tenor_outside", tenor=tenor, longest=longest)
    if not 0 <= rate_ppm_per_day <= RATE_PPM_PER_DAY_MAX:
        raise Invalid("lending.example_rate_outside", highest_ppm_per_day=RATE_PPM_PER_DAY_MAX)
    terms = agreed_terms(product, amount_fen, rate_ppm_per_day, tenor)
    return {"amount_fen": amount_fen, "tenor": tenor, **forecast(terms, start, _NOBODY, caps)}
