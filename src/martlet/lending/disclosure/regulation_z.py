"""The annual percentage rate by the actuarial method of Regulation Z (12 CFR 1026, Appendix J).

The unit-period rate at which advances and payments are worth the same, times the unit periods of
a year; the odd part of a unit period bears simple interest. Decimal digits, bisected: a rate that
is shown, never one that an amount is computed with.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import TYPE_CHECKING

from martlet.kernel.rates import PPM
from martlet.lending.disclosure.unit_periods import unit_period_of, unit_periods_between
from martlet.lending.limits import CASH_FLOWS_MAX

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from fractions import Fraction

    from martlet.lending.disclosure.unit_periods import UnitPeriod

_DIGITS = 28
_HALVINGS = 80
"""From 1,000 % a unit period down to less than 10⁻²⁰ of it."""
_HIGHEST = Decimal(10)

Flow = tuple["date", int]


def regulation_z_apr_ppm(
    advances: Sequence[Flow], payments: Sequence[Flow], unit: UnitPeriod | None = None
) -> int | None:
    """Return the annual percentage rate in ppm, to the nearest; None where credit costs nothing."""
    annual = regulation_z_apr(advances, payments, unit)
    return None if annual is None else int((annual * PPM).to_integral_value(ROUND_HALF_UP))


def regulation_z_apr(
    advances: Sequence[Flow], payments: Sequence[Flow], unit: UnitPeriod | None = None
) -> Decimal | None:
    """Return the annual percentage rate as a factor; None where credit costs nothing.

    The unit period is found from the days unless it is told.
    """
    assert advances, "an APR needs an advance"
    assert payments, "an APR needs a payment"
    assert len(advances) + len(payments) <= CASH_FLOWS_MAX, "too many flows"
    days = sorted({day for day, _ in (*advances, *payments)})
    unit = unit or unit_period_of(days)
    flows = [(day, amount) for day, amount in advances]
    flows += [(day, -amount) for day, amount in payments]
    terms = [(*unit_periods_between(unit, days[0], day), amount) for day, amount in flows]
    if sum(amount for _, _, amount in terms) >= 0:
        return None
    with localcontext() as context:
        context.prec = _DIGITS
        return _unit_rate(terms) * _decimal(unit.per_year)


def _unit_rate(terms: Sequence[tuple[int, Fraction, int]]) -> Decimal:
    """Return the rate of a unit period at which the flows are worth nothing."""
    low, high = Decimal(0), _HIGHEST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        # Payments are negative: a rate that is too low leaves them worth too much.
        if _worth(terms, middle) < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _worth(terms: Sequence[tuple[int, Fraction, int]], rate: Decimal) -> Decimal:
    total = Decimal(0)
    for full, part, amount in terms:
        total += amount / ((1 + _decimal(part) * rate) * (1 + rate) ** full)
    return total


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
