"""Nights with idle cash, killed anywhere, end as unbroken ones; yields that come at night."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import MORNING, TENANT
from tests.treasury.peopled_treasury import Book, nights_of, peopled, the_book, work_nights

from martlet.kernel.clock import ManualClock
from martlet.kernel.ids import SeededIds
from martlet.kernel.principal import system_principal
from martlet.ledger import LedgerService, Transfer, verify_ledger
from martlet.store import open_database, verify_chain
from martlet.treasury.verify import verify_treasury

if TYPE_CHECKING:
    from tests.treasury.conftest import TreasuryBank

    from martlet.kernel.principal import Principal
    from martlet.store import Database

ROOT = Path(__file__).parents[2]
KILLS = 4


class PulledPlugError(Exception):
    """Somebody stumbled over the cable."""


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """The same bank on a database of its own, never interrupted."""
    principal, path = system_principal(TENANT), tmp_path_factory.mktemp("unbroken") / "bank.db"
    clock = ManualClock(MORNING)
    database = open_database(f"sqlite:///{path}", clock=clock, ids=SeededIds(1, clock))
    database.create_schema()
    peopled(database, clock, principal)
    work_nights(database, lambda _report: None)
    book = the_book(database, principal)
    database.close()
    return book


def test_nights_that_stumble_at_every_third_step_end_as_unbroken_ones(
    database: Database, clock: ManualClock, principal: Principal, unbroken: Book
) -> None:
    peopled(database, clock, principal)
    steps, stumbled = count(1), 0

    def stumble(_report: object) -> None:
        if next(steps) % 9 == 0:
            raise PulledPlugError

    while True:
        try:
            work_nights(database, stumble)
            break
        except PulledPlugError:
            stumbled += 1
    assert stumbled > 20
    assert the_book(database, principal) == unbroken


@pytest.mark.slow
def test_nights_killed_with_kill_9_end_as_unbroken_ones(
    database_url: str, tmp_path: Path, principal: Principal, unbroken: Book
) -> None:
    clock = ManualClock(MORNING)
    database = open_database(database_url, clock=clock, ids=SeededIds(1, clock))
    database.create_schema()
    peopled(database, clock, principal)
    database.close()
    for number in range(KILLS):
        log = tmp_path / f"night-{number}.log"
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.treasury.peopled_treasury", database_url, str(log)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
        )
        try:
            deadline = monotonic() + 60
            while not log.exists() or log.read_text().count("\n") < 9 + 17 * number:
                assert child.poll() is None, "the nights ended by themselves"
                assert monotonic() < deadline, "the nights do not come forward"
                sleep(0.01)
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()
        database = open_database(database_url)
        with database.read() as connection:
            verify_chain(connection)
            verify_ledger(connection)
            verify_treasury(connection)
        database.close()
    database = open_database(database_url)
    work_nights(database, lambda _report: None)
    assert the_book(database, principal) == unbroken
    database.close()


def test_a_yield_published_while_the_night_accrues_is_known_to_all_on_the_next_morning(
    bank: TreasuryBank,
) -> None:
    """Half the positions have passed the day already: none may be paid what others are not."""
    shops = [bank.business(1_000_000) for _ in range(4)]
    for shop in shops:
        bank.subscribe(shop, "yulibao", 1_000_000)
    bank.close_days()
    _treasury, nights = nights_of(bank.database)
    published = []

    def publish(report: Any) -> None:
        if report.job.name.endswith("treasury_accrue") and not published:
            published.append(bank.today)
            bank.publish(18_250)

    nights.run(bank.principal, None, publish)
    assert published
    assert [bank.figures(shop)["earned_fen"] for shop in shops] == [0, 0, 0, 0]
    bank.proven()
    nights.run(bank.principal)
    assert [bank.figures(shop)["earned_fen"] for shop in shops] == [50, 50, 50, 50]
    bank.proven()


def test_a_dry_rail_keeps_nobody_waiting_whose_money_stays_here(bank: TreasuryBank) -> None:
    """A payout by the rail that cannot be paid does not hold up a term that ends that morning."""
    shop = bank.business(30_000_000)
    surplus = bank.subscribe(shop, "yulibao", 20_000_000)
    bank.subscribe(shop, "wenlibao", 3_650_000, tenor_days=28)
    bank.close_days(25)
    bank.redeem(surplus, 15_000_000)
    bank.close_days(2)
    accounts = ("assets/settlement/elsewhere", "assets/settlement/simulated")

    def drain(report: Any) -> None:
        if report.job.name.endswith("treasury_settle"):
            ids, left_fen = SeededIds(9, bank.clock), bank.balance(accounts[1])
            gone = Transfer(ids.new(), ids.new(), *accounts, left_fen, "test.drained")
            LedgerService(bank.database).post(bank.principal, "drain", [gone])

    _treasury, nights = nights_of(bank.database)
    report = nights.run(bank.principal, None, drain)
    assert report.totals("treasury_pay")["kept_waiting"] == 1
    assert bank.balance(f"liabilities/customers/balance/{shop}") == 6_350_000 + 3_653_920
    assert bank.figures(shop)["waiting_fen"] == 14_000_000
    bank.proven()
