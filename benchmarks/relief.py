"""How long relief takes: a programme previewed and launched over a synthetic book, both databases.

The book (`loan_book.py`, synthetic, seven of ten loans in monthly instalments) is loaded before the
clock starts, with a business for each borrower. Told are the seconds of the preview and of the
launch, whether the cost booked is the one foretold, and with `--prove` the proof that projects
every relieved loan with and without its relief. With `--kill` the launch runs in a process of its
own that is killed with SIGKILL three times and begun again.

    python -m benchmarks.relief [--quick] [--loans N] [--folder DIR] [--only NAME] [--prove]
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from time import perf_counter, process_time, sleep
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
from sqlalchemy import text

from benchmarks.loan_book import TENANT, load_book
from benchmarks.machine import machine_lines, postgres_server, postgres_version
from martlet.kernel.principal import ALL_SCOPES, ActorKind, Principal
from martlet.lending.relief import ReliefService, shipped_programmes, verify_relief
from martlet.store import Database, open_database
from martlet.store.driver import Driver

if TYPE_CHECKING:
    from collections.abc import Callable

TODAY = date(2026, 3, 2)
FULL_LOANS = 1_800_000
QUICK_LOANS = 5_000
BARS_SECONDS = {"preview": 60, "launch": 600}
REGIONS = ("湖北武汉", "浙江杭州", "广东深圳", "四川成都", "河南郑州", "云南昆明")
TRADES = ("餐饮", "零售", "批发", "服装", "维修", "农资")
BUSINESSES_PER_LOAD = 50_000
KILLS = 3
BUDGET_FEN = 10**15


def person(number: int) -> Principal:
    """Return a member of the bank's staff."""
    return Principal(TENANT, UUID(int=number), ActorKind.STAFF, ALL_SCOPES)


def load_businesses(database: Database, seed: int) -> int:
    """Write a business for each borrower of the book; return how many."""
    rng = np.random.default_rng(seed)
    with database.engine.begin() as connection:
        driver = Driver(connection)
        found = driver.fetch("SELECT DISTINCT party_id FROM lending_loan")
        columns = ("tenant_id", "party_id", "name_sealed", "trade", "region", "registered_at")
        moment, tenant = "2025-01-01T00:00:00.000000+00:00", driver.id(TENANT)
        for start in range(0, len(found), BUSINESSES_PER_LOAD):
            part = found[start : start + BUSINESSES_PER_LOAD]
            trades = rng.choice(TRADES, len(part)).tolist()
            regions = rng.choice(REGIONS, len(part)).tolist()
            driver.load(
                "business",
                columns,
                [
                    (tenant, row[0], "synthetic", trade, region, moment)
                    for row, trade, region in zip(part, trades, regions, strict=True)
                ],
            )
        if driver.is_postgres:
            driver.run("ANALYZE")
    return len(found)


def measure(name: str, url: str, loans: int, *, prove: bool, kill: bool) -> None:
    """Load a book, preview and launch the shipped programme over it, and print the times."""
    database = open_database(url)
    try:
        database.migrate()
        seconds, _ = _timed(lambda: load_book(database, loans, TODAY, seed=310))
        businesses = load_businesses(database, seed=311)
        print(
            f"\n{name}: {loans:,} live loans (synthetic) of {businesses:,} businesses,"
            f" loaded in {seconds:.1f} s"
        )
        relief = ReliefService(database)
        shipped = shipped_programmes()["free_then_discount"]
        budget = "budget_fen = 50_000_000_000"
        assert budget in shipped
        programme = UUID(
            relief.draft(person(1), "draft", shipped.replace(budget, f"budget_fen = {BUDGET_FEN}"))[
                "programme_id"
            ]
        )
        computing = process_time()
        seconds, figures = _timed(lambda: relief.preview(person(1), programme))
        _tell("preview", seconds, loans)
        print(f"                 {process_time() - computing:.1f} s of it this process computing")
        print(
            f"                 {figures['loans']:,} loans would be helped for"
            f" {figures['cost_fen'] / 100:,.2f} yuan; {figures['valued_alone']:,} valued one by"
            f" one, {figures['checked']:,} checked both ways"
        )
        relief.approve(person(2), "approve", programme)
    finally:
        database.close()
    seconds = _launch_killed(url, programme) if kill else _launch_here(url, programme)
    _tell("launch", seconds, loans)
    _settle(url, programme, figures["cost_fen"], prove=prove)


