"""How near a patent's title is to a product's name: pieces of characters, weighed by rarity.

Own and small: no model, no dictionary. The invariant: only the words count. A text that asks for
a grade, or tells its reader what to do, is a text with other words in it.
"""

from __future__ import annotations

import math
import re
import unicodedata
from typing import TYPE_CHECKING

from martlet.supplychain.model import PPM
from martlet.supplychain.technology.limits import GRAMS, TEXT_CHARS_MAX

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_BOILERPLATE = re.compile(
    r"^一种|及其|以及|用于|制备方法|生产方法|加工方法|方法|生产工艺|制备工艺|工艺|应用|装置|设备|系统|结构|"
    r"机构|组件|产品|材料|a |an |the |method|device|apparatus|system|and|for|of"
)
_OTHER = re.compile(r"[^\w]+|_")


def grams(text: str) -> frozenset[str]:
    """Return the pieces of a text, without the words that every patent's title has."""
    plain = unicodedata.normalize("NFKC", text[:TEXT_CHARS_MAX]).casefold()
    parts = _OTHER.sub(" ", _BOILERPLATE.sub(" ", plain)).split()
    return frozenset(
        part[i : i + size] for part in parts for size in GRAMS for i in range(len(part) - size + 1)
    )


class Rarity:
    """How much a piece tells, learned from whatever texts are at hand: the rarer, the more."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._counts: dict[str, int] = {}
        self._texts = 0
        for text in texts:
            self._texts += 1
            for gram in grams(text):
                self._counts[gram] = self._counts.get(gram, 0) + 1

    def of(self, gram: str) -> float:
        """Return the weight of a piece; 1 of each where no texts were seen."""
        return 1.0 + math.log((1 + self._texts) / (1 + self._counts.get(gram, 0)))


def relevance_ppm(title: str, names: Iterable[str], rarity: Rarity | None = None) -> int:
    """Return how far the nearest of some names stands in a title: its weight found there."""
    weigh, there = rarity or Rarity(), grams(title)
    best = 0.0
    for name in names:
        wanted = grams(name)
        whole = sum(map(weigh.of, wanted))
        if whole:
            best = max(best, sum(map(weigh.of, wanted & there)) / whole)
    return min(round(best * PPM), PPM)


def weight_of(relevance: int, bounds: Mapping[str, int]) -> int:
    """Return what a relevance leaves of a patent's weight: straight between least and full."""
    least, full = bounds["least"], bounds["full"]
    if relevance < least:
        return 0
    return min(relevance * PPM // full, PPM)
