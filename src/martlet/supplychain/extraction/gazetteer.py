"""Known names, found where they stand in a text without any library.

The invariant: a match is literal, and a name that only this sentence taught is not known in it:
whoever learns from a sentence leaves out what that sentence itself put into the list.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from martlet.supplychain.extraction.limits import NAME_CHARS_MAX

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

Span = tuple[int, int]
"""Where a name stands: `text[start:end]`."""


class Gazetteer:
    """Names and in how many labelled sentences each was read."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.counts = {
            name: count for name, count in counts.items() if 0 < len(name) <= NAME_CHARS_MAX
        }
        lengths: dict[str, set[int]] = {}
        for name in self.counts:
            lengths.setdefault(name[:2], set()).add(len(name))
        self._lengths = {start: tuple(sorted(found)) for start, found in lengths.items()}

    @classmethod
    def of(cls, names: Iterable[Iterable[str]]) -> Gazetteer:
        """Return the names of many sentences, each counted once a sentence."""
        return cls(Counter(name for here in names for name in set(here)))

    def matches(self, text: str, own: Collection[str] = ()) -> list[Span]:
        """Return every place of a known name; names in `own` need one sentence more."""
        found = []
        for start in range(len(text)):
            # A name of one character starts with itself, a longer one with its first two.
            for opening in (text[start : start + 2], text[start : start + 1]):
                for length in self._lengths.get(opening, ()):
                    name = text[start : start + length]
                    if len(name) == length and self.counts.get(name, 0) > (name in own):
                        found.append((start, start + length))
                if len(opening) == 1:
                    break
        return found


def without_overlap(spans: Iterable[Span]) -> list[Span]:
    """Return the longest spans, none overlapping, the first of equals, by their start."""
    taken: list[Span] = []
    covered: set[int] = set()
    for start, end in sorted(spans, key=lambda one: (one[0] - one[1], one[0])):
        # The longest come first, so whatever overlaps covers one of the two ends.
        if start not in covered and end - 1 not in covered:
            taken.append((start, end))
            covered.update(range(start, end))
    return sorted(taken)


def repeated(text: str, shortest: int = 2, longest: int = 12) -> list[Span]:
    """Return stretches of Han or Latin characters that stand more than once in the text."""
    found: list[Span] = []
    start = 0
    while start < len(text):
        length = 0
        while length < longest and _stands_twice(text, start, length + 1):
            length += 1
        if length >= shortest:
            found.append((start, start + length))
        start += length if length >= shortest else 1
    return found


def _stands_twice(text: str, start: int, length: int) -> bool:
    if start + length > len(text) or not text[start + length - 1].isalpha():
        return False
    part = text[start : start + length]
    return text.find(part) < start or text.find(part, start + 1) >= 0
