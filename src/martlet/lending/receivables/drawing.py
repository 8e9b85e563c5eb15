"""A drawdown that an order, a sale or takings carry, in one transaction with limit and money.

The invariant: of a product that is lent against orders or sales nothing is drawn without one, and
of one that takings repay nothing that they cannot carry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from martlet.kernel.errors import Refused
from martlet.ledger import current_business_date
from martlet.lending import drawdown
from martlet.lending.advances.rules import NOTHING_KNOWN
from martlet.lending.advances.standing import carrying_of
from martlet.lending.facilities import find_facility
from martlet.lending.product import Backing, product_named
from martlet.lending.receivables.book import check_room, link

if TYPE_CHECKING:
    from martlet.lending.disclosure import RateCaps
    from martlet.store import Transaction


@dataclass(frozen=True, slots=True)
class Carrier:
    """What carries a drawdown beyond the line, where its product asks for that."""

    receivable_id: UUID | None = None
    takings_monthly_fen: int | None = None
    """What the bank knows that the business takes."""


def promise(
    tx: Transaction,
    facility_id: UUID,
    amount_fen: int,
    tenor: int | None,
    rail: str,
    caps: RateCaps,
    carrier: Carrier,
) -> dict[str, Any]:
    """Promise a loan on a line, against a receivable or takings where its product asks for them."""
    receivable_id = carrier.receivable_id
    line = find_facility(tx.connection, tx.principal, facility_id)
    backed = product_named(line.product).backing is not Backing.NONE
    if backed and receivable_id is None:
        raise Refused("lending.receivable_needed", product=line.product)
    if not backed and receivable_id is not None:
        raise Refused("lending.product_needs_no_receivable", product=line.product)
    if receivable_id is not None:
        check_room(tx, receivable_id, facility_id, amount_fen)
    carrying = NOTHING_KNOWN
    if product_named(line.product).defers_fees:
        today = current_business_date(tx.connection, tx.tenant_id)
        known = (tx.connection, tx.tenant_id, line.party_id)
        carrying = carrying_of(*known, today, carrier.takings_monthly_fen)
    promised = drawdown.promise(tx, facility_id, amount_fen, tenor, rail, caps, carrying)
    if receivable_id is not None:
        link(tx, receivable_id, UUID(promised["loan_id"]), amount_fen)
        return {**promised, "receivable_id": str(receivable_id)}
    return promised
