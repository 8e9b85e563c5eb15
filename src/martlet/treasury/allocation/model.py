"""The values of a plan for one firm: products, what may be needed, what the owner agreed to.

The invariant: every amount is whole fen; a plan never moves more than its standing order allows,
and where nobody has consented it is a proposal and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.kernel.errors import Invalid
from martlet.kernel.rates import PPM
from martlet.treasury.allocation.limits import LADDER_TERMS_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


@dataclass(frozen=True, slots=True)
class Place:
    """Where money may lie: what a year earns, how long it is locked, what comes out in a day."""

    name: str
    annual_ppm: int
    lock_days: int = 0
    daily_cap_fen: int | None = None
    instalment_days: int = 0
    """Days between equal instalments until the lock ends; 0: paid in at once."""

    def __post_init__(self) -> None:
        assert 0 <= self.annual_ppm <= PPM, self.annual_ppm
        assert 0 <= self.instalment_days < max(self.lock_days, 1), self.instalment_days

    @property
    def instalments(self) -> int:
        """How many instalments are paid in before the lock ends."""
        return -(-self.lock_days // self.instalment_days) if self.instalment_days else 1

    def paid_in_by(self, days: int) -> int:
        """Return how many instalments have left the account `days` from now."""
        if not self.instalment_days:
            return 1
        return min(days // self.instalment_days + 1, self.instalments)

    def fen_days(self) -> int:
        """Return for how many days one fen of an instalment lies there, over all instalments."""
        if not self.instalment_days:
            return self.lock_days
        return sum(self.lock_days - k * self.instalment_days for k in range(self.instalments))


@dataclass(frozen=True, slots=True)
class Held:
    """A lot that is locked already, and for how many more days."""

    amount_fen: int
    days_left: int


@dataclass(frozen=True, slots=True)
class StandingOrder:
    """What the owner agreed to once: plans within it are carried out without asking again."""

    account_least_fen: int = 0
    locked_most_fen: int | None = None
    lock_days_most: int | None = None
    lot_least_fen: int = 100
    valid_until: date | None = None
    consented_on: date | None = None
    """None: the owner has not agreed, and a plan is a proposal."""

    def __post_init__(self) -> None:
        assert self.account_least_fen >= 0, self.account_least_fen
        assert self.lot_least_fen > 0, self.lot_least_fen

    def covers(self, day: date) -> bool:
        """Tell whether a plan of that day may be carried out without asking."""
        agreed = self.consented_on is not None and self.consented_on <= day
        return agreed and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True)
class Situation:
    """One firm on one morning: what it holds and what it may need, at the chosen level."""

    wealth_fen: int
    need_fen: Mapping[int, int]
    """By days ahead: calibrated upper quantile of the maximum cumulative net outflow."""
    level: float
    held: tuple[Held, ...] = ()
    account_need_fen: int = 0
    """What must lie on the account itself because T+0 pays only so much a day."""

    def __post_init__(self) -> None:
        if not self.need_fen or min(self.need_fen) < 1 or min(self.need_fen.values()) < 0:
            raise Invalid("allocation.needs_unreadable")

    def locked_after_fen(self, days: int) -> int:
        """Return what is still locked `days` from now."""
        return sum(lot.amount_fen for lot in self.held if lot.days_left > days)


@dataclass(frozen=True, slots=True)
class Placement:
    """So much into one product, until then, earning so much if it stays."""

    name: str
    amount_fen: int
    until: date | None
    earns_fen: int
    instalments: int = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """What lies where from today on."""

    day: date
    placements: tuple[Placement, ...]
    account_fen: int
    reserve_fen: Mapping[int, int]
    level: float
    needs_consent: bool

    @property
    def locked_fen(self) -> int:
        """How much the plan locks today."""
        return sum(p.amount_fen for p in self.placements if p.until is not None)


def check_places(places: tuple[Place, ...]) -> None:
    """Refuse more products than a ladder can weigh, or none that pays out at once."""
    if len(places) > LADDER_TERMS_MAX:
        raise Invalid("allocation.places_too_many", max_count=LADDER_TERMS_MAX)
    if not any(place.lock_days == 0 for place in places):
        raise Invalid("allocation.no_liquid_place")
