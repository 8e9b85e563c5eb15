"""What makes two tellings the same fact, since when one is known, and how strong its source is.

Pure. The invariant: a fact's identity is what it says, where that is from and from which day on
it is so; amounts, shares and certainty are its values, and only they can contradict.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING
from uuid import UUID

from martlet.kernel.calendar import SHANGHAI, business_date_of
from martlet.supplychain.limits import FINDINGS_OF_KIND_MAX, FINDINGS_SHOWN_MAX
from martlet.supplychain.model import VERIFYING, NodeKind, SourceKind, node_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from martlet.supplychain.model import Edge

STRENGTHS = (0, 1, 2, 3)
"""0: a trade's own trace; 1: an office's record; 2: somebody's words; 3: a model's guess."""

_OFFICIAL = frozenset({SourceKind.TENDER, SourceKind.PATENT, SourceKind.REGISTER})

TRACES = tuple(sorted({source.value for source in VERIFYING} | {SourceKind.TENDER.value}))
"""Sources that tell of single trades, whose trace speaks on for a while after their period."""

NAMING = ("short_name", "former_name", "code", "credit_code")
"""Attributes by which a node is found as by its name."""

_PARTED = "\x1f"


def strength_of(source: SourceKind) -> int:
    """Return how strong a kind of source is, 0 the strongest: read first where a bound cuts."""
    if source in VERIFYING:
        return 0
    if source in _OFFICIAL:
        return 1
    return 3 if source is SourceKind.INFERRED else 2


def fact_id(edge: Edge) -> UUID:
    """Return the identity of a fact: the same in every database and at every import."""
    told = edge.provenance
    parts = (
        edge.from_key,
        edge.relation.value,
        edge.to_key,
        told.source.value,
        told.reference,
        "" if told.valid_from is None else told.valid_from.isoformat(),
        "reviewed" if told.reviewed else "",
    )
    return UUID(bytes=blake2b(_PARTED.join(parts).encode(), digest_size=16).digest())


def values_of(edge: Edge) -> tuple[object, ...]:
    """Return what a later telling of the same fact may contradict."""
    told = edge.provenance
    return (
        told.valid_until,
        told.confidence_ppm,
        told.consent_party_id,
        edge.amount_fen,
        edge.share_ppm,
    )


def plain_name(text: str) -> str:
    """Return a name in one spelling: full-width signs narrow, spaces single, nothing invisible."""
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    return plain if plain.isprintable() else "".join(filter(str.isprintable, plain))


def folded(text: str) -> str:
    """Return a name as it is looked up: without case and without spaces."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def named_key(kind: NodeKind, name: str) -> str:
    """Return the key of a thing that is known by its name alone."""
    return node_key(kind, plain_name(name))


def firm_key(name: str, credit_code: str | None = None) -> str:
    """Return the key of a firm: by its credit code where a register told it, else by its name."""
    return node_key(NodeKind.FIRM, credit_code) if credit_code else named_key(NodeKind.FIRM, name)


def start_of_day(day: date) -> datetime:
    """Return the first moment of a day in Shanghai."""
    return datetime.combine(day, time(0), SHANGHAI).astimezone(UTC)


def known_since(day: date, now: datetime) -> datetime:
    """Return since when a fact is known that was told on a day.

    A past day counts from its end, for nobody knows at which hour; today counts from now; a day
    that is still to come from its first moment, and not one moment earlier.
    """
    today = business_date_of(now)
    if day == today:
        return now
    return start_of_day(day + timedelta(days=1) if day < today else day)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a row that a person should know: where it is, and what to do about it."""

    code: str
    file: str
    row: int | None = None
    """The line in the file, the line of column names being 1; None: the whole file."""
    column: str = ""
    details: Mapping[str, str | int] = field(default_factory=dict)
    kept: bool = False
    """Whether the row was kept in spite of it."""


@dataclass(slots=True)
class Findings:
    """The findings of one import: all counted by kind, the first of each kind kept in full."""

    kept: list[Finding] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    quarantined: int = 0

    def add(self, finding: Finding) -> None:
        """Count a finding, and keep it while it says something new."""
        count = self.counts.get(finding.code, 0) + 1
        self.counts[finding.code] = count
        self.quarantined += not finding.kept and finding.row is not None
        if count <= FINDINGS_OF_KIND_MAX and len(self.kept) < FINDINGS_SHOWN_MAX:
            self.kept.append(finding)

    def count(self, code: str, more: int) -> None:
        """Count findings of which no more than their number is known."""
        if more:
            self.counts[code] = self.counts.get(code, 0) + more
