"""A drawdown that a receivable carries, in one transaction with the line's own limit and money.

The invariant: of a product that is lent against orders or sales nothing is drawn without one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from martlet.kernel.errors import Refused
from martlet.lending import drawdown
from martlet.lending.facilities import find_facility
from martlet.lending.product import Backing, product_named
from martlet.lending.receivables.book import check_room, link

if TYPE_CHECKING:
    from martlet.lending.disclosure import RateCaps
    from martlet.store import Transaction


def promise(
    tx: Transaction,
    facility_id: UUID,
    amount_fen: int,
    tenor: int | None,
    rail: str,
    caps: RateCaps,
    receivable_id: UUID | None = None,
) -> dict[str, Any]:
    """Promise a loan on a line, against a receivable where its product asks for one."""
    line = find_facility(tx.connection, tx.principal, facility_id)
    backed = product_named(line.product).backing is not Backing.NONE
    if backed and receivable_id is None:
        raise Refused("lending.receivable_needed", product=line.product)
    if not backed and receivable_id is not None:
        raise Refused("lending.product_needs_no_receivable", product=line.product)
    if receivable_id is not None:
        check_room(tx, receivable_id, facility_id, amount_fen)
    promised = drawdown.promise(tx, facility_id, amount_fen, tenor, rail, caps)
    if receivable_id is not None:
        link(tx, receivable_id, UUID(promised["loan_id"]), amount_fen)
        return {**promised, "receivable_id": str(receivable_id)}
    return promised
