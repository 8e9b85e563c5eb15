"""From queries to ranked pairs: block, align, keep the best readings.

The invariant: the work of a query does not grow with the register beyond its own candidates, and
memory is bounded by blocks of queries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.supplychain.names.alignment import Aligned, Keeping, align
from martlet.supplychain.names.blocking import Index
from martlet.supplychain.names.features import Pairs
from martlet.supplychain.names.keeping import keeping_of
from martlet.supplychain.names.limits import QUERIES_SCORED_AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

    from martlet.supplychain.names.register import Ints, Register, Smalls

    Singles = npt.NDArray[np.float32]
    Keeper = Callable[[Singles], Singles]


@dataclass(frozen=True)
class Queries:
    """Names that are looked for, as the register's character numbers."""

    keys: Sequence[str]
    codes: Smalls

    @classmethod
    def of(cls, register: Register, keys: Sequence[str]) -> Queries:
        """Return keys as rows of numbers."""
        return cls(keys, register.encode(keys))

    def blocks(self) -> Iterator[tuple[int, Queries]]:
        """Yield parts of a bounded size, each with where it begins."""
        for begin in range(0, len(self.keys), QUERIES_SCORED_AT_ONCE):
            part = slice(begin, begin + QUERIES_SCORED_AT_ONCE)
            yield begin, Queries(self.keys[part], self.codes[part])


class Source:
    """A register with its index: where candidates come from."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self.index = Index(register)

    def pairs(self, queries: Queries, keeper: Keeper, most: int) -> Pairs:
        """Return the candidates of each query with their best readings, the likeliest first."""
        found, block = self.index.candidates(queries.codes)
        query, column = np.nonzero(found >= 0)
        name, weight = found[query, column], block[query, column].astype(np.float32)
        aligned = self.read(
            Queries([queries.keys[at] for at in query.tolist()], queries.codes[query]), name, keeper
        )
        order = np.lexsort((-weight, -aligned.score, query))
        pairs = Pairs(
            query.astype(np.int64)[order],
            name[order],
            aligned.score[order],
            aligned.places[order],
            weight[order],
        )
        return first_of_each(pairs, most)

    def read(self, queries: Queries, name: Ints, keeper: Keeper) -> Aligned:
        """Return the best reading of each query in the name beside it."""
        register = self.register
        unique, back = np.unique(name, return_inverse=True)
        keeping = keeping_of(keeper, register, unique)
        places = [register.parts[row].shorts for row in unique]
        shortened = np.array(
            [
                key[:1] in places[at] and bool(key)
                for key, at in zip(queries.keys, back, strict=True)
            ],
            bool,
        )
        return align(
            queries.codes,
            register.codes[name],
            Keeping(keeping.kept[back], keeping.dropped[back]),
            shortened,
        )


def first_of_each(pairs: Pairs, most: int) -> Pairs:
    """Return each query's first few pairs."""
    if not pairs.query.size:
        return pairs
    new = np.r_[True, pairs.query[1:] != pairs.query[:-1]]
    starts = np.flatnonzero(new)
    rank = np.arange(pairs.query.size) - starts[np.cumsum(new) - 1]
    return pairs.only(rank < most)
