"""Boosted trees in whole numbers: a challenger that scores the same on any machine, to the byte.

The invariant is the scorecard's, monotony end to end: at every split all that lies on the safer
side is worth at least as much as all that lies on the other, which is checked whenever a model is
made or read. Values, thresholds and leaves are integers (leaves in millionths of log-odds of being
good), so no float is ever read. A value that is not there takes the side that the split names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from martlet.credit.limits import (
    BOOSTED_BYTES_MAX,
    CHARACTERISTICS_MAX,
    MICRO_LOGIT_MAX,
    TREE_DEPTH_MAX,
    TREE_LEAVES_MAX,
    TREES_MAX,
)
from martlet.credit.pd_scale import PdScale
from martlet.credit.scorecard import Direction
from martlet.kernel.canonical import canonical_json, content_hash, parse_json
from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    import numpy.typing as npt
    import polars as pl

    Integers = npt.NDArray[np.int64]
    Truths = npt.NDArray[np.bool_]

FORMAT = 1
KIND = "monotone_trees"
THRESHOLD_MAX = 2**62
"""Either way; so far from 2**63 that no comparison in columns can overflow."""

_Node: TypeAlias = "int | tuple[int, int, _Node, _Node, _Node]"
"""A leaf's worth, or a split: feature, threshold, at or below it, above it, missing."""


@dataclass(frozen=True)
class Feature:
    """A kind of signal that the trees ask about, and how much of their gain is its own."""

    kind: str
    direction: Direction
    gain_ppm: int


