"""Due dates and level instalments: exact rational arithmetic, rounded once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from martlet.kernel.calendar import add_months
from martlet.kernel.rates import MONTHS_PER_YEAR, PPM, level_payment
from martlet.lending.product import ScheduleKind, TenorUnit

if TYPE_CHECKING:
    from datetime import date

    from martlet.lending.loan import LoanTerms
    from martlet.lending.product import Conventions


def due_dates(terms: LoanTerms, start: date) -> tuple[date, ...]:
    """Return the days on which instalments fall due; months are counted from the start's day."""
    conventions = terms.conventions
    if conventions.tenor_unit is TenorUnit.DAYS:
        return (start + timedelta(days=terms.tenor),)
    if conventions.schedule is ScheduleKind.BULLET:
        return (add_months(start, terms.tenor),)
    return tuple(add_months(start, month) for month in range(1, terms.tenor + 1))


def level_instalment(
    principal_fen: int, rate_ppm_per_day: int, periods: int, conventions: Conventions
) -> int:
    """Return the equal monthly sum that repays the principal, rounded to the product's unit."""
    year = rate_ppm_per_day * conventions.days_per_year
    unit, mode = conventions.instalment_unit_fen, conventions.rounding_mode
    return level_payment(principal_fen, (year, PPM * MONTHS_PER_YEAR), periods, unit, mode)
