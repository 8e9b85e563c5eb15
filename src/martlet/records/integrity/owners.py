"""Shared owners: what the other businesses of the same owner tell about one.

A person may own two shops, and a chain opens three in a month: that is told to people and counts
for nothing. It forbids credit only where the owner's other business has a finding of its own that
does. Ownership goes by the owner's phone, which the parties room knows by its blind index.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from martlet.records.integrity.limits import OWNER_BUSINESSES_MIN, OWNER_DAYS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

OWNER_EXCLUDED = "integrity_owner_excluded_count"
OWNER_BUSINESSES = "integrity_owner_businesses_count"
OWNER_CONFIDENCE_PPM = 900_000
"""A code came to the owner's phone; a phone can still be handed to somebody else."""
OWNER_KINDS = (OWNER_EXCLUDED, OWNER_BUSINESSES)


@dataclass(frozen=True, slots=True)
class OtherBusiness:
    """Another business of the same owner."""

    party_id: UUID
    registered_at: datetime
    excluded_since: datetime | None = None
    """Since when a finding in its own records forbids credit; None where there is none."""

    def as_json(self) -> dict[str, object]:
        """Return it as a JSON value."""
        return {
            "party_id": str(self.party_id),
            "registered_at": self.registered_at.isoformat(),
            "excluded": self.excluded_since is not None,
        }


@dataclass(frozen=True, slots=True)
class OwnerFinding:
    """What the owner's other businesses tell."""

    kind: str
    value: int
    known_at: datetime
    businesses: tuple[OtherBusiness, ...]

    def as_json(self) -> dict[str, object]:
        """Return it as a JSON value, with the businesses."""
        return {
            "kind": self.kind,
            "value": self.value,
            "sample_size": self.value,
            "known_at": self.known_at.isoformat(),
            "businesses": [other.as_json() for other in self.businesses],
        }


def owner_findings(
    itself: OtherBusiness, others: Sequence[OtherBusiness], as_of: datetime
) -> tuple[OwnerFinding, ...]:
    """Return what may be told of a business from the others of its owner, as of a moment."""
    known = tuple(other for other in others if other.registered_at <= as_of)
    found = []
    stopped = tuple(
        other for other in known if other.excluded_since and other.excluded_since <= as_of
    )
    if stopped:
        since = min(o.excluded_since for o in stopped if o.excluded_since)
        found.append(OwnerFinding(OWNER_EXCLUDED, len(stopped), since, stopped))
    month = timedelta(days=OWNER_DAYS)
    close = tuple(o for o in known if abs(o.registered_at - itself.registered_at) <= month)
    if len(close) + 1 >= OWNER_BUSINESSES_MIN:
        since = max(other.registered_at for other in (itself, *close))
        found.append(OwnerFinding(OWNER_BUSINESSES, len(close) + 1, since, close))
    return tuple(found)
