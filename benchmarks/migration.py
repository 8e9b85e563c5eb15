"""How long a portfolio of another system takes to come in, and how much memory: a synthetic one.

Loans of both products, each drawn up to two years ago, with nine repayments each on average; the
stated balances are those of the projection, but for one loan in a thousand, which is a fen off.
Run from the repository's root:

    python -m benchmarks.migration                 # 100,000 loans with 1,000,000 events
    python -m benchmarks.migration --loans 10000
"""

from __future__ import annotations

import argparse
import csv
import resource
import tempfile
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np

from benchmarks.machine import machine_lines
from martlet.bootstrap import open_bank
from martlet.kernel.calendar import business_date_of
from martlet.kernel.clock import SystemClock
from martlet.kernel.config import Settings
from martlet.kernel.principal import system_principal
from martlet.lending import EventKind, LoanEvent, LoanTerms, product_named, verify_lending
from martlet.lending.migration import Files, PortfolioImport
from martlet.lending.migration.exporting import event_cells, loan_cells

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from martlet.bootstrap import Bank
    from martlet.kernel.principal import Principal

LOANS = 100_000
EVENTS_EACH = 10
LOANS_PER_BUSINESS = 2
ONE_IN_OFF = 1_000
OLDEST_DAYS = 720
Cells = dict[str, Any]


def synthetic(loans: int, today: date, seed: int = 4) -> Iterator[tuple[Cells, list[Cells]]]:
    """Yield loans with their events as the cells of their rows."""
    rng = np.random.default_rng(seed)
    kinds = (("revolving_daily", (90, 180, 360)), ("equal_instalments", (6, 12, 24)))
    for number in range(loans):
        product, tenors = kinds[int(rng.integers(2))]
        conventions = product_named(product).conventions
        principal = int(rng.integers(1_000, 300_000)) * 100
        tenor = int(rng.choice(tenors))
        terms = LoanTerms(principal, int(rng.choice((200, 300, 450))), tenor, conventions)
        age = int(rng.integers(1, OLDEST_DAYS))
        start = today - timedelta(days=age)
        loan_id = UUID(int=number + 1)
        events = [LoanEvent(UUID(int=1), 1, EventKind.DISBURSED, start, principal)]
        days = np.sort(rng.integers(0, age + 1, EVENTS_EACH - 1))
        for place, day in enumerate(days, 2):
            paid_on = start + timedelta(days=int(day))
            amount = int(rng.integers(1, max(2, principal // EVENTS_EACH)))
            events.append(LoanEvent(UUID(int=place), place, EventKind.REPAID, paid_on, amount))
        cells = loan_cells(loan_id, product, terms, events, today)
        if number % ONE_IN_OFF == 0:
            cells["stated_principal_fen"] += 1
        party = number // LOANS_PER_BUSINESS
        told = {
            "party_reference": f"B-{party}",
            "party_name": f"合成商户 {party}",
            "owner_phone": f"139{party:08d}",
            "owner_name": "合成东家",
            "trade": "restaurant",
            "region": "合成区",
        }
        yield {**told, **cells}, [event_cells(loan_id, event) for event in events]


def write_files(folder: Path, loans: int, today: date) -> tuple[Path, Path]:
    """Write the synthetic portfolio down."""
    paths = folder / "loans.csv", folder / "events.csv"
    with (
        paths[0].open("w", encoding="utf-8", newline="") as loans_file,
        paths[1].open("w", encoding="utf-8", newline="") as events_file,
    ):
        writers: list[Any] = []
        for row, events in synthetic(loans, today):
            if not writers:
                writers = [csv.DictWriter(loans_file, row), csv.DictWriter(events_file, events[0])]
                for writer in writers:
                    writer.writeheader()
            writers[0].writerow(row)
            writers[1].writerows(events)
    return paths


def measure(bank: Bank, principal: Principal, files: Files) -> None:
    """Take the portfolio in, take it in again, and prove the book."""
    room = PortfolioImport(bank.database, bank.parties, bank.rail.name)
    for what in ("first", "again"):
        begun = perf_counter()
        report = room.run(principal, files)
        took = perf_counter() - begun
        rate = (report.loans_taken + report.loans_known) / took
        print(
            f"{what:9} {took:.1f} s, {rate:,.0f} loans/s: {report.loans_taken:,} loans with"
            f" {report.events_taken:,} events taken, {report.loans_known:,} known,"
            f" {report.differences_count:,} differences, suspense {report.suspense_fen} fen"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"memory    {peak:,.0f} MiB at most")
    begun = perf_counter()
    with bank.database.read() as connection:
        proof = verify_lending(connection)
    print(f"proof     {proof.loans:,} loans replayed in {perf_counter() - begun:.1f} s")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loans", type=int, default=LOANS)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="martlet-bench-") as scratch:
        folder = Path(scratch)
        for line in machine_lines(folder):
            print(line)
        today = business_date_of(SystemClock().now())
        loans, events = write_files(folder, chosen.loans, today)
        size = (loans.stat().st_size + events.stat().st_size) / 2**20
        print(f"input     {chosen.loans:,} synthetic loans, {size:,.0f} MiB in two files")
        bank = open_bank(Settings(home=folder / "home"))
        principal = system_principal(bank.set_up("Bench"))
        files = Files(loans, events, folder / "findings", source="bench", set_aside=True)
        measure(bank, principal, files)
        bank.close()


if __name__ == "__main__":
    main()
