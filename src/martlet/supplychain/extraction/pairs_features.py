"""What the classifier of pairs sees: the sentence around two names, in the order they stand in.

The invariant: a pair and its reverse are one question, asked in the order of the sentence, so that
their answers cannot contradict each other; the same pair gives the same tokens on every machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from martlet.supplychain.extraction.ports import Pair

BAG, ZONE, NEAR, NAMES, SHAPE = range(5)
"""Kinds of token, each weighed by itself: the whole sentence, where in it, beside the names, the
names themselves, and how the pair lies in the sentence."""
KINDS = 5

_FIRST, _SECOND = "\ue000", "\ue001"
"""Stand for the two names; no text has these characters of private use."""
_SURROUNDING_CHARS = 500
"""Characters that are read to either side and between; sentences are shorter, tables are not."""
_OUTER_CHARS = 25
"""Characters before the first and after the second name that are told apart by zone."""
_BETWEEN_CHARS = 40
_PLACES_MAX = 20
"""Places of one name that are tried for the two that stand closest."""
_SHORT_BETWEEN = 8
_DIRECTION_WORDS = "被对向将拟与和为由从把给在"
"""Words that turn a sentence, or say which of two firms acts."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Two names in the order in which they stand, and what stands around them."""

    first: str
    second: str
    swapped: bool
    """Whether the pair's tail stands first."""
    before: str
    between: str
    after: str
    overlap: bool
    counts: tuple[int, int]
    """How often each name stands in the sentence."""


def placed(pair: Pair) -> Placed | None:
    """Return where the names stand closest, or None where one of them does not stand there."""
    heads, tails = _places(pair.sentence, pair.head), _places(pair.sentence, pair.tail)
    if not heads or not tails or pair.head == pair.tail:
        return None
    head, tail = min(
        ((head, tail) for head in heads for tail in tails),
        key=lambda at: _distance(at[0], len(pair.head), at[1], len(pair.tail)),
    )
    swapped = (tail, -len(pair.tail)) < (head, -len(pair.head))
    first, second = (pair.tail, pair.head) if swapped else (pair.head, pair.tail)
    start, other = (tail, head) if swapped else (head, tail)
    longer, shorter = sorted(((first, _FIRST), (second, _SECOND)), key=lambda one: -len(one[0]))

    def masked(text: str) -> str:
        return text.replace(*longer).replace(*shorter)

    end, other_end = start + len(first), other + len(second)
    return Placed(
        first,
        second,
        swapped,
        masked(pair.sentence[:start])[-_SURROUNDING_CHARS:],
        masked(pair.sentence[end:other])[:_SURROUNDING_CHARS],
        masked(pair.sentence[max(end, other_end) :])[:_SURROUNDING_CHARS],
        overlap=end > other,
        counts=(len(tails), len(heads)) if swapped else (len(heads), len(tails)),
    )


def _places(sentence: str, name: str) -> list[int]:
    if not name:
        return []
    return [found.start() for found in re.finditer(re.escape(name), sentence)][:_PLACES_MAX]


def _distance(head: int, head_chars: int, tail: int, tail_chars: int) -> tuple[bool, int]:
    overlap = head < tail + tail_chars and tail < head + head_chars
    gap = tail - head - head_chars if head < tail else head - tail - tail_chars
    return overlap, abs(gap)


def token_hashes(here: Placed) -> Mapping[int, frozenset[int]]:
    """Return the tokens of each kind as 32-bit numbers."""
    return {
        kind: frozenset(crc32(f"{kind}{token}".encode("utf-8", "surrogatepass")) for token in told)
        for kind, told in enumerate(
            (_bag(here), _zones(here), _near(here), _names(here), _shape(here))
        )
    }


def _grams(text: str, longest: int) -> Iterator[str]:
    for length in range(1, longest + 1):
        for start in range(len(text) - length + 1):
            yield text[start : start + length]


def _bag(here: Placed) -> Iterator[str]:
    yield from _grams(f"{here.before}{_FIRST}{here.between}{_SECOND}{here.after}", 4)


def _zones(here: Placed) -> Iterator[str]:
    for gram in _grams(here.before[-_OUTER_CHARS:], 3):
        yield f"before {gram}"
    for gram in _grams(f"^{here.between[:_BETWEEN_CHARS]}$", 4):
        yield f"between {gram}"
    for gram in _grams(here.after[:_OUTER_CHARS], 3):
        yield f"after {gram}"


def _near(here: Placed) -> Iterator[str]:
    beside = (
        ("left of first", here.before[-5:], True),
        ("right of first", here.between[:6], False),
        ("left of second", here.between[-6:], True),
        ("right of second", here.after[:8], False),
    )
    for where, text, leftward in beside:
        for gram in _grams(text, 4):
            yield f"{where} {gram}"
        for length in range(1, 5):
            touching = text[-length:] if leftward else text[:length]
            yield f"{where} touching {touching}"
    if len(here.between) <= _SHORT_BETWEEN:
        yield f"between whole {here.between}"


def _names(here: Placed) -> Iterator[str]:
    yield f"both {'|'.join(sorted((here.first, here.second)))}"
    yield f"ends {here.first[-2:]}|{here.second[-2:]}"
    for which, name in (("first", here.first), ("second", here.second)):
        yield f"{which} is {name}"
        for length in range(1, 5):
            yield f"{which} ends {name[-length:]}"
        yield f"{which} begins {name[:2]}"
        yield f"either is {name}"
        yield f"either begins {name[:2]}"
        yield f"either ends {name[-2:]}"


def _shape(here: Placed) -> Iterator[str]:
    first, second, between = here.first, here.second, here.between
    shared = _shared_chars(first, second)
    shorter = min(len(first), len(second))
    same_start = next((place for place in range(shorter) if first[place] != second[place]), shorter)
    yield f"shared {min(shared, 5)}"
    yield f"shared part {4 * shared // shorter}"
    yield f"overlap {here.overlap}"
    yield f"within {first in second} {second in first}"
    yield f"same start {min(same_start, 4)}"
    yield f"gap {min(len(between) // 4, 10)}"
    yield f"chars {min(len(first), 9)}"
    yield f"other chars {min(len(second), 9)}"
    yield f"times {min(here.counts[0], 3)}"
    yield f"other times {min(here.counts[1], 3)}"
    yield f"listed {between == '、'}"
    yield f"commas {min(3, between.count(',') + between.count('，'))}"
    yield f"list marks {min(3, between.count('、'))}"
    yield f"before {min(len(here.before) // 5, 6)}"
    yield f"after {min(len(here.after) // 5, 6)}"
    for word in _DIRECTION_WORDS:
        if word in between:
            yield f"between {word}"
        if word in here.before[-3:]:
            yield f"just before {word}"


def _shared_chars(one: str, other: str) -> int:
    """Return the length of the longest stretch that both names have."""
    longest = 0
    for start in range(len(one)):
        while one[start : start + longest + 1] in other and start + longest < len(one):
            longest += 1
    return longest
