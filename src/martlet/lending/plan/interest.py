"""What a balance costs over a span of a period: exact, rounded by whoever books it."""

from __future__ import annotations

from calendar import isleap
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from martlet.lending.parts import FrequencyUnit
from martlet.lending.plan.rules import Engine, InterestPeriod, YearLength, step
from martlet.lending.schedules.day_count import days_in_year, split_by_year

if TYPE_CHECKING:
    from datetime import date

    from martlet.lending.plan.rules import PlanRules
    from martlet.lending.plan.story import PlanTerms

EXACT = Context(prec=50, rounding=ROUND_HALF_EVEN)
"""Digits of a level payment per fen: far more than the largest amount has, and quick to raise."""

PERIODS_PER_YEAR = {FrequencyUnit.MONTHS: 12, FrequencyUnit.WEEKS: 52, FrequencyUnit.YEARS: 1}
UNIT_DAYS = {FrequencyUnit.DAYS: 1, FrequencyUnit.WEEKS: 7, FrequencyUnit.MONTHS: 30}
"""The days of a period where a plan that runs forward counts by the period in a fixed year."""


def year_days(rules: PlanRules, start: date) -> int:
    """Return the days of the year with which a loan that begins on a day reckons."""
    if rules.year_days is not None:
        return rules.year_days
    return 366 if isleap(start.year) else 365


def days_share(rules: PlanRules, start: date, span: tuple[date, date]) -> Fraction:
    """Return the share of a year that the days of a span are."""
    if rules.year_days is None and rules.year_length is YearLength.EACH:
        parts = split_by_year(*span, at_31_december=True)
        return sum((Fraction(days, days_in_year(year)) for year, days in parts), Fraction(0))
    return Fraction((span[1] - span[0]).days, year_days(rules, start))


def period_share(rules: PlanRules, start: date) -> Fraction:
    """Return the share of a year that a whole period is, where interest runs by the period."""
    every, unit = rules.frequency.every, rules.frequency.unit
    if rules.engine is Engine.PROGRESSIVE and rules.year_days and unit in UNIT_DAYS:
        return Fraction(every * UNIT_DAYS[unit], rules.year_days)
    per_year = PERIODS_PER_YEAR.get(unit) or year_days(rules, start)
    return Fraction(every, per_year)


def level_share(rules: PlanRules, start: date) -> Fraction:
    """Return the share of a year with which the level instalment is found."""
    every, unit = rules.frequency.every, rules.frequency.unit
    if rules.interest_period is InterestPeriod.REPAYMENT:
        return period_share(rules, start)
    if unit is FrequencyUnit.MONTHS:
        return Fraction(every * rules.level_month_days, year_days(rules, start))
    return Fraction((step(start, 1, rules.frequency) - start).days, year_days(rules, start))


def span_share(
    rules: PlanRules, start: date, period: tuple[date, date], span: tuple[date, date]
) -> Fraction:
    """Return the share of a year that a span inside a period costs."""
    days = (span[1] - span[0]).days
    if rules.interest_period is InterestPeriod.DAILY:
        return days_share(rules, start, span)
    whole = (period[1] - period[0]).days
    if days == whole or not rules.partial_periods:
        return period_share(rules, start)
    return period_share(rules, start) * Fraction(days, whole)


def level_payment(balance_fen: int, rate: Fraction, periods: int) -> Fraction:
    """Return the equal payment that repays a balance at a rate a period."""
    assert periods > 0, periods
    if rate == 0:
        return Fraction(balance_fen, periods)
    step_rate = EXACT.divide(Decimal(rate.numerator), Decimal(rate.denominator))
    risen = EXACT.power(1 + step_rate, periods)
    each = EXACT.divide(EXACT.multiply(step_rate, risen), EXACT.subtract(risen, Decimal(1)))
    return balance_fen * Fraction(each)


def rows_interest(
    terms: PlanTerms,
    start: date,
    period: tuple[date, date],
    balances: list[tuple[date, int]],
    rate: Fraction,
) -> int:
    """Return the interest of a period: each stretch of one balance is rounded by itself.

    `balances` says from when on which balance holds; the first from the period's first day.
    """
    total = 0
    for index, (begins, balance_fen) in enumerate(balances):
        ends = balances[index + 1][0] if index + 1 < len(balances) else period[1]
        if ends > begins and balance_fen > 0:
            share = span_share(terms.rules, start, period, (begins, ends))
            total += terms.rounded(balance_fen * rate * share)
    return total
