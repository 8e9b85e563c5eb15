"""The night: columns equal the projection, and a night killed anywhere ends as one unbroken."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update
from tests.conftest import MORNING, TENANT
from tests.lending.conftest import TODAY, LendingBank
from tests.lending.peopled_bank import DAYS, LOANS, Book, peopled, the_book, work_nights

from martlet.kernel.clock import ManualClock
from martlet.kernel.errors import Corrupt, Forbidden, Refused
from martlet.kernel.ids import SeededIds
from martlet.kernel.principal import system_principal
from martlet.ledger import journal, trial_balance, verify_ledger
from martlet.lending import EndOfDay, verify_lending
from martlet.lending.tables import loan
from martlet.store import open_database, verify_chain

if TYPE_CHECKING:
    from uuid import UUID

    from martlet.kernel.principal import Principal
    from martlet.store import Database


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """The same bank on a database of its own, never interrupted."""
    principal, path = system_principal(TENANT), tmp_path_factory.mktemp("unbroken") / "bank.db"
    clock = ManualClock(MORNING)
    database = open_database(f"sqlite:///{path}", clock=clock, ids=SeededIds(1, clock))
    database.create_schema()
    bank = peopled(database, clock, principal)
    for number in range(DAYS):
        bank.end_of_day.run(principal, TODAY + timedelta(days=number))
    book = the_book(database, principal)
    database.close()
    return book


ROOT = Path(__file__).parents[2]
KILLS = 5


class PulledPlugError(Exception):
    """Somebody stumbled over the cable."""


def test_a_night_killed_after_any_step_ends_as_one_unbroken(
    database: Database, clock: ManualClock, principal: Principal, unbroken: Book
) -> None:
    bank, steps = peopled(database, clock, principal), count(1)

    def stumble(_report: object) -> None:
        if next(steps) % 3 == 0:
            raise PulledPlugError

    for number in range(DAYS):
        day, rested = TODAY + timedelta(days=number), False
        while not rested:
            try:
                bank.end_of_day.run(principal, day, stumble)
                rested = True
            except PulledPlugError:
                if number % 8 == 0:
                    with database.read() as connection:
                        verify_lending(connection)
    assert the_book(bank.database, principal) == unbroken


@pytest.mark.slow
def test_nights_killed_with_kill_9_end_as_unbroken_ones(
    database_url: str, tmp_path: Path, principal: Principal, unbroken: Book
) -> None:
    """Five times the process that works the nights is killed, at moments that nobody chose."""
    clock = ManualClock(MORNING)
    database = open_database(database_url, clock=clock, ids=SeededIds(1, clock))
    database.create_schema()
    peopled(database, clock, principal)
    database.close()
    for number in range(KILLS):
        log = tmp_path / f"night-{number}.log"
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.lending.peopled_bank", database_url, str(log)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
        )
        try:
            steps = 4 + 5 * number
            deadline = monotonic() + 60
            while not log.exists() or log.read_text().count("\n") < steps:
                assert child.poll() is None, "the night ended by itself"
                assert monotonic() < deadline, "the night does not come forward"
                sleep(0.01)
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()
        database = open_database(database_url)
        with database.read() as connection:
            verify_chain(connection)
            verify_ledger(connection)
            verify_lending(connection)
        database.close()
    work_nights(database_url, tmp_path / "last.log")
    database = open_database(database_url)
    assert the_book(database, principal) == unbroken
    database.close()


def test_days_caught_up_in_one_go_leave_the_book_of_night_after_night(
    database: Database, clock: ManualClock, principal: Principal, unbroken: Book
) -> None:
    """Every loan and every day's trial balance: also where the catching up dies on the way."""
    bank, commits = peopled(database, clock, principal), count(1)
    first, last = TODAY + timedelta(days=9), TODAY + timedelta(days=DAYS - 1)
    assert EndOfDay(database).catch_up(principal, first) == 10

    def stumble(_day: date) -> None:
        if next(commits) % 3 == 0:
            raise PulledPlugError

    caught_up = False
    while not caught_up:
        try:
            bank.end_of_day.catch_up(principal, last, stumble)
            caught_up = True
        except PulledPlugError:
            with database.read() as connection:
                verify_lending(connection)
    assert next(commits) > 3, "it was interrupted"
    assert the_book(database, principal) == unbroken
    assert bank.end_of_day.catch_up(principal, last) == 0


