"""What a product with a plan leaves open, as fields: how its schedule is made, and how it is paid.

A loan keeps a copy of these rules for life. None of them is known to the code by a product's name:
two products that differ, differ here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from martlet.kernel.calendar import add_months
from martlet.kernel.rates import PPM
from martlet.lending.parts import Component, Frequency, FrequencyUnit

PENALTY, FEE = Component.PENALTY, Component.FEE
INTEREST, PRINCIPAL = Component.INTEREST, Component.PRINCIPAL


class Engine(StrEnum):
    """When the plan of a loan is made."""

    CUMULATIVE = "cumulative"
    """Anew from the start whenever something is known better; payments are then laid over it."""
    PROGRESSIVE = "progressive"
    """Forward in time: what happens on a day changes only what falls due after it."""


class InterestType(StrEnum):
    """What interest is computed on."""

    FLAT = "flat"
    """What was drawn, for the whole term."""
    DECLINING = "declining"
    """What is still owed."""


class InterestPeriod(StrEnum):
    """How long interest runs, as it is counted."""

    DAILY = "daily"
    """By the day."""
    REPAYMENT = "repayment"
    """By the period: every month costs a twelfth of the year, however long it is."""


class Amortisation(StrEnum):
    """What is alike from one instalment to the next."""

    LEVEL = "level"
    """Principal and interest together."""
    EQUAL_PRINCIPAL = "equal_principal"
    """Principal, to the fen; interest comes on top."""


class LaterDrawdowns(StrEnum):
    """How the rows share a drawdown that comes after the first has fallen due."""

    AFTER_IT = "after_it"
    """Those that fall due after it share it alike."""
    OVER_TERM = "over_term"
    """Each takes its share of the whole term; what rows before it would have had, the last."""


class YearLength(StrEnum):
    """How many days a year has, where its length is not fixed."""

    FIRST = "first"
    """As many as the year in which the loan begins, for its whole life."""
    EACH = "each"
    """Every day counts by its own year; a year begins with 31 December."""


class Timing(StrEnum):
    """How an instalment stands on the day of a payment."""

    PAST_DUE = "past_due"
    DUE = "due"
    IN_ADVANCE = "in_advance"


class Processing(StrEnum):
    """What a payment finishes first."""

    HORIZONTAL = "horizontal"
    """An instalment, with all its parts."""
    VERTICAL = "vertical"
    """A part, over all instalments."""


class FutureRule(StrEnum):
    """Which instalments that are still to come a payment goes to."""

    NEXT = "next"
    LAST = "last"
    SPREAD = "spread"
    """All of them alike."""


class Advance(StrEnum):
    """What principal paid early does to the later instalments."""

    LOWER = "lower"
    """They all become lower."""
    FEWER = "fewer"
    """They stay as high and end earlier."""
    SKIP = "skip"
    """The next ones are taken as paid, as far as the money goes."""
    LAST = "last"
    """The last of them becomes lower."""


class Rest(StrEnum):
    """From when on a payment lowers the balance that bears interest."""

    DAILY = "daily"
    PERIOD = "period"
    """Only from the next due date on."""


class EarlyInterest(StrEnum):
    """Up to when a row costs interest that is paid before its day, but within its period."""

    TO_THE_DAY = "to_the_day"
    """The day of the payment."""
    TO_THE_DUE_DATE = "to_the_due_date"
    """Its due date: principal that is paid for it bears interest until then."""


class ArrearsInterest(StrEnum):
    """For how long overdue principal bears interest on top of the plan."""

    EVERY_DAY = "every_day"
    """Until it is paid."""
    WHEN_TOUCHED = "when_touched"
    """Within a period up to the last day on which the loan was looked at; else not at all."""
    NEVER = "never"


class ChargeAccrual(StrEnum):
    """When a charge becomes income."""

    WHEN_DUE = "when_due"
    WHEN_MADE = "when_made"


class FeeAt(StrEnum):
    """With what a fee of the product comes."""

    DRAWDOWN = "drawdown"
    """With each drawdown, due on its day: so it stands in the first instalment after it."""
    INSTALMENT = "instalment"
    """With every instalment."""


class EarlyEnd(StrEnum):
    """What of the planned interest is asked for by who pays the whole loan off before its end."""

    WHOLE_PLAN = "whole_plan"
    """All of it."""
    DAYS = "days"
    """What its days have cost so far, and no fee of an instalment still to come."""


@dataclass(frozen=True, slots=True)
class PlanFee:
    """A fee that the product asks for by itself: a sum, a share of what was drawn, or both."""

    name: str
    """As it stands on a statement."""
    at: FeeAt
    fixed_fen: int = 0
    ppm: int = 0

    def __post_init__(self) -> None:
        assert self.name, "a fee has a name"
        assert self.fixed_fen >= 0, f"fixed_fen: {self.fixed_fen}"
        assert 0 <= self.ppm <= PPM, f"ppm: {self.ppm}"
        assert self.fixed_fen or self.ppm, f"{self.name}: fixed_fen or ppm"


@dataclass(frozen=True, slots=True)
class Recalculation:
    """How interest follows what was really paid."""

    rest: Rest = Rest.DAILY
    advance: Advance = Advance.LOWER
    compounding_day: int | None = None
    """The day of the month on which unpaid interest starts to bear interest; None: never."""
    arrears: ArrearsInterest = ArrearsInterest.EVERY_DAY
    early: EarlyInterest = EarlyInterest.TO_THE_DAY
    """Of a plan that runs forward."""


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Instalment by instalment, its parts in a fixed order."""

    due: tuple[Component, ...] = (PENALTY, FEE, INTEREST, PRINCIPAL)
    in_advance: tuple[Component, ...] = (PENALTY, FEE, INTEREST, PRINCIPAL)
    due_charges_first: bool = False
    """Of an instalment to come, the charges whose own day has come are paid before the rest."""


