"""Won tenders read in notices and news: winner, buyer, amount and object, by rules alone.

The invariant: every name and amount told stands literally in the document; a document that does not
say who won tells nothing, and one that names candidates only says so in its stage.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from martlet.supplychain.extraction import model as facts
from martlet.supplychain.extraction.amounts import amount_fen
from martlet.supplychain.extraction.clean_text import PRICES, CleanText
from martlet.supplychain.extraction.dates import first_date
from martlet.supplychain.extraction.issuer import FULL_ENDING, Issuer, issuer_of
from martlet.supplychain.extraction.limits import SPAN_CHARS_MAX, TENDER_CHARS_MAX
from martlet.supplychain.extraction.model import Document, Fact, FactRelation
from martlet.supplychain.extraction.tender_names import (
    buyer_name,
    object_name,
    split_buyer,
    winner_names,
)
from martlet.supplychain.extraction.tender_rules import (
    BUYER,
    OBJECT,
    SUM,
    WINNER,
    Found,
    candidates,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_TITLE_DISCOUNT = 0.15
"""A title rounds amounts and shortens names; the text below it is believed first."""
_NEAR_BONUS = 0.05
"""What stands in the sentence that names the winner is about the same award."""
_NAMELESS_DISCOUNT = 0.3
_LONG_NAME_BONUS = 0.1
"""A registered name is worth more than a short one told as surely."""
_PREFIX_TRUST = 0.5
"""A buyer that is only the first words of the tender's name."""
_MENTIONED = re.compile(r"中标|中得|喜中|夺标|成交供应商")
_NOT_FINAL = re.compile(r"预中标|拟中标|中标候选人|公示期|尚未(?:收到|取得)")
_FINAL = re.compile(r"(?<!未)收到[^。；\n]{0,60}中标(?:结果)?通知书")
_SENTENCE_END = re.compile(r"[。；！？\n]")


Trusts: TypeAlias = "Mapping[tuple[str, str], float]"
"""(role, rule) → how far it is trusted, where that was measured."""


@dataclass(frozen=True, slots=True)
class Told:
    """An argument in words, where it was told and how far that is trusted."""

    text: str
    at: int
    trust: float
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Award:
    """One won tender as read: joint winners together."""

    winners: tuple[Told, ...]
    buyer: Told | None = None
    amount: Told | None = None
    object: Told | None = None


@dataclass(frozen=True)
class Page:
    """A document ready to be read: cleaned, its issuer known, its candidates by role."""

    clean: CleanText
    title_ends: int
    issuer: Issuer
    found: Mapping[str, Sequence[Found]]
    trusts: Trusts

    def trust(self, one: Found) -> float:
        """Return how far a candidate is trusted where it stands."""
        line = self.clean.text[self.clean.text.rfind("\n", 0, one.start) + 1 : one.start + 1]
        in_title = one.start < self.title_ends or line.startswith("原标题")
        trust = self.trusts.get((one.role, one.rule), one.trust)
        return max(0.0, trust - (_TITLE_DISCOUNT if in_title else 0.0))

    def read(self, role: str, words: Callable[[str], str]) -> list[Told]:
        """Return what the candidates of a role say, the most trusted first, then the earliest."""
        said = (
            Told(text, one.start, self.trust(one), one.rule)
            for one in self.found.get(role, ())
            if (text := words(self.clean.text[one.start : one.end]))
        )
        return sorted(said, key=lambda each: (-each.trust, each.at))

    def buyers(self) -> list[Told]:
        """Return who may have called the tender."""
        return self.read(BUYER, lambda words: self.issuer.expand(buyer_name(words)))

    def objects(self) -> list[Told]:
        """Return what the tender may have been about."""
        return self.read(OBJECT, object_name)

    def amounts(self) -> list[Told]:
        """Return the amounts that may be the award's."""
        return self.read(SUM, str.strip)

    def winners(self) -> list[tuple[Told, ...]]:
        """Return what each statement says of who won; joint winners stand in one."""
        found = []
        for one in self.found.get(WINNER, ()):
            words = self.clean.text[one.start : one.end]
            names = winner_names(words)
            called = (self.issuer.resolve(name, one.start) for name in names)
            told = dict.fromkeys(filter(None, called))
            if told:
                # "The consortium" names nobody: a sentence that lists its members is better.
                nameless = "联合体" in words and names == ["公司"]
                trust = self.trust(one) - (_NAMELESS_DISCOUNT if nameless else 0.0)
                found.append(tuple(Told(name, one.start, trust, one.rule) for name in told))
        return found


