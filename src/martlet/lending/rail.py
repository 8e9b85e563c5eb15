"""The payment rail: the port through which money leaves, and a simulated one.

The bank hands over an order after its own commit and believes nothing until the rail reports.
A real rail is slow, says things twice and sometimes contradicts itself, so the simulated one can
do all three, by a seed.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID


class Outcome(StrEnum):
    """What a rail says became of an order."""

    POSTED = "posted"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class PayoutOrder:
    """Pay this amount to this business; the same order twice is one payment."""

    order_id: UUID
    tenant_id: UUID
    party_id: UUID
    loan_id: UUID
    amount_fen: int
    ordered_at: datetime


@dataclass(frozen=True, slots=True)
class RailReport:
    """The rail's word on one order."""

    order: PayoutOrder
    outcome: Outcome
    reference: str


class PaymentRail(Protocol):
    """Takes orders and, sooner or later, reports on them."""

    name: str
    """The slug of its settlement account."""

    def pay(self, order: PayoutOrder) -> Sequence[RailReport]:
        """Take an order and say what is known at once; one taken before is not paid again."""
        ...

    def deliver_due(self, now: datetime) -> Sequence[RailReport]:
        """Hand over the reports that have become due, each once, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a simulated rail behaves; shares are of a million orders, drawn by the seed."""

    delay: timedelta = timedelta(0)
    repeat_times: int = 0
    fail_ppm: int = 0
    contradict_ppm: int = 0
    seed: int = 0


INSTANT = Behaviour()


@dataclass(slots=True)
class SimulatedRail:
    """A rail without money: instant by default, as bad as its `Behaviour` says."""

    behaviour: Behaviour = INSTANT
    name: str = "simulated"
    _due: list[tuple[datetime, RailReport]] = field(default_factory=list)
    _taken: set[UUID] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def pay(self, order: PayoutOrder) -> Sequence[RailReport]:
        """Take an order and decide, by the seed, what will be reported: at once or later."""
        outcome = Outcome.POSTED
        if self._drawn(order, "fail", self.behaviour.fail_ppm):
            outcome = Outcome.VOIDED
        reports = [RailReport(order, outcome, self._reference(order))]
        reports *= 1 + self.behaviour.repeat_times
        if self._drawn(order, "contradict", self.behaviour.contradict_ppm):
            other = Outcome.POSTED if outcome is Outcome.VOIDED else Outcome.VOIDED
            reports.append(RailReport(order, other, self._reference(order)))
        if not self.behaviour.delay:
            return reports
        with self._lock:
            if order.order_id not in self._taken:
                self._taken.add(order.order_id)
                due_at = order.ordered_at + self.behaviour.delay
                self._due.extend((due_at, report) for report in reports)
        return ()

    def deliver_due(self, now: datetime) -> Sequence[RailReport]:
        """Hand over what has become due, in the order in which it was taken."""
        with self._lock:
            ready = [report for due_at, report in self._due if due_at <= now]
            self._due = [entry for entry in self._due if entry[0] > now]
        return ready

    def _reference(self, order: PayoutOrder) -> str:
        return f"SIM-{order.order_id.hex[-12:].upper()}"

    def _drawn(self, order: PayoutOrder, what: str, share_ppm: int) -> bool:
        text = f"{self.behaviour.seed}:{what}:{order.order_id}".encode()
        return int.from_bytes(sha256(text).digest()[:8], "big") % 1_000_000 < share_ppm
