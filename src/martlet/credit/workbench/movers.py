"""Who moves under a changed policy or model: how many, how much, and the largest by name.

The invariant: a decision that comes out the same moves nobody. One business may move in limit and
in price at once and is counted under both.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from martlet.credit.limits import REPLAY_MOVERS_TOP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from martlet.credit.model import Decision
    from martlet.credit.workbench.replay import Replayed

_REASONS = 3
"""Reasons shown of each side: the verdict and its two main causes."""


class Move(StrEnum):
    """How a decision moves."""

    NEWLY_APPROVED = "newly_approved"
    NEWLY_REFUSED = "newly_refused"
    LIMIT_UP = "limit_up"
    LIMIT_DOWN = "limit_down"
    PRICE_UP = "price_up"
    PRICE_DOWN = "price_down"


@dataclass(frozen=True, slots=True)
class Mover:
    """One application that moves."""

    decision_id: str
    party_id: str
    before: Decision
    after: Decision

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "decision_id": self.decision_id,
            "party_id": self.party_id,
            "before": _brief(self.before),
            "after": _brief(self.after),
        }


@dataclass(slots=True)
class Moved:
    """All that move in one way."""

    count: int = 0
    limit_before_fen: int = 0
    limit_after_fen: int = 0
    top: list[tuple[int, str, Mover]] = field(default_factory=list)

    def add(self, case: Replayed, weight: int) -> None:
        """Count one mover; keep it by name if it is among the largest."""
        self.count += 1
        self.limit_before_fen += case.before.limit_fen
        self.limit_after_fen += case.after.limit_fen
        decision_id = str(case.stored.decision_id)
        party_id = str(case.stored.application.party_id)
        entry = (weight, decision_id, Mover(decision_id, party_id, case.before, case.after))
        if len(self.top) < REPLAY_MOVERS_TOP:
            heapq.heappush(self.top, entry)
        else:
            heapq.heappushpop(self.top, entry)

    def largest(self) -> list[Mover]:
        """Return those kept by name, the largest first."""
        return [mover for _, _, mover in sorted(self.top, key=lambda entry: entry[:2])[::-1]]

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "count": self.count,
            "limit_before_fen": self.limit_before_fen,
            "limit_after_fen": self.limit_after_fen,
            "top": [mover.as_json() for mover in self.largest()],
        }


def moves(before: Decision, after: Decision) -> Iterator[tuple[Move, int]]:
    """Return each way in which a decision moves, with how much weight it has."""
    if before.approved != after.approved:
        kind = Move.NEWLY_APPROVED if after.approved else Move.NEWLY_REFUSED
        yield kind, max(before.limit_fen, after.limit_fen)
        return
    if not before.approved:
        return
    change_fen = after.limit_fen - before.limit_fen
    if change_fen:
        yield (Move.LIMIT_UP if change_fen > 0 else Move.LIMIT_DOWN), abs(change_fen)
    dearer = after.rate_ppm_per_day - before.rate_ppm_per_day
    if dearer:
        weight = abs(dearer) * after.limit_fen
        yield (Move.PRICE_UP if dearer > 0 else Move.PRICE_DOWN), weight


def _brief(decision: Decision) -> dict[str, Any]:
    return {
        "outcome": decision.outcome.value,
        "limit_fen": decision.limit_fen,
        "rate_ppm_per_day": decision.rate_ppm_per_day,
        "pd_ppm": decision.pd_ppm,
        "band": decision.band,
        "reasons": [reason.as_json() for reason in decision.reasons[:_REASONS]],
    }
