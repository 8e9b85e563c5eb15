"""A bank with a few shared loans, some never repaid, and what its book says at the end.

Run as a program it works the nights of such a bank, to be killed by somebody else:

    python -m tests.lending.peopled_bank URL LOG
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select
from tests.conftest import TENANT
from tests.lending.conftest import TODAY, LendingBank, SteadyTakings
from tests.lending.partner_bank import PartnerBank

from martlet.credit import CreditService
from martlet.kernel.crypto import new_keyring
from martlet.kernel.ids import SeededIds
from martlet.kernel.principal import system_principal
from martlet.ledger import LedgerService, current_business_date, trial_balance, verify_ledger
from martlet.lending import (
    EndOfDay,
    LendingService,
    ParticipationService,
    Receipt,
    Sharing,
    SimulatedRail,
    verify_lending,
    verify_participations,
)
from martlet.lending.tables import loan
from martlet.parties import HeldCodeSender, PartiesService
from martlet.store import open_database, verify_chain

if TYPE_CHECKING:
    from martlet.kernel.clock import ManualClock
    from martlet.kernel.principal import Principal
    from martlet.store import Database

Book = tuple[list[dict[str, Any]], list[dict[str, Any]], list[tuple[str, str, str]]]

LOANS = 7
PAID_FROM = 3
DAYS = 33


def peopled(database: Database, clock: ManualClock, principal: Principal) -> LendingBank:
    """A bank with loans of both products, shared with partners; some are never repaid."""
    ledger = LedgerService(database)
    ledger.open_day(principal, "open", TODAY)
    lending = LendingService(database, CreditService(database, [SteadyTakings()]), SimulatedRail())
    lending.fund(principal, "fund", 1_000_000_000)
    parties = PartiesService(database, new_keyring(SeededIds(7, clock)), clock, HeldCodeSender())
    bank = LendingBank(
        database, clock, principal, ledger, lending,
        EndOfDay(database, chunk_loans=4), lending._rail, parties,
    )  # fmt: skip
    together = PartnerBank(bank)
    together.free_of_ratios()
    for number, slug in enumerate(("east", "north", "west")):
        together.partner(slug)
        together.agree(slug, 333_333 + number, 2_000_000, sharing=Sharing.PRO_RATA)
    receipts: list[Receipt] = []
    for number in range(LOANS):
        product, tenor = ("revolving_daily", 30) if number % 2 else ("equal_instalments", 3)
        drawn = bank.drawn(100 + 77_777 * number, product, tenor=tenor)
        if number > PAID_FROM:
            receipts.append(Receipt(UUID(int=number), drawn, 50_000 * number, TODAY))
    lending.take_in(principal, "receipts", receipts)
    return bank


def the_book(database: Database, principal: Principal) -> Book:
    """Every loan's row, every day's trial balance and the partners' files, all proved sound."""
    with database.read() as connection:
        verify_chain(connection)
        verify_ledger(connection)
        verify_lending(connection)
        verify_participations(connection)
        rows = connection.execute(select(loan).order_by(loan.c.loan_id)).mappings()
        days = [TODAY + timedelta(days=number) for number in range(DAYS)]
        struck = [trial_balance(connection, principal, day) for day in days]
        loans = [dict(row) for row in rows]
        accounts = [row.as_json() for balance in struck for row in balance.rows]
    files = ParticipationService(database, "simulated").settlements(principal)
    hashes = [(one["partner"], one["settled_on"], one["content_hash"]) for one in files]
    return loans, accounts, hashes


def work_nights(url: str, log: Path) -> None:
    """End one date after another; every finished step is a line of the log."""
    database, principal = open_database(url), system_principal(TENANT)
    nights, last = EndOfDay(database, chunk_loans=3), TODAY + timedelta(days=DAYS - 1)
    with log.open("a") as lines:

        def note(report: Any) -> None:
            lines.write(f"{report.job.name}\n")
            lines.flush()

        while True:
            with database.read() as connection:
                day = current_business_date(connection, TENANT)
            if day > last:
                break
            nights.run(principal, day, note)
    database.close()


if __name__ == "__main__":
    work_nights(sys.argv[1], Path(sys.argv[2]))
