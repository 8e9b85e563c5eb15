"""Which key each number stands for: sorted, so that number ↔ key is found in either direction.

The invariant: keys are sorted and all different; node n is the n-th of them. Where an edge table
is numbered from zero without gaps, the numbers are the keys and no table is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.kernel.errors import NotFound

if TYPE_CHECKING:
    import polars as pl

    from martlet.supplychain.whole.graph import Nodes


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys of nodes by their numbers."""

    count: int
    series: pl.Series | None = None
    """Whole numbers or text, sorted; None where node n is called n."""

    def number_of(self, key: str) -> int:
        """Return the number of a key as a person writes it; refuse one that is not there."""
        wanted: Any = key
        if self.series is None or self.series.dtype.is_integer():
            wanted = int(key) if key.strip().lstrip("-").isdecimal() else None
        if self.series is None:
            if wanted is not None and 0 <= wanted < self.count:
                return int(wanted)
        elif wanted is not None and self.count:
            place = int(self.series.search_sorted(wanted))
            if place < self.count and self.series[place] == wanted:
                return place
        raise NotFound("whole.no_such_key", key=key[:80])

    def of(self, numbers: Nodes) -> pl.Series:
        """Return the keys of some nodes, in their order."""
        import polars as pl  # noqa: PLC0415 - kept out of what only counts

        if self.series is None:
            return pl.Series("id", np.asarray(numbers, np.int64))
        return self.series.gather(numbers).alias("id")
