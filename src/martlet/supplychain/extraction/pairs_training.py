"""Trains the classifier of pairs on sentences in which a person read the relation.

The invariant: nothing is chosen on what is scored later: the threshold, the sharpness and the
calibration come from sentences that were held out, and a sentence is held out with all its pairs.
scikit-learn is needed here alone. Same rows and seed: same model.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from martlet.kernel.errors import missing_extra
from martlet.supplychain.extraction.calibration import (
    HeldOutFigures,
    calibrate,
    calibration_error_across,
)
from martlet.supplychain.extraction.pairs import (
    TIES,
    PairModel,
    TrainedPairs,
    Vocabulary,
    softmax,
)
from martlet.supplychain.extraction.pairs_features import placed, token_hashes
from martlet.supplychain.extraction.ports import UNKNOWN, Pair

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from martlet.supplychain.extraction.pairs import Row
    from martlet.supplychain.extraction.pairs_features import Placed
    from martlet.supplychain.extraction.ports import LabelledPair

SOFTNESS = 0.5
"""Of the support-vector machine (C); chosen, as what follows, by cross-validation in training."""
SEEN_MIN = 2
"""Pairs that must show a token before it counts."""
SHARPNESSES = (1.5, 2.0, 2.5, 3.0, 4.0, 5.0)
THRESHOLDS = tuple(number / 100 for number in range(4, 60))
FOLDS = 3

Floats = NDArray[np.float64]

_UNSEEN_SCORE = -3.0
"""Score of a label that a fold never saw: below all that were."""
_PASSIVE = "被"
"""Opens the label of the reversed pair, as in 收购 and 被收购."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A pair in the order of its sentence with every label that was read for it."""

    here: Placed
    sentence: str
    labels: tuple[str, ...]
    """One per labelled row: a pair may be labelled more than once, and differently."""


def train_pairs(
    rows: Sequence[LabelledPair], rng: np.random.Generator
) -> tuple[TrainedPairs, HeldOutFigures, HeldOutFigures]:
    """Return a classifier trained on these rows, its threshold the best for micro-F1 held out.

    The first figures are of the relation, the second of any business tie.
    """
    inverses = inverse_labels(rows)
    asked = questions(rows, inverses)
    held_out = cross_validated(asked, inverses, rng)
    threshold, sharpness = held_out.best()
    outcomes = held_out.outcomes(threshold, sharpness)
    figures = HeldOutFigures(
        held_out.f1(threshold, sharpness), threshold, calibration_error_across(outcomes)
    )
    model = fit_pairs(asked, inverses, sharpness=sharpness)
    ties = held_out.tie_outcomes(sharpness)
    reader = TrainedPairs(model, threshold, calibrate(outcomes), calibrate(ties))
    return reader, figures, _tie_figures(ties)


def _tie_figures(outcomes: Sequence[tuple[float, bool]]) -> HeldOutFigures:
    asked = sum(right for _, right in outcomes)
    best, told, won = (0.0, 1.0), 0, 0
    for sure, right in sorted(outcomes, reverse=True):
        told, won = told + 1, won + right
        best = max(best, (2 * won / (told + asked), sure)) if asked else best
    return HeldOutFigures(*best, calibration_error_across(outcomes))


def inverse_labels(rows: Sequence[LabelledPair]) -> dict[str, str]:
    """Return the label of the reversed pair: as the rows show it, else by its first character."""
    read: dict[Pair, set[str]] = {}
    for row in rows:
        read.setdefault(row.pair, set()).add(row.label)
    labels = sorted({row.label for row in rows})
    shown: dict[str, Counter[str]] = {label: Counter() for label in labels}
    for row in rows:
        reverse = Pair(row.pair.tail, row.pair.head, row.pair.sentence)
        shown[row.label].update(read.get(reverse, ()))
    found = {}
    for label in labels:
        if shown[label]:
            found[label] = max(sorted(shown[label]), key=shown[label].__getitem__)
        elif label.startswith(_PASSIVE):
            found[label] = label.removeprefix(_PASSIVE)
        else:
            found[label] = _PASSIVE + label if _PASSIVE + label in labels else label
    return found


