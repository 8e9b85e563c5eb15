"""The rate limit: one token bucket for each caller, in this process's memory.

Called from the event loop only, so it needs no lock. With several processes each grants its own
share; the bound is against a loop gone wild, not a quota that is sold.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.api.limits import BUCKETS_MAX, BURST_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class Buckets:
    """Remembers how many requests each caller may still send."""

    def __init__(self, monotonic: Callable[[], float], callers_max: int = BUCKETS_MAX) -> None:
        self._monotonic = monotonic
        self._callers_max = callers_max
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, caller: str, per_second: float) -> float:
        """Take one token; return 0, or the seconds until there is one again."""
        now, burst = self._monotonic(), per_second * BURST_SECONDS
        bucket = self._buckets.get(caller)
        if bucket is None:
            bucket = self._buckets[caller] = _Bucket(burst, now)
            if len(self._buckets) > self._callers_max:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(caller)
            bucket.tokens = min(burst, bucket.tokens + (now - bucket.filled_at) * per_second)
            bucket.filled_at = now
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return 0.0
        return (1 - bucket.tokens) / per_second