def page_of(document: Document, trusts: Trusts = MappingProxyType({})) -> Page:
    """Return a document ready to be read, its length bounded."""
    clean = CleanText(document.whole[:TENDER_CHARS_MAX])
    title = CleanText(document.title).text
    called = PRICES.sub("", document.text[:TENDER_CHARS_MAX])
    found: dict[str, list[Found]] = {}
    for one in candidates(clean.text):
        found.setdefault(one.role, []).append(one)
    body = clean.text[len(title) :]
    return Page(
        clean,
        len(title),
        issuer_of(title or body.split("\n", 1)[0], called, clean.text),
        found,
        trusts,
    )


def awards_of(document: Document, trusts: Trusts = MappingProxyType({})) -> list[Award]:
    """Return the won tenders that a document tells of, each with what else it tells of it."""
    if not _MENTIONED.search(document.whole):
        return []
    page = page_of(document, trusts)
    winners = _winners(page)
    if not winners:
        return []
    told = {page.issuer.name, *(winner.text for winner in winners)}
    buyers = [one for one in page.buyers() if one.text not in told]
    objects, amounts = (_near(page, winners, each) for each in (page.objects(), page.amounts()))
    fields = {one.text: one for one in reversed(objects) if one.rule == "field"}
    if len(fields) > 1:
        blocks = sorted(fields.values(), key=lambda one: one.at)
        return _blocks(blocks, Award(winners, buyers[0] if buyers else None), amounts)
    known = tuple(
        sorted(
            {one.text for one in buyers}
            | set(page.issuer.full_by_short)
            | set(page.issuer.full_by_short.values()),
            key=len,
        )
    )[::-1]
    return [_one_award(page, winners, buyers, objects, _total(page, amounts), known)]


def _near(page: Page, winners: Sequence[Told], told: Sequence[Told]) -> list[Told]:
    """Return arguments with those of the winner's own sentence before others trusted alike."""
    start, end = _bounds(page.clean.text, winners[0].at)
    return sorted(
        told,
        key=lambda one: (-one.trust - _NEAR_BONUS * (start <= one.at < end), one.at),
    )


def _one_award(
    page: Page,
    winners: tuple[Told, ...],
    buyers: Sequence[Told],
    objects: Sequence[Told],
    amount: Told | None,
    known: tuple[str, ...],
) -> Award:
    buyer, chosen = _longest_of_first(buyers), (objects[0] if objects else None)
    if chosen is not None:
        prefix, rest = split_buyer(chosen.text, known)
        if prefix:
            buyer = buyer or Told(page.issuer.expand(prefix), chosen.at, _PREFIX_TRUST)
            if not chosen.rule.endswith("field") and not chosen.text[:4].isdecimal():
                left = object_name(rest)
                chosen = Told(left, chosen.at, chosen.trust) if left else None
    return Award(winners, buyer, amount, chosen)


def _longest_of_first(buyers: Sequence[Told]) -> Told | None:
    """Return the buyer trusted most, in the longest of the forms that end as its name does."""
    same = [one for one in buyers if one.text.endswith(buyers[0].text)]
    return max(same, key=lambda one: len(one.text), default=None)


def _winners(page: Page) -> tuple[Told, ...]:
    """Return the winners of the statement that is trusted most."""

    def rank(statement: tuple[Told, ...]) -> tuple[float, int]:
        return (max(_sure(one) for one in statement), -statement[0].at)

    return max(page.winners(), key=rank, default=())