@dataclass(frozen=True)
class Tree:
    """Splits and leaves in arrays: a child at or above 0 is a split, below 0 the leaf `~child`.

    A value at or below the threshold goes left. Children stand behind their parents.
    """

    feature: tuple[int, ...]
    threshold: tuple[int, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    missing_left: tuple[int, ...]
    """1 where a missing value goes left, 0 where it goes right."""
    leaf_micro: tuple[int, ...]

    def __post_init__(self) -> None:
        splits, leaves = len(self.feature), len(self.leaf_micro)
        arrays = (self.threshold, self.left, self.right, self.missing_left)
        assert {len(array) for array in arrays} == {splits}, "arrays of different lengths"
        assert leaves == splits + 1 <= TREE_LEAVES_MAX, f"{splits} splits, {leaves} leaves"
        children = [*self.left, *self.right]
        expected = [*range(1, splits), *(~leaf for leaf in range(leaves))] if splits else []
        assert sorted(children) == sorted(expected), "not a tree"
        for side in (self.left, self.right):
            assert all(child < 0 or child > at for at, child in enumerate(side)), "not in order"
        assert all(abs(threshold) <= THRESHOLD_MAX for threshold in self.threshold)
        assert all(side in {0, 1} for side in self.missing_left)
        assert all(abs(leaf) <= MICRO_LOGIT_MAX for leaf in self.leaf_micro)
        assert self.depth <= TREE_DEPTH_MAX, f"{self.depth} deep"

    @cached_property
    def depth(self) -> int:
        """How many questions lie between the root and the farthest leaf."""
        below = [1] * len(self.feature)
        for at in reversed(range(len(below))):
            deepest = max(below[c] if c >= 0 else 0 for c in (self.left[at], self.right[at]))
            below[at] = deepest + 1
        return below[0] if below else 0

    @cached_property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """What the leaves below each split are worth: the least and the most."""
        found = [(0, 0)] * len(self.feature)
        for at in reversed(range(len(found))):
            low, high = (self._range_of(child, found) for child in (self.left[at], self.right[at]))
            found[at] = (min(low[0], high[0]), max(low[1], high[1]))
        return tuple(found)

    def check_monotone(self, directions: tuple[Direction, ...]) -> None:
        """Assert that no better value of any feature can lead to a leaf of less worth."""
        for at, asked in enumerate(self.feature):
            below = self._range_of(self.left[at], self.ranges)
            above = self._range_of(self.right[at], self.ranges)
            higher = directions[asked] is Direction.HIGHER
            worse, better = (below, above) if higher else (above, below)
            assert worse[1] <= better[0], f"split {at} on feature {asked}: not monotone"

    def _range_of(
        self, child: int, ranges: list[tuple[int, int]] | tuple[tuple[int, int], ...]
    ) -> tuple[int, int]:
        return ranges[child] if child >= 0 else (self.leaf_micro[~child], self.leaf_micro[~child])

    @cached_property
    def root(self) -> _Node:
        """The tree as nested tuples, which Python walks fastest."""
        made: list[_Node] = [0] * len(self.feature)
        for at in reversed(range(len(made))):
            sides = [
                made[child] if child >= 0 else self.leaf_micro[~child]
                for child in (self.left[at], self.right[at])
            ]
            missing = sides[0] if self.missing_left[at] else sides[1]
            made[at] = (self.feature[at], self.threshold[at], sides[0], sides[1], missing)
        return made[0] if made else self.leaf_micro[0]

    def worth_columns(self, values: Integers, missing: Truths) -> Integers:
        """Return the worth of each case (columns), for values by feature (rows)."""
        import numpy as np  # noqa: PLC0415 - the request path scores without it

        leaves = np.array(self.leaf_micro, dtype=np.int64)
        cases = np.arange(values.shape[1])
        if not self.feature:
            return np.full(len(cases), leaves[0], dtype=np.int64)
        asked, threshold = np.array(self.feature), np.array(self.threshold, dtype=np.int64)
        left, right = np.array(self.left), np.array(self.right)
        missing_left = np.array(self.missing_left, dtype=bool)
        at = np.zeros(len(cases), dtype=np.int64)
        for _ in range(self.depth):
            split = np.maximum(at, 0)
            kind = asked[split]
            below = values[kind, cases] <= threshold[split]
            goes_left = np.where(missing[kind, cases], missing_left[split], below)
            at = np.where(at < 0, at, np.where(goes_left, left[split], right[split]))
        return np.asarray(leaves[~at], dtype=np.int64)

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {name: list(getattr(self, name)) for name in _TREE_FIELDS}


_TREE_FIELDS = ("feature", "threshold", "left", "right", "missing_left", "leaf_micro")


@dataclass(frozen=True)
class BoostedTrees(PdScale):
    """A model of many small trees: their sum, in points, and the pd of every score."""

    name: str
    version: str
    features: tuple[Feature, ...]
    base_micro: int
    micro_per_point: int
    trees: tuple[Tree, ...]
    first_score: int
    pd_ppm_by_score: tuple[int, ...]
    """The pd of `first_score`, `first_score + 1`, …; beyond the ends the ends hold."""
    about: Mapping[str, str | int] = field(default_factory=dict)
    """What it was made from, in words and whole numbers; part of the artefact."""
    pd_low_ppm_by_score: tuple[int, ...] = ()
    """The lower end of the 95 % interval of each pd; empty where none was measured."""
    pd_high_ppm_by_score: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        assert 0 < len(self.features) <= CHARACTERISTICS_MAX
        kinds = [part.kind for part in self.features]
        assert len(set(kinds)) == len(kinds), "a kind twice"
        assert len(self.trees) <= TREES_MAX, len(self.trees)
        assert abs(self.base_micro) <= MICRO_LOGIT_MAX
        assert 0 < self.micro_per_point <= MICRO_LOGIT_MAX
        directions = tuple(part.direction for part in self.features)
        for tree in self.trees:
            assert all(0 <= asked < len(kinds) for asked in tree.feature), "no such feature"
            tree.check_monotone(directions)
        self.check_scale()

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of signal that it reads."""
        return tuple(part.kind for part in self.features)

    def score(self, values: Mapping[str, int]) -> int:
        """Return the score of a dict of values; what is not in it counts as missing."""
        seen = [values.get(kind) for kind in self.kinds]
        total = self.base_micro
        for tree in self.trees:
            node = tree.root
            while not isinstance(node, int):
                place, threshold, below, above, missing = node
                value = seen[place]
                node = missing if value is None else below if value <= threshold else above
            total += node
        return total // self.micro_per_point

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

        values = np.zeros((len(self.kinds), frame.height), dtype=np.int64)
        missing = np.ones((len(self.kinds), frame.height), dtype=bool)
        for place, kind in enumerate(self.kinds):
            if kind in frame.columns:
                column = frame[kind].cast(pl.Int64)
                values[place] = column.fill_null(0).to_numpy()
                missing[place] = column.is_null().to_numpy()
        total = np.full(frame.height, self.base_micro, dtype=np.int64)
        for tree in self.trees:
            total += tree.worth_columns(values, missing)
        return self.scored(total // self.micro_per_point)

    def as_json(self) -> dict[str, Any]:
        """Return the artefact: all that is needed to score anywhere."""
        bounds = {
            "pd_low_ppm_by_score": list(self.pd_low_ppm_by_score),
            "pd_high_ppm_by_score": list(self.pd_high_ppm_by_score),
        }
        return {
            **{name: table for name, table in bounds.items() if table},
            "format": FORMAT,
            "kind": KIND,
            "name": self.name,
            "version": self.version,
            "features": [
                {"kind": f.kind, "direction": f.direction.value, "gain_ppm": f.gain_ppm}
                for f in self.features
            ],
            "base_micro": self.base_micro,
            "micro_per_point": self.micro_per_point,
            "trees": [tree.as_json() for tree in self.trees],
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


def read_boosted(data: bytes | str) -> BoostedTrees:
    """Read an artefact; one that is malformed or not monotone is refused in one sentence."""
    if len(data) > BOOSTED_BYTES_MAX:
        raise Invalid("credit.artefact_unreadable", detail=f"{len(data)} bytes")
    try:
        value = parse_json(data)
        if (value["format"], value["kind"]) != (FORMAT, KIND):
            raise Invalid("credit.artefact_unreadable", detail=f"format {value['format']}")
        if len(value["trees"]) > TREES_MAX:
            raise Invalid("credit.artefact_unreadable", detail=f"{len(value['trees'])} trees")
        return BoostedTrees(
            name=_text(value["name"]),
            version=_text(value["version"]),
            features=tuple(
                Feature(_text(part["kind"]), Direction(part["direction"]), _whole(part["gain_ppm"]))
                for part in value["features"]
            ),
            base_micro=_whole(value["base_micro"]),
            micro_per_point=_whole(value["micro_per_point"]),
            trees=tuple(
                Tree(**{name: _all_whole(tree[name]) for name in _TREE_FIELDS})
                for tree in value["trees"]
            ),
            first_score=_whole(value["first_score"]),
            pd_ppm_by_score=_all_whole(value["pd_ppm_by_score"]),
            about={
                _text(name): said if isinstance(said, str) else _whole(said)
                for name, said in value["about"].items()
            },
            pd_low_ppm_by_score=_all_whole(value.get("pd_low_ppm_by_score", ())),
            pd_high_ppm_by_score=_all_whole(value.get("pd_high_ppm_by_score", ())),
        )
    except (AssertionError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise Invalid("credit.artefact_unreadable", detail=str(error)[:200]) from error


def _whole(value: object) -> int:
    """Return a whole number as it was read; a float, a text or a truth is none."""
    if type(value) is not int:
        message = f"not a whole number: {value!r}"
        raise TypeError(message)
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        message = f"not a text: {value!r}"
        raise TypeError(message)
    return value


def _all_whole(values: Iterable[object]) -> tuple[int, ...]:
    return tuple(_whole(value) for value in values)
