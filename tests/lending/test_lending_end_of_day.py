"""The night: columns equal the projection, and a night killed anywhere ends as one unbroken."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update
from tests.conftest import MORNING
from tests.lending.conftest import TODAY, LendingBank, SteadyTakings

from martlet.credit import CreditService
from martlet.kernel.clock import ManualClock
from martlet.kernel.crypto import new_keyring
from martlet.kernel.errors import Corrupt, Forbidden, Refused
from martlet.kernel.ids import SeededIds
from martlet.ledger import LedgerService, trial_balance, verify_ledger
from martlet.lending import EndOfDay, LendingService, SimulatedRail, verify_lending
from martlet.lending.tables import loan
from martlet.parties import HeldCodeSender, PartiesService
from martlet.store import open_database, verify_chain

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from martlet.kernel.principal import Principal
    from martlet.store import Database

LOANS = 7
DAYS = 33


def peopled(database: Database, clock: ManualClock, principal: Principal) -> LendingBank:
    """A bank with loans of both products, some of which will never be repaid."""
    ledger = LedgerService(database)
    ledger.open_day(principal, "open", TODAY)
    lending = LendingService(database, CreditService(database, [SteadyTakings()]), SimulatedRail())
    lending.fund(principal, "fund", 1_000_000_000)
    parties = PartiesService(database, new_keyring(SeededIds(7, clock)), clock, HeldCodeSender())
    bank = LendingBank(
        database, clock, principal, ledger, lending,
        EndOfDay(database, chunk_loans=4), lending._rail, parties,
    )  # fmt: skip
    for number in range(LOANS):
        product, tenor = ("revolving_daily", 30) if number % 2 else ("equal_instalments", 3)
        bank.drawn(100 + 77_777 * number, product, tenor=tenor)
    return bank


def the_book(bank: LendingBank) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Every loan's row and the trial balance, and proof that both are sound."""
    with bank.database.read() as connection:
        verify_chain(connection)
        verify_ledger(connection)
        verify_lending(connection)
        rows = connection.execute(select(loan).order_by(loan.c.loan_id)).mappings()
        balance = trial_balance(connection, bank.principal, TODAY + timedelta(days=DAYS - 1))
        return [dict(row) for row in rows], [row.as_json() for row in balance.rows]


@pytest.fixture
def unbroken(tmp_path: Path, principal: Principal) -> Any:
    """The same bank on a database of its own, never interrupted."""
    clock = ManualClock(MORNING)
    database = open_database(
        f"sqlite:///{tmp_path / 'unbroken.db'}", clock=clock, ids=SeededIds(1, clock)
    )
    database.create_schema()
    bank = peopled(database, clock, principal)
    for number in range(DAYS):
        bank.end_of_day.run(principal, TODAY + timedelta(days=number))
    yield the_book(bank)
    database.close()


class PulledPlugError(Exception):
    """Somebody stumbled over the cable."""


def test_a_night_killed_after_any_step_ends_as_one_unbroken(
    database: Database, clock: ManualClock, principal: Principal, unbroken: Any
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
    assert the_book(bank) == unbroken


def test_a_step_that_fails_half_way_leaves_nothing(
    database: Database, clock: ManualClock, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = peopled(database, clock, principal)
    nightly = "martlet.lending.nightly._post"
    with monkeypatch.context() as broken:
        broken.setattr(nightly, lambda *_: (_ for _ in ()).throw(PulledPlugError()))
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


def test_a_loan_paid_out_during_the_night_is_accrued_before_the_day_closes(
    bank: LendingBank,
) -> None:
    bank.drawn(1_000_000)
    drawn: list[UUID] = []

    def draw_in_the_night(report: Any) -> None:
        if report.job.name == "eod.verify":
            drawn.append(bank.drawn(2_000_000))

    report = bank.end_of_day.run(bank.principal, TODAY, draw_in_the_night)
    assert report.totals("close")["loans"] == 1
    rate = bank.lending.loan(bank.principal, drawn[0])["rate_ppm_per_day"]
    assert report.totals("close")["interest_fen"] == 2 * rate


def test_columns_that_differ_from_the_projection_stop_the_night(bank: LendingBank) -> None:
    loan_id = bank.drawn(1_000_000)
    with bank.database.engine.begin() as connection:
        connection.execute(
            update(loan).where(loan.c.loan_id == loan_id).values(interest_ticks=10_000_000)
        )
    with pytest.raises(Corrupt, match="lending.columns_differ"):
        bank.end_of_day.run(bank.principal)


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
