"""Why an answer is what it is: each cause tried by changing it and asking the model again.

The invariant: a column is named only if a better value of it, everything else left as it is, would
lower the pd of this very case; what is said to turn the answer does turn it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from martlet.credit.portfolio.expert import EXPERT_TABLE
from martlet.credit.portfolio.file_limits import EXPLAINED_COLUMNS_MAX, REASONS_MAX
from martlet.credit.scorecard import Direction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from martlet.credit.portfolio.features import Direction as Way
    from martlet.credit.portfolio.scoring import Scorer

    Integers = npt.NDArray[np.int64]
    OnDone = Callable[[int, int | None], None]
    Value = float | str | None

_SAMPLE = 400
"""Cases on which the influence of a column is looked at before the bounded few are chosen."""
_STEPS_MAX = 6
_GOOD_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
_CATEGORIES_TRIED = 3
_NOTICEABLE_PPM = 500
"""A change of the pd of less than 0.05 points is not worth a sentence."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A column that may be a cause, with better values to try, the mildest first."""

    name: str
    way: Way
    values: tuple[float | str, ...]


@dataclass(frozen=True, slots=True)
class Cause:
    """One column that costs a case something: the change and what it would do."""

    name: str
    way: Way
    value: Value
    needed: float | str
    pd_ppm: int
    """The pd with the change made."""
    turns: bool
    """Whether the change alone brings the pd to where the answer is yes."""


@dataclass(frozen=True, slots=True)
class Explainable:
    """A column of the model as reasons see it."""

    name: str
    way: Way
    categorical: bool


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


def causes(
    scorer: Scorer,
    cases: pl.DataFrame,
    columns: Sequence[Explainable],
    pd_ppm: Integers,
    pd_max_ppm: int,
    on_done: OnDone,
) -> list[list[Cause]]:
    """Return the causes of every case, those that weigh most first, at most four each."""
    tried = [
        Tried(column.name, column.way, values)
        for column in columns
        if (values := tried_values(cases, column))
    ]
    chosen = _influential(scorer, cases, tried)
    found: list[list[Cause]] = [[] for _ in range(cases.height)]
    gains = np.zeros((len(chosen), cases.height), dtype=np.int64)
    best: list[npt.NDArray[np.int64]] = []
    for place, column in enumerate(chosen):
        gains[place], index = _gain(scorer, cases, column, pd_ppm)
        best.append(index)
        on_done(place + 1, 2 * len(chosen))
    ranks = np.argsort(-gains, axis=0, kind="stable")[:REASONS_MAX]
    named = np.zeros_like(gains, dtype=bool)
    np.put_along_axis(named, ranks, values=True, axis=0)
    named &= gains >= _NOTICEABLE_PPM
    weights: list[list[tuple[int, int, Cause]]] = [[] for _ in range(cases.height)]
    for place, column in enumerate(chosen):
        rows = np.flatnonzero(named[place])
        for row, cause in _told(scorer, cases, column, rows, best[place], pd_ppm, pd_max_ppm):
            weights[row].append((-int(gains[place, row]), place, cause))
        on_done(len(chosen) + place + 1, 2 * len(chosen))
    for row, parts in enumerate(weights):
        found[row] = [cause for _, _, cause in sorted(parts, key=lambda part: part[:2])]
    return found


def with_value(cases: pl.DataFrame, name: str, value: float | str) -> pl.DataFrame:
    """Return the cases with one column changed to one value throughout."""
    return cases.with_columns(pl.lit(value, dtype=cases[name].dtype).alias(name))


def _influential(scorer: Scorer, cases: pl.DataFrame, tried: list[Tried]) -> list[Tried]:
    """Return the columns with most influence: the average fall of the pd over a few cases."""
    if len(tried) <= EXPLAINED_COLUMNS_MAX:
        return tried
    # Cases are sorted by content, so that every n-th is the same few for any order of rows.
    sample = cases.gather_every(max(cases.height // _SAMPLE, 1))
    before = scorer.pd_ppm(sample)
    weights = []
    for place, column in enumerate(tried):
        gain, _ = _gain(scorer, sample, column, before)
        weights.append((-float(gain.mean()), place))
    return [tried[place] for _, place in sorted(weights)[:EXPLAINED_COLUMNS_MAX]]


def _gain(
    scorer: Scorer, cases: pl.DataFrame, column: Tried, pd_ppm: Integers
) -> tuple[Integers, Integers]:
    """Return by how much a good value would lower each pd, and which one of those tried."""
    ends = _ends(column)
    gains = np.zeros((len(ends), cases.height), dtype=np.int64)
    for place, value_place in enumerate(ends):
        value = column.values[value_place]
        gain = pd_ppm - scorer.pd_ppm(with_value(cases, column.name, value))
        gains[place] = np.where(_better(cases, column, value), gain, 0)
    best = gains.argmax(axis=0)
    return gains.max(axis=0), np.array(ends, dtype=np.int64)[best]


def _ends(column: Tried) -> list[int]:
    """Return which values stand for a good one: the best, or all where the way is not known."""
    if column.way != "unknown":
        return [len(column.values) - 1]
    return list(range(len(column.values)))[:: max(len(column.values) // 3, 1)]


def _better(cases: pl.DataFrame, column: Tried, value: float | str) -> npt.NDArray[np.bool_]:
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


def _told(
    scorer: Scorer,
    cases: pl.DataFrame,
    column: Tried,
    rows: npt.NDArray[np.int64],
    best: Integers,
    pd_ppm: Integers,
    pd_max_ppm: int,
) -> list[tuple[int, Cause]]:
    """Return for each of some cases the mildest change of a column that does what it can do.

    That is to turn the answer, or else as much as the good value that was tried first.
    """
    if not len(rows):
        return []
    picked = cases[rows]
    own = picked[column.name].to_list()
    known_way = column.way != "unknown"
    steps = list(range(len(column.values))) if known_way else sorted(set(best[rows].tolist()))
    options: list[list[tuple[float | str, int]]] = [[] for _ in own]
    for step in _thinned(steps):
        value = column.values[step]
        after = scorer.pd_ppm(with_value(picked, column.name, value)).tolist()
        better = _better(picked, column, value).tolist()
        for place, row in enumerate(rows.tolist()):
            if better[place] and after[place] < pd_ppm[row]:
                options[place].append((value, after[place]))
    return [
        (row, _mildest(column, own[place], options[place], int(pd_ppm[row]), pd_max_ppm))
        for place, row in enumerate(rows.tolist())
        if options[place]
    ]


def _mildest(
    column: Tried,
    own: Value,
    options: list[tuple[float | str, int]],
    pd_ppm: int,
    pd_max_ppm: int,
) -> Cause:
    """Return the first change that turns the answer, else the first that does half of the most."""
    turning = (pd_ppm > pd_max_ppm) and [part for part in options if part[1] <= pd_max_ppm]
    most = pd_ppm - min(after for _, after in options)
    enough = [part for part in options if 2 * (pd_ppm - part[1]) >= most]
    value, after = (turning or enough)[0]
    return Cause(column.name, column.way, own, value, after, turns=bool(turning))


def _thinned(steps: list[int]) -> list[int]:
    """Return at most so many steps, the last one always among them."""
    if len(steps) <= _STEPS_MAX:
        return steps
    every = (len(steps) + _STEPS_MAX - 1) // _STEPS_MAX
    return sorted({*steps[::every], steps[-1]})
