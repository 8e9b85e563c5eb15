"""Why an answer is what it is: each cause tried by changing it and asking the model again.

The invariant: a column is named only if a better value of it, everything else left as it is, would
lower the pd of this very case; what is said to turn the answer does turn it. Which columns are
worth trying for a case is guessed from cases like it, so that the work is bounded; what is told is
always asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from martlet.credit.portfolio.candidates import Explainable, Tried, better, tried_values
from martlet.credit.portfolio.file_limits import (
    EXPLAINED_COLUMNS_MAX,
    REASONS_MAX,
    RESCORED_ROWS_MAX,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from martlet.credit.portfolio.candidates import Value
    from martlet.credit.portfolio.features import Direction as Way
    from martlet.credit.portfolio.scoring import Scorer

    Integers = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    OnDone = Callable[[int, int | None], None]

_SAMPLE = 400
"""Cases on which every candidate is tried, to guess for which others it is worth trying."""
_LEVELS = 6
"""Ranges of a column among which the sample's gains are told apart."""
_STEPS_MAX = 4
_TRIED_MIN = REASONS_MAX + 1
_NOTICEABLE_PPM = 500
"""A change of the pd of less than 0.05 points is not worth a sentence."""


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
class _Candidate:
    """A column with the one good value that stands for it."""

    column: Tried
    value: float | str


@dataclass(frozen=True, slots=True)
class _Hearing:
    """The cases, who scores them, and what was answered: what every trial needs."""

    scorer: Scorer
    cases: pl.DataFrame
    pd_ppm: Integers
    pd_max_ppm: int

    def after(self, rows: Integers, name: str, value: float | str) -> Integers:
        """Return the pd of some cases with one column changed."""
        picked = self.cases[rows]
        changed = pl.lit(value, dtype=picked[name].dtype).alias(name)
        return self.scorer.pd_ppm(picked.with_columns(changed))