def _sure(winner: Told) -> float:
    """Return how sure a winner is: a registered name is not a piece of another word."""
    long = bool(re.search(rf"{FULL_ENDING}$", winner.text))
    return min(winner.trust + _LONG_NAME_BONUS * long, 1.0)


def _total(page: Page, amounts: Sequence[Told]) -> Told | None:
    """Return the amount of the whole award: a total where one is told as surely as its parts."""
    if not amounts:
        return None
    surest = [one for one in amounts if one.trust == amounts[0].trust]
    for one in surest:
        before = page.clean.text[max(0, one.at - 12) : one.at]
        if re.search(r"合计|总计|共计|总金额|总额", before):
            return one
    return surest[0]


def _blocks(blocks: Sequence[Told], award: Award, amounts: Sequence[Told]) -> list[Award]:
    """Return one award for each named project, with the amount that follows its name."""
    found = []
    ends = [*(one.at for one in blocks[1:]), None]
    for block, end in zip(blocks, ends, strict=True):
        inside = [one for one in amounts if block.at < one.at and (end is None or one.at < end)]
        found.append(Award(award.winners, award.buyer, inside[0] if inside else None, block))
    return found


class TenderRules:
    """Reads won tenders as facts; a joint winner is a fact of its own."""

    name = "tender-rules"
    version = "1"

    def __init__(self, trusts: Trusts = MappingProxyType({})) -> None:
        self._trusts = trusts

    def extract(self, texts: Sequence[Document]) -> Sequence[tuple[Fact, ...]]:
        """Return the won tenders of each text."""
        return [self._one(document) for document in texts]

    def _one(self, document: Document) -> tuple[Fact, ...]:
        clean = CleanText(document.whole[:TENDER_CHARS_MAX])
        return tuple(
            fact
            for award in awards_of(document, self._trusts)
            for winner in award.winners
            if (fact := self._fact(document, clean, award, winner))
        )

    def _fact(
        self, document: Document, clean: CleanText, award: Award, winner: Told
    ) -> Fact | None:
        subject = literal_of(winner.text, clean)
        if not subject:
            return None
        span = _sentence(clean, winner.at)
        attributes = {facts.STAGE: stage_of(clean.text)}
        if award.buyer and (buyer := literal_of(award.buyer.text, clean)):
            attributes[facts.TENDERED_BY] = buyer
        if award.amount and (amount := literal_of(award.amount.text, clean)):
            attributes[facts.AMOUNT] = amount
            if (fen := amount_fen(amount)) is not None:
                attributes[facts.AMOUNT_FEN] = str(fen)
        day = first_date(span) or document.published
        if day:
            attributes[facts.ANNOUNCED] = day.isoformat()
        told = literal_of(award.object.text, clean) if award.object else ""
        return Fact(
            subject,
            FactRelation.WON_TENDER,
            told,
            span,
            round(_sure(winner), 3),
            self.name,
            self.version,
            attributes,
        )


def stage_of(text: str) -> str:
    """Return whether a text tells of a final award or of candidates only."""
    return "candidate" if _NOT_FINAL.search(text) and not _FINAL.search(text) else "won"


def literal_of(name: str, clean: CleanText) -> str:
    """Return a name as it stands in the original; "" where it does not stand there."""
    if name in clean.original:
        return name
    at = clean.text.find(name)
    return clean.literal(at, at + len(name)) if at >= 0 and name else ""


def _sentence(clean: CleanText, at: int) -> str:
    """Return the sentence around a place, as it stands in the original and bounded."""
    start, end = _bounds(clean.text, at)
    return clean.literal(start, end).strip()[:SPAN_CHARS_MAX]


def _bounds(text: str, at: int) -> tuple[int, int]:
    ends = [match.end() for match in _SENTENCE_END.finditer(text, 0, at)]
    after = _SENTENCE_END.search(text, at)
    return (ends[-1] if ends else 0), (after.end() if after else len(text))
