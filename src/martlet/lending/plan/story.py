"""What happened to a loan, sorted into what shapes its plan and what is laid over the plan.

A `Story` is the events that stand, in the order in which they count. Nothing here knows how a plan
is made; whoever makes one asks the story what was drawn, moved and paid.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from martlet.kernel.rates import PPM
from martlet.kernel.rounding import RoundingMode, divide
from martlet.lending.events import (
    CREDITS,
    Charged,
    EventKind,
    Extended,
    LoanEvent,
    RateChanged,
    Rescheduled,
    standing,
)
from martlet.lending.limits import EVENTS_MAX
from martlet.lending.plan.rows import PlannedCharge
from martlet.lending.plan.rules import FEE, PENALTY

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from martlet.lending.events import Rate
    from martlet.lending.plan.rules import PlanRules

CHARGES = {EventKind.FEE_CHARGED: FEE, EventKind.PENALTY_CHARGED: PENALTY}


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """What was agreed for a loan with a plan."""

    annual_rate: Fraction
    instalments: int
    rules: PlanRules
    unit_fen: int = 1
    mode: RoundingMode = RoundingMode.HALF_EVEN
    days_per_year: int = 360
    """With which a rate that is told per day becomes one per year."""

    def rounded(self, amount: Fraction) -> int:
        """Return an exact amount in whole fen."""
        return divide(amount.numerator, amount.denominator, self.mode)

    def in_units(self, amount: Fraction | int) -> int:
        """Return an exact amount as a multiple of the unit in which instalments are asked for."""
        exact = Fraction(amount) / self.unit_fen
        return divide(exact.numerator, exact.denominator, self.mode) * self.unit_fen

    def share_ppm(self, amount_fen: int, ppm: int) -> int:
        """Return so many parts per million of an amount."""
        return divide(amount_fen * ppm, PPM, self.mode)

    def per_year(self, rate: Rate) -> Fraction:
        """Return a rate as a share per year."""
        return Fraction(rate.ppm * (self.days_per_year if rate.days == 1 else 1), PPM)

    def down_payment(self, drawn_fen: int) -> int:
        """Return what of a drawdown falls due on its own day."""
        return self.in_units(Fraction(drawn_fen * self.rules.down_payment_ppm, PPM))


@dataclass(frozen=True, slots=True)
class Change:
    """What changes from a due date on."""

    from_due_on: date
    moved_to: date | None = None
    rate: Fraction | None = None
    extra_terms: int = 0
    principal_grace: int = 0
    interest_grace: int = 0


@dataclass(frozen=True, slots=True)
class Story:
    """The events of a loan that stand by a day, in order."""

    events: tuple[LoanEvent, ...]
    touched_on: tuple[date, ...] = ()
    """Days on which the loan was looked at: of events, and of a close of business."""

    @property
    def drawdowns(self) -> list[LoanEvent]:
        """What was paid out."""
        return [event for event in self.events if event.kind is EventKind.DISBURSED]

    @property
    def credits(self) -> list[LoanEvent]:
        """What was paid in."""
        return [event for event in self.events if event.kind in CREDITS]

    @property
    def charges(self) -> list[PlannedCharge]:
        """The fees and penalties, as they were made."""
        return [planned(event) for event in self.events if event.kind in CHARGES]

    def changes(self, terms: PlanTerms) -> list[Change]:
        """Return what was agreed anew about due dates, rate, number and grace."""
        found = []
        for event in self.events:
            match event.details:
                case Rescheduled() as what:
                    rate = None if what.rate is None else terms.per_year(what.rate)
                    grace = (what.principal_grace, what.interest_grace)
                    dates = (what.from_due_on, what.moved_to)
                    found.append(Change(*dates, rate, what.extra_terms, *grace))
                case RateChanged() as what:
                    # From that night on: not for the row whose last night is the one before.
                    first = what.effective_on + timedelta(days=1)
                    found.append(Change(first, rate=terms.per_year(what.rate)))
                case Extended() as what:
                    found.append(Change(event.value_date, extra_terms=what.extra_terms))
                case _:
                    continue
        return found


def planned(event: LoanEvent) -> PlannedCharge:
    """Return the charge that an event made."""
    assert isinstance(event.details, Charged), event
    due_on, name = event.details.due_on or event.value_date, event.details.name
    part = CHARGES[event.kind]
    return PlannedCharge(event.event_id, part, event.value_date, due_on, event.amount_fen, name)


def _counts_from(event: LoanEvent) -> date:
    """Return the day from which an event counts; a charge counts from its due date, if earlier."""
    if isinstance(event.details, Charged) and event.details.due_on is not None:
        return min(event.value_date, event.details.due_on)
    return event.value_date


def tell(events: Iterable[LoanEvent], as_of: date, touched_on: Iterable[date] = ()) -> Story:
    """Return the events that stand by a day: by value date, then as they became known."""
    ordered = sorted(
        (event for event in standing(list(events)) if event.value_date <= as_of),
        key=lambda event: (_counts_from(event), event.sequence),
    )
    assert len(ordered) <= EVENTS_MAX, len(ordered)
    looked = {*touched_on, *(event.value_date for event in ordered)}
    return Story(tuple(ordered), tuple(sorted(day for day in looked if day <= as_of)))
