"""The room's door: import a file, read features, keep stored signals fresh.

An import reads the file once into staging, fits it to what is known, puts its files in place and
registers them in one commit. Until that commit nothing has happened, for anybody.
"""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING, Any, BinaryIO

from martlet.kernel.calendar import business_date_of
from martlet.kernel.canonical import hash_of
from martlet.kernel.errors import Forbidden, Invalid, NotFound
from martlet.kernel.principal import ActorKind, Scope
from martlet.parties import business_facts
from martlet.records import queries
from martlet.records.daily import readable, taken_on
from martlet.records.figures import figures_of
from martlet.records.finishing import Arrival, Importing
from martlet.records.importing import AUTO, Whose, read_into_staging
from martlet.records.integrity.clearing import clear
from martlet.records.integrity.limits import REASON_CHARS_MAX
from martlet.records.integrity.queries import store_signs
from martlet.records.integrity.reading import Checking
from martlet.records.integrity.signals import IntegritySignals
from martlet.records.limits import ORPHAN_HOURS, SHARDS, SIGNALS_PER_STEP
from martlet.records.quarantine import Quarantine
from martlet.records.reading import ConsentSource, read_shards, rows_of_party
from martlet.records.registration import store_figures
from martlet.records.signals import RecordsSignals
from martlet.records.source import open_source
from martlet.store import Command, Job, Progress, run_job

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import date, datetime
    from pathlib import Path
    from uuid import UUID

    import polars as pl

    from martlet.kernel.principal import Principal
    from martlet.records.figures import Figures
    from martlet.records.integrity.reading import AskNames
    from martlet.records.integrity.signals import IntegrityReport
    from martlet.records.integrity.signs import Signs
    from martlet.records.model import Kind
    from martlet.records.reading import ShardReading
    from martlet.records.report import ImportProgress, ImportReport
    from martlet.store import Database, JobReport, Transaction


