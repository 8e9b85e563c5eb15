"""Our policy through a window: learnt again now and then from what has happened by then.

The invariant: a renewal reads the panel before its morning and no further, and the shortfalls
that have occurred. The accepted risk is a ceiling: what was too much is made good, what was not
used is not spent.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.treasury.allocation.limits import (
    DIAL_DAYS,
    MAKING_GOOD_DAYS,
    MAKING_GOOD_MOST,
    REFIT_DAYS,
    UNSEEN_SEASON_PART,
    YEAR_DAYS,
)
from martlet.treasury.backtest.choosing import floor_days_of, learn
from martlet.treasury.backtest.ours import Forecasts, Ours

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlet.treasury.backtest.choosing import Learnt, Task
    from martlet.treasury.backtest.engine import Morning, Orders
    from martlet.treasury.backtest.movements import Panel
    from martlet.treasury.backtest.ours import Levels


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
        self._learnt: Learnt | None = None
        self._until = start
        self.renewals: list[dict[str, Any]] = []

    def orders(self, morning: Morning) -> Orders:
        """Return what is ordered now, after learning again or setting the dial if it is time."""
        if self._learnt is None or self._ours is None or morning.day >= self._until:
            self._learnt, self._ours = self._renewed(morning)
        elif (morning.day - self._start) % DIAL_DAYS == 0:
            levels = self._learnt.levels_for(self._accepted_per_1000(morning))
            self._ours = replace(self._ours, levels=levels)
        return self._ours.orders(morning)

    def _renewed(self, morning: Morning) -> tuple[Learnt, Ours]:
        task, day = self._task, morning.day
        self._until = min(day + REFIT_DAYS, self._players.days_count)
        learnt = learn(self._panel.until(day), task)
        accepted = self._accepted_per_1000(morning)
        levels = learnt.levels_for(accepted)
        self.renewals.append(self._told(day, learnt, levels, accepted))
        self._learnt_again()
        own = task.parts[task.players]
        return learnt, Ours(Forecasts(self._players, learnt.model, day, own, self._until), levels)

    def _accepted_per_1000(self, morning: Morning) -> float:
        """Return the risk of the days ahead: what is accepted, less what was too much."""
        count, passed = len(self._players.account_ids), morning.day - self._start
        accepted = self._task.risk_per_1000
        past = self._players.until(morning.day)
        floor = floor_days_of(past, np.full(count, self._start)).sum()
        happened = int(morning.short_days.sum()) - int(floor)
        too_much = max(happened - accepted * count * passed / 1000, 0.0)
        given_up = min(too_much * 1000 / (count * MAKING_GOOD_DAYS), MAKING_GOOD_MOST * accepted)
        seen = 1.0 if morning.day >= YEAR_DAYS else UNSEEN_SEASON_PART
        return (accepted - given_up) * seen

    def _told(self, day: int, learnt: Learnt, levels: Levels, accepted: float) -> dict[str, Any]:
        replayed, earned = learnt.told(levels)
        return {
            "day": self._players.day(day),
            "method": learnt.model.method,
            "rows": learnt.model.rows_count,
            "accepted_short": f"{accepted:.3f}",
            "typical_level": f"{1 - levels.tail:.5f}",
            "replayed_short": f"{replayed:.3f}",
            "replayed_yield_bp": f"{earned:.1f}",
        }
