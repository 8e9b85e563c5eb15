"""What a check found: how much, resting on which records, so that a person can look.

A finding accuses nobody. It is a figure with its records, and its kind says what it may do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from martlet.records.features.definition import PPM
from martlet.records.integrity.limits import EVIDENCE_ROWS_MAX, YEAR_DAYS
from martlet.records.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

EVIDENCE_COLUMNS = ("row_id", "day", "side", "number", "counterparty", "amount_fen")


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One record that a finding rests on; rows with the same `pair` belong together."""

    pair: int
    row_id: str
    day: date
    side: str
    number: str
    counterparty: str
    amount_fen: int

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {"pair": self.pair, "row_id": self.row_id, "day": self.day.isoformat()} | {
            name: getattr(self, name) for name in ("side", "number", "counterparty", "amount_fen")
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check saw in a business's records."""

    kind: str
    """Slug of the signal that tells it."""
    source: Kind
    """The kind of records that it was read from."""
    value: int
    """How strong it is, in the unit of its kind."""
    sample_size: int
    """How many records, or pairs of them, agree."""
    amount_fen: int
    """What they add up to."""
    known_at: datetime
    evidence: tuple[EvidenceRow, ...]
    """The largest of them."""

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value, with its records."""
        return {
            "kind": self.kind,
            "source": self.source.value,
            "value": self.value,
            "sample_size": self.sample_size,
            "amount_fen": self.amount_fen,
            "known_at": self.known_at.isoformat(),
            "evidence": [row.as_json() for row in self.evidence],
        }


Findings = dict[str, tuple[Finding, ...]]
"""Business -> what was found; a business of which nothing was found is not in it."""


@dataclass(frozen=True, slots=True)
class Book:
    """The records of some businesses that stand at a moment, in one order, and their turnover."""

    rows: pl.DataFrame
    """`party_id, row_id, known_at, day, age_days, side, number, counterparty, amount_fen`."""
    turnover: Mapping[str, int]
    """Sales of the year of each business that has any."""

    @property
    def year(self) -> pl.DataFrame:
        """The rows of the last year."""
        return self.rows.filter(pl.col("age_days") < YEAR_DAYS)


def share_ppm(part_fen: int, whole_fen: int) -> int:
    """Return part over whole in ppm, rounded down and never above the whole."""
    return min(part_fen * PPM // whole_fen, PPM) if whole_fen > 0 else 0


def evidence_of(rows: Iterable[tuple[int, Mapping[str, Any]]]) -> tuple[EvidenceRow, ...]:
    """Return the first rows, each with the number of its pair, as evidence."""
    found: list[EvidenceRow] = []
    for pair, row in rows:
        if len(found) == EVIDENCE_ROWS_MAX:
            break
        found.append(EvidenceRow(pair, **{name: row[name] for name in EVIDENCE_COLUMNS}))
    return tuple(found)


def largest(rows: pl.DataFrame) -> tuple[EvidenceRow, ...]:
    """Return the largest of some rows as evidence, each for itself."""
    order = rows.sort(["amount_fen", "day", "row_id"], descending=[True, True, False])
    return evidence_of(enumerate(order.head(EVIDENCE_ROWS_MAX).iter_rows(named=True), start=1))


def total_fen(rows: pl.DataFrame) -> int:
    """Return what some rows add up to."""
    return int(rows["amount_fen"].sum())


def finding_of_rows(kind: str, value: int, rows: pl.DataFrame, shown: pl.DataFrame) -> Finding:
    """Return what sales say together, with the largest of `shown` as evidence."""
    return Finding(
        kind=kind,
        source=Kind.INVOICES,
        value=value,
        sample_size=rows.height,
        amount_fen=total_fen(rows),
        known_at=max(shown["known_at"].to_list()),
        evidence=largest(shown),
    )
