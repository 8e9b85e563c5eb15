"""What a merchant wants of its bank today: pure choices from what it sees of its loans.

It sees what its own page shows and nothing else. A sound merchant pays when something is due or a
few days late, and often pays off early; a sinking one draws all it can; a failed one does nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from martlet.kernel.rounding import RoundingMode, round_to_unit
from martlet.sim.limits import ASK_AGAIN_DAYS, REQUEST_MONTHS
from martlet.sim.world import PPM, REVOLVING, Merchant, will_stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from martlet.sim.calibration import Assumed

YUAN_FEN = 100
_DAYS_PER_MONTH = 30
_REQUEST_UNIT_FEN = 1_000 * YUAN_FEN
_SOONEST_PAYOFF_DAYS = 3


@dataclass(frozen=True, slots=True)
class Apply:
    """Ask for a line."""

    product: str
    requested_fen: int


@dataclass(frozen=True, slots=True)
class Draw:
    """Take money from a line: a share of what is free, or exactly one yuan to try it out."""

    facility_id: UUID
    share_ppm: int
    one_yuan: bool

    def amount_fen(self, available_fen: int) -> int:
        """Return the amount in whole yuan; 0 where there is not one yuan left."""
        if self.one_yuan:
            return YUAN_FEN if available_fen >= YUAN_FEN else 0
        wanted = available_fen * self.share_ppm // PPM
        amount = round_to_unit(wanted, YUAN_FEN, RoundingMode.DOWN)
        return amount if amount >= YUAN_FEN else 0


@dataclass(frozen=True, slots=True)
class Look:
    """Look at a loan on one's page: today something may have to be done about it."""

    loan_id: UUID


@dataclass(frozen=True, slots=True)
class Pay:
    """Pay this much on a loan."""

    loan_id: UUID
    amount_fen: int


@dataclass(frozen=True, slots=True)
class PayOff:
    """Pay a loan off before it is due."""

    loan_id: UUID


Wish = Apply | Draw | Look | Pay | PayOff


@dataclass(slots=True)
class Plan:
    """What a merchant means to do about one loan, and when to look at it next."""

    looks_on: date
    pays_off_on: date | None
    paydays: dict[str, date] = field(default_factory=dict)
    """By due date, the day on which it will be paid."""


