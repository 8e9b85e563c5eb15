"""A signal as a frozen value, and what an eye is: whoever answers with signals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import msgspec

from martlet.signals.kinds import KINDS, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    import polars as pl

    from martlet.kernel.principal import Principal
    from martlet.signals.sets import SignalSet

PPM_WHOLE = 1_000_000


class Role(StrEnum):
    """What a signal may do to a decision."""

    FEATURE = "feature"
    """Goes into the model."""
    CAPACITY = "capacity"
    """Money that can be counted on: adds a component to the limit."""
    VERIFICATION = "verification"
    """Makes another signal surer or unlocks a cap."""
    EXCLUSION = "exclusion"
    """Forbids credit, with evidence."""
    CONTEXT = "context"
    """Shown to people, never counted."""


class Signal(msgspec.Struct, frozen=True, gc=False):
    """One thing that an eye knows about one business.

    A struct and not a dataclass, made in a quarter of the time; `msgspec.structs.replace` changes
    one. What a decision reads is the same in rows (`SignalSet`).
    """

    party_id: UUID
    kind: str
    value: int | str | bool
    as_of: date
    """The last day of the period that it describes."""
    known_at: datetime
    """Since when the bank has known it."""
    expires_at: datetime
    """From when it no longer counts."""
    confidence_ppm: int
    sample_size: int
    provider: str
    provider_version: str
    evidence: tuple[str, ...] = ()
    """Content hashes of what it was read from."""

    def __post_init__(self) -> None:
        kind = KINDS.get(self.kind) or kind_of(self.kind)
        assert 0 <= self.confidence_ppm <= PPM_WHOLE, self.confidence_ppm
        assert self.sample_size >= 0, self.sample_size
        assert self.known_at.tzinfo is not None
        assert self.known_at < self.expires_at, (self.known_at, self.expires_at)
        low, high = kind.whole_numbers
        whole = type(self.value) is int and low <= self.value <= high
        assert whole or kind.accepts(self.value), f"{self.kind}: {self.value!r} is out of its range"

    @property
    def role(self) -> Role:
        """What it may do, as its kind says."""
        return Role(kind_of(self.kind).role)

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value, for the record of a decision."""
        return {
            "party_id": str(self.party_id),
            "kind": self.kind,
            "value": self.value,
            "as_of": self.as_of.isoformat(),
            "known_at": self.known_at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
            "confidence_ppm": self.confidence_ppm,
            "sample_size": self.sample_size,
            "provider": self.provider,
            "provider_version": self.provider_version,
            "evidence": list(self.evidence),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Signal:
        """Read back what `as_json` wrote."""
        from uuid import UUID  # noqa: PLC0415 - a type elsewhere in this module

        return cls(
            party_id=UUID(value["party_id"]),
            kind=value["kind"],
            value=value["value"],
            as_of=date.fromisoformat(value["as_of"]),
            known_at=datetime.fromisoformat(value["known_at"]),
            expires_at=datetime.fromisoformat(value["expires_at"]),
            confidence_ppm=value["confidence_ppm"],
            sample_size=value["sample_size"],
            provider=value["provider"],
            provider_version=value["provider_version"],
            evidence=tuple(value["evidence"]),
        )


@dataclass(frozen=True, slots=True)
class SignalRequest:
    """Which business is asked about, by whom."""

    principal: Principal
    party_id: UUID


class SignalProvider(Protocol):
    """An eye: reads what it may, answers with signals, writes nothing and decides nothing."""

    name: str
    version: str
    consents: tuple[str, ...]
    kinds: tuple[str, ...]

    def collect(self, request: SignalRequest, as_of: datetime) -> SignalSet:
        """Return what is known about one business at a moment, without what it did not allow."""
        ...

    def collect_many(self, requests: Sequence[SignalRequest], as_of: datetime) -> pl.DataFrame:
        """Return the same as columns: `party_id` and one column a kind, for batch and training."""
        ...


@runtime_checkable
class GroupSignalProvider(Protocol):
    """An eye that answers for a group of businesses in fewer questions than one each."""

    def collect_each(
        self, principal: Principal, party_ids: Sequence[UUID], as_of: datetime
    ) -> Mapping[UUID, SignalSet]:
        """Return for each business what `collect` would."""
        ...
