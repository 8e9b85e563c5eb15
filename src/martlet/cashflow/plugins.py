"""Tiers that others bring: found by name among installed packages, weighed like ours in the blend.

A package registers a tier under the entry point group `martlet.cashflow_tiers`: a function that is
given the calendar and returns what `blend.Tier` describes. The invariant: one takes part only where
it is asked for by name, and what it says is checked; whatever it dies of is told as its fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Protocol

import numpy as np

from martlet.cashflow.foundation import Fracast
from martlet.kernel.errors import Invalid, MartletError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.cashflow.blend import Ready, Tier
    from martlet.cashflow.model import Ask, Days, Forecast, History

ENTRY_POINTS = "martlet.cashflow_tiers"
SHIPPED = {"fracast": Fracast}
"""Adapters that are here, of packages that are not."""


class Maker(Protocol):
    """What a package registers."""

    def __call__(self, calendar: Days, /) -> Tier:
        """Return a tier that may ask the calendar as of any history's last day."""
        ...


def plugged(names: Sequence[str], calendar: Days) -> dict[str, Tier]:
    """Return the tiers of these names; one that is not installed is refused in one sentence."""
    return {name: _Guarded(name, _made(name, calendar)) for name in names}


def known_plugins() -> tuple[str, ...]:
    """Return the names that can be asked for, those of adapters whose package is missing too."""
    return tuple(sorted({*SHIPPED, *(point.name for point in entry_points(group=ENTRY_POINTS))}))


def _made(name: str, calendar: Days) -> Tier:
    if name in SHIPPED:
        return SHIPPED[name]()
    found = list(entry_points(group=ENTRY_POINTS, name=name))
    if not found:
        raise Invalid("cashflow.plugin_unknown", name=name[:40], known=", ".join(known_plugins()))
    try:
        maker: Maker = found[0].load()
        return maker(calendar)
    except Exception as error:
        raise _fault(name, error) from error


def _fault(name: str, error: Exception) -> Unavailable:
    detail = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return Unavailable("cashflow.plugin_broken", name=name, detail=detail)


@dataclass(frozen=True)
class _Guarded:
    """A tier of others behind the blend's two calls."""

    name: str
    tier: Tier

    @property
    def costly(self) -> bool:
        """Whether a series costs it long."""
        return bool(self.tier.costly)

    def __call__(self, history: History, ask: Ask) -> Ready | None:
        """Let it learn."""
        try:
            ready = self.tier(history, ask)
        except MartletError:
            raise
        except Exception as error:
            raise _fault(self.name, error) from error
        return None if ready is None else lambda then, wanted: self._checked(ready, then, wanted)

    def _checked(self, ready: Ready, history: History, ask: Ask) -> Forecast:
        try:
            said = ready(history, ask)
            whole = said.series_ids == history.series_ids and said.horizon == ask.horizon
            whole = whole and said.levels == ask.levels and set(said.cumulative) == {*ask.totals}
            figures = (said.mean, said.quantiles, *said.cumulative.values())
            finite = whole and all(bool(np.isfinite(one).all()) for one in figures)
        except MartletError:
            raise
        except Exception as error:
            raise _fault(self.name, error) from error
        if not finite:
            raise Unavailable("cashflow.plugin_broken", name=self.name, detail="shape, levels, NaN")
        return said
