"""The composition root: the only module that knows which concrete class stands behind each port.

`open_bank` puts the rooms together over one database and hands out the whole bank. Nothing is
global: two banks can be open in one process, each with its own clock, rail and keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from martlet.cashflow.noted import NotedItems
from martlet.cashflow.service import CashflowService
from martlet.cashflow.signals import CashflowSignals
from martlet.credit import CreditService, Deciders, Drafting
from martlet.kernel.calendar import business_date_of
from martlet.kernel.clock import Clock, SystemClock
from martlet.kernel.config import Settings, load_keyring
from martlet.kernel.errors import TooLarge
from martlet.kernel.ids import IdSource, SystemIds
from martlet.kernel.principal import system_principal
from martlet.ledger import LedgerService, verify_ledger
from martlet.lending import (
    EndOfDay,
    LendingService,
    LoanOutcomes,
    ParticipationService,
    SimulatedRail,
    verify_lending,
    verify_participations,
)
from martlet.lending.advances.service import AdvancesService
from martlet.lending.collections import CollectionsService, verify_collections
from martlet.lending.disclosure import read_rate_caps
from martlet.lending.known_flows import LoanInstalments
from martlet.lending.limits import CATCH_UP_DAYS_MAX
from martlet.lending.nights import NightStep
from martlet.lending.receivables.service import ReceivablesService
from martlet.lending.relief import ReliefService, verify_relief
from martlet.parties import ConsoleCodeSender, OwnNames, PartiesService
from martlet.records import IntegritySignals, RecordsService, RecordsSignals
from martlet.store import Database, Snapshots, open_database, verify_chain
from martlet.supplychain.service import SupplychainService
from martlet.supplychain.signals import ChainSignals
from martlet.supplychain.standing.service import StandingService
from martlet.treasury.known_flows import IdleCash
from martlet.treasury.rail import SimulatedRedemptions
from martlet.treasury.service import TreasuryService
from martlet.treasury.standing import StandingOrders
from martlet.treasury.standing.outlooks import OutlookNeeds
from martlet.treasury.verify import verify_treasury

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from uuid import UUID

    from martlet.kernel.crypto import Keyring
    from martlet.kernel.principal import Principal
    from martlet.lending import EndOfDayReport, PaymentRail
    from martlet.lending.collections import ReminderPort
    from martlet.lending.disclosure import RateCaps
    from martlet.parties import CodeSender
    from martlet.signals import SignalProvider
    from martlet.store import Reading


@dataclass(frozen=True, slots=True)
class Bank:
    """An open bank: its rooms, and what they stand on."""

    settings: Settings
    database: Database
    keyring: Keyring
    clock: Clock
    ids: IdSource
    rail: PaymentRail
    ledger: LedgerService
    parties: PartiesService
    records: RecordsService
    cashflow: CashflowService
    supplychain: SupplychainService
    standings: StandingService
    credit: CreditService
    lending: LendingService
    receivables: ReceivablesService
    advances: AdvancesService
    collections: CollectionsService

    participation: ParticipationService
    end_of_day: EndOfDay
    relief: ReliefService
    treasury: TreasuryService
    standing: StandingOrders

    def set_up(
        self, name: str, *, tenant_id: UUID | None = None, business_date: date | None = None
    ) -> UUID:
        """Make a tenant with its first business day open; the same id again changes nothing."""
        made = self.parties.create_tenant(name, tenant_id)
        day = business_date or business_date_of(self.clock.now())
        self.ledger.open_day(system_principal(made), f"set-up:{made}", day)
        return made

    def end_day(self, principal: Principal, day: date | None = None) -> EndOfDayReport:
        """End a business date, store tomorrow's signals, and sweep away what cut-off imports left.

        What relief has forgone by the next morning is taken to income, payouts leave, and plans
        for idle cash are carried out where their owners have consented. Windows end each day:
        without the signals, every decision of the next days would read its business's records anew.
        All of it may be killed anywhere and run again.
        """
        report = self.end_of_day.run(principal, day)
        self.follow_treasury(principal)
        self.relief.follow(principal, report.next_business_date)
        self.records.refresh_signals(system_principal(principal.tenant_id))
        self.cashflow.refresh_signals(system_principal(principal.tenant_id))
        self.standings.refresh(system_principal(principal.tenant_id))
        self.records.sweep()
        return report

    def catch_up(
        self,
        principal: Principal,
        through: date,
        on_ended: Callable[[date], None] | None = None,
        days_max: int = CATCH_UP_DAYS_MAX,
    ) -> dict[str, Any]:
        """End every missed business date through another, as each would have been on its day.

        What follows a night (relief's income, signals, sweeping) is done once, for the morning
        that opens. Named by its last date, it may be killed anywhere and run again.
        """
        first = self.end_of_day.status(principal).business_date
        if (through - first).days >= days_max:
            raise TooLarge("lending.catch_up_too_far", max_days=days_max, open_date=str(first))
        ended_count = self.end_of_day.catch_up(principal, through, on_ended)
        opened = self.end_of_day.status(principal).business_date
        self.follow_treasury(principal)
        self.relief.follow(principal, opened)
        self.records.refresh_signals(system_principal(principal.tenant_id))
        self.cashflow.refresh_signals(system_principal(principal.tenant_id))
        self.standings.refresh(system_principal(principal.tenant_id))
        self.records.sweep()
        told = {"from_date": first, "business_date": opened}
        return {name: day.isoformat() for name, day in told.items()} | {"ended_count": ended_count}

    def follow_treasury(self, principal: Principal) -> dict[str, int]:
        """Hand payouts over and carry the new morning's plans out, as far as owners agreed."""
        bank = system_principal(principal.tenant_id)
        self.treasury.send_payouts(bank)
        return self.standing.carry_out(bank)

    def verify(self, on_check: Callable[[str], None] | None = None) -> dict[str, Any]:
        """Recompute everything that is stored twice, in one snapshot; raise `Corrupt` on a lie."""
        report: dict[str, Any] = {}
        with self.database.read() as connection:
            for check, recompute in _CHECKS:
                if on_check is not None:
                    on_check(check)
                report[check] = recompute(connection)
        return report

    def close(self) -> None:
        """Finish what waits and close the database."""
        self.database.close()


def _chain(connection: Any) -> dict[str, Any]:  # noqa: ANN401 - a connection
    links_count, head = verify_chain(connection)
    return {"links_count": links_count, "head": head}


_CHECKS: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("chain", _chain),
    ("ledger", verify_ledger),
    ("lending", verify_lending),
    ("collections", verify_collections),
    ("partners", verify_participations),
    ("relief", verify_relief),
    ("treasury", verify_treasury),
)


