"""The expert's curves as trees: where a challenger starts from before it has seen a single case.

The invariant: a curve becomes one tree over one kind, in whole numbers, monotone in the declared
direction, so that the prior is part of the artefact and boosting learns only what it leaves over.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from martlet.credit.boosted import Tree

if TYPE_CHECKING:
    from martlet.credit.training.arrays import Floats
    from martlet.credit.training.candidates import Candidate

MICRO = 1_000_000
STEPS = 32
"""Leaves of a curve's tree: a step is then a thirty-second of its range, far below any noise."""


@dataclass
class Growing:
    """A tree's arrays while it grows; parents before children."""

    feature: list[int] = field(default_factory=list)
    threshold: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    missing_left: list[int] = field(default_factory=list)
    leaf_micro: list[int] = field(default_factory=list)

    def leaf(self, worth_micro: int) -> int:
        """Add a leaf and return it as a child."""
        self.leaf_micro.append(worth_micro)
        return -len(self.leaf_micro)

    def split(self, feature: int, threshold: int, *, missing_left: bool) -> int:
        """Add a split whose children are not known yet, and return it as a child."""
        self.feature.append(feature)
        self.threshold.append(threshold)
        self.missing_left.append(int(missing_left))
        self.left.append(0)
        self.right.append(0)
        return len(self.feature) - 1

    def grown(self) -> Tree:
        """Return the finished tree."""
        return Tree(
            tuple(self.feature),
            tuple(self.threshold),
            tuple(self.left),
            tuple(self.right),
            tuple(self.missing_left),
            tuple(self.leaf_micro),
        )


def curve_tree(place: int, candidate: Candidate, values: Floats) -> Tree:
    """Return a candidate's prior curve as a tree that asks about feature `place`.

    A missing value gets the leaf nearest to the average of the values that are known here: being
    unknown is neither good nor bad.
    """
    edges = _edges(candidate)
    middles = np.concatenate([[edges[0]], (edges[:-1] + edges[1:]) / 2, [edges[-1] + 1.0]])
    worth = candidate.prior_logit(middles) if len(edges) > 1 else np.zeros(len(middles))
    micro = np.round(worth * MICRO).astype(np.int64)
    known = values[~np.isnan(values)]
    mean = candidate.prior_logit(known).mean() * MICRO if len(known) else float(micro.mean())
    home = int(np.abs(micro - mean).argmin())
    growing = Growing()
    _grow(growing, place, edges, micro, (0, len(micro)), home)
    return growing.grown()


def scaled(tree: Tree, by: float) -> Tree:
    """Return a tree whose leaves are worth `by` times as much; never a negative factor."""
    assert by >= 0, by
    return replace(tree, leaf_micro=tuple(round(leaf * by) for leaf in tree.leaf_micro))


def _edges(candidate: Candidate) -> Floats:
    """Return whole-number bounds between the steps, even on the curve's own scale."""
    low, high = float(candidate.low), float(candidate.high)
    if candidate.logarithmic:
        cuts = np.geomspace(max(low, 1.0), max(high, 2.0), STEPS)
    else:
        cuts = np.linspace(low, high, STEPS)
    return np.unique(np.floor(cuts[:-1]))


def _grow(
    growing: Growing,
    place: int,
    edges: Floats,
    micro: np.ndarray[tuple[int], np.dtype[np.int64]],
    span: tuple[int, int],
    home: int,
) -> int:
    """Grow the balanced tree over the steps `first` to `last`; missing values walk `home`."""
    first, last = span
    if last - first == 1:
        return growing.leaf(int(micro[first]))
    middle = (first + last) // 2
    at = growing.split(place, int(edges[middle - 1]), missing_left=home < middle)
    growing.left[at] = _grow(growing, place, edges, micro, (first, middle), home)
    growing.right[at] = _grow(growing, place, edges, micro, (middle, last), home)
    return at