@dataclass(frozen=True, slots=True)
class Advanced:
    """By timing and part, with a rule for the future that may differ by kind of payment."""

    order: tuple[tuple[Timing, Component], ...]
    processing: Processing = Processing.HORIZONTAL
    default: FutureRule = FutureRule.NEXT
    by_kind: tuple[tuple[str, FutureRule], ...] = ()
    """The rules of kinds of event that differ, by the kind's name."""

    def __post_init__(self) -> None:
        assert len(set(self.order)) == len(self.order), self.order

    def rule(self, kind: str) -> FutureRule:
        """Return the rule for the future of a kind of payment."""
        return dict(self.by_kind).get(kind, self.default)

    def by_timing(self) -> tuple[tuple[Timing, tuple[Component, ...]], ...]:
        """Return the timings in their order, each with its parts in order."""
        timings = dict.fromkeys(timing for timing, _ in self.order)
        return tuple(
            (timing, tuple(part for when, part in self.order if when is timing))
            for timing in timings
        )


@dataclass(frozen=True, slots=True)
class LateFee:
    """A penalty on every overdue instalment, once, dated on its due date."""

    ppm: int
    on: tuple[Component, ...] = (PRINCIPAL,)
    """Of which unpaid parts it is a share."""
    after_days: int = 1
    """Days past the due date on which it is charged."""
    name: str = "late fee"
    """As it stands on a statement."""
    by_rule: bool = False
    """It follows from what is unpaid on its morning; else somebody charges it, by an event."""

    def __post_init__(self) -> None:
        assert 0 < self.ppm <= PPM, f"late_fee.ppm: {self.ppm}"
        assert self.after_days >= 0, f"late_fee.after_days: {self.after_days}"
        assert self.after_days >= 1 or not self.by_rule, "late_fee.after_days: by rule at least 1"


@dataclass(frozen=True, slots=True)
class PlanRules:
    """All that a schedule and its payment depend on beyond amount, rate, number and rounding."""

    engine: Engine = Engine.CUMULATIVE
    interest_type: InterestType = InterestType.DECLINING
    interest_period: InterestPeriod = InterestPeriod.REPAYMENT
    amortisation: Amortisation = Amortisation.LEVEL
    later_drawdowns: LaterDrawdowns = LaterDrawdowns.AFTER_IT
    frequency: Frequency = field(default_factory=lambda: Frequency(1, FrequencyUnit.MONTHS))
    year_days: int | None = None
    """None: as many as `year_length` says."""
    year_length: YearLength = YearLength.FIRST
    level_month_days: int = 30
    """By the day: the days of a month with which the level instalment is found."""
    partial_periods: bool = True
    """A drawdown inside a period costs its days only; else the whole period."""
    principal_grace: int = 0
    """The first instalments without principal."""
    interest_grace: int = 0
    """The first instalments whose interest is asked for with the one after them."""
    interest_free: int = 0
    """The first instalments without interest."""
    down_payment_ppm: int = 0
    """The share of each drawdown that falls due on its own day."""
    down_payment_automatic: bool = False
    recalculation: Recalculation | None = None
    waterfall: Waterfall = Waterfall()
    advanced: Advanced | None = None
    """By timing and part; then the waterfall is not used."""
    credit_order: tuple[Component, ...] = ()
    """Which parts a charge-back raises again, as the payment had paid them; none: principal."""
    fees: tuple[PlanFee, ...] = ()
    """Those that the product asks for by itself."""
    early_end: EarlyEnd = EarlyEnd.WHOLE_PLAN
    charged_off_bears: bool = True
    """After a charge-off rows go on asking for planned interest; it is income no more."""
    late_fee: LateFee | None = None
    charge_accrual: ChargeAccrual = ChargeAccrual.WHEN_DUE
    ageing_grace_days: int = 0
    """Days past due that do not count as delinquent."""
    ageing_from_days: tuple[int, ...] = (1, 4, 31, 61, 91, 121, 151, 181, 241)
    """The first day of each range of delinquency."""

    def __post_init__(self) -> None:
        assert 0 <= self.down_payment_ppm < PPM, self.down_payment_ppm
        assert min(self.principal_grace, self.interest_grace, self.interest_free) >= 0, self
        assert list(self.ageing_from_days) == sorted(set(self.ageing_from_days)), self
        cumulative = self.engine is Engine.CUMULATIVE
        assert not cumulative or self.advanced is None, "a plan made anew is paid row by row"
        usual = (Amortisation.LEVEL, LaterDrawdowns.AFTER_IT)
        forward = (self.amortisation, self.later_drawdowns) == usual
        assert cumulative or forward, (
            "a plan that runs forward is level, and shares a drawdown ahead"
        )

        ruled = self.fees or (self.late_fee is not None and self.late_fee.by_rule)
        ruled = ruled or self.early_end is EarlyEnd.DAYS
        remade = cumulative and self.recalculation is not None
        assert not remade or not ruled, "recalculation: not with charges by rule or early_end"

    @property
    def allocation(self) -> Waterfall | Advanced:
        """Return how a payment finds its rows."""
        return self.waterfall if self.advanced is None else self.advanced


def step(seed: date, count: int, frequency: Frequency) -> date:
    """Return the due date that lies so many periods after a day."""
    units = frequency.every * count
    match frequency.unit:
        case FrequencyUnit.DAYS:
            return seed + timedelta(days=units)
        case FrequencyUnit.WEEKS:
            return seed + timedelta(weeks=units)
        case FrequencyUnit.MONTHS:
            return add_months(seed, units)
        case FrequencyUnit.YEARS:
            return add_months(seed, 12 * units)