def causes(
    scorer: Scorer,
    cases: pl.DataFrame,
    columns: Sequence[Explainable],
    pd_ppm: Integers,
    pd_max_ppm: int,
    on_done: OnDone,
) -> list[list[Cause]]:
    """Return the causes of every case, those that weigh most first, at most four each."""
    hearing = _Hearing(scorer, cases, pd_ppm, pd_max_ppm)
    candidates = _candidates(cases, columns)
    if not candidates:
        return [[] for _ in range(cases.height)]
    guessed = _guessed(hearing, candidates)
    candidates, guessed = _best_of_each_column(candidates, guessed)
    count = int(np.clip(RESCORED_ROWS_MAX // cases.height, _TRIED_MIN, EXPLAINED_COLUMNS_MAX))
    promising = _first(guessed, min(count, len(candidates))) & (guessed > 0)
    gains = np.zeros_like(guessed, dtype=np.int64)
    for place, candidate in enumerate(candidates):
        rows = np.flatnonzero(promising[place])
        if len(rows):
            after = hearing.after(rows, candidate.column.name, candidate.value)
            gains[place, rows] = pd_ppm[rows] - after
        on_done(place + 1, 2 * len(candidates))
    named = _first(gains, min(REASONS_MAX, len(candidates))) & (gains >= _NOTICEABLE_PPM)
    weights: list[list[tuple[int, int, Cause]]] = [[] for _ in range(cases.height)]
    for place, candidate in enumerate(candidates):
        rows = np.flatnonzero(named[place])
        for row, cause in _told(hearing, candidate, rows, gains[place]):
            weights[row].append((-int(gains[place, row]), place, cause))
        on_done(len(candidates) + place + 1, 2 * len(candidates))
    return [[cause for _, _, cause in sorted(part, key=lambda p: p[:2])] for part in weights]


def _candidates(cases: pl.DataFrame, columns: Sequence[Explainable]) -> list[_Candidate]:
    """Return the good values: the best one, or a few where the better way is not known."""
    found = []
    for column in columns:
        values = tried_values(cases, column)
        if not values:
            continue
        tried = Tried(column.name, column.way, values)
        every = max((len(values) + 2) // 3, 1)
        chosen = values[::every] if column.way == "unknown" else values[-1:]
        found += [_Candidate(tried, value) for value in chosen]
    return found


def _guessed(hearing: _Hearing, candidates: list[_Candidate]) -> Floats:
    """Return what each candidate would gain each case, as it gained cases like it in a sample.

    Cases come in the order of their contents, so that every n-th is the same for any file order.
    """
    height = hearing.cases.height
    sample = np.arange(0, height, max(height // _SAMPLE, 1), dtype=np.int64)
    guessed = np.zeros((len(candidates), height))
    for place, candidate in enumerate(candidates):
        column = candidate.column
        able = better(hearing.cases, column, candidate.value)
        tried = sample[able[sample]]
        if not len(tried):
            continue
        gains = hearing.pd_ppm[tried] - hearing.after(tried, column.name, candidate.value)
        levels = _levels(hearing.cases, column.name, sample)
        totals = np.bincount(levels[tried], weights=np.maximum(gains, 0), minlength=_LEVELS + 2)
        counts = np.bincount(levels[tried], minlength=_LEVELS + 2)
        mean = float(np.maximum(gains, 0).mean())
        per_level = np.where(counts > 0, totals / np.maximum(counts, 1), mean)
        guessed[place] = np.where(able, per_level[levels], 0.0)
    return guessed


def _levels(cases: pl.DataFrame, name: str, sample: Integers) -> Integers:
    """Return in which range of a column each case lies; the last is for missing values."""
    own = cases[name]
    if own.dtype == pl.String:
        counts = own[sample].drop_nulls().value_counts()
        common = counts.sort("count", name, descending=[True, False])[name].head(_LEVELS)
        places = {text: place for place, text in enumerate(common.to_list())}
        coded = own.replace_strict(places, default=_LEVELS, return_dtype=pl.Int64)
        levels = pl.select(pl.when(own.is_null()).then(_LEVELS + 1).otherwise(coded)).to_series()
        return levels.cast(pl.Int64).to_numpy().astype(np.int64)
    numbers = own.cast(pl.Float64).fill_null(np.nan).to_numpy()
    known = numbers[sample][~np.isnan(numbers[sample])]
    if not len(known):
        return np.full(cases.height, _LEVELS + 1, dtype=np.int64)
    edges = np.unique(np.quantile(known, np.linspace(0, 1, _LEVELS + 1)[1:-1]))
    places = np.searchsorted(edges, np.nan_to_num(numbers), side="right")
    return np.where(np.isnan(numbers), _LEVELS + 1, places).astype(np.int64)


def _best_of_each_column(
    candidates: list[_Candidate], guessed: Floats
) -> tuple[list[_Candidate], Floats]:
    """Keep for each column the candidate of which most is hoped over all cases."""
    hopes = guessed.mean(axis=1)
    best: dict[str, int] = {}
    for place, candidate in enumerate(candidates):
        name = candidate.column.name
        if name not in best or hopes[place] > hopes[best[name]]:
            best[name] = place
    places = sorted(best.values())
    return [candidates[place] for place in places], guessed[places]


def _first(weights: npt.NDArray[np.int64] | Floats, count: int) -> npt.NDArray[np.bool_]:
    """Tell for each case (column) which `count` rows weigh most; of equal ones the first."""
    ranks = np.argsort(-weights, axis=0, kind="stable")[:count]
    chosen = np.zeros(weights.shape, dtype=bool)
    np.put_along_axis(chosen, ranks, values=True, axis=0)
    return chosen


def _told(
    hearing: _Hearing, candidate: _Candidate, rows: Integers, gains: Integers
) -> list[tuple[int, Cause]]:
    """Return for each of some cases the mildest change of a column that is worth telling."""
    if not len(rows):
        return []
    column = candidate.column
    own = hearing.cases[rows][column.name].to_list()
    options: list[list[tuple[float | str, int]]] = [[] for _ in own]
    large = REASONS_MAX * _STEPS_MAX * hearing.cases.height > RESCORED_ROWS_MAX
    wanted = (hearing.pd_ppm[rows] > hearing.pd_max_ppm) | (not large)
    for value in _steps(column, candidate.value):
        able = np.flatnonzero(wanted & better(hearing.cases[rows], column, value))
        if not len(able):
            continue
        after = hearing.after(rows[able], column.name, value)
        for place, now in zip(able.tolist(), after.tolist(), strict=True):
            if now < hearing.pd_ppm[rows[place]]:
                options[place].append((value, now))
    for place, row in enumerate(rows.tolist()):
        options[place].append((candidate.value, int(hearing.pd_ppm[row] - gains[row])))
    return [
        (row, _mildest(hearing, column, own[place], options[place], int(hearing.pd_ppm[row])))
        for place, row in enumerate(rows.tolist())
    ]


def _steps(column: Tried, good: float | str) -> list[float | str]:
    """Return a few values on the way to the good one; none where the way is not known."""
    if column.way == "unknown":
        return []
    milder = [value for value in column.values if value != good]
    every = max((len(milder) + _STEPS_MAX - 1) // _STEPS_MAX, 1)
    return milder[::every]


def _mildest(
    hearing: _Hearing,
    column: Tried,
    own: Value,
    options: list[tuple[float | str, int]],
    pd_ppm: int,
) -> Cause:
    """Return the first change that turns the answer, else the first that does half of the most."""
    most_ppm = hearing.pd_max_ppm
    turning = [part for part in options if pd_ppm > most_ppm >= part[1]]
    most = pd_ppm - min(after for _, after in options)
    enough = [part for part in options if 2 * (pd_ppm - part[1]) >= most]
    value, after = (turning or enough)[0]
    return Cause(column.name, column.way, own, value, after, turns=bool(turning))
