"""How sure a pd is: the interval of the share of bad businesses among those of one score.

Held-out log-odds are calibrated again and again, each time on businesses drawn anew (bad ones and
good ones together, so that how many are bad is itself in doubt), and of what comes out the middle
95 % is kept at every score. The invariant: the bounds only fall as the score rises, and the pd
lies between them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from martlet.credit.limits import PD_PPM_MAX, PD_PPM_MIN
from martlet.credit.training.scale import FIRST_SCORE, LAST_SCORE, logit_of_score

if TYPE_CHECKING:
    from martlet.credit.training.arrays import Floats, Truths

DRAWS = 400
_TAIL = 2.5
_NEWTON_STEPS = 12
"""Two figures are fitted to a convex curve from close by: they stand still long before."""
_PPM = 1_000_000


def pd_bounds(
    held_out: Floats, bad: Truths, pd_ppm: tuple[int, ...], penalty: float, rng: np.random.Generator
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the lower and the upper bound of the pd of each score, in ppm.

    `held_out` are log-odds of being good, a row a repeat, a column a business.
    """
    cases = len(bad)
    counts = rng.multinomial(cases, np.full(cases, 1 / cases), DRAWS).astype(np.float64)
    slopes, shifts = _lines(held_out.mean(axis=0), bad, counts, penalty)
    scores = np.array([logit_of_score(s) for s in range(FIRST_SCORE, LAST_SCORE + 1)])
    logits = shifts[:, np.newaxis] + slopes[:, np.newaxis] * scores
    drawn = _PPM / (1.0 + np.exp(np.clip(logits, -30, 30)))
    low, high = np.percentile(drawn, [_TAIL, 100 - _TAIL], axis=0)
    middle = np.array(pd_ppm)
    return _table(np.minimum(low, middle)), _table(np.maximum(high, middle))


def _lines(logits: Floats, bad: Truths, counts: Floats, penalty: float) -> tuple[Floats, Floats]:
    """Return the slope (never below nought, held at one) and the shift of each draw, by Newton."""
    good = (~bad).astype(np.float64)
    slopes, shifts = np.ones(len(counts)), np.zeros(len(counts))
    for _ in range(_NEWTON_STEPS):
        line = shifts[:, np.newaxis] + slopes[:, np.newaxis] * logits
        chance = 1.0 / (1.0 + np.exp(-np.clip(line, -30, 30)))
        over = counts * (chance - good)
        weight = counts * np.maximum(chance * (1 - chance), 1e-6)
        down, across = over.sum(axis=1), over @ logits + penalty * (slopes - 1)
        flat, mixed = weight.sum(axis=1), weight @ logits
        steep = weight @ logits**2 + penalty
        whole = flat * steep - mixed**2
        shifts = shifts - np.clip((steep * down - mixed * across) / whole, -1, 1)
        slopes = np.maximum(slopes - np.clip((flat * across - mixed * down) / whole, -1, 1), 0.0)
    return slopes, shifts


def _table(ppm: Floats) -> tuple[int, ...]:
    return tuple(int(value) for value in np.clip(np.rint(ppm), PD_PPM_MIN, PD_PPM_MAX))
