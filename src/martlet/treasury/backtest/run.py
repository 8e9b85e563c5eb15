"""The back-test as one call: a file of movements, rates, and every policy on the same days.

The invariant: whatever is fitted or chosen on a morning is fitted on the days before it; no day
is read before it is played.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.kernel.errors import Invalid
from martlet.kernel.rates import PPM
from martlet.treasury.allocation.limits import REFIT_DAYS, RISK_CAPPED_PER_1000, RISK_PER_1000
from martlet.treasury.backtest.choosing import task_for
from martlet.treasury.backtest.engine import Outcome, Policy, play, unavoidable
from martlet.treasury.backtest.limits import HISTORY_DAYS_MIN, WINDOW_DAYS
from martlet.treasury.backtest.policies import Foresight, MillerOrr, Split
from martlet.treasury.backtest.renewing import Renewing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from martlet.treasury.backtest.movements import Panel
    from martlet.treasury.backtest.rates import Rates

POLICIES = ("current", "t0", "split-20-80", "split-10-40-50", "miller-orr", "ours", "foresight")
"""In the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is played: the window, what T+0 pays out a day, and who may take part."""

    rates: Rates
    t0_daily_cap_fen: int | None = None
    window_days: int = WINDOW_DAYS
    history_days: int = HISTORY_DAYS_MIN
    risk_per_1000: float | None = None
    """Shortfall days per 1,000, above the floor, that the owner accepts; None: the house's."""

    @property
    def accepted_per_1000(self) -> float:
        """How many shortfall days above the floor the levels are chosen for."""
        if self.risk_per_1000 is not None:
            return self.risk_per_1000
        return RISK_PER_1000 if self.t0_daily_cap_fen is None else RISK_CAPPED_PER_1000


@dataclass(frozen=True, slots=True)
class Line:
    """One policy's line of the report."""

    policy: str
    outcome: Outcome
    floor_days: int

    def as_json(self) -> dict[str, Any]:
        """Return the figures as they are shown."""
        outcome, days = self.outcome, int(self.outcome.days.sum())
        return {
            "policy": self.policy,
            "yield_bp": f"{outcome.yield_centi_bp() / 100:.1f}",
            "short": f"{outcome.per_thousand(outcome.short_days):.3f}",
            "floor": f"{1000 * self.floor_days / max(days, 1):.3f}",
            "ever_short": f"{100 * (outcome.short_days > 0).mean():.1f}%",
            "moves": f"{outcome.moves_a_month():.1f}",
            "broken_fen": int(outcome.broken_fen.sum()),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What was played, on whom, and how each policy did."""

    first_day: date
    last_day: date
    accounts_count: int
    account_days: int
    lines: tuple[Line, ...]
    notes: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "first_day": self.first_day,
            "last_day": self.last_day,
            "accounts_count": self.accounts_count,
            "days_played": self.account_days,
            "policies": [line.as_json() for line in self.lines],
            **self.notes,
        }


def backtest(
    panel: Panel,
    setting: Setting,
    wanted: tuple[str, ...] = POLICIES,
    moved: Callable[[int, int | None], None] = lambda _done, _total: None,
) -> Report:
    """Return how each policy would have done on the panel's last days."""
    start = panel.days_count - setting.window_days
    rows = np.flatnonzero(panel.opened <= start - setting.history_days)
    if start < 1 or len(rows) == 0:
        raise Invalid("allocation.history_short", days=setting.history_days)
    players = panel.only(rows)
    cap_fen = setting.t0_daily_cap_fen
    notes: dict[str, Any] = {}
    lines = []
    policy: Policy
    floor_days = int(unavoidable(players, start).sum())
    total, done = len(wanted) + ("ours" in wanted) * -(-setting.window_days // REFIT_DAYS), 0

    def stepped() -> None:
        nonlocal done
        done += 1
        moved(done, total)

    for name in wanted:
        if name == "ours":
            risk, history = setting.accepted_per_1000, setting.history_days
            task = task_for(panel, rows, setting.rates, cap_fen, risk, history)
            policy = renewing = Renewing(panel, task, start, stepped)
            notes["learnt"] = renewing.renewals
        else:
            policy = _yardstick(name, setting)
        outcome = play(players, setting.rates, policy, start=start, cap_fen=cap_fen)
        lines.append(Line(name, outcome, floor_days))
        stepped()
    return Report(
        panel.day(start),
        panel.day(panel.days_count - 1),
        len(rows),
        len(rows) * setting.window_days,
        tuple(lines),
        notes,
    )


def chosen_policies(text: str) -> tuple[str, ...]:
    """Read 'all' or names with commas between; an unknown one is refused by name."""
    if text == "all":
        return POLICIES
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in POLICIES:
            raise Invalid("allocation.policy_unknown", text=name[:40], names=", ".join(POLICIES))
    return names


def _yardstick(name: str, setting: Setting) -> Policy:
    """Return a policy that learns nothing."""
    has_terms = bool(setting.rates.terms)
    known: dict[str, Policy] = {
        "current": Split(PPM),
        "t0": Split(0),
        "split-20-80": Split(200_000),
        "split-10-40-50": Split(100_000, 500_000 if has_terms else 0),
        "miller-orr": MillerOrr(),
        "foresight": Foresight(),
    }
    return known[name]
