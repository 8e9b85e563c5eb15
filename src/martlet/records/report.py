"""What came of an import, as its sender and the record see it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from martlet.records.controls import ControlTotal
from martlet.records.model import Kind


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far a file has been read."""

    bytes_read: int
    bytes_total: int
    rows_read: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """One import: which file, what was in it, what was kept."""

    import_id: UUID
    kind: Kind
    format: str
    content_hash: str
    rows_read: int
    rows_kept: int
    """New rows, and new revisions of rows known before."""
    rows_revised: int
    """Of those kept: known before with other content."""
    rows_known: int
    """Known before, word for word; not kept a second time."""
    rows_quarantined: int
    quarantine_file: str
    """Under the records folder; empty where no row was bad."""
    parties_count: int
    first_day: date | None
    last_day: date | None
    total_fen: int
    """Of the rows kept, by the kind's own amount (void invoices left out)."""
    controls: tuple[ControlTotal, ...] = ()
    replayed: bool = False
    imported_at: datetime | None = None
    """Since when the bank knows it; told where imports are listed."""

    @property
    def warnings(self) -> tuple[ControlTotal, ...]:
        """The totals that the file states and that were not found in it."""
        return tuple(control for control in self.controls if not control.agrees)

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value (without `replayed`, and as it is stored: with no moment)."""
        told = {"imported_at": self.imported_at.isoformat()} if self.imported_at else {}
        return {
            "import_id": str(self.import_id),
            "kind": self.kind.value,
            "format": self.format,
            "content_hash": self.content_hash,
            "rows_read": self.rows_read,
            "rows_kept": self.rows_kept,
            "rows_revised": self.rows_revised,
            "rows_known": self.rows_known,
            "rows_quarantined": self.rows_quarantined,
            "quarantine_file": self.quarantine_file,
            "parties_count": self.parties_count,
            "first_day": self.first_day.isoformat() if self.first_day else None,
            "last_day": self.last_day.isoformat() if self.last_day else None,
            "total_fen": self.total_fen,
            "controls": [control.as_json() for control in self.controls],
            **told,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any], *, replayed: bool = False) -> ImportReport:
        """Read back what `as_json` wrote."""
        controls = tuple(
            ControlTotal(**{name: item for name, item in control.items() if name != "agrees"})
            for control in value["controls"]
        )
        days = {
            name: date.fromisoformat(value[name]) if value[name] else None
            for name in ("first_day", "last_day")
        }
        own = {
            "import_id": UUID(value["import_id"]),
            "kind": Kind(value["kind"]),
            "controls": controls,
        }
        return cls(**{**value, **days, **own}, replayed=replayed)

    def again(self) -> ImportReport:
        """Return the same report, marked as answered before."""
        return replace(self, replayed=True)