def test_a_step_that_fails_half_way_leaves_nothing(
    database: Database, clock: ManualClock, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = peopled(database, clock, principal)
    accrual = "martlet.lending.nights.accrual.move_mark"
    with monkeypatch.context() as broken:
        broken.setattr(accrual, lambda *_: (_ for _ in ()).throw(PulledPlugError()))
        with pytest.raises(PulledPlugError):
            bank.end_of_day.run(principal)
    with database.read() as connection:
        verify_lending(connection)
    report = bank.end_of_day.run(principal, TODAY)
    assert report.totals("accrue")["loans"] == LOANS
    assert report.next_business_date == TODAY + timedelta(days=1)


def test_a_day_is_ended_once(bank: LendingBank) -> None:
    bank.drawn(1_000_000)
    first = bank.end_of_day.run(bank.principal, TODAY)
    assert first.totals("trial_balance")["difference_fen"] == 0
    assert bank.end_of_day.run(bank.principal, TODAY) == first
    with pytest.raises(Refused, match="lending.day_not_open"):
        bank.end_of_day.run(bank.principal, TODAY + timedelta(days=2))
    owner = bank.owner_of(bank.business())
    with pytest.raises(Forbidden):
        bank.end_of_day.run(owner)


def test_a_loan_paid_out_during_the_night_earns_its_first_night_at_once(
    bank: LendingBank,
) -> None:
    bank.drawn(1_000_000)
    drawn: list[UUID] = []

    def draw_in_the_night(report: Any) -> None:
        if report.job.name == "eod.verify":
            drawn.append(bank.drawn(2_000_000))

    bank.end_of_day.run(bank.principal, TODAY, draw_in_the_night)
    rate = bank.lending.loan(bank.principal, drawn[0])["rate_ppm_per_day"]
    with bank.database.read() as connection:
        verify_lending(connection)
        lines = journal(connection, bank.principal, subject=f"loan:{drawn[0]}")
    earned = [line.amount_fen for line in lines if line.kind == "lending.accrual"]
    assert (earned, lines[-1].business_date) == ([2 * rate], TODAY)


def test_columns_that_differ_from_the_projection_stop_the_night(bank: LendingBank) -> None:
    loan_id = bank.drawn(1_000_000)
    with bank.database.engine.begin() as connection:
        connection.execute(
            update(loan).where(loan.c.loan_id == loan_id).values(interest_ticks=10_000_000)
        )
    with pytest.raises(Corrupt, match="lending.columns_differ"):
        bank.end_of_day.run(bank.principal)


def test_the_status_tells_how_far_a_broken_night_has_come(bank: LendingBank) -> None:
    """The night dies after ageing: four steps are done, the rest are still to come."""
    bank.drawn(1_000_000)

    def die(report: Any) -> None:
        if report.job.name == "eod.age":
            raise ConnectionError

    assert {step["state"] for step in _steps(bank)} == {"to come"}
    with pytest.raises(ConnectionError):
        bank.end_of_day.run(bank.principal, TODAY, die)
    states = [step["state"] for step in _steps(bank)]
    assert states == ["done"] * 4 + ["to come"] * (len(states) - 4)
    bank.end_of_day.run(bank.principal, TODAY)
    assert {step["state"] for step in _steps(bank)} == {"to come"}, "a new day has opened"


def _steps(bank: LendingBank) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = bank.end_of_day.status(bank.principal).as_json()["steps"]
    return steps


@pytest.mark.parametrize("after", ["allocate", "accrue", "due", "age", "provide", "verify"])
def test_a_payment_made_anywhere_in_the_night_finds_its_loan_caught_up(
    bank: LendingBank, after: str
) -> None:
    """The loan's row is days old when the money comes; the payment costs what it costs by day."""
    night, day = bank.drawn(1_000_000, tenor=30), bank.drawn(1_000_000, tenor=30)
    bank.close_days(29)
    bank.lending.repay(bank.principal, "by day", day, 300_000)

    def repay_in_the_night(report: Any) -> None:
        if report.job.name == f"eod.{after}":
            bank.lending.repay(bank.principal, "by night", night, 300_000)

    bank.end_of_day.run(bank.principal, TODAY + timedelta(days=29), repay_in_the_night)
    bank.close_days(3)
    same = ("principal_outstanding_fen", "interest_fen", "penalty_fen", "status", "next_due_on")
    found = [bank.lending.loan(bank.principal, loan_id) for loan_id in (night, day)]
    assert [found[0][name] for name in same] == [found[1][name] for name in same]
    with bank.database.read() as connection:
        verify_lending(connection)


def test_a_repayment_between_accrual_and_close_takes_the_night_back(bank: LendingBank) -> None:
    """Accrued for the night already; paid off before the close: the night costs nothing."""
    loan_id = bank.drawn(1_000_000)

    def repay_in_the_night(report: Any) -> None:
        if report.job.name == "eod.age":
            bank.lending.repay(bank.principal, "repay", loan_id, 1_000_000)

    bank.end_of_day.run(bank.principal, TODAY, repay_in_the_night)
    closed = bank.lending.loan(bank.principal, loan_id)
    assert (closed["status"], closed["outstanding_fen"]) == ("closed", 0)
    with bank.database.read() as connection:
        balance = trial_balance(connection, bank.principal, TODAY)
        income = next(row for row in balance.rows if row.path.startswith("income/interest"))
        assert income.balance_fen == 0
        verify_lending(connection)
