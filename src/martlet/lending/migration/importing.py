"""A portfolio of another system, taken in: dealt out, prepared, reconciled, written batch by batch.

The invariant: each batch is one commit with everything that belongs to its loans, and what came in
is known by its name, so an import that was cut off is run again and goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from martlet.kernel.errors import Invalid, NotFound
from martlet.kernel.principal import Principal, Scope
from martlet.ledger import current_business_date
from martlet.lending.limits import BACKDATE_DAYS_MAX
from martlet.lending.migration.dealing import Dealt, deal, partitions_for
from martlet.lending.migration.limits import BATCH_EVENTS_MAX, BATCH_LOANS
from martlet.lending.migration.preparing import Frame, Prepared, Rejected, fingerprint, prepare
from martlet.lending.migration.report import Findings, ImportReport
from martlet.lending.migration.rows import COMPONENTS
from martlet.lending.migration.writing import (
    known_loans,
    known_parties,
    write_loans,
    write_parties,
)
from martlet.parties import facts_of_many
from martlet.store import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date
    from uuid import UUID

    from martlet.lending.migration.cells import Cells
    from martlet.parties import PartiesService, Registration
    from martlet.store import Database

    Moved = Callable[[int, int], None]

LOAN_COLUMNS = ("loan_id", "product", "disbursed_on", "tenor")
EVENT_COLUMNS = ("loan_id", "value_date", "kind")
_SOURCE = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class Files:
    """What is taken in, from which system, and where findings are written."""

    loans: Path
    events: Path
    findings: Path
    source: str = "migrated"
    stated_on: date | None = None
    """The day of stated balances where a row names none; None means the open business date."""
    dry_run: bool = False
    set_aside: bool = False
    """Take what can be taken and set the rest aside; without it one bad row withholds all."""


@dataclass(slots=True)
class PortfolioImport:
    """Takes portfolios in; the rail is where the loans' money will come back."""

    database: Database = field(repr=False)
    parties: PartiesService = field(repr=False)
    rail: str

    def run(
        self, principal: Principal, files: Files, on_progress: Moved | None = None
    ) -> ImportReport:
        """Take a pair of files in, or with `dry_run` say what would come of it.

        Every row is looked at before the first is written: unless bad ones are to be set aside,
        one of them withholds the whole pair.
        """
        principal.require(Scope.END_OF_DAY)
        principal.require(Scope.LENDING_WRITE)
        frame = self._frame(principal, files)
        with tempfile.TemporaryDirectory(prefix="martlet-migration-") as scratch:
            parts = partitions_for(files.loans, files.events)
            loans = deal(files.loans, Path(scratch), LOAN_COLUMNS, parts)
            events = deal(files.events, Path(scratch), EVENT_COLUMNS, parts)

            def go_through(*, dry_run: bool) -> ImportReport:
                report = ImportReport(files.source, frame.stated_on.isoformat(), files.dry_run)
                report.loans_read, report.events_read = loans.rows, events.rows
                with Findings(files.findings, report) as findings:
                    run = _Run(self, principal, frame, dry_run, report, findings)
                    done = 0
                    for part in range(parts):
                        done += run.partition(loans, events, part)
                        if on_progress is not None:
                            on_progress(done, loans.rows)
                return report

            if files.dry_run or files.set_aside:
                return go_through(dry_run=files.dry_run)
            seen = go_through(dry_run=True)
            if seen.rows_rejected:
                seen.withhold()
                return seen
            return go_through(dry_run=False)

    def _frame(self, principal: Principal, files: Files) -> Frame:
        if not _SOURCE.fullmatch(files.source):
            raise Invalid("lending.migration_source", source=files.source[:40])
        for file in (files.loans, files.events):
            if not file.is_file():
                raise NotFound("lending.migration_no_file", file=file.name)
        if files.loans.stem == files.events.stem:
            raise Invalid("lending.migration_one_file", file=files.loans.name)
        with self.database.read() as connection:
            today = current_business_date(connection, principal.tenant_id)
        stated_on = files.stated_on or today
        if not today - timedelta(days=BACKDATE_DAYS_MAX) <= stated_on <= today:
            raise Invalid("lending.migration_in_the_future", column="--on", on=str(stated_on))
        return Frame(files.source, self.rail, today, stated_on, self.database.ids)


