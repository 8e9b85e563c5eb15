"""What monitoring has seen of each tenant's portfolio, kept for a minute so that pages are quick.

The invariant: a page says as of when it was read, and nobody is shown another tenant's portfolio
or one that it may not read itself.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

from martlet.credit import Period, staff_only
from martlet.credit.monitoring import (
    Calibration,
    Drift,
    Fairness,
    RejectInference,
    Vintage,
    calibration,
    drift,
    fairness,
    rejects,
    vintages,
)
from martlet.web.limits import (
    MONITORED_DECISIONS,
    PORTFOLIO_KEPT_SECONDS,
    PORTFOLIOS_KEPT_MAX,
)

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from martlet.bootstrap import Bank
    from martlet.kernel.principal import Principal


@dataclass(frozen=True, slots=True)
class Seen:
    """One tenant's portfolio as monitoring tells it, and as of when."""

    read_at: datetime
    about: dict[str, Any]
    approved: Drift
    everybody: Drift
    calibration: Calibration
    vintages: tuple[Vintage, ...]
    fairness: Fairness
    rejects: RejectInference


@dataclass(slots=True)
class Portfolios:
    """The portfolios seen in the last minute, of a bounded number of tenants."""

    bank: Bank = field(repr=False)
    _kept: OrderedDict[UUID, Seen] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, principal: Principal) -> Seen:
        """Return a portfolio seen within the last minute; one reader at a time makes it anew."""
        staff_only(principal)
        now, tenant_id = self.bank.clock.now(), principal.tenant_id
        with self._lock:
            found = self._kept.get(tenant_id)
            if found is None or now - found.read_at >= timedelta(seconds=PORTFOLIO_KEPT_SECONDS):
                found = self._kept[tenant_id] = self._look(principal, now)
            self._kept.move_to_end(tenant_id)
            if len(self._kept) > PORTFOLIOS_KEPT_MAX:
                self._kept.popitem(last=False)
        return found

    def _look(self, principal: Principal, now: datetime) -> Seen:
        portfolio = self.bank.credit.portfolio(principal, Period(newest=MONITORED_DECISIONS))
        return Seen(
            read_at=now,
            about=portfolio.about(),
            approved=drift(portfolio),
            everybody=drift(portfolio, approved_only=False),
            calibration=calibration(portfolio),
            vintages=vintages(portfolio),
            fairness=fairness(portfolio),
            rejects=rejects(portfolio),
        )
