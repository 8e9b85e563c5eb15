"""Decisions a second: alone, durable in batches on two cores, and by the million over columns.

`python -m benchmarks.decide [--quick] [--decisions 100000] [--portfolio 10000000]
[--databases sqlite,postgresql]` opens a bank of synthetic businesses with stored signals. One core
decides and keeps nothing; a writer with processes beside it reads signals from the store, decides
and keeps every decision durably; single callers wait for an fsync each. Then a sample is replayed
and the chain verified. At the end a synthetic portfolio is decided in files. CPU time counts every
process; the price of an hour of it is an assumption, printed where it is used.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time, sleep
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import text

from benchmarks.businesses import many_businesses
from benchmarks.machine import machine_lines, postgres_server, postgres_version
from benchmarks.portfolio import AS_OF, write_portfolio
from martlet.bootstrap import Bank, open_bank, open_deciders, open_drafting
from martlet.credit import Application, decide, default_policy, expert_scorecard
from martlet.kernel.calendar import business_date_of
from martlet.kernel.config import Settings
from martlet.kernel.principal import Principal, system_principal
from martlet.store import verify_chain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

YUAN_PER_CPU_HOUR = 0.30
"""Assumed: what a virtual core costs by the hour on a public cloud, of that order; set your own."""
PUBLISHED_YUAN_PER_LOAN = 2.3
"""MYbank's operating cost of a loan as it has published it: all of it, not the decision alone."""
BUSINESSES, DECIDERS = 2_000, 2
SINGLE, REPLAYED = 400, 500
TEN_MILLION = 10_000_000


@dataclass(frozen=True, slots=True)
class Spent:
    """What a piece of work took: time on the wall and of all processors."""

    wall_s: float
    cpu_s: float

    def a_second(self, count: int) -> float:
        """Return how many a second."""
        return count / self.wall_s

    def cost(self, count: int) -> str:
        """Return the processor time and the price of one."""
        yuan = self.cpu_s / 3600 * YUAN_PER_CPU_HOUR / count
        cpu_us = self.cpu_s / count * 1e6
        return f"{cpu_us:.0f} µs CPU = {yuan:.1e} yuan a decision, {yuan * 1e6:.4f} a million"


class Stopwatch:
    """Measures from its making on: this process and, once they have ended, its children."""

    def __init__(self) -> None:
        self._wall, self._cpu = perf_counter(), _cpu_s()

    def spent(self) -> Spent:
        """Return what was spent."""
        return Spent(perf_counter() - self._wall, _cpu_s() - self._cpu)


def _children_cpu_s() -> float:
    """Return the processor time of the processes that this one has running."""
    ticks = 0
    for child in multiprocessing.active_children():
        said = Path(f"/proc/{child.pid}/stat").read_text(encoding="utf-8")
        fields = said.rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])  # in the program and in the kernel
    return ticks / os.sysconf("SC_CLK_TCK")


def _cpu_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return process_time() + children.ru_utime + children.ru_stime


def applications(bank: Bank, parties: list[UUID], count: int) -> Iterator[Application]:
    """Yield applications of the businesses in turn, each with an id of its own."""
    today = business_date_of(bank.clock.now())
    for number in range(count):
        party = parties[number % len(parties)]
        yield Application(
            bank.ids.new(), party, "revolving_daily", 5_000_000, today, tenor_days=360
        )


def pure(settings: Settings, bank: Bank, principal: Principal, parties: list[UUID]) -> list[str]:
    """Decide on one core, from signals already read; keep nothing."""
    now, asked = bank.clock.now(), list(applications(bank, parties, len(parties)))
    drafting = open_drafting(settings)
    known = drafting.signals_of_each(principal, parties, now)
    policy, model = default_policy(), expert_scorecard()
    watch, rounds = Stopwatch(), 5
    for _ in range(rounds):
        for one in asked:
            decide(one, known[one.party_id], policy, model, now)
    count, spent = rounds * len(asked), watch.spent()
    signals = sum(len(found.signals) for found in known.values()) / len(known)
    return [
        f"signals a business   {signals:.1f}",
        f"decide, one core     {count / spent.cpu_s:,.0f}/s of CPU; {spent.cost(count)}",
    ]


