"""Monotone binning: fine quantile bins, an expert's expectation counted as cases, then pooling.

The invariant: the weight of evidence (log-odds of being good) only rises in the declared direction.
A bin starts at the prior's curve and moves only by what the cases in it show beyond what the whole
expert index expected of them; so what several characteristics tell together is not counted twice.
Bins may be thin, because the expectation counts for more than their own few cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.credit.limits import BINS_MAX
from martlet.credit.scorecard import Direction

if TYPE_CHECKING:
    from martlet.credit.training.arrays import Floats, Truths
    from martlet.credit.training.candidates import Candidate

_SIGNIFICANT_DIGITS = 3
_CHANCE_MIN = 1e-6


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
    prior_cases: float = 100.0
    """How many cases the expectation counts as, in each bin."""


def bin_characteristic(
    candidate: Candidate, values: Floats, bad: Truths, expected: Floats, rules: BinningRules
) -> Binning:
    """Return the bins of one characteristic, learnt on these cases only.

    `expected` is the chance of being bad that the expert index gives each case. The weights of
    evidence average nought over the cases, so that a missing value (nought) says nothing.
    """
    seen = ~np.isnan(values)
    values, bad, expected = values[seen], bad[seen], expected[seen]
    edges = pre_edges(values, rules.share_min)
    places = np.searchsorted(edges, values, side="right")
    bins = len(edges) + 1
    cases = np.bincount(places, minlength=bins).astype(np.float64)
    held = np.maximum(cases, 1.0)
    prior = candidate.prior_logit(values)
    curve = np.bincount(places, weights=prior, minlength=bins) / held
    chance = np.bincount(places, weights=expected, minlength=bins) / held
    chance = np.clip(chance, _CHANCE_MIN, 1 - _CHANCE_MIN)
    bads = np.bincount(places, weights=bad, minlength=bins)
    weight = cases + rules.prior_cases
    shown = (bads + rules.prior_cases * chance) / weight
    levels = curve + _logit_good(shown) - _logit_good(chance)
    levels -= float((levels * cases).sum() / max(cases.sum(), 1.0))
    groups = pool(levels, weight, candidate.direction)
    return Binning(
        tuple(int(edges[first - 1]) for first, _ in groups if first),
        tuple(level for _, level in groups),
    )


def base_logit(bad: Truths) -> float:
    """Return the log-odds of being good of the cases as a whole."""
    return float(np.log((float((~bad).sum()) + 0.5) / (float(bad.sum()) + 0.5)))


def pre_edges(values: Floats, share_min: float) -> Floats:
    """Return edges at quantiles, rounded to three digits, each a whole number."""
    if len(values) == 0:
        return np.array([], dtype=np.float64)
    bins = max(1, min(BINS_MAX, int(1.0 / share_min + 1e-9)))
    cuts = np.quantile(values, np.arange(1, bins) / bins, method="inverted_cdf")
    rounded = {_rounded(float(cut)) for cut in cuts}
    low = values.min()
    return np.array(sorted(edge for edge in rounded if edge > low), dtype=np.float64)


def pool(levels: Floats, weights: Floats, direction: Direction) -> list[tuple[int, float]]:
    """Return the first bin and the level of each pool, so that levels rise as values get safer.

    Pool-adjacent-violators over weighted means; neighbours of the same level are one.
    """
    higher = direction is Direction.HIGHER
    order = range(len(levels)) if higher else range(len(levels) - 1, -1, -1)
    stack: list[tuple[float, float, int]] = []
    for place in order:
        stack.append((float(levels[place]), float(weights[place]), place))
        while len(stack) > 1 and stack[-2][0] >= stack[-1][0]:
            (safer, here, last), (riskier, before, first) = stack.pop(), stack.pop()
            mean = (safer * here + riskier * before) / (here + before)
            stack.append((mean, here + before, min(first, last)))
    return sorted((first, level) for level, _, first in stack)


def _rounded(value: float) -> int:
    """Return a value rounded to three significant digits, for people to read."""
    whole = round(value)
    digits = len(str(abs(whole))) - _SIGNIFICANT_DIGITS
    return whole if digits <= 0 else round(whole, -digits)


def _logit_good(chance_bad: Floats) -> Floats:
    return np.asarray(np.log((1.0 - chance_bad) / chance_bad), dtype=np.float64)
