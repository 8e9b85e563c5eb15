"""A loan as values: its terms, its immutable events, and the state that follows from both.

The state is never stored as truth: it is `projection.project(terms, events, as_of)`, and whatever
a table keeps of it is a copy that can be thrown away and made again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from martlet.kernel.limits import AMOUNT_FEN_MAX, RATE_PPM_PER_DAY_MAX
from martlet.kernel.rates import ticks_to_fen
from martlet.kernel.rounding import RoundingMode, divide
from martlet.lending.product import Conventions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from uuid import UUID


class EventKind(StrEnum):
    """What can happen to a loan."""

    DISBURSED = "disbursed"
    REPAID = "repaid"


class LoanStatus(StrEnum):
    """How a loan stands."""

    PENDING = "pending"
    """Promised, the money not yet paid out."""
    LIVE = "live"
    OVERDUE = "overdue"
    """Something that fell due at least a day ago is unpaid."""
    CLOSED = "closed"
    CANCELLED = "cancelled"
    """The money was never paid out."""


@dataclass(frozen=True, slots=True)
class LoanTerms:
    """What was agreed for one drawdown."""

    principal_fen: int
    rate_ppm_per_day: int
    tenor: int
    conventions: Conventions

    def __post_init__(self) -> None:
        assert 0 < self.principal_fen <= AMOUNT_FEN_MAX, self.principal_fen
        assert 0 <= self.rate_ppm_per_day <= RATE_PPM_PER_DAY_MAX, self.rate_ppm_per_day
        assert self.tenor > 0, self.tenor

    def as_json(self) -> dict[str, Any]:
        """Return the terms as a JSON value, to be kept with the loan."""
        return {
            "principal_fen": self.principal_fen,
            "rate_ppm_per_day": self.rate_ppm_per_day,
            "tenor": self.tenor,
            "conventions": self.conventions.as_json(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> LoanTerms:
        """Read back what `as_json` wrote."""
        return cls(
            principal_fen=value["principal_fen"],
            rate_ppm_per_day=value["rate_ppm_per_day"],
            tenor=value["tenor"],
            conventions=Conventions.from_json(value["conventions"]),
        )


@dataclass(frozen=True, slots=True)
class LoanEvent:
    """Something that happened to a loan; it counts from its value date, in order of sequence."""

    event_id: UUID
    sequence: int
    kind: EventKind
    value_date: date
    amount_fen: int

    def __post_init__(self) -> None:
        assert self.sequence >= 1, self.sequence
        assert 0 < self.amount_fen <= AMOUNT_FEN_MAX, self.amount_fen


@dataclass(frozen=True, slots=True)
class Instalment:
    """What falls due on one day, and how much of it is paid."""

    number: int
    due_on: date
    principal_fen: int
    interest_fen: int
    principal_paid_fen: int = 0
    interest_paid_fen: int = 0

    def __post_init__(self) -> None:
        assert 0 <= self.principal_paid_fen <= self.principal_fen, self
        assert 0 <= self.interest_paid_fen <= self.interest_fen, self

    @property
    def due_fen(self) -> int:
        """The whole of it."""
        return self.principal_fen + self.interest_fen

    @property
    def unpaid_fen(self) -> int:
        """What is still to be paid of it."""
        return self.due_fen - self.principal_paid_fen - self.interest_paid_fen


@dataclass(frozen=True, slots=True)
class Allocation:
    """How one repayment was applied."""

    event_id: UUID
    value_date: date
    amount_fen: int
    penalty_fen: int
    interest_fen: int
    principal_fen: int
    overpaid_fen: int

    def __post_init__(self) -> None:
        parts = self.penalty_fen + self.interest_fen + self.principal_fen + self.overpaid_fen
        assert parts == self.amount_fen, self


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


@dataclass(frozen=True, slots=True)
class LoanState:
    """All that follows from a loan's terms and events at the start of a day (its own events in)."""

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
    instalments: tuple[Instalment, ...]
    """Those that have fallen due."""
    allocations: tuple[Allocation, ...]
    line: AccrualLine | None

    def __post_init__(self) -> None:
        assert self.principal_fen >= 0, self
        assert self.interest_fen >= 0, self
        assert self.penalty_fen >= 0, self
        assert self.overpaid_fen >= 0, self

    @property
    def principal_fen(self) -> int:
        """Principal outstanding."""
        return self.disbursed_fen - self.principal_paid_fen

    @property
    def interest_fen(self) -> int:
        """Interest accrued and unpaid."""
        return self.interest_accrued_fen - self.interest_paid_fen

    @property
    def penalty_fen(self) -> int:
        """Penalty accrued and unpaid; it is due at once."""
        return self.penalty_accrued_fen - self.penalty_paid_fen

    @property
    def outstanding_fen(self) -> int:
        """What would pay the loan off on this day."""
        return self.principal_fen + self.interest_fen + self.penalty_fen

    @property
    def due_fen(self) -> int:
        """What must be paid by now."""
        return self.principal_due_fen + self.interest_due_fen + self.penalty_fen

    @property
    def days_overdue(self) -> int:
        """Days since the oldest unpaid due date."""
        return (self.as_of - self.oldest_due_on).days if self.oldest_due_on is not None else 0


def recognised_fen(ticks: int, mode: RoundingMode) -> int:
    """Return the fen recognised for a cumulative accrual: rounding never adds up over days."""
    return ticks_to_fen(ticks, mode)
