"""Flat interest: what was drawn costs the same every period, whatever has been repaid of it.

The interest of the whole term is shared out alike over the rows that ask for interest; the last of
them takes what rounding left, so the sum is the rounded whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from martlet.lending.plan.interest import period_share, year_days
from martlet.lending.plan.rules import InterestPeriod, step

if TYPE_CHECKING:
    from datetime import date

    from martlet.lending.plan.story import PlanTerms


@dataclass(slots=True)
class FlatInterest:
    """What interest is still to be asked for, and how much of it with each row."""

    terms: PlanTerms
    start: date
    left: Fraction = Fraction(0)
    each: Fraction | None = None
    """None: to be found anew with the next row."""

    def _term_share(self) -> Fraction:
        """Return the share of a year that the agreed term is."""
        rules, number = self.terms.rules, self.terms.instalments
        if rules.interest_period is InterestPeriod.DAILY:
            last = step(self.start, number, rules.frequency)
            return Fraction((last - self.start).days, year_days(rules, self.start))
        return period_share(rules, self.start) * number

    def raise_by(self, drawn_fen: int, rate: Fraction, rows_left: int, rows: int) -> None:
        """Take up a drawdown: it costs its share of the term that is left."""
        costing = max(0, rows_left - self.terms.rules.interest_free)
        self.left += drawn_fen * rate * self._term_share() * Fraction(costing, rows)
        self.each = None

    def restart(self, principal_fen: int, rate: Fraction) -> None:
        """Reckon anew at another rate, from the principal that is not asked for yet."""
        self.left = principal_fen * rate * self._term_share()
        self.each = None

    def next(self, period: int, number: int, quiet: int) -> int:
        """Return what a row asks for; the first `quiet` rows ask for nothing."""
        if period <= quiet or period > number:
            return 0
        if self.each is None:
            self.each = self.left / (number - max(period - 1, quiet))
        # Never more than is left: rounding up would leave the last row less than nothing.
        left = max(0, self.terms.rounded(self.left))
        each = max(0, self.terms.rounded(self.each))
        interest = left if period == number else min(left, each)
        self.left -= interest
        return interest
