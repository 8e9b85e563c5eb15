"""The scorecard: whole-number points per bin, one table from score to pd. No float is ever read.

The invariant is monotony end to end: within a characteristic the points never fall as the value
gets safer in the declared direction, and the pd never rises with the score. A value that is not
there has points of its own. Scored one by one from a dict, or over columns, from one artefact.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from martlet.credit.limits import (
    ARTEFACT_BYTES_MAX,
    BINS_MAX,
    CHARACTERISTICS_MAX,
)
from martlet.credit.pd_scale import PdScale
from martlet.kernel.canonical import canonical_json, content_hash, parse_json
from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

FORMAT = 1


class Direction(StrEnum):
    """Which way a characteristic is safer."""

    HIGHER = "higher_is_safer"
    LOWER = "lower_is_safer"


class Bin(NamedTuple):
    """What one bin of a characteristic gives; in order, those that leave most to gain first."""

    weight: int
    """What the best bin would add, negative, so that the greatest comes first."""
    kind: str
    """Distinct in a scorecard, so no comparison ever goes beyond it."""
    points: int
    gains: tuple[int, ...]
    """What each better bin would add, least first."""
    part: Characteristic


@dataclass(frozen=True)
class Characteristic:
    """One kind of signal in the scorecard: bin i holds edges[i-1] <= value < edges[i]."""

    kind: str
    direction: Direction
    edges: tuple[int, ...]
    points: tuple[int, ...]
    missing_points: int

    def __post_init__(self) -> None:
        assert len(self.points) == len(self.edges) + 1 <= BINS_MAX, self.kind
        assert all(low < high for low, high in pairwise(self.edges)), f"{self.kind}: edges"
        safer = self.points if self.direction is Direction.HIGHER else self.points[::-1]
        assert all(low <= high for low, high in pairwise(safer)), f"{self.kind}: not monotone"

    @cached_property
    def gains(self) -> Mapping[int, tuple[int, ...]]:
        """For each number of points that it can give: what each better bin adds, least first."""
        given = {*self.points, self.missing_points}
        return {
            points: tuple(sorted({better - points for better in self.points if better > points}))
            for points in given
        }

    @cached_property
    def bins(self) -> tuple[Bin, ...]:
        """What a value in each bin gives, and last what its absence does."""
        given = (*self.points, self.missing_points)
        return tuple(
            Bin(-gains[-1] if (gains := self.gains[points]) else 0, self.kind, points, gains, self)
            for points in given
        )

    @cached_property
    def asked(self) -> Mapping[int, int | None]:
        """For each number of points that a bin gives: the least demanding value that earns it."""
        return {points: self.value_for(points) for points in self.points}

    def points_of(self, value: int | None) -> int:
        """Return the points of a value, or of its absence."""
        if value is None:
            return self.missing_points
        return self.points[bisect_right(self.edges, value)]

    def value_for(self, points_min: int) -> int | None:
        """Return the least demanding value that earns `points_min`; None if none does."""
        bins = range(len(self.points))
        if self.direction is Direction.HIGHER:
            found = next((i for i in bins if self.points[i] >= points_min), None)
            return None if found is None else (self.edges[found - 1] if found else 0)
        found = next((i for i in reversed(bins) if self.points[i] >= points_min), None)
        if found is None:
            return None
        return self.edges[found] - 1 if found < len(self.edges) else self.edges[-1]


@dataclass(frozen=True)
class Scorecard(PdScale):
    """A model that decides: characteristics, base points, and the pd of every score."""

    name: str
    version: str
    base_points: int
    characteristics: tuple[Characteristic, ...]
    first_score: int
    pd_ppm_by_score: tuple[int, ...]
    """The pd of `first_score`, `first_score + 1`, …; beyond the ends the ends hold."""
    about: Mapping[str, str | int] = field(default_factory=dict)
    """What it was made from, in words and whole numbers; part of the artefact."""
    pd_low_ppm_by_score: tuple[int, ...] = ()
    """The lower end of the 95 % interval of each pd; empty where none was measured."""
    pd_high_ppm_by_score: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        assert 0 < len(self.characteristics) <= CHARACTERISTICS_MAX
        kinds = [part.kind for part in self.characteristics]
        assert len(set(kinds)) == len(kinds), "a kind twice"
        self.check_scale()

    def score(self, values: Mapping[str, int]) -> int:
        """Return the score of a dict of values; what is not in it counts as missing."""
        total = self.base_points
        for part in self.characteristics:
            value = values.get(part.kind)
            if value is None:
                total += part.missing_points
            else:
                total += part.points[bisect_right(part.edges, value)]
        return total

    @cached_property
    def ladder(self) -> tuple[tuple[str, tuple[int, ...], tuple[Bin, ...]], ...]:
        """Each characteristic's kind, edges and bins, looked up once for all decisions."""
        return tuple((part.kind, part.edges, part.bins) for part in self.characteristics)

    @cached_property
    def neutral_pd_ppm(self) -> int:
        """The pd of a business of which nothing is known."""
        return self.pd_ppm(self.score({}))

    def score_columns(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return `score` and `pd_ppm` for each row; the same arithmetic as `score`, over columns.

        Columns are named by kind; one that is not there counts as missing throughout.
        """
        import numpy as np  # noqa: PLC0415 - the request path scores without it
        import polars as pl  # noqa: PLC0415

        total = np.full(frame.height, self.base_points, dtype=np.int64)
        for part in self.characteristics:
            if part.kind not in frame.columns:
                total += part.missing_points
                continue
            column = frame[part.kind].cast(pl.Int64)
            filled = column.fill_null(0).to_numpy()
            places = np.searchsorted(np.array(part.edges, dtype=np.int64), filled, side="right")
            points = np.array(part.points, dtype=np.int64)[places]
            total += np.where(column.is_null().to_numpy(), part.missing_points, points)
        return self.scored(total)

    def as_json(self) -> dict[str, Any]:
        """Return the artefact: all that is needed to score anywhere."""
        bounds = {
            "pd_low_ppm_by_score": list(self.pd_low_ppm_by_score),
            "pd_high_ppm_by_score": list(self.pd_high_ppm_by_score),
        }
        return {
            **{name: table for name, table in bounds.items() if table},
            "format": FORMAT,
            "name": self.name,
            "version": self.version,
            "base_points": self.base_points,
            "characteristics": [
                {
                    "kind": part.kind,
                    "direction": part.direction.value,
                    "edges": list(part.edges),
                    "points": list(part.points),
                    "missing_points": part.missing_points,
                }
                for part in self.characteristics
            ],
            "first_score": self.first_score,
            "pd_ppm_by_score": list(self.pd_ppm_by_score),
            "about": dict(self.about),
        }

    @cached_property
    def artefact(self) -> bytes:
        """The artefact's canonical bytes."""
        return canonical_json(self.as_json())

    @cached_property
    def content_hash(self) -> str:
        """The hash of the artefact."""
        return content_hash(self.artefact)


def read_scorecard(data: bytes | str) -> Scorecard:
    """Read an artefact; one that is malformed or not monotone is refused in one sentence."""
    if len(data) > ARTEFACT_BYTES_MAX:
        raise Invalid("credit.artefact_unreadable", detail=f"{len(data)} bytes")
    try:
        value = parse_json(data)
        if value["format"] != FORMAT:
            raise Invalid("credit.artefact_unreadable", detail=f"format {value['format']}")
        return Scorecard(
            name=value["name"],
            version=value["version"],
            base_points=value["base_points"],
            characteristics=tuple(
                Characteristic(
                    part["kind"],
                    Direction(part["direction"]),
                    tuple(part["edges"]),
                    tuple(part["points"]),
                    part["missing_points"],
                )
                for part in value["characteristics"]
            ),
            first_score=value["first_score"],
            pd_ppm_by_score=tuple(value["pd_ppm_by_score"]),
            about=value["about"],
            pd_low_ppm_by_score=tuple(value.get("pd_low_ppm_by_score", ())),
            pd_high_ppm_by_score=tuple(value.get("pd_high_ppm_by_score", ())),
        )
    except (AssertionError, KeyError, TypeError, ValueError) as error:
        raise Invalid("credit.artefact_unreadable", detail=str(error)[:200]) from error
