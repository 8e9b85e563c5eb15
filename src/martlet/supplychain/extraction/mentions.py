"""Names of companies in a sentence, by a trained sequence model with a calibrated probability.

The invariant: a mention's probability is that of exactly this stretch being a name, summed over
all readings of the sentence and set right on sentences that were held out; the mentions told do
not overlap, and none is told below the threshold that was chosen on those sentences.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from martlet.supplychain.extraction.chain_sums import sums
from martlet.supplychain.extraction.limits import NAME_CHARS_MAX, SENTENCE_CHARS_MAX
from martlet.supplychain.extraction.mentions_features import feature_ids
from martlet.supplychain.extraction.ports import Mention

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from martlet.supplychain.extraction.calibration import Calibration
    from martlet.supplychain.extraction.gazetteer import Gazetteer

Floats = NDArray[np.float64]

OUTSIDE, FIRST, INSIDE, LAST, ALONE = range(5)
TAGS = 5
AFTER = ((0, 1, 4), (2, 3), (2, 3), (0, 1, 4), (0, 1, 4))
"""Which tags may follow each: a name that was begun is ended, and none is ended unbegun."""
OPENING = np.array([1.0, 1.0, 0.0, 0.0, 1.0])
CLOSING = np.array([1.0, 0.0, 0.0, 1.0, 1.0])
"""Tags that a sentence may begin and end with."""
PROBABILITY_MIN = 0.01
"""Stretches less likely than this are not looked at."""


@dataclass(frozen=True, slots=True)
class SequenceModel:
    """Weights of a linear chain over the characters of a sentence."""

    weights: NDArray[np.float32]
    """One row per place in the feature table, one column per tag."""
    steps: Floats
    """Weight of going from one tag to the next."""
    known: Gazetteer

    @property
    def table_bits(self) -> int:
        """Return how many bits a feature's place has."""
        return int(self.weights.shape[0]).bit_length() - 1

    def stretches(
        self, sentence: str, own: Collection[str] = (), least: float = PROBABILITY_MIN
    ) -> list[tuple[int, int, float]]:
        """Return every stretch that may be a name, with the model's own probability."""
        if not sentence:
            return []
        ids = feature_ids(sentence, self.known, own, self.table_bits)
        scores = self.weights[ids].sum(1).astype(np.float64)
        return _stretches(scores, allowed_steps(self.steps), least)


def allowed_steps(steps: Floats) -> Floats:
    """Return the factor of each step, zero for those that no reading takes."""
    factors = np.zeros((TAGS, TAGS))
    for before, following in enumerate(AFTER):
        factors[before, list(following)] = np.exp(steps[before, list(following)])
    return factors


def _stretches(scores: Floats, factors: Floats, least: float) -> list[tuple[int, int, float]]:
    weights, forward, backward = sums(scores, factors, OPENING, CLOSING)
    length = len(scores)
    sure = forward * backward
    found = [
        (int(place), int(place) + 1, float(sure[place, ALONE]))
        for place in np.flatnonzero(sure[:, ALONE] > least)
    ]
    for start in np.flatnonzero(sure[:, FIRST] > least):
        running, before = float(forward[start, FIRST]), FIRST
        for place in range(int(start) + 1, min(length, int(start) + NAME_CHARS_MAX)):
            ended = running * factors[before, LAST] * weights[place, LAST] * backward[place, LAST]
            if ended > least:
                found.append((int(start), place + 1, float(ended)))
            running *= factors[before, INSIDE] * weights[place, INSIDE]
            before = INSIDE
            if running * backward[place, INSIDE] <= least:
                break
    return found


def surest(stretches: Sequence[tuple[int, int, float]]) -> list[tuple[int, int, float]]:
    """Return stretches that do not overlap, the surest first, by their start."""
    taken: list[tuple[int, int, float]] = []
    for start, end, sure in sorted(stretches, key=lambda one: (-one[2], one[0], one[1])):
        if all(end <= first or last <= start for first, last, _ in taken):
            taken.append((start, end, sure))
    return sorted(taken)


@dataclass(frozen=True, slots=True)
class TrainedMentions:
    """A sequence model with its threshold and calibration: a `MentionRecogniser`."""

    model: SequenceModel
    threshold: float
    """The model's own probability below which nothing is told."""
    calibration: Calibration
    name: str = "chain-of-characters"
    version: str = "1"

    def find(self, sentences: Sequence[str]) -> Sequence[Sequence[Mention]]:
        """Return the mentions of each sentence, in order of their start, none overlapping.

        A text without stops is read a stretch at a time; a name that lies across two is not found.
        """
        return [self._one(sentence) for sentence in sentences]

    def _one(self, sentence: str) -> list[Mention]:
        found = []
        for begin in range(0, len(sentence), SENTENCE_CHARS_MAX):
            part = sentence[begin : begin + SENTENCE_CHARS_MAX]
            for start, end, sure in surest(self.model.stretches(part, least=self.threshold)):
                probability = self.calibration.probability(sure)
                found.append(Mention(begin + start, begin + end, probability))
        return found
