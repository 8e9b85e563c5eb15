"""Makes forecasts add up: stores to their chain, types to their total, days to weeks and months.

Every node (a leaf, or the sum of a group's leaves) is foretold by itself. The ways of agreeing are
weighed per part of the horizon by the second half of the plays before the origin, after they were
fitted on the first; what agrees, mixed, still agrees. The invariant: what comes out are leaves on
a binary grid, so that their sums over groups and over days are the totals exactly, in whatever
order they are added.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow.limits import MINT_NODES_MAX
from martlet.cashflow.sums import SHARPNESS, Plays, parts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from martlet.cashflow.model import FloatArray, IntArray

BOTTOM_UP, MINT = "bottom_up", "mint"
TOP_DOWN = "top_down:"
"""With the column whose groups are shared out."""
GRID_BITS = 50
"""Of 53 in a float: three bits of room for whoever adds a total to a total."""


@dataclass(frozen=True, slots=True, eq=False)
class Hierarchy:
    """Which leaves add up to which groups."""

    leaf_ids: tuple[str, ...]
    groups: tuple[tuple[str, str], ...]
    """Column and member of each sum, in the order of the rows of `summing`."""
    summing: FloatArray
    """Groups x leaves, ones and zeros."""

    def nodes(self, leaves: FloatArray) -> FloatArray:
        """Return sums first, then leaves: the first axis of `leaves` becomes that of nodes."""
        sums = np.tensordot(self.summing, leaves, axes=(1, 0))
        return np.concatenate([sums, leaves])

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns, each of which parts the leaves into groups."""
        return tuple(dict.fromkeys(column for column, _ in self.groups))

    def rows(self, column: str) -> IntArray:
        """Return the nodes that are a column's groups."""
        return np.array([at for at, (name, _) in enumerate(self.groups) if name == column])


def hierarchy(leaf_ids: Sequence[str], groups: Mapping[str, Sequence[str]]) -> Hierarchy:
    """Return the sums that group columns ask for; a group of one leaf is that leaf, not a sum.

    A column none of whose groups has two leaves says nothing; so does one that parts the leaves
    as another did.
    """
    names: list[tuple[str, str]] = []
    rows: list[FloatArray] = []
    seen: set[bytes] = set()
    for column, members in groups.items():
        found = np.array([[name == kind for name in members] for kind in sorted(set(members))])
        mark = np.unique(found.argmax(axis=0), return_inverse=True)[1].tobytes()
        if mark in seen or len(found) == len(leaf_ids):
            continue
        seen.add(mark)
        names += [(column, kind) for kind in sorted(set(members))]
        rows += list(found.astype(np.float64))
    summing = np.stack(rows) if rows else np.zeros((0, len(leaf_ids)))
    return Hierarchy(tuple(leaf_ids), tuple(names), summing)


@dataclass(frozen=True, slots=True, eq=False)
class Agreed:
    """Leaves that were made to agree with their sums, and how, part by part of the horizon."""

    leaves: FloatArray
    plays: Plays
    shares: tuple[Mapping[str, float], ...]
    """Of each way, in each part of the horizon."""


def agree(tree: Hierarchy, mean: FloatArray, plays: Plays, *, positive: bool) -> Agreed:
    """Return the leaves (N x H) that agree best, by the plays of every node (sums first).

    `positive`: nothing below zero was ever seen, so nothing below zero is foretold.
    """
    sums = len(tree.groups)
    leaves = np.empty((len(tree.leaf_ids), mean.shape[1]))
    said = np.empty((len(plays.origins), *leaves.shape))
    shares: list[Mapping[str, float]] = []
    for begin, end in parts(mean.shape[1]):
        span = slice(begin, end)
        part = Plays(plays.origins, plays.said[..., span], plays.came[..., span])
        share = _weighed(tree, part)
        shares.append(share)
        weights = mint_weights(tree, part.missed) if MINT in share else None
        now = mean[None, :, span]
        leaves[:, span] = sum(w * apply(tree, way, now, weights)[0] for way, w in share.items())
        said[..., span] = sum(w * apply(tree, way, part.said, weights) for way, w in share.items())
    if positive:
        leaves, said = np.maximum(leaves, 0.0), np.maximum(said, 0.0)
    return Agreed(on_grid(leaves), Plays(plays.origins, said, plays.came[:, sums:]), tuple(shares))


def apply(
    tree: Hierarchy, method: str, said: FloatArray, weights: FloatArray | None = None
) -> FloatArray:
    """Return U x leaves x H by a method, from U x nodes x H."""
    sums = len(tree.groups)
    leaves = said[:, sums:]
    if method == BOTTOM_UP:
        return leaves
    if method == MINT:
        assert weights is not None, "fit them first"
        agreed: FloatArray = np.einsum("ln,unh->ulh", weights, said)
        return agreed
    rows = tree.rows(method.removeprefix(TOP_DOWN))
    summing = tree.summing[rows]
    together = np.einsum("gl,ulh->ugh", summing, leaves)
    size = summing.sum(axis=1)[None, :, None]
    usable = np.abs(together) > 1e-9  # noqa: PLR2004 - a group of which nothing is foretold
    scale = np.where(usable, said[:, rows] / np.where(usable, together, 1.0), 1.0)
    rest = np.where(usable, 0.0, said[:, rows] / size)
    spread = np.einsum("gl,ugh->ulh", summing, scale)
    shared: FloatArray = leaves * spread + np.einsum("gl,ugh->ulh", summing, rest)
    return shared


