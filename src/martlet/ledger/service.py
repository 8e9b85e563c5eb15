"""Commands of the ledger for those who post to it directly: integrators and operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from martlet.kernel.errors import Invalid, TooLarge
from martlet.kernel.principal import Scope
from martlet.ledger import corrections, days, holds, posting
from martlet.ledger.draft import content_hash
from martlet.ledger.limits import TRANSFERS_PER_BATCH_MAX
from martlet.ledger.model import Phase
from martlet.store import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date
    from uuid import UUID

    from martlet.kernel.principal import Principal
    from martlet.ledger.model import Transfer
    from martlet.store import Answer, Database, Transaction


class LedgerService:
    """The ledger's commands, each one durable when it returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def post(self, principal: Principal, key: str, transfers: Sequence[Transfer]) -> Answer:
        """Post transfers on the open business date, all or none; answer with date and count."""

        def do(tx: Transaction, today: date, said_hash: str) -> None:
            posting.write(tx, transfers, today, Phase.POSTED, said_hash=said_hash, day_is_open=True)

        return self._transfers("ledger.post", principal, key, transfers, do)

    def post_batch(self, principal: Principal, key: str, transfers: Sequence[Transfer]) -> Answer:
        """Post up to `TRANSFERS_PER_BATCH_MAX` transfers in one command: the fastest way in."""
        return self.post(principal, key, transfers)

    def hold(
        self,
        principal: Principal,
        key: str,
        transfers: Sequence[Transfer],
        expires_on: date | None = None,
    ) -> Answer:
        """Hold amounts until they are settled, released, or expire."""

        def do(tx: Transaction, today: date, said_hash: str) -> None:
            posting.hold(tx, transfers, today, expires_on, said_hash=said_hash)

        terms = {"expires_on": expires_on and expires_on.isoformat()}
        return self._transfers("ledger.hold", principal, key, transfers, do, terms)

    def settle(
        self,
        principal: Principal,
        key: str,
        transfer_ids: Sequence[UUID],
        amount_fen: int | None = None,
    ) -> Answer:
        """Settle holds: in full, or one of them in part."""
        body = {"transfer_ids": [str(one) for one in transfer_ids], "amount_fen": amount_fen}
        return self._today(
            "ledger.settle",
            principal,
            key,
            body,
            lambda tx, today: holds.settle(tx, transfer_ids, today, amount_fen),
        )

    def release(self, principal: Principal, key: str, transfer_ids: Sequence[UUID]) -> Answer:
        """Release holds without moving money."""
        body = {"transfer_ids": [str(one) for one in transfer_ids]}
        return self._today(
            "ledger.release",
            principal,
            key,
            body,
            lambda tx, today: holds.release(tx, transfer_ids, today),
        )

    def reverse(self, principal: Principal, key: str, entry_id: UUID) -> Answer:
        """Move back what an entry has posted, once."""
        return self._today(
            "ledger.reverse",
            principal,
            key,
            {"entry_id": str(entry_id)},
            lambda tx, today: corrections.reverse(tx, entry_id, today),
        )

    def open_day(self, principal: Principal, key: str, business_date: date) -> Answer:
        """Open the tenant's first business date."""
        principal.require(Scope.END_OF_DAY)
        day = business_date.isoformat()

        def handler(tx: Transaction) -> dict[str, Any]:
            days.open_day(tx, business_date)
            return {"business_date": day}

        command = Command("ledger.open_day", principal, key, {"business_date": day})
        return self._database.command(command, handler)

    def close_day(self, principal: Principal, key: str, business_date: date) -> Answer:
        """Close the open business date and open the next calendar day."""
        principal.require(Scope.END_OF_DAY)
        day = business_date.isoformat()

        def handler(tx: Transaction) -> dict[str, Any]:
            return {"business_date": days.close_day(tx, business_date).isoformat()}

        command = Command("ledger.close_day", principal, key, {"business_date": day})
        return self._database.command(command, handler)

    def _transfers(
        self,
        action: str,
        principal: Principal,
        key: str,
        transfers: Sequence[Transfer],
        do: Callable[[Transaction, date, str], None],
        terms: dict[str, Any] | None = None,
    ) -> Answer:
        if not transfers:
            raise Invalid("ledger.batch_empty")
        if len(transfers) > TRANSFERS_PER_BATCH_MAX:
            raise TooLarge("ledger.batch_too_large", max_count=TRANSFERS_PER_BATCH_MAX)
        count = len(transfers)
        said = content_hash(transfers)
        body = {**(terms or {}), "count": count, "content_hash": said}
        return self._today(
            action, principal, key, body, lambda tx, today: do(tx, today, said), count
        )

    def _today(
        self,
        action: str,
        principal: Principal,
        key: str,
        body: dict[str, Any],
        do: Callable[[Transaction, date], object],
        count: int | None = None,
    ) -> Answer:
        principal.require(Scope.LEDGER_WRITE)

        def handler(tx: Transaction) -> dict[str, Any]:
            today = days.today(tx)
            do(tx, today)
            answer: dict[str, Any] = {"business_date": today.isoformat()}
            return answer if count is None else {**answer, "transfers": count}

        return self._database.command(Command(action, principal, key, body), handler)
