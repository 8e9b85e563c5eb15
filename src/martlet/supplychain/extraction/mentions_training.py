"""Trains the recogniser of company names on sentences in which a person marked them.

The invariant: nothing is chosen on what is scored later. A name counts as known in a training
sentence only where another sentence names it, so that the model learns how far to trust the list;
the threshold and the calibration come from sentences that were held out. numba is needed here
alone. Same sentences and seed: same weights.
"""

from __future__ import annotations

import itertools
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from martlet.kernel.errors import missing_extra
from martlet.supplychain.extraction import chain_sums
from martlet.supplychain.extraction.calibration import (
    HeldOutFigures,
    calibrate,
    calibration_error_across,
)
from martlet.supplychain.extraction.gazetteer import Gazetteer, without_overlap
from martlet.supplychain.extraction.mentions import (
    ALONE,
    CLOSING,
    FIRST,
    INSIDE,
    LAST,
    OPENING,
    TAGS,
    SequenceModel,
    TrainedMentions,
    allowed_steps,
    surest,
)
from martlet.supplychain.extraction.mentions_features import TABLE_BITS, feature_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from martlet.supplychain.extraction.ports import LabelledSentence

ROUNDS = 10
PACE = 0.03
PENALTY = 1e-4
"""Rounds, pace and penalty were chosen by cross-validation within a training file."""
_TABLE_START, _STEPS_START = 1e-2, 1e-1
"""Squares of slopes that are taken as seen before the first: no first step is too long."""
FOLDS = 3
"""Parts of the sentences that are held out in turn for the threshold and the calibration."""
THRESHOLDS = tuple(number / 50 for number in range(2, 36))

Floats = NDArray[np.float64]
HeldOut = list[tuple[frozenset[str], dict[str, float]]]
"""Per sentence: the names marked, and each name found with the model's own probability."""


def train_mentions(
    sentences: Sequence[LabelledSentence], rng: np.random.Generator
) -> tuple[TrainedMentions, HeldOutFigures]:
    """Return a recogniser trained on these sentences, its threshold the best for F1 held out."""
    usable = [one for one in sentences if one.sentence and one.names]
    held_out = cross_validated(usable, rng)
    threshold = max(THRESHOLDS, key=lambda least: _f1(held_out, least))
    outcomes = [
        (sure, name in marked)
        for marked, found in held_out
        for name, sure in found.items()
        if sure >= threshold
    ]
    figures = HeldOutFigures(
        _f1(held_out, threshold), threshold, calibration_error_across(outcomes)
    )
    model = fit_sequence(usable, rng)
    return TrainedMentions(model, threshold, calibrate(outcomes)), figures


def cross_validated(
    sentences: Sequence[LabelledSentence], rng: np.random.Generator, folds: int = FOLDS
) -> HeldOut:
    """Return what models that did not see a sentence find in it."""
    fold = rng.permutation(len(sentences)) % folds
    found: HeldOut = []
    for held in range(folds):
        rest = [one for one, here in zip(sentences, fold, strict=True) if here != held]
        model = fit_sequence(rest, rng)
        for one, here in zip(sentences, fold, strict=True):
            if here == held:
                found.append((one.names, _names(model, one.sentence)))
    return found


def _names(model: SequenceModel, sentence: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for start, end, sure in surest(model.stretches(sentence)):
        name = sentence[start:end]
        found[name] = max(found.get(name, 0.0), sure)
    return found


def _f1(held_out: HeldOut, least: float) -> float:
    right = told = marked = 0
    for names, found in held_out:
        here = {name for name, sure in found.items() if sure >= least}
        right, told, marked = right + len(here & names), told + len(here), marked + len(names)
    return 2 * right / (told + marked) if told + marked else 0.0


def fit_sequence(
    sentences: Sequence[LabelledSentence],
    rng: np.random.Generator,
    rounds: int = ROUNDS,
    table_bits: int = TABLE_BITS,
) -> SequenceModel:
    """Return the weights that make the marked readings likely, by steps of falling size."""
    known = Gazetteer.of(one.names for one in sentences)
    ids = np.concatenate(
        [feature_ids(one.sentence, known, one.names, table_bits) for one in sentences]
    )
    tags = np.concatenate([_tags(one) for one in sentences])
    begins = np.cumsum([0, *(len(one.sentence) for one in sentences)])
    table = np.zeros((1 << table_bits, TAGS), np.float32)
    squares = np.full(table.shape, _TABLE_START, np.float32)
    steps, step_squares = np.zeros((TAGS, TAGS)), np.full((TAGS, TAGS), _STEPS_START)
    loops = _compiled()
    for number in itertools.chain.from_iterable(
        rng.permutation(len(sentences)) for _ in range(rounds)
    ):
        one = slice(begins[number], begins[number + 1])
        factors = allowed_steps(steps)
        found = loops.sums(loops.scores_of(ids[one], table), factors, OPENING, CLOSING)
        loops.teach_steps(found, tags[one], factors, (steps, step_squares), PACE)
        loops.teach_table(found, tags[one], ids[one], (table, squares), PACE, PENALTY)
    return SequenceModel(table, steps, known)


def _tags(one: LabelledSentence) -> NDArray[np.int8]:
    tags = np.zeros(len(one.sentence), np.int8)
    marked = Gazetteer(dict.fromkeys(one.names, 1)).matches(one.sentence)
    for start, end in without_overlap(marked):
        tags[start:end] = INSIDE
        tags[start], tags[end - 1] = FIRST, LAST
        if end - start == 1:
            tags[start] = ALONE
    return tags


class _Loops(NamedTuple):
    """The loops of `chain_sums`, compiled."""

    sums: Callable[..., tuple[Floats, Floats, Floats]]
    scores_of: Callable[..., Floats]
    teach_steps: Callable[..., None]
    teach_table: Callable[..., None]


@cache
def _compiled() -> _Loops:
    try:
        import numba  # noqa: PLC0415 - heavy, and only who trains needs it
    except ImportError as error:
        raise missing_extra("supplychain", "numba") from error
    compiled: Any = numba.njit
    return _Loops(
        compiled(chain_sums.sums),
        compiled(chain_sums.scores_of),
        compiled(chain_sums.teach_steps),
        compiled(chain_sums.teach_table),
    )
