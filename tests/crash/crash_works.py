"""What the threads of a bank do while it is killed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from martlet.kernel.principal import system_principal
from martlet.ledger import LedgerService, Transfer
from martlet.store import Command

if TYPE_CHECKING:
    from martlet.store import Database, Transaction

TENANT = UUID("01900000-0000-7000-8000-000000000001")
BANK = system_principal(TENANT)
FIRST_DAY = date(2026, 3, 2)


def ring_bells(database: Database, key: str) -> None:
    """One event for each command."""

    def ring(tx: Transaction) -> dict[str, object]:
        tx.emit("bell.rung", f"bell:{key}", {"key": key})
        return {"rung": key}

    database.command(Command("bell.ring", BANK, key, {"key": key}), ring)


def post_transfers(database: Database, key: str) -> None:
    """An entry of two transfers between four accounts, and an amount that the key decides."""
    amount_fen = 1 + sum(key.encode()) % 1000
    entry_id = uuid5(TENANT, key)
    entry = [
        Transfer(
            uuid5(entry_id, path),
            entry_id,
            debit=path,
            credit="equity/capital",
            amount_fen=amount_fen,
            kind="funding",
            subject=key,
        )
        for path in ("assets/settlement/simulated", "assets/settlement/spare")
    ]
    LedgerService(database).post(BANK, key, entry)
