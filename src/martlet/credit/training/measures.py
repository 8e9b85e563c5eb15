"""How good a ranking and a probability are, each with its interval: over firms, not over folds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.credit.limits import PAIRS_MAX

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlet.credit.training.arrays import Floats, Integers, Truths

BOOTSTRAP_DRAWS = 1_000
_TAIL = 2.5
"""Per cent cut off at either end: a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def text(self) -> str:
        """The figure with its interval, to three places."""
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"

    def as_json(self) -> dict[str, float]:
        """Return it as a JSON value."""
        return {
            "value": round(self.value, 4),
            "low": round(self.low, 4),
            "high": round(self.high, 4),
        }


def auc(bad: Truths, risk: Floats) -> float:
    """Return the chance that a bad case is ranked riskier than a good one (ties count half)."""
    _, inverse, counts = np.unique(risk, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[inverse]
    bads = int(bad.sum())
    goods = len(bad) - bads
    return float((ranks[bad].sum() - bads * (bads + 1) / 2) / (bads * goods))


def ks(bad: Truths, risk: Floats) -> float:
    """Return the largest distance between the two cumulative distributions."""
    levels = np.unique(risk)
    bads = np.searchsorted(np.sort(risk[bad]), levels, side="right") / bad.sum()
    goods = np.searchsorted(np.sort(risk[~bad]), levels, side="right") / (~bad).sum()
    return float(np.abs(goods - bads).max())


def brier(bad: Truths, pd: Floats) -> float:
    """Return the mean squared error of a probability."""
    return float(((pd - bad) ** 2).mean())


def calibration_error(bad: Truths, pd: Floats, bins: int = 5) -> float:
    """Return the expected calibration error over bins of equal numbers of cases."""
    order = np.argsort(pd, kind="stable")
    parts = np.array_split(order, min(bins, len(order)))
    gaps = [abs(float(pd[part].mean()) - float(bad[part].mean())) * len(part) for part in parts]
    return float(sum(gaps) / len(order))


def over_repeats(
    measure: Callable[[Truths, Floats], float],
    bad: Truths,
    repeats: Floats,
    rng: np.random.Generator,
) -> Estimate:
    """Return a measure's mean over repeats (rows), with the interval of resampled firms.

    The same firms are drawn in every repeat, bad and good ones apart, so that the interval says
    how much the figure hangs on which firms there were.
    """
    value = float(np.mean([measure(bad, risk) for risk in repeats]))
    drawn = [
        float(np.mean([measure(bad[chosen], risk[chosen]) for risk in repeats]))
        for chosen in _draws(bad, rng)
    ]
    low, high = np.percentile(drawn, [_TAIL, 100 - _TAIL])
    return Estimate(value, float(low), float(high))


def auc_over_repeats(bad: Truths, repeats: Floats, rng: np.random.Generator) -> Estimate:
    """Return the AUC's mean over repeats, with the interval of resampled firms."""
    return _of_pairs(bad, _pairs(bad, repeats), rng)


def auc_difference(
    bad: Truths, repeats: Floats, other: Floats, rng: np.random.Generator
) -> Estimate:
    """Return how much better the repeats rank than one fixed ranking, on the same firms."""
    return auc_paired(bad, repeats, other[np.newaxis], rng)


def auc_paired(bad: Truths, mine: Floats, other: Floats, rng: np.random.Generator) -> Estimate:
    """Return how much better one way ranks than another, on the same firms (a row a repeat)."""
    return _of_pairs(bad, _pairs(bad, mine) - _pairs(bad, other), rng)


def _pairs(bad: Truths, repeats: Floats) -> Floats:
    """Return of each bad firm (row) and good firm (column): how often the bad is riskier."""
    assert int(bad.sum()) * int((~bad).sum()) <= PAIRS_MAX, "too many firms to look at in pairs"
    pairs = np.zeros((int(bad.sum()), int((~bad).sum())))
    for risk in repeats:
        mine, theirs = risk[bad][:, np.newaxis], risk[~bad]
        pairs += (mine > theirs) + 0.5 * (mine == theirs)
    return pairs / len(repeats)


def _of_pairs(bad: Truths, pairs: Floats, rng: np.random.Generator) -> Estimate:
    """Return the mean over all pairs, with its interval: an AUC counts pairs and nothing else."""
    bads, goods = (_counts(drawn, group) for drawn, group in _apart(bad, rng))
    drawn = ((bads @ pairs) * goods).sum(axis=1) / pairs.size
    low, high = np.percentile(drawn, [_TAIL, 100 - _TAIL])
    return Estimate(float(pairs.mean()), float(low), float(high))


def _apart(bad: Truths, rng: np.random.Generator) -> tuple[tuple[Integers, Integers], ...]:
    """Return redrawn bad firms (a row a draw) and all of them; then the good ones likewise."""
    groups = (np.flatnonzero(bad), np.flatnonzero(~bad))
    bads, goods = (rng.choice(group, (BOOTSTRAP_DRAWS, len(group))) for group in groups)
    return (bads, groups[0]), (goods, groups[1])


def _counts(drawn: Integers, group: Integers) -> Floats:
    """Return how often each firm of a group was drawn, a row a draw."""
    places = np.searchsorted(group, drawn) + len(group) * np.arange(len(drawn))[:, np.newaxis]
    counted = np.bincount(places.ravel(), minlength=len(drawn) * len(group))
    return counted.reshape(len(drawn), len(group)).astype(np.float64)


def _draws(bad: Truths, rng: np.random.Generator) -> Integers:
    """Return redrawn firms, a row a draw, bad and good ones apart."""
    return np.concatenate([drawn for drawn, _ in _apart(bad, rng)], axis=1)
