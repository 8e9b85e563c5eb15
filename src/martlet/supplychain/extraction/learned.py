"""Where trained readers are plugged in: labelled examples go in, a reader comes out.

The invariant: without a training file nothing learned answers, for the package carries no weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.supplychain.extraction.rules import KnownNames, TriggerPairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.supplychain.extraction.ports import (
        LabelledPair,
        LabelledSentence,
        MentionRecogniser,
        PairClassifier,
    )


def pair_classifier(train: Sequence[LabelledPair]) -> PairClassifier:
    """Return a classifier trained on these pairs, or the rules where there are none."""
    return TriggerPairs(frozenset(each.label for each in train))


def mention_recogniser(train: Sequence[LabelledSentence]) -> MentionRecogniser:
    """Return a recogniser trained on these sentences, or the rules where there are none."""
    return KnownNames(name for each in train for name in each.names)
