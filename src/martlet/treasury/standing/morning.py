"""Everything a plan is made from on one morning, and the orders that it is made of.

The invariant: a `Morning` is complete. The same morning gives the same orders, so keeping it is
keeping the reason for everything that was done.
"""

from __future__ import annotations

from datetime import date  # noqa: TC003 - msgspec reads the types while running
from enum import StrEnum

from msgspec import Struct

from martlet.treasury.consent import Limits  # noqa: TC001 - as above
from martlet.treasury.product import Kept  # noqa: TC001 - as above


class Kind(StrEnum):
    """What an order does."""

    FREE = "free"
    """From the surplus to the balance: for a term that begins, or because more must lie there."""
    TERM = "term"
    PLAN = "plan"
    SURPLUS = "surplus"


class Lot(Struct, frozen=True):
    """Money that is out of reach, until when, and what it would cost to have it today."""

    position_id: str
    product: str
    amount_fen: int
    until: date | None
    days_left: int
    cost_fen: int
    instalment_fen: int = 0
    """What its plan takes from the balance each month."""
    instalments_left: int = 0


class Offer(Struct, frozen=True):
    """A term or a plan that may be begun this morning, and when its money would be back."""

    product: str
    yield_ppm: int
    until: date
    lock_days: int
    least_fen: int
    most_fen: int
    kept: Kept
    kept_ppm: int
    """What broken money keeps: a yearly yield, a share, or days, as `kept` says."""
    tenor_days: int | None = None
    instalments: int | None = None


class Morning(Struct, frozen=True, kw_only=True):
    """One business on one morning."""

    day: date
    limits: Limits
    balance_fen: int
    arriving_fen: int
    """Redeemed to the balance and not there yet."""
    locked: tuple[Lot, ...]
    offers: tuple[Offer, ...]
    need_fen: tuple[tuple[int, int], ...]
    """By days ahead: what may be needed, but with the accepted chance."""
    basis: str
    """What the needs are taken from: an outlook, own movements, or nothing."""
    days_seen: int
    surplus: str | None = None
    """The product without a term into which money may go; None where the owner wants none."""
    surplus_position: str | None = None
    surplus_fen: int = 0
    surplus_least_fen: int = 0
    surplus_most_fen: int = 0
    """What may still go in today."""
    surplus_ppm: int = 0
    pending_fen: int = 0
    """Put into the surplus and not confirmed yet."""
    at_once_left_fen: int = 0
    at_once_daily_fen: int = 0

    @property
    def locked_fen(self) -> int:
        """What is out of reach."""
        return sum(lot.amount_fen for lot in self.locked)

    @property
    def wealth_fen(self) -> int:
        """Everything that lies here."""
        near_fen = self.surplus_fen + self.pending_fen + self.arriving_fen
        return self.balance_fen + near_fen + self.locked_fen

    @property
    def reach_fen(self) -> int:
        """What can be had without breaking anything."""
        return self.wealth_fen - self.locked_fen


class Bound(StrEnum):
    """What an amount ended at."""

    NEED = "need"
    SHARE = "share"
    MOVE = "move"
    FLOOR = "floor"
    OFFER = "offer"


class Order(Struct, frozen=True):
    """One move of a plan."""

    kind: Kind
    product: str
    amount_fen: int
    position_id: str | None = None
    tenor_days: int | None = None
    instalments: int | None = None
    until: date | None = None
    yield_ppm: int = 0
    earns_fen: int = 0
    """Until its end; of the surplus, in a day."""
    more_fen: int = 0
    """More than the surplus would earn in that time."""
    need_fen: int = 0
    need_days: int = 0
    reach_fen: int = 0
    """What stays in reach once the whole plan is carried out."""
    bound: Bound = Bound.NEED
    kept: Kept | None = None
    kept_ppm: int = 0


class Warned(Struct, frozen=True):
    """More may be needed than is in reach, and what it would cost to break a term for it."""

    days: int
    need_fen: int
    reach_fen: int
    lot: Lot | None