@dataclass(slots=True)
class _Run:
    """One import while it goes on."""

    room: PortfolioImport
    principal: Principal
    frame: Frame
    dry_run: bool
    report: ImportReport
    findings: Findings

    def partition(self, loans: Dealt, events: Dealt, part: int) -> int:
        """Take one partition in; return how many loans stood in it."""
        rows: dict[str, list[Cells]] = defaultdict(list)
        for cells in loans.read(part):
            rows[cells.values.get("loan_id", "").strip()].append(cells)
        histories: dict[str, list[Cells]] = defaultdict(list)
        for cells in events.read(part):
            histories[cells.values.get("loan_id", "").strip()].append(cells)
        for name in histories.keys() - rows.keys():
            for cells in histories[name]:
                self.findings.reject(
                    [_refused("events", cells, name, "lending.migration_no_such_loan")]
                )
        found = sum(len(same) for same in rows.values())
        single: dict[str, Cells] = {}
        for name, same in rows.items():
            for cells in same[1:]:
                self.report.loans_rejected += 1
                self.findings.reject([_refused("loans", cells, name, "lending.migration_repeated")])
            single[name] = same[0]
        for batch in _batches(single, histories):
            self._batch({name: single[name] for name in batch}, histories)
        return found

    def _batch(self, rows: dict[str, Cells], histories: dict[str, list[Cells]]) -> None:
        """Prepare loans, and write those that are new."""
        with self.room.database.read() as connection:
            known = known_loans(connection, self.principal, self.frame.source, list(rows))
        ready: list[Prepared] = []
        for name, cells in rows.items():
            history = histories.get(name, [])
            if name not in known:
                made = prepare(cells, history, self.frame)
                if isinstance(made, Prepared):
                    ready.append(made)
                    continue
            elif known[name] == fingerprint(cells, history):
                self.report.loans_known += 1
                continue
            else:
                made = [_refused("loans", cells, name, "lending.migration_known_differently")]
            self.report.loans_rejected += 1
            self.findings.reject(made)
        whole = self._with_parties(ready)
        if whole and not self.dry_run:
            self._write(whole)
        for item, _ in whole:
            self._count(item)

    def _write(self, batch: Sequence[tuple[Prepared, UUID]]) -> None:
        digest = _digest([self.frame.source, *(item.fingerprint for item, _ in batch)])
        body = {"source": self.frame.source, "digest": digest, "loans_count": len(batch)}
        command = Command("lending.take_over", self.principal, f"take-over:{digest}", body)
        self.room.database.command(command, lambda tx: write_loans(tx, batch, self.frame))

    def _count(self, item: Prepared) -> None:
        report = self.report
        report.loans_taken += 1
        report.events_taken += len(item.events)
        report.balances_stated += len(item.source.stated_fen)
        report.balances_equal += len(item.source.stated_fen) - len(item.differences)
        for component in COMPONENTS:
            name = f"{component}_fen"
            setattr(report, name, getattr(report, name) + getattr(item.state, name))
        report.suspense_fen += item.opening.suspense_fen
        self.findings.differ(item.differences)

    # Businesses.

    def _with_parties(self, ready: Sequence[Prepared]) -> list[tuple[Prepared, UUID]]:
        """Return loans with their businesses; those whose business nobody knows are rejected."""
        told = {one.source.party_id for one in ready if one.source.party_id is not None}
        names = {one.source.party_reference for one in ready if one.source.party_id is None}
        with self.room.database.read() as connection:
            there = set(facts_of_many(connection, self.principal, sorted(told)))
            known = known_parties(connection, self.principal, self.frame.source, sorted(names))
        fresh = {
            one.source.party_reference: one.source.registration
            for one in ready
            if one.source.party_id is None and one.source.party_reference not in known
        }
        known |= self._register({name: row for name, row in fresh.items() if row is not None})
        found: list[tuple[Prepared, UUID]] = []
        for one in ready:
            party_id = one.source.party_id or known.get(one.source.party_reference)
            if party_id is None or (one.source.party_id is not None and party_id not in there):
                self.report.loans_rejected += 1
                row = one.source
                code = "lending.migration_no_such_business"
                told_why: dict[str, Any] = {"column": "party_id"}
                self.findings.reject(
                    [Rejected("loans", row.line, row.reference, "party_id", code, told_why)]
                )
            else:
                found.append((one, party_id))
        return found

    def _register(self, fresh: dict[str, Registration]) -> dict[str, UUID]:
        """Register businesses that the bank does not know, and remember their other names."""
        if not fresh:
            return {}
        self.report.businesses_registered += len(fresh)
        if self.dry_run:
            return dict.fromkeys(fresh, self.frame.ids.new())
        digest = _digest([self.frame.source, *fresh])
        made = self.room.parties.register_businesses(
            self.principal, f"take-over:{digest}", list(fresh.values())
        )
        parties = dict(zip(fresh, made, strict=True))
        body = {"source": self.frame.source, "parties": [str(party) for party in made]}
        command = Command("lending.name_parties", self.principal, f"names:{digest}", body)
        self.room.database.command(
            command, lambda tx: write_parties(tx, self.frame.source, parties)
        )
        return parties


def _batches(rows: dict[str, Cells], histories: dict[str, list[Cells]]) -> Iterator[list[str]]:
    """Return the names of loans in batches bounded by loans and by events."""
    batch: list[str] = []
    events = 0
    for name in rows:
        more = len(histories.get(name, ()))
        if batch and (len(batch) >= BATCH_LOANS or events + more > BATCH_EVENTS_MAX):
            yield batch
            batch, events = [], 0
        batch.append(name)
        events += more
    if batch:
        yield batch


def _refused(file: str, cells: Cells, name: str, code: str) -> Rejected:
    return Rejected(file, cells.line, name[:64], "loan_id", code, {"column": "loan_id"})


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]
