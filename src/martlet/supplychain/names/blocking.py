"""Candidates of a query: the names that share its weightiest characters, by an inverted index.

The invariant: no query is compared with every name. Characters and neighbouring pairs each point to
the names that contain them; a sparse product adds up their weights; what is too common to tell
names apart is looked up only where a query has nothing rarer.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.kernel.errors import missing_extra
from martlet.supplychain.names.limits import BLOCK_CANDIDATES, QUERIES_AT_ONCE
from martlet.supplychain.names.register import Tally, adjacent

if TYPE_CHECKING:
    import numpy.typing as npt

    from martlet.supplychain.names.register import Floats, Ints, Register, Smalls

PAIR_SHARE = 0.6
"""Weight of two neighbours beside their single characters."""

COMMON_MAX = 40_000
"""Names that a piece may point to in a product; more only where a query has nothing rarer."""

LENGTH_PENALTY = 0.02
"""What a character of a name's length costs: of equals, the shorter name comes first."""


class Index:
    """The inverted index of one register."""

    def __init__(self, register: Register) -> None:
        self.register = register

    @cached_property
    def _pieces(self) -> tuple[Tally, Any, Floats]:
        """Pieces, the names that hold each (a sparse matrix), and each piece's weight."""
        register = self.register
        rows, pieces = _pieces_of_names(register)
        order = np.unique(pieces)
        columns = np.searchsorted(order, pieces)
        shape = (order.size, len(register))
        ones = np.ones(rows.size, np.float32)
        matrix = _sparse().csr_matrix((ones, (columns, rows)), shape=shape)
        matrix.data[:] = 1.0
        counts = np.diff(matrix.indptr).astype(np.int64)
        weight = np.log((len(register) + 1) / (counts + 0.5))
        weight = np.maximum(weight, 0.05) * np.where(order >= 1 << 24, PAIR_SHARE, 1.0)
        return Tally(order, counts), matrix, weight

    def candidates(self, queries: Smalls, most: int = BLOCK_CANDIDATES) -> tuple[Ints, Floats]:
        """Return the rows of each query's candidates, best first, -1 where there are no more."""
        count = len(queries)
        found = np.full((count, most), -1, np.int64)
        scores = np.zeros((count, most))
        if not len(self.register):
            return found, scores
        for begin in range(0, count, QUERIES_AT_ONCE):
            block = slice(begin, begin + QUERIES_AT_ONCE)
            self._block(queries[block], found[block], scores[block])
        return found, scores

    def _block(self, queries: Smalls, found: Ints, scores: Floats) -> None:
        tally, matrix, weight = self._pieces
        rows, pieces = _pieces_of_queries(queries)
        at = np.minimum(np.searchsorted(tally.keys, pieces), tally.keys.size - 1)
        known = tally.keys[at] == pieces
        rows, at = rows[known], at[known]
        rare = tally.counts[at] <= COMMON_MAX
        has_rare = np.zeros(len(queries), bool)
        has_rare[rows[rare]] = True
        keep = rare | ~has_rare[rows]
        rows, at = rows[keep], at[keep]
        shape = (len(queries), tally.keys.size)
        asked = _sparse().csr_matrix((weight[at].astype(np.float32), (rows, at)), shape=shape)
        product = asked @ matrix
        lengths = self.register.lengths
        for row in range(len(queries)):
            part = slice(product.indptr[row], product.indptr[row + 1])
            names = product.indices[part]
            score = product.data[part] - LENGTH_PENALTY * lengths[names]
            best = _best(score, found.shape[1])
            found[row, : best.size] = names[best]
            scores[row, : best.size] = score[best]


def _best(score: npt.NDArray[Any], most: int) -> Ints:
    """Return where the highest scores stand, in order; ties by place, so that runs agree."""
    enough = score.size > most
    top = np.argpartition(-score, most - 1)[:most] if enough else np.arange(score.size)
    best: Ints = top[np.lexsort((top, -score[top]))]
    return best


def _pieces_of_names(register: Register) -> tuple[Ints, npt.NDArray[np.uint64]]:
    """Return each name's pieces once: characters, neighbours, one-character names of places."""
    codes = register.codes
    row, column = np.nonzero(codes)
    single = codes[row, column].astype(np.uint64)
    pair_row, pair_column = np.nonzero((codes[:, :-1] > 0) & (codes[:, 1:] > 0))
    pairs = adjacent(codes)[pair_row, pair_column]
    number = register.number_of
    shorts = [
        (at, number[sign])
        for at, part in enumerate(register.parts)
        for sign in part.shorts
        if sign in number
    ]
    short_rows = np.array([at for at, _ in shorts], np.int64)
    short_codes = np.array([code for _, code in shorts], np.uint64)
    rows = np.concatenate([row, pair_row, short_rows])
    pieces = np.concatenate([single, pairs, short_codes])
    return _once(rows, pieces)


def _pieces_of_queries(codes: Smalls) -> tuple[Ints, npt.NDArray[np.uint64]]:
    row, column = np.nonzero(codes > 0)
    single = codes[row, column].astype(np.uint64)
    pair_row, pair_column = np.nonzero((codes[:, :-1] > 0) & (codes[:, 1:] > 0))
    pairs = adjacent(np.maximum(codes, 0))[pair_row, pair_column]
    return _once(np.concatenate([row, pair_row]), np.concatenate([single, pairs]))


def _once(
    rows: npt.NDArray[np.int64], pieces: npt.NDArray[np.uint64]
) -> tuple[Ints, npt.NDArray[np.uint64]]:
    order = np.lexsort((pieces, rows))
    rows, pieces = rows[order], pieces[order]
    new = np.ones(rows.size, bool)
    new[1:] = (rows[1:] != rows[:-1]) | (pieces[1:] != pieces[:-1])
    return rows[new], pieces[new]


def _sparse() -> Any:  # noqa: ANN401 - the package has no types
    try:
        from scipy import sparse  # noqa: PLC0415 - heavy, and an extra
    except ImportError as error:
        raise missing_extra("supplychain", "scipy") from error
    return sparse
