"""How long a night takes: a synthetic book of mixed products, one full day, both databases.

The book (`loan_book.py`, synthetic) is loaded before the clock starts, through the driver's bulk
load, and has one night behind it; its proof is made at the end over every account. Told are the
seconds of one end of day step by step, and the most memory that the process held while it ran.

    python -m benchmarks.end_of_day [--quick] [--loans N] [--folder DIR] [--only NAME ...]
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import threading
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter, process_time, sleep
from typing import TYPE_CHECKING, Self
from uuid import UUID

import numpy as np
from sqlalchemy import text

from benchmarks.loan_book import ALL_PRODUCTS, TENANT, load_book, load_new_loans
from benchmarks.machine import machine_lines, postgres_server, postgres_version
from martlet.credit import CreditService
from martlet.kernel.principal import system_principal
from martlet.ledger import verify_ledger
from martlet.lending import (
    EndOfDay,
    LendingService,
    Receipt,
    SimulatedRail,
    verify_lending,
)
from martlet.lending.limits import RECEIPTS_PER_COMMAND_MAX
from martlet.store import Database, JobReport, open_database, verify_chain

if TYPE_CHECKING:
    from collections.abc import Sequence

TODAY = date(2026, 3, 2)
NEXT_DAY = date(2026, 3, 3)
FULL_LOANS = 1_000_000
QUICK_LOANS = 2_000
LATE_LOANS = 1_000
LATE_DAYS = 700
PAID_ON_THE_DAY = 0.97
OTHER_RECEIPT_OF_LOANS = 200
REPLAYED_LOANS_MAX = 20_000
BARS_SECONDS = {"SQLite": 30, "PostgreSQL": 60}


class PeakMemory:
    """The most memory that this process held resident between two moments."""

    def __init__(self) -> None:
        self.peak_mib = 0
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()

    def _look(self) -> None:
        while not self._over.is_set():
            for line in Path("/proc/self/status").read_text().splitlines():
                if line.startswith("VmRSS"):
                    self.peak_mib = max(self.peak_mib, int(line.split()[1]) // 1024)
            sleep(0.05)


class _Spent:
    """Seconds by the name of the job, on the wall and of this process's own computing."""

    def __init__(self) -> None:
        self.steps: dict[str, float] = {}
        self._begun = self._last = self._cpu = 0.0

    def begin(self) -> None:
        """Start the clock."""
        self._begun = self._last = perf_counter()
        self._cpu = process_time()

    def note(self, report: JobReport) -> None:
        """Add what has passed since the last step to this one's job."""
        now = perf_counter()
        self.steps[report.job.name] = self.steps.get(report.job.name, 0.0) + now - self._last
        self._last = now

    def seconds(self) -> float:
        """Return the wall time to the last step."""
        return self._last - self._begun

    def cpu_seconds(self) -> float:
        """Return what this process has computed since the start."""
        return process_time() - self._cpu


def night(name: str, url: str, loans: int) -> None:
    """Load a book, end one day and then another, and print what that one took."""
    database = open_database(url)
    try:
        database.migrate()
        begun = perf_counter()
        loan_ids = load_book(database, loans, TODAY, seed=310, mix=ALL_PRODUCTS)
        kinds = f"{loans:,} live loans of {len(ALL_PRODUCTS)} products (synthetic)"
        print(f"\n{name}: {kinds}, loaded in {_since(begun):.1f} s")
        nights = EndOfDay(database)
        begun = perf_counter()
        nights.run(system_principal(TENANT), TODAY)
        # The first night of a book finds all its arrears at once: cases, categories, allowances.
        print(f"  its first night, not measured: {_since(begun):.1f} s")
        receipts = _take_in(database, loan_ids)
        print(f"  {receipts:,} repayments came in during the day and wait for the night")
        spent = _Spent()
        with PeakMemory() as memory:
            spent.begin()
            report = nights.run(system_principal(TENANT), NEXT_DAY, spent.note)
        for step in report.steps:
            figures = ", ".join(f"{key} {value:,}" for key, value in step.totals.items())
            print(f"  {step.job.name[4:]:14} {spent.steps[step.job.name]:6.2f} s  {figures}")
        bar = next(bar for kind, bar in BARS_SECONDS.items() if name.startswith(kind))
        cpu = f"{spent.cpu_seconds():.1f} s of it this process computing"
        print(f"  {'whole night':14} {spent.seconds():6.2f} s  ({cpu}; bar {bar} s for a million)")
        print(f"  {'peak memory':14} {memory.peak_mib:,} MiB, the loading's remains included")
        print(f"  {'load':14} {os.getloadavg()[0]:.2f} in the last minute")
        _prove(database, loans)
    finally:
        database.close()


