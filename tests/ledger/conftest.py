"""A book to try things on: a tenant with an open day, on either database."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from martlet.kernel.errors import MartletError
from martlet.kernel.money import parse_fen
from martlet.ledger import (
    LedgerService,
    Transfer,
    balance,
    release_expired,
    trial_balance,
    verify_ledger,
)
from martlet.store import Command

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from martlet.kernel.principal import Principal
    from martlet.ledger import AccountBalance
    from martlet.store import Database

MONDAY = date(2026, 3, 2)


class Book:
    """One tenant's ledger, its day open, every command under a key of its own."""

    def __init__(self, database: Database, principal: Principal) -> None:
        self.database = database
        self.principal = principal
        self.ledger = LedgerService(database)
        self.today = MONDAY
        self._keys = count()
        self.ledger.open_day(principal, self.key(), MONDAY)

    def key(self) -> str:
        return f"key-{next(self._keys)}"

    def transfer(self, debit: str, credit: str, amount_fen: int, **more: Any) -> Transfer:
        ids = self.database.ids
        return Transfer(ids.new(), ids.new(), debit, credit, amount_fen, "test.moved", **more)

    def post(self, *transfers: Transfer) -> None:
        self.ledger.post(self.principal, self.key(), transfers)

    def hold(self, *transfers: Transfer, expires_on: date | None = None) -> None:
        self.ledger.hold(self.principal, self.key(), transfers, expires_on)

    def settle(self, transfer_id: UUID, amount_fen: int | None = None) -> None:
        self.ledger.settle(self.principal, self.key(), [transfer_id], amount_fen)

    def release(self, transfer_id: UUID) -> None:
        self.ledger.release(self.principal, self.key(), [transfer_id])

    def release_expired(self) -> int:
        command = Command("test.release_expired", self.principal, self.key(), {})
        answer = self.database.command(
            command, lambda tx: {"released": release_expired(tx, self.today)}
        )
        return int(answer.value["released"])

    def reverse(self, entry_id: UUID) -> None:
        self.ledger.reverse(self.principal, self.key(), entry_id)

    def close(self) -> None:
        answer = self.ledger.close_day(self.principal, self.key(), self.today)
        self.today = date.fromisoformat(answer.value["business_date"])

    def balance(self, path: str) -> AccountBalance:
        with self.database.read() as connection:
            return balance(connection, self.principal, path)

    def prove(self) -> None:
        """The journal and all totals agree, and the trial balance is zero."""
        with self.database.read() as connection:
            verify_ledger(connection)
            assert trial_balance(connection, self.principal, self.today).difference_fen == 0


@pytest.fixture
def book_of(database: Database) -> Callable[[Principal], Book]:
    """Open an empty book for any tenant."""
    return lambda principal: Book(database, principal)


@pytest.fixture
def book(database: Database, principal: Principal) -> Book:
    """An open book without a single posting."""
    return Book(database, principal)


@pytest.fixture
def play(book: Book, request: pytest.FixtureRequest) -> Callable[[], None]:
    """Play the journal that stands in the test's docstring, line by line, and prove the book.

    post NAME debit < credit amount     hold NAME debit < credit amount
    settle NAME [amount]                release NAME        reverse NAME        close
    balance path amount                 available path amount
    refused CODE line...                the line is refused with that code
    """

    def perform() -> None:
        made: dict[str, Transfer] = {}
        lines = (request.function.__doc__ or "").splitlines()
        begin = next(at for at, line in enumerate(lines) if line.startswith("    ---")) + 1
        for line in lines[begin:]:
            if line.strip():
                _play_line(book, made, line.split())
        book.prove()

    return perform


def _play_line(  # noqa: C901 - one case for each verb
    book: Book, made: dict[str, Transfer], words: list[str]
) -> None:
    match words:
        case ["refused", code, *rest]:
            with pytest.raises(MartletError, match=code):
                _play_line(book, made, rest)
        case ["post" | "hold" as verb, name, debit, "<", credit, amount]:
            made[name] = book.transfer(debit, credit, parse_fen(amount))
            (book.post if verb == "post" else book.hold)(made[name])
        case ["again", name]:
            book.post(made[name])
        case ["settle", name]:
            book.settle(made[name].id)
        case ["settle", name, amount]:
            book.settle(made[name].id, parse_fen(amount))
        case ["release", name]:
            book.release(made[name].id)
        case ["reverse", name]:
            book.reverse(made[name].entry_id)
        case ["close"]:
            book.close()
        case ["balance", path, amount]:
            assert book.balance(path).balance_fen == parse_fen(amount), path
        case ["available", path, amount]:
            assert book.balance(path).available_fen == parse_fen(amount), path
        case _:
            message = f"not a line of a journal: {' '.join(words)}"
            raise ValueError(message)
