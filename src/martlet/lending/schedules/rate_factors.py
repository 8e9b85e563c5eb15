"""Factors of periods and their parts: twelve significant digits, half-even, step by step.

The only place of a progressive schedule where numbers are decimal. Each step is rounded to twelve
digits because the engines to be matched do so; a factor itself has twelve places.
"""

from __future__ import annotations

from calendar import monthrange
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TYPE_CHECKING

from martlet.kernel.rounding import RoundingMode, divide
from martlet.lending.schedules.day_count import days_in_year, split_by_year
from martlet.lending.schedules.due_dates import PeriodUnit
from martlet.lending.schedules.progressive import SIGNIFICANT_DIGITS, MonthLength, YearLength

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from fractions import Fraction

    from martlet.lending.schedules.progressive import ProgressiveConventions

_MATH = Context(prec=SIGNIFICANT_DIGITS, rounding=ROUND_HALF_EVEN)
_WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)
_PLACES = Decimal(1).scaleb(-SIGNIFICANT_DIGITS)
_DAYS_PER_WEEK = 7
_DAYS_PER_MONTH = 30


def decimal_rate(annual: Fraction) -> Decimal:
    """Return an annual rate with the digits of the engine."""
    return _MATH.divide(Decimal(annual.numerator), Decimal(annual.denominator))


def part_factor(
    conventions: ProgressiveConventions,
    annual: Decimal,
    period: tuple[date, date],
    part: tuple[date, date],
) -> Decimal:
    """Return what part of a period costs per unit of balance."""
    days, whole = (part[1] - part[0]).days, (period[1] - period[0]).days
    if _over_new_year(conventions, part):
        return _places(_MATH.multiply(annual, _split_at_new_year(part)))
    if conventions.month_length is MonthLength.REAL_DAYS:
        share = _MATH.divide(Decimal(days), _year_days(conventions, part[0]))
        return _places(_MATH.multiply(annual, share))
    unit = _unit_days(conventions, period[0])
    share = _MATH.divide(
        _MATH.multiply(unit, Decimal(conventions.frequency.every)),
        _year_days(conventions, part[0]),
    )
    priced = _MATH.multiply(_MATH.multiply(annual, share), Decimal(days))
    return _places(_MATH.divide(priced, Decimal(whole)))


def _over_new_year(conventions: ProgressiveConventions, part: tuple[date, date]) -> bool:
    return conventions.year_length is YearLength.ACTUAL and part[0].year != part[1].year


def _split_at_new_year(part: tuple[date, date]) -> Decimal:
    total = Decimal(0)
    for year, days in split_by_year(*part, at_31_december=True):
        share = _MATH.divide(Decimal(days), Decimal(days_in_year(year)))
        total = _MATH.add(total, share)
    return total


def _unit_days(conventions: ProgressiveConventions, day: date) -> Decimal:
    if conventions.frequency.unit is PeriodUnit.DAYS:
        return Decimal(1)
    if conventions.frequency.unit is PeriodUnit.WEEKS:
        return Decimal(_DAYS_PER_WEEK)
    if conventions.month_length is MonthLength.DAYS_30:
        return Decimal(_DAYS_PER_MONTH)
    return Decimal(monthrange(day.year, day.month)[1])


def _year_days(conventions: ProgressiveConventions, day: date) -> Decimal:
    if conventions.year_length is YearLength.ACTUAL:
        return Decimal(days_in_year(day.year))
    return Decimal(conventions.year_length.value)


def _places(factor: Decimal) -> Decimal:
    return factor.quantize(_PLACES, context=_WIDE)


def summed(factors: Sequence[Decimal]) -> Decimal:
    """Return the factor of a whole period from those of its parts."""
    total = Decimal(0)
    for factor in factors:
        total = _WIDE.add(total, factor)
    return total


def interest_of(balance: int, factor: Decimal) -> int:
    """Return the interest of a balance in whole minor units."""
    return _whole(_MATH.multiply(Decimal(balance), factor))


def interest_of_parts(parts: Sequence[tuple[int, Decimal]]) -> int:
    """Return the interest of several balances, rounded once."""
    return _whole(summed([_MATH.multiply(Decimal(balance), factor) for balance, factor in parts]))


def level_of(balance: int, factors: Sequence[Decimal]) -> int:
    """Return the level instalment over periods of given factors, in whole minor units."""
    risen, worth = Decimal(1), Decimal(1)
    for position, factor in enumerate(factors):
        grown = _WIDE.add(Decimal(1), factor)
        risen = _MATH.multiply(risen, grown)
        if position:
            worth = _MATH.add(Decimal(1), _MATH.multiply(worth, grown))
    return _whole(_MATH.divide(_MATH.multiply(risen, Decimal(balance)), worth))


def _whole(value: Decimal) -> int:
    numerator, denominator = value.as_integer_ratio()
    return divide(numerator, denominator, RoundingMode.HALF_EVEN)
