"""Our policy through a window: learnt again now and then from what has happened by then.

The invariant: a renewal reads the panel before its morning and no further, and the shortfalls
that have occurred; it accepts more or less risk so that the accepted rate is met over the months.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.treasury.allocation.limits import ACCEPTED_SWING, MAKING_GOOD_DAYS, REFIT_DAYS
from martlet.treasury.backtest.choosing import floor_days_of, learn
from martlet.treasury.backtest.ours import Forecasts, Ours

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlet.treasury.backtest.choosing import Learnt, Task
    from martlet.treasury.backtest.engine import Morning, Orders
    from martlet.treasury.backtest.movements import Panel


class Renewing:
    """Plays the last thing learnt, and learns again when it is `REFIT_DAYS` old."""

    def __init__(
        self,
        panel: Panel,
        task: Task,
        start: int,
        learnt_again: Callable[[], None] = lambda: None,
    ) -> None:
        self._panel, self._task, self._start = panel, task, start
        self._players = panel.only(task.players)
        self._learnt_again = learnt_again
        self._ours: Ours | None = None
        self._until = start
        self.renewals: list[dict[str, Any]] = []

    def orders(self, morning: Morning) -> Orders:
        """Return what the last renewal orders, after a new one where it is time."""
        if self._ours is None or morning.day >= self._until:
            self._ours = self._renewed(morning)
        return self._ours.orders(morning)

    def _renewed(self, morning: Morning) -> Ours:
        task, day = self._task, morning.day
        self._until = min(day + REFIT_DAYS, self._players.days_count)
        accepted = self._accepted_per_1000(morning)
        learnt = learn(self._panel.until(day), task, accepted)
        self.renewals.append(self._told(day, learnt))
        self._learnt_again()
        own = task.parts[task.players]
        return Ours(Forecasts(self._players, learnt.model, day, own, self._until), learnt.levels)

    def _accepted_per_1000(self, morning: Morning) -> float:
        """Return the risk of the next stretch: what was accepted, less what was too much."""
        accepted = self._task.risk_per_1000
        count = len(self._players.account_ids)
        past = self._players.until(morning.day)
        floor = floor_days_of(past, np.full(count, self._start)).sum()
        happened = int(morning.short_days.sum()) - int(floor)
        expected = accepted * count * (morning.day - self._start) / 1000
        correction = (expected - happened) * 1000 / (count * MAKING_GOOD_DAYS)
        return float(
            np.clip(accepted + correction, accepted / ACCEPTED_SWING, accepted * ACCEPTED_SWING)
        )

    def _told(self, day: int, learnt: Learnt) -> dict[str, Any]:
        return {
            "day": self._players.day(day),
            "rows": learnt.model.rows_count,
            "accepted_short": f"{learnt.accepted_per_1000:.3f}",
            "typical_level": f"{1 - learnt.levels.tail:.5f}",
            "replayed_short": f"{learnt.replayed_per_1000:.3f}",
            "replayed_yield_bp": f"{learnt.yield_centi_bp / 100:.1f}",
        }
