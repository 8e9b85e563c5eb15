"""The relation that a sentence states between two firms, by a trained linear model.

The invariant: a pair and its reverse get inverse labels of equal probability; a pair that its
sentence does not name, or that no label is likely enough for, is `unknown`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from martlet.supplychain.extraction.pairs_features import KINDS, placed, token_hashes
from martlet.supplychain.extraction.ports import UNKNOWN, LabelGuess

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from martlet.supplychain.extraction.calibration import Calibration
    from martlet.supplychain.extraction.pairs_features import Placed
    from martlet.supplychain.extraction.ports import Pair

Floats = NDArray[np.float64]

TIES = frozenset({"订单", "签约", "交易", "合作", "商讨"})
"""Labels that say that two firms do business with each other, whatever it is."""
Row = tuple[NDArray[np.int64], Floats]
"""Places of a pair's tokens in the vocabulary, and how much each weighs."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tokens that training met more than once, and how rare each is."""

    hashes: NDArray[np.uint32]
    """Rising."""
    rarities: NDArray[np.float32]

    def row(self, here: Placed) -> Row:
        """Return the tokens of a pair; each kind of token weighs the same in all."""
        if not len(self.hashes):
            return np.zeros(0, np.int64), np.zeros(0)
        places, weights = [], []
        hashes = token_hashes(here)
        for kind in range(KINDS):
            told = np.sort(np.fromiter(hashes[kind], np.uint32))
            at = np.minimum(np.searchsorted(self.hashes, told), len(self.hashes) - 1)
            known = at[self.hashes[at] == told]
            rarity = self.rarities[known].astype(np.float64)
            length = float(np.sqrt((rarity**2).sum()))
            places.append(known)
            weights.append(rarity / length if length else rarity)
        return np.concatenate(places), np.concatenate(weights)


@dataclass(frozen=True, slots=True)
class PairModel:
    """One weight per token and label, for the first firm in the sentence towards the second."""

    vocabulary: Vocabulary
    labels: tuple[str, ...]
    inverses: Mapping[str, str]
    """The label of the reversed pair."""
    weights: NDArray[np.float32]
    """A row per token, a column per label."""
    shifts: Floats
    sharpness: float
    """What a difference of scores is worth as log odds."""

    def probabilities(self, pair: Pair) -> dict[str, float]:
        """Return how likely each label is for head towards tail; `unknown` where none is asked."""
        here = placed(pair)
        if here is None:
            return {UNKNOWN: 1.0}
        told = softmax(self.scores(here)[np.newaxis] * self.sharpness)[0].tolist()
        found = dict(zip(self.labels, told, strict=True))
        if not here.swapped:
            return found
        turned: dict[str, float] = {}
        for label, share in found.items():
            other = self.inverses.get(label, label)
            turned[other] = turned.get(other, 0.0) + share
        return turned

    def scores(self, here: Placed) -> Floats:
        """Return a score per label for the first firm towards the second."""
        at, weights = self.vocabulary.row(here)
        found: Floats = weights @ self.weights[at].astype(np.float64) + self.shifts
        return found


def softmax(scores: Floats) -> Floats:
    """Return each row of scores as shares of one."""
    odds = np.exp(scores - scores.max(1, keepdims=True))
    shares: Floats = odds / odds.sum(1, keepdims=True)
    return shares


def likeliest(probabilities: Mapping[str, float]) -> tuple[str, float]:
    """Return the likeliest label that is not `unknown`, the first by name of equals."""
    known = {label: share for label, share in probabilities.items() if label != UNKNOWN}
    if not known:
        return UNKNOWN, 0.0
    label = max(sorted(known), key=known.__getitem__)
    return label, known[label]


@dataclass(frozen=True, slots=True)
class TrainedPairs:
    """A model with its threshold and calibration: a `PairClassifier`."""

    model: PairModel
    threshold: float
    """Below this the likeliest label is not told: chosen for micro-F1 on pairs held out."""
    calibration: Calibration
    ties: Calibration
    """Of the sum of the labels in `TIES`."""
    name: str = "linear-pairs"
    version: str = "1"

    def classify(self, pairs: Sequence[Pair]) -> Sequence[LabelGuess]:
        """Return one guess per pair, in order; `UNKNOWN` where none is likely enough."""
        return [self._one(pair) for pair in pairs]

    def _one(self, pair: Pair) -> LabelGuess:
        probabilities = self.model.probabilities(pair)
        label, share = likeliest(probabilities)
        if share <= self.threshold:
            return LabelGuess(UNKNOWN, probabilities.get(UNKNOWN, 0.0))
        return LabelGuess(label, self.calibration.probability(share))

    def tie(self, pair: Pair) -> float:
        """Return how likely it is that the sentence states any business between the two."""
        probabilities = self.model.probabilities(pair)
        return self.ties.probability(sum(probabilities.get(label, 0.0) for label in sorted(TIES)))
