"""Signals: frozen values, and the one rule that says which of them may count on a given day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import msgspec

from martlet.kernel.calendar import business_date_of
from martlet.signals.kinds import KINDS, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    import polars as pl

    from martlet.kernel.principal import Principal

PPM_WHOLE = 1_000_000
_KIND = attrgetter("kind")
_write = msgspec.json.Encoder(order="sorted").encode


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

    A struct and not a dataclass: a decision reads some dozens, and one is made in a quarter of
    the time. `msgspec.structs.replace` changes one.
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
class SignalSet:
    """What the eyes answered about one business; at most one signal of each kind."""

    signals: tuple[Signal, ...] = ()
    _text: str = field(default="", init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        kinds = {signal.kind for signal in self.signals}
        assert len(kinds) == len(self.signals), "two signals of one kind"

    def get(self, kind: str) -> Signal | None:
        """Return the signal of a kind, if there is one."""
        return next((signal for signal in self.signals if signal.kind == kind), None)

    def value(self, kind: str) -> int | None:
        """Return the whole-number value of a kind, if there is one."""
        found = self.get(kind)
        return found.value if found is not None and isinstance(found.value, int) else None

    def merged(self, other: SignalSet) -> SignalSet:
        """Return both sets in one; a kind in both is taken from the surer."""
        if not self.signals:
            return SignalSet(tuple(sorted(other.signals, key=_KIND)))
        best = {signal.kind: signal for signal in self.signals}
        for signal in other.signals:
            known = best.get(signal.kind)
            if known is None or signal.confidence_ppm > known.confidence_ppm:
                best[signal.kind] = signal
        return SignalSet(tuple(best[kind] for kind in sorted(best)))

    def text(self) -> str:
        """Return the canonical text of `as_json`: written once, then hashed and kept as it is."""
        if not self._text:
            object.__setattr__(self, "_text", _write(self.as_json()).decode())
        return self._text

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value in which what signals have in common is written once.

        A decision is kept with some dozens of signals of one reading: written one by one, nine
        tenths of their text would be the same provenance again and again.
        """
        origins: dict[tuple[Any, ...], int] = {}
        each = []
        last, place = None, 0
        for s in self.signals:
            if last is None or not _beside(last, s):
                origin = (
                    str(s.party_id),
                    s.as_of,
                    s.known_at,
                    s.expires_at,
                    s.provider,
                    s.provider_version,
                    s.evidence,
                )
                place = origins.setdefault(origin, len(origins))
                last = s
            each.append([s.kind, s.value, s.confidence_ppm, s.sample_size, place])
        shared = [
            [
                party,
                as_of.isoformat(),
                known_at.isoformat(),
                expires_at.isoformat(),
                provider,
                version,
                list(evidence),
            ]
            for party, as_of, known_at, expires_at, provider, version, evidence in origins
        ]
        return {"each": each, "shared": shared}

    @classmethod
    def from_json(cls, value: dict[str, Any] | list[dict[str, Any]]) -> SignalSet:
        """Read back what `as_json` wrote, or a list of signals each written out whole."""
        if isinstance(value, list):
            return cls(tuple(Signal.from_json(signal) for signal in value))
        origins = [_origin(*parts) for parts in value["shared"]]
        return cls(
            tuple(
                Signal(
                    kind=kind,
                    value=figure,
                    confidence_ppm=confidence_ppm,
                    sample_size=sample_size,
                    **origins[place],
                )
                for kind, figure, confidence_ppm, sample_size, place in value["each"]
            )
        )


def _beside(one: Signal, other: Signal) -> bool:
    """Tell whether two signals are of one reading: they then share the very objects."""
    return (
        one.evidence is other.evidence
        and one.known_at is other.known_at
        and one.as_of is other.as_of
        and one.expires_at is other.expires_at
        and one.party_id is other.party_id
        and one.provider is other.provider
        and one.provider_version is other.provider_version
    )


def _origin(
    party_id: str,
    as_of: str,
    known_at: str,
    expires_at: str,
    provider: str,
    provider_version: str,
    evidence: list[str],
) -> dict[str, Any]:
    """Read back where signals come from."""
    from uuid import UUID  # noqa: PLC0415 - a type elsewhere in this module

    return {
        "party_id": UUID(party_id),
        "as_of": date.fromisoformat(as_of),
        "known_at": datetime.fromisoformat(known_at),
        "expires_at": datetime.fromisoformat(expires_at),
        "provider": provider,
        "provider_version": provider_version,
        "evidence": tuple(evidence),
    }


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


def usable(signals: SignalSet, as_of: datetime) -> SignalSet:
    """Return the signals that may count at `as_of`.

    Left out: what became known later, what has expired, what rests on fewer cases than its kind
    asks for, and what describes a day still to come.
    """
    return SignalSet(tuple(counting(signals, as_of)))


def counting(signals: SignalSet, as_of: datetime) -> list[Signal]:
    """Return the same as a list, for the decision, which asks at every turn."""
    day = business_date_of(as_of)
    return [
        signal
        for signal in signals.signals
        if signal.known_at <= as_of < signal.expires_at
        and signal.as_of <= day
        and signal.sample_size >= KINDS[signal.kind].sample_min
    ]
