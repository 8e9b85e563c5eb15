"""Better values to try: what a good value of a column is, before anybody is told to have it.

The invariant: along a column whose better way is known, later values are never worse; nothing is
proposed that no other case of the file or no lender's table has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from martlet.credit.portfolio.expert import EXPERT_TABLE
from martlet.credit.scorecard import Direction

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from martlet.credit.portfolio.features import Direction as Way

    Value = float | str | None

_GOOD_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
_CATEGORIES_TRIED = 3


@dataclass(frozen=True, slots=True)
class Explainable:
    """A column of the model as reasons see it."""

    name: str
    way: Way
    categorical: bool


@dataclass(frozen=True, slots=True)
class Tried:
    """A column that may be a cause, with better values to try, the mildest first."""

    name: str
    way: Way
    values: tuple[float | str, ...]


def tried_values(cases: pl.DataFrame, column: Explainable) -> tuple[float | str, ...]:
    """Return better values of a column, mildest first where the better way is known."""
    if column.categorical:
        common = (
            cases[column.name]
            .drop_nulls()
            .value_counts()
            .sort("count", column.name, descending=[True, False])
        )
        return tuple(common[column.name].head(_CATEGORIES_TRIED).to_list())
    known = cases[column.name].cast(pl.Float64).drop_nulls()
    known = known.filter(known.is_finite())
    if known.is_empty():
        return ()
    quantiles = {known.quantile(q, "nearest") for q in _GOOD_QUANTILES}
    found = {rounded(float(value), column.way) for value in quantiles if value is not None}
    for part in EXPERT_TABLE:
        if part.kind == column.name:
            edges = part.edges if part.direction is Direction.HIGHER else _below(part.edges)
            found |= {float(edge) for edge in edges}
    ordered = sorted(found, reverse=column.way == "lower")
    return tuple(ordered)


def _below(edges: Sequence[int]) -> list[int]:
    return [edge - 1 for edge in edges]


def rounded(value: float, way: Way) -> float:
    """Return a value of two digits that is no worse than the one given."""
    if value == 0:
        return 0.0
    size = 10.0 ** (np.floor(np.log10(abs(value))) - 1)
    digits = np.round(value / size, 6)
    if way == "unknown":
        digits = np.round(digits)
    else:
        digits = np.ceil(digits) if way == "higher" else np.floor(digits)
    return float(np.round(digits * size, 9))


def better(cases: pl.DataFrame, column: Tried, value: float | str) -> npt.NDArray[np.bool_]:
    """Tell for which cases a value would be a change to the better, as far as the way is known."""
    own = cases[column.name]
    if isinstance(value, str):
        return np.asarray((own != value).fill_null(value=True).to_numpy())
    numbers = own.cast(pl.Float64).fill_null(np.nan).to_numpy()
    unknown = np.isnan(numbers)
    if column.way == "higher":
        return np.asarray(unknown | (numbers < value))
    if column.way == "lower":
        return np.asarray(unknown | (numbers > value))
    return np.asarray(unknown | (numbers != value))
