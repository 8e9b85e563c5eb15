"""Sums over decisions before and after: counted one by one, exact, in as little memory as groups.

The invariant: a mean is made once, at the end, from whole-number sums; nothing is averaged twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from martlet.credit.workbench.assumptions import PPM
from martlet.kernel.rounding import divide

if TYPE_CHECKING:
    from martlet.credit.model import Decision
    from martlet.credit.outcomes import DecisionOutcome
    from martlet.credit.workbench.assumptions import Money


@dataclass(slots=True)
class Totals:
    """One side (before or after) of a group of applications."""

    cases: int = 0
    approved: int = 0
    limit_fen: int = 0
    interest_fen: int = 0
    loss_fen: int = 0
    funding_fen: int = 0
    cost_fen: int = 0
    rate_by_limit: int = 0
    pd_by_limit: int = 0

    def add(self, decision: Decision, money: Money, pd_ppm: int | None = None) -> None:
        """Count one decision, by its own pd or by another."""
        self.cases += 1
        if not decision.approved:
            return
        self.approved += 1
        self.limit_fen += money.limit_fen
        self.interest_fen += money.interest_fen
        self.loss_fen += money.loss_fen
        self.funding_fen += money.funding_fen
        self.cost_fen += money.cost_fen
        self.rate_by_limit += money.limit_fen * decision.rate_ppm_per_day
        self.pd_by_limit += money.limit_fen * (decision.pd_ppm if pd_ppm is None else pd_ppm)

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value; rate and pd are weighted by limit."""
        return {
            "cases_count": self.cases,
            "approved_count": self.approved,
            "approval_ppm": share_ppm(self.approved, self.cases),
            "limit_fen": self.limit_fen,
            "rate_ppm_per_day": mean(self.rate_by_limit, self.limit_fen),
            "pd_ppm": mean(self.pd_by_limit, self.limit_fen),
            "expected_interest_fen": self.interest_fen,
            "expected_loss_fen": self.loss_fen,
            "funding_fen": self.funding_fen,
            "cost_fen": self.cost_fen,
            "expected_profit_fen": self.interest_fen
            - self.loss_fen
            - self.funding_fen
            - self.cost_fen,
        }


@dataclass(slots=True)
class Lived:
    """What became of a group of decisions that were approved when they were made."""

    decisions: int = 0
    drawn: int = 0
    known: int = 0
    bad: int = 0
    drawn_fen: int = 0
    lost_fen: int = 0
    earned_fen: int = 0

    def add(self, outcome: DecisionOutcome | None) -> None:
        """Count one decision and what became of it."""
        self.decisions += 1
        if outcome is None:
            return
        self.drawn += 1
        self.drawn_fen += outcome.drawn_fen
        self.lost_fen += outcome.lost_fen
        self.earned_fen += outcome.earned_fen
        if outcome.bad is not None:
            self.known += 1
            self.bad += outcome.bad

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "decisions_count": self.decisions,
            "drawn_count": self.drawn,
            "known_count": self.known,
            "not_known_count": self.decisions - self.known,
            "bad_count": self.bad,
            "bad_ppm": share_ppm(self.bad, self.known),
            "drawn_fen": self.drawn_fen,
            "principal_lost_fen": self.lost_fen,
            "earned_fen": self.earned_fen,
        }


def share_ppm(part: int, whole: int) -> int | None:
    """Return a share in parts per million; None of nothing."""
    return mean(part * PPM, whole)


def mean(total: int, weight: int) -> int | None:
    """Return a weighted mean as a whole number; None where there is no weight."""
    return divide(total, weight) if weight else None
