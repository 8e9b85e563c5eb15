"""The one entry: a history in, a forecast out, by the tier that is asked for.

The invariant: every row of the history is answered, in its order, and the answer tells which
method made it. A calendar is asked only as of the history's newest day.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from martlet.cashflow.calendar import chinese_calendar
from martlet.cashflow.limits import ACCURATE_SERIES_MAX
from martlet.cashflow.model import CUMULATIVE_DAYS, LEVELS, Ask
from martlet.cashflow.profiles import Profiles
from martlet.cashflow.tiers import Accurate
from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlet.cashflow.calendar import Calendar
    from martlet.cashflow.model import Forecast, History


class Tier(StrEnum):
    """How much work an answer is worth."""

    QUICK = "quick"
    """Weekday profiles for everyone: a million series in minutes."""
    ACCURATE = "accurate"
    """A blend of profiles, trees, ridge and statistical models, weighed on the past: minutes."""
    AUTO = "auto"
    """Accurate where a file is small enough to wait for, quick beyond."""


def forecast(  # noqa: PLR0913 - what is asked beyond the first three is asked by name
    history: History,
    horizon: int,
    levels: tuple[float, ...] = LEVELS,
    *,
    cumulative_days: tuple[int, ...] = CUMULATIVE_DAYS,
    calendar: Calendar | None = None,
    tier: Tier = Tier.QUICK,
    plugins: tuple[str, ...] = (),
    moved: Callable[[int, int | None], None] | None = None,
) -> Forecast:
    """Return what is expected of every series on the days after the history's newest.

    `plugins` name tiers of other packages that take part in the blend.
    """
    ask = Ask(horizon, levels, cumulative_days)
    days = calendar or chinese_calendar()
    few = 0 < len(history.series_ids) <= ACCURATE_SERIES_MAX
    if tier is Tier.ACCURATE or (tier is Tier.AUTO and few):
        return Accurate(plugins=plugins).forecast(history, ask, days)
    if plugins and history.series_ids:
        raise Invalid("cashflow.plugins_unused", names=", ".join(plugins)[:80])
    return Profiles(moved).forecast(history, ask, days)
