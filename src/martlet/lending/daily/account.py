"""The running account of one loan while its events are replayed: what is owed, what settled it.

The invariant: for every part, owed = what became owed - paid - waived - written off, and nothing
is ever negative. Time and due dates are the fold's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from martlet.lending.daily.claims import Billed, Charges, How
from martlet.lending.events import CREDITS
from martlet.lending.loan import Allocation, recognised_fen
from martlet.lending.product import Component

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from martlet.lending.events import LoanEvent
    from martlet.lending.loan import LoanTerms

PENALTY, FEE = Component.PENALTY, Component.FEE
INTEREST, PRINCIPAL = Component.INTEREST, Component.PRINCIPAL


def nothing() -> dict[Component, int]:
    """Return zero for every part."""
    return dict.fromkeys(Component, 0)


@dataclass(slots=True)
class Paid:
    """What one payment paid and has not been charged back."""

    parts: dict[Component, int] = field(default_factory=dict)
    overpaid_fen: int = 0


@dataclass(slots=True)
class Account:
    """What a loan owes, part by part."""

    terms: LoanTerms
    disbursed_fen: int = 0
    interest_ticks: int = 0
    penalty_ticks: int = 0
    interest_accrued_fen: int = 0
    penalty_accrued_fen: int = 0
    charged: dict[Component, int] = field(default_factory=nothing)
    """By events; only fees and penalties are."""
    raised: dict[Component, int] = field(default_factory=nothing)
    """Owed again after it had been paid."""
    settled: dict[How, dict[Component, int]] = field(
        default_factory=lambda: {how: nothing() for how in How}
    )
    overpaid_fen: int = 0
    goodwill_fen: int = 0
    recovered_fen: int = 0
    charged_off_on: date | None = None
    written_off_on: date | None = None
    closed_on: date | None = None
    billed: Billed = field(init=False)
    fees: Charges = field(default_factory=lambda: Charges(FEE))
    penalties: Charges = field(default_factory=lambda: Charges(PENALTY))
    allocations: list[Allocation] = field(default_factory=list)
    paid_by: dict[UUID, Paid] = field(default_factory=dict)
    penalty_settled_fen: int = 0
    """Of the penalty that accrued; what was charged keeps its own."""

    def __post_init__(self) -> None:
        self.billed = Billed(timedelta(days=self.terms.conventions.grace_days))

    # What is owed.

    @property
    def principal_fen(self) -> int:
        """Principal outstanding."""
        return self.disbursed_fen + self.raised[PRINCIPAL] - self._gone(PRINCIPAL)

    @property
    def interest_fen(self) -> int:
        """Interest recognised up to the settled day and still owed."""
        return self.interest_accrued_fen + self.raised[INTEREST] - self._gone(INTEREST)

    @property
    def penalty_running_fen(self) -> int:
        """Penalty that accrued up to the settled day and is still owed; it is due at once."""
        return self.penalty_accrued_fen - self.penalty_settled_fen

    @property
    def penalty_due_fen(self) -> int:
        """Penalty to be paid by now."""
        return self.penalty_running_fen + self.penalties.due_fen

    @property
    def outstanding_fen(self) -> int:
        """All that is owed."""
        return sum(self.owed().values())

    def owed(self) -> dict[Component, int]:
        """Return all that is owed, due or not."""
        return {
            PENALTY: self.penalty_running_fen + self.penalties.unpaid_fen,
            FEE: self.fees.unpaid_fen,
            INTEREST: self.interest_fen,
            PRINCIPAL: self.principal_fen,
        }

    def due(self, *, matured: bool) -> dict[Component, int]:
        """Return what has fallen due and is unpaid; past maturity that is everything."""
        return {
            PENALTY: self.penalty_due_fen,
            FEE: self.fees.due_fen,
            INTEREST: self.interest_fen if matured else self.billed.unpaid[INTEREST],
            PRINCIPAL: self.principal_fen if matured else self.billed.unpaid[PRINCIPAL],
        }

    def oldest_due_on(self) -> date | None:
        """Return the oldest day that fell due and is not settled."""
        found = (self.billed, self.fees, self.penalties)
        return min((day for one in found if (day := one.oldest_due_on())), default=None)

    def _gone(self, component: Component) -> int:
        paid, waived, lost = self.settled.values()
        return paid[component] + waived[component] + lost[component]

    # What settles it, and what raises it.

    def accrue(self, interest_ticks: int, penalty_ticks: int) -> None:
        """Take over what has accrued in all, in ticks, and recognise the whole fen of it."""
        mode = self.terms.conventions.rounding_mode
        self.interest_ticks, self.penalty_ticks = interest_ticks, penalty_ticks
        self.interest_accrued_fen = recognised_fen(interest_ticks, mode)
        self.penalty_accrued_fen = recognised_fen(penalty_ticks, mode)

    def settle(self, component: Component, amount_fen: int, how: How) -> None:
        """Settle a part, the oldest claims on it first."""
        assert amount_fen >= 0, amount_fen
        self.settled[how][component] += amount_fen
        if component in (INTEREST, PRINCIPAL):
            self.billed.settle(component, amount_fen, how)
            return
        left, charges = amount_fen, self.fees if component is FEE else self.penalties
        if component is PENALTY:
            accrued = min(left, self.penalty_running_fen)
            self.penalty_settled_fen += accrued
            left -= accrued
        left = charges.settle(left, how)
        assert left == 0, (component, left)

    def settle_all(self, parts: dict[Component, int], how: How = How.PAID) -> None:
        """Settle several parts."""
        for component, amount_fen in parts.items():
            if amount_fen > 0:
                self.settle(component, amount_fen, how)

    def charge(
        self, component: Component, charge: tuple[UUID, str, date], amount_fen: int, day: date
    ) -> None:
        """Charge a fee or a penalty: the event, its name and its due date."""
        self.charged[component] += amount_fen
        (self.fees if component is FEE else self.penalties).add(*charge, amount_fen, day)

    def raise_charge(
        self, component: Component, event_id: UUID, amount_fen: int, day: date
    ) -> None:
        """Ask again for a fee or a penalty that had been paid."""
        if amount_fen > 0:
            self.raised[component] += amount_fen
            charges = self.fees if component is FEE else self.penalties
            charges.add(event_id, "", day, amount_fen, day)

    def write_off(self) -> dict[Component, int]:
        """Take all that is owed off the books; return it."""
        parts = self.owed()
        self.settle_all(parts, How.WRITTEN_OFF)
        return parts

    def note(
        self,
        event: LoanEvent,
        parts: dict[Component, int],
        *,
        overpaid_fen: int = 0,
        recovered_fen: int = 0,
    ) -> None:
        """Remember what an event did."""
        if event.kind in CREDITS:
            self.paid_by[event.event_id] = Paid(dict(parts), overpaid_fen)
        self.allocations.append(
            Allocation(
                event_id=event.event_id,
                value_date=event.value_date,
                amount_fen=sum(parts.values()) + overpaid_fen + recovered_fen,
                penalty_fen=parts.get(PENALTY, 0),
                interest_fen=parts.get(INTEREST, 0),
                principal_fen=parts.get(PRINCIPAL, 0),
                overpaid_fen=overpaid_fen,
                fee_fen=parts.get(FEE, 0),
                kind=event.kind,
                recovered_fen=recovered_fen,
            )
        )
