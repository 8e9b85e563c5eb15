"""The second half of an import: fit what was read to the shelf, place it, register it.

Where another import for the same business was registered in between, it is fitted again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.records import queries
from martlet.records.chunks import BadRow
from martlet.records.limits import CHANGED_RETRIES_MAX
from martlet.records.reading import PartyReading, figures_of_party, known_kinds
from martlet.records.registration import (
    RecordsChanged,
    Registration,
    place_files,
    register,
    take_away,
)
from martlet.records.report import ImportReport
from martlet.records.shelf import ShelfFile, scan_rows, shard_of
from martlet.store import Command

if TYPE_CHECKING:
    from uuid import UUID

    import polars as pl
    from sqlalchemy import Connection

    from martlet.kernel.principal import Principal
    from martlet.records.figures import Figures
    from martlet.records.importing import Read, Whose
    from martlet.records.integrity.reading import Checking
    from martlet.records.integrity.signs import Signs
    from martlet.records.model import Kind
    from martlet.records.quarantine import Quarantine
    from martlet.records.staging import Fitted, Written
    from martlet.store import Database


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that has come: under which key, whose rows, which content."""

    key: str
    import_id: UUID
    whose: Whose
    scope: str
    content_hash: str
    known_by_row: bool


class Importing:
    """The second half of an import: fit, place, register; again where something came between."""

    def __init__(
        self,
        database: Database,
        checking: Checking,
        principal: Principal,
        arrival: Arrival,
    ) -> None:
        self._database = database
        self._checking = checking
        self._folder = checking.folder
        self._principal = principal
        self._arrival = arrival
        self._twins_told = False

    def finish(self, read: Read, quarantine: Quarantine) -> ImportReport:
        """Register what was read; give up after a few rounds of others being faster."""
        for _ in range(CHANGED_RETRIES_MAX - 1):
            try:
                return self._try(read, quarantine)
            except RecordsChanged:
                continue
        return self._try(read, quarantine)

    def _try(self, read: Read, quarantine: Quarantine) -> ImportReport:
        tenant_id, party_id = self._principal.tenant_id, self._arrival.whose.party_id
        with self._database.read() as connection:
            seen = queries.count_imports(connection, tenant_id, party_id)
            fitted = read.staging.fit(
                lambda parties: self._known(connection, read.spec.kind, parties),
                keep_twins=read.spec.twins == "keep",
            )
        report = self._report(read, fitted, quarantine)
        placed = place_files(self._folder, tenant_id, report, fitted.files)
        try:
            figures, signs = self._told(report, placed) if party_id is not None else (None, None)
            registration = Registration(
                report=report,
                scope=self._arrival.scope,
                party_id=party_id,
                known_by_row=self._arrival.known_by_row,
                files=placed,
                parties=fitted.parties,
                seen_imports=seen,
                figures=figures,
                signs=signs,
            )
            body = {"scope": self._arrival.scope, "content_hash": report.content_hash}
            command = Command("records.import", self._principal, self._arrival.key, body)
            answer = self._database.command(command, lambda tx: register(tx, registration))
        except BaseException:
            take_away(self._folder, placed)
            raise
        registered = ImportReport.from_json(answer.value)
        if registered.import_id != report.import_id:
            take_away(self._folder, placed)
            return registered.again()
        return registered

    def _known(self, connection: Connection, kind: Kind, parties: frozenset[UUID]) -> pl.LazyFrame:
        """Plan the rows of some businesses of one shard that the shelf already holds."""
        one = next(iter(parties))
        tenant_id = self._principal.tenant_id
        if len(parties) == 1:
            files = queries.files_of_party(connection, tenant_id, one, [kind])
        else:
            files = queries.files_of_shard(connection, tenant_id, shard_of(one), [kind])
        return scan_rows(self._folder, kind, files, parties)

    def _told(
        self, report: ImportReport, placed: tuple[tuple[Written, str], ...]
    ) -> tuple[Figures | None, Signs | None]:
        """Return the one business's figures and signs as they will be with this import."""
        party_id, now = self._arrival.whose.party_id, self._database.clock.now()
        assert party_id is not None
        this = queries.PartyImport(
            report.import_id, report.kind, report.content_hash, "import", now
        )
        known_at = None if self._arrival.known_by_row else now
        extra = tuple(ShelfFile(report.kind, place, known_at) for _, place in placed)
        with self._database.read() as connection:
            imports = queries.imports_of_party(connection, self._principal.tenant_id, party_id)
            every = (*imports, this)
            allowed = self._checking.consents.of_one(connection, self._principal, party_id, now)
            kinds = known_kinds(every, allowed, now)
            if not kinds:
                return None, None
            of_party = PartyReading(self._principal.tenant_id, party_id, every, kinds, extra)
            figures = figures_of_party(connection, self._folder, of_party, now)
            return figures, self._checking.signs_of_party(connection, of_party, now)

    def _report(self, read: Read, fitted: Fitted, quarantine: Quarantine) -> ImportReport:
        twins = tuple(BadRow(line, "records.row_twin", "", ()) for line in fitted.twin_lines)
        if twins and not self._twins_told:
            quarantine.add((), twins)
            self._twins_told = True
        quarantine.close()
        return ImportReport(
            import_id=self._arrival.import_id,
            kind=read.spec.kind,
            format=read.spec.slug,
            content_hash=self._arrival.content_hash,
            rows_read=read.rows_read,
            rows_kept=fitted.kept,
            rows_revised=fitted.revised,
            rows_known=fitted.known,
            rows_quarantined=quarantine.count,
            quarantine_file=f"quarantine/{quarantine.path.name}" if quarantine.count else "",
            parties_count=len(fitted.parties),
            first_day=read.first_day,
            last_day=read.last_day,
            total_fen=fitted.total_fen,
            controls=read.tally.against(read.spec, read.notes),
        )
