"""How long a payment found late takes on a loan with a long history: the whole command, durable.

Two synthetic loans: one repaid a little every day for 2,400 days, so that interest ran on 2,400
balances; and one with 2,400 daily instalments, each asked for and paid. Into each, payments are
slipped in up to five years back: read, replayed, the difference posted and committed. Then the
proof of the ledger and of the loans is made. Beside the seconds on the clock stands the time that
the process itself had a processor, which other work on the machine does not lengthen as much.

    python -m benchmarks.backdate [--folder DIR] [--only NAME ...]
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import TYPE_CHECKING
from uuid import UUID

from benchmarks.loan_book import RAIL, TENANT, Story, story_of, write_book
from benchmarks.machine import machine_lines, postgres_server, postgres_version
from martlet.credit import CreditService
from martlet.kernel.principal import system_principal
from martlet.ledger import verify_ledger
from martlet.lending import (
    EventKind,
    LendingService,
    LoanEvent,
    LoanTerms,
    SimulatedRail,
    asked_event,
    product_named,
    verify_lending,
)
from martlet.store import open_database

if TYPE_CHECKING:
    from collections.abc import Callable

TODAY = date(2026, 3, 2)
EVENTS = 2_400
FIVE_YEARS_DAYS = 1_826
PAYMENTS = 15
BAR_SECONDS = 0.1


def balances() -> Story:
    """A drawdown of ten years, a hundred yuan repaid on every day."""
    terms = LoanTerms(1_000_000_000, 300, 3_650, product_named("revolving_daily").conventions)
    return _told("revolving_daily", terms, 400_000)


def demands() -> Story:
    """A loan of 3,000 daily instalments, of which 2,400 have fallen due and been paid."""
    start = TODAY - timedelta(days=EVENTS)
    days = tuple(start + timedelta(days=number) for number in range(1, 3_001))
    agreed = product_named("equal_instalments").conventions
    terms = LoanTerms(300_000_000, 300, 24, agreed, due_dates=days)
    return _told("equal_instalments", terms, 145_000)


def _told(name: str, terms: LoanTerms, paid_fen: int) -> Story:
    start = TODAY - timedelta(days=EVENTS)
    events = [LoanEvent(UUID(int=1), 1, EventKind.DISBURSED, start, terms.principal_fen)]
    for number in range(1, EVENTS):
        day, own = start + timedelta(days=number), UUID(int=number + 1)
        events.append(LoanEvent(own, number + 1, EventKind.REPAID, day, paid_fen))
    story = story_of(name, terms, events, TODAY)
    assert story is not None, name
    return story


def measure(name: str, url: str) -> None:
    """Slip payments into both loans and print what each took."""
    database = open_database(url)
    try:
        database.migrate()
        loans = write_book(database, [balances(), demands()], TODAY)
        lending = LendingService(database, CreditService(database, []), SimulatedRail(name=RAIL))
        bank, back = system_principal(TENANT), TODAY - timedelta(days=FIVE_YEARS_DAYS)
        for what, loan_id in zip(("balances", "instalments"), loans, strict=True):
            print(f"\n{name}: {EVENTS:,} daily {what}, one repayment each")
            asked = asked_event("repaid", 50_000, None, back)

            def late(number: int, loan_id: UUID = loan_id, what: str = what) -> None:
                on = back + timedelta(days=number)
                lending.repay(bank, f"{what}-{number}", loan_id, 50_000, "", on)

            def seen(_: int, loan_id: UUID = loan_id, asked: object = asked) -> None:
                lending.preview_event(bank, loan_id, asked)  # type: ignore[arg-type]

            _show("a payment of five years ago", late, BAR_SECONDS)
            _show("its preview, with both schedules", seen, None)
        with database.read() as connection:
            verify_ledger(connection)
            verify_lending(connection)
        print("  verified: ledger clean, both loans replayed")
    finally:
        database.close()


def _show(what: str, command: Callable[[int], None], bar: float | None) -> None:
    took, worked = [], []
    for number in range(PAYMENTS):
        begun, own = perf_counter(), process_time()
        command(number)
        took.append(perf_counter() - begun)
        worked.append(process_time() - own)
    said = f"  (bar {bar} s)" if bar else ""
    print(
        f"  {what:34} median {median(took):.3f} s, slowest {max(took):.3f} s;"
        f" processor time {median(worked):.3f} s{said}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="where the databases are made (a disk)")
    parser.add_argument("--only", nargs="*", choices=["sqlite", "postgresql"], default=None)
    chosen = parser.parse_args()
    wanted = chosen.only or ["sqlite", "postgresql"]
    with ExitStack() as stack:
        made = tempfile.TemporaryDirectory(dir=chosen.folder)
        folder = Path(stack.enter_context(made))
        print("\n".join(machine_lines(folder)))
        if "sqlite" in wanted:
            measure("SQLite", f"sqlite:///{folder / 'book.db'}")
        if "postgresql" in wanted:
            url = stack.enter_context(postgres_server(folder / "postgres"))
            measure(f"PostgreSQL {postgres_version(url)}", url)


if __name__ == "__main__":
    main()
