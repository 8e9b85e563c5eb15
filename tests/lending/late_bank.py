"""A bank with one borrower who is a day late, made once for each kind of database and copied."""

from __future__ import annotations

from datetime import timedelta

from tests.conftest import MORNING, TENANT
from tests.lending.conftest import TODAY, LendingBank, SteadyTakings

from martlet.credit import CreditService
from martlet.kernel.clock import ManualClock
from martlet.kernel.crypto import new_keyring
from martlet.kernel.ids import SeededIds
from martlet.kernel.principal import system_principal
from martlet.ledger import LedgerService
from martlet.lending import EndOfDay, LendingService, SimulatedRail
from martlet.parties import HeldCodeSender, PartiesService
from martlet.store import open_database

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
