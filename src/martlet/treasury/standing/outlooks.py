"""Needs from a business's cash-flow outlook, where its records carry one.

The invariant: an outlook that there is a reason not to lean on is not leant on, and nothing is
said of a time that it does not reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from martlet.cashflow.limits import OUTLOOK_DAYS_MAX
from martlet.kernel.errors import Forbidden, Invalid, NotFound, Refused
from martlet.treasury.standing.needs import Needs

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from martlet.cashflow.service import CashflowService
    from martlet.kernel.principal import Principal


@dataclass(frozen=True, slots=True)
class OutlookNeeds:
    """Reads outlooks that do not know of positions here: a plan knows these itself."""

    cashflow: CashflowService

    def __call__(
        self,
        principal: Principal,
        party_id: UUID,
        day: date,
        horizons: tuple[int, ...],
        short_ppm: int,
    ) -> Needs | None:
        """Return what an outlook says is needed; None without records, or where it is thin."""
        reached = [days for days in horizons if days <= OUTLOOK_DAYS_MAX]
        try:
            outlook = self.cashflow.outlook(
                principal,
                party_id,
                as_of=day - timedelta(days=1),
                horizon_days=max(reached, default=1),
                risk_ppm=short_ppm,
            )
        except (Forbidden, Invalid, NotFound, Refused):
            return None
        if outlook.thin:
            return None
        return Needs({days: outlook.need_fen(days, short_ppm) for days in reached}, "outlook", 0)
