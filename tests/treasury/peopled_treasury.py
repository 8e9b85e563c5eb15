"""A bank with idle cash of every kind, the nights it lives through, and what its book then says.

Run as a program it works the nights of such a bank, to be killed by somebody else:

    python -m tests.treasury.peopled_treasury URL LOG
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from tests.conftest import TENANT
from tests.treasury.conftest import TODAY, TreasuryBank, opened

from martlet.bootstrap import treasury_steps
from martlet.kernel.principal import system_principal
from martlet.ledger import current_business_date, trial_balance, verify_ledger
from martlet.lending import EndOfDay
from martlet.lending.nights import NightStep
from martlet.store import open_database, verify_chain
from martlet.treasury.night import TreasuryNight
from martlet.treasury.rail import SimulatedRedemptions
from martlet.treasury.service import TreasuryService
from martlet.treasury.tables import payout, position
from martlet.treasury.verify import verify_treasury

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from martlet.kernel.clock import ManualClock
    from martlet.kernel.principal import Principal
    from martlet.store import Database

DAYS = 32
"""From 2 March on: the short term ends, and the second instalment falls due."""
SHOPS = 5

Book = tuple[list[Any], list[Any], list[Any]]


def peopled(database: Database, clock: ManualClock, principal: Principal) -> TreasuryBank:
    """Five shops with surplus, terms and plans; the first asks for more than its cap at once."""
    bank = opened(database, clock, principal, SimulatedRedemptions())
    for number in range(SHOPS):
        shop = bank.business(4_000_000 + 777 * number)
        surplus = bank.subscribe(shop, "yulibao", 2_000_000 + 333 * number)
        bank.subscribe(shop, "wenlibao", 500_000 + number, tenor_days=28)
        bank.subscribe(shop, "yuelibao", 600_000 + number, instalments=6)
        if not number:
            first = surplus
    bank.close_days(1)
    bank.redeem(first, 1_300_000)
    return bank


def the_book(database: Database, principal: Principal) -> Book:
    """Every position, payout and day's trial balance, all proved sound, without their ids."""
    with database.read() as connection:
        verify_chain(connection)
        verify_ledger(connection)
        verify_treasury(connection)
        held = connection.execute(select(position)).all()
        sent = connection.execute(select(payout)).all()
        days = [TODAY + timedelta(days=number) for number in range(DAYS)]
        struck = [trial_balance(connection, principal, day).as_json() for day in days]
    positions = sorted((row.product, row.events, repr(row.state)) for row in held)
    payouts = sorted((row.product, row.asked_on, row.amount_fen, row.state) for row in sent)
    return positions, payouts, struck


def nights_of(database: Database) -> tuple[TreasuryService, EndOfDay]:
    """The treasury of a database, and nights that take two positions in a commit."""
    treasury = TreasuryService(database, SimulatedRedemptions())
    small = TreasuryNight("simulated", treasury.night().days, chunk_positions=2)
    steps = tuple(NightStep(name, run) for name, run in small.steps())
    assert [step.name for step in steps] == [step.name for step in treasury_steps(treasury)]
    return treasury, EndOfDay(database, others=steps)


def work_nights(database: Database, on_step: Callable[[Any], None]) -> None:
    """Publish a yield, end the day and hand the payouts over, until the last day is done."""
    principal, last = system_principal(TENANT), TODAY + timedelta(days=DAYS - 1)
    treasury, nights = nights_of(database)
    while (day := _open_day(database)) <= last:
        treasury.publish_yields(principal, f"yield:{day}", "yulibao", {day: 18_250 + day.day})
        nights.run(principal, day, on_step)
        treasury.send_payouts(principal)
    treasury.send_payouts(principal)


def _open_day(database: Database) -> date:
    with database.read() as connection:
        return current_business_date(connection, TENANT)


if __name__ == "__main__":
    with Path(sys.argv[2]).open("a") as lines:

        def note(report: Any) -> None:
            lines.write(f"{report.job.name}\n")
            lines.flush()

        work_nights(open_database(sys.argv[1]), note)
