"""The room's door to a stored business: its outlook, what-ifs, and its customers' rhythm.

Reads the records that the business lets the bank read; writes what an owner notes, and signals
for decisions. The invariant: an outlook as of a day is made from records of that day and before,
known by then, whoever asks and whenever; the same question is answered with the same figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from martlet.cashflow.calendar import chinese_calendar, weekday_calendar
from martlet.cashflow.firm_flows import flows_of
from martlet.cashflow.knowing import known_ahead
from martlet.cashflow.noted import checked, list_noted, note, take_back
from martlet.cashflow.outlook import RISK_PPM
from martlet.cashflow.projecting import Question, projected
from martlet.cashflow.receivables import receivables_of
from martlet.cashflow.signals import shard_step, stale
from martlet.kernel.calendar import SHANGHAI, business_date_of
from martlet.kernel.errors import Invalid, NotFound
from martlet.kernel.principal import Scope
from martlet.kernel.rates import PPM
from martlet.parties import business_facts
from martlet.store import Command, Job, run_job

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date
    from uuid import UUID

    from martlet.cashflow.calendar import Calendar
    from martlet.cashflow.changes import Change, Ground
    from martlet.cashflow.firm_flows import FirmFlows
    from martlet.cashflow.known_flows import KnownFlows
    from martlet.cashflow.outlook import Outlook
    from martlet.cashflow.projecting import Projection
    from martlet.cashflow.receivables import Receivables
    from martlet.kernel.principal import Principal
    from martlet.records import RecordsService
    from martlet.store import Database, JobReport

FIRST_YEAR = 1990
"""Nothing a business exports is older."""

HORIZON_DAYS = 56
"""Eight weeks ahead where nothing else is asked."""


@dataclass(frozen=True, slots=True, eq=False)
class WhatIf:
    """An outlook before and after changes, from the same draws, and what the changes do."""

    before: Outlook
    after: Outlook

    @property
    def lowest_moves_fen(self) -> int:
        """By how much the expected lowest point moves."""
        return self.after.lowest.expected_fen - self.before.lowest.expected_fen

    @property
    def shortfall_moves_ppm(self) -> int | None:
        """By how much the chance of a shortfall moves; None where the opening is unknown."""
        if self.after.shortfall is None or self.before.shortfall is None:
            return None
        return self.after.shortfall.probability_ppm - self.before.shortfall.probability_ppm

    @property
    def safe_moves_fen(self) -> int | None:
        """By how much the amount that is safe to move changes; None as above."""
        if self.after.safe_to_move_fen is None or self.before.safe_to_move_fen is None:
            return None
        return self.after.safe_to_move_fen - self.before.safe_to_move_fen


class CashflowService:
    """What comes in and goes out of a stored business in the days ahead."""

    def __init__(
        self,
        database: Database,
        records: RecordsService,
        known: Sequence[KnownFlows] = (),
        calendar: Calendar | None = None,
    ) -> None:
        self._database = database
        self._records = records
        self._known = tuple(known)
        self._calendar = calendar or chinese_calendar()
        self._plain = weekday_calendar()

    def outlook(
        self,
        principal: Principal,
        party_id: UUID,
        *,
        as_of: date | None = None,
        horizon_days: int = HORIZON_DAYS,
        changes: Sequence[Change] = (),
        risk_ppm: int = RISK_PPM,
    ) -> Outlook:
        """Return the outlook of a business after the day `as_of`, with changes that are thought of.

        `as_of` is the last day that counts as over (None: yesterday): records of later days, or
        known only later, are not read; of yesterday and today all that is known by now is.
        A business without usable records is refused as `cashflow.nothing_known`.
        """
        seen = self._seen(principal, party_id, as_of, horizon_days, risk_ppm)
        return seen.projection.outlook(changes, seen.ground)

    def what_if(
        self,
        principal: Principal,
        party_id: UUID,
        changes: Sequence[Change],
        *,
        as_of: date | None = None,
        horizon_days: int = HORIZON_DAYS,
        risk_ppm: int = RISK_PPM,
    ) -> WhatIf:
        """Return the outlook before and after changes, drawn with the same numbers."""
        seen = self._seen(principal, party_id, as_of, horizon_days, risk_ppm)
        return WhatIf(seen.projection.outlook(), seen.projection.outlook(changes, seen.ground))

    def receivables(
        self, principal: Principal, party_id: UUID, *, as_of: date | None = None
    ) -> Receivables:
        """Return the rhythm of each customer, those that fell silent, and how late they pay."""
        day, moment = self._as_of(as_of)
        return receivables_of(self._flows(principal, party_id, day, moment), day)

    def note_item(  # noqa: PLR0913 - what may be said of an item, each by its name
        self,
        principal: Principal,
        key: str,
        party_id: UUID,
        *,
        kind: str,
        due_on: date,
        amount_fen: int,
        label: str = "",
        probability_ppm: int = PPM,
        late_days: int = 0,
        times: int = 1,
    ) -> dict[str, Any]:
        """Note a flow that is known ahead (in above zero, out below), monthly so many times.

        Without `late_days`, money of a customer comes as late as that customer has paid so far.
        """
        principal.require(Scope.RECORDS_WRITE)
        principal.require_party(party_id)
        told = checked(
            {
                "kind": kind,
                "due_on": due_on,
                "amount_fen": amount_fen,
                "label": label,
                "probability_ppm": probability_ppm,
                "late_days": late_days,
                "times": times,
            }
        )
        with self._database.read() as connection:
            business_facts(connection, principal, party_id)
        body = {**told, "due_on": due_on.isoformat(), "party_id": str(party_id)}
        command = Command("cashflow.note_item", principal, key, body)
        return self._database.command(command, lambda tx: note(tx, party_id, told)).value

    def take_back_item(self, principal: Principal, key: str, item_id: UUID) -> dict[str, Any]:
        """Take back a noted item: from now on it is not expected."""
        principal.require(Scope.RECORDS_WRITE)
        command = Command("cashflow.take_back_item", principal, key, {"item_id": str(item_id)})
        return self._database.command(command, lambda tx: take_back(tx, item_id)).value

    def noted_items(self, principal: Principal, party_id: UUID) -> list[dict[str, Any]]:
        """Return what stands noted of the days from today on."""
        principal.require(Scope.RECORDS_READ)
        with self._database.read() as connection:
            return list_noted(connection, principal, party_id, self._records.now())

    def refresh_signals(
        self, principal: Principal, on_step: Callable[[JobReport], None] | None = None
    ) -> int:
        """Compute what decisions read of businesses with new records or figures of a week ago.

        A restartable job, shard by shard; returns how many businesses were looked at.
        """
        principal.require(Scope.RECORDS_WRITE)
        now = self._records.now()
        looked = 0
        by_shard = self._records.imports_by_party(principal)
        total = sum(count for imports in by_shard.values() for count in imports.values())
        for imports in by_shard.values():
            with self._database.read() as connection:
                wanted = stale(connection, principal.tenant_id, imports, now)
            for shard in self._records.shards(principal, wanted, now) if wanted else ():
                job = Job(f"cashflow.signals.{total}", business_date_of(now), shard.shard)
                step = shard_step(shard, self._calendar, now)
                run_job(self._database, principal, job, step, on_step)
                looked += len(shard.evidence)
        return looked

    def _seen(
        self,
        principal: Principal,
        party_id: UUID,
        as_of: date | None,
        horizon_days: int,
        risk_ppm: int,
    ) -> _Seen:
        day, moment = self._as_of(as_of)
        question = Question(party_id, day, moment, horizon_days, risk_ppm)
        flows = self._flows(principal, party_id, day, moment)
        until = day + timedelta(days=horizon_days)
        brought = [
            item for one in self._known for item in one.items(principal, party_id, day, until)
        ]
        held = [one.held_fen(principal, party_id, day) for one in self._known]
        at_hand = [fen for fen in held if fen is not None]
        there = known_ahead(
            flows, question, brought, sum(at_hand) if at_hand else None, self._calendar
        )
        projection = projected(flows, question, there.known, self._calendar, self._plain)
        return _Seen(projection, there.ground(flows, projection.basis.days))

    def _as_of(self, as_of: date | None) -> tuple[date, datetime]:
        """Return the day that is asked and the moment by which its records are known."""
        now = self._records.now()
        today = business_date_of(now)
        yesterday = today - timedelta(days=1)
        day = as_of or yesterday
        if day > today:
            raise Invalid("cashflow.as_of_ahead", as_of=day.isoformat(), today=today.isoformat())
        if day.year < FIRST_YEAR:
            raise NotFound("cashflow.as_of_before", as_of=day.isoformat(), first_year=FIRST_YEAR)
        return day, now if day >= yesterday else min(now, _end_of(day))

    def _flows(
        self, principal: Principal, party_id: UUID, day: date, moment: datetime
    ) -> FirmFlows:
        principal.require(Scope.RECORDS_READ)
        flows = flows_of(self._records.rows(principal, party_id, day, moment))
        if flows is None:
            raise NotFound("cashflow.nothing_known", party_id=str(party_id))
        return flows


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What a question is answered from."""

    projection: Projection
    ground: Ground


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), SHANGHAI)
