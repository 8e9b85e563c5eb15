"""A relief programme as values: whom it helps, what it gives in which order, and who pays.

A programme is data. Nothing here knows a database: who is helped is a rule over columns, what is
given becomes dated steps, and both are the same for a preview, a launch and a proof.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from martlet.kernel.calendar import add_months
from martlet.kernel.rates import PPM
from martlet.kernel.rounding import RoundingMode, divide

if TYPE_CHECKING:
    from martlet.lending.product import Component


class Stage(StrEnum):
    """How a programme stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    LAUNCHED = "launched"
    STOPPED = "stopped"
    REVERSED = "reversed"


class MeasureKind(StrEnum):
    """What a programme can give."""

    INTEREST_FREE = "interest_free"
    """For a time nothing accrues: the rate is nought."""
    RATE = "rate"
    """For a time a share of the agreed rate."""
    PAUSE = "pause"
    """For a time interest stands still: no night of it counts."""
    WAIVE = "waive"
    """At once, a part of what is owed is given up."""
    EXTEND = "extend"
    """At once, the loan may be repaid later."""


class Payer(StrEnum):
    """On whose account the cost stands."""

    OWN = "own"
    SUBSIDY = "subsidy"
    PARTNER = "partner"


LASTING = frozenset({MeasureKind.INTEREST_FREE, MeasureKind.RATE, MeasureKind.PAUSE})


@dataclass(frozen=True, slots=True)
class Measure:
    """One step of what a programme gives; which fields count is said by its kind."""

    kind: MeasureKind
    months: int = 0
    days: int = 0
    rate_ppm: int = 0
    component: Component | None = None
    share_ppm: int = PPM
    up_to_fen: int | None = None
    instalments: int = 0

    def ends(self, begins: date, anchor_day: int) -> date:
        """Return the first day on which it no longer holds; months keep to the anchor's day."""
        if self.kind not in LASTING:
            return begins
        later = add_months(begins, self.months, anchor_day) if self.months else begins
        return later + timedelta(days=self.days)

    def rate_of(self, agreed_ppm_per_day: int) -> int:
        """Return the daily rate while it holds, rounded in the borrower's favour."""
        if self.kind is MeasureKind.RATE:
            return divide(agreed_ppm_per_day * self.rate_ppm, PPM, RoundingMode.DOWN)
        return 0

    def waived_of(self, owed_fen: int) -> int:
        """Return how much of an owed amount it gives up, rounded in the borrower's favour."""
        assert self.kind is MeasureKind.WAIVE, self.kind
        share = divide(owed_fen * self.share_ppm, PPM, RoundingMode.UP)
        return share if self.up_to_fen is None else min(share, self.up_to_fen)


@dataclass(frozen=True, slots=True)
class Who:
    """Whom a programme helps; what is left open holds for everybody."""

    regions: tuple[str, ...] = ()
    trades: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    line_min_fen: int | None = None
    line_max_fen: int | None = None
    arrears_days_min: int | None = None
    arrears_days_max: int | None = None
    drawn_from: date | None = None
    drawn_until: date | None = None
    outstanding_min_fen: int | None = None
    outstanding_max_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """A text in both languages."""

    en: str
    zh_cn: str

    def label(self, locale: str) -> str:
        """Return it in a language."""
        return self.zh_cn if locale == "zh-CN" else self.en


@dataclass(frozen=True, slots=True)
class Programme:
    """A relief programme as it was written down."""

    name: str
    title: Words
    sentence: Words
    payer: Payer
    payer_name: str
    budget_fen: int
    open_from: date
    open_until: date
    who: Who
    what: tuple[Measure, ...]
    text: str = field(repr=False)
    content_hash: str = ""

    @property
    def cost_account(self) -> str:
        """The account of who pays."""
        match self.payer:
            case Payer.OWN:
                return f"expenses/relief/{self.name}"
            case Payer.SUBSIDY:
                return f"assets/subsidies/{self.payer_name}"
            case Payer.PARTNER:
                return f"assets/partners/{self.payer_name}"

    @property
    def promised_account(self) -> str:
        """Where the cost stands until the interest is forgone."""
        return f"liabilities/relief/{self.name}"

    def relief_ends(self, starts_on: date) -> date:
        """Return the first day on which nothing of it holds any more."""
        return max(step.ends for step in steps_from(self, starts_on))


@dataclass(frozen=True, slots=True)
class Step:
    """A measure with its days: from `begins` to before `ends`."""

    measure: Measure
    begins: date
    ends: date


def steps_from(programme: Programme, starts_on: date) -> tuple[Step, ...]:
    """Return what a programme gives from a day on, one step after another."""
    found, day = [], starts_on
    for measure in programme.what:
        ends = measure.ends(day, starts_on.day)
        found.append(Step(measure, day, ends))
        day = ends
    return tuple(found)


def arrears_class(days_overdue: int) -> str:
    """Return the bucket in which figures by lateness are shown."""
    for last, name in ((0, "current"), (30, "1_30"), (90, "31_90"), (270, "91_270")):
        if days_overdue <= last:
            return name
    return "over_270"