def durable(
    settings: Settings, bank: Bank, principal: Principal, parties: list[UUID], count: int
) -> list[str]:
    """Decide and keep `count` applications in batches, read and decided beside the writer."""
    before = _bytes(bank)
    # As `martlet serve` does: what start-up made need not be walked again by the collector.
    gc.collect()
    gc.freeze()
    with open_deciders(settings, DECIDERS) as deciders:
        warm_up = list(applications(bank, parties, 2 * deciders.batch_size))
        list(bank.credit.decide_many(principal, "warm-up", warm_up, deciders))
        beside, wall, own, kept = _children_cpu_s(), perf_counter(), process_time(), 0
        asked = applications(bank, parties, count)
        for part in bank.credit.decide_many(principal, "measured", asked, deciders):
            kept += len(part)
        wall, own = perf_counter() - wall, process_time() - own
        beside = _children_cpu_s() - beside
    spent = Spent(wall, own + beside)
    assert kept == count, (kept, count)
    each = (_bytes(bank) - before) / (count + len(warm_up))
    return [
        (
            f"durable, in batches  {spent.a_second(count):,.0f}/s, {count:,} decisions in"
            f" {spent.wall_s:.1f} s, 1 writer + {DECIDERS} deciding processes"
        ),
        (
            f"                     {spent.cost(count)}: {own / count * 1e6:.0f} where it is kept,"
            f" {beside / count * 1e6:.0f} where it is made"
        ),
        (
            f"                     two cores of nothing else: {2 * count / spent.cpu_s:,.0f}/s at"
            f" that rate, disk permitting (computed)"
        ),
        (
            f"stored a decision    {each:,.0f} bytes (row, inputs, indexes, event, chain);"
            f" 10 million need {each * TEN_MILLION / 1e9:.0f} GB"
        ),
    ]


def _bytes(bank: Bank) -> int:
    """Return how much the database holds, what waits in the log included."""
    if bank.database.dialect == "sqlite":
        with bank.database.read() as connection:
            pages, size = (
                int(connection.execute(text(f"PRAGMA {name}")).scalar_one())
                for name in ("page_count", "page_size")
            )
        return pages * size
    with bank.database.read() as connection:
        query = text("SELECT pg_database_size(current_database())")
        return int(connection.execute(query).scalar_one())


def single(bank: Bank, principal: Principal, parties: list[UUID]) -> list[str]:
    """Decide one application at a time, each durable before the next is asked."""
    taken = []
    for number, one in enumerate(applications(bank, parties, SINGLE)):
        start = perf_counter()
        bank.credit.decide_batch(principal, f"single:{number}", [one])
        taken.append((perf_counter() - start) * 1000)
    p50, p99 = np.percentile(taken, [50, 99])
    return [f"one at a time        p50 {p50:.1f} ms, p99 {p99:.1f} ms, {SINGLE} durable decisions"]


def proven(bank: Bank, principal: Principal) -> tuple[list[str], int]:
    """Replay a sample and verify the whole chain; return how many differ."""
    stored = bank.credit.decisions(principal, limit=REPLAYED)
    replays = [bank.credit.replay(principal, one.decision_id) for one in stored]
    differing = sum(not replay.all_identical for replay in replays)
    with bank.database.read() as connection:
        links, _ = verify_chain(connection)
    told = f"replayed {len(replays)}: {differing} differing; chain of {links:,} links verified"
    return [f"proven               {told}"], differing


def online(url: str, count: int, businesses: int) -> int:
    """Measure one kind of database and print; return how many decisions did not replay."""
    with tempfile.TemporaryDirectory(prefix="martlet-decide-") as folder:
        settings = Settings(home=Path(folder), database_url=url)
        bank = open_bank(settings)
        principal = system_principal(bank.set_up("Benchmark"))
        parties = many_businesses(bank, principal, businesses)
        name = "SQLite" if not url else f"PostgreSQL {postgres_version(url)}"
        print(f"\n{name}: {businesses:,} synthetic businesses, a year of takings each", flush=True)
        for lines in (
            pure(settings, bank, principal, parties),
            durable(settings, bank, principal, parties, count),
            single(bank, principal, parties),
        ):
            print("\n".join(lines), flush=True)
        lines, differing = proven(bank, principal)
        print("\n".join(lines), flush=True)
        bank.close()
    return differing


