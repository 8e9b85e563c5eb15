"""A bank with borrowers who are a day late, made once for each kind of database and copied.

Run as a program it sends their reminders into a folder, slowly, to be killed by somebody else:

    python -m tests.lending.late_bank URL FOLDER SEED
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING

from tests.conftest import MORNING, TENANT
from tests.lending.conftest import TODAY, LendingBank, SteadyTakings

from martlet.credit import CreditService
from martlet.kernel.clock import ManualClock
from martlet.kernel.crypto import new_keyring
from martlet.kernel.ids import SeededIds
from martlet.kernel.principal import system_principal
from martlet.ledger import LedgerService
from martlet.lending import EndOfDay, LendingService, SimulatedRail
from martlet.lending.collections import CollectionsService, FileReminders
from martlet.parties import HeldCodeSender, PartiesService
from martlet.store import open_database

if TYPE_CHECKING:
    from martlet.lending.collections import ReminderMessage, SendOutcome

LOAN_FEN = 100_000
TENOR = 30
DUE = TODAY + timedelta(days=TENOR)
LATE_DAYS = TENOR + 1


def reopened(url: str, nights: int = LATE_DAYS, seed: int = 2) -> LendingBank:
    """The services over a bank that has lived through so many nights, at nine in the morning."""
    principal, clock = system_principal(TENANT), ManualClock(MORNING + timedelta(days=nights))
    database = open_database(url, clock=clock, ids=SeededIds(seed, clock))
    lending = LendingService(database, CreditService(database, [SteadyTakings()]), SimulatedRail())
    parties = PartiesService(database, new_keyring(SeededIds(7, clock)), clock, HeldCodeSender())
    return LendingBank(
        database, clock, principal, LedgerService(database), lending,
        EndOfDay(database), lending._rail, parties, keys=seed * 1_000,
    )  # fmt: skip


def make_late(url: str, borrowers: int = 1) -> None:
    """Let borrowers draw for thirty days and not repay."""
    bank = reopened(url, 0, seed=1)
    bank.ledger.open_day(bank.principal, "open", TODAY)
    bank.lending.fund(bank.principal, "fund", 1_000_000_000)
    for _ in range(borrowers):
        bank.drawn(LOAN_FEN, tenor=TENOR)
    bank.close_days(LATE_DAYS)
    bank.database.close()


class SlowFolder(FileReminders):
    """Takes its time before and after each file, so that a kill finds it anywhere."""

    def send(self, message: ReminderMessage) -> SendOutcome:
        sleep(0.03)
        outcome = super().send(message)
        sleep(0.03)
        return outcome


def send_all(url: str, folder: Path, seed: int = 3) -> None:
    """Send every reminder of the morning."""
    bank = reopened(url, seed=seed)
    CollectionsService(bank.database).remind(bank.principal, bank.key(), SlowFolder(folder))
    bank.database.close()


if __name__ == "__main__":
    send_all(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