@dataclass(slots=True)
class Will:
    """One merchant's mind: what it has decided and for when."""

    merchant: Merchant
    seed: int
    assumed: Assumed
    applies_on: date | None = None
    facility_id: UUID | None = None
    draws_on: date | None = None
    plans: dict[UUID, Plan] = field(default_factory=dict)
    _chance: np.random.Generator = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._chance = will_stream(self.seed, self.merchant.number)
        self.applies_on = self.merchant.applies_on

    def wishes(self, today: date) -> list[Wish]:
        """Return what the merchant wants to do today, before it has looked at anything."""
        if self._failed(today):
            return []
        found: list[Wish] = [
            Look(loan_id) for loan_id, plan in self.plans.items() if today >= plan.looks_on
        ]
        if self.applies_on is not None and today >= self.applies_on:
            self.applies_on = None
            found.append(Apply(self.merchant.product, self._request_fen()))
        if self.facility_id is not None and self.draws_on is not None and today >= self.draws_on:
            found.append(self._draw(self.facility_id, today))
        return found

    def seen(self, loan: dict[str, Any], today: date) -> Wish | None:
        """Return what to do about a loan as its page shows it, and plan the next look."""
        loan_id = UUID(loan["loan_id"])
        plan = self.plans[loan_id]
        plan.looks_on = today + timedelta(days=1)
        if loan["state"] == "voided" or loan["status"] == "closed":
            del self.plans[loan_id]
            return None
        if loan["state"] == "pending":
            return None
        coming = [date.fromisoformat(loan["next_due_on"])] if loan["next_due_on"] else []
        coming += [plan.pays_off_on] if plan.pays_off_on is not None else []
        if loan["due_fen"] > 0:
            pays_on = plan.paydays.setdefault(loan["oldest_due_on"], self._payday(today))
            if today < pays_on:
                plan.looks_on = pays_on
                return None
            self._next_look(loan_id, plan, coming)
            return Pay(loan_id, loan["due_fen"])
        if plan.pays_off_on is not None and today >= plan.pays_off_on:
            return PayOff(loan_id)
        self._next_look(loan_id, plan, coming)
        return None

    def _next_look(self, loan_id: UUID, plan: Plan, coming: Sequence[date]) -> None:
        """Look again when the next thing comes; where nothing comes any more, forget the loan."""
        if coming:
            plan.looks_on = max(plan.looks_on, min(coming))
        else:
            del self.plans[loan_id]

    def refused(self, today: date) -> None:
        """Take a refusal in, and plan to ask again."""
        self.applies_on = today + timedelta(days=ASK_AGAIN_DAYS)

    def lapsed(self, today: date) -> None:
        """Take the end of a line in: ask for it anew."""
        self.facility_id, self.applies_on = None, today

    def accepted(self, facility_id: UUID, today: date) -> None:
        """Take a line in, and plan when to draw on it."""
        self.facility_id = facility_id
        self.draws_on = today + timedelta(days=self._wait_days() // 3)

    def drew(self, loan_id: UUID, schedule: Sequence[dict[str, Any]], today: date) -> None:
        """Take a loan in with its schedule, and plan whether to pay it off early."""
        first, last = (date.fromisoformat(schedule[place]["due_on"]) for place in (0, -1))
        early = self._share() < self.assumed.early_share_ppm
        days = int(self._chance.random() * (last - today).days)
        planned = today + timedelta(days=max(days, _SOONEST_PAYOFF_DAYS))
        early = early and self.merchant.product == REVOLVING
        self.plans[loan_id] = (
            Plan(min(first, planned), planned) if early else Plan(first, pays_off_on=None)
        )

    def chosen_tenor(self, tenors: Sequence[int]) -> int:
        """Return one of the tenors on offer."""
        return int(tenors[int(self._chance.random() * len(tenors))])

    def unsure(self) -> bool:
        """Tell whether the sender of a command is unsure that it arrived and sends it again."""
        return self._share() < self.assumed.sent_twice_share_ppm

    def _payday(self, today: date) -> date:
        if self._share() >= self.assumed.late_share_ppm:
            return today
        return today + timedelta(days=1 + int(self._chance.random() * self.assumed.late_days_max))

    def _draw(self, facility_id: UUID, today: date) -> Draw:
        self.draws_on = today + timedelta(days=self._wait_days())
        if self._sinking(today):
            return Draw(facility_id, PPM, one_yuan=False)
        least, most = self.assumed.draw_share_min_ppm, self.assumed.draw_share_max_ppm
        share = least + int(self._chance.random() * (most - least))
        return Draw(facility_id, share, one_yuan=self._share() < self.assumed.one_yuan_share_ppm)

    def _request_fen(self) -> int:
        months = REQUEST_MONTHS * _DAYS_PER_MONTH * self.merchant.level_fen_per_day
        return round_to_unit(months, _REQUEST_UNIT_FEN, RoundingMode.CEILING)

    def _wait_days(self) -> int:
        return 1 + int(self._chance.exponential(self.assumed.draw_days_mean))

    def _share(self) -> int:
        return int(self._chance.random() * PPM)

    def _failed(self, today: date) -> bool:
        """A merchant stops paying some time before its last day."""
        last = self.merchant.fails_on
        return last is not None and today >= last - timedelta(days=self.assumed.decline_days // 3)

    def _sinking(self, today: date) -> bool:
        last = self.merchant.fails_on
        return last is not None and today >= last - timedelta(days=self.assumed.decline_days)