def _peaks_mb(pid: int) -> dict[int, float]:
    """Return the most memory that a process and its children have held, by their ids."""
    found = {}
    with suppress(OSError, IndexError):
        said = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        found[pid] = int(said.partition("VmHWM:")[2].split()[0]) / 1024
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split():
            found |= _peaks_mb(int(child))
    return found


def in_files(count: int, shards: int) -> None:
    """Decide a synthetic portfolio in files and print."""
    with tempfile.TemporaryDirectory(prefix="martlet-batch-") as name:
        folder = Path(name)
        paths = write_portfolio(folder / "in", count)
        out = folder / "out"
        command = [sys.executable, "-m", "martlet", "credit", "decide-batch", "--json"]
        command += ["--applications", str(paths[0]), "--signals", str(paths[1])]
        command += ["--out", str(out), "--shards", str(shards), "--as-of", AS_OF.date().isoformat()]
        watch = Stopwatch()
        run = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        peaks_mb: dict[int, float] = {}
        while run.poll() is None:
            peaks_mb |= _peaks_mb(run.pid)
            sleep(0.2)
        spent = watch.spent()
        assert run.stdout is not None
        totals = json.loads(run.stdout.read())
        size = sum(path.stat().st_size for path in out.glob("decisions-*"))
    seconds = spent.wall_s * TEN_MILLION / count
    here_mb = peaks_mb.pop(run.pid, 0.0)
    scaled = "" if count == TEN_MILLION else f"; 10 million scaled from it: {seconds / 60:.1f} min"
    print(
        f"\nover columns: {count:,} synthetic applications in files, {shards} shards,"
        f" 2 processes, by the command\n"
        f"batch                {spent.a_second(count):,.0f}/s, {spent.wall_s:.0f} s{scaled}\n"
        f"                     {spent.cost(count)}\n"
        f"memory               {here_mb:,.0f} MB where it is cut,"
        f" {max(peaks_mb.values(), default=0.0):,.0f} where it is decided;"
        f" answers {size / count:.0f} bytes each\n"
        f"answers              {totals['approved']:,} approved, {totals['refused']:,} refused\n"
        f"proven               {totals['rows_proven']:,} rows decided again alone: 0 differing"
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke run: small and soon over")
    parser.add_argument("--decisions", type=int, default=100_000)
    parser.add_argument("--businesses", type=int, default=BUSINESSES)
    parser.add_argument("--portfolio", type=int, default=TEN_MILLION)
    parser.add_argument("--shards", type=int, default=64)
    parser.add_argument("--databases", default="sqlite,postgresql")
    wanted = parser.parse_args()
    if wanted.quick:
        wanted.decisions, wanted.businesses, wanted.portfolio = 5_000, 200, 100_000
        wanted.shards, wanted.databases = 4, "sqlite"
    print("\n".join(machine_lines(Path(tempfile.gettempdir()))))
    differing = 0
    for kind in wanted.databases.split(","):
        if kind == "postgresql":
            with (
                tempfile.TemporaryDirectory(prefix="martlet-pg-") as folder,
                postgres_server(Path(folder)) as url,
            ):
                differing += online(url, wanted.decisions, wanted.businesses)
        elif kind:
            differing += online("", wanted.decisions, wanted.businesses)
    in_files(wanted.portfolio, wanted.shards)
    print(
        f"\nassumed   {YUAN_PER_CPU_HOUR:.2f} yuan an hour of a core, without storage and people"
        f"\nbeside it MYbank's published operating cost of a loan: {PUBLISHED_YUAN_PER_LOAN} yuan"
    )
    print(f"load      {' '.join(f'{value:.2f}' for value in os.getloadavg())} (after the run)")
    return 1 if differing else 0


if __name__ == "__main__":
    raise SystemExit(main())