def open_bank(
    settings: Settings,
    *,
    clock: Clock | None = None,
    ids: IdSource | None = None,
    rail: PaymentRail | None = None,
    code_sender: CodeSender | None = None,
    reminders: ReminderPort | None = None,
    threaded: bool = True,
) -> Bank:
    """Open the bank that the settings name, with its tables brought up to date."""
    clock, ids = clock or SystemClock(), ids or SystemIds()
    settings.home.mkdir(parents=True, exist_ok=True)
    keyring = load_keyring(settings, ids)
    database = open_database(
        settings.url, clock=clock, ids=ids, wait_ms=settings.commit_wait_ms, threaded=threaded
    )
    database.migrate()
    rail = rail or SimulatedRail()
    parties = PartiesService(database, keyring, clock, code_sender or ConsoleCodeSender())
    names = OwnNames(keyring, ids)
    records = RecordsService(database, settings.records_folder, ask_names=names.carried_by)
    eyes = _eyes(database, settings, names)
    credit = CreditService(database, eyes, LoanOutcomes(database))
    lending = LendingService(database, credit, rail, _rate_caps(settings))
    # One account of money at the rail carries both rooms' payments.
    treasury = TreasuryService(database, SimulatedRedemptions(rail.name))
    return Bank(
        settings=settings,
        database=database,
        keyring=keyring,
        clock=clock,
        ids=ids,
        rail=rail,
        ledger=LedgerService(database),
        parties=parties,
        records=records,
        cashflow=CashflowService(
            database, records, (NotedItems(database), LoanInstalments(database), IdleCash(database))
        ),
        supplychain=SupplychainService(database, records),
        standings=StandingService(database),
        credit=credit,
        lending=lending,
        receivables=ReceivablesService(database),
        advances=AdvancesService(database, records),
        collections=CollectionsService(database, reminders, partial(_staff_ids, parties)),
        participation=ParticipationService(database, rail.name),
        end_of_day=EndOfDay(database, others=treasury_steps(treasury)),
        relief=ReliefService(database),
        treasury=treasury,
        standing=StandingOrders(
            database,
            rail.name,
            treasury.days,
            # What lies in the treasury is the plan's own to reckon; what is owed on loans is not.
            OutlookNeeds(
                CashflowService(
                    database, records, (NotedItems(database), LoanInstalments(database))
                )
            ),
        ),
    )


def treasury_steps(treasury: TreasuryService) -> tuple[NightStep, ...]:
    """Return the treasury's steps as steps of the bank's one night."""
    return tuple(NightStep(name, run) for name, run in treasury.night().steps())


def _staff_ids(parties: PartiesService, principal: Principal) -> list[UUID]:
    """Return the members of staff to whom a case may be handed over."""
    members = parties.staff(system_principal(principal.tenant_id))
    return [member.staff_id for member in members if member.active]


def _rate_caps(settings: Settings) -> RateCaps | None:
    """Return the bank's own caps on rates; None where it keeps to those that ship."""
    own = settings.home / "rate_caps.toml"
    return read_rate_caps(own.read_text(encoding="utf-8")) if own.exists() else None


def open_drafting(settings: Settings) -> Drafting:
    """Open the bank's eyes over an existing database, to decide without writing anything."""
    snapshots = Snapshots(settings.url)
    ids = SystemIds()
    return Drafting(
        snapshots, _eyes(snapshots, settings, OwnNames(load_keyring(settings, ids), ids))
    )


def _eyes(database: Reading, settings: Settings, names: OwnNames) -> list[SignalProvider]:
    """Return every eye that a decision looks through, in whatever process it is made."""
    folder = settings.records_folder
    return [
        RecordsSignals(database, folder),
        IntegritySignals(database, folder, ask_names=names.carried_by),
        CashflowSignals(database),
        ChainSignals(database),
    ]


def open_deciders(settings: Settings, processes: int) -> Deciders:
    """Start processes that decide beside the one that writes."""
    return Deciders(partial(open_drafting, settings), processes)