class RecordsService:
    """A business's own records: taken in, kept, and told as features and signals."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        consents: ConsentSource | None = None,
        ask_names: AskNames | None = None,
    ) -> None:
        self._database = database
        self._folder = folder
        self._consents = consents or ConsentSource()
        self._checking = Checking(folder, self._consents, ask_names)
        self.signals = RecordsSignals(database, folder, self._consents)
        """The provider that the bank plugs into its decisions."""
        self.integrity_signals = IntegritySignals(database, folder, self._consents, ask_names)
        """The provider of what the checks for fraud find, likewise."""

    def import_file(  # noqa: PLR0913 - what may be said about a file, each by its name
        self,
        principal: Principal,
        key: str,
        source: Path | BinaryIO,
        *,
        party_id: UUID | None = None,
        party_of: Mapping[str, UUID] | None = None,
        format: str = AUTO,  # noqa: A002 - the word that everybody uses for it
        name: str = "",
        known_at: str = "import",
        on_progress: Callable[[ImportProgress], None] | None = None,
    ) -> ImportReport:
        """Import a file of one business, or of many by the file's own firm column.

        The same content for the same businesses, in the same format, is answered as the first time.
        `known_at="issued"` lets each row count as known from its own day: for back-tests only.
        """
        whose = self._whose(principal, party_id, party_of)
        if known_at not in {"import", "issued"}:
            raise Invalid("records.known_at_unknown", known_at=known_at[:20])
        now = self._database.clock.now()
        import_id = self._database.ids.new()
        staging = self._folder / "staging" / str(import_id)
        quarantine = Quarantine(self._folder / "quarantine" / f"{import_id}.csv")
        scope = f"{_scope(whose)}:{format}:{known_at}"
        kept = False
        try:
            with open_source(source, name, staging / "incoming") as opened:
                before = self._imported(principal, scope, opened.content_hash)
                if before is not None:
                    return before
                read = read_into_staging(
                    opened,
                    format,
                    whose,
                    today=business_date_of(now),
                    known_by_row=known_at == "issued",
                    folder=staging,
                    quarantine=quarantine,
                    on_progress=on_progress,
                )
                importing = Importing(
                    self._database,
                    self._checking,
                    principal,
                    Arrival(
                        key, import_id, whose, scope, opened.content_hash, known_at == "issued"
                    ),
                )
                report = importing.finish(read, quarantine)
                kept = not report.replayed
                return report
        finally:
            quarantine.close()
            if not kept:
                quarantine.path.unlink(missing_ok=True)
            shutil.rmtree(staging, ignore_errors=True)

    def _whose(
        self, principal: Principal, party_id: UUID | None, party_of: Mapping[str, UUID] | None
    ) -> Whose:
        """Refuse who may not import this; say whose rows they are."""
        principal.require(Scope.RECORDS_WRITE)
        if (party_id is None) == (party_of is None):
            raise Invalid("records.whose_unclear")
        if party_id is not None:
            principal.require_party(party_id)
            with self._database.read() as connection:
                business_facts(connection, principal, party_id)
        for other in (party_of or {}).values():
            principal.require_party(other)
        return Whose(party_id, party_of)

    def _imported(self, principal: Principal, scope: str, content_hash: str) -> ImportReport | None:
        with self._database.read() as connection:
            return queries.find_import(connection, principal.tenant_id, scope, content_hash)

    def imports(
        self, principal: Principal, party_id: UUID | None = None, *, limit: int = 100
    ) -> tuple[ImportReport, ...]:
        """Return imports, the newest first."""
        principal.require(Scope.RECORDS_READ)
        with self._database.read() as connection:
            return queries.list_imports(connection, principal, party_id, limit=limit)

    def quarantine_path(self, principal: Principal, import_id: UUID) -> Path:
        """Return the file of an import's bad rows, if the principal may see it."""
        found = next(
            (r for r in self.imports(principal, limit=10_000) if r.import_id == import_id), None
        )
        if found is None or not found.quarantine_file:
            raise NotFound("records.quarantine_not_found", import_id=str(import_id))
        return self._folder / found.quarantine_file

    def features(
        self, principal: Principal, party_ids: Collection[UUID] | None, as_of: datetime
    ) -> pl.DataFrame:
        """Return the features of some businesses (None: of all) as their consents allow."""
        principal.require(Scope.RECORDS_READ)
        return self.signals.features(principal, party_ids, as_of)

    def taken_on(
        self, principal: Principal, party_ids: Sequence[UUID], day: date
    ) -> dict[UUID, int]:
        """Return what businesses took on a day, by the best of their records that may be read.

        One of which no record of that day is known is not there.
        """
        principal.require(Scope.RECORDS_READ)
        for party_id in party_ids:
            principal.require_party(party_id)
        now = self._database.clock.now()
        with self._database.read() as connection:
            consents = self._consents.of_some(connection, principal, party_ids, now)
            allowed = readable(consents, party_ids)
            return taken_on(connection, self._folder, principal.tenant_id, allowed, day, now)

    def now(self) -> datetime:
        """Return the moment by which everything that is stored is known."""
        return self._database.clock.now()

    def imports_by_party(self, principal: Principal) -> dict[int, dict[UUID, int]]:
        """Return how many imports speak of each business that the principal sees, by shard."""
        principal.require(Scope.RECORDS_READ)
        found = {}
        with self._database.read() as connection:
            for shard in range(SHARDS):
                parties = queries.parties_of_shard(connection, principal.tenant_id, shard)
                seen = principal.party_ids
                found[shard] = {
                    party_id: len(imports)
                    for party_id, imports in parties.items()
                    if seen is None or party_id in seen
                }
        return found

    def shards(
        self, principal: Principal, party_ids: Collection[UUID], as_of: datetime
    ) -> Iterator[ShardReading]:
        """Yield, shard by shard, the rows of some businesses as their consents allow."""
        principal.require(Scope.RECORDS_READ)
        with self._database.read() as connection:
            yield from read_shards(
                connection, self._folder, principal, as_of, self._consents, party_ids
            )

    def rows(
        self, principal: Principal, party_id: UUID, through: date, as_of: datetime
    ) -> dict[Kind, pl.DataFrame]:
        """Return a business's rows through a day, known at a moment, of the kinds it lets be read.

        Each is in its newest revision; a kind that has no row, or that the business does not allow
        to be read now, is not there.
        """
        principal.require(Scope.RECORDS_READ)
        principal.require_party(party_id)
        with self._database.read() as connection:
            business_facts(connection, principal, party_id)
            allowed = self._consents.of_one(connection, principal, party_id, self.now())
            return rows_of_party(
                connection, self._folder, (principal.tenant_id, party_id), allowed, through, as_of
            )

    def integrity(self, principal: Principal, party_id: UUID, as_of: datetime) -> IntegrityReport:
        """Return what the checks find about a business as of a moment, with the records behind it.

        For staff only: whoever knew what was seen could steer around it.
        """
        principal.require(Scope.RECORDS_READ)
        if principal.kind is ActorKind.OWNER:
            raise Forbidden("records.integrity_for_staff")
        with self._database.read() as connection:
            business_facts(connection, principal, party_id)
        return self.integrity_signals.report(principal, party_id, as_of)

    def clear_finding(
        self, principal: Principal, key: str, party_id: UUID, *, kind: str, reason: str
    ) -> dict[str, Any]:
        """Keep on record that a finding is explained; for half a year it stops nothing.

        It holds for what was found by now: a finding that grows speaks again. The right to do so
        is the risk analysts': whoever brings records does not clear what is found in them.
        """
        principal.require(Scope.POLICY_WRITE)
        why = reason.strip()
        if not why or len(why) > REASON_CHARS_MAX:
            raise Invalid("records.reason_needed", max_chars=REASON_CHARS_MAX)
        report = self.integrity(principal, party_id, self._database.clock.now())
        value = next((one.value for one in report.everything if one.kind == kind), None)
        if value is None:
            raise NotFound("records.finding_not_found", kind=kind[:64])
        body = {"party_id": str(party_id), "kind": kind, "reason": why}
        command = Command("records.clear_finding", principal, key, body)
        answer = self._database.command(command, lambda tx: clear(tx, party_id, kind, value, why))
        return answer.value

    def refresh_signals(
        self, principal: Principal, on_step: Callable[[JobReport], None] | None = None
    ) -> int:
        """Store the signals of every business whose records changed since; return how many.

        A restartable job, shard by shard: for bulk imports, whose commit stores none.
        """
        principal.require(Scope.RECORDS_WRITE)
        now = self._database.clock.now()
        with self._database.read() as connection:
            total = queries.count_imports(connection, principal.tenant_id, None)
            shards = read_shards(connection, self._folder, principal, now, self._consents)
            refreshed = 0
            for shard in shards:
                figures = figures_of(shard.records, now, shard.evidence)
                signs = self._checking.signs_of_shard(connection, principal.tenant_id, shard, now)
                job = Job(f"records.signals.{total}", business_date_of(now), shard.shard)
                step = _signal_step(figures, signs, shard.imports)
                run_job(self._database, principal, job, step, on_step)
                refreshed += len(figures)
        return refreshed

    def sweep(self) -> int:
        """Remove what cut-off imports left behind long ago; return how many files."""
        before = (self._database.clock.now() - timedelta(hours=ORPHAN_HOURS)).timestamp()
        with self._database.read() as connection:
            owned = queries.all_paths(connection)
        removed = 0
        for path in [*self._folder.rglob("*.parquet"), *self._folder.glob("staging/*/*")]:
            registered = str(path.relative_to(self._folder)) in owned
            if path.is_file() and not registered and path.stat().st_mtime < before:
                path.unlink()
                removed += 1
        return removed


def _scope(whose: Whose) -> str:
    """Return whose rows they are, as a text that is equal for equal businesses."""
    if whose.party_id is not None:
        return f"party:{whose.party_id}"
    assert whose.party_of is not None
    return f"firms:{hash_of({firm: str(party) for firm, party in whose.party_of.items()})}"


def _signal_step(
    figures: Mapping[UUID, Figures],
    signs: Mapping[UUID, Signs],
    imports: Mapping[UUID, tuple[queries.PartyImport, ...]],
) -> Callable[[Transaction, str], Progress]:
    """Return the job's step that writes the next few hundred businesses."""
    parties = sorted(figures, key=str)

    def step(tx: Transaction, cursor: str) -> Progress:
        left = [party for party in parties if str(party) > cursor]
        for party in left[:SIGNALS_PER_STEP]:
            store_figures(tx, party, figures[party], imports[party], figures[party].known_at)
            store_signs(tx, party, signs[party], imports[party])
        done = len(left) <= SIGNALS_PER_STEP
        last = None if done else str(left[SIGNALS_PER_STEP - 1])
        return Progress(last, {"businesses_count": len(left[:SIGNALS_PER_STEP])})

    return step
