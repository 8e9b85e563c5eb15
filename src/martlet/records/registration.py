"""Make a finished import visible: its files into their places, then one commit that names them.

The order is the guarantee. Before the commit the files are nobody's; after it they are whole. An
import that is cut off in between leaves files that no query finds and `sweep` takes away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, update

from martlet.kernel.calendar import business_date_of
from martlet.kernel.errors import Conflict
from martlet.records import queries
from martlet.records.integrity.queries import store_signs
from martlet.records.shelf import place_of, put_in_place, shard_of
from martlet.records.tables import party_signal, record_file, record_import, record_party

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from martlet.records.figures import Figures
    from martlet.records.integrity.signs import Signs
    from martlet.records.report import ImportReport
    from martlet.records.staging import Written
    from martlet.store import Transaction


class RecordsChanged(Conflict):
    """Another import for the same business was registered while this one was being fitted."""


@dataclass(frozen=True, slots=True)
class Registration:
    """Everything that the commit of an import writes."""

    report: ImportReport
    scope: str
    party_id: UUID | None
    known_by_row: bool
    files: tuple[tuple[Written, str], ...]
    """Each file and its place under the records folder."""
    parties: Mapping[UUID, int]
    seen_imports: int
    """How many imports there were when it was fitted; another number now means: fit again."""
    figures: Figures | None
    """Of the one business, to be stored in the same commit."""
    signs: Signs | None
    """What the checks found in its records, likewise."""


def place_files(
    folder: Path, tenant_id: UUID, report: ImportReport, files: Sequence[Written]
) -> tuple[tuple[Written, str], ...]:
    """Move the files of an import to their places and return them with these."""
    placed = []
    for file in files:
        place = place_of(tenant_id, report.kind, report.import_id, file.shard, file.part)
        put_in_place(file.path, folder / place)
        placed.append((file, place))
    return tuple(placed)


def take_away(folder: Path, files: Sequence[tuple[Written, str]]) -> None:
    """Remove files that were placed and will not be registered."""
    for _, place in files:
        (folder / place).unlink(missing_ok=True)


def register(tx: Transaction, registration: Registration) -> dict[str, Any]:
    """Write the import down; the same content for the same businesses answers as before."""
    report = registration.report
    before = queries.find_import(
        tx.connection, tx.tenant_id, registration.scope, report.content_hash
    )
    if before is not None:
        return before.as_json()
    count = queries.count_imports(tx.connection, tx.tenant_id, registration.party_id)
    if count != registration.seen_imports:
        raise RecordsChanged("records.changed_meanwhile")
    key = {"tenant_id": tx.tenant_id, "import_id": report.import_id}
    tx.execute(
        insert(record_import).values(
            **key,
            scope=registration.scope,
            kind=report.kind.value,
            format=report.format,
            content_hash=report.content_hash,
            party_id=registration.party_id,
            known_by="issued" if registration.known_by_row else "import",
            known_at=tx.now,
            rows_kept=report.rows_kept,
            imported_by=tx.principal.actor,
            report=report.as_json(),
        )
    )
    if registration.files:
        tx.execute(
            insert(record_file),
            [
                {
                    **key,
                    "shard": file.shard,
                    "part": file.part,
                    "path": place,
                    "rows": file.rows,
                    "bytes": file.bytes,
                }
                for file, place in registration.files
            ],
        )
    tx.execute(
        insert(record_party),
        [
            {**key, "party_id": party_id, "shard": shard_of(party_id), "rows": rows}
            for party_id, rows in registration.parties.items()
        ],
    )
    if registration.figures is not None and registration.party_id is not None:
        imports = queries.imports_of_party(tx.connection, tx.tenant_id, registration.party_id)
        store_figures(tx, registration.party_id, registration.figures, imports, tx.now)
        if registration.signs is not None:
            store_signs(tx, registration.party_id, registration.signs, imports)
    tx.emit("records.imported", f"import:{report.import_id}", _event(registration))
    return report.as_json()


def _event(registration: Registration) -> dict[str, Any]:
    """Return what others may know of an import: counts and hashes, nothing of what was in it."""
    report = registration.report
    return {
        "import_id": str(report.import_id),
        "party_id": str(registration.party_id) if registration.party_id else None,
        "kind": report.kind.value,
        "format": report.format,
        "content_hash": report.content_hash,
        "rows_kept": report.rows_kept,
        "parties_count": report.parties_count,
    }


def store_figures(
    tx: Transaction,
    party_id: UUID,
    figures: Figures,
    imports: Sequence[queries.PartyImport],
    known_at: datetime,
) -> None:
    """Store the figures of a business over what was stored before."""
    values = {
        **figures.columns(),
        "imports_count": len(imports),
        "kinds_there": sorted({entry.kind.value for entry in imports}),
        "as_of": business_date_of(tx.now),
        "known_at": known_at,
        "computed_at": tx.now,
    }
    changed = tx.execute(
        update(party_signal)
        .where(party_signal.c.tenant_id == tx.tenant_id, party_signal.c.party_id == party_id)
        .values(**values)
    )
    if changed.rowcount == 0:
        tx.execute(insert(party_signal).values(tenant_id=tx.tenant_id, party_id=party_id, **values))
