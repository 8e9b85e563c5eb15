"""The port through which redeemed money leaves, and a simulated one.

The bank hands over an order after its own commit and believes nothing until the rail reports; the
same order twice is one payment. What a rail says again changes nothing.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID


class Outcome(StrEnum):
    """What a rail says became of an order."""

    POSTED = "posted"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class RedemptionOrder:
    """Pay this amount to this business."""

    order_id: UUID
    tenant_id: UUID
    party_id: UUID
    amount_fen: int


@dataclass(frozen=True, slots=True)
class RedemptionReport:
    """The rail's word on one order."""

    order: RedemptionOrder
    outcome: Outcome
    reference: str


class RedemptionRail(Protocol):
    """Takes orders and, sooner or later, reports on them."""

    name: str
    """The slug of its settlement account."""

    def pay(self, order: RedemptionOrder) -> Sequence[RedemptionReport]:
        """Take an order and say what is known at once; one taken before is not paid again."""
        ...


@dataclass(slots=True)
class SimulatedRedemptions:
    """A rail without money: it pays at once, or is as slow and as broken as it is told to be."""

    name: str = "simulated"
    slow: bool = False
    fails: bool = False
    taken: dict[UUID, RedemptionReport] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def pay(self, order: RedemptionOrder) -> Sequence[RedemptionReport]:
        """Take an order once; a slow rail is asked again later."""
        with self._lock:
            if order.order_id not in self.taken:
                outcome = Outcome.VOIDED if self.fails else Outcome.POSTED
                reference = f"SIM-{order.order_id.hex[-12:].upper()}"
                self.taken[order.order_id] = RedemptionReport(order, outcome, reference)
            return () if self.slow else (self.taken[order.order_id],)
