"""A loan as values: its terms, its immutable events, and the state that follows from both.

The state is never stored as truth: it is `projection.project(terms, events, as_of)`, and whatever
a table keeps of it is a copy that can be thrown away and made again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date  # noqa: TC003 - msgspec reads the fields' types
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID  # noqa: TC003 - msgspec reads the fields' types

from msgspec import convert, to_builtins

from martlet.kernel.limits import AMOUNT_FEN_MAX, RATE_PPM_PER_DAY_MAX
from martlet.kernel.rates import ticks_to_fen
from martlet.kernel.rounding import RoundingMode, divide
from martlet.lending.advances.terms import TakingsTerms  # noqa: TC001 - msgspec reads the types
from martlet.lending.events import EventKind, Rate
from martlet.lending.product import Conventions, as_of_today

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlet.lending.daily.bookmark import Bookmark


class LoanStatus(StrEnum):
    """How a loan stands."""

    PENDING = "pending"
    """Promised, the money not yet paid out."""
    LIVE = "live"
    OVERDUE = "overdue"
    """Something that fell due at least a day ago is unpaid."""
    CLOSED = "closed"
    WRITTEN_OFF = "written_off"
    """Off the books with a loss; what still comes in is a recovery."""
    CANCELLED = "cancelled"
    """The money was never paid out."""


@dataclass(frozen=True, slots=True)
class LoanTerms:
    """What was agreed for one loan: how much at most, at what rate, for how long, by what rules.

    The rate is per day, or per year where `annual_rate_ppm` is given; then the daily one is its
    share in whole ppm, to be shown and never computed with.
    """

    principal_fen: int
    rate_ppm_per_day: int
    tenor: int
    conventions: Conventions
    annual_rate_ppm: int | None = None
    first_due_on: date | None = None
    """The first due date, where it was agreed by itself; the others follow it."""
    due_dates: tuple[date, ...] = ()
    """All due dates, where each of them was agreed by itself."""
    takings: TakingsTerms | None = None
    """What is agreed beyond the principal where a share of takings repays it."""

    def __post_init__(self) -> None:
        assert 0 < self.principal_fen <= AMOUNT_FEN_MAX, self.principal_fen
        assert 0 <= self.rate_ppm_per_day <= RATE_PPM_PER_DAY_MAX, self.rate_ppm_per_day
        assert self.tenor > 0, self.tenor
        assert list(self.due_dates) == sorted(set(self.due_dates)), self.due_dates
        if self.takings is not None:
            self.takings.check(self.principal_fen)
        if self.annual_rate_ppm is not None:
            shown = self._shown_daily(self.annual_rate_ppm, self.conventions)
            assert self.rate_ppm_per_day == shown, self

    @classmethod
    def yearly(
        cls, principal_fen: int, annual_rate_ppm: int, tenor: int, conventions: Conventions
    ) -> LoanTerms:
        """Return terms whose rate is agreed per year."""
        shown = cls._shown_daily(annual_rate_ppm, conventions)
        return cls(principal_fen, shown, tenor, conventions, annual_rate_ppm)

    @staticmethod
    def _shown_daily(annual_rate_ppm: int, conventions: Conventions) -> int:
        return divide(annual_rate_ppm, conventions.days_per_year, RoundingMode.HALF_UP)

    @property
    def rate(self) -> Rate:
        """The agreed rate as it is computed with."""
        if self.annual_rate_ppm is None:
            return Rate(self.rate_ppm_per_day)
        return Rate(self.annual_rate_ppm, self.conventions.days_per_year)

    def as_json(self) -> dict[str, Any]:
        """Return the terms as a JSON value, to be kept with the loan."""
        written: dict[str, Any] = to_builtins(self)
        return written

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> LoanTerms:
        """Read back what `as_json` wrote, now or before a field was added."""
        return convert({**value, "conventions": as_of_today(value["conventions"])}, cls)


@dataclass(frozen=True, slots=True)
class Instalment:
    """What falls due on one day, and how much of it is paid, waived or written off."""

    number: int
    """From 1; 0 for what was charged back and is owed again."""
    due_on: date
    principal_fen: int
    interest_fen: int
    principal_paid_fen: int = 0
    interest_paid_fen: int = 0
    fee_fen: int = 0
    penalty_fen: int = 0
    fee_paid_fen: int = 0
    penalty_paid_fen: int = 0
    interest_waived_fen: int = 0
    fee_waived_fen: int = 0
    penalty_waived_fen: int = 0
    written_off_fen: int = 0
    """Of all its parts together."""

    def __post_init__(self) -> None:
        assert 0 <= self.principal_paid_fen <= self.principal_fen, self
        for due, paid, waived in (
            (self.interest_fen, self.interest_paid_fen, self.interest_waived_fen),
            (self.fee_fen, self.fee_paid_fen, self.fee_waived_fen),
            (self.penalty_fen, self.penalty_paid_fen, self.penalty_waived_fen),
        ):
            assert min(due, paid, waived) >= 0, self
            assert paid + waived <= due, self
        assert self.unpaid_fen >= 0, self

    @property
    def due_fen(self) -> int:
        """The whole of it."""
        return self.principal_fen + self.interest_fen + self.fee_fen + self.penalty_fen

    @property
    def paid_fen(self) -> int:
        """What has been paid of it."""
        paid = self.principal_paid_fen + self.interest_paid_fen
        return paid + self.fee_paid_fen + self.penalty_paid_fen

    @property
    def waived_fen(self) -> int:
        """What has been given up of it."""
        return self.interest_waived_fen + self.fee_waived_fen + self.penalty_waived_fen

    @property
    def unpaid_fen(self) -> int:
        """What is still to be paid of it."""
        return self.due_fen - self.paid_fen - self.waived_fen - self.written_off_fen


@dataclass(frozen=True, slots=True)
class Charge:
    """A fee or a penalty that was charged, and what became of it."""

    event_id: UUID
    kind: EventKind
    name: str
    due_on: date
    amount_fen: int
    paid_fen: int = 0
    waived_fen: int = 0
    written_off_fen: int = 0

    def __post_init__(self) -> None:
        assert self.kind in {EventKind.FEE_CHARGED, EventKind.PENALTY_CHARGED}, self
        assert min(self.paid_fen, self.waived_fen, self.written_off_fen, self.unpaid_fen) >= 0, self

    @property
    def unpaid_fen(self) -> int:
        """What is still to be paid of it."""
        return self.amount_fen - self.paid_fen - self.waived_fen - self.written_off_fen


@dataclass(frozen=True, slots=True)
class Allocation:
    """What one event did to what is owed: paid it, gave it up, wrote it off, or raised it again.

    The sign follows from the kind: a charge-back or a refund in cash raises its parts again, and
    its overpaid part is what it took out of the money owed to the customer.
    """

    event_id: UUID
    value_date: date
    amount_fen: int
    penalty_fen: int
    interest_fen: int
    principal_fen: int
    overpaid_fen: int
    fee_fen: int = 0
    kind: EventKind = EventKind.REPAID
    recovered_fen: int = 0
    """Of what had been written off."""

    def __post_init__(self) -> None:
        parts = self.penalty_fen + self.fee_fen + self.interest_fen + self.principal_fen
        assert parts + self.overpaid_fen + self.recovered_fen == self.amount_fen, self


@dataclass(frozen=True, slots=True)
class AccrualLine:
    """How interest runs from one day on while nothing happens: exact, so columns can follow it."""

    from_on: date
    until_on: date | None
    """The last day for which it holds; None means until something happens."""
    interest_ticks: int
    interest_numerator: int
    interest_denominator: int
    penalty_ticks: int
    penalty_numerator: int
    penalty_denominator: int

    def interest_at(self, day: date, mode: RoundingMode) -> int:
        """Return the ticks of interest accrued up to the start of a day."""
        assert self.covers(day), (self, day)
        run = self.interest_numerator * (day - self.from_on).days
        return self.interest_ticks + divide(run, self.interest_denominator, mode)

    def penalty_at(self, day: date, mode: RoundingMode) -> int:
        """Return the ticks of penalty accrued up to the start of a day."""
        assert self.covers(day), (self, day)
        run = self.penalty_numerator * (day - self.from_on).days
        return self.penalty_ticks + divide(run, self.penalty_denominator, mode)

    def covers(self, day: date) -> bool:
        """Tell whether the line holds on a day."""
        return self.from_on <= day and (self.until_on is None or day <= self.until_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanFigures:
    """How much of a loan is owed, paid and due at the start of a day (its own events in)."""

    as_of: date
    status: LoanStatus
    disbursed_fen: int
    principal_paid_fen: int
    interest_paid_fen: int
    penalty_paid_fen: int
    overpaid_fen: int
    interest_ticks: int
    penalty_ticks: int
    interest_accrued_fen: int
    penalty_accrued_fen: int
    principal_due_fen: int
    """Fallen due and unpaid."""
    interest_due_fen: int
    """Fallen due and unpaid."""
    advance_fen: int
    """Paid towards the coming instalment before its day."""
    oldest_due_on: date | None
    next_due_on: date | None
    matures_on: date | None
    closed_on: date | None
    line: AccrualLine | None
    fee_charged_fen: int = 0
    fee_paid_fen: int = 0
    penalty_charged_fen: int = 0
    """By events; what accrues on overdue principal is `penalty_accrued_fen`."""
    interest_waived_fen: int = 0
    fee_waived_fen: int = 0
    penalty_waived_fen: int = 0
    principal_raised_fen: int = 0
    """Owed again: charged back or refunded after it had been paid. Likewise the three below."""
    interest_raised_fen: int = 0
    fee_raised_fen: int = 0
    penalty_raised_fen: int = 0
    principal_written_off_fen: int = 0
    interest_written_off_fen: int = 0
    fee_written_off_fen: int = 0
    penalty_written_off_fen: int = 0
    goodwill_fen: int = 0
    """What the bank itself has paid, in all."""
    recovered_fen: int = 0
    """Money that came in after the write-off."""
    fee_due_fen: int = 0
    """Fallen due and unpaid."""
    penalty_not_due_fen: int = 0
    """Charged, and due only later."""
    charged_off_on: date | None = None
    written_off_on: date | None = None
    bookmark: Bookmark | None = field(default=None, compare=False, repr=False)
    """Where a later replay may begin; None where it begins with the first event."""

    def __post_init__(self) -> None:
        owed = (self.principal_fen, self.interest_fen, self.fee_fen, self.penalty_fen)
        assert min(*owed, self.overpaid_fen, self.recovered_fen, self.due_fen) >= 0, self

    @property
    def principal_fen(self) -> int:
        """Principal outstanding."""
        owed = self.disbursed_fen + self.principal_raised_fen
        return owed - self.principal_paid_fen - self.principal_written_off_fen

    @property
    def interest_fen(self) -> int:
        """Interest accrued and unpaid."""
        owed = self.interest_accrued_fen + self.interest_raised_fen
        settled = self.interest_paid_fen + self.interest_waived_fen
        return owed - settled - self.interest_written_off_fen

    @property
    def fee_fen(self) -> int:
        """Fees charged and unpaid, due or not."""
        owed = self.fee_charged_fen + self.fee_raised_fen
        return owed - self.fee_paid_fen - self.fee_waived_fen - self.fee_written_off_fen

    @property
    def penalty_fen(self) -> int:
        """Penalty accrued or charged and unpaid."""
        owed = self.penalty_accrued_fen + self.penalty_charged_fen + self.penalty_raised_fen
        settled = self.penalty_paid_fen + self.penalty_waived_fen
        return owed - settled - self.penalty_written_off_fen

    @property
    def penalty_due_fen(self) -> int:
        """Penalty to be paid by now: what accrues is due at once, what was charged on its day."""
        return self.penalty_fen - self.penalty_not_due_fen

    @property
    def outstanding_fen(self) -> int:
        """What would pay the loan off on this day."""
        return self.principal_fen + self.interest_fen + self.fee_fen + self.penalty_fen

    @property
    def due_fen(self) -> int:
        """What must be paid by now."""
        due = self.principal_due_fen + self.interest_due_fen
        return due + self.fee_due_fen + self.penalty_due_fen

    @property
    def days_overdue(self) -> int:
        """Days since the oldest unpaid due date."""
        return (self.as_of - self.oldest_due_on).days if self.oldest_due_on is not None else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanState(LoanFigures):
    """All that follows from a loan's terms and events at the start of a day (its own events in)."""

    instalments: tuple[Instalment, ...]
    """Those that have fallen due."""
    allocations: tuple[Allocation, ...]
    charges: tuple[Charge, ...] = ()
    minimum_near_fen: int = 0
    """Of an advance on takings: missing of a minimum whose end is near, where it is in doubt."""


def recognised_fen(ticks: int, mode: RoundingMode) -> int:
    """Return the fen recognised for a cumulative accrual: rounding never adds up over days."""
    return ticks_to_fen(ticks, mode)
