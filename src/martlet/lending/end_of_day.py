"""The end of a business date: a chain of jobs that can be killed anywhere and run again.

accrue → due → age → collect → trial balance → verify → close. Every step commits with its place
in the work, so a rerun goes on where the last one died and ends at the same book as one never
interrupted. Days missed are caught up by running again: each run ends exactly one date.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from martlet.kernel.errors import Refused
from martlet.kernel.principal import Scope, system_principal
from martlet.ledger import current_business_date
from martlet.lending.limits import CHUNK_LOANS
from martlet.lending.nights import Night
from martlet.lending.nights.steps import STEPS
from martlet.store import Job, read_job, run_job

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

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

    def __init__(self, database: Database, *, chunk_loans: int = CHUNK_LOANS) -> None:
        assert chunk_loans > 0, chunk_loans
        self._database = database
        self._chunk_loans = chunk_loans

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
        for step in STEPS:
            job = Job(f"eod.{step.name}", day)
            steps.append(
                run_job(self._database, bank, job, partial(_with_night, step, night), on_progress)
            )
        return EndOfDayReport(day, night.until, tuple(steps))

    def status(self, principal: Principal) -> EndOfDayStatus:
        """Return the open date and how far a night that was begun has come."""
        principal.require(Scope.LEDGER_READ)
        with self._database.read() as connection:
            day = current_business_date(connection, principal.tenant_id)
            jobs = [read_job(connection, principal, Job(f"eod.{step.name}", day)) for step in STEPS]
        return EndOfDayStatus(day, tuple(jobs))


def _with_night(step: NightStep, night: Night, tx: Transaction, cursor: str) -> Progress:
    return step.run(tx, cursor, night)
