"""The figures of one business, small enough to be stored, and the signals made of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from martlet.kernel.calendar import business_date_of
from martlet.records.features import FAMILIES, FEATURES, features_with_samples, sample_of
from martlet.records.limits import EVIDENCE_MAX, SIGNAL_DAYS
from martlet.records.model import SOURCE_CONFIDENCE_PPM, Kind
from martlet.signals import Origin, SignalSet, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from martlet.records.model import Plans
    from martlet.signals import Row, SignalKind

PROVIDER = "records"
VERSION = "1"
KIND_OF: Mapping[str, Kind] = {
    feature.slug: family.kind for family in FAMILIES for feature in family.features
}
"""Which records a feature is read from; one that is not here is read from all of them."""
_VERIFIED = "verified_takings_monthly_fen"


@dataclass(frozen=True, slots=True)
class Figures:
    """What the records of some kinds say of one business at one moment."""

    kinds: tuple[Kind, ...]
    """The kinds that were there and allowed."""
    known_at: datetime
    verified_by: str
    by_source: Mapping[Kind | None, Sequence[Row]]
    """What each figure is read from (None: from all kinds) -> kind, value, records behind it."""
    evidence: Mapping[Kind, tuple[str, ...]]

    def values(self) -> dict[str, int]:
        """Return the value of each kind of signal."""
        return {slug: int(value) for rows in self.by_source.values() for slug, value, _ in rows}

    def columns(self) -> dict[str, Any]:
        """Return what the table of stored signals keeps of it."""
        return {
            "kinds": [kind.value for kind in self.kinds],
            "verified_by": self.verified_by,
            "known_at": self.known_at,
            "figures": {
                "" if kind is None else kind.value: [list(row) for row in rows]
                for kind, rows in self.by_source.items()
            },
            "evidence": {kind.value: list(hashes) for kind, hashes in self.evidence.items()},
        }

    @classmethod
    def from_columns(cls, row: Any) -> Figures:  # noqa: ANN401 - a row of the table
        """Read back what `columns` gave."""
        return cls(
            tuple(map(Kind, row.kinds)),
            row.known_at,
            row.verified_by,
            {Kind(kind) if kind else None: rows for kind, rows in row.figures.items()},
            {Kind(kind): tuple(hashes) for kind, hashes in row.evidence.items()},
        )

    def signals(self, party_id: UUID, as_of: datetime) -> SignalSet:
        """Return them as signals that describe the time up to `as_of` and expire some days on."""
        day, expires_at = business_date_of(as_of), as_of + timedelta(days=SIGNAL_DAYS)
        found: dict[tuple[int, tuple[str, ...]], tuple[Row, ...]] = {}
        for kind, rows in self.by_source.items():
            source = self._confidence_ppm(kind), self._evidence_of(kind)
            found[source] = (*found.get(source, ()), *rows)
        known_at = self.known_at
        return SignalSet(
            readings=[
                (Origin(party_id, day, known_at, expires_at, sure, PROVIDER, VERSION, hashes), rows)
                for (sure, hashes), rows in found.items()
            ]
        )

    def _confidence_ppm(self, kind: Kind | None) -> int:
        """Return how sure a figure is: as sure as what it is read from."""
        if kind is not None:
            return SOURCE_CONFIDENCE_PPM[kind]
        return max((SOURCE_CONFIDENCE_PPM[here] for here in self.kinds), default=0)

    def _evidence_of(self, kind: Kind | None) -> tuple[str, ...]:
        if kind is not None:
            return self.evidence.get(kind, ())
        hashes = [item for present in self.kinds for item in self.evidence.get(present, ())]
        return tuple(dict.fromkeys(hashes))[-EVIDENCE_MAX:]


def figures_of(
    records: Plans,
    as_of: datetime,
    evidence: Mapping[UUID, Iterable[tuple[Kind, str]]],
) -> dict[UUID, Figures]:
    """Return the figures of every business in `records`; evidence is the content of its imports."""
    frame = features_with_samples(records, as_of)
    there = set(frame.columns)
    read = [(f.slug, sample_of(f.slug), kind_of(f.slug)) for f in FEATURES if f.slug in there]
    found: dict[UUID, Figures] = {}
    for row in frame.iter_rows(named=True):
        party_id = UUID(row["party_id"])
        by_kind: dict[Kind, list[str]] = {}
        for kind, content_hash in evidence.get(party_id, ()):
            by_kind.setdefault(kind, []).append(content_hash)
        found[party_id] = Figures(
            kinds=tuple(kind for kind in Kind if kind in by_kind),
            known_at=row["known_at"],
            verified_by=row["verified_by"] or "",
            by_source=_by_source(row, read),
            evidence={kind: tuple(h[-EVIDENCE_MAX:]) for kind, h in by_kind.items()},
        )
    return found


def _by_source(
    row: Mapping[str, Any], read: Iterable[tuple[str, str, SignalKind]]
) -> dict[Kind | None, list[Row]]:
    """Return the figures that are there and in their kind's range, by what they are read from.

    Takings that other records verify are as sure as these.
    """
    found: dict[Kind | None, list[Row]] = {}
    for slug, sample, kind in read:
        if row[slug] is None or not kind.accepts(row[slug]):
            continue
        source = KIND_OF.get(slug)
        if slug == _VERIFIED and row["verified_by"]:
            source = Kind(row["verified_by"])
        found.setdefault(source, []).append((slug, row[slug], row[sample] or 0))
    return found
