"""Sparse matrices for link inference: the one place that loads scipy.

Guards that every matrix is compressed by rows, in single precision, and of the shape it says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from martlet.kernel.errors import missing_extra

if TYPE_CHECKING:
    from collections.abc import Sequence

Sparse: TypeAlias = Any
"""A `scipy.sparse.csr_matrix`, which comes without types."""

Floats = npt.NDArray[np.float32]
Wide = npt.NDArray[np.floating[Any]]
Integers = npt.NDArray[np.int64]

_TINY = 1e-9


def _scipy() -> Any:  # noqa: ANN401 - a library without types
    try:
        import scipy.sparse  # noqa: PLC0415 - heavy, and only needed here
    except ImportError as error:
        raise missing_extra("supplychain", "scipy") from error
    return scipy.sparse


def filled(
    rows: Sequence[int] | Integers,
    columns: Sequence[int] | Integers,
    values: Sequence[float] | Floats,
    shape: tuple[int, int],
) -> Sparse:
    """Return the matrix with these values at these places; what falls on one place adds up."""
    cells = (np.asarray(rows, np.int64), np.asarray(columns, np.int64))
    return _scipy().csr_matrix((np.asarray(values, np.float32), cells), shape=shape)


def ones(lists: Sequence[Sequence[int]], width: int) -> Sparse:
    """Return a matrix with a one at every listed column of each row."""
    rows = np.repeat(np.arange(len(lists)), [len(each) for each in lists])
    columns = np.array([one for each in lists for one in each], np.int64)
    return filled(rows, columns, np.ones(len(columns), np.float32), (len(lists), width))


def scaled_columns(matrix: Sparse, weights: Wide) -> Sparse:
    """Return the matrix with each column times its weight."""
    scaled = matrix.copy()
    scaled.data = matrix.data * weights.astype(np.float32)[matrix.indices]
    return scaled


def scaled_rows(matrix: Sparse, weights: Wide) -> Sparse:
    """Return the matrix with each row times its weight."""
    scaled = matrix.copy()
    scaled.data = matrix.data * np.repeat(weights.astype(np.float32), np.diff(matrix.indptr))
    return scaled


def unit_rows(matrix: Sparse) -> Sparse:
    """Return the matrix with every row that is not empty at length one."""
    squares = np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()
    return scaled_rows(matrix, 1.0 / np.maximum(np.sqrt(squares), _TINY))


def dense(matrix: Sparse) -> Floats:
    """Return every cell, zeros too."""
    return np.asarray(matrix.toarray(), np.float32)


def row_sums(matrix: Sparse) -> Floats:
    """Return the sum of each row."""
    return np.asarray(matrix.sum(axis=1), np.float32).ravel()


def column_sums(matrix: Sparse) -> Floats:
    """Return the sum of each column."""
    return np.asarray(matrix.sum(axis=0), np.float32).ravel()


def largest_of_rows(matrix: Sparse, chosen: Sparse) -> Floats:
    """Return, for each row of `chosen`, the largest value by column over the rows it marks."""
    result = np.zeros((chosen.shape[0], matrix.shape[1]), np.float32)
    starts, columns, values = matrix.indptr, matrix.indices, matrix.data
    for row in range(chosen.shape[0]):
        line = result[row]
        span = slice(chosen.indptr[row], chosen.indptr[row + 1])
        for picked, weight in zip(chosen.indices[span], chosen.data[span], strict=True):
            cells = slice(starts[picked], starts[picked + 1])
            at = columns[cells]
            line[at] = np.maximum(line[at], values[cells] * weight)
    return result


def dots(left: Sparse, right: Sparse, rows: Integers, others: Integers) -> Floats:
    """Return the product of row and row for each pair of them."""
    return row_sums(left[rows].multiply(right[others]))


def value_at(matrix: Sparse, row: int, column: int) -> float:
    """Return one cell of a matrix whose columns are sorted within each row."""
    start, end = matrix.indptr[row], matrix.indptr[row + 1]
    at = start + int(np.searchsorted(matrix.indices[start:end], column))
    return float(matrix.data[at]) if at < end and matrix.indices[at] == column else 0.0


def top_of_rows(matrix: Sparse, count: int) -> tuple[Integers, Integers]:
    """Return the places of each row's `count` largest values, of those that are stored."""
    rows: list[Integers] = []
    columns: list[Integers] = []
    for row in range(matrix.shape[0]):
        span = slice(matrix.indptr[row], matrix.indptr[row + 1])
        at, values = matrix.indices[span], matrix.data[span]
        if len(at) > count:
            at = at[np.argpartition(-values, count)[:count]]
        rows.append(np.full(len(at), row, np.int64))
        columns.append(at.astype(np.int64))
    return np.concatenate(rows), np.concatenate(columns)
