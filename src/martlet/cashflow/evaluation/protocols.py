"""What is asked of every method: how far ahead, from which days, beside whom.

The invariant: an origin's window lies wholly inside the file, and a protocol's origins follow from
the file and the protocol alone, so that a run is repeated by its command.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from martlet.cashflow.evaluation.limits import ORIGINS_MAX
from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.cashflow.model import History

STATISTICAL = ("AutoETS", "AutoCES")
PLAIN = ("SeasonalNaive", "weekday mean")
OURS = "martlet"
KNOWN_DAYS_MIN = 56
"""A window is asked of only where eight weeks are known before it."""


@dataclass(frozen=True)
class Protocol:
    """One way of asking."""

    name: str
    horizon: int
    origins: int
    step: int
    methods: tuple[str, ...]
    days: tuple[date, ...] = ()
    """Fixed last known days; empty: rolling back from the file's end."""
    month_ends: bool = False
    chinese: bool = True
    """Whether the series live by the Chinese calendar."""
    totals: tuple[int, ...] = (7, 28, 30)
    plugins: tuple[str, ...] = ()
    """Tiers of other packages that take part in ours."""

    def beside(self, plugins: Sequence[str]) -> Protocol:
        """Return the same with tiers of other packages in our blend."""
        return replace(self, plugins=tuple(plugins))


PROTOCOLS = {
    "nn5": Protocol(
        "nn5", 56, 3, 56, (*PLAIN, *STATISTICAL, OURS), chinese=False, totals=(7, 14, 28, 56)
    ),
    "yuebao": Protocol(
        "yuebao", 30, 4, 30, (*PLAIN, *STATISTICAL, OURS), month_ends=True, totals=(7, 30)
    ),
    "sme": Protocol(
        "sme",
        28,
        3,
        28,
        (*PLAIN, "mean of 28 days", "mean of 364 days", "last year", "AutoETS", OURS),
        days=(date(2019, 3, 31), date(2019, 6, 30), date(2019, 11, 24)),
        totals=(7, 14, 28),
    ),
    "koubei": Protocol("koubei", 14, 3, 14, (*PLAIN, "AutoETS", OURS), totals=(7, 14)),
    "rolling": Protocol("rolling", 28, 3, 28, (*PLAIN, *STATISTICAL, OURS), totals=(7, 14, 28)),
}


def protocol(name: str, horizon: int | None = None, origins: int | None = None) -> Protocol:
    """Return a protocol by its name, with another horizon or number of origins where asked."""
    found = PROTOCOLS.get(name)
    if found is None:
        raise Invalid("cashflow.protocol_unknown", protocol=name, known=", ".join(PROTOCOLS))
    if origins is not None and not 1 <= origins <= ORIGINS_MAX:
        raise Invalid("cashflow.origins_outside", origins=origins, most=ORIGINS_MAX)
    if horizon is not None:
        found = replace(found, horizon=horizon, step=horizon)
    return found if origins is None else replace(found, origins=origins)


def last_days(history: History, asked: Protocol) -> tuple[date, ...]:
    """Return the last known day of every window, oldest first."""
    newest = history.last_day - timedelta(days=asked.horizon)
    oldest = history.first_day + timedelta(days=KNOWN_DAYS_MIN - 1)
    if asked.days:
        wanted = list(asked.days[-asked.origins :])
    elif asked.month_ends:
        wanted = _month_ends(newest, asked.origins)
    else:
        wanted = [newest - timedelta(days=asked.step * back) for back in range(asked.origins)]
    found = tuple(sorted(day for day in wanted if oldest <= day <= newest))
    if not found:
        raise Invalid("cashflow.history_too_short", days=history.day_count, horizon=asked.horizon)
    return found


def _month_ends(newest: date, count: int) -> list[date]:
    found: list[date] = []
    day = newest + timedelta(days=1)
    while len(found) < count:
        day = day.replace(day=1) - timedelta(days=1)
        found.append(day)
    return found
