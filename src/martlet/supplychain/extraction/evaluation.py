"""Plays a labelled set to a reader and says what came of it, with the time that it took.

The invariant: a reader is trained on the training file alone, sees sentences without labels, and
all readers are scored by the same functions on the same rows.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from martlet.supplychain.extraction.endpoint import (
    Asking,
    EndpointExtractor,
    EndpointMentions,
    EndpointPairs,
)
from martlet.supplychain.extraction.labelled import (
    BUYER,
    OBJECT,
    SUM,
    WINNER,
    read_awards,
    read_pairs,
    sentences_of,
)
from martlet.supplychain.extraction.learned import mention_recogniser, pair_classifier
from martlet.supplychain.extraction.model import AMOUNT, TENDERED_BY, FactRelation
from martlet.supplychain.extraction.prompts import PAIR_LABELS
from martlet.supplychain.extraction.scoring import (
    same_text,
    score_arguments,
    score_mentions,
    score_pairs,
)
from martlet.supplychain.extraction.tender_training import measured_trusts
from martlet.supplychain.extraction.tenders import TenderRules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from martlet.llm import LlmClient
    from martlet.supplychain.extraction.labelled import LabelledDocument
    from martlet.supplychain.extraction.model import Extractor, Fact
    from martlet.supplychain.extraction.ports import (
        LabelledPair,
        Mention,
        MentionRecogniser,
        PairClassifier,
    )
    from martlet.supplychain.extraction.reading import Mistakes

T = TypeVar("T")
MS = 1000


class LabelledSet(StrEnum):
    """The labelled sets that can be played, by the form of their files."""

    FINRE = "finre"
    """The relation of a pair of firms that a sentence names."""
    MENTIONS = "mentions"
    """The firms that a sentence names."""
    DUEEFIN = "dueefin"
    """The tenders that a document says were won: winner, buyer, amount, object."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a reader made of a labelled set."""

    reader: str
    rows_count: int
    training_rows_count: int
    ms_per_sentence: float
    cpu_ms_per_sentence: float
    calibration_error: float | None
    scores: Mapping[str, object] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Return the report as one flat table of figures."""
        return {**{k: v for k, v in asdict(self).items() if k != "scores"}, **self.scores}


def evaluate(
    asked: LabelledSet,
    file: Path,
    train: Path | None,
    mistakes: Mistakes,
    client: LlmClient | None = None,
) -> Report:
    """Score a reader on a file: the deterministic one, trained where a training file is given.

    With a client it is the endpoint behind it that reads, which is never trained.
    """
    if asked is LabelledSet.DUEEFIN:
        labelled = read_awards(train, mistakes) if train and not client else []
        awards: Extractor = TenderRules(measured_trusts(labelled)) if labelled else TenderRules()
        reader = EndpointExtractor(client) if client else awards
        return _paid(of_awards(reader, read_awards(file, mistakes), len(labelled)), reader)
    rows, known = read_pairs(file, mistakes), read_pairs(train, mistakes) if train else []
    if asked is LabelledSet.MENTIONS:
        names: MentionRecogniser = (
            EndpointMentions(client) if client else mention_recogniser(sentences_of(known))
        )
        return _paid(of_mentions(names, rows, known), names)
    labels = {row.label for row in known} or PAIR_LABELS
    pairs: PairClassifier = (
        EndpointPairs(client, sorted(labels)) if client else pair_classifier(known)
    )
    return _paid(of_pairs(pairs, rows, known), pairs)


def _paid(report: Report, reader: object) -> Report:
    """Return a report with what its reader cost, where it asked an endpoint."""
    asking = getattr(reader, "asking", None)
    if not isinstance(asking, Asking):
        return report
    cost = {
        "spent_tokens": asking.client.budget.spent_tokens,
        "spent_fen": asking.client.budget.spent_fen,
        "dropped_claims_count": asking.dropped_count,
        "refused": dict(sorted(asking.failed.items())),
    }
    return replace(report, scores={**report.scores, **cost})


def of_pairs(
    reader: PairClassifier, rows: Sequence[LabelledPair], known: Sequence[LabelledPair]
) -> Report:
    """Score relations given the pair, two firms that training never names together apart."""
    guesses, wall, cpu = _timed(lambda: reader.classify([row.pair for row in rows]))
    found = score_pairs([row.label for row in rows], guesses)
    seen = {frozenset((row.pair.head, row.pair.tail)) for row in known}
    new = [
        (row.label, guess)
        for row, guess in zip(rows, guesses, strict=True)
        if frozenset((row.pair.head, row.pair.tail)) not in seen
    ]
    unseen = score_pairs([label for label, _ in new], [guess for _, guess in new])
    sentences = len({row.pair.sentence for row in rows}) or 1
    return Report(
        f"{reader.name} {reader.version}",
        len(rows),
        len(known),
        round(wall / sentences, 3),
        round(cpu / sentences, 3),
        _rounded(found.calibration),
        {
            "micro": found.micro.as_json(),
            "unseen_pairs": unseen.micro.as_json() if known else None,
            "accuracy": round(found.accuracy, 4),
            "by_relation": {name: one.as_json() for name, one in found.by_label.items()},
        },
    )


def of_mentions(
    reader: MentionRecogniser, rows: Sequence[LabelledPair], known: Sequence[LabelledPair]
) -> Report:
    """Score the names found in each sentence, those that training does not name apart."""
    sentences = sentences_of(rows)
    found, wall, cpu = _timed(lambda: reader.find([one.sentence for one in sentences]))
    told = [
        names_of(one.sentence, mentions) for one, mentions in zip(sentences, found, strict=True)
    ]
    seen = frozenset(name for row in known for name in (row.pair.head, row.pair.tail))
    scores = score_mentions([one.names for one in sentences], told, seen)
    return Report(
        f"{reader.name} {reader.version}",
        len(sentences),
        len(known),
        round(wall / (len(sentences) or 1), 3),
        round(cpu / (len(sentences) or 1), 3),
        _rounded(scores.calibration),
        {
            "names": scores.all_names.as_json(),
            "unseen_names": scores.unseen.as_json() if known else None,
        },
    )


def of_awards(reader: Extractor, rows: Sequence[LabelledDocument], training_rows: int) -> Report:
    """Score the arguments of won tenders, distinct per document, by the definitions of `scoring`.

    Exact: the same role and the same string. Relaxed: `same_text`.
    """
    found, wall, cpu = _timed(lambda: reader.extract([row.document for row in rows]))
    labelled = [frozenset(pair for award in row.awards for pair in award.arguments) for row in rows]
    told = [arguments_of(facts) for facts in found]
    exact, by_role, calibration = score_arguments(labelled, told, _never)
    relaxed, loosely, _ = score_arguments(labelled, told, same_text)
    return Report(
        f"{reader.name} {reader.version}",
        len(rows),
        training_rows,
        round(wall / (len(rows) or 1), 3),
        round(cpu / (len(rows) or 1), 3),
        _rounded(calibration),
        {
            "arguments_exact": exact.as_json(),
            "arguments_relaxed": relaxed.as_json(),
            "by_role_exact": {role: one.as_json() for role, one in by_role.items()},
            "by_role_relaxed": {role: one.as_json() for role, one in loosely.items()},
            "documents_with_awards_count": sum(bool(row.awards) for row in rows),
        },
    )


def _never(role: str, told: str, labelled: str) -> bool:
    """Say no: an exact match was looked for already."""
    return bool(role) and told == labelled


def arguments_of(facts: Sequence[Fact]) -> dict[tuple[str, str], float]:
    """Return the (role, argument) pairs that facts of won tenders tell, with their confidence."""
    found: dict[tuple[str, str], float] = {}
    for fact in facts:
        if fact.relation is not FactRelation.WON_TENDER:
            continue
        told = (
            (WINNER, fact.subject),
            (OBJECT, fact.object),
            (BUYER, fact.attributes.get(TENDERED_BY, "")),
            (SUM, fact.attributes.get(AMOUNT, "")),
        )
        for pair in told:
            if pair[1]:
                found[pair] = max(found.get(pair, 0.0), fact.confidence)
    return found


def names_of(sentence: str, mentions: Sequence[Mention]) -> dict[str, float]:
    """Return the distinct names of a sentence with the highest probability of each."""
    found: dict[str, float] = {}
    for each in mentions:
        name = sentence[each.start : each.end]
        found[name] = max(found.get(name, 0.0), each.probability)
    return found


def _timed(work: Callable[[], T]) -> tuple[T, float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    done = work()
    return done, MS * (time.perf_counter() - wall), MS * (time.process_time() - cpu)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
