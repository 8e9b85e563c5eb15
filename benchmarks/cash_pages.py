"""The owner's cash-flow page and the console's forecast quality, on made-up statements.

`python -m benchmarks.cash_pages [--firms 100]` opens a bank, brings in a year of a made-up account
for every firm, and prints the median and the worst of the outlook, a what-if, the whole page and
the card of the first page for one of them, and the seconds of playing all of them again.
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from starlette.testclient import TestClient

from benchmarks.machine import machine_lines
from martlet.api import create_app
from martlet.bootstrap import open_bank
from martlet.cashflow import chinese_calendar
from martlet.cashflow.changes import LateReceipts
from martlet.cashflow.quality import quality_of_firms
from martlet.cli.demo_statement import made_up_statement
from martlet.kernel.calendar import business_date_of
from martlet.kernel.config import Settings
from martlet.kernel.principal import system_principal
from martlet.parties import PersonKind, Registration

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from martlet.bootstrap import Bank
    from martlet.kernel.principal import Principal

TIMES = 15


def fill(bank: Bank, itself: Principal, folder: Path, firms: int) -> tuple[UUID, ...]:
    """Register firms that let the bank read a made-up statement of 420 days each."""
    today = business_date_of(bank.clock.now())
    rows = [
        Registration(
            name=f"firm {at}",
            owner_phone=f"170{at:08d}",
            owner_name=f"owner {at}",
            trade="-",
            region="-",
        )
        for at in range(firms)
    ]
    parties = bank.parties.register_businesses(itself, "firms", rows)
    until = today + timedelta(days=300)
    bank.parties.give_consents(itself, "yes", parties, records=("bank",), until=until)
    statement = folder / "statement.csv"
    statement.write_text(made_up_statement(today), encoding="utf-8")
    for at, party_id in enumerate(parties):
        bank.records.import_file(itself, f"in-{at}", statement, party_id=party_id)
    return tuple(parties)


def timed(name: str, act: Callable[[], object]) -> None:
    """Print the median and the worst of some runs; the first one warms up and does not count."""
    act()
    taken = []
    for _ in range(TIMES):
        started = perf_counter()
        act()
        taken.append(1000 * (perf_counter() - started))
    print(f"{name:<10}{median(taken):7.0f} ms median, {max(taken):.0f} ms worst of {TIMES}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--firms", type=int, default=100)
    firms = parser.parse_args().firms
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(*machine_lines(folder), sep="\n")
        bank = open_bank(Settings(home=folder / "home"))
        itself = system_principal(bank.set_up("Benchmark"))
        parties = fill(bank, itself, folder, firms)
        one, today = parties[0], business_date_of(bank.clock.now())
        late = [LateReceipts(today, 14)]
        timed("outlook", lambda: bank.cashflow.outlook(itself, one))
        timed("what-if", lambda: bank.cashflow.what_if(itself, one, late))
        owner = bank.parties.owners(itself, one)[0]
        token = bank.parties.login_link(itself, PersonKind.OWNER, owner.owner_id)
        with TestClient(create_app(bank)) as client:
            form = client.get("/link").text.split('name="token" value="')[1].split('"')[0]
            client.post("/link", data={"token": form, "link": token})
            page = f"/businesses/{one}/cash-flow"
            assert client.get(page).status_code == 200
            timed("page", lambda: client.get(page))
            timed("card", lambda: client.get(f"{page}/card"))
        started = perf_counter()
        found = quality_of_firms(bank.records, itself, parties, today, chinese_calendar())
        print(f"quality   {perf_counter() - started:7.1f} s for {found.firms_count} firms")
        bank.close()


if __name__ == "__main__":
    main()
