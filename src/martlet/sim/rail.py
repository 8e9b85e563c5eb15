"""The payment rail's weather: each order answered at once, late, twice, or with a failure.

What becomes of an order is drawn from the seed and the order's own id, so a repeat of the order
meets the same fate, and the order of calls changes nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from martlet.lending import Outcome, PayoutOrder, RailReport
from martlet.sim.world import PPM

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from martlet.sim.calibration import RailWeather

_MINUTES_PER_HOUR = 60


class WeatheredRail:
    """A rail without money that is as unreliable as its weather, by a seed."""

    name = "simulated"

    def __init__(self, seed: int, weather: RailWeather) -> None:
        self._seed = seed
        self._weather = weather
        self._taken: set[UUID] = set()
        self._due: list[tuple[datetime, RailReport]] = []

    def pay(self, order: PayoutOrder) -> Sequence[RailReport]:
        """Take an order; report at once if the weather is fair, else later, perhaps twice."""
        if order.order_id in self._taken:
            return ()
        self._taken.add(order.order_id)
        failed = self._drawn(order, "fail") < self._weather.fail_ppm
        outcome = Outcome.VOIDED if failed else Outcome.POSTED
        reports = [RailReport(order, outcome, f"SYN-{order.order_id.hex[-12:].upper()}")]
        if self._drawn(order, "repeat") < self._weather.repeat_ppm:
            reports *= 2
        if self._drawn(order, "instant") < self._weather.instant_ppm:
            return reports
        longest_minutes = self._weather.delay_hours_max * _MINUTES_PER_HOUR
        for copy, report in enumerate(reports):
            minutes = self._drawn(order, f"delay{copy}") * longest_minutes // PPM
            self._due.append((order.ordered_at + timedelta(minutes=minutes), report))
        return ()

    def deliver_due(self, now: datetime) -> Sequence[RailReport]:
        """Hand over what has become due, oldest first."""
        ready = sorted((e for e in self._due if e[0] <= now), key=lambda entry: entry[0])
        self._due = [entry for entry in self._due if entry[0] > now]
        return [report for _, report in ready]

    def _drawn(self, order: PayoutOrder, what: str) -> int:
        """Return a number below a million that belongs to this order and question."""
        text = f"{self._seed}:{what}:{order.order_id}".encode()
        return int.from_bytes(sha256(text).digest()[:8], "big") % PPM
