"""Receivables from outside: orders and sales agreed beforehand, what they release and repay.

Each change is one command under the caller's key. The seller tells of his orders and the buyer's
deposit; only the bank's side says that a buyer has paid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from martlet.kernel.errors import Forbidden
from martlet.kernel.principal import ActorKind, Principal, Scope
from martlet.lending.limits import PORTFOLIO_ROWS_MAX
from martlet.lending.receivables import book
from martlet.lending.receivables.tables import receivable
from martlet.parties import business_facts
from martlet.store import Command

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from uuid import UUID

    from martlet.store import Database, Transaction


class ReceivablesService:
    """Keeps receivables and lets their buyers' payments repay what was lent against them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def register(
        self,
        principal: Principal,
        key: str,
        party_id: UUID,
        product: str,
        reference: str,
        expected_fen: int,
        settles_on: date,
    ) -> dict[str, Any]:
        """Take an order or a sale on the books; return what may be drawn against it."""
        principal.require(Scope.LENDING_WRITE)
        with self._database.read() as connection:
            business_facts(connection, principal, party_id)
        body = {
            "party_id": str(party_id),
            "product": product,
            "reference": reference,
            "expected_fen": expected_fen,
            "settles_on": settles_on.isoformat(),
        }
        return self._carried_out(
            Command("lending.receivable_register", principal, key, body),
            lambda tx: book.register(tx, party_id, product, reference, expected_fen, settles_on),
        )

    def deposit(
        self, principal: Principal, key: str, receivable_id: UUID, amount_fen: int
    ) -> dict[str, Any]:
        """Note what the buyer has paid beforehand, as the payment platform saw it."""
        _bank_only(principal)
        body = {"receivable_id": str(receivable_id), "amount_fen": amount_fen}
        return self._carried_out(
            Command("lending.receivable_deposit", principal, key, body),
            lambda tx: book.deposit(tx, receivable_id, amount_fen),
        )

    def settle(
        self,
        principal: Principal,
        key: str,
        receivable_id: UUID,
        amount_fen: int,
        *,
        last: bool = False,
    ) -> dict[str, Any]:
        """Let the buyer's payment repay the loans; `last` says that nothing more will come."""
        _bank_only(principal)
        body = {"receivable_id": str(receivable_id), "amount_fen": amount_fen, "last": last}
        return self._carried_out(
            Command("lending.receivable_settle", principal, key, body),
            lambda tx: book.settle(tx, receivable_id, amount_fen, last=last),
        )

    def cancel(self, principal: Principal, key: str, receivable_id: UUID) -> dict[str, Any]:
        """Note that the order or the sale fell through."""
        principal.require(Scope.LENDING_WRITE)
        body = {"receivable_id": str(receivable_id)}
        return self._carried_out(
            Command("lending.receivable_cancel", principal, key, body),
            lambda tx: book.cancel(tx, receivable_id),
        )

    def one(self, principal: Principal, receivable_id: UUID) -> dict[str, Any]:
        """Return a receivable: what it releases, what is owed against it."""
        with self._database.read() as connection:
            return book.describe(connection, book.find(connection, principal, receivable_id))

    def of_business(self, principal: Principal, party_id: UUID) -> list[dict[str, Any]]:
        """Return a business's receivables, the latest first."""
        principal.require_party(party_id)
        with self._database.read() as connection:
            rows = connection.execute(
                select(receivable)
                .where(
                    receivable.c.tenant_id == principal.tenant_id,
                    receivable.c.party_id == party_id,
                )
                .order_by(receivable.c.receivable_id.desc())
                .limit(PORTFOLIO_ROWS_MAX)
            ).all()
            return [book.describe(connection, row) for row in rows]

    def _carried_out(
        self, command: Command, handler: Callable[[Transaction], dict[str, Any]]
    ) -> dict[str, Any]:
        return self._database.command(command, handler).value


def _bank_only(principal: Principal) -> None:
    """Refuse an owner: that a buyer has paid is said by whoever saw the money."""
    principal.require(Scope.LENDING_WRITE)
    if principal.kind is ActorKind.OWNER:
        raise Forbidden("lending.receivable_word_of_the_bank")