def questions(rows: Sequence[LabelledPair], inverses: Mapping[str, str]) -> list[Asked]:
    """Return each pair of a sentence once, whichever way round its rows name it."""
    found: dict[tuple[str, str, str], tuple[Placed, list[str]]] = {}
    for row in rows:
        here = placed(row.pair)
        if here is None:
            continue
        key = (row.pair.sentence, here.first, here.second)
        label = inverses[row.label] if here.swapped else row.label
        found.setdefault(key, (here, []))[1].append(label)
    return [Asked(here, key[0], tuple(labels)) for key, (here, labels) in found.items()]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Scores of pairs by models that did not see their sentences, and the labels read for them."""

    scores: Floats
    """A row per pair, a column per label."""
    read: Floats
    """How many rows gave the pair each label."""
    labels: Sequence[str]

    @property
    def unknown(self) -> NDArray[np.bool_]:
        """Return which column, if any, is `unknown`."""
        return np.array([label == UNKNOWN for label in self.labels])

    def best(self) -> tuple[float, float]:
        """Return the threshold and sharpness of the highest micro-F1."""
        return max(
            ((least, sharp) for sharp in SHARPNESSES for least in THRESHOLDS),
            key=lambda one: self.f1(*one),
        )

    def f1(self, threshold: float, sharpness: float) -> float:
        """Return micro-F1 over the known labels."""
        outcomes = self.outcomes(threshold, sharpness)
        asked = float(self.read[:, ~self.unknown].sum())
        return 2 * sum(right for _, right in outcomes) / max(len(outcomes) + asked, 1.0)

    def outcomes(self, threshold: float, sharpness: float) -> list[tuple[float, bool]]:
        """Return the probability of every label told, and whether the row was labelled so."""
        shares = softmax(self.scores * sharpness)
        shares[:, self.unknown] = -1.0
        likeliest, sure = shares.argmax(1), shares.max(1)
        found = []
        for row in np.flatnonzero(sure > threshold):
            right = int(self.read[row, likeliest[row]])
            wrong = int(self.read[row].sum()) - right
            found += [(float(sure[row]), True)] * right + [(float(sure[row]), False)] * wrong
        return found

    def tie_outcomes(self, sharpness: float) -> list[tuple[float, bool]]:
        """Return the probability of any business tie, and whether the row was labelled as one."""
        business = np.array([label in TIES for label in self.labels])
        sure = softmax(self.scores * sharpness)[:, business].sum(1)
        found = []
        for row, read in enumerate(self.read):
            right, whole = int(read[business].sum()), int(read.sum())
            found += [(float(sure[row]), True)] * right
            found += [(float(sure[row]), False)] * (whole - right)
        return found


def cross_validated(
    asked: Sequence[Asked],
    inverses: Mapping[str, str],
    rng: np.random.Generator,
    folds: int = FOLDS,
) -> HeldOut:
    """Return the scores of each pair by a model trained on other sentences."""
    sentences = sorted({one.sentence for one in asked})
    parts = rng.permutation(len(sentences)) % folds
    part_of = dict(zip(sentences, parts.tolist(), strict=True))
    labels = _labels(inverses)
    scores = np.full((len(asked), len(labels)), _UNSEEN_SCORE)
    read = np.zeros((len(asked), len(labels)))
    for held in range(folds):
        model = fit_pairs([one for one in asked if part_of[one.sentence] != held], inverses)
        columns = [labels.index(label) for label in model.labels]
        for row, one in enumerate(asked):
            if part_of[one.sentence] == held:
                scores[row, columns] = model.scores(one.here)
    for row, one in enumerate(asked):
        for label in one.labels:
            read[row, labels.index(label)] += 1
    return HeldOut(scores, read, labels)


def _labels(inverses: Mapping[str, str]) -> list[str]:
    return sorted({*inverses, *inverses.values()})


def fit_pairs(
    asked: Sequence[Asked], inverses: Mapping[str, str], sharpness: float = 1.0
) -> PairModel:
    """Return one-against-rest weights for each label that the pairs show."""
    vocabulary = _vocabulary(asked)
    rows, labels = [], []
    for one in asked:
        row = vocabulary.row(one.here)
        for label in one.labels:
            rows.append(row)
            labels.append(label)
    if len(set(labels)) == 1:
        none = np.zeros((len(vocabulary.hashes), 1), np.float32)
        return PairModel(vocabulary, (labels[0],), dict(inverses), none, np.zeros(1), sharpness)
    machine = _machine(rows, len(vocabulary.hashes), labels)
    weights, shifts = machine.coef_.T, machine.intercept_
    if weights.shape[1] == 1:
        # Of two labels the machine weighs the second only.
        weights, shifts = np.hstack([-weights, weights]), np.array([-shifts[0], shifts[0]])
    return PairModel(
        vocabulary,
        tuple(machine.classes_.tolist()),
        dict(inverses),
        np.ascontiguousarray(weights, np.float32),
        np.asarray(shifts, np.float64),
        sharpness,
    )


def _machine(rows: Sequence[Row], tokens: int, labels: Sequence[str]) -> Any:  # noqa: ANN401 - a library without types
    svm, sparse = _libraries()
    ends = np.cumsum([0, *(len(at) for at, _ in rows)])
    table = sparse.csr_matrix(
        (np.concatenate([w for _, w in rows]), np.concatenate([at for at, _ in rows]), ends),
        shape=(len(rows), tokens),
    )
    return svm.LinearSVC(C=SOFTNESS, random_state=1).fit(table, labels)


def _vocabulary(asked: Sequence[Asked]) -> Vocabulary:
    pairs_with: Counter[int] = Counter()
    for one in asked:
        for hashes in token_hashes(one.here).values():
            pairs_with.update(hashes)
    kept = np.array(
        sorted(number for number, count in pairs_with.items() if count >= SEEN_MIN), np.uint32
    )
    counts = np.array([pairs_with[int(number)] for number in kept], np.float64)
    rarities = np.log((1 + len(asked)) / (1 + counts)) + 1
    return Vocabulary(kept, rarities.astype(np.float32))


def _libraries() -> tuple[Any, Any]:
    try:
        from scipy import sparse  # noqa: PLC0415 - heavy, and only who trains needs it
        from sklearn import svm  # noqa: PLC0415 - as above
    except ImportError as error:
        raise missing_extra("supplychain", "scikit-learn") from error
    return svm, sparse
