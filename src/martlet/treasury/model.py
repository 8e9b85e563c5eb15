"""A position's figures and events: what has happened to it, and where that leaves it.

Guards conservation: what was subscribed and earned is what was paid out and what still stands
(pending, standing, accrued, waiting), to the fen, after every event and every day.
"""

from __future__ import annotations

from datetime import date  # noqa: TC003 - msgspec reads the types while running
from enum import StrEnum

from msgspec import Struct


class EventKind(StrEnum):
    """What may happen to a position."""

    SUBSCRIBED = "subscribed"
    INSTALMENT = "instalment"
    CONFIRMED = "confirmed"
    MISSED = "missed"
    REDEEMED = "redeemed"
    BROKEN = "broken"
    MATURED = "matured"
    PAID_OUT = "paid_out"
    RETURNED = "returned"


MONEY_IN = (EventKind.SUBSCRIBED, EventKind.INSTALMENT)


class Event(Struct, frozen=True):
    """Something that happened to a position, in the order of `sequence`, once and for good."""

    sequence: int
    kind: EventKind
    day: date
    """From when it counts: a day's yield goes to what stands at its end."""
    amount_fen: int = 0
    of: int = 0
    """The sequence of the event that this one ends: a subscription's, a redemption's."""
    due_on: date | None = None
    """When a subscription is confirmed, a redemption paid; confirmed, when the term is paid."""
    ppm_per_year: int | None = None
    """The yield that was agreed for this money; None where each day has its own."""
    at_once: bool = False

    def __post_init__(self) -> None:
        assert self.sequence > 0, self
        assert self.amount_fen >= 0, self


class Yield(Struct, frozen=True):
    """One day's yield, and the business date on which it became known."""

    ppm_per_year: int
    known_on: date


class Pending(Struct, frozen=True):
    """Money subscribed and not yet confirmed."""

    sequence: int
    amount_fen: int
    confirms_on: date
    ppm_per_year: int | None


class Lot(Struct, frozen=True):
    """Money held for a term: since when, how much, at which yield."""

    value_day: date
    principal_fen: int
    ppm_per_year: int


class Waiting(Struct, frozen=True):
    """Money redeemed and not yet paid out."""

    sequence: int
    amount_fen: int
    pays_on: date
    at_once: bool


class Unyielded(Struct, frozen=True):
    """What stood on a day whose yield is not known yet."""

    day: date
    base_fen: int


class Position(Struct, frozen=True):
    """Where a position stands at the start of the day `through`."""

    through: date
    pending: tuple[Pending, ...] = ()
    lots: tuple[Lot, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    unyielded: tuple[Unyielded, ...] = ()
    standing_fen: int = 0
    """Confirmed, with everything earned that has joined it."""
    accrued_fen: int = 0
    """Earned and not yet joined: of terms, until they end."""
    ticks: int = 0
    """All that daily crediting has earned, in 1/10,000 fen; its part of a fen is carried on."""
    subscribed_fen: int = 0
    earned_fen: int = 0
    lost_fen: int = 0
    """Interest that early redemption has given up: accrued once, and no longer earned."""
    paid_fen: int = 0
    instalments_paid: int = 0
    instalments_missed: int = 0
    lapsed: bool = False
    matures_on: date | None = None

    @property
    def pending_fen(self) -> int:
        """Subscribed and not yet confirmed."""
        return sum(one.amount_fen for one in self.pending)

    @property
    def waiting_fen(self) -> int:
        """Redeemed and not yet paid out."""
        return sum(one.amount_fen for one in self.waiting)

    @property
    def queued_fen(self) -> int:
        """Redeemed and waiting for its day, not for a payment under way at once."""
        return sum(one.amount_fen for one in self.waiting if not one.at_once)

    @property
    def value_fen(self) -> int:
        """Everything of the business's that is still here."""
        return self.pending_fen + self.standing_fen + self.accrued_fen + self.waiting_fen

    @property
    def is_open(self) -> bool:
        """Whether a night still has anything to do with it."""
        return bool(self.value_fen or self.unyielded)

    def conserved(self) -> bool:
        """Tell whether nothing was made or lost, and nothing is below zero."""
        parts = (self.pending_fen, self.standing_fen, self.accrued_fen, self.waiting_fen)
        whole = self.subscribed_fen + self.earned_fen == self.paid_fen + sum(parts)
        return whole and min(*parts, self.earned_fen, self.lost_fen, self.paid_fen) >= 0
