"""How good a ranking and a probability are, each with its interval: over firms, not over folds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlet.credit.training.arrays import Floats, Truths

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


def auc_difference(
    bad: Truths, repeats: Floats, other: Floats, rng: np.random.Generator
) -> Estimate:
    """Return how much better the repeats rank than one fixed ranking, on the same firms."""

    def gain(chosen: np.ndarray[tuple[int], np.dtype[np.intp]]) -> float:
        mine = np.mean([auc(bad[chosen], risk[chosen]) for risk in repeats])
        return float(mine) - auc(bad[chosen], other[chosen])

    drawn = [gain(chosen) for chosen in _draws(bad, rng)]
    low, high = np.percentile(drawn, [_TAIL, 100 - _TAIL])
    return Estimate(gain(np.arange(len(bad))), float(low), float(high))


def auc_paired(bad: Truths, mine: Floats, other: Floats, rng: np.random.Generator) -> Estimate:
    """Return how much better one way ranks than another, repeat by repeat, on the same firms."""

    def gain(chosen: np.ndarray[tuple[int], np.dtype[np.intp]]) -> float:
        pairs = zip(mine[:, chosen], other[:, chosen], strict=True)
        return float(np.mean([auc(bad[chosen], a) - auc(bad[chosen], b) for a, b in pairs]))

    drawn = [gain(chosen) for chosen in _draws(bad, rng)]
    low, high = np.percentile(drawn, [_TAIL, 100 - _TAIL])
    return Estimate(gain(np.arange(len(bad))), float(low), float(high))


def _draws(
    bad: Truths, rng: np.random.Generator
) -> list[np.ndarray[tuple[int], np.dtype[np.intp]]]:
    bads, goods = np.flatnonzero(bad), np.flatnonzero(~bad)
    return [
        np.concatenate([rng.choice(bads, len(bads)), rng.choice(goods, len(goods))])
        for _ in range(BOOTSTRAP_DRAWS)
    ]
