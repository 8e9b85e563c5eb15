"""Rank the customers that a supplier will probably find, and say how likely given pairs are.

The invariant: pairs that were ever seen are not proposed; a firm that no snapshot knows gets no
guess, and that is said; within one supplier a better rank never has a lower probability.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.kernel.errors import Invalid
from martlet.supplychain.links.firms.candidates import BY_WALKS, candidates
from martlet.supplychain.links.firms.limits import SHOWN_MAX
from martlet.supplychain.links.firms.negatives import Pairs
from martlet.supplychain.links.firms.reasons import Why, whys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from martlet.supplychain.links.firms.learning import Learnt

BLOCK = 200
"""Suppliers that are ranked at once."""


@dataclass(frozen=True, slots=True)
class FirmLink:
    """A link that nobody wrote down: inferred, ranked, with its grounds."""

    supplier: str
    customer: str
    rank: int | None
    """None where the pair was asked about and an end of it is unknown."""
    score: float | None
    probability: float | None
    whys: tuple[Why, ...]


def suggest(
    learnt: Learnt,
    names: Sequence[str],
    suppliers: Sequence[str],
    k: int,
    moved: Callable[[int, int | None], None] | None = None,
) -> Iterator[FirmLink]:
    """Give the k likeliest new customers of each supplier; nothing for one that is unknown."""
    if not 1 <= k <= SHOWN_MAX:
        raise Invalid("firmlinks.count_outside", count=k, most=SHOWN_MAX)
    number = {name: place for place, name in enumerate(names)}
    past = learnt.past
    asked = [number[name] for name in dict.fromkeys(suppliers) if name in number]
    asked = [firm for firm in asked if np.isin(firm, past.known)]
    for begun in range(0, len(asked), BLOCK):
        block = np.array(asked[begun : begun + BLOCK], np.int64)
        found = candidates(past, block, 1 + k // BY_WALKS)
        scores = learnt.scores(found)
        chances = learnt.probabilities(scores)
        for firm in block.tolist():
            mine = np.flatnonzero(found.suppliers == firm)
            order = mine[np.lexsort((found.customers[mine], -scores[mine]))][:k]
            for rank, place in enumerate(order.tolist(), 1):
                customer = int(found.customers[place])
                told = (float(scores[place]), float(chances[place]), whys(past, firm, customer))
                yield FirmLink(names[firm], names[customer], rank, *told)
        if moved:
            moved(min(begun + BLOCK, len(asked)), len(asked))


def probabilities_of(
    learnt: Learnt, names: Sequence[str], pairs: Sequence[tuple[str, str]]
) -> Iterator[FirmLink]:
    """Give each pair's probability, ranked among the pairs asked about of the same supplier."""
    number = {name: place for place, name in enumerate(names)}
    past = learnt.past
    ends = np.array([(number.get(a, -1), number.get(b, -1)) for a, b in pairs], np.int64)
    ends = ends.reshape(-1, 2)
    sound = np.isin(ends, past.known).all(1) & (ends[:, 0] != ends[:, 1])
    chosen = np.flatnonzero(sound)
    scores = learnt.scores(Pairs(ends[chosen, 0], ends[chosen, 1]))
    chances = learnt.probabilities(scores)
    order = np.lexsort((-scores, ends[chosen, 0]))
    ranks = np.empty(len(chosen), np.int64)
    suppliers = ends[chosen, 0][order]
    first = np.searchsorted(suppliers, suppliers, "left")
    ranks[order] = np.arange(len(order)) - first + 1
    at = {int(place): told for told, place in enumerate(chosen)}
    for place, (supplier, customer) in enumerate(pairs):
        told = at.get(place)
        if told is None:
            unknown = (Why("firmlinks.unknown", {}),)
            yield FirmLink(supplier, customer, None, None, None, unknown)
            continue
        reasons = whys(past, int(ends[place, 0]), int(ends[place, 1]))
        figures = (int(ranks[told]), float(scores[told]), float(chances[told]))
        yield FirmLink(supplier, customer, *figures, reasons)
