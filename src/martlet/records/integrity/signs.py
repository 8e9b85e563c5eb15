"""What the checks found, small enough to be stored: figures without the records behind them.

The records stay on the shelf, where consent is asked each time; a person who looks has the checks
run again as of the day of the decision, which gives the same findings with their evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from martlet.kernel.calendar import business_date_of
from martlet.records.limits import EVIDENCE_MAX, SIGNAL_DAYS
from martlet.records.model import SOURCE_CONFIDENCE_PPM, Kind
from martlet.signals import Role, Signal, kind_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from uuid import UUID

    from martlet.records.integrity.finding import Finding
    from martlet.records.integrity.marks import Mark

PROVIDER = "records.integrity"
VERSION = "1"


@dataclass(frozen=True, slots=True)
class Sign:
    """A finding as a figure."""

    kind: str
    source: Kind
    value: int
    sample_size: int
    known_at: datetime

    @property
    def excludes(self) -> bool:
        """Tell whether it forbids credit, given enough cases."""
        kind = kind_of(self.kind)
        return kind.role == Role.EXCLUSION.value and self.sample_size >= kind.sample_min


@dataclass(frozen=True, slots=True)
class Signs:
    """What the checks found in some kinds of records of one business."""

    kinds: tuple[Kind, ...]
    """The kinds that were there and allowed."""
    signs: tuple[Sign, ...]
    evidence: Mapping[Kind, tuple[str, ...]]
    marks: tuple[Mark, ...] = ()
    """Kept in a table of their own, and only when signs are stored."""

    def columns(self) -> dict[str, Any]:
        """Return what the table of stored signs keeps of it."""
        return {
            "kinds": sorted(kind.value for kind in self.kinds),
            "signs": [
                [s.kind, s.source.value, s.value, s.sample_size, s.known_at.isoformat()]
                for s in self.signs
            ],
            "evidence": {kind.value: list(hashes) for kind, hashes in self.evidence.items()},
        }

    @classmethod
    def from_columns(cls, kinds: Any, signs: Any, evidence: Any) -> Signs:  # noqa: ANN401 - JSON
        """Read back what `columns` gave."""
        return cls(
            tuple(Kind(kind) for kind in kinds),
            tuple(
                Sign(kind, Kind(source), value, sample, datetime.fromisoformat(known_at))
                for kind, source, value, sample, known_at in signs
            ),
            {Kind(kind): tuple(hashes) for kind, hashes in evidence.items()},
        )

    def allowed(self, records: Collection[str]) -> Signs:
        """Return what of it rests on kinds of records that may be read."""
        return Signs(
            tuple(kind for kind in self.kinds if kind.value in records),
            tuple(sign for sign in self.signs if sign.source.value in records),
            self.evidence,
        )

    def signals(self, party_id: UUID, as_of: datetime) -> tuple[Signal, ...]:
        """Return them as signals that describe the time up to `as_of` and expire some days on."""
        return tuple(
            signal_of(
                party_id,
                as_of,
                (sign.kind, sign.value, sign.sample_size),
                known_at=sign.known_at,
                confidence_ppm=SOURCE_CONFIDENCE_PPM[sign.source],
                evidence=self.evidence.get(sign.source, ()),
            )
            for sign in self.signs
        )


def signal_of(
    party_id: UUID,
    as_of: datetime,
    told: tuple[str, int, int],
    *,
    known_at: datetime,
    confidence_ppm: int,
    evidence: tuple[str, ...],
) -> Signal:
    """Return one signal of this provider: `told` is its kind, value and number of cases."""
    kind, value, sample_size = told
    return Signal(
        party_id=party_id,
        kind=kind,
        value=value,
        as_of=business_date_of(as_of),
        known_at=known_at,
        expires_at=as_of + timedelta(days=SIGNAL_DAYS),
        confidence_ppm=confidence_ppm,
        sample_size=sample_size,
        provider=PROVIDER,
        provider_version=VERSION,
        evidence=evidence,
    )


def signs_of(
    findings: Iterable[Finding],
    marks: tuple[Mark, ...],
    kinds: Collection[Kind],
    evidence: Iterable[tuple[Kind, str]],
) -> Signs:
    """Return findings as figures; evidence is the content of the imports that were read."""
    found = tuple(
        Sign(one.kind, one.source, one.value, one.sample_size, one.known_at) for one in findings
    )
    sources = {sign.source for sign in found}
    hashes: dict[Kind, tuple[str, ...]] = {}
    for kind, content_hash in evidence:
        if kind in sources:
            hashes[kind] = (*hashes.get(kind, ()), content_hash)[-EVIDENCE_MAX:]
    return Signs(tuple(kind for kind in Kind if kind in kinds), found, hashes, marks)
