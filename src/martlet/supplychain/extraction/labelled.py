"""Labelled sets in the forms in which they are published: FinRE's pairs, DuEE-fin's documents.

The invariant: a label is taken as it stands in the file; what a line lacks makes it a mistake that
is told, never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.supplychain.extraction.limits import TEXT_CHARS_MAX
from martlet.supplychain.extraction.model import Document
from martlet.supplychain.extraction.ports import LabelledPair, LabelledSentence, Pair
from martlet.supplychain.extraction.reading import Mistakes, json_lines, lines_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_PAIR_FIELDS = 4
_PAIR_HEADINGS = {"head", "头实体", "entity1"}

TENDER_WON = "中标"
"""The event type of a won tender in DuEE-fin's form."""
WINNER, BUYER, SUM, OBJECT = "中标公司", "招标方", "中标金额", "中标标的"
ROLES = (WINNER, BUYER, SUM, OBJECT)
"""The roles that make a supply edge, by their names in DuEE-fin's form."""


@dataclass(frozen=True, slots=True)
class Award:
    """One won tender as labelled: (role, argument) pairs; joint winners repeat the role."""

    arguments: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class LabelledDocument:
    """A document with its won tenders; most documents have none."""

    document: Document
    awards: tuple[Award, ...]


def read_pairs(path: Path, mistakes: Mistakes) -> list[LabelledPair]:
    """Return the rows `head, tail, label, sentence` of a tab-separated file."""
    found = []
    for number, line in lines_of(path, mistakes):
        cells = [cell.strip() for cell in line.split("\t", _PAIR_FIELDS - 1)]
        if number == 1 and cells[0].lower() in _PAIR_HEADINGS:
            continue
        if len(cells) < _PAIR_FIELDS or not all(cells):
            mistakes.add(number, "extraction.pair_incomplete")
        elif len(cells[3]) > TEXT_CHARS_MAX:
            mistakes.add(number, "extraction.text_too_long")
        else:
            head, tail, label, sentence = cells
            found.append(LabelledPair(Pair(head, tail, sentence), label))
    return found


def sentences_of(pairs: Sequence[LabelledPair]) -> list[LabelledSentence]:
    """Return each sentence once with all the firms that its rows name, as they stand in it."""
    names: dict[str, set[str]] = {}
    for each in pairs:
        here = names.setdefault(each.pair.sentence, set())
        here.update(n for n in (each.pair.head, each.pair.tail) if n in each.pair.sentence)
    return [LabelledSentence(sentence, frozenset(found)) for sentence, found in names.items()]


def read_awards(path: Path, mistakes: Mistakes) -> list[LabelledDocument]:
    """Return the documents of a DuEE-fin file with their tender-won events."""
    found = []
    for number, row in json_lines(path, mistakes):
        text, name = row.get("text"), row.get("id", number)
        if not isinstance(text, str) or not text.strip():
            mistakes.add(number, "extraction.text_missing")
            continue
        if len(text) > TEXT_CHARS_MAX:
            mistakes.add(number, "extraction.text_too_long")
            continue
        title = row.get("title")
        document = Document(str(name), text, title if isinstance(title, str) else "")
        events = row.get("event_list")
        awards = [_award(event) for event in events] if isinstance(events, list) else []
        found.append(LabelledDocument(document, tuple(one for one in awards if one is not None)))
    return found


def _award(event: Mapping[str, object]) -> Award | None:
    if not isinstance(event, dict) or event.get("event_type") != TENDER_WON:
        return None
    told = event.get("arguments")
    arguments = [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
    pairs = ((str(one.get("role")), str(one.get("argument"))) for one in arguments)
    return Award(frozenset((role, text) for role, text in pairs if role in ROLES))
