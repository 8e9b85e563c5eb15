"""The default extractor: names, words of trade with direction, won tenders, and what was trained.

The invariant: the same text gives the same facts on every machine; nothing is told below the least
confidence, and what is told says by which reader.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.supplychain.extraction.clean_text import PRICES
from martlet.supplychain.extraction.firm_names import plausible, trimmed
from martlet.supplychain.extraction.issuer import SELF, issuer_of, named_part
from martlet.supplychain.extraction.limits import (
    FACTS_PER_DOCUMENT_MAX,
    MENTIONS_PER_SENTENCE_MAX,
    PAIR_REACH,
    SENTENCE_CHARS_MAX,
    SPAN_CHARS_MAX,
)
from martlet.supplychain.extraction.model import STAGE, Fact, FactRelation
from martlet.supplychain.extraction.ports import Pair, TieReader
from martlet.supplychain.extraction.rules import KnownNames, standing_in
from martlet.supplychain.extraction.tenders import TenderRules
from martlet.supplychain.extraction.trade import stated_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from martlet.supplychain.extraction.issuer import Issuer
    from martlet.supplychain.extraction.model import Document
    from martlet.supplychain.extraction.ports import MentionRecogniser, PairClassifier

LEAST = 0.3
"""What is less sure than this is not told at all."""

_SENTENCES = re.compile(r"[^。；！？\n]+[。；！？]?")
_SELF = re.compile(r"(?<![\u4e00-\u9fa5A-Za-z）)])(?:本公司|我公司|公司)(?!法|章程)")
_CALLED = re.compile(
    r"(?P<full>[\u4e00-\u9fa5A-Za-z0-9（）()·&]{3,60}?(?:公司|集团|研究院|设计院))"
    r"[（(](?:以下)?简称[为：:]?[“\"「『']?(?P<short>[^”\"」』'）)、，或]{2,20})[”\"」』']?[）)]"
)
_CALLED_TRUST = 0.9

OF_LABELS = {
    "拥有": (FactRelation.PARENT_OF, False),
    "被拥有": (FactRelation.PARENT_OF, True),
    "成立": (FactRelation.PARENT_OF, False),
    "被成立": (FactRelation.PARENT_OF, True),
    "自己": (FactRelation.ALIAS_OF, False),
    "合作": (FactRelation.COOPERATES, False),
    "签约": (FactRelation.COOPERATES, False),
    "合资": (FactRelation.COOPERATES, False),
    "竞争": (FactRelation.COMPETES, False),
    **{
        label: (FactRelation.INVESTS_IN, label.startswith("被"))
        for word in ("收购", "入股", "持股", "增持", "注资", "买资")
        for label in (word, f"被{word}")
    },
}
"""What labels of a trained classifier mean here, and whether tail is the subject. An order has no
direction there, so it is no fact here."""


TIE_MOST = 0.49
"""Some business between two firms, whatever it is, is never surer than this: two documents that
say no more do not carry it into the graph together, and a person sees it."""
_TIE = {"basis": "business_tie"}


@dataclass(frozen=True, slots=True)
class _Named:
    """A firm of a sentence, and how sure it is that this is a firm's name."""

    name: str
    sure: float


