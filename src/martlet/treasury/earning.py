"""What money earns: of a day, of a term, and what of it is kept where a term is broken.

Ticks are 1/10,000 fen; only `ticks_to_fen` makes fen of them. Broken money never keeps more than
it has earned, whatever the product says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.kernel.calendar import add_months
from martlet.kernel.rates import PPM, TICKS_PER_FEN, ticks_to_fen
from martlet.kernel.rounding import RoundingMode, divide
from martlet.treasury.product import Kept

if TYPE_CHECKING:
    from datetime import date

    from martlet.treasury.model import Lot, Position
    from martlet.treasury.product import Terms


def earned_ticks(day_base: int, principal_fen: int, ppm_per_year: int, days: int) -> int:
    """Return what an amount earns at a yearly yield in some days, rounded down to a tick."""
    assert principal_fen >= 0 <= ppm_per_year, (principal_fen, ppm_per_year)
    assert days >= 0, days
    weight = principal_fen * ppm_per_year * days * TICKS_PER_FEN
    return divide(weight, PPM * day_base, RoundingMode.DOWN)


def term_end(terms: Terms, lot: Lot, matures_on: date | None) -> date | None:
    """Return the first day on which a lot no longer earns; None while its term is not known."""
    if matures_on is None or terms.earns_past_term:
        return matures_on
    if terms.tenor_days is not None:
        return type(matures_on).fromordinal(lot.value_day.toordinal() + terms.tenor_days)
    assert terms.first_on is not None
    assert terms.instalments is not None
    return min(matures_on, add_months(terms.first_on, terms.instalments))


def lot_days(terms: Terms, lot: Lot, matures_on: date | None, until: date) -> int:
    """Return for how many days a lot has earned by the start of a day."""
    end = term_end(terms, lot, matures_on)
    last = until if end is None else min(until, end)
    return max((last - lot.value_day).days, 0)


def lot_fen(terms: Terms, lot: Lot, matures_on: date | None, until: date) -> int:
    """Return what a lot has earned by the start of a day, in whole fen."""
    days = lot_days(terms, lot, matures_on, until)
    ticks = earned_ticks(terms.day_base, lot.principal_fen, lot.ppm_per_year, days)
    return ticks_to_fen(ticks, terms.rounding_mode)


def lots_fen(terms: Terms, position: Position, until: date) -> int:
    """Return what all lots have earned by the start of a day; each is rounded by itself."""
    return sum(lot_fen(terms, lot, position.matures_on, until) for lot in position.lots)


def kept_fen(terms: Terms, lot: Lot, days: int) -> int:
    """Return the interest that a lot keeps when it is broken after some days."""
    rules = terms.breakage
    earned = earned_ticks(terms.day_base, lot.principal_fen, lot.ppm_per_year, days)
    match rules.kept:
        case Kept.NOTHING:
            ticks = 0
        case Kept.SHARE:
            ticks = divide(earned * rules.share_ppm, PPM, RoundingMode.DOWN)
        case Kept.OTHER_YIELD:
            ticks = earned_ticks(terms.day_base, lot.principal_fen, rules.ppm_per_year, days)
        case Kept.LESS_DAYS:
            left = max(days - rules.lost_days, 0)
            ticks = earned_ticks(terms.day_base, lot.principal_fen, lot.ppm_per_year, left)
    return ticks_to_fen(min(ticks, earned), terms.rounding_mode)
