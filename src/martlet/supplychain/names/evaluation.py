"""How good the matcher is on confirmed pairs, by cross-validation.

The invariant: a pair that is asked is never learnt from, and in the test with unknown firms its
firm is taken out of the register before anything is built or learnt. Folds and draws follow a seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.kernel.errors import Invalid
from martlet.supplychain.names.learning import calibration_error
from martlet.supplychain.names.matching import Directory, Matcher
from martlet.supplychain.names.model import Asked
from martlet.supplychain.names.writing import query_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from martlet.supplychain.names.model import Answer, Confirmed, Registered, Setting
    from martlet.supplychain.names.register import Floats, Ints

EVALUATE_PAIRS_MIN = 50
"""Pairs below which a share says nothing: at fifty one pair is two points."""

PRECISION_AT_RECALL = 0.75


@dataclass(frozen=True, slots=True)
class Trial:
    """One query of a test: what was right, and what was answered."""

    known: bool
    """Whether its firm was in the register."""
    best_right: bool
    named: bool
    named_right: bool
    probability: float


@dataclass(frozen=True, slots=True)
class Scores:
    """What a test came to."""

    queries_count: int
    unknown_count: int
    top1: float
    """Best candidate right, of queries whose firm is in the register."""
    top1_named: float
    """The same of what was named: an abstention counts as wrong."""
    precision: float
    recall: float
    f1: float
    precision_at_recall_75: float | None
    recall_at_precision_99: float
    calibration_error: float

    def as_json(self) -> dict[str, Any]:
        """Return the scores as plain data, to four digits."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return {
            name: round(value, 4) if isinstance(value, float) else value
            for name, value in told.items()
        }


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Both tests, and what they cost."""

    all_known: Scores
    half_unknown: Scores
    folds: int
    draws: int
    learn_cpu_seconds: float
    query_cpu_ms: float
    setting: Setting

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "all_known": self.all_known.as_json(),
            "half_unknown": self.half_unknown.as_json(),
            "folds": self.folds,
            "draws": self.draws,
            "learn_cpu_seconds": round(self.learn_cpu_seconds, 3),
            "query_cpu_ms": round(self.query_cpu_ms, 3),
            **self.setting.as_json(),
        }


@dataclass(frozen=True, slots=True)
class Protocol:
    """How a test is cut: folds, how often halves are drawn, and the draw's seed."""

    folds: int = 5
    draws: int = 1
    seed: int = 0
    only: frozenset[str] | None = None
    """Keys of the names that are tested; the others are only learnt from. All without it."""


def evaluate(
    registered: Sequence[Registered],
    confirmed: Sequence[Confirmed],
    setting: Setting,
    protocol: Protocol,
    cpu: Callable[[], float],
) -> Evaluated:
    """Cross-validate the matcher: all firms known, and half of them taken out of the register."""
    ids = {firm.register_id for firm in registered}
    pairs = [pair for pair in confirmed if pair.register_id in ids and query_key(pair.name)]
    if len(pairs) < EVALUATE_PAIRS_MIN:
        raise Invalid("names.too_few_pairs", have_count=len(pairs), least_count=EVALUATE_PAIRS_MIN)
    rng = np.random.default_rng(protocol.seed)
    fold = _folds(pairs, protocol, rng)
    known: list[Trial] = []
    half: list[Trial] = []
    learning = asking = 0.0
    whole = Directory(registered)
    for number in range(protocol.folds):
        asked = [pairs[at] for at in np.flatnonzero(fold == number)]
        taught = [pairs[at] for at in np.flatnonzero(fold != number)]
        began = cpu()
        matcher = Matcher.of(whole, taught, setting)
        learnt = cpu()
        known += _trials(matcher, asked, frozenset(), setting)
        learning += learnt - began
        asking += cpu() - learnt
        for _ in range(protocol.draws):
            out = rng.permutation(len(asked)) < len(asked) // 2
            gone = frozenset(
                pair.register_id for pair, away in zip(asked, out, strict=True) if away
            )
            rest = Directory([firm for firm in registered if firm.register_id not in gone])
            half += _trials(Matcher.of(rest, taught, setting), asked, gone, setting)
    return Evaluated(
        scores(known),
        scores(half),
        protocol.folds,
        protocol.draws,
        learning / protocol.folds,
        1000 * asking / max(len(known), 1),
        setting,
    )


def _folds(pairs: Sequence[Confirmed], protocol: Protocol, rng: np.random.Generator) -> Ints:
    """Return the fold in which each pair is tested; -1 for one that is only learnt from."""
    fold = rng.permutation(len(pairs)).astype(np.int64) % protocol.folds
    if protocol.only is not None:
        tested = [query_key(pair.name) in protocol.only for pair in pairs]
        fold = np.where(tested, fold, -1)
    return fold


def _trials(
    matcher: Matcher, asked: Sequence[Confirmed], gone: frozenset[str], setting: Setting
) -> list[Trial]:
    queries = [Asked(str(at), pair.name) for at, pair in enumerate(asked)]
    answers = matcher.resolve(queries, setting)
    return [
        _trial(answer, pair.register_id, known=pair.register_id not in gone)
        for answer, pair in zip(answers, asked, strict=True)
    ]


def _trial(answer: Answer, truth: str, *, known: bool) -> Trial:
    best = answer.candidates[0].register_id if answer.candidates else None
    named = answer.register_id is not None
    return Trial(
        known,
        known and best == truth,
        named,
        known and answer.register_id == truth,
        answer.probability,
    )


def scores(trials: Sequence[Trial]) -> Scores:
    """Return what trials come to; precision and recall are of what was named."""
    known = sum(trial.known for trial in trials)
    named = sum(trial.named for trial in trials)
    right = sum(trial.named_right for trial in trials)
    precision, recall = right / max(named, 1), right / max(known, 1)
    chance = np.array([trial.probability for trial in trials])
    correct = np.array([float(trial.best_right) for trial in trials])
    at_75, at_99 = _curve(chance, correct, known)
    return Scores(
        queries_count=len(trials),
        unknown_count=len(trials) - known,
        top1=sum(trial.best_right for trial in trials) / max(known, 1),
        top1_named=recall,
        precision=precision,
        recall=recall,
        f1=2 * precision * recall / max(precision + recall, 1e-9),
        precision_at_recall_75=at_75,
        recall_at_precision_99=at_99,
        calibration_error=calibration_error(chance, correct),
    )


def _curve(chance: Floats, correct: Floats, known: int) -> tuple[float | None, float]:
    """Return precision where recall first is .75, and the largest recall at precision .99."""
    order = np.argsort(-chance, kind="stable")
    right = np.cumsum(correct[order])
    precision = right / np.arange(1, right.size + 1)
    recall = right / max(known, 1)
    reached = np.flatnonzero(recall >= PRECISION_AT_RECALL)
    sure = np.flatnonzero(precision >= 0.99)  # noqa: PLR2004 - the name of the figure
    return (
        float(precision[reached[0]]) if reached.size else None,
        float(recall[sure].max()) if sure.size else 0.0,
    )
