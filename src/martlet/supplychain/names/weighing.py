"""Probabilities of a whole batch: how many firms are unknown, and who claims whom.

The invariant: the share of unknown firms is estimated from the scores of the batch alone, never
from answers; where each firm has one name, a firm that one query surely means is no longer free
for another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.supplychain.names.ranking import Groups, chances

if TYPE_CHECKING:
    from martlet.supplychain.names.register import Floats, Ints

USUAL_UNKNOWN = 0.5
"""Share of unknown firms before anything is seen: as the choice was taught."""

USUAL_WEIGHT = 10
"""How many queries that expectation counts for."""

SHARE_BOUNDS = (0.005, 0.95)
ROUNDS = 20
"""Rounds of expectation and maximisation; the share moves by less than 0.001 after ten."""

CLAIM_ROUNDS = 3
CLAIM_MAX = 0.999


@dataclass(frozen=True)
class Batch:
    """Scores of many queries' candidates."""

    score: Floats
    name: Ints
    groups: Groups


def weigh(batch: Batch, unknown_share: float | None, *, one_name: bool) -> tuple[Floats, float]:
    """Return each candidate's probability, and the share of unknown firms that it rests on."""
    if not batch.score.size:
        return batch.score, USUAL_UNKNOWN if unknown_share is None else unknown_share
    share = _estimate(batch) if unknown_share is None else _bounded(unknown_share)
    none = _odds(share)
    chance = chances(batch.score, batch.groups, none)
    if one_name:
        for _ in range(CLAIM_ROUNDS):
            chance = chances(batch.score + _free(batch, chance), batch.groups, none)
    return chance, share


def _estimate(batch: Batch) -> float:
    share = USUAL_UNKNOWN
    for _ in range(ROUNDS):
        chance = chances(batch.score, batch.groups, _odds(share))
        unknown = 1 - np.add.reduceat(chance, batch.groups.starts)
        expected = unknown.sum() + USUAL_UNKNOWN * USUAL_WEIGHT
        share = _bounded(float(expected / (unknown.size + USUAL_WEIGHT)))
    return share


def _free(batch: Batch, chance: Floats) -> Floats:
    """Return the log probability that no other query means a candidate."""
    taken = np.log1p(-np.minimum(chance, CLAIM_MAX))
    whole = np.zeros(int(batch.name.max()) + 1)
    np.add.at(whole, batch.name, taken)
    result: Floats = whole[batch.name] - taken
    return result


def _bounded(share: float) -> float:
    return min(max(share, SHARE_BOUNDS[0]), SHARE_BOUNDS[1])


def _odds(share: float) -> float:
    return float(np.log(share / (1 - share)))