def _launch_here(url: str, programme: UUID) -> float:
    database = open_database(url)
    try:
        relief = ReliefService(database)
        return _timed(lambda: relief.launch(person(2), "launch", programme))[0]
    finally:
        database.close()


def _launch_killed(url: str, programme: UUID) -> float:
    """Launch in another process, kill it some times, and return all the time that passed."""
    begun = perf_counter()
    arguments = [sys.executable, "-m", "benchmarks.relief", "--launch", url, str(programme)]
    for number in range(KILLS + 1):
        child = subprocess.Popen(arguments)
        if number < KILLS:
            sleep(3 + 2 * number)
            child.send_signal(signal.SIGKILL)
            child.wait()
            print(f"                 killed after {perf_counter() - begun:.1f} s")
        else:
            assert child.wait() == 0
    return perf_counter() - begun


def _settle(url: str, programme: UUID, foretold_fen: int, *, prove: bool) -> None:
    """Compare what was booked with what was foretold; prove it loan by loan where asked."""
    database = open_database(url)
    try:
        found = ReliefService(database).progress(person(1), programme)
        assert found["cost_fen"] == foretold_fen, (found, foretold_fen)
        print(
            f"                 {found['loans']:,} loans relieved; the cost booked is the one"
            " foretold, to the fen"
        )
        if prove:
            with database.read() as connection:
                seconds, report = _timed(lambda: verify_relief(connection))
            print(f"  {'proof':14} {seconds:7.1f} s  {report.as_json()}")
        with database.read() as connection:
            events = connection.execute(
                text("SELECT count(*) FROM lending_loan_event")
            ).scalar_one()
        print(f"                 {events:,} events of loans in all")
    finally:
        database.close()


def _tell(what: str, seconds: float, loans: int) -> None:
    bar = BARS_SECONDS[what]
    load = os.getloadavg()[0]
    print(f"  {what:14} {seconds:7.1f} s  (bar {bar} s for 1,800,000; load {load:.1f})")
    if loans >= FULL_LOANS and seconds > bar:
        print(f"  {what} took longer than its bar")


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = perf_counter()
    found = work()
    return perf_counter() - begun, found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke test, not a measurement")
    parser.add_argument("--loans", type=int, help="how many live loans")
    parser.add_argument("--folder", type=Path, help="where the databases are made (a disk)")
    parser.add_argument("--only", nargs="*", choices=["sqlite", "postgresql"], default=None)
    parser.add_argument("--prove", action="store_true", help="project every relieved loan")
    parser.add_argument("--kill", action="store_true", help="kill the launch three times")
    parser.add_argument("--launch", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.launch:
        _launch_here(chosen.launch[0], UUID(chosen.launch[1]))
        return
    loans = chosen.loans or (QUICK_LOANS if chosen.quick else FULL_LOANS)
    wanted = chosen.only or ["sqlite", "postgresql"]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=chosen.folder)))
        for line in machine_lines(folder):
            print(line)
        how = {"prove": chosen.prove or chosen.quick, "kill": chosen.kill}
        if "sqlite" in wanted:
            measure("SQLite", f"sqlite:///{folder / 'book.db'}", loans, **how)
        if "postgresql" in wanted:
            url = stack.enter_context(postgres_server(folder / "postgres"))
            measure(f"PostgreSQL {postgres_version(url)}", url, loans, **how)


if __name__ == "__main__":
    main()
