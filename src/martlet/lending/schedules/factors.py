"""Rates of a period and level instalments: exact quotients, rounded once at the end.

Where a rate compounds more or less often than it is paid, the rate of a period is a root and has
no exact quotient; it is then taken to 50 digits, far beyond what any amount can show.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from martlet.kernel.rates import PPM, level_payment
from martlet.kernel.rounding import RoundingMode, divide

if TYPE_CHECKING:
    from collections.abc import Sequence

DIGITS = 50


class Compounding(StrEnum):
    """How often the quoted annual rate compounds."""

    WITH_PAYMENTS = "with_payments"
    """As often as it is paid: a period costs the annual rate over the periods of a year."""
    DAILY = "daily"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    SEMI_ANNUAL = "semi_annual"
    """Mortgages in Canada, by law."""
    ANNUAL = "annual"
    """The quoted rate is the effective one."""

    @property
    def per_year(self) -> int | None:
        """How many times a year; None where it follows the payments."""
        return _TIMES_A_YEAR.get(self)


_TIMES_A_YEAR = {
    Compounding.DAILY: 365,
    Compounding.MONTHLY: 12,
    Compounding.QUARTERLY: 4,
    Compounding.SEMI_ANNUAL: 2,
    Compounding.ANNUAL: 1,
}


def rate_of_ppm(annual_ppm: int) -> Fraction:
    """Return an annual rate in parts per million as an exact factor."""
    return Fraction(annual_ppm, PPM)


def period_rate(annual: Fraction, per_year: Fraction, compounding: Compounding) -> Fraction:
    """Return what a period costs per unit of balance, of `per_year` periods a year."""
    assert annual >= 0, annual
    times = compounding.per_year
    if times is None or times == per_year:
        return annual / per_year
    exponent = Fraction(times) / per_year
    base = 1 + annual / times
    if exponent.denominator == 1:
        return base**exponent.numerator - 1
    with localcontext() as context:
        context.prec = DIGITS
        root = _decimal(base) ** _decimal(exponent)
        return Fraction(root - 1)


def level_for_rate(
    balance: int, rate: Fraction, periods: int, unit: int, mode: RoundingMode
) -> int:
    """Return the equal payment that repays a balance at one rate a period."""
    return level_payment(balance, (rate.numerator, rate.denominator), periods, unit, mode)


def level_for_factors(
    balance: int, factors: Sequence[Fraction], unit: int, mode: RoundingMode
) -> int:
    """Return the equal payment that repays a balance where each period has its own factor."""
    assert factors, "nothing to level"
    with localcontext() as context:
        context.prec = DIGITS
        worth, discount = Decimal(0), Decimal(1)
        for factor in factors:
            discount /= 1 + _decimal(factor)
            worth += discount
        exact = Fraction(worth)
    return divide(balance * exact.denominator, exact.numerator * unit, mode) * unit


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
