"""Batch work that is stopped goes on where it stood, and nothing in it is done twice."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from martlet.kernel.errors import Refused
from martlet.store import Database, Job, JobReport, Progress, read_chain, run_job
from martlet.store.jobs import read_job

if TYPE_CHECKING:
    from martlet.kernel.principal import Principal
    from martlet.store import Transaction

CLOSING = Job("accrue", date(2026, 3, 2))


class PowerCut(Exception):
    """The process ends here."""


def _count_to_five(tx: Transaction, cursor: str) -> Progress:
    """Five loans, one in each step."""
    number = int(cursor or 0) + 1
    tx.emit("loan.accrued", f"loan:{number}", {"number": number})
    return Progress(str(number) if number < 5 else None, {"loans": 1, "interest_fen": number})


def _accrued(database: Database) -> list[str]:
    with database.read() as connection:
        return [event.stream for event in read_chain(connection, category="event")]


def test_a_job_runs_to_its_end_and_adds_up(database: Database, principal: Principal) -> None:
    seen: list[JobReport] = []
    report = run_job(database, principal, CLOSING, _count_to_five, seen.append)
    assert report.done
    assert (report.steps, report.totals) == (5, {"interest_fen": 15, "loans": 5})
    assert [each.steps for each in seen] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("cut_at", range(1, 6))
def test_a_job_cut_off_anywhere_ends_the_same(
    database: Database, principal: Principal, cut_at: int
) -> None:
    def cut(report: JobReport) -> None:
        if report.steps == cut_at:
            raise PowerCut

    with pytest.raises(PowerCut):
        run_job(database, principal, CLOSING, _count_to_five, cut)
    report = run_job(database, principal, CLOSING, _count_to_five)
    assert (report.done, report.steps, report.totals["interest_fen"]) == (True, 5, 15)
    assert _accrued(database) == [f"loan:{number}" for number in range(1, 6)]


def test_a_step_that_fails_leaves_its_cursor(database: Database, principal: Principal) -> None:
    def refuse_the_third(tx: Transaction, cursor: str) -> Progress:
        progress = _count_to_five(tx, cursor)
        if cursor == "2":
            raise Refused("loan.unreadable")
        return progress

    with pytest.raises(Refused):
        run_job(database, principal, CLOSING, refuse_the_third)
    with database.read() as connection:
        report = read_job(connection, principal, CLOSING)
    assert (report.done, report.steps, report.cursor) == (False, 2, "2")
    assert len(_accrued(database)) == 2
    assert run_job(database, principal, CLOSING, _count_to_five).totals["loans"] == 5


def test_a_job_that_is_done_does_nothing(database: Database, principal: Principal) -> None:
    run_job(database, principal, CLOSING, _count_to_five)
    report = run_job(database, principal, CLOSING, _count_to_five)
    assert report.done
    assert len(_accrued(database)) == 5


def test_shards_and_days_are_jobs_of_their_own(database: Database, principal: Principal) -> None:
    for job in (CLOSING, Job("accrue", date(2026, 3, 2), shard=1), Job("accrue", date(2026, 3, 3))):
        assert run_job(database, principal, job, _count_to_five).steps == 5
    assert len(_accrued(database)) == 15


def test_a_job_whose_cursor_never_moves_is_stopped(
    database: Database, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("martlet.store.jobs.JOB_STEPS_MAX", 3)
    with pytest.raises(RuntimeError, match="did not end"):
        run_job(database, principal, CLOSING, lambda _tx, _cursor: Progress("same"))
