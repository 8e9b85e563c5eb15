"""Columns of any lender's table as numbers: levels by their bad rate, pairs by their ratio.

A level's bad rate is shrunk to the base rate, and a training case is encoded by cases of other
folds only, so that no case helps to encode itself. Ratios and round figures are derived from
columns whose safer direction nobody has told: a derived column could break a told one's law.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl

from martlet.credit.portfolio.limits import (
    DERIVED_COLUMNS_MAX,
    DERIVED_FROM_COLUMNS_MAX,
    LEVEL_CASES,
    LEVELS_MAX,
)
from martlet.credit.training.arrays import column_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.credit.training.arrays import Floats, Integers, Truths

Safer = Literal["higher", "lower", "unknown"]
MISSING = "\0missing"
_CORRELATED = 0.8
_SCALE = 10.0
_DATE_SPREAD = 0.3
_ROUND_SHARE = 0.3
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Explanatory:
    """One column that may explain the outcome, and which way it is safer."""

    name: str
    direction: Safer
    categorical: bool = False


@dataclass(frozen=True, slots=True)
class Derived:
    """A column made of one or two others: `ratio`, `difference` or `zeros` (trailing ones)."""

    how: Literal["ratio", "difference", "zeros"]
    first: str
    second: str = ""


@dataclass(frozen=True)
class Levels:
    """The levels of a categorical column: how many cases each had, and how many were bad."""

    name: str
    counts: dict[str, tuple[float, float]]
    base_rate: float

    def encode(self, values: Sequence[str]) -> Floats:
        """Return two columns: the shrunken log-odds of being bad, and the log of how common."""
        prior = LEVEL_CASES * self.base_rate
        table = {
            level: (_log_odds((bads + prior) / (cases + LEVEL_CASES)), float(np.log1p(cases)))
            for level, (cases, bads) in self.counts.items()
        }
        unseen = (_log_odds(self.base_rate), 0.0)
        return np.array([table.get(value, unseen) for value in values], dtype=np.float64).reshape(
            -1, 2
        )


@dataclass(frozen=True)
class Encoder:
    """How a frame becomes a matrix; learnt on training cases, the same for any other case."""

    columns: tuple[Explanatory, ...]
    derived: tuple[Derived, ...]
    levels: tuple[Levels, ...]

    @property
    def directions(self) -> tuple[Safer, ...]:
        """The safer direction of each column of the matrix."""
        numbers: list[Safer] = [c.direction for c in self.columns if not c.categorical]
        numbers += ["unknown"] * len(self.derived)
        for _ in self.levels:
            numbers += ["unknown", "unknown"]
        return tuple(numbers)

    def numbers(self, frame: pl.DataFrame) -> Floats:
        """Return the numeric columns and those derived of them."""
        plain = {c.name: _finite(frame, c.name) for c in self.columns if not c.categorical}
        made = [_derive(part, plain) for part in self.derived]
        parts = [*plain.values(), *made]
        return np.column_stack(parts) if parts else np.zeros((frame.height, 0))

    def matrix(self, frame: pl.DataFrame) -> Floats:
        """Return the matrix of cases that training has not seen."""
        coded = [levels.encode(_texts(frame, levels.name)) for levels in self.levels]
        return np.hstack([self.numbers(frame), *coded])

    def training_matrix(self, frame: pl.DataFrame, bad: Truths, folds: Integers) -> Floats:
        """Return the matrix of the training cases: each level encoded by the other folds."""
        coded = []
        for levels in self.levels:
            texts = np.array(_texts(frame, levels.name), dtype=object)
            part = np.zeros((len(texts), 2))
            for fold in np.unique(folds):
                inside = folds == fold
                learnt = count_levels(levels.name, texts[~inside].tolist(), bad[~inside])
                part[inside] = learnt.encode(texts[inside].tolist())
            # How common a level is tells nothing of a case's own outcome: count all cases.
            part[:, 1] = levels.encode(texts.tolist())[:, 1]
            coded.append(part)
        return np.hstack([self.numbers(frame), *coded])

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "columns": [[c.name, c.direction, c.categorical] for c in self.columns],
            "derived": [[d.how, d.first, d.second] for d in self.derived],
            "levels": [
                {
                    "name": levels.name,
                    "base_rate": levels.base_rate,
                    "counts": {level: list(pair) for level, pair in sorted(levels.counts.items())},
                }
                for levels in self.levels
            ],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Encoder:
        """Read back what `as_json` wrote."""
        return cls(
            tuple(Explanatory(*parts) for parts in value["columns"]),
            tuple(Derived(*parts) for parts in value["derived"]),
            tuple(
                Levels(
                    part["name"],
                    {level: (pair[0], pair[1]) for level, pair in part["counts"].items()},
                    part["base_rate"],
                )
                for part in value["levels"]
            ),
        )


def learn_encoder(frame: pl.DataFrame, columns: Sequence[Explanatory], bad: Truths) -> Encoder:
    """Return the encoder that these cases teach."""
    levels = tuple(
        count_levels(c.name, _texts(frame, c.name), bad) for c in columns if c.categorical
    )
    return Encoder(tuple(columns), derive(frame, columns), levels)


def count_levels(name: str, values: Sequence[str], bad: Truths) -> Levels:
    """Count the cases and the bad ones of each level; rare ones beyond the bound are one."""
    counted = (
        pl.DataFrame({"level": values, "bad": bad}, schema={"level": pl.String, "bad": pl.Boolean})
        .group_by("level")
        .agg(pl.len().alias("cases"), pl.col("bad").sum().alias("bads"))
        .sort("cases", "level", descending=[True, False])
        .head(LEVELS_MAX)
    )
    counts = {level: (float(cases), float(bads)) for level, cases, bads in counted.iter_rows()}
    base = float(np.clip(bad.mean() if len(bad) else 0.5, 1e-4, 1 - 1e-4))
    return Levels(name, counts, base)


def derive(frame: pl.DataFrame, columns: Sequence[Explanatory]) -> tuple[Derived, ...]:
    """Choose columns to derive, by the figures alone and never by the outcome."""
    open_ones = [c.name for c in columns if not c.categorical and c.direction == "unknown"]
    if not 0 < len(open_ones) <= DERIVED_FROM_COLUMNS_MAX or frame.height == 0:
        return ()
    values = {name: _finite(frame, name) for name in open_ones}
    found = [
        Derived("zeros", name) for name in open_ones if _round_share(values[name]) > _ROUND_SHARE
    ]
    ranks = {name: _ranks(column) for name, column in values.items()}
    pairs: list[tuple[float, Derived]] = []
    how: Literal["ratio", "difference"]
    for place, first in enumerate(open_ones):
        for second in open_ones[place + 1 :]:
            strength = abs(float(np.corrcoef(ranks[first], ranks[second])[0, 1]))
            if strength >= _CORRELATED and _same_scale(values[first], values[second]):
                how = "difference" if _date_like(values[first], values[second]) else "ratio"
                pairs.append((strength, Derived(how, first, second)))
    pairs.sort(key=lambda pair: (-pair[0], pair[1].first, pair[1].second, pair[1].how))
    return (*found, *(pair for _, pair in pairs))[:DERIVED_COLUMNS_MAX]


def _derive(part: Derived, values: dict[str, Floats]) -> Floats:
    first = values[part.first]
    if part.how == "zeros":
        return _trailing_zeros(first)
    second = values[part.second]
    if part.how == "difference":
        return first - second
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = first / second
    return np.where(np.isfinite(ratio), ratio, np.nan)


def _trailing_zeros(values: Floats) -> Floats:
    """Return how many zeros a whole figure ends in; a round figure is often an estimate."""
    found = np.zeros(len(values))
    whole = np.where(np.isfinite(values), np.abs(np.round(values)), 0.0)
    alive = whole > 0
    for _ in range(_DIGITS):
        alive &= whole % 10 == 0
        if not alive.any():
            break
        found[alive] += 1
        whole = np.where(alive, whole / 10, whole)
    return np.where(np.isfinite(values), found, np.nan)


def _round_share(values: Floats) -> float:
    """Return the share of large whole figures that end in two zeros at least."""
    large = np.isfinite(values) & (np.abs(values) >= 1_000)  # noqa: PLR2004 - a thousand or more
    if large.mean() < _ROUND_SHARE:
        return 0.0
    return float((values[large] % 100 == 0).mean())


def _ranks(values: Floats) -> Floats:
    order = np.argsort(np.argsort(np.where(np.isfinite(values), values, -np.inf), kind="stable"))
    spread = order.astype(np.float64)
    if spread.std() == 0:
        spread[0] += 1e-9
    return spread


def _same_scale(first: Floats, second: Floats) -> bool:
    both = np.isfinite(first) & np.isfinite(second) & (first > 0) & (second > 0)
    if both.mean() < 0.5:  # noqa: PLR2004 - half of the cases
        return False
    ratio = float(np.median(first[both] / second[both]))
    return 1 / _SCALE <= ratio <= _SCALE


def _date_like(first: Floats, second: Floats) -> bool:
    """Tell whether two columns spread so little around their mean that only their gap speaks."""
    return all(
        float(np.nanstd(column)) < _DATE_SPREAD * abs(float(np.nanmean(column)))
        for column in (first, second)
    )


def _finite(frame: pl.DataFrame, name: str) -> Floats:
    values = column_of(frame, name)
    return np.where(np.isfinite(values), values, np.nan)


def _texts(frame: pl.DataFrame, name: str) -> list[str]:
    if name not in frame.columns:
        return [MISSING] * frame.height
    return frame[name].cast(pl.String).fill_null(MISSING).to_list()


def _log_odds(chance: float) -> float:
    return float(np.log(chance / (1 - chance)))
