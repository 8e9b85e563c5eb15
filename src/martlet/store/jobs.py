"""Batch work that can be killed at any moment and run again: each step commits with its cursor.

A job is keyed by (tenant, name, business date, shard). Its step gets the cursor where the last
one stopped and returns the next; the cursor is stored in the step's own transaction, so a step is
done with its cursor moved, or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, insert, select, update

from martlet.store.command import Command
from martlet.store.limits import JOB_STEPS_MAX
from martlet.store.prepared import Prepared
from martlet.store.tables import job as job_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from sqlalchemy import Connection

    from martlet.kernel.principal import Principal
    from martlet.store.database import Database
    from martlet.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Job:
    """Which work: a name, a business date, and the shard of it."""

    name: str
    business_date: date
    shard: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """What one step did: where the next begins (None: all done) and figures to add up."""

    cursor: str | None
    totals: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobReport:
    """How a job stands."""

    job: Job
    done: bool
    steps: int
    cursor: str
    totals: dict[str, int]


def run_job(
    database: Database,
    principal: Principal,
    job: Job,
    step: Callable[[Transaction, str], Progress],
    on_step: Callable[[JobReport], None] | None = None,
) -> JobReport:
    """Run a job to its end from wherever it stands; a job already done does nothing."""
    with database.read() as connection:
        report = read_job(connection, principal, job)
    for _ in range(JOB_STEPS_MAX):
        if report.done:
            return report
        key = f"job:{job.name}:{job.business_date}:{job.shard}:{report.steps}"
        command = Command(f"job.{job.name}", principal, key, {"cursor": report.cursor})

        def handler(tx: Transaction, report: JobReport = report) -> dict[str, Any]:
            progress = step(tx, report.cursor)
            _store(tx, principal, report, progress)
            return {"cursor": progress.cursor, "totals": progress.totals}

        # The answer says what was stored, also where another process did this step before us.
        report = _after(report, Progress(**database.command(command, handler).value))
        if on_step is not None:
            on_step(report)
    message = f"{job} did not end in {JOB_STEPS_MAX} steps"
    raise RuntimeError(message)


def do_step(tx: Transaction, job: Job, step: Callable[[Transaction, str], Progress]) -> JobReport:
    """Do a job's next step inside an open transaction; one already done does nothing."""
    report = read_job(tx.connection, tx.principal, job)
    if report.done:
        return report
    progress = step(tx, report.cursor)
    _store(tx, tx.principal, report, progress)
    return _after(report, progress)


def _after(before: JobReport, progress: Progress) -> JobReport:
    """Return how a job stands after one more step."""
    names = before.totals.keys() | progress.totals.keys()
    return JobReport(
        before.job,
        done=progress.cursor is None,
        steps=before.steps + 1,
        cursor=before.cursor if progress.cursor is None else progress.cursor,
        totals={n: before.totals.get(n, 0) + progress.totals.get(n, 0) for n in sorted(names)},
    )


def read_job(connection: Connection, principal: Principal, job: Job) -> JobReport:
    """Return how a job of the principal's tenant stands; one never started has done 0 steps."""
    row = _READ.on(connection, _identity(principal, job)).first()
    if row is None:
        return JobReport(job, done=False, steps=0, cursor="", totals={})
    return JobReport(job, row.state == "done", row.steps, row.cursor, row.totals)


def _identity(principal: Principal, job: Job) -> dict[str, Any]:
    return {
        "the_tenant": principal.tenant_id,
        "the_name": job.name,
        "the_date": job.business_date,
        "the_shard": job.shard,
    }


_IS = and_(
    job_table.c.tenant_id == bindparam("the_tenant"),
    job_table.c.name == bindparam("the_name"),
    job_table.c.business_date == bindparam("the_date"),
    job_table.c.shard == bindparam("the_shard"),
)
# A night of a small book is a dozen steps of a millisecond: building a statement costs as much.
_READ = Prepared(select(job_table).where(_IS))
_BEGIN = Prepared(insert(job_table))
_MOVE = Prepared(update(job_table).where(_IS))


def _store(tx: Transaction, principal: Principal, before: JobReport, progress: Progress) -> None:
    after = _after(before, progress)
    values = {
        "state": "done" if after.done else "running",
        "cursor": after.cursor,
        "steps": after.steps,
        "totals": after.totals,
        "updated_at": tx.now,
    }
    if before.steps == 0:
        identity = {
            "tenant_id": principal.tenant_id,
            "name": before.job.name,
            "business_date": before.job.business_date,
            "shard": before.job.shard,
        }
        _BEGIN.on(tx.connection, {**identity, **values})
        return
    _MOVE.on(tx.connection, {**_identity(principal, before.job), **values})