def caught_up(name: str, url: str, loans: int, days: int) -> None:
    """Make new loans of 24 months, let nobody pay, and catch up many days at once."""
    database = open_database(url)
    try:
        database.migrate()
        load_new_loans(database, loans, TODAY, months=24, seed=312)
        nights, begun = EndOfDay(database), perf_counter()
        cpu = process_time()
        nights.catch_up(system_principal(TENANT), TODAY + timedelta(days=days - 1))
        whole, cpu = _since(begun), process_time() - cpu
        print(f"\n{name}: {loans:,} loans of 24 months, nothing paid, {days} days caught up")
        print(f"  {'catch-up':14} {whole:6.2f} s  ({cpu:.1f} s of it computing; bar 20 s)")
        _prove(database, loans)
    finally:
        database.close()


def _take_in(database: Database, loan_ids: Sequence[UUID]) -> int:
    """Take in, as files of a bank, what nearly all pay that is due today, and some more."""
    rng, principal = np.random.default_rng(311), system_principal(TENANT)
    with database.read() as connection:
        told = connection.execute(
            text("SELECT payload FROM chain_entry WHERE kind = 'lending.instalment_due'")
        ).scalars()
        due = [json.loads(payload) for payload in told]
    paid = rng.random(len(due)) < PAID_ON_THE_DAY
    sums = [
        (UUID(one["loan_id"]), one["due_fen"])
        for one, on_the_day in zip(due, paid.tolist(), strict=True)
        if on_the_day
    ]
    others = rng.choice(len(loan_ids), len(loan_ids) // OTHER_RECEIPT_OF_LOANS, replace=False)
    amounts = rng.integers(1_000, 3_000_000, len(others)).tolist()
    sums += zip((loan_ids[place] for place in others.tolist()), amounts, strict=True)
    receipts = [Receipt(database.ids.new(), own, fen, NEXT_DAY) for own, fen in sums]
    lending = LendingService(database, CreditService(database, []), SimulatedRail())
    for start in range(0, len(receipts), RECEIPTS_PER_COMMAND_MAX):
        part = receipts[start : start + RECEIPTS_PER_COMMAND_MAX]
        lending.take_in(principal, f"receipts-{start}", part)
    return len(receipts)


def _prove(database: Database, loans: int) -> None:
    """Make the proof of the chain and the book, and of every loan where they are not too many."""
    begun = perf_counter()
    with database.read() as connection:
        verify_chain(connection)
        verify_ledger(connection)
        if loans <= REPLAYED_LOANS_MAX:
            verify_lending(connection)
    what = "and every loan replayed" if loans <= REPLAYED_LOANS_MAX else "(loans by their sums)"
    print(f"  {'verified':14} {_since(begun):6.2f} s  chain and ledger {what}: clean")


def _since(begun: float) -> float:
    return perf_counter() - begun


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke test, not a measurement")
    parser.add_argument("--loans", type=int, help="how many live loans")
    parser.add_argument("--folder", type=Path, help="where the databases are made (a disk)")
    parser.add_argument("--only", nargs="*", choices=["sqlite", "postgresql"], default=None)
    chosen = parser.parse_args()
    loans = chosen.loans or (QUICK_LOANS if chosen.quick else FULL_LOANS)
    late = (LATE_LOANS // 50, LATE_DAYS // 10) if chosen.quick else (LATE_LOANS, LATE_DAYS)
    wanted = chosen.only or ["sqlite", "postgresql"]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=chosen.folder)))
        for line in machine_lines(folder):
            print(line)
        if "sqlite" in wanted:
            night("SQLite", f"sqlite:///{folder / 'book.db'}", loans)
            caught_up("SQLite", f"sqlite:///{folder / 'late.db'}", *late)
        if "postgresql" in wanted:
            url = stack.enter_context(postgres_server(folder / "postgres"))
            night(f"PostgreSQL {postgres_version(url)}", url, loans)
        if "postgresql" in wanted:
            url = stack.enter_context(postgres_server(folder / "postgres_late"))
            caught_up(f"PostgreSQL {postgres_version(url)}", url, *late)


if __name__ == "__main__":
    main()
