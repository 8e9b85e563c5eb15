"""Monotone binning: quantile pre-bins, a prior counted as cases, then pool what breaks the order.

The invariant: the weight of evidence (log-odds of being good, against the average) only rises in
the declared direction. Bins are thin, so that few businesses tie, and the prior's curve speaks
where a handful of cases cannot: taking one case away hardly moves its own bin. A missing value is
a bin of its own that says nothing either way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.credit.limits import BINS_MAX
from martlet.credit.scorecard import Direction

if TYPE_CHECKING:
    from martlet.credit.training.arrays import Floats, Truths
    from martlet.credit.training.candidates import Candidate

_SIGNIFICANT_DIGITS = 3
_SAME = 1e-12
"""Rates nearer to each other than this differ by rounding alone."""


@dataclass(frozen=True, slots=True)
class Binning:
    """One characteristic's bins: edges as whole numbers, and the weight of evidence of each."""

    edges: tuple[int, ...]
    woe: tuple[float, ...]

    def woe_of(self, values: Floats, missing_woe: float = 0.0) -> Floats:
        """Return the weight of evidence of each value (NaN: missing)."""
        missing = np.isnan(values)
        places = np.searchsorted(
            np.array(self.edges, dtype=np.float64), np.where(missing, 0, values), side="right"
        )
        return np.where(missing, missing_woe, np.array(self.woe)[places])


@dataclass(frozen=True, slots=True)
class BinningRules:
    """How finely to cut and how much to trust the prior."""

    share_min: float = 1 / BINS_MAX
    bads_min: float = 0.0
    """Bad cases, those of the prior included, that each bin must hold."""
    prior_cases: float = 20.0
    """How many cases the prior counts as, in each bin."""


def bin_characteristic(
    candidate: Candidate,
    values: Floats,
    bad: Truths,
    rules: BinningRules,
    edges: Floats | None = None,
) -> Binning:
    """Return the bins of one characteristic, learnt on these cases only (`edges`: where to cut)."""
    seen = ~np.isnan(values)
    base = base_logit(bad)
    if edges is None:
        edges = pre_edges(values[seen], rules.share_min)
    places = np.searchsorted(edges, values[seen], side="right")
    bads, goods, prior = _counts(candidate, values[seen], bad[seen], places, len(edges) + 1)
    chance = 1.0 / (1.0 + np.exp(base + prior))
    bads, goods = bads + rules.prior_cases * chance, goods + rules.prior_cases * (1.0 - chance)
    pools = pool(bads, goods, candidate.direction, rules.bads_min)
    return Binning(
        tuple(int(edges[first - 1]) for first, _, _ in pools if first),
        tuple(_logit_good(good, ill) - base for _, ill, good in pools),
    )


def base_logit(bad: Truths) -> float:
    """Return the log-odds of being good of the cases as a whole."""
    return _logit_good(float((~bad).sum()) + 0.5, float(bad.sum()) + 0.5)


def pre_edges(values: Floats, share_min: float) -> Floats:
    """Return edges at quantiles, rounded to three digits, each a whole number."""
    if len(values) == 0:
        return np.array([], dtype=np.float64)
    bins = max(1, min(BINS_MAX, int(1.0 / share_min + 1e-9)))
    cuts = np.quantile(values, np.arange(1, bins) / bins, method="inverted_cdf")
    rounded = {_rounded(float(cut)) for cut in cuts}
    low = values.min()
    return np.array(sorted(edge for edge in rounded if edge > low), dtype=np.float64)


def pool(
    bads: Floats, goods: Floats, direction: Direction, bads_min: float
) -> list[tuple[int, float, float]]:
    """Return pools of pre-bins whose bad rate only falls as bins get safer: first bin, bads, goods.

    Pool-adjacent-violators; then bins with too few bad cases join their better neighbour.
    """
    cells = list(zip(range(len(bads)), bads.tolist(), goods.tolist(), strict=True))
    stack: list[tuple[int, float, float]] = []
    for cell in cells if direction is Direction.HIGHER else reversed(cells):
        stack.append(cell)
        while len(stack) > 1 and _out_of_order(stack[-2], stack[-1], bads_min):
            later, earlier = stack.pop(), stack.pop()
            first = min(earlier[0], later[0])
            stack.append((first, earlier[1] + later[1], earlier[2] + later[2]))
    return sorted(stack)


def _out_of_order(
    riskier: tuple[int, float, float], safer: tuple[int, float, float], bads_min: float
) -> bool:
    """Tell whether two neighbours must be one: the safer is no safer, or holds too few bads."""
    here, there = riskier[1] * safer[2], safer[1] * riskier[2]
    return here <= there * (1 + _SAME) or safer[1] < bads_min


def _counts(
    candidate: Candidate,
    values: Floats,
    bad: Truths,
    places: np.ndarray[tuple[int], np.dtype[np.intp]],
    bins: int,
) -> tuple[Floats, Floats, Floats]:
    """Return bads, goods and the prior's log-odds (against its own mean) of each pre-bin."""
    bads = np.bincount(places, weights=bad, minlength=bins).astype(np.float64)
    goods = np.bincount(places, weights=~bad, minlength=bins).astype(np.float64)
    prior = candidate.prior_logit(values)
    if len(values) == 0:
        return bads, goods, np.zeros(bins)
    sums = np.bincount(places, weights=prior - prior.mean(), minlength=bins)
    return bads, goods, sums / np.maximum(bads + goods, 1.0)


def _rounded(value: float) -> int:
    """Return a value rounded to three significant digits, for people to read."""
    whole = round(value)
    digits = len(str(abs(whole))) - _SIGNIFICANT_DIGITS
    return whole if digits <= 0 else round(whole, -digits)


def _logit_good(goods: float, bads: float) -> float:
    return math.log(goods / bads)
