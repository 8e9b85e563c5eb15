"""Where trained readers are plugged in: labelled examples go in, a reader comes out.

The invariant: what is trained knows nothing but its examples, and the same examples always train
the same reader. Without any, the readers that come with the package answer; too few teach nothing,
and then rules answer, which the reader's name says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.kernel.errors import Invalid
from martlet.supplychain.extraction.labelled import sentences_of
from martlet.supplychain.extraction.limits import TRAINING_SENTENCES_MIN
from martlet.supplychain.extraction.rules import KnownNames, TriggerPairs
from martlet.supplychain.extraction.trained import TrainedReaders, shipped_readers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.supplychain.extraction.calibration import HeldOutFigures
    from martlet.supplychain.extraction.mentions import TrainedMentions
    from martlet.supplychain.extraction.pairs import TrainedPairs
    from martlet.supplychain.extraction.ports import (
        LabelledPair,
        LabelledSentence,
        MentionRecogniser,
        PairClassifier,
    )

_SEED = 1


@dataclass(frozen=True, slots=True)
class Lesson:
    """Readers trained on one file, and how each did on sentences of it that were held out."""

    readers: TrainedReaders
    mentions: HeldOutFigures
    pairs: HeldOutFigures
    ties: HeldOutFigures


def learn(train: Sequence[LabelledPair]) -> Lesson:
    """Return both readers trained on labelled pairs; refuse too few."""
    sentences = sentences_of(train)
    if len(sentences) < TRAINING_SENTENCES_MIN:
        raise Invalid("extraction.too_few_examples", least=TRAINING_SENTENCES_MIN)
    mentions, of_mentions = _mentions(sentences)
    pairs, of_pairs, of_ties = _pairs(train)
    return Lesson(TrainedReaders(mentions, pairs), of_mentions, of_pairs, of_ties)


def pair_classifier(train: Sequence[LabelledPair]) -> PairClassifier:
    """Return a classifier trained on these pairs, the package's without any, else the rules."""
    if not train:
        return shipped_readers().pairs
    if len({each.pair.sentence for each in train}) < TRAINING_SENTENCES_MIN:
        return TriggerPairs(frozenset(each.label for each in train))
    return _pairs(train)[0]


def mention_recogniser(train: Sequence[LabelledSentence]) -> MentionRecogniser:
    """Return a recogniser trained on these sentences, the package's without any, else the rules."""
    if not train:
        return shipped_readers().mentions
    if len(train) < TRAINING_SENTENCES_MIN:
        return KnownNames(name for each in train for name in each.names)
    return _mentions(train)[0]


def _pairs(train: Sequence[LabelledPair]) -> tuple[TrainedPairs, HeldOutFigures, HeldOutFigures]:
    from martlet.supplychain.extraction.pairs_training import (  # noqa: PLC0415 - only to train
        train_pairs,
    )

    return train_pairs(train, np.random.default_rng(_SEED))


def _mentions(train: Sequence[LabelledSentence]) -> tuple[TrainedMentions, HeldOutFigures]:
    from martlet.supplychain.extraction.mentions_training import (  # noqa: PLC0415 - only to train
        train_mentions,
    )

    return train_mentions(train, np.random.default_rng(_SEED))
