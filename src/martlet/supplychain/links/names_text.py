"""Names of products as runs of characters: what two names have in common, and how rare that is.

A name is told by its characters, its runs of two and three with its ends marked, and its last
three: the end of a Chinese product's name says what kind of thing it is. Pure.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from martlet.supplychain.links.limits import GRAM_CHARS_MAX, PARTS_CHARS_MAX
from martlet.supplychain.links.matrices import (
    Floats,
    Sparse,
    ones,
    scaled_columns,
    unit_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

START, END = "\x02", "\x03"
"""Marks of a name's ends; control characters, which no name that was read holds."""


def grams_of(name: str) -> list[str]:
    """Return the distinct runs of characters of a name, in a fixed order."""
    if not name:
        return []
    marked = f"{START}{name}{END}"
    found = dict.fromkeys(name)
    for size in range(2, GRAM_CHARS_MAX + 1):
        for at in range(len(marked) - size + 1):
            found[marked[at : at + size]] = None
    if len(name) >= GRAM_CHARS_MAX:
        found[marked[-GRAM_CHARS_MAX - 1 :]] = None
    return list(found)


class Grams:
    """The runs of characters of a set of names, numbered and weighed by rarity."""

    def __init__(self, names: Iterable[str]) -> None:
        lists = [grams_of(name) for name in names]
        counts = Counter(gram for each in lists for gram in each)
        self.names = sorted(counts)
        self.number = {gram: number for number, gram in enumerate(self.names)}
        seen = np.array([counts[gram] for gram in self.names], np.float32)
        self.rarity: Floats = np.log1p(len(lists) / np.maximum(seen, 1.0)).astype(np.float32)
        bare = [gram.strip(START + END) for gram in self.names]
        self.single = np.array([len(gram) == 1 for gram in self.names], bool)
        self.final = np.array([gram.endswith(END) for gram in self.names], bool)
        self.first = np.array([gram.startswith(START) for gram in self.names], bool)
        self.inner = ~(self.final | self.first) & np.array([len(each) > 1 for each in bare], bool)

    def matrix(self, names: Sequence[str]) -> Sparse:
        """Return which runs each name has; runs that were never seen count for nothing."""
        number = self.number
        return ones(
            [[number[gram] for gram in grams_of(name) if gram in number] for name in names],
            len(self.names),
        )

    def weighed(self, matrix: Sparse) -> Sparse:
        """Return the runs weighed by rarity, every name at length one."""
        return unit_rows(scaled_columns(matrix, self.rarity))

    def chosen(self, mask: np.typing.NDArray[np.bool_]) -> Floats:
        """Return the rarity of some runs, and nothing for the others."""
        return (self.rarity * mask).astype(np.float32)


def parts_of(name: str, numbers: Mapping[str, int]) -> list[tuple[int, int, int]]:
    """Return each stretch of a name that is itself a known name: its number, start and end."""
    found = []
    for start in range(len(name)):
        for end in range(start + 1, min(len(name), start + PARTS_CHARS_MAX) + 1):
            number = numbers.get(name[start:end])
            if number is not None:
                found.append((number, start, end))
    return found


def without(name: str, parts: Iterable[str]) -> str:
    """Return what is left of a name when its known parts are struck out, longest first."""
    for part in sorted(parts, key=lambda each: (-len(each), each)):
        name = name.replace(part, "")
    return name
