"""The zero-shot prior: whole points on features of movements, ranks where only names help.

Written down before any outcome was looked at, from what lenders have long published: the burden of
the instalment, the floor of the account and broken promises weigh most; steadiness and history
help; dormancy hurts. The invariants: more of what is safer never costs points, what is missing
earns and costs nothing, and no number here was fitted to data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.credit.portfolio.dictionary import tells
from martlet.credit.portfolio.features import movement_features
from martlet.credit.scorecard import Characteristic, Direction
from martlet.kernel.canonical import canonical_json, content_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt
    import polars as pl

    from martlet.credit.portfolio.columns import OwnColumn

    Integers = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

NAME = "expert-portfolio"
VERSION = "1"
_HIGHER, _LOWER = Direction.HIGHER, Direction.LOWER
_PER_CENT = 10_000
_ONCE = 1_000_000

NEUTRAL_GOOD_TO_BAD = 10
"""Odds of a case of which nothing is known: a pd of 9.1 %, in the middle of the 8 to 12 % that
lenders to small businesses report."""

POINTS_TO_DOUBLE = 60
"""Points that double the odds. Points overlap (a low floor and many short days are one trouble),
so they are worth a little less than the house's 50 for independent ones."""

PD_MIN_PPM, PD_MAX_PPM = 5_000, 950_000
"""An opinion without outcomes is never surer than this."""

HALVED_FROM = -200
"""Below so many points (even odds) further ones count half: troubles come together, and what is
already bad should not look certain."""

MOVEMENTS_MIN = 10
"""With fewer movements in a lifetime few features are scored: a few rows neither prove nor disprove
a business."""

TELLING_WHEN_THIN = ("history_days", "last_in_days", "penalty_count", "days_negative_ppm")

RANKS_MIN = 20
"""Ranks are only taken among so many cases."""


def _points(
    kind: str, direction: Direction, edges: Iterable[float], unit: int, points: tuple[int, ...]
) -> Characteristic:
    return Characteristic(kind, direction, tuple(round(e * unit) for e in edges), points, 0)


EXPERT_TABLE: tuple[Characteristic, ...] = (
    # The burden: an instalment below a tenth of inflow is light, above a third it is heavy.
    _points("payment_of_in_ppm", _LOWER, (5, 10, 15, 20, 30, 40, 60, 100), _PER_CENT,
            (22, 16, 9, 2, -7, -18, -30, -42, -52)),
    # Above one, spending and the instalment together exceed what comes in.
    _points("burden_of_in_ppm", _LOWER, (70, 90, 100, 115, 140, 200), _PER_CENT,
            (10, 6, 2, -3, -10, -18, -26)),
    # The weakest month in instalments.
    _points("lowest_month_of_payment_ppm", _HIGHER, (0.5, 1, 2, 4, 8), _ONCE,
            (-16, -9, -2, 3, 8, 12)),
    # A regular inflow that covers the instalment more than twice is a salary or as good as one.
    _points("recurring_of_payment_ppm", _HIGHER, (1, 2, 4), _ONCE, (0, 2, 5, 8)),
    # Days below zero: the plainest sign of strain.
    _points("days_negative_ppm", _LOWER, (0.01, 1, 5, 15, 30), _PER_CENT,
            (5, -14, -30, -46, -60, -70)),
    # Days on which the instalment could not have been debited.
    _points("days_below_payment_ppm", _LOWER, (1, 5, 15, 30, 50, 75), _PER_CENT,
            (14, 9, 3, -5, -14, -22, -30)),
    # The average balance in instalments.
    _points("balance_mean_of_payment_ppm", _HIGHER, (0.5, 1, 2, 4, 8, 15), _ONCE,
            (-26, -18, -9, 0, 8, 15, 20)),
    # The lowest balance in instalments.
    _points("balance_min_of_payment_ppm", _HIGHER, (0, 0.25, 1, 3, 6), _ONCE,
            (-26, -12, -4, 4, 11, 15)),
    # Promises already broken.
    _points("penalty_count", _LOWER, (1, 2, 4), 1, (3, -34, -48, -60)),
    # Other debts come first.
    _points("loan_out_of_in_ppm", _LOWER, (5, 15, 30, 50), _PER_CENT, (3, -2, -9, -18, -28)),
    _points("distress_of_out_ppm", _LOWER, (0.01, 2, 10), _PER_CENT, (0, -6, -16, -30)),
    # The amount asked for against a year's inflow.
    _points("requested_of_yearly_in_ppm", _LOWER, (10, 25, 50, 100, 200), _PER_CENT,
            (12, 7, 2, -6, -14, -22)),
    # Steadiness.
    _points("in_volatility_ppm", _LOWER, (20, 40, 70, 110), _PER_CENT, (7, 4, 0, -6, -12)),
    _points("months_in_active_ppm", _HIGHER, (50, 75, 95), _PER_CENT, (-22, -12, -4, 3)),
    _points("months_negative_ppm", _LOWER, (20, 40, 60), _PER_CENT, (5, 1, -3, -8)),
    _points("in_trend_ppm", _HIGHER, (50, 80, 95, 150), _PER_CENT, (-16, -7, -1, 3, 5)),
    # A long history is evidence; dormancy is a stop.
    _points("history_days", _HIGHER, (30, 90, 180, 365, 730), 1, (-14, -8, -3, 2, 7, 10)),
    _points("last_in_days", _LOWER, (16, 32, 62, 92, 182), 1, (3, 0, -8, -18, -30, -42)),
    # Records dressed up for the application.
    _points("burst_ppm", _LOWER, (250, 500), _PER_CENT, (0, -5, -14)),
)  # fmt: skip
"""Movements that everybody's account shows; each next to the reason for its weight."""


