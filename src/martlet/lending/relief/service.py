"""Relief from outside: draft, preview, approve, launch, stop, reverse, and every read.

Drafting and approving are two people's commands; a launch and a reversal are jobs that go on from
wherever they were killed. Nothing here changes a loan but through its events.
"""

from __future__ import annotations

import threading
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from martlet.kernel.errors import Conflict, Invalid, MartletError
from martlet.kernel.principal import Principal, Scope, system_principal
from martlet.ledger import account, current_business_date
from martlet.lending.relief import life, queries
from martlet.lending.relief.forgone import take_forgone
from martlet.lending.relief.launch import Launch, launch_step
from martlet.lending.relief.limits import CHUNK_LOANS, REASON_CHARS_MAX
from martlet.lending.relief.model import Programme, Stage
from martlet.lending.relief.moves import (
    add_move,
    find_programme,
    require_next,
    stage_of,
)
from martlet.lending.relief.preview import preview
from martlet.lending.relief.reading import parse_programme
from martlet.lending.relief.report import report
from martlet.lending.relief.reversal import Reversal, reversal_step
from martlet.lending.relief.tables import preview as preview_table
from martlet.store import Command, run_job

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.lending.relief.preview import OnProgress
    from martlet.store import Database, JobReport, Transaction


class ReliefService:
    """Runs relief programmes; the database is handed in."""

    def __init__(self, database: Database, *, chunk_loans: int = CHUNK_LOANS) -> None:
        assert chunk_loans > 0, chunk_loans
        self._database = database
        self._chunk_loans = chunk_loans
        self._running: dict[UUID, threading.Thread] = {}
        self._failed: dict[UUID, MartletError] = {}

    # Two people's commands.

    def draft(self, principal: Principal, key: str, text: str) -> dict[str, Any]:
        """Write a programme down; its name is taken from then on."""
        principal.require(Scope.POLICY_WRITE)
        read = parse_programme(text)
        account(read.cost_account)

        def handler(tx: Transaction) -> dict[str, Any]:
            return life.draft(tx, read)

        return self._database.command(
            Command("lending.relief_draft", principal, key, {"text": text}), handler
        ).value

    def preview(
        self, principal: Principal, programme_id: UUID, on_progress: OnProgress | None = None
    ) -> dict[str, Any]:
        """Walk through the whole book, keep the figures of a launch of today, and return them."""
        queries.require_reader(principal)
        with self._database.read() as connection:
            read = self._read(connection, principal, programme_id)
            figures = preview(
                connection,
                principal.tenant_id,
                programme_id,
                read,
                self._database.ids.new,
                on_progress,
            )
        made = self._database.ids.new()

        def handler(tx: Transaction) -> dict[str, Any]:
            tx.execute(
                insert(preview_table).values(
                    preview_id=made,
                    tenant_id=tx.tenant_id,
                    programme_id=programme_id,
                    business_date=current_business_date(tx.connection, tx.tenant_id),
                    figures=figures,
                    made_at=tx.now,
                    made_by=tx.principal.actor,
                )
            )
            return {"preview_id": str(made)}

        body = {"programme_id": str(programme_id), "preview_id": str(made)}
        command = Command("lending.relief_preview", principal, f"relief-preview:{made}", body)
        self._database.command(command, handler)
        return figures

    def approve(self, principal: Principal, key: str, programme_id: UUID) -> dict[str, Any]:
        """Approve a programme that was previewed; never by the person who drafted it."""
        principal.require(Scope.MODEL_PROMOTE)

        def handler(tx: Transaction) -> dict[str, Any]:
            return life.approve(tx, programme_id)

        return self._move(principal, key, "lending.relief_approve", programme_id, {}, handler)

    def stop(
        self, principal: Principal, key: str, programme_id: UUID, reason: str
    ) -> dict[str, Any]:
        """Let no further loan be helped; what was granted goes on."""
        principal.require(Scope.END_OF_DAY)
        reason = _checked_reason(reason)

        def handler(tx: Transaction) -> dict[str, Any]:
            find_programme(tx.connection, tx.tenant_id, programme_id)
            before = stage_of(tx.connection, tx.tenant_id, programme_id)
            require_next(before, Stage.STOPPED)
            today = current_business_date(tx.connection, tx.tenant_id)
            add_move(tx, programme_id, Stage.STOPPED, reason, today, None)
            return {"programme_id": str(programme_id), "stage": Stage.STOPPED.value}

        body = {"reason": reason}
        return self._move(principal, key, "lending.relief_stop", programme_id, body, handler)

    # Jobs.

    def launch(
        self,
        principal: Principal,
        key: str,
        programme_id: UUID,
        on_progress: OnProgress | None = None,
    ) -> dict[str, Any]:
        """Relieve every loan that the programme helps, from wherever an earlier run stopped.

        Launched again on a later day it helps the loans that have come since.
        """
        starts_on = self._begin_launch(principal, key, programme_id)
        self._run_launch(principal, programme_id, starts_on, on_progress)
        return self.progress(principal, programme_id)

    def launch_in_background(
        self, principal: Principal, key: str, programme_id: UUID
    ) -> dict[str, Any]:
        """Begin a launch, or go on with it, and answer at once; `progress` tells the rest."""
        starts_on = self._begin_launch(principal, key, programme_id)
        work = partial(self._run_launch, principal, programme_id, starts_on, None)
        self._start(programme_id, work)
        return self.progress(principal, programme_id)

    def reverse(
        self,
        principal: Principal,
        key: str,
        programme_id: UUID,
        reason: str,
        from_on: date | None = None,
        on_progress: OnProgress | None = None,
    ) -> dict[str, Any]:
        """End what was granted from a day on (None: today), by new events; give the cost back."""
        ends = self._begin_reversal(principal, key, programme_id, reason, from_on)
        self._run_reversal(principal, programme_id, ends, on_progress)
        return self.progress(principal, programme_id)

    def reverse_in_background(
        self,
        principal: Principal,
        key: str,
        programme_id: UUID,
        reason: str,
        from_on: date | None = None,
    ) -> dict[str, Any]:
        """Begin a reversal, or go on with it, and answer at once."""
        ends = self._begin_reversal(principal, key, programme_id, reason, from_on)
        self._start(programme_id, partial(self._run_reversal, principal, programme_id, ends, None))
        return self.progress(principal, programme_id)

    def follow(self, principal: Principal, morning: date) -> dict[str, Any]:
        """Take to income the interest forgone up to a morning, once, on the open date."""
        principal.require(Scope.END_OF_DAY)
        bank, body = system_principal(principal.tenant_id), {"morning": morning.isoformat()}
        key = f"relief-follow:{morning.isoformat()}"
        return self._database.command(
            Command("lending.relief_follow", bank, key, body), lambda tx: take_forgone(tx, morning)
        ).value

    # Reads.

    def programmes(self, principal: Principal) -> list[dict[str, Any]]:
        """Return every programme with where it stands, the latest first."""
        with self._database.read() as connection:
            return queries.programmes(connection, principal)

    def programme(self, principal: Principal, programme_id: UUID) -> dict[str, Any]:
        """Return one programme: text, moves, latest preview, progress."""
        with self._database.read() as connection:
            found = queries.one_programme(connection, principal, programme_id)
        return {**found, "progress": self._with_run(programme_id, found["progress"])}

    def progress(self, principal: Principal, programme_id: UUID) -> dict[str, Any]:
        """Return how far a programme has come, and whether this process is at work on it."""
        with self._database.read() as connection:
            found = queries.progress(connection, principal, programme_id)
        return self._with_run(programme_id, found)

    def report(self, principal: Principal, programme_id: UUID) -> dict[str, Any]:
        """Return the plan beside what was booked, in all and by group."""
        with self._database.read() as connection:
            return report(connection, principal, programme_id)

    def relief_of_loan(self, principal: Principal, loan_id: UUID) -> list[dict[str, Any]]:
        """Return the relief that runs on a loan today."""
        with self._database.read() as connection:
            today = current_business_date(connection, principal.tenant_id)
            return queries.relief_of_loan(connection, principal, loan_id, today)

    def under_relief(self, principal: Principal, party_id: UUID, on: date) -> bool:
        """Tell whether any loan of a business is under relief on a day."""
        principal.require(Scope.LENDING_READ)
        principal.require_party(party_id)
        with self._database.read() as connection:
            return queries.under_relief(connection, principal.tenant_id, party_id, on)

    # Inside.

    def _read(self, connection: Connection, principal: Principal, programme_id: UUID) -> Programme:
        return parse_programme(find_programme(connection, principal.tenant_id, programme_id).text)

    def _move(
        self,
        principal: Principal,
        key: str,
        action: str,
        programme_id: UUID,
        body: dict[str, Any],
        handler: Callable[[Transaction], dict[str, Any]],
    ) -> dict[str, Any]:
        asked = Command(action, principal, key, {"programme_id": str(programme_id), **body})
        return self._database.command(asked, handler).value

    def _begin_launch(self, principal: Principal, key: str, programme_id: UUID) -> date:
        principal.require(Scope.END_OF_DAY)

        def handler(tx: Transaction) -> dict[str, Any]:
            return {"from_on": life.begin_launch(tx, programme_id).isoformat()}

        answer = self._move(principal, key, "lending.relief_launch", programme_id, {}, handler)
        return date.fromisoformat(answer["from_on"])

    def _begin_reversal(
        self,
        principal: Principal,
        key: str,
        programme_id: UUID,
        reason: str,
        from_on: date | None,
    ) -> date:
        principal.require(Scope.END_OF_DAY)
        principal.require(Scope.LEDGER_READ)
        reason = _checked_reason(reason)

        def handler(tx: Transaction) -> dict[str, Any]:
            return {"from_on": life.begin_reversal(tx, programme_id, reason, from_on).isoformat()}

        body = {"reason": reason, "from_on": from_on.isoformat() if from_on else None}
        answer = self._move(principal, key, "lending.relief_reverse", programme_id, body, handler)
        return date.fromisoformat(answer["from_on"])

    def _run_launch(
        self,
        principal: Principal,
        programme_id: UUID,
        starts_on: date,
        on_progress: OnProgress | None,
    ) -> None:
        with self._database.read() as connection:
            read = self._read(connection, principal, programme_id)
            expected = queries.progress(connection, principal, programme_id)
        run = Launch(programme_id, read, starts_on, self._chunk_loans)
        run_job(
            self._database,
            system_principal(principal.tenant_id),
            queries.launch_job(programme_id, starts_on),
            lambda tx, cursor: launch_step(tx, cursor, run),
            _told(on_progress, expected[Stage.LAUNCHED.value]["expected"]),
        )

    def _run_reversal(
        self,
        principal: Principal,
        programme_id: UUID,
        from_on: date,
        on_progress: OnProgress | None,
    ) -> None:
        with self._database.read() as connection:
            read = self._read(connection, principal, programme_id)
            loans = queries.totals_of(connection, principal.tenant_id, programme_id)["loans"]
        run = Reversal(programme_id, read, from_on, self._chunk_loans)
        run_job(
            self._database,
            system_principal(principal.tenant_id),
            queries.reversal_job(programme_id, from_on),
            lambda tx, cursor: reversal_step(tx, cursor, run),
            _told(on_progress, loans),
        )

    def _start(self, programme_id: UUID, work: Callable[[], None]) -> None:
        """Run a job beside the callers; a second one for the same programme is refused."""
        if self._at_work(programme_id):
            raise Conflict("lending.relief_at_work", programme_id=str(programme_id))
        self._failed.pop(programme_id, None)

        def guarded() -> None:
            try:
                work()
            except MartletError as error:
                self._failed[programme_id] = error

        thread = threading.Thread(target=guarded, name="martlet-relief", daemon=True)
        self._running[programme_id] = thread
        thread.start()

    def _at_work(self, programme_id: UUID) -> bool:
        thread = self._running.get(programme_id)
        return thread is not None and thread.is_alive()

    def _with_run(self, programme_id: UUID, found: dict[str, Any]) -> dict[str, Any]:
        failed = self._failed.get(programme_id)
        return {
            **found,
            "at_work": self._at_work(programme_id),
            "failed": failed.code if failed else None,
        }


def _told(on_progress: OnProgress | None, expected: int) -> Callable[[JobReport], None] | None:
    if on_progress is None:
        return None

    def tell(report: JobReport) -> None:
        seen = report.totals.get("seen", 0)
        on_progress(seen, seen if report.done else max(seen, expected))

    return tell


def _checked_reason(reason: str) -> str:
    reason = reason.strip()
    if not 0 < len(reason) <= REASON_CHARS_MAX:
        raise Invalid("lending.relief_reason_needed", max_chars=REASON_CHARS_MAX)
    return reason
