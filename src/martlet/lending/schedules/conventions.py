"""Every convention of a schedule as a field: what differs between two lenders stands here.

The invariant: combinations without a meaning cannot be made. Nothing in the arithmetic asks who
the lender is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from martlet.kernel.rounding import RoundingMode, divide
from martlet.lending.limits import ANNUAL_RATE_MAX, PLAN_PERIODS_MAX
from martlet.lending.schedules.day_count import DayCount
from martlet.lending.schedules.due_dates import DueRule
from martlet.lending.schedules.factors import Compounding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from fractions import Fraction


class PlanKind(StrEnum):
    """When principal is repaid."""

    LEVEL = "level"
    """等额本息: the same sum every period."""
    EQUAL_PRINCIPAL = "equal_principal"
    """等额本金: the same principal every period, interest on what is left."""
    FLAT = "flat"
    """The same principal and the same interest, always on the first balance."""
    INTEREST_THEN_PRINCIPAL = "interest_then_principal"
    """先息后本: interest every period, all principal with the last."""
    BULLET = "bullet"
    """到期一次还本付息: everything with the last."""
    FIXED_AMOUNT = "fixed_amount"
    """A given sum every period until nothing is left."""


class InterestBy(StrEnum):
    """What a period's interest is counted by."""

    PERIOD = "period"
    """Every period costs the same part of the annual rate."""
    DAYS = "days"
    """Its days, by the day count."""


class LevelBy(StrEnum):
    """What the equal payment is computed from, whatever interest is counted by."""

    PERIOD_RATE = "period_rate"
    FACTORS = "factors"
    """The factors of the actual periods."""


class Carry(StrEnum):
    """What is carried from one row into the next."""

    ROUNDED = "rounded"
    """Balances as they are shown: what a bank books."""
    EXACT = "exact"
    """Unrounded interest and unrounded level payment, as spreadsheets do; rows only show them."""
    EXACT_INTEREST = "exact_interest"
    """Unrounded interest, but payments as they are made."""


class Closing(StrEnum):
    """How the last row of an exactly carried schedule becomes whole."""

    BY_PARTS = "by_parts"
    """Principal and interest each rounded, the payment their sum."""
    BY_TOTAL = "by_total"
    """The payment rounded once, the principal what interest leaves of it."""


class Absorbs(StrEnum):
    """Which instalment bears what rounding leaves over."""

    LAST = "last"
    FIRST = "first"


class Balloon(StrEnum):
    """What happens to principal that the last instalment of a short term leaves."""

    LEFT_OPEN = "left_open"
    """It stays as the balance of the last row: to be refinanced or paid apart."""
    PAID = "paid"
    """It is part of the last instalment."""


@dataclass(frozen=True, slots=True)
class Rounding:
    """How and to what multiple of the minor unit an amount is rounded."""

    mode: RoundingMode = RoundingMode.HALF_UP
    unit: int = 1

    def __post_init__(self) -> None:
        assert self.unit >= 1, self.unit

    def of(self, numerator: int, denominator: int = 1) -> int:
        """Return a quotient of minor units as a whole amount."""
        return divide(numerator, denominator * self.unit, self.mode) * self.unit


