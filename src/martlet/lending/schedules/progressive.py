"""Progressive schedules: level instalments over real days, that follow whatever happens to them.

A pure function of terms and of what happened, in its order: drawdowns and changes of rate level
anew from their period on; payments before or after their day move interest and leave the level
alone; pauses drop days. The last instalment that is still open always absorbs the difference.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from martlet.kernel.rounding import RoundingMode
from martlet.lending.limits import (
    ANNUAL_RATE_MAX,
    EVENTS_MAX,
    LEVEL_MOVES_MAX,
    PLAN_PERIODS_MAX,
)
from martlet.lending.schedules.conventions import Rounding
from martlet.lending.schedules.due_dates import MONTHLY, Frequency, PeriodUnit

if TYPE_CHECKING:
    from datetime import date
    from fractions import Fraction

SIGNIFICANT_DIGITS = 12
"""Digits of a factor, half-even, in every step of its making."""


class YearLength(StrEnum):
    """How many days a year has for a factor."""

    DAYS_360 = "360"
    DAYS_364 = "364"
    DAYS_365 = "365"
    ACTUAL = "actual"
    """The calendar year's own; a period over new year is split at 31 December."""


class MonthLength(StrEnum):
    """How many days a month has for a factor."""

    DAYS_30 = "30"
    CALENDAR = "calendar"
    """The month in which the period, or the part of it, begins."""
    REAL_DAYS = "real_days"
    """The days of the period itself, however its due dates fall."""


class PartRounding(StrEnum):
    """When the interest of a period with several balances becomes whole."""

    EACH = "each"
    SUM = "sum"


@dataclass(frozen=True, slots=True)
class ProgressiveConventions:
    """What a progressive schedule depends on beside its days and its rate."""

    frequency: Frequency = MONTHLY
    year_length: YearLength = YearLength.DAYS_360
    month_length: MonthLength = MonthLength.DAYS_30
    part_rounding: PartRounding = PartRounding.EACH
    instalment: Rounding = field(default_factory=lambda: Rounding(RoundingMode.HALF_EVEN))
    """The multiple to which a level instalment is rounded; interest is whole minor units."""
    relevel_rounds: int = 1
    """How often the level may move, each time only if that brings the last instalment nearer."""

    def __post_init__(self) -> None:
        assert self.frequency.unit in {PeriodUnit.DAYS, PeriodUnit.WEEKS, PeriodUnit.MONTHS}, self
        assert 0 <= self.relevel_rounds <= LEVEL_MOVES_MAX, self


@dataclass(frozen=True, slots=True)
class ProgressiveTerms:
    """The days of a loan's periods and its first rate; money comes by drawdowns."""

    period_dates: tuple[date, ...]
    """The first day, and every due date."""
    annual_rate: Fraction
    minor_per_major: int
    """The re-levelling rule compares whole currency units with periods."""
    conventions: ProgressiveConventions = field(default_factory=ProgressiveConventions)

    def __post_init__(self) -> None:
        assert 2 <= len(self.period_dates) <= PLAN_PERIODS_MAX + 1, len(self.period_dates)  # noqa: PLR2004 - a first day and one due date
        assert all(early < late for early, late in pairwise(self.period_dates)), "days in order"
        assert 0 <= self.annual_rate <= ANNUAL_RATE_MAX, self.annual_rate
        assert self.minor_per_major >= 1, self.minor_per_major


@dataclass(frozen=True, slots=True)
class Drawn:
    """Money paid out on a day; every period from its own on is levelled anew."""

    on: date
    amount: int

    def __post_init__(self) -> None:
        assert self.amount > 0, self


@dataclass(frozen=True, slots=True)
class RateChanged:
    """Another annual rate, for the nights from the eve of a day on."""

    on: date
    annual_rate: Fraction

    def __post_init__(self) -> None:
        assert 0 <= self.annual_rate <= ANNUAL_RATE_MAX, self


@dataclass(frozen=True, slots=True)
class PrincipalPaid:
    """Principal of one instalment, paid on a day: before its due date it saves interest."""

    on: date
    due_on: date
    amount: int

    def __post_init__(self) -> None:
        assert self.amount > 0, self


@dataclass(frozen=True, slots=True)
class InterestPaid:
    """Interest of one instalment, paid on a day."""

    on: date
    due_on: date
    amount: int

    def __post_init__(self) -> None:
        assert self.amount > 0, self


@dataclass(frozen=True, slots=True)
class Repaid:
    """A sum applied to the instalments in their order: interest, then principal."""

    on: date
    amount: int

    def __post_init__(self) -> None:
        assert self.amount > 0, self


@dataclass(frozen=True, slots=True)
class PaidOff:
    """All that is owed, paid on a day."""

    on: date


@dataclass(frozen=True, slots=True)
class BalanceCorrected:
    """Principal owed more (or, negative, less) from a day on, outside the instalments."""

    on: date
    amount: int


@dataclass(frozen=True, slots=True)
class InterestPaused:
    """Days that cost nothing, the first and the last included.

    A night's interest belongs to the day that ends it.
    """

    start: date
    end: date

    def __post_init__(self) -> None:
        assert self.start <= self.end, self


Happening = (
    Drawn
    | RateChanged
    | PrincipalPaid
    | InterestPaid
    | Repaid
    | PaidOff
    | BalanceCorrected
    | InterestPaused
)


@dataclass(frozen=True, slots=True)
class ProgressiveRow:
    """One instalment, and what is owed after it."""

    number: int
    from_on: date
    due_on: date
    principal: int
    interest: int
    balance: int
    principal_paid: int
    interest_paid: int
    factor_text: str
    """What the period costs per unit of balance, to twelve places."""

    @property
    def instalment(self) -> int:
        """The whole of it."""
        return self.principal + self.interest


@dataclass(frozen=True, slots=True)
class Payable:
    """What would settle an instalment on a day, paid and unpaid parts together."""

    balance: int
    """Principal outstanding on the day."""
    principal: int
    interest: int


def checked(happenings: tuple[Happening, ...]) -> tuple[Happening, ...]:
    """Return what happened, if it is not more than one loan can know."""
    assert len(happenings) <= EVENTS_MAX, len(happenings)
    return happenings
