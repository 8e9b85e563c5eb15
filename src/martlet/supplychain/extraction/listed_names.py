"""Names of somebody's list where they stand, what a trained reader finds beside, and plain endings.

The invariant: the list comes before the trained reader, and that before the endings of names, and
no two mentions overlap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.supplychain.extraction.gazetteer import Gazetteer, without_overlap
from martlet.supplychain.extraction.ports import Mention
from martlet.supplychain.extraction.rules import LISTED, KnownNames

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from martlet.supplychain.extraction.ports import MentionRecogniser

LEAST = 0.5
"""What a trained reader finds counts from here on."""


class ListedNames:
    """Three readers of names, the surer before the weaker: a `MentionRecogniser`."""

    name = "listed-names"
    version = "1"

    def __init__(self, names: Iterable[str], trained: MentionRecogniser) -> None:
        self._listed = Gazetteer(dict.fromkeys(names, 1))
        self._trained = trained
        self._endings = KnownNames()

    def find(self, sentences: Sequence[str]) -> Sequence[Sequence[Mention]]:
        """Return the mentions of each sentence, in order of their start, none overlapping."""
        trained, endings = self._trained.find(sentences), self._endings.find(sentences)
        return [
            _apart(
                [
                    *(Mention(*span, LISTED) for span in self._spans(sentence)),
                    *(one for one in found if one.probability >= LEAST),
                    *ended,
                ]
            )
            for sentence, found, ended in zip(sentences, trained, endings, strict=True)
        ]

    def _spans(self, sentence: str) -> list[tuple[int, int]]:
        return without_overlap(self._listed.matches(sentence))


def _apart(mentions: Iterable[Mention]) -> list[Mention]:
    taken: list[Mention] = []
    for one in mentions:
        if all(one.end <= other.start or other.end <= one.start for other in taken):
            taken.append(one)
    return sorted(taken, key=lambda one: one.start)
