"""A small bank that lends, on a fresh database of either kind: funded, with one known business."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from tests.conftest import _create_postgres

from martlet.credit import CreditService
from martlet.kernel.crypto import new_keyring
from martlet.kernel.ids import SeededIds
from martlet.kernel.principal import OWNER_SCOPES, ActorKind, Principal
from martlet.ledger import LedgerService
from martlet.lending import Behaviour, EndOfDay, LendingService, SimulatedRail
from martlet.parties import HeldCodeSender, PartiesService, Registration
from martlet.signals import Signal, SignalRequest, SignalSet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import polars as pl

    from martlet.kernel.clock import ManualClock
    from martlet.store import Database

TODAY = date(2026, 3, 2)


class SteadyTakings:
    """An eye that has verified the same takings for every business: ¥100,000 a month."""

    name = "steady"
    version = "1"
    consents = ()
    kinds = ("verified_takings_monthly_fen", "records_history_days")

    def collect(self, request: SignalRequest, as_of: datetime) -> SignalSet:
        values = {"verified_takings_monthly_fen": 10_000_000, "records_history_days": 700}
        return SignalSet(
            tuple(
                Signal(
                    party_id=request.party_id,
                    kind=kind,
                    value=value,
                    as_of=as_of.date() - timedelta(days=1),
                    known_at=as_of - timedelta(hours=1),
                    expires_at=as_of + timedelta(days=30),
                    confidence_ppm=1_000_000,
                    sample_size=500,
                    provider=self.name,
                    provider_version=self.version,
                )
                for kind, value in values.items()
            )
        )

    def collect_many(self, requests: Sequence[SignalRequest], as_of: datetime) -> pl.DataFrame:
        raise NotImplementedError


@dataclass
class LendingBank:
    """The services of a bank that lends, and the steps that every story begins with."""

    database: Database
    clock: ManualClock
    principal: Principal
    ledger: LedgerService
    lending: LendingService
    end_of_day: EndOfDay
    rail: SimulatedRail
    parties: PartiesService
    keys: int = 0

    def key(self) -> str:
        self.keys += 1
        return f"key-{self.keys}"

    def business(self) -> UUID:
        self.keys += 1
        told = Registration(
            name=f"合成商户 {self.keys}",
            owner_phone=f"1990000{self.keys:04d}",
            owner_name="东家",
            trade="restaurant",
            region="杭州",
        )
        return self.parties.register_businesses(self.principal, self.key(), [told])[0]

    def owner_of(self, party_id: UUID) -> Principal:
        return Principal(
            self.principal.tenant_id,
            UUID(int=party_id.int ^ 1),
            ActorKind.OWNER,
            OWNER_SCOPES,
            frozenset({party_id}),
        )

    def line(self, product: str = "revolving_daily", party_id: UUID | None = None) -> UUID:
        """Apply and accept; return the facility."""
        party = party_id or self.business()
        applied = self.lending.apply(self.principal, self.key(), party, product, 100_000_00)
        assert applied["offer"], applied["decision"]["reasons"]
        offer_id = UUID(applied["offer"]["offer_id"])
        return UUID(self.lending.accept(self.principal, self.key(), offer_id)["facility_id"])

    def drawn(self, amount_fen: int, product: str = "revolving_daily", **more: Any) -> UUID:
        """Apply, accept and draw; return the loan."""
        line = self.line(product)
        answer = self.lending.draw(self.principal, self.key(), line, amount_fen, **more)
        assert answer["state"] == "posted", answer
        return UUID(answer["loan_id"])

    def close_days(self, number: int) -> None:
        for _ in range(number):
            self.clock.advance(timedelta(days=1))
            self.end_of_day.run(self.principal)


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour()


@pytest.fixture
def rail(behaviour: Behaviour) -> SimulatedRail:
    return SimulatedRail(behaviour)


@pytest.fixture
def bank(
    database: Database, clock: ManualClock, principal: Principal, rail: SimulatedRail
) -> LendingBank:
    ledger = LedgerService(database)
    ledger.open_day(principal, "open", TODAY)
    credit = CreditService(database, [SteadyTakings()])
    lending = LendingService(database, credit, rail)
    lending.fund(principal, "fund", 1_000_000_000)
    parties = PartiesService(database, new_keyring(SeededIds(7, clock)), clock, HeldCodeSender())
    end_of_day = EndOfDay(database)
    return LendingBank(database, clock, principal, ledger, lending, end_of_day, rail, parties)


@pytest.fixture(scope="session")
def late_sqlite(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """A bank whose only borrower is a day late, made once and copied for each test."""
    path = tmp_path_factory.mktemp("late") / "bank.db"
    shutil.copy(sqlite_template, path)
    from tests.lending.late_bank import make_late

    make_late(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def late_postgres(postgres_url: str, postgres_template: str) -> str:
    """The same on PostgreSQL: a database to be used as a template."""
    from tests.lending.late_bank import make_late

    make_late(_create_postgres(postgres_url, "bank_late", postgres_template))
    return "bank_late"


@pytest.fixture
def late(
    database_kind: str,
    postgres_databases: Callable[..., str],
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> Iterator[LendingBank]:
    """On the open morning one loan of one borrower is a day overdue."""
    from tests.lending.late_bank import reopened

    if database_kind == "postgresql":
        url = postgres_databases(request.getfixturevalue("late_postgres"))
    else:
        shutil.copy(request.getfixturevalue("late_sqlite"), tmp_path / "late.db")
        url = f"sqlite:///{tmp_path / 'late.db'}"
    bank = reopened(url)
    yield bank
    bank.database.close()
