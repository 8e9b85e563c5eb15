"""From a score to a pd: one table a model, read the same way whatever kind of model it is.

The invariant: the pd never rises with the score, lies between 0 and 1, and inside its interval
where one was measured. Beyond the ends of the table the ends hold.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from martlet.credit.limits import SCORE_SPAN_MAX

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import polars as pl


class PdScale:
    """What every model that scores has: its table of pds, and their intervals."""

    first_score: int
    pd_ppm_by_score: tuple[int, ...]
    """The pd of `first_score`, `first_score + 1`, …"""
    pd_low_ppm_by_score: tuple[int, ...]
    """The lower end of the 95 % interval of each pd; empty where none was measured."""
    pd_high_ppm_by_score: tuple[int, ...]

    def check_scale(self) -> None:
        """Assert that the tables keep the invariant."""
        low, middle, high = (
            self.pd_low_ppm_by_score,
            self.pd_ppm_by_score,
            self.pd_high_ppm_by_score,
        )
        _check_table(middle)
        if low or high:
            tables = zip(low, middle, high, strict=True)
            inside = all(least <= pd <= most for least, pd, most in tables)
            assert inside, "a pd out of its interval"
            _check_table(low)
            _check_table(high)

    def pd_ppm(self, score: int) -> int:
        """Return the probability of default that belongs to a score."""
        place = score - self.first_score
        return self.pd_ppm_by_score[min(max(place, 0), len(self.pd_ppm_by_score) - 1)]

    def pd_interval_ppm(self, score: int) -> tuple[int, int] | None:
        """Return the 95 % interval of the pd that belongs to a score; None where none is known."""
        if not self.pd_low_ppm_by_score:
            return None
        place = min(max(score - self.first_score, 0), len(self.pd_ppm_by_score) - 1)
        return self.pd_low_ppm_by_score[place], self.pd_high_ppm_by_score[place]

    def score_for(self, pd_ppm_max: int) -> int | None:
        """Return the lowest score whose pd is at most `pd_ppm_max`; None if there is none."""
        if self.pd_ppm_by_score[-1] > pd_ppm_max:
            return None
        return self.first_score + bisect_left(self._falling, -pd_ppm_max)

    @cached_property
    def _falling(self) -> tuple[int, ...]:
        """The table of pds as it rises: negative."""
        return tuple(-pd for pd in self.pd_ppm_by_score)

    def scored(self, scores: npt.NDArray[np.int64]) -> pl.DataFrame:
        """Return `score` and `pd_ppm` as columns."""
        import numpy as np  # noqa: PLC0415 - the request path scores without it
        import polars as pl  # noqa: PLC0415

        table = np.array(self.pd_ppm_by_score, dtype=np.int64)
        places = np.clip(scores - self.first_score, 0, len(table) - 1)
        return pl.DataFrame({"score": scores, "pd_ppm": table[places]})


def _check_table(table: tuple[int, ...]) -> None:
    assert 0 < len(table) <= SCORE_SPAN_MAX, len(table)
    assert all(low >= high for low, high in pairwise(table)), "the pd rises with the score"
    assert all(0 < pd < 1_000_000 for pd in (table[0], table[-1]))  # noqa: PLR2004 - ppm
