"""Materials that nobody has listed yet, read off the products' own names.

"褐藻酸钠挂面" names its material although no edge ever named it. Which stretch of a name reads
like a material is learnt from the products whose known materials stand in their names: by the
characters on both sides of each cut, the first and last character, the length and the place.
Guards that a stretch is a suggestion to the ranker, marked as coined, and never a known name.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from martlet.supplychain.links.limits import COINED_CHARS, COINED_PER_PRODUCT
from martlet.supplychain.links.names_text import END, START

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from martlet.supplychain.links.model import Pair

_SMOOTHING = 0.5


def _stretches(name: str) -> Iterator[tuple[int, int]]:
    shortest, longest = COINED_CHARS
    for start in range(len(name)):
        for end in range(start + shortest, min(len(name), start + longest) + 1):
            if end - start < len(name):
                yield start, end


def _signs(marked: str, start: int, end: int) -> tuple[str, ...]:
    """Return what can be seen of a stretch; `marked` is the name with both ends marked."""
    before, first, last, after = marked[start], marked[start + 1], marked[end], marked[end + 1]
    return (
        f"<{before}{first}",
        f">{last}{after}",
        f"[{first}",
        f"]{last}",
        f"({before}",
        f"){after}",
        f"#{end - start}{before == START}{after == END}",
    )


class PartReader:
    """Tells how much a stretch of a product's name reads like one of its materials."""

    def __init__(self, pairs: Iterable[Pair]) -> None:
        named: dict[str, set[str]] = {}
        for product, material in pairs:
            if material in product and material != product:
                named.setdefault(product, set()).add(material)
        yes: Counter[str] = Counter()
        no: Counter[str] = Counter()
        hits = misses = 0
        for product, materials in named.items():
            marked = f"{START}{product}{END}"
            for start, end in _stretches(product):
                signs = _signs(marked, start, end)
                if product[start:end] in materials:
                    yes.update(signs)
                    hits += 1
                else:
                    no.update(signs)
                    misses += 1
        self._prior = math.log((hits + _SMOOTHING) / (misses + _SMOOTHING))
        self._weights = {
            sign: math.log((yes[sign] + _SMOOTHING) / (no[sign] + _SMOOTHING)) - self._prior
            for sign in {*yes, *no}
        }

    def coined(self, product: str, known: Collection[str]) -> list[tuple[str, float]]:
        """Return the best stretches of a name that are no known names, with how good each is."""
        marked = f"{START}{product}{END}"
        scored: dict[str, float] = {}
        for start, end in _stretches(product):
            stretch = product[start:end]
            if stretch not in known:
                signs = _signs(marked, start, end)
                score = self._prior + sum(self._weights.get(sign, 0.0) for sign in signs)
                scored[stretch] = max(score, scored.get(stretch, score))
        best = sorted(scored.items(), key=lambda each: (-each[1], each[0]))
        return best[:COINED_PER_PRODUCT]

    def coin(self, products: Iterable[str], known: Collection[str]) -> dict[str, float]:
        """Return the coined names of many products, each with its best score."""
        found: dict[str, float] = {}
        for product in products:
            for name, score in self.coined(product, known):
                found[name] = max(score, found.get(name, score))
        return found