class Deterministic:
    """Reads facts without asking anybody."""

    name = "deterministic"
    version = "1"

    def __init__(
        self,
        names: MentionRecogniser | None = None,
        pairs: PairClassifier | None = None,
        tenders: TenderRules | None = None,
    ) -> None:
        self._names = names or KnownNames()
        self._pairs = pairs
        self._tenders = tenders or TenderRules()

    def extract(self, texts: Sequence[Document]) -> Sequence[tuple[Fact, ...]]:
        """Return the facts of each text."""
        awards = self._tenders.extract(texts)
        return [
            self._kept((*award, *self._called(text), *self._traded(text)))
            for text, award in zip(texts, awards, strict=True)
        ]

    @staticmethod
    def _kept(facts: Sequence[Fact]) -> tuple[Fact, ...]:
        """Return the surest telling of each fact, the earliest first."""
        best: dict[tuple[str, str, str], Fact] = {}
        for fact in facts:
            mark = (fact.subject, fact.relation.value, fact.object)
            if fact.confidence >= LEAST and fact.confidence > (
                best[mark].confidence if mark in best else 0.0
            ):
                best[mark] = fact
        return tuple(best.values())[:FACTS_PER_DOCUMENT_MAX]

    def _called(self, document: Document) -> Iterator[Fact]:
        """Yield the short names that a text gives to firms."""
        for match in _CALLED.finditer(document.whole):
            short, full = match["short"].strip(), trimmed(named_part(match["full"]))
            if short not in SELF and plausible(short) and plausible(full):
                yield self._fact(short, FactRelation.ALIAS_OF, full, match[0], _CALLED_TRUST)

    def _traded(self, document: Document) -> Iterator[Fact]:
        whole = document.whole
        issuer = issuer_of(PRICES.sub("", document.title), PRICES.sub("", whole))
        own = {issuer.name, *issuer.full_by_short, *issuer.full_by_short.values()}
        found = [m[0] for m in _SENTENCES.finditer(whole) if len(m[0]) <= SENTENCE_CHARS_MAX]
        for sentence, mentions in zip(found, self._names.find(found), strict=True):
            called = standing_in(sentence, own, _CALLED_TRUST)
            places = _apart({(one.start, one.end) for one in (*called, *mentions)})
            places = _apart(_own(sentence, issuer), places)[:MENTIONS_PER_SENTENCE_MAX]
            sure = {(one.start, one.end): one.probability for one in mentions}
            names = [
                _Named(issuer.expand(sentence[start:end]), sure.get((start, end), 1.0))
                for start, end in places
            ]
            yield from self._stated(sentence, places, [one.name for one in names], whole)
            yield from self._classified(sentence, places, names)

    def _stated(
        self, sentence: str, places: Sequence[tuple[int, int]], names: Sequence[str], whole: str
    ) -> Iterator[Fact]:
        for each in stated_in(sentence, places, PAIR_REACH):
            subject, other = names[each.subject], names[each.object]
            if subject == other or not (plausible(subject) and plausible(other)):
                continue
            if subject not in whole or other not in whole:
                continue
            stage = {STAGE: "planned"} if each.planned else {}
            yield self._fact(subject, each.relation, other, sentence, each.trust, stage)

    def _classified(
        self, sentence: str, places: Sequence[tuple[int, int]], names: Sequence[_Named]
    ) -> Iterator[Fact]:
        """Yield what the trained classifier reads between names that no word of trade joins."""
        if self._pairs is None:
            return
        told = {
            frozenset((each.subject, each.object))
            for each in stated_in(sentence, places, PAIR_REACH)
        }
        chosen = [
            (one, other)
            for n, one in enumerate(names)
            for m, other in enumerate(names[n + 1 : n + 1 + PAIR_REACH], n + 1)
            if one.name != other.name
            and frozenset((n, m)) not in told
            and one.name in sentence
            and other.name in sentence
        ]
        pairs = [Pair(one.name, other.name, sentence) for one, other in chosen]
        guesses = self._pairs.classify(pairs)
        for pair, (one, other), guess in zip(pairs, chosen, guesses, strict=True):
            named = one.sure * other.sure
            confidence = guess.probability * named
            if guess.label in OF_LABELS and confidence >= LEAST:
                relation, passive = OF_LABELS[guess.label]
                if relation is FactRelation.ALIAS_OF:
                    passive = len(pair.tail) < len(pair.head)
                subject, target = (pair.tail, pair.head) if passive else (pair.head, pair.tail)
                yield self._fact(subject, relation, target, sentence, confidence)
                continue
            tie = min(self._tie(pair) * named, TIE_MOST)
            yield self._fact(pair.head, FactRelation.COOPERATES, pair.tail, sentence, tie, _TIE)

    def _tie(self, pair: Pair) -> float:
        reader: object = self._pairs
        return reader.tie(pair) if isinstance(reader, TieReader) else 0.0

    def _fact(
        self,
        subject: str,
        relation: FactRelation,
        other: str,
        span: str,
        confidence: float,
        attributes: dict[str, str] | None = None,
    ) -> Fact:
        return Fact(
            subject,
            relation,
            other,
            span.strip()[:SPAN_CHARS_MAX],
            round(min(max(confidence, 0.0), 1.0), 3),
            self.name,
            self.version,
            attributes or {},
        )


def _own(sentence: str, issuer: Issuer) -> set[tuple[int, int]]:
    """Return where a sentence says "the company" and means its issuer."""
    return {m.span() for m in _SELF.finditer(sentence)} if issuer.name else set()


def _apart(
    places: set[tuple[int, int]], taken: Sequence[tuple[int, int]] = ()
) -> list[tuple[int, int]]:
    """Return places that do not overlap, those taken before first, then the longest."""
    chosen = list(taken)
    for start, end in sorted(places, key=lambda place: (place[0] - place[1], place)):
        if all(end <= one[0] or start >= one[1] for one in chosen):
            chosen.append((start, end))
    return sorted(chosen)
