"""The end of a business date: a chain of jobs that can be killed anywhere and run again.

accrue → due → age → collect → trial balance → verify → close. Every step commits with its place
in the work, so a rerun goes on where the last one died and ends at the same book as one never
interrupted. Days missed are caught up by running again: each run ends exactly one date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from martlet.kernel.collector import collector_at_rest
from martlet.kernel.errors import Refused
from martlet.kernel.principal import Scope, system_principal
from martlet.ledger import current_business_date
from martlet.lending.limits import CHUNK_LOANS, NIGHTS_PER_COMMIT_MAX
from martlet.lending.nights import Night
from martlet.lending.nights.steps import with_others
from martlet.store import Command, Job, do_step, read_job, run_job

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from martlet.kernel.principal import Principal
    from martlet.lending.nights import NightStep
    from martlet.store import Database, JobReport, Progress, Transaction

    OnProgress = Callable[[JobReport], None]


@dataclass(frozen=True, slots=True)
class EndOfDayReport:
    """What the end of one business date did."""

    business_date: date
    next_business_date: date
    steps: tuple[JobReport, ...]

    def totals(self, name: str) -> dict[str, int]:
        """Return the figures of one step, by its short name."""
        return next(step.totals for step in self.steps if step.job.name == f"eod.{name}")

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "business_date": self.business_date.isoformat(),
            "next_business_date": self.next_business_date.isoformat(),
            "steps": [
                {"name": step.job.name, "commits": step.steps, "totals": step.totals}
                for step in self.steps
            ],
            "trial_balance": self.totals("trial_balance"),
        }


@dataclass(frozen=True, slots=True)
class EndOfDayStatus:
    """The open business date, and each step of its end: done, begun, or still to come."""

    business_date: date
    steps: tuple[JobReport, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "business_date": self.business_date.isoformat(),
            "steps": [
                {
                    "name": step.job.name,
                    "state": "done" if step.done else "begun" if step.steps else "to come",
                    "commits": step.steps,
                    "totals": step.totals,
                }
                for step in self.steps
            ],
        }


class EndOfDay:
    """Ends business dates, one a run."""

    def __init__(
        self,
        database: Database,
        *,
        chunk_loans: int = CHUNK_LOANS,
        others: Sequence[NightStep] = (),
    ) -> None:
        """Take over the steps of other rooms, which stand before the trial balance."""
        assert chunk_loans > 0, chunk_loans
        self._database = database
        self._chunk_loans = chunk_loans
        self._steps = with_others(others)

    def run(
        self,
        principal: Principal,
        business_date: date | None = None,
        on_progress: OnProgress | None = None,
    ) -> EndOfDayReport:
        """End the open date, from wherever a run before this one stopped.

        Named, a date already ended answers with what was done and does nothing; a date not yet
        open is refused. After a crash, name the date that was being ended.
        """
        principal.require(Scope.END_OF_DAY)
        bank = system_principal(principal.tenant_id)
        with self._database.read() as connection:
            current = current_business_date(connection, principal.tenant_id)
        day = business_date or current
        if day > current:
            raise Refused("lending.day_not_open", business_date=str(day), open_date=str(current))
        night = Night(day, self._chunk_loans)
        steps: list[JobReport] = []
        for step in self._steps:
            job = Job(f"eod.{step.name}", day)
            steps.append(
                run_job(self._database, bank, job, partial(_with_night, step, night), on_progress)
            )
        return EndOfDayReport(day, night.until, tuple(steps))

    def catch_up(
        self, principal: Principal, through: date, on_ended: Callable[[date], None] | None = None
    ) -> int:
        """End every date from the open one through another; return how many that were.

        Each date is ended by its own steps, as it would have been on its day. Only the commits are
        shared: by many nights where each is small, by one full chunk where it is not.
        """
        principal.require(Scope.END_OF_DAY)
        bank, first = system_principal(principal.tenant_id), None
        while True:
            status = self.status(principal)
            first = first or status.business_date
            if status.business_date > through:
                return (status.business_date - first).days
            done = sum(step.steps for step in status.steps)
            key = f"eod.catch_up:{status.business_date}:{done}:{through}"
            command = Command("job.eod.catch_up", bank, key, {"through": through.isoformat()})
            answer = self._database.command(command, partial(self._nights, through)).value
            if on_ended is not None:
                on_ended(date.fromisoformat(answer["open_date"]))

    def _nights(self, through: date, tx: Transaction) -> dict[str, Any]:
        """End dates one after another until the work of one commit is done."""
        day = current_business_date(tx.connection, tx.tenant_id)
        for _ in range(NIGHTS_PER_COMMIT_MAX):
            night = Night(day, self._chunk_loans)
            if day > through or not _end_within(tx, night, self._steps):
                break
            day = night.until
        return {"open_date": day.isoformat()}

    def status(self, principal: Principal) -> EndOfDayStatus:
        """Return the open date and how far a night that was begun has come."""
        principal.require(Scope.LEDGER_READ)
        with self._database.read() as connection:
            day = current_business_date(connection, principal.tenant_id)
            jobs = [
                read_job(connection, principal, Job(f"eod.{step.name}", day))
                for step in self._steps
            ]
        return EndOfDayStatus(day, tuple(jobs))


def _end_within(tx: Transaction, night: Night, steps: Sequence[NightStep]) -> bool:
    """Do what is to come of a night; tell whether it is ended or a step has more than a chunk."""
    return all(
        do_step(
            tx, Job(f"eod.{step.name}", night.business_date), partial(_with_night, step, night)
        ).done
        for step in steps
    )


def _with_night(step: NightStep, night: Night, tx: Transaction, cursor: str) -> Progress:
    with collector_at_rest():
        return step.run(tx, cursor, night)
