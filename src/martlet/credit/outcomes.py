"""The port to what became of decisions: loans drawn on them, and whether they went bad.

The decision heart does not know loans; whoever keeps them answers through `OutcomeSource`. The
invariant: an outcome that cannot be known yet is None, never guessed. What "bad" means is the
source's own dated setting, and it says which.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date
    from uuid import UUID

    from martlet.kernel.principal import Principal


@dataclass(frozen=True, slots=True)
class BadDefinition:
    """What counts as bad for what was drawn from a day on, and where it is written.

    A write-off within the months is bad however few days the loan was overdue.
    """

    effective_from: date
    overdue_days: int
    within_months: int
    source: str

    def __post_init__(self) -> None:
        assert self.overdue_days > 0, self.overdue_days
        assert self.within_months > 0, self.within_months

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "effective_from": self.effective_from.isoformat(),
            "overdue_days": self.overdue_days,
            "within_months": self.within_months,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class LoanOutcome:
    """What became of one loan that was drawn on a decision."""

    loan_id: UUID
    decision_id: UUID
    application_id: UUID
    party_id: UUID
    drawn_on: date
    amount_fen: int
    observed_on: date
    bad: bool | None
    """None while it can still go either way."""
    ripe: bool
    """Whether its time has passed. Bad is known sooner than good, so a rate is made of ripe loans
    only: of all known ones it would be far too high."""
    bad_on: date | None
    """The first day on which it was overdue for as long as the definition says, or was written
    off, whenever that was."""
    overdue_days_max: int
    principal_lost_fen: int
    """Of a bad loan: the principal not paid back by the day observed; else nothing."""
    earned_fen: int
    """Interest and penalty paid by the day observed."""

    def __post_init__(self) -> None:
        assert self.drawn_on <= self.observed_on, self
        assert 0 <= self.principal_lost_fen <= self.amount_fen, self
        assert not self.bad or self.bad_on is not None, self
        assert not self.ripe or self.bad is not None, self


class OutcomeSource(Protocol):
    """Whoever keeps the loans: reads what became of them, and changes nothing."""

    def definitions(self) -> tuple[BadDefinition, ...]:
        """Return what "bad" means, each from its day of drawdown on."""
        ...

    def outcomes(
        self, principal: Principal, drawn_since: date | None = None
    ) -> Iterator[LoanOutcome]:
        """Return loans paid out (from a day on) that the principal may see, as of the open day."""
        ...


@dataclass(frozen=True, slots=True)
class DecisionOutcome:
    """What became of one decision: all loans drawn on it together."""

    drawn_on: date
    """The first drawdown."""
    drawn_fen: int
    bad: bool | None
    """Whether any of its ripe loans went bad; None while none of them is ripe."""
    lost_fen: int
    earned_fen: int
    loans_count: int


def by_decision(outcomes: Iterable[LoanOutcome]) -> dict[UUID, DecisionOutcome]:
    """Return what became of each decision on which anything was drawn."""
    loans: dict[UUID, list[LoanOutcome]] = defaultdict(list)
    for one in outcomes:
        loans[one.decision_id].append(one)
    return {decision_id: _together(drawn) for decision_id, drawn in loans.items()}


def _together(loans: Sequence[LoanOutcome]) -> DecisionOutcome:
    ripe = [bool(one.bad) for one in loans if one.ripe]
    return DecisionOutcome(
        drawn_on=min(one.drawn_on for one in loans),
        drawn_fen=sum(one.amount_fen for one in loans),
        bad=any(ripe) if ripe else None,
        lost_fen=sum(one.principal_lost_fen for one in loans),
        earned_fen=sum(one.earned_fen for one in loans),
        loans_count=len(loans),
    )
