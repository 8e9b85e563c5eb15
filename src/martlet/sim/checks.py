"""What must hold at every month's end, recomputed from the bank's own books.

The chain and the ledger verify, the trial balance is zero, the loans add up to the control
accounts, no line is used beyond its limit, decisions made again are the same to the byte, and
every command that was acknowledged stands on the record exactly once. A breach is `Corrupt`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from martlet.kernel.errors import Corrupt
from martlet.ledger import current_business_date, trial_balance
from martlet.sim.limits import REPLAYED_DECISIONS
from martlet.store import read_chain

if TYPE_CHECKING:
    from martlet.bootstrap import Bank
    from martlet.kernel.principal import Principal

KEY_PREFIX = "syn:"
"""How the keys of the world's own commands begin."""


@dataclass(slots=True)
class Checks:
    """Holds the bank to its word, month by month."""

    bank: Bank
    principal: Principal
    acknowledged: list[str] = field(default_factory=list)
    """The keys of the commands that the bank has answered."""
    done: int = 0
    _on_record: Counter[str] = field(default_factory=Counter)
    _read_up_to: int = 0

    def run(self) -> int:
        """Check everything; return the trial balance's difference, which is zero."""
        self.bank.verify()
        self._lines_within_limits()
        self._decisions_repeat()
        self._acknowledged_on_record_once()
        self.done += 1
        return self._book_balances()

    def _book_balances(self) -> int:
        with self.bank.database.read() as connection:
            today = current_business_date(connection, self.principal.tenant_id)
            book = trial_balance(connection, self.principal, today)
        if book.difference_fen != 0:
            raise Corrupt("sim.book_unbalanced", difference_fen=book.difference_fen)
        return book.difference_fen

    def _lines_within_limits(self) -> None:
        for line in self.bank.lending.facilities(self.principal):
            if not 0 <= line["used_fen"] <= line["limit_fen"]:
                raise Corrupt(
                    "sim.line_overused",
                    facility_id=line["facility_id"],
                    used_fen=line["used_fen"],
                    limit_fen=line["limit_fen"],
                )

    def _decisions_repeat(self) -> None:
        for asked in self.bank.lending.applications(self.principal)[:REPLAYED_DECISIONS]:
            decision_id = UUID(asked["decision_id"])
            if not self.bank.credit.replay(self.principal, decision_id).identical:
                raise Corrupt("sim.decision_differs", decision_id=str(decision_id))

    def _acknowledged_on_record_once(self) -> None:
        """Compare what was acknowledged with the audit entries written since the last check."""
        with self.bank.database.read() as connection:
            while rows := read_chain(connection, self._read_up_to, category="audit"):
                self._read_up_to = rows[-1].seq
                self._on_record.update(
                    row.causation for row in rows if row.causation.startswith(KEY_PREFIX)
                )
        expected = Counter(set(self.acknowledged))
        if self._on_record != expected:
            lost = sum((expected - self._on_record).values())
            surplus = sum((self._on_record - expected).values())
            raise Corrupt("sim.record_differs", lost_count=lost, surplus_count=surplus)