@dataclass(frozen=True)
class Ranked:
    """A column of unknown scale: its place among all cases of the file, times a weight."""

    name: str
    weight: int
    higher_is_safer: bool
    ordered: Floats = field(repr=False)
    """The known values of all cases, ascending."""

    def points_of(self, values: Floats) -> Integers:
        """Return the points of values: from -weight for the worst to +weight for the best."""
        count = len(self.ordered)
        if count < RANKS_MIN:
            return np.zeros(len(values), dtype=np.int64)
        known = ~np.isnan(values)
        shown = np.where(known, values, 0.0)
        below = np.searchsorted(self.ordered, shown, side="left")
        upto = np.searchsorted(self.ordered, shown, side="right")
        # In whole numbers: twice the mid-rank of `count` cases lies between 0 and 2 x count.
        centred = below + upto - count
        signed = centred if self.higher_is_safer else -centred
        points = np.sign(signed) * (np.abs(signed) * self.weight // count)
        return np.where(known, points, 0).astype(np.int64)


@dataclass(frozen=True)
class Expert:
    """The prior for one file: the table that always holds, and the ranks of this file's columns."""

    table: tuple[Characteristic, ...]
    ranked: tuple[Ranked, ...]

    @property
    def version(self) -> str:
        """Its name, version, and the first signs of its hash."""
        return f"{NAME}/{VERSION}+{self.content_hash[:8]}"

    @cached_property
    def content_hash(self) -> str:
        """The hash of the table and the weights: the same for every file of the same columns."""
        return content_hash(canonical_json(self.as_json())).removeprefix("sha256:")

    def as_json(self) -> dict[str, Any]:
        """Return the table, the weights of ranked columns, and the scale."""
        return {
            "table": [
                [part.kind, part.direction.value, list(part.edges), list(part.points)]
                for part in self.table
            ],
            "ranked": [[part.name, part.weight, part.higher_is_safer] for part in self.ranked],
            "scale": [
                NEUTRAL_GOOD_TO_BAD,
                POINTS_TO_DOUBLE,
                HALVED_FROM,
                PD_MIN_PPM,
                PD_MAX_PPM,
            ],
        }

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The columns that it reads."""
        return tuple(part.kind for part in self.table) + tuple(part.name for part in self.ranked)

    def part_points(self, name: str, values: Floats) -> Integers:
        """Return the points that one column gives to values (NaN where missing)."""
        total = np.zeros(len(values), dtype=np.int64)
        for part in self.table:
            if part.kind == name:
                total += table_points(part, values)
        for rank in self.ranked:
            if rank.name == name:
                total += rank.points_of(values)
        return total

    def points(self, columns: Mapping[str, Floats]) -> Integers:
        """Return the points of every case; a column that is not there counts as missing."""
        count = len(next(iter(columns.values()))) if columns else 0
        total = np.zeros(count, dtype=np.int64)
        counted = columns.get("movements_all_count", np.full(count, np.nan))
        thin = counted < MOVEMENTS_MIN
        for name in dict.fromkeys(self.names):
            if name in columns:
                points = self.part_points(name, columns[name])
                of_movements = name in movement_features() and name not in TELLING_WHEN_THIN
                total += np.where(thin, 0, points) if of_movements else points
        return total


def table_points(part: Characteristic, values: Floats) -> Integers:
    """Return the points that a characteristic gives to values (NaN where missing)."""
    known = ~np.isnan(values)
    places = np.searchsorted(np.array(part.edges), np.where(known, values, 0.0), side="right")
    given = np.array(part.points, dtype=np.int64)[places]
    return np.where(known, given, part.missing_points).astype(np.int64)


def logit_good(points: Integers) -> Floats:
    """Return log-odds of being good from points."""
    counted = np.where(points < HALVED_FROM, (points + HALVED_FROM) / 2, points)
    logits = math.log(NEUTRAL_GOOD_TO_BAD) + counted * (math.log(2) / POINTS_TO_DOUBLE)
    return np.asarray(logits, dtype=np.float64)


def pd_ppm_of(points: Integers) -> Integers:
    """Return the probability of default of points, in ppm: it never rises with them."""
    table = _pd_table()
    places = np.clip(points + _SPAN, 0, 2 * _SPAN)
    return np.asarray(table[places], dtype=np.int64)


_SPAN = 600
"""Points beyond which the pd stays what it is."""


def _pd_table() -> Integers:
    points = np.arange(-_SPAN, _SPAN + 1)
    pd = np.rint(1_000_000 / (1 + np.exp(logit_good(points)))).astype(np.int64)
    return np.clip(pd, PD_MIN_PPM, PD_MAX_PPM)


_SIZE_WEIGHT = 14
_SIZE_WEIGHT_ALONE = 45
_HINT_WEIGHTS = {"higher": 26, "lower": 34}
_ASKED_WEIGHT = 8
_OWN_TOTAL_MAX = 110


def expert_for(frame: pl.DataFrame, own: Sequence[OwnColumn], *, with_records: bool) -> Expert:
    """Return the prior for a file: which columns of its own tell something by their names."""
    ranked: list[tuple[str, int, bool]] = []
    if with_records:
        # The unit of money is not known, so that size only counts beside the others' size.
        alone = frame["requested_fen"].null_count() == frame.height
        ranked.append(("in_month_12m_fen", _SIZE_WEIGHT_ALONE if alone else _SIZE_WEIGHT, True))
    else:
        ranked += [
            (name, _ASKED_WEIGHT, False)
            for name in ("requested_fen", "payment_fen")
            if frame[name].null_count() < frame.height
        ]
    troubles = tuple(_trouble(c.name) for c in own if _counts_trouble(frame, c))
    counted = {part.kind for part in troubles}
    told = [c for c in own if c.direction != "unknown" and c.name not in counted]
    total = sum(_HINT_WEIGHTS[column.direction] for column in told)
    for column in told:
        weight = _HINT_WEIGHTS[column.direction]
        if total > _OWN_TOTAL_MAX:
            weight = max(weight * _OWN_TOTAL_MAX // total, 1)
        ranked.append((column.name, weight, column.direction == "higher"))
    return Expert(EXPERT_TABLE + troubles, tuple(_ranked(frame, *part) for part in ranked))


def _trouble(name: str) -> Characteristic:
    """Return the points of a count of broken promises: the first weighs most."""
    return Characteristic(name, _LOWER, (1, 2, 3), (4, -30, -45, -58), 0)


def _counts_trouble(frame: pl.DataFrame, column: OwnColumn) -> bool:
    """Tell whether a column counts broken promises: whole numbers, none for most."""
    if column.direction != "lower" or not tells(column.heading, "trouble"):
        return False
    values = frame[column.name].drop_nulls()
    whole = bool(((values >= 0) & (values == values.round(0))).all())
    return whole and 2 * int((values == 0).sum()) >= len(values)


def _ranked(frame: pl.DataFrame, name: str, weight: int, higher: bool) -> Ranked:  # noqa: FBT001 - as listed above
    values = frame[name].drop_nulls().to_numpy().astype(np.float64)
    return Ranked(name, weight, higher, np.sort(values[~np.isnan(values)]))