def mint_weights(tree: Hierarchy, missed: FloatArray) -> FloatArray:
    """Return leaves x nodes: least-variance agreement under a shrunk covariance of what was missed.

    leaves = said leaves - W of leaves with gaps times the gaps' own W inverted, times the gaps.
    """
    sums = len(tree.groups)
    covariance = shrunk_covariance(missed.transpose(0, 2, 1).reshape(-1, missed.shape[1]))
    gaps = np.concatenate([np.eye(sums), -tree.summing], axis=1)
    across = covariance @ gaps.T
    inner = gaps @ across
    inner += np.eye(sums) * max(float(np.trace(inner)), 1e-12) * 1e-9 / max(sums, 1)
    pulled = np.linalg.solve(inner, across.T).T
    weights: FloatArray = np.eye(len(covariance))[sums:] - pulled[sums:] @ gaps
    return weights


def shrunk_covariance(rows: FloatArray) -> FloatArray:
    """Return the covariance of rows, its correlations shrunk towards none as far as they are noise.

    The intensity is Schäfer and Strimmer's (2005). Rows with anything unknown are left out.
    """
    whole = rows[np.isfinite(rows).all(axis=1)]
    count, width = whole.shape
    if count < 3:  # noqa: PLR2004 - no variance of a variance
        return np.eye(width)
    spread = np.sqrt((whole**2).mean(axis=0))
    spread = np.where(spread > 0, spread, max(float(spread.max()), 1.0) * 1e-6)
    scaled = whole / spread
    correlation = scaled.T @ scaled / count
    squares = (scaled**2).T @ (scaled**2) / count
    noise = (squares - correlation**2) / max(count - 1, 1)
    off = ~np.eye(width, dtype=np.bool_)
    power = float((correlation[off] ** 2).sum())
    intensity = min(max(float(noise[off].sum()) / power, 0.0), 1.0) if power > 0 else 1.0
    shrunk = correlation * (1 - intensity)
    np.fill_diagonal(shrunk, 1.0)
    covariance: FloatArray = shrunk * spread[:, None] * spread[None, :]
    return covariance


def on_grid(leaves: FloatArray) -> FloatArray:
    """Return leaves rounded to a power of two so fine that no reader sees it, so sums are exact."""
    whole = float(np.abs(leaves).sum())
    if whole == 0:
        return leaves
    step = 2.0 ** (int(np.ceil(np.log2(whole))) - GRID_BITS)
    rounded: FloatArray = np.round(leaves / step) * step
    return rounded


def _weighed(tree: Hierarchy, part: Plays) -> dict[str, float]:
    """Return each way's share, by its error in the second half of the plays."""
    if not tree.groups:
        return {BOTTOM_UP: 1.0}
    whole = np.isfinite(part.came).all(axis=(1, 2))
    said, came = part.said[whole], part.came[whole]
    half = len(said) // 2
    if half < 2:  # noqa: PLR2004 - nothing to choose by
        return {BOTTOM_UP: 1.0}
    ways = [BOTTOM_UP, *(TOP_DOWN + column for column in tree.columns)]
    weights = None
    if said.shape[1] <= MINT_NODES_MAX:
        ways.append(MINT)
        weights = mint_weights(tree, came[:half] - said[:half])
    errors = {
        way: _error(tree, apply(tree, way, said[half:], weights), came[half:]) for way in ways
    }
    least = max(min(errors.values()), 1e-12)
    power = {way: (least / max(error, 1e-12)) ** SHARPNESS for way, error in errors.items()}
    return {way: each / sum(power.values()) for way, each in power.items()}


def _error(tree: Hierarchy, leaves: FloatArray, came: FloatArray) -> float:
    """Return the mean over columns (and the leaves) of the error of days and of their totals."""
    sums = len(tree.groups)
    gone = came[:, sums:] - leaves
    sizes = came[:, sums:]
    levels = [(gone, sizes)]
    for column in tree.columns:
        summing = tree.summing[tree.rows(column)]
        levels.append(
            (np.einsum("gl,ulh->ugh", summing, gone), np.einsum("gl,ulh->ugh", summing, sizes))
        )
    found = 0.0
    for missed, size in levels:
        scale = max(float(np.abs(size).sum()), 1e-9)
        found += float(np.abs(missed).sum()) / scale
        found += float(np.abs(missed.sum(axis=2)).sum()) / scale
    return found
