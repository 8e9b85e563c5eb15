"""A year in the life of a bank: a seeded world meets the production services, day by day.

The clock is moved by hand, identifiers come from the seed and nothing runs beside the caller, so
the same seed ends in the same chain hash. All merchants are synthetic.
"""

from __future__ import annotations

import tempfile
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from martlet.bootstrap import open_bank
from martlet.kernel.calendar import SHANGHAI, business_date_of
from martlet.kernel.clock import ManualClock
from martlet.kernel.config import Settings
from martlet.kernel.errors import Corrupt, Invalid
from martlet.kernel.ids import SeededIds
from martlet.kernel.principal import system_principal
from martlet.parties import HeldCodeSender, PersonKind
from martlet.sim.behaviour import Will
from martlet.sim.calibration import calibration
from martlet.sim.checks import Checks
from martlet.sim.limits import DAYS_MAX, HISTORY_DAYS, MERCHANTS_MAX
from martlet.sim.rail import WeatheredRail
from martlet.sim.report import SimReport
from martlet.sim.steps import Actor, Counter
from martlet.sim.takings import takings_file, till
from martlet.sim.world import Merchant, merchants
from martlet.store import verify_chain

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlet.bootstrap import Bank
    from martlet.kernel.principal import Principal

FIRST_MORNING = datetime(2026, 1, 1, 9, tzinfo=SHANGHAI)
"""When a world of its own begins: a year with its Spring Festival seven weeks on."""

MORNING, EVENING = time(9), time(23, 30)
CAPITAL_FEN_PER_MERCHANT = 200_000_000
"""Two million yuan each: more than the starter policy lends to any of them."""

CONSENT_SPARE_DAYS = 30

TELL_MONTHS = {1, 4, 7, 10}
"""The merchants' platform sends their takings once a quarter."""

_PAGE = 1_000
_UNPAID = ("live", "overdue")


def run_world(
    *,
    seed: int,
    merchants: int,
    days: int,
    on_progress: Callable[[int, int], None] | None = None,
    stress: bool = False,
) -> SimReport:
    """Simulate a world in a bank of its own, which is thrown away afterwards."""
    with tempfile.TemporaryDirectory(prefix="martlet-sim-") as home:
        bank = open_world(Path(home), seed)
        try:
            return simulate(bank, seed, merchants, days, on_progress, stress=stress)
        finally:
            bank.close()


def open_world(home: Path, seed: int, database_url: str = "") -> Bank:
    """Open a fresh bank for a world: its clock, identifiers and rail all from the seed."""
    clock = ManualClock(FIRST_MORNING)
    return open_bank(
        Settings(home=home, database_url=database_url),
        clock=clock,
        ids=SeededIds(seed, clock),
        rail=WeatheredRail(seed, calibration().rail),
        code_sender=HeldCodeSender(),
        threaded=False,
    )


def simulate(
    bank: Bank,
    seed: int,
    merchants: int,
    days: int,
    on_progress: Callable[[int, int], None] | None = None,
    *,
    stress: bool = False,
) -> SimReport:
    """Let a world live through a bank and report; a bank that breaks its word raises `Corrupt`.

    The bank must be fresh, on a clock that is moved by hand: see `open_world`. `stress` lets
    merchants fail as often as the worst data set says.
    """
    if not 0 < merchants <= MERCHANTS_MAX or not 0 < days <= DAYS_MAX:
        raise Invalid("sim.too_large", max_merchants=MERCHANTS_MAX, max_days=DAYS_MAX)
    world = _World(bank, seed, merchants, days, stress=stress)
    world.settle_in()
    for offset in range(days):
        world.live(world.start + timedelta(days=offset))
        if on_progress is not None:
            on_progress(offset + 1, days)
    return world.finish()


