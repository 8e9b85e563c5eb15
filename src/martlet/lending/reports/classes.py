"""The book by the five categories, with what is provided for each, as the last night left it.

The invariant: the figures are those from which the night's provision was reckoned, so they add up
to what the ledger holds for that day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from martlet.kernel.errors import Forbidden
from martlet.kernel.principal import Principal, Scope
from martlet.lending.asset_classes import AssetClass
from martlet.lending.nights.tables import provision

if TYPE_CHECKING:
    from sqlalchemy import Connection


def book_by_class(connection: Connection, principal: Principal) -> dict[str, Any]:
    """Return what was owed and provided for in each category on the last day that was ended."""
    principal.require(Scope.LENDING_READ)
    if principal.party_ids is not None:
        raise Forbidden("kernel.scope_missing", scope=Scope.LENDING_READ.value)
    mine = provision.c.tenant_id == principal.tenant_id
    last = connection.execute(select(func.max(provision.c.business_date)).where(mine)).scalar()
    query = (
        select(
            provision.c.category,
            func.sum(provision.c.owed_fen).label("owed_fen"),
            func.sum(provision.c.provision_fen).label("provision_fen"),
        )
        .where(mine, provision.c.business_date == last)
        .group_by(provision.c.category)
    )
    found = {row.category: row for row in connection.execute(query)}
    return {
        "business_date": last.isoformat() if last else None,
        "rows": [
            {
                "category": category.value,
                "owed_fen": int(found[category].owed_fen) if category in found else 0,
                "provision_fen": int(found[category].provision_fen) if category in found else 0,
            }
            for category in AssetClass
        ]
        if last
        else [],
    }
