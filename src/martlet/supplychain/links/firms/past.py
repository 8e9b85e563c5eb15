"""What was known of all firms' trade up to one snapshot, as matrices and columns by firm.

The invariant: nothing of a later snapshot is in it. Ages are counted in snapshots back from the
cut, so that a past of one year and of another read alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    Numbers = np.ndarray[Any, np.dtype[np.int64]]
    Floats = np.ndarray[Any, np.dtype[np.float64]]

RANK = 48
"""Directions of the factorisation: what the notes' reference took."""
_SPARE = 8
_PASSES = 3
_FADES = 0.7
"""What a snapshot counts, against the one after it."""


@dataclass
class Past:
    """All snapshots up to a cut; each is one number a pair, `supplier * firms + customer`."""

    firms: int
    snapshots: Sequence[Numbers]
    seed: int = 6
    columns: dict[str, Floats] = field(default_factory=dict)
    """What is told of every firm alone, once somebody has asked for it."""
    ways: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    """The matrices of the ways between firms, likewise."""

    @cached_property
    def pairs(self) -> Numbers:
        """Every pair that was ever seen, sorted."""
        return np.unique(np.concatenate(self.snapshots))

    @cached_property
    def ends(self) -> tuple[Numbers, Numbers]:
        """The suppliers and the customers of all pairs ever seen."""
        return self.pairs // self.firms, self.pairs % self.firms

    @cached_property
    def known(self) -> Numbers:
        """Firms that were ever seen, sorted."""
        return np.unique(np.concatenate(self.ends))

    @cached_property
    def first_seen(self) -> Numbers:
        """For each pair, how many snapshots ago it was first seen."""
        last = len(self.snapshots) - 1
        found = np.full(len(self.pairs), -1)
        for ago, snapshot in enumerate(reversed(self.snapshots)):
            found[np.searchsorted(self.pairs, snapshot)] = ago
        assert found.min(initial=0) >= 0
        assert found.max(initial=0) <= last
        return found

    def matrix(self, pairs: Numbers, weights: Any = 1.0) -> Any:  # noqa: ANN401 - scipy's
        """Return pairs as a sparse matrix, suppliers by customers."""
        from scipy.sparse import coo_matrix  # noqa: PLC0415 - an extra

        ends = (pairs // self.firms, pairs % self.firms)
        values = np.broadcast_to(np.asarray(weights, np.float64), len(pairs))
        return coo_matrix((values, ends), (self.firms, self.firms)).tocsr()

    @cached_property
    def ever(self) -> Any:  # noqa: ANN401
        """All pairs ever seen."""
        return self.matrix(self.pairs)

    @cached_property
    def bought(self) -> Any:  # noqa: ANN401
        """The same, customers by suppliers."""
        return self.ever.T.tocsr()

    @cached_property
    def lately(self) -> Any:  # noqa: ANN401
        """The pairs of the last two snapshots: two, because half-years differ in coverage."""
        return self.matrix(np.unique(np.concatenate(self.snapshots[-2:])))

    @cached_property
    def faded(self) -> Any:  # noqa: ANN401
        """All pairs, by how lately they were last seen."""
        weight = np.zeros(len(self.pairs))
        for ago, snapshot in reversed(list(enumerate(reversed(self.snapshots)))):
            weight[np.searchsorted(self.pairs, snapshot)] = _FADES**ago
        return self.matrix(self.pairs, weight)

    @cached_property
    def factors(self) -> tuple[Floats, Floats]:
        """Suppliers and customers as points: close ones trade with the same firms."""
        return factorise(normal(self.faded), np.random.default_rng(self.seed))

    @cached_property
    def walks1(self) -> Any:  # noqa: ANN401
        """One step from firm to firm, whichever way they trade, weighed down by their degrees."""
        either = self.ever + self.ever.T
        either.data[:] = 1
        return normal(either)

    @cached_property
    def walks2(self) -> Any:  # noqa: ANN401
        """Two such steps."""
        return self.walks1 @ self.walks1

    @cached_property
    def places(self) -> Floats:
        """Firms as points by whom they trade with, whichever way."""
        either = normal(self.ever + self.ever.T)
        left, right = factorise(either, np.random.default_rng(self.seed))
        return left + right


def factorise(
    matrix: Any,  # noqa: ANN401 - scipy's
    rng: np.random.Generator,
) -> tuple[Floats, Floats]:
    """Return the strongest directions of a sparse matrix, by rows and by columns.

    By a random sketch that a few passes over the matrix sharpen (Halko, Martinsson, Tropp 2011).
    """
    rows, columns = (np.flatnonzero(np.diff(one.tocsr().indptr)) for one in (matrix, matrix.T))
    inner = matrix[rows][:, columns]
    rank = min(RANK, *inner.shape)
    left, right = np.zeros((matrix.shape[0], RANK)), np.zeros((matrix.shape[1], RANK))
    if rank == 0:
        return left, right
    sketch = rng.standard_normal((inner.shape[1], min(rank + _SPARE, *inner.shape)))
    for _ in range(_PASSES):
        sketch = inner.T @ np.linalg.qr(inner @ sketch)[0]
    across = np.linalg.qr(inner @ sketch)[0]
    small = (inner.T @ across).T
    turned, values, directions = np.linalg.svd(small, full_matrices=False)
    half = np.sqrt(values[:rank])
    left[rows, :rank] = (across @ turned)[:, :rank] * half
    right[columns, :rank] = directions[:rank].T * half
    return left, right


def normal(matrix: Any, power: float = 0.5) -> Any:  # noqa: ANN401
    """Return a matrix with rows and columns weighed down by their sums."""
    from scipy.sparse import diags  # noqa: PLC0415 - an extra

    sides = [np.asarray(matrix.sum(axis)).ravel() for axis in (1, 0)]
    left, right = (
        np.power(side, -power, where=side > 0, out=np.zeros_like(side)) for side in sides
    )
    return (diags(left) @ matrix @ diags(right)).tocsr()