class _World:
    """One bank, its merchants and the calendar."""

    def __init__(
        self, bank: Bank, seed: int, merchants_count: int, days: int, *, stress: bool
    ) -> None:
        assert isinstance(bank.clock, ManualClock), "a world moves its own clock"
        self.bank, self.clock, self.seed = bank, bank.clock, seed
        self.start = business_date_of(bank.clock.now())
        self.end = self.start + timedelta(days=days)
        self.merchants = merchants(
            seed, merchants_count, self.start, days, calibration(), stress=stress
        )
        self.principal = system_principal(
            bank.set_up(f"合成世界 {seed}（synthetic world）", business_date=self.start)
        )
        self.report = SimReport(
            seed=seed,
            merchants=merchants_count,
            merchants_failed=sum(one.fails_on is not None for one in self.merchants),
            days=days,
            first_day=self.start.isoformat(),
            last_day=(self.end - timedelta(days=1)).isoformat(),
        )
        self.checks = Checks(bank, self.principal)
        self.counter = Counter(bank, self.report, self.checks)
        self.actors: list[Actor] = []
        self._told_until = self.start - timedelta(days=HISTORY_DAYS)

    def settle_in(self) -> None:
        """Fund the bank, register the merchants, take their consents and their past records."""
        bank, send = self.bank, self.counter.send
        capital = CAPITAL_FEN_PER_MERCHANT * len(self.merchants)
        send("fund", lambda key: bank.lending.fund(self.principal, key, capital))
        rows = [one.registration() for one in self.merchants]
        party_ids = send(
            "register", lambda key: bank.parties.register_businesses(self.principal, key, rows)
        )
        until = self.end + timedelta(days=CONSENT_SPARE_DAYS)
        send(
            "consent",
            lambda key: bank.parties.give_consents(
                self.principal, key, party_ids, records=("takings",), until=until
            ),
        )
        days = HISTORY_DAYS + (self.end - self.start).days
        for one, party_id in zip(self.merchants, party_ids, strict=True):
            lived = till(self.seed, one, self._told_until, days, self.start, calibration())
            will = Will(one, self.seed, calibration().assumed)
            self.actors.append(Actor(will, lived, party_id, self._owner(one, party_id)))
        self._tell(self.start)

    def live(self, today: date) -> None:
        """Let one day pass: the rail reports, merchants act, the bank closes the day."""
        self._set(today, MORNING)
        self.bank.lending.deliver_rail_reports()
        if today.day == 1 and today.month in TELL_MONTHS and today != self.start:
            self._tell(today)
        for actor in self.actors:
            for wish in actor.will.wishes(today):
                self.counter.fulfil(actor, wish, today)
        self._set(today, EVENING)
        self.bank.lending.deliver_rail_reports()
        self.bank.end_of_day.run(self.principal)
        if (today + timedelta(days=1)).day == 1:
            self._check()

    def finish(self) -> SimReport:
        """Let the rail calm down, check everything once more, and count."""
        calm = timedelta(hours=calibration().rail.delay_hours_max)
        self.clock.advance(calm)
        self.bank.lending.deliver_rail_reports()
        if pending := self._loans("pending"):
            raise Corrupt("sim.never_settled", loans_count=len(pending))
        self._check()
        report, loans = self.report, self._loans()
        unpaid = [loan for loan in loans if loan["status"] in _UNPAID]
        overdue = [loan for loan in unpaid if loan["status"] == "overdue"]
        report.facilities = len(self.bank.lending.facilities(self.principal))
        report.payouts_failed = sum(loan["state"] == "voided" for loan in loans)
        report.repaid = sum(loan["status"] == "closed" for loan in loans)
        report.overdue = len(overdue)
        report.overdue_principal_fen = sum(one["principal_outstanding_fen"] for one in overdue)
        report.outstanding_fen = sum(one["principal_outstanding_fen"] for one in unpaid)
        report.months_checked = self.checks.done
        with self.bank.database.read() as connection:
            report.chain_links, report.chain_hash = verify_chain(connection)
        return report

    def _owner(self, merchant: Merchant, party_id: UUID) -> Principal:
        """Let a merchant in by a one-time link, as the demo does; who never applies stays out."""
        if merchant.applies_on is None:
            return self.principal
        (owner,) = self.bank.parties.owners(self.principal, party_id)
        link = self.bank.parties.login_link(self.principal, PersonKind.OWNER, owner.owner_id)
        return self.bank.parties.log_in_by_link(link).principal

    def _tell(self, until: date) -> None:
        """Send the bank the days since the last time, one file of all merchants."""
        days = [(actor.will.merchant, actor.till) for actor in self.actors]
        content, rows = takings_file(days, self._told_until, until)
        self._told_until = until
        if not rows:
            return
        firms = {actor.will.merchant.firm: actor.party_id for actor in self.actors}
        told = self.counter.send(
            "records",
            lambda key: self.bank.records.import_file(
                self.principal,
                key,
                BytesIO(content),
                party_of=firms,
                format="takings",
                name=f"synthetic-takings-{until}.csv",
            ),
        )
        assert told.rows_kept == rows, (told.rows_kept, rows)
        self.report.records_rows += told.rows_kept

    def _loans(self, status: str | None = None) -> list[dict[str, Any]]:
        """Return all loans of a status, page by page."""
        found: list[dict[str, Any]] = []
        after: UUID | None = None
        while True:
            page = self.bank.lending.loans(self.principal, status=status, after=after, limit=_PAGE)
            found += page
            if len(page) < _PAGE:
                return found
            after = UUID(page[-1]["loan_id"])

    def _check(self) -> None:
        self.report.trial_balance_difference_fen = self.checks.run()

    def _set(self, day: date, at: time) -> None:
        moment = datetime.combine(day, at, SHANGHAI)
        if moment > self.clock.now():
            self.clock.set(moment)
