"""Whether a pd means what it says: fifths of firms by pd, what was foretold and what came.

The invariant: every firm is placed by a model that has not seen it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from martlet.credit.training.arrays import Floats, Truths

FIFTHS = 5


@dataclass(frozen=True, slots=True)
class Fifth:
    """A fifth of the firms by pd: means over the repeats."""

    foretold: float
    low: float
    """The mean of the lower ends of the pd's intervals."""
    high: float
    came: float

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        named = {"foretold": self.foretold, "low": self.low, "high": self.high, "came": self.came}
        return {name: round(value, 4) for name, value in named.items()}


def fifths(bad: Truths, pds: Floats, lows: Floats, highs: Floats) -> tuple[Fifth, ...]:
    """Return the fifths from the safest to the riskiest (a row a repeat, a column a firm)."""
    places = [np.array_split(np.argsort(row, kind="stable"), FIFTHS) for row in pds]

    def mean(values: Floats, fifth: int) -> float:
        return float(
            np.mean([row[place[fifth]].mean() for row, place in zip(values, places, strict=True)])
        )

    truth = np.broadcast_to(bad.astype(np.float64), pds.shape)
    return tuple(
        Fifth(mean(pds, fifth), mean(lows, fifth), mean(highs, fifth), mean(truth, fifth))
        for fifth in range(FIFTHS)
    )
