"""The one entry: a history in, a forecast out, by the tier that is asked for.

The invariant: every row of the history is answered, in its order, and the answer tells which
method made it. A calendar is asked only as of the history's newest day.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from martlet.cashflow.calendar import chinese_calendar
from martlet.cashflow.model import CUMULATIVE_DAYS, LEVELS, Ask
from martlet.cashflow.profiles import Profiles

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlet.cashflow.calendar import Calendar
    from martlet.cashflow.model import Forecast, History


class Tier(StrEnum):
    """How much work an answer is worth."""

    QUICK = "quick"
    """Weekday profiles for everyone: a million series in minutes."""


def forecast(
    history: History,
    horizon: int,
    levels: tuple[float, ...] = LEVELS,
    *,
    cumulative_days: tuple[int, ...] = CUMULATIVE_DAYS,
    calendar: Calendar | None = None,
    tier: Tier = Tier.QUICK,
    moved: Callable[[int, int | None], None] | None = None,
) -> Forecast:
    """Return what is expected of every series on the days after the history's newest."""
    ask = Ask(horizon, levels, cumulative_days)
    assert tier is Tier.QUICK
    return Profiles(moved).forecast(history, ask, calendar or chinese_calendar())