@dataclass(frozen=True, slots=True)
class PlanConventions:
    """All that the rows of a schedule depend on beside principal, rate and number."""

    kind: PlanKind = PlanKind.LEVEL
    due: DueRule = field(default_factory=DueRule)
    day_count: DayCount = DayCount.THIRTY_360
    interest_by: InterestBy = InterestBy.PERIOD
    compounding: Compounding = Compounding.WITH_PAYMENTS
    level_by: LevelBy = LevelBy.PERIOD_RATE
    payment: Rounding = field(default_factory=Rounding)
    interest: Rounding = field(default_factory=Rounding)
    carry: Carry = Carry.ROUNDED
    closing: Closing = Closing.BY_PARTS
    absorbs: Absorbs = Absorbs.LAST
    principal_grace: int = 0
    """First periods that repay no principal."""
    interest_grace: int = 0
    """First periods whose interest is collected only with the first period after them."""
    interest_free: int = 0
    """First periods that cost nothing."""
    balloon: Balloon = Balloon.LEFT_OPEN

    def __post_init__(self) -> None:
        for periods in (self.principal_grace, self.interest_grace, self.interest_free):
            assert 0 <= periods <= PLAN_PERIODS_MAX, periods
        by_days = self.interest_by is InterestBy.DAYS
        assert not by_days or self.compounding is Compounding.WITH_PAYMENTS, (
            "interest by days is simple inside a period"
        )
        assert by_days or self.level_by is LevelBy.PERIOD_RATE, "equal periods have one factor"
        shares = {PlanKind.FLAT, PlanKind.EQUAL_PRINCIPAL}
        assert self.absorbs is Absorbs.LAST or self.kind in shares, (
            "only equal shares of principal can leave their remainder to the first"
        )
        assert self.carry is Carry.ROUNDED or self.kind not in shares, (
            "equal shares of principal are whole amounts already"
        )


@dataclass(frozen=True, slots=True)
class RateStep:
    """Another annual rate from the interest of a row on."""

    from_number: int
    annual_rate: Fraction
    relevel: bool = True
    """Whether the payment follows; else what is left falls to the last row."""
    payment_cap: Fraction | None = None
    """The most that a payment may grow, as a multiple; unpaid interest then joins the balance."""

    def __post_init__(self) -> None:
        assert self.from_number > 1, self.from_number
        assert 0 <= self.annual_rate <= ANNUAL_RATE_MAX, self.annual_rate
        assert self.payment_cap is None or (self.relevel and self.payment_cap > 0), self


@dataclass(frozen=True, slots=True)
class Drawdown:
    """Money paid out on a day."""

    on: date
    amount: int

    def __post_init__(self) -> None:
        assert self.amount > 0, self.amount


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """What a schedule is made for; amounts in the minor unit of whatever currency."""

    principal: int
    annual_rate: Fraction
    periods: int | None
    """None for a fixed amount: as many as it takes."""
    start: date | None = None
    first_due: date | None = None
    amount: int | None = None
    """The given payment of a fixed amount, or one that replaces the computed level."""
    amortise_over: int | None = None
    """Periods that the level payment is computed for, where the term ends sooner: a balloon."""
    steps: Sequence[RateStep] = ()
    later_drawdowns: Sequence[Drawdown] = ()
    down_payment: int = 0
    """Paid back on the day of the drawdown, before the first period."""
    fee_per_period: int = 0
    """A flat sum on top of every instalment: administration, insurance of the borrower."""

    def __post_init__(self) -> None:
        assert self.principal > 0, self.principal
        assert 0 <= self.annual_rate <= ANNUAL_RATE_MAX, self.annual_rate
        assert self.periods is None or 1 <= self.periods <= PLAN_PERIODS_MAX, self.periods
        assert self.periods is not None or self.amount is not None, "a number or an amount"
        assert self.amount is None or self.amount > 0, self.amount
        assert 0 <= self.down_payment < self.principal, self.down_payment
        assert self.fee_per_period >= 0, self.fee_per_period
        assert not self.later_drawdowns or self.start is not None, "drawdowns have days"
        numbers = [step.from_number for step in self.steps]
        assert numbers == sorted(set(numbers)), numbers
        if self.amortise_over is not None:
            assert self.periods is not None, self
            assert self.periods <= self.amortise_over <= PLAN_PERIODS_MAX, self


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One instalment of a schedule; a down payment has the number 0."""

    number: int
    due_on: date | None
    payment: int
    principal: int
    interest: int
    balance: int
    fee: int = 0

    def __post_init__(self) -> None:
        assert self.payment == self.principal + self.interest + self.fee, self
