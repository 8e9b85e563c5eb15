"""Vintages of each tenant's loan book, kept for a few minutes because they take seconds to read.

The invariant: a page says as of which business date they were read, and nobody is shown another
tenant's book or one that it may not read itself.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from martlet.kernel.errors import Forbidden
from martlet.kernel.principal import Principal, Scope
from martlet.lending.reports import Cohorts, cohorts
from martlet.web.limits import BOOK_KEPT_SECONDS, PORTFOLIOS_KEPT_MAX

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from martlet.bootstrap import Bank


@dataclass(slots=True)
class Books:
    """The vintages read in the last minutes, of a bounded number of tenants."""

    bank: Bank = field(repr=False)
    _kept: OrderedDict[UUID, tuple[datetime, Cohorts]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, principal: Principal) -> Cohorts:
        """Return vintages read a few minutes ago at most; one reader at a time makes them anew."""
        principal.require(Scope.LENDING_READ)
        if principal.party_ids is not None:
            raise Forbidden("web.staff_only")
        now, tenant_id = self.bank.clock.now(), principal.tenant_id
        with self._lock:
            found = self._kept.get(tenant_id)
            if found is None or now - found[0] >= timedelta(seconds=BOOK_KEPT_SECONDS):
                found = self._kept[tenant_id] = (now, cohorts(self.bank.database, principal))
            self._kept.move_to_end(tenant_id)
            if len(self._kept) > PORTFOLIOS_KEPT_MAX:
                self._kept.popitem(last=False)
        return found[1]
