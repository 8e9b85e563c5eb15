"""Due dates and level instalments: exact rational arithmetic, rounded once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from martlet.kernel.calendar import add_months
from martlet.kernel.rates import MONTHS_PER_YEAR, PPM, level_payment
from martlet.lending.events import Rate
from martlet.lending.product import Frequency, FrequencyUnit, ScheduleKind, TenorUnit

if TYPE_CHECKING:
    from datetime import date

    from martlet.lending.loan import LoanTerms
    from martlet.lending.product import Conventions


def due_dates(terms: LoanTerms, start: date) -> tuple[date, ...]:
    """Return the days on which instalments fall due; months are counted from the start's day."""
    if terms.due_dates:
        return terms.due_dates
    usual, single = usual_frequency(terms), terms.conventions.schedule is ScheduleKind.BULLET
    first = terms.first_due_on
    if single:
        return (first or later(start, usual, terms.tenor),)
    if first is not None:
        return tuple(later(first, usual, number) for number in range(terms.tenor))
    return tuple(later(start, usual, number) for number in range(1, terms.tenor + 1))


def usual_frequency(terms: LoanTerms) -> Frequency:
    """Return how far apart a loan's due dates are; of one with a single one, its tenor's unit."""
    days = terms.conventions.tenor_unit is TenorUnit.DAYS
    return Frequency(1, FrequencyUnit.DAYS if days else FrequencyUnit.MONTHS)


def later(start: date, frequency: Frequency, times: int) -> date:
    """Return the day so many periods later; a month that is too short ends earlier."""
    steps = frequency.every * times
    match frequency.unit:
        case FrequencyUnit.DAYS:
            return start + timedelta(days=steps)
        case FrequencyUnit.WEEKS:
            return start + timedelta(weeks=steps)
        case FrequencyUnit.MONTHS:
            return add_months(start, steps)
        case FrequencyUnit.YEARS:
            return add_months(start, steps * MONTHS_PER_YEAR)


def level_instalment(
    principal_fen: int, rate_ppm_per_day: int, periods: int, conventions: Conventions
) -> int:
    """Return the equal monthly sum that repays the principal, rounded to the product's unit."""
    month = Frequency(1, FrequencyUnit.MONTHS)
    return level_of_periods(principal_fen, Rate(rate_ppm_per_day), month, periods, conventions)


def level_of_periods(
    principal_fen: int, rate: Rate, frequency: Frequency, periods: int, conventions: Conventions
) -> int:
    """Return the equal sum of each period that repays the principal, in the product's unit."""
    unit, mode = conventions.instalment_unit_fen, conventions.rounding_mode
    risen, whole = rate.ppm * frequency.every, PPM * rate.days
    match frequency.unit:
        case FrequencyUnit.DAYS:
            pass
        case FrequencyUnit.WEEKS:
            risen *= 7
        case FrequencyUnit.MONTHS:
            risen, whole = risen * conventions.days_per_year, whole * MONTHS_PER_YEAR
        case FrequencyUnit.YEARS:
            risen *= conventions.days_per_year
    return level_payment(principal_fen, (risen, whole), periods, unit, mode)
