"""One scorer for every reader: precision, recall, F1, calibration, by written definitions.

The invariant: what is scored is counted, never weighted by hand; a reader sees no label of the file
that it is scored on. The definitions stand in docs/supplychain-extraction.md and in each function.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from martlet.supplychain.extraction.ports import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from martlet.supplychain.extraction.ports import LabelGuess

BINS = 10
"""Equal bins of confidence in the calibration error; the usual number."""


@dataclass(frozen=True, slots=True)
class Score:
    """Counts, and what follows from them."""

    right: int
    told: int
    labelled: int

    @property
    def precision(self) -> float:
        """Return the share of what was told that is right; 0 where nothing was told."""
        return self.right / self.told if self.told else 0.0

    @property
    def recall(self) -> float:
        """Return the share of what is labelled that was told rightly."""
        return self.right / self.labelled if self.labelled else 0.0

    @property
    def f1(self) -> float:
        """Return the harmonic mean of precision and recall."""
        whole = self.told + self.labelled
        return 2 * self.right / whole if whole else 0.0

    def as_json(self) -> dict[str, object]:
        """Return the counts and the three figures."""
        return {
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "f1": round(self.f1, 4),
            "told_right_count": self.right,
            "told_in_all_count": self.told,
            "labelled_in_file_count": self.labelled,
        }


def calibration_error(outcomes: Iterable[tuple[float, bool]]) -> float | None:
    """Return the expected calibration error of (confidence, right) pairs; None without any.

    The mean over ten equal bins, weighted by their size, of |mean confidence - share right|.
    """
    bins: dict[int, list[tuple[float, bool]]] = {}
    for confidence, right in outcomes:
        bins.setdefault(min(int(confidence * BINS), BINS - 1), []).append((confidence, right))
    whole = sum(map(len, bins.values()))
    if not whole:
        return None
    gaps = (
        abs(sum(sure for sure, _ in one) - sum(right for _, right in one)) for one in bins.values()
    )
    return sum(gaps) / whole


@dataclass(frozen=True, slots=True)
class PairScores:
    """Relations given the pair."""

    micro: Score
    """Over known labels: a guess of `unknown` tells nothing, a pair labelled `unknown` asks for
    nothing, and a relation told for such a pair is wrong."""
    accuracy: float
    """Share of all rows answered as labelled, `unknown` included."""
    by_label: Mapping[str, Score]
    calibration: float | None


def score_pairs(labels: Sequence[str], guesses: Sequence[LabelGuess]) -> PairScores:
    """Score relations given the pair."""
    rows = list(zip(labels, guesses, strict=True))
    right = Counter(label for label, guess in rows if label == guess.label)
    told = Counter(guess.label for _, guess in rows)
    labelled = Counter(labels)
    known = sorted((labelled.keys() | told.keys()) - {UNKNOWN})
    by_label = {name: Score(right[name], told[name], labelled[name]) for name in known}
    micro = Score(
        sum(one.right for one in by_label.values()),
        sum(one.told for one in by_label.values()),
        sum(one.labelled for one in by_label.values()),
    )
    spoken = ((g.probability, g.label == label) for label, g in rows if g.label != UNKNOWN)
    accuracy = sum(right.values()) / len(rows) if rows else 0.0
    return PairScores(micro, accuracy, by_label, calibration_error(spoken))


@dataclass(frozen=True, slots=True)
class MentionScores:
    """Names of firms in sentences."""

    all_names: Score
    """Distinct names per sentence, exact; only labelled firms count as right, so that precision is
    a lower bound."""
    unseen: Score
    """The same among labelled names that the training file does not name; `told` counts the told
    names that it does not name either."""
    calibration: float | None


def score_mentions(
    labelled: Sequence[frozenset[str]],
    told: Sequence[Mapping[str, float]],
    seen: Collection[str],
) -> MentionScores:
    """Score names per sentence; `told` maps each name found to its probability."""
    right = said = asked = 0
    new_right = new_said = new_asked = 0
    outcomes = []
    for gold, found in zip(labelled, told, strict=True):
        both = gold & found.keys()
        right, said, asked = right + len(both), said + len(found), asked + len(gold)
        new_right += sum(name not in seen for name in both)
        new_said += sum(name not in seen for name in found)
        new_asked += sum(name not in seen for name in gold)
        outcomes += [(sure, name in gold) for name, sure in found.items()]
    return MentionScores(
        Score(right, said, asked),
        Score(new_right, new_said, new_asked),
        calibration_error(outcomes),
    )


Arguments: TypeAlias = "Mapping[tuple[str, str], float]"
"""(role, argument) → confidence."""


def score_arguments(
    labelled: Sequence[frozenset[tuple[str, str]]],
    told: Sequence[Arguments],
    same: Callable[[str, str, str], bool],
) -> tuple[Score, Mapping[str, Score], float | None]:
    """Score distinct (role, argument) pairs per document, in all and by role, with calibration.

    `same` says whether a told argument of a role means a labelled one; each labelled one is won
    at most once, the surest first.
    """
    right: Counter[str] = Counter()
    said: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    outcomes = []
    for gold, found in zip(labelled, told, strict=True):
        left = set(gold)
        asked.update(role for role, _ in gold)
        for (role, text), sure in sorted(found.items(), key=lambda item: (-item[1], item[0])):
            said[role] += 1
            exact = [(role, text)] if (role, text) in left else []
            near = exact or [
                one for one in sorted(left) if one[0] == role and same(role, text, one[1])
            ]
            outcomes.append((sure, bool(near)))
            if near:
                right[role] += 1
                left.discard(near[0])
    roles = sorted(asked.keys() | said.keys())
    by_role = {role: Score(right[role], said[role], asked[role]) for role in roles}
    whole = Score(sum(right.values()), sum(said.values()), sum(asked.values()))
    return whole, by_role, calibration_error(outcomes)


def same_text(role: str, told: str, labelled: str) -> bool:
    """Return whether two arguments mean the same thing, loosely: the relaxed definition.

    Without spaces, quotes and width of signs, one contains the other and is at least half as long;
    so "about 930 million yuan" means "930 million yuan", and a firm's long name its short one.
    """
    assert role
    one, other = sorted((_plain(told), _plain(labelled)), key=len)
    return bool(one) and one in other and LEAST_SHARE * len(other) <= len(one)


LEAST_SHARE = 0.5
"""How much of the longer argument the shorter must be, under the relaxed definition."""


def _plain(text: str) -> str:
    return re.sub(r"[\s“”\"'《》「」【】]", "", unicodedata.normalize("NFKC", text)).lower()
