"""A small bank with idle cash: money at the rail, businesses with takings, its own night."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from martlet.bootstrap import treasury_steps
from martlet.kernel.calendar import SHANGHAI
from martlet.kernel.crypto import new_keyring
from martlet.kernel.ids import SeededIds
from martlet.kernel.principal import OWNER_SCOPES, ActorKind, Principal
from martlet.ledger import LedgerService, Transfer, balances, trial_balance
from martlet.lending import EndOfDay
from martlet.parties import HeldCodeSender, PartiesService, Registration
from martlet.treasury.rail import SimulatedRedemptions
from martlet.treasury.service import TreasuryService
from martlet.treasury.verify import verify_treasury

if TYPE_CHECKING:
    from martlet.kernel.clock import ManualClock
    from martlet.store import Database

TODAY = date(2026, 3, 2)
CAPITAL_FEN = 10_000_000
"""What the bank advances for payouts at once, until the partner settles."""


@dataclass
class TreasuryBank:
    """The services of a bank that puts idle cash to work, and the steps of every story."""

    database: Database
    clock: ManualClock
    principal: Principal
    rail: SimulatedRedemptions
    treasury: TreasuryService
    end_of_day: EndOfDay
    parties: PartiesService
    today: date = TODAY
    keys: int = 0

    def key(self) -> str:
        self.keys += 1
        return f"key-{self.keys}"

    def business(self, takings_fen: int = 0) -> UUID:
        self.keys += 1
        told = Registration(
            name=f"合成商户 {self.keys}",
            owner_phone=f"1990000{self.keys:04d}",
            owner_name="东家",
            trade="restaurant",
            region="杭州",
        )
        party = self.parties.register_businesses(self.principal, self.key(), [told])[0]
        if takings_fen:
            self.take_in(party, takings_fen)
        return party

    def owner_of(self, party_id: UUID) -> Principal:
        tenant, actor = self.principal.tenant_id, UUID(int=party_id.int ^ 1)
        return Principal(tenant, actor, ActorKind.OWNER, OWNER_SCOPES, frozenset({party_id}))

    def take_in(self, party: UUID, amount_fen: int) -> dict[str, Any]:
        return self.treasury.take_in(self.principal, self.key(), party, amount_fen)

    def subscribe(self, party: UUID, product: str, fen: int, **more: Any) -> UUID:
        answer = self.treasury.subscribe(self.principal, self.key(), party, product, fen, **more)
        return UUID(answer["position_id"])

    def redeem(self, position: UUID, fen: int | None = None, **more: Any) -> dict[str, Any]:
        return self.treasury.redeem(self.principal, self.key(), position, fen, **more)

    def publish(self, ppm: int, *days: date) -> None:
        told = dict.fromkeys(days or (self.today,), ppm)
        self.treasury.publish_yields(self.principal, self.key(), "yulibao", told)

    def at(self, hour: int) -> None:
        """Move the clock to an hour of the open business date, in Shanghai."""
        self.clock.set(datetime.combine(self.today, time(hour), SHANGHAI))

    def close_days(self, number: int = 1, ppm: int | None = 18_250) -> None:
        """End days, each with a published yield; on each, the book is in balance."""
        for _ in range(number):
            if ppm is not None:
                self.publish(ppm)
            report = self.end_of_day.run(self.principal)
            self.treasury.send_payouts(self.principal)
            assert report.totals("trial_balance")["difference_fen"] == 0
            self.today += timedelta(days=1)
            self.at(9)

    def figures(self, party: UUID, product: str = "yulibao") -> dict[str, Any]:
        found = self.treasury.positions(self.principal, party, closed=True)
        return next(one for one in found if one["product"] == product)

    def balance(self, path: str) -> int:
        with self.database.read() as connection:
            found = balances(connection, self.principal, path)
        return sum(one.balance_fen for one in found if one.path == path)

    def proven(self) -> dict[str, Any]:
        """Prove positions, controls and caps, and that the book sums to zero."""
        with self.database.read() as connection:
            assert trial_balance(connection, self.principal, self.today).difference_fen == 0
            return verify_treasury(connection)


def opened(
    database: Database, clock: ManualClock, principal: Principal, rail: SimulatedRedemptions
) -> TreasuryBank:
    ledger = LedgerService(database)
    ledger.open_day(principal, "open", TODAY)
    ids = SeededIds(5, clock)
    accounts = ("assets/settlement/simulated", "equity/capital")
    paid_in = Transfer(ids.new(), ids.new(), *accounts, CAPITAL_FEN, "test.capital")
    ledger.post(principal, "capital", [paid_in])
    treasury = TreasuryService(database, rail)
    night = EndOfDay(database, others=treasury_steps(treasury))
    parties = PartiesService(database, new_keyring(SeededIds(7, clock)), clock, HeldCodeSender())
    return TreasuryBank(database, clock, principal, rail, treasury, night, parties)


@pytest.fixture
def bank(database: Database, clock: ManualClock, principal: Principal) -> TreasuryBank:
    return opened(database, clock, principal, SimulatedRedemptions())
