"""The laws of the book, whatever happens in whatever order, on both databases.

Hypothesis posts, holds, settles, releases, reverses and closes days at random; a model of a few
lines says what must come of it.
"""

from __future__ import annotations

from collections import Counter
from itertools import count
from typing import TYPE_CHECKING
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

from martlet.kernel.errors import Conflict, Refused
from martlet.kernel.principal import system_principal
from martlet.ledger import Guard, balances, verify_ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.ledger.conftest import Book

    from martlet.kernel.principal import Principal
    from martlet.ledger import Transfer
    from martlet.store import Database

PATHS = (
    "assets/settlement/alipay",
    "assets/settlement/bank",
    "assets/loans/principal/revolving",
    "liabilities/customers/overpaid",
    "equity/capital",
)
amounts = st.integers(1, 500)
pairs = st.lists(st.sampled_from(PATHS), min_size=2, max_size=2, unique=True)
_tenants = count(1)


class BookMachine(RuleBasedStateMachine):
    """A ledger and, beside it, four counters that say what it must show."""

    moved, held = Bundle("moved"), Bundle("held")

    def __init__(self, book_of: Callable[[Principal], Book]) -> None:
        super().__init__()
        self.book = book_of(system_principal(UUID(int=next(_tenants))))
        self.totals = {name: Counter() for name in ("debit", "credit", "debit_held", "credit_held")}
        self.before: dict[str, int] = {}

    def _try(self, action, changes: list[tuple[str, str, int]]) -> bool:
        """Do it where the model allows it; where it does not, it must be refused."""
        after = {name: Counter(totals) for name, totals in self.totals.items()}
        for name, path, amount_fen in changes:
            after[name][path] += amount_fen
        if not all(_within_guard(after, path) for path in PATHS):
            try:
                action()
            except Refused as refusal:
                if refusal.code == "ledger.insufficient_funds":
                    return False
                raise
            message = "an overdraft was let through"
            raise AssertionError(message)
        action()
        self.totals = after
        return True

    @rule(target=moved, pair=pairs, amount_fen=amounts)
    def post(self, pair: list[str], amount_fen: int) -> Transfer | None:
        transfer = self.book.transfer(*pair, amount_fen)
        changes = [("debit", pair[0], amount_fen), ("credit", pair[1], amount_fen)]
        return transfer if self._try(lambda: self.book.post(transfer), changes) else None

    @rule(transfer=moved)
    def post_again(self, transfer: Transfer | None) -> None:
        if transfer is not None:
            self.book.post(transfer)

    @rule(target=held, pair=pairs, amount_fen=amounts)
    def hold(self, pair: list[str], amount_fen: int) -> Transfer | None:
        transfer = self.book.transfer(*pair, amount_fen)
        changes = [("debit_held", pair[0], amount_fen), ("credit_held", pair[1], amount_fen)]
        return transfer if self._try(lambda: self.book.hold(transfer), changes) else None

    @rule(transfer=consumes(held), part=st.integers(1, 100))
    def settle(self, transfer: Transfer | None, part: int) -> None:
        if transfer is None:
            return
        part_fen = max(transfer.amount_fen * part // 100, 1)
        changes = [
            *_unheld(transfer),
            ("debit", transfer.debit, part_fen),
            ("credit", transfer.credit, part_fen),
        ]
        assert self._try(lambda: self.book.settle(transfer.id, part_fen), changes)
        self.book.settle(transfer.id, part_fen)
        self._must_conflict(lambda: self.book.release(transfer.id))

    @rule(transfer=consumes(held))
    def release(self, transfer: Transfer | None) -> None:
        if transfer is not None:
            assert self._try(lambda: self.book.release(transfer.id), _unheld(transfer))
            self._must_conflict(lambda: self.book.settle(transfer.id))

    @rule(transfer=consumes(moved))
    def reverse(self, transfer: Transfer | None) -> None:
        if transfer is None:
            return
        back = [
            ("debit", transfer.credit, transfer.amount_fen),
            ("credit", transfer.debit, transfer.amount_fen),
        ]
        if self._try(lambda: self.book.reverse(transfer.entry_id), back):
            self.book.reverse(transfer.entry_id)

    @rule()
    def close_day(self) -> None:
        self.book.close()

    @invariant()
    def shows_what_the_model_says(self) -> None:
        with self.book.database.read() as connection:
            found = balances(connection, self.book.principal)
        for one in found:
            assert (
                one.debits_posted_fen,
                one.credits_posted_fen,
                one.debits_pending_fen,
                one.credits_pending_fen,
            ) == tuple(totals[one.path] for totals in self.totals.values())
            assert one.guard is Guard.NONE or one.available_fen >= 0
        assert sum(one.debits_posted_fen - one.credits_posted_fen for one in found) == 0

    def teardown(self) -> None:
        self.book.prove()

    @staticmethod
    def _must_conflict(action) -> None:
        try:
            action()
        except Conflict:
            return
        message = "a hold ended twice"
        raise AssertionError(message)


def _unheld(transfer: Transfer) -> list[tuple[str, str, int]]:
    return [
        ("debit_held", transfer.debit, -transfer.amount_fen),
        ("credit_held", transfer.credit, -transfer.amount_fen),
    ]


def _within_guard(totals: dict[str, Counter], path: str) -> bool:
    debit, credit, debit_held, credit_held = (counter[path] for counter in totals.values())
    if path.startswith("assets/settlement"):
        return credit + credit_held <= debit
    if path.startswith("liabilities/customers"):
        return debit + debit_held <= credit
    return True


def test_the_laws_hold_whatever_happens(
    database: Database, book_of: Callable[[Principal], Book]
) -> None:
    run_state_machine_as_test(
        lambda: BookMachine(book_of),
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    with database.read() as connection:
        assert verify_ledger(connection).tenants > 1
