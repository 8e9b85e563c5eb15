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
from martlet.signals import Signal, SignalSet, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from martlet.records.model import Plans

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
    values: Mapping[str, Sequence[int]]
    """Slug -> value, number of records behind it."""
    evidence: Mapping[Kind, tuple[str, ...]]

    def columns(self) -> dict[str, Any]:
        """Return what the table of stored signals keeps of it."""
        return {
            "kinds": [kind.value for kind in self.kinds],
            "verified_by": self.verified_by,
            "known_at": self.known_at,
            "figures": {slug: list(pair) for slug, pair in self.values.items()},
            "evidence": {kind.value: list(hashes) for kind, hashes in self.evidence.items()},
        }

    def signals(self, party_id: UUID, as_of: datetime) -> SignalSet:
        """Return them as signals that describe the time up to `as_of` and expire some days on."""
        expires_at = as_of + timedelta(days=SIGNAL_DAYS)
        day, known_at = business_date_of(as_of), self.known_at
        of_kind = {kind: self._origin_of(kind) for kind in (None, *self.kinds)}
        found = []
        for slug, (value, sample) in self.values.items():
            kind = KIND_OF.get(slug)
            confidence_ppm, evidence = of_kind.get(kind) or self._origin_of(kind)
            if slug == _VERIFIED and self.verified_by:
                confidence_ppm = SOURCE_CONFIDENCE_PPM[Kind(self.verified_by)]
            found.append(
                Signal(
                    party_id,
                    slug,
                    value,
                    day,
                    known_at,
                    expires_at,
                    confidence_ppm,
                    sample,
                    PROVIDER,
                    VERSION,
                    evidence,
                )
            )
        return SignalSet(tuple(found))

    def _origin_of(self, kind: Kind | None) -> tuple[int, tuple[str, ...]]:
        """Return how sure a figure is, as sure as what it is read from, and its evidence."""
        if kind is not None:
            return SOURCE_CONFIDENCE_PPM[kind], self._evidence_of(kind)
        surest = max((SOURCE_CONFIDENCE_PPM[here] for here in self.kinds), default=0)
        return surest, self._evidence_of(None)

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
            values={
                slug: (row[slug], row[sample] or 0)
                for slug, sample, kind in read
                if row[slug] is not None and kind.accepts(row[slug])
            },
            evidence={kind: tuple(h[-EVIDENCE_MAX:]) for kind, h in by_kind.items()},
        )
    return found
