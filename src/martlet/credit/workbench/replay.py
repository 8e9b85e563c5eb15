"""One stored application decided again, as of its own day, by a changed policy or model.

What is not changed stays what it was: each decision's own policy and model, by their hashes. The
invariant: with nothing changed the new decision is the stored one, byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.credit.decide import decide
from martlet.kernel.canonical import canonical_json

if TYPE_CHECKING:
    from martlet.credit.model import Decision
    from martlet.credit.outcomes import DecisionOutcome
    from martlet.credit.policy import Policy
    from martlet.credit.queries import StoredDecision
    from martlet.credit.scorecard import Scorecard
    from martlet.credit.segments import Segments


@dataclass(frozen=True, slots=True)
class Replayed:
    """A stored decision beside the one that would be made, and what is known of the business."""

    stored: StoredDecision
    after: Decision
    identical: bool
    segments: Segments
    outcome: DecisionOutcome | None
    """What became of the stored decision; None where nothing was drawn on it."""

    @property
    def before(self) -> Decision:
        """The decision as it was stored."""
        return self.stored.decision


def replayed(
    stored: StoredDecision,
    policy: Policy,
    model: Scorecard,
    segments: Segments,
    outcome: DecisionOutcome | None,
) -> Replayed:
    """Return a stored application decided again by a policy and a model."""
    after = decide(stored.application, stored.signals, policy, model, stored.as_of)
    identical = canonical_json(after.as_json()) == canonical_json(stored.decision.as_json())
    return Replayed(stored, after, identical, segments, outcome)
