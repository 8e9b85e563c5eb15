"""Money leaves between two commits: what the rail says late, twice, or against itself."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from tests.lending.conftest import TODAY, LendingBank

from martlet.kernel.errors import Conflict
from martlet.ledger import balances
from martlet.lending import Behaviour, Outcome, SimulatedRail, verify_lending
from martlet.store import read_chain

SLOW = Behaviour(delay=timedelta(minutes=5))
FAILING = Behaviour(fail_ppm=1_000_000)


def settlement_of(bank: LendingBank) -> tuple[int, int]:
    """What lies at the rail, and what of it may still be spent."""
    with bank.database.read() as connection:
        (one,) = balances(connection, bank.principal, "assets/settlement/simulated")
    return one.balance_fen, one.available_fen


def events_of(bank: LendingBank) -> list[str]:
    with bank.database.read() as connection:
        verify_lending(connection)
        rows = read_chain(connection, category="event")
    return [row.kind for row in rows if row.kind.startswith("lending.")]


@pytest.mark.parametrize("behaviour", [SLOW])
def test_a_slow_rail_leaves_the_loan_pending_and_nothing_accrues(
    bank: LendingBank, behaviour: Behaviour
) -> None:
    line = bank.line()
    answer = bank.lending.draw(bank.principal, "draw", line, 100_000)
    assert answer["state"] == "pending"
    funded = 1_000_000_000
    assert settlement_of(bank) == (funded, funded - 100_000)
    assert bank.lending.deliver_rail_reports() == 0
    bank.end_of_day.run(bank.principal)
    bank.clock.advance(timedelta(days=1))
    assert bank.lending.deliver_rail_reports() == 1
    loan = bank.lending.loan(bank.principal, UUID(answer["loan_id"]))
    assert (loan["state"], loan["status"], loan["outstanding_fen"]) == ("posted", "live", 100_000)
    assert loan["disbursed_on"] == (TODAY + timedelta(days=1)).isoformat()
    assert settlement_of(bank) == (funded - 100_000, funded - 100_000)
    assert bank.lending.draw(bank.principal, "draw", line, 100_000)["state"] == "posted"


@pytest.mark.parametrize("behaviour", [FAILING])
def test_a_failed_payout_gives_money_and_limit_back(
    bank: LendingBank, behaviour: Behaviour
) -> None:
    line = bank.line()
    answer = bank.lending.draw(bank.principal, "draw", line, 100_000)
    assert answer["state"] == "voided"
    assert settlement_of(bank) == (1_000_000_000, 1_000_000_000)
    assert bank.lending.facility(bank.principal, line)["used_fen"] == 0
    loan = bank.lending.loan(bank.principal, UUID(answer["loan_id"]))
    assert (loan["state"], loan["status"]) == ("voided", "cancelled")
    assert events_of(bank)[-1] == "lending.loan_cancelled"


@pytest.mark.parametrize("behaviour", [Behaviour(repeat_times=3)])
def test_a_rail_that_repeats_itself_is_believed_once(
    bank: LendingBank, behaviour: Behaviour
) -> None:
    bank.drawn(100_000)
    assert events_of(bank).count("lending.loan_disbursed") == 1
    assert settlement_of(bank)[0] == 1_000_000_000 - 100_000


@pytest.mark.parametrize("behaviour", [Behaviour(contradict_ppm=1_000_000)])
def test_a_rail_that_contradicts_itself_is_put_on_record(
    bank: LendingBank, behaviour: Behaviour
) -> None:
    answer = bank.lending.draw(bank.principal, "draw", bank.line(), 100_000)
    assert answer["state"] == "posted"
    assert events_of(bank)[-1] == "lending.rail_contradicted"
    order_id = UUID(answer["order_id"])
    with pytest.raises(Conflict, match="lending.rail_contradiction"):
        bank.lending.rail_reported(bank.principal, order_id, Outcome.VOIDED, "again")
    repeated = bank.lending.rail_reported(bank.principal, order_id, Outcome.POSTED, "again")
    assert repeated["verdict"] == "repeated"
    assert settlement_of(bank)[0] == 1_000_000_000 - 100_000


class DeafRail(SimulatedRail):
    """Loses every order the first time: a crash between the commit and the call."""

    heard = False

    def pay(self, order):  # type: ignore[no-untyped-def]
        if not self.heard:
            return ()
        return SimulatedRail.pay(self, order)


def test_orders_that_never_reached_the_rail_are_sent_again(bank: LendingBank) -> None:
    rail = DeafRail()
    bank.lending._rail = rail
    answer = bank.lending.draw(bank.principal, "draw", bank.line(), 100_000)
    assert answer["state"] == "pending"
    rail.heard = True
    assert bank.lending.resend_payouts(bank.principal) == 1
    assert bank.lending.resend_payouts(bank.principal) == 0
    rail.heard = False
    loan = bank.lending.loan(bank.principal, UUID(answer["loan_id"]))
    assert loan["status"] == "live"
