"""What `martlet verify` recomputes, in one snapshot: the chain, the ledger, the loans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from martlet import ledger
from martlet.store import verify_chain

if TYPE_CHECKING:
    from martlet.bootstrap import Bank


def verify_bank(bank: Bank) -> dict[str, Any]:
    """Recompute everything that is stored twice; raise `Corrupt` where two tell differently."""
    with bank.database.read() as connection:
        links, head = verify_chain(connection)
        book = ledger.verify_ledger(connection)
    return {"chain": {"links_count": links, "head": head}, "ledger": book}
