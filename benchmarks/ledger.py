"""How fast the ledger posts: batched and one by one, on SQLite and on PostgreSQL.

Every transfer has its own identifier (a repeated one is found), touches two of 10,000 accounts
that may never be overdrawn, and counts only once its command was acknowledged as durable. The
transfers are made before the clock starts. At the end the whole book is recomputed.

    python -m benchmarks.ledger [--quick] [--folder DIR] [--only NAME ...]
"""

from __future__ import annotations

import argparse
import tempfile
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np

from benchmarks.machine import machine_lines, postgres_server, postgres_version
from martlet.kernel.ids import SystemIds
from martlet.kernel.principal import system_principal
from martlet.ledger import LedgerService, Transfer, balances, journal, verify_ledger
from martlet.ledger.limits import TRANSFERS_PER_BATCH_MAX
from martlet.store import Database, open_database

if TYPE_CHECKING:
    from collections.abc import Sequence

TENANT = UUID("01900000-0000-7000-8000-0000000000be")
TODAY = date(2026, 3, 2)
ACCOUNTS = 10_000
CALLERS = 64
START_FEN = 10_000_000


@dataclass(frozen=True, slots=True)
class Size:
    """How much is posted."""

    batches: int
    singles_per_caller: int
    lookups: int


FULL = Size(batches=50, singles_per_caller=400, lookups=200)
QUICK = Size(batches=3, singles_per_caller=10, lookups=20)


class Bench:
    """An empty bank with 10,000 funded accounts, and the transfers to post between them."""

    def __init__(self, url: str, seed: int) -> None:
        self.database: Database = open_database(url)
        self.database.create_schema()
        self.ledger = LedgerService(self.database)
        self.principal = system_principal(TENANT)
        self.ids = SystemIds()
        self.numbers = np.random.default_rng(seed)
        parties = [self.ids.new() for _ in range(ACCOUNTS)]
        self.paths = [f"liabilities/customers/balance/{party}" for party in parties]
        self.ledger.open_day(self.principal, "open", TODAY)
        funding = [
            self._transfer("assets/settlement/bench", path, START_FEN) for path in self.paths
        ]
        self.ledger.post_batch(self.principal, "fund", funding)

    def transfers(self, count: int) -> list[Transfer]:
        """Make transfers between accounts drawn at random."""
        drawn = self.numbers.integers(0, ACCOUNTS, (count, 2))
        drawn[:, 1] = np.where(
            drawn[:, 0] == drawn[:, 1], (drawn[:, 1] + 1) % ACCOUNTS, drawn[:, 1]
        )
        amounts = self.numbers.integers(1, 1_000, count)
        pairs = zip(drawn.tolist(), amounts.tolist(), strict=True)
        return [self._transfer(self.paths[a], self.paths[b], fen) for (a, b), fen in pairs]

    def _transfer(self, debit: str, credit: str, amount_fen: int) -> Transfer:
        return Transfer(self.ids.new(), self.ids.new(), debit, credit, amount_fen, "bench.moved")

    def batched(self, batches: int) -> float:
        """Post full batches one after another; return transfers per second."""
        taken = 0.0
        for number in range(batches):
            transfers = self.transfers(TRANSFERS_PER_BATCH_MAX)
            start = perf_counter()
            self.ledger.post_batch(self.principal, f"batch-{number}", transfers)
            taken += perf_counter() - start
        return batches * TRANSFERS_PER_BATCH_MAX / taken

    def singles(self, callers: int, each: int) -> tuple[float, float, float]:
        """Post one transfer per command from many threads; per second, median and p99 in ms."""
        work = [self.transfers(each) for _ in range(callers)]
        waits: list[float] = []
        ready = threading.Barrier(callers + 1)

        def call(caller: int, mine: Sequence[Transfer]) -> None:
            ready.wait()
            for number, transfer in enumerate(mine):
                start = perf_counter()
                self.ledger.post(self.principal, f"single-{caller}-{number}", [transfer])
                waits.append(perf_counter() - start)

        threads = [
            threading.Thread(target=call, args=(caller, mine)) for caller, mine in enumerate(work)
        ]
        for thread in threads:
            thread.start()
        ready.wait()
        start = perf_counter()
        for thread in threads:
            thread.join()
        taken = perf_counter() - start
        assert len(waits) == callers * each
        median, p99 = np.percentile(waits, [50, 99]) * 1000
        return callers * each / taken, float(median), float(p99)

    def reads(self, lookups: int) -> str:
        """Time a statement's newest page of an account, an entry, and one balance."""
        paths = [self.paths[i] for i in self.numbers.integers(0, ACCOUNTS, lookups).tolist()]
        with self.database.read() as connection:
            start = perf_counter()
            found = [journal(connection, self.principal, path=path, limit=50) for path in paths]
            statement = (perf_counter() - start) / lookups
            entries = [lines[0].entry_id for lines in found if lines]
            start = perf_counter()
            for entry_id in entries:
                journal(connection, self.principal, entry_id=entry_id)
            entry = (perf_counter() - start) / len(entries)
            start = perf_counter()
            for path in paths:
                balances(connection, self.principal, path)
            balance = (perf_counter() - start) / lookups
        return (
            f"statement {statement * 1000:.2f} ms, entry {entry * 1000:.2f} ms,"
            f" balance {balance * 1000:.2f} ms"
        )

    def verify(self) -> tuple[int, float]:
        """Recompute the book; return how many transfers it has, and the seconds."""
        start = perf_counter()
        with self.database.read() as connection:
            report = verify_ledger(connection)
        return report.transfers, perf_counter() - start


def run(name: str, url: str, size: Size, bar_batched: int, bar_singles: int | None) -> None:
    """Run all measurements on one database and print them."""
    bench = Bench(url, seed=310)
    try:
        print(f"\n{name}")
        rate = bench.batched(size.batches)
        count = size.batches * TRANSFERS_PER_BATCH_MAX
        print(
            f"  batched   {rate:>9,.0f} transfers/s  (bar {bar_batched:,}; {count:,} transfers"
            f" in batches of {TRANSFERS_PER_BATCH_MAX:,}, {ACCOUNTS:,} guarded accounts)"
        )
        per_second, median_ms, p99_ms = bench.singles(CALLERS, size.singles_per_caller)
        bar = f"bar {bar_singles:,}; " if bar_singles else ""
        print(
            f"  single    {per_second:>9,.0f} transfers/s  ({bar}{CALLERS} callers, each its own"
            f" command; wait {median_ms:.1f} ms median, {p99_ms:.1f} ms p99)"
        )
        print(f"  reads     {bench.reads(size.lookups)}")
        transfers, seconds = bench.verify()
        print(f"  verified  {transfers:,} transfers recomputed in {seconds:.1f} s: clean")
    finally:
        bench.database.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke test, not a measurement")
    parser.add_argument("--folder", type=Path, help="where the databases are made (a disk)")
    parser.add_argument("--only", nargs="*", choices=["sqlite", "postgresql"], default=None)
    chosen = parser.parse_args()
    size = QUICK if chosen.quick else FULL
    wanted = chosen.only or ["sqlite", "postgresql"]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=chosen.folder)))
        for line in machine_lines(folder):
            print(line)
        if "sqlite" in wanted:
            run("SQLite", f"sqlite:///{folder / 'ledger.db'}", size, 80_000, 3_000)
        if "postgresql" in wanted:
            url = stack.enter_context(postgres_server(folder / "postgres"))
            run(f"PostgreSQL {postgres_version(url)}", url, size, 20_000, None)


if __name__ == "__main__":
    main()
