"""What a trained reader of sentences must answer: names in a sentence, the relation of a pair.

The invariant: whoever is trained sees labelled examples only, and answers for every sentence it is
given, `unknown` included. Rules, linear models and endpoints stand behind the same two ports and
are scored by the same scorer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

UNKNOWN = "unknown"
"""The label of a pair whose sentence states no relation; also the answer of who abstains."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two firms named in one sentence; the question is what head is to tail."""

    head: str
    tail: str
    sentence: str


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """A pair with the relation that a person read."""

    pair: Pair
    label: str


@dataclass(frozen=True, slots=True)
class LabelGuess:
    """A relation's label, and the probability that it is right."""

    label: str
    probability: float


@dataclass(frozen=True, slots=True)
class Mention:
    """A company's name where it stands in a sentence: `sentence[start:end]`."""

    start: int
    end: int
    probability: float


@dataclass(frozen=True, slots=True)
class LabelledSentence:
    """A sentence with the names of the firms in it that a person marked."""

    sentence: str
    names: frozenset[str]


class PairClassifier(Protocol):
    """Tells what relation a sentence states between two firms."""

    @property
    def name(self) -> str:
        """Return what kind of reader this is."""
        ...

    @property
    def version(self) -> str:
        """Return which edition of it: another one may answer otherwise."""
        ...

    def classify(self, pairs: Sequence[Pair]) -> Sequence[LabelGuess]:
        """Return one guess per pair, in order; `UNKNOWN` where none is stated."""
        ...


@runtime_checkable
class TieReader(Protocol):
    """A classifier that also tells whether a sentence states any business between two firms."""

    def tie(self, pair: Pair) -> float:
        """Return how likely it is that it states some business, whatever it is."""
        ...


class MentionRecogniser(Protocol):
    """Finds the names of companies in sentences."""

    @property
    def name(self) -> str:
        """Return what kind of reader this is."""
        ...

    @property
    def version(self) -> str:
        """Return which edition of it: another one may answer otherwise."""
        ...

    def find(self, sentences: Sequence[str]) -> Sequence[Sequence[Mention]]:
        """Return the mentions of each sentence, in order of their start, none overlapping."""
        ...
