"""Readers that ask a language model, and believe nothing that the text does not say itself.

The invariant: every answer passes `verifying` or is no longer than a label of a known list; what an
endpoint refuses or garbles costs that text its facts, is counted, and stops nothing else.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from martlet.kernel.errors import MartletError
from martlet.supplychain.extraction.limits import (
    FACTS_PER_DOCUMENT_MAX,
    LONG_TEXT_CHARS,
    PART_CHARS,
    PART_OVERLAP_CHARS,
    PASSAGES_CHARS_MAX,
)
from martlet.supplychain.extraction.ports import UNKNOWN, LabelGuess, Mention, Pair
from martlet.supplychain.extraction.prompts import (
    FACTS_VERSION,
    NAMES_VERSION,
    PAIR_VERSION,
    facts_question,
    names_question,
    pair_question,
    passages_question,
)
from martlet.supplychain.extraction.rules import standing_in
from martlet.supplychain.extraction.verifying import BARE, STATED, verified

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.llm import Answer, LlmClient, Question
    from martlet.supplychain.extraction.model import Document, Fact


@dataclass
class Asking:
    """A client, and what its endpoint refused, by code."""

    client: LlmClient
    failed: Counter[str] = field(default_factory=Counter)
    dropped_count: int = 0
    """Claims that the text did not bear out."""

    def values(self, questions: Sequence[Question]) -> list[Any]:
        """Return the JSON of each answer; None where there is none."""
        return [self._value(each) for each in self.client.ask_many(questions)]

    def _value(self, answer: Answer | MartletError) -> Any:  # noqa: ANN401 - any JSON value
        if isinstance(answer, MartletError):
            self.failed[answer.code] += 1
            return None
        return answer.value


class EndpointExtractor:
    """Asks a model for the facts of texts; long texts are read in two passes."""

    def __init__(self, client: LlmClient) -> None:
        self.name = f"endpoint:{client.endpoint.model}"
        self.version = FACTS_VERSION
        self.asking = Asking(client)

    def extract(self, texts: Sequence[Document]) -> Sequence[tuple[Fact, ...]]:
        """Return the verified facts of each text."""
        shown = self._shown(texts)
        asked = [place for place, text in enumerate(shown) if text.strip()]
        values = self.asking.values([facts_question(shown[place]) for place in asked])
        found: list[tuple[Fact, ...]] = [() for _ in texts]
        for place, value in zip(asked, values, strict=True):
            found[place] = self._facts(texts[place], value)
        return found

    def _shown(self, texts: Sequence[Document]) -> list[str]:
        """Return what of each text is shown in the second pass: all of it, or its passages."""
        parts = [
            (place, part)
            for place, each in enumerate(texts)
            if len(each.whole) > LONG_TEXT_CHARS
            for part in parts_of(each.whole)
        ]
        shown = [each.whole if len(each.whole) <= LONG_TEXT_CHARS else "" for each in texts]
        values = self.asking.values([passages_question(part) for _, part in parts])
        for (place, part), value in zip(parts, values, strict=True):
            told = strings_in(value, "passages")
            literal = [words for words in told if words and words in part]
            for words in literal:
                if words not in shown[place]:
                    shown[place] = f"{shown[place]}{words}\n"[:PASSAGES_CHARS_MAX]
        return shown

    def _facts(self, document: Document, value: object) -> tuple[Fact, ...]:
        claims = value.get("facts") if isinstance(value, dict) else None
        given = claims[:FACTS_PER_DOCUMENT_MAX] if isinstance(claims, list) else []
        found: dict[tuple[str, str, str], Fact] = {}
        for claim in given:
            who = f"{self.name} {self.version}"
            fact = verified(claim, document, who) if isinstance(claim, dict) else None
            if fact is None:
                self.asking.dropped_count += 1
            else:
                found.setdefault((fact.subject, fact.relation.value, fact.object), fact)
        return tuple(found.values())


class EndpointPairs:
    """Asks a model for the relation of pairs; an answer outside the labels is `unknown`."""

    def __init__(self, client: LlmClient, labels: Sequence[str]) -> None:
        self.name = f"endpoint:{client.endpoint.model}"
        self.version = PAIR_VERSION
        self.asking = Asking(client)
        self._labels = sorted({*labels, UNKNOWN})

    def classify(self, pairs: Sequence[Pair]) -> Sequence[LabelGuess]:
        """Return one guess per pair."""
        asked = [pair_question(p.head, p.tail, p.sentence, self._labels) for p in pairs]
        return [self._guess(value) for value in self.asking.values(asked)]

    def _guess(self, value: object) -> LabelGuess:
        told = value.get("label") if isinstance(value, dict) else None
        known = isinstance(told, str) and told in self._labels
        return LabelGuess(str(told) if known else UNKNOWN, STATED if known else BARE)


class EndpointMentions:
    """Asks a model for the companies in sentences; a name that is not there is dropped."""

    def __init__(self, client: LlmClient) -> None:
        self.name = f"endpoint:{client.endpoint.model}"
        self.version = NAMES_VERSION
        self.asking = Asking(client)

    def find(self, sentences: Sequence[str]) -> Sequence[Sequence[Mention]]:
        """Return where the named companies stand, in order, none overlapping."""
        values = self.asking.values([names_question(each) for each in sentences])
        return [
            standing_in(sentence, strings_in(value, "names"), STATED)
            for sentence, value in zip(sentences, values, strict=True)
        ]


def strings_in(value: object, name: str) -> list[str]:
    """Return the strings of a list in an answer; nothing where the answer has another form."""
    told = value.get(name) if isinstance(value, dict) else None
    given = told if isinstance(told, list) else []
    return [each.strip() for each in given if isinstance(each, str)]


def parts_of(text: str) -> list[str]:
    """Return a long text in parts that overlap, so that no sentence is lost between two."""
    step = PART_CHARS - PART_OVERLAP_CHARS
    return [text[start : start + PART_CHARS] for start in range(0, len(text), step)]
