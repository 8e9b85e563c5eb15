"""Where trained readers are plugged in: labelled examples go in, a reader comes out.

The invariant: without enough labelled sentences nothing learned answers, and the reader's name says
which kind it is. The same examples always train the same reader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from martlet.supplychain.extraction.limits import TRAINING_SENTENCES_MIN
from martlet.supplychain.extraction.rules import KnownNames, TriggerPairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.supplychain.extraction.ports import (
        LabelledPair,
        LabelledSentence,
        MentionRecogniser,
        PairClassifier,
    )

_SEED = 1


def pair_classifier(train: Sequence[LabelledPair]) -> PairClassifier:
    """Return a classifier trained on these pairs, or the rules where they are too few."""
    if len({each.pair.sentence for each in train}) < TRAINING_SENTENCES_MIN:
        return TriggerPairs(frozenset(each.label for each in train))
    from martlet.supplychain.extraction.pairs_training import (  # noqa: PLC0415 - only to train
        train_pairs,
    )

    return train_pairs(train, np.random.default_rng(_SEED))


def mention_recogniser(train: Sequence[LabelledSentence]) -> MentionRecogniser:
    """Return a recogniser trained on these sentences, or the rules where they are too few."""
    if len(train) < TRAINING_SENTENCES_MIN:
        return KnownNames(name for each in train for name in each.names)
    from martlet.supplychain.extraction.mentions_training import (  # noqa: PLC0415 - only to train
        train_mentions,
    )

    return train_mentions(train, np.random.default_rng(_SEED))
