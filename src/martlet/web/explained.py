"""A decision in words and bars, as the owner and the officer both see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.credit import explanation
from martlet.web.waterfall import Bar, bars

if TYPE_CHECKING:
    from martlet.credit import Decision, Explanation
    from martlet.web.visitors import Visitor


@dataclass(frozen=True, slots=True)
class Explained:
    """The waterfall as bars, and the sentences."""

    bars: list[Bar]
    words: Explanation


def explained(decision: Decision, visitor: Visitor) -> Explained:
    """Return a decision in the visitor's language."""
    words = explanation(decision, visitor.locale)
    steps = [(step.sentence, step.amount_fen) for step in words.steps]
    total = visitor.say("Limit")
    return Explained(bars(steps, decision.limit_fen, total) if steps else [], words)
