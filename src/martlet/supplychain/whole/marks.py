"""What an edge of the whole graph carries, packed into one word, and the view that chooses by it.

The invariant: packing never makes an edge known earlier or surer than it is. A day is rounded up,
the moment one looks from is rounded down, a confidence is rounded down to whole percents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.supplychain.model import PPM, Relation
from martlet.supplychain.whole.limits import DAY_MAX, RELATIONS_MAX

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from martlet.supplychain.whole.graph import Marks

RELATION_CODES = {relation: place for place, relation in enumerate(Relation)}
assert len(RELATION_CODES) <= RELATIONS_MAX
DAY_S = 86_400
SHANGHAI_S = 8 * 3_600
"""A day begins in Shanghai, as the bank's does; there is no summer time since 1991."""
_PERCENT_PPM = PPM // 100
_INFERRED = 128
_ALL_RELATIONS = 2**RELATIONS_MAX - 1


def pack(days: Any, relations: Any, inferred: Any, confidence_ppm: Any) -> Marks:  # noqa: ANN401
    """Return one word an edge; each argument is an array, or one value for all.

    `days` count from 1970 in Shanghai and are rounded up already; `relations` are
    `RELATION_CODES`.
    """
    # What is known before 1970 is known on its first day, and what is known after 2149 never.
    day = np.clip(np.asarray(days, np.int64), 0, DAY_MAX)
    percent = np.clip(np.asarray(confidence_ppm, np.int64) // _PERCENT_PPM, 0, 100)
    word = (day << 16) | (np.asarray(relations, np.int64) << 8)
    word = word | np.where(np.asarray(inferred, np.bool_), _INFERRED, 0) | percent
    return np.atleast_1d(word).astype(np.uint32)


@dataclass(frozen=True, slots=True)
class View:
    """Which edges count: all of them where nothing is said."""

    day: int = DAY_MAX - 1
    """The last day, counted from 1970 in Shanghai, at whose beginning one looks or later."""
    relations_bits: int = _ALL_RELATIONS
    confidence_least_ppm: int = 0
    inferred: bool = True
    """Whether edges count that only a model says."""

    @property
    def flags(self) -> int:
        """The least percent of confidence, and whether inferred edges count, as the loops read."""
        percent = -(-min(max(self.confidence_least_ppm, 0), PPM) // _PERCENT_PPM)
        return percent | (_INFERRED if self.inferred else 0)


def view_of(
    as_of: datetime | None = None,
    relations: Iterable[Relation] | None = None,
    confidence_least_ppm: int = 0,
    *,
    inferred: bool = True,
) -> View:
    """Return the view from a moment; what became known during its last day is not yet in it."""
    day = DAY_MAX - 1 if as_of is None else max(int((as_of.timestamp() + SHANGHAI_S) // DAY_S), -1)
    bits = _ALL_RELATIONS
    if relations is not None:
        bits = sum(1 << RELATION_CODES[relation] for relation in set(relations))
    return View(day, bits, confidence_least_ppm, inferred)
