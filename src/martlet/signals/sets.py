"""What the eyes answered about one business, in rows, and the rule of what counts on a given day.

A decision reads some dozens of signals, nearly all of one reading: what they have in common is
kept once, and a whole `Signal` is made only for whoever asks for it. The invariant: a set holds at
most one signal of each kind, and its text says all that its signals do.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import msgspec

from martlet.kernel.calendar import business_date_of
from martlet.signals.kinds import KINDS
from martlet.signals.model import Signal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_write = msgspec.json.Encoder(order="sorted").encode


class Origin(NamedTuple):
    """Where signals of one reading come from, when they hold and how sure they are."""

    party_id: UUID
    as_of: date
    known_at: datetime
    expires_at: datetime
    confidence_ppm: int
    provider: str
    provider_version: str
    evidence: tuple[str, ...] = ()

    def holds(self, at: datetime) -> bool:
        """Tell whether it is known and not expired at a moment, and is not of a day to come."""
        return self.known_at <= at < self.expires_at and self.as_of <= business_date_of(at)

    def as_json(self) -> list[Any]:
        """Return it as a JSON value."""
        return [
            str(self.party_id),
            self.as_of.isoformat(),
            self.known_at.isoformat(),
            self.expires_at.isoformat(),
            self.confidence_ppm,
            self.provider,
            self.provider_version,
            list(self.evidence),
        ]

    @classmethod
    def from_json(cls, value: Sequence[Any]) -> Origin:
        """Read back what `as_json` wrote."""
        party_id, as_of, known_at, expires_at, confidence_ppm, provider, version, evidence = value
        return cls(
            UUID(party_id),
            date.fromisoformat(as_of),
            datetime.fromisoformat(known_at),
            datetime.fromisoformat(expires_at),
            confidence_ppm,
            provider,
            version,
            tuple(evidence),
        )


Row = tuple[str, int | str | bool, int]
"""A signal in short: kind, value, number of cases."""


class Reading(NamedTuple):
    """The signals of one origin, in rows by kind."""

    origin: Origin
    rows: tuple[Row, ...]


def _signal(origin: Origin, row: Row) -> Signal:
    kind, value, sample_size = row
    return Signal(
        origin.party_id,
        kind,
        value,
        origin.as_of,
        origin.known_at,
        origin.expires_at,
        origin.confidence_ppm,
        sample_size,
        origin.provider,
        origin.provider_version,
        origin.evidence,
    )


def _origin(signal: Signal) -> Origin:
    return Origin(
        signal.party_id,
        signal.as_of,
        signal.known_at,
        signal.expires_at,
        signal.confidence_ppm,
        signal.provider,
        signal.provider_version,
        signal.evidence,
    )


def _by_origin(rows: Iterable[tuple[Origin, Row]]) -> Iterable[tuple[Origin, list[Row]]]:
    found: dict[Origin, list[Row]] = {}
    for origin, row in rows:
        found.setdefault(origin, []).append(row)
    return found.items()


class SignalSet:
    """What the eyes answered about one business; at most one signal of each kind."""

    __slots__ = ("_signals", "_text", "readings")

    readings: tuple[Reading, ...]
    """By origin, the rows of each by kind: two sets that say the same are written the same."""

    def __init__(
        self,
        signals: Iterable[Signal] = (),
        readings: Iterable[tuple[Origin, Iterable[Row]]] | None = None,
    ) -> None:
        """Hold signals, or readings of different origins in which each kind stands once.

        The values of readings are of their kinds; no signal is made of them.
        """
        if readings is None:
            given = tuple(signals)
            assert len({signal.kind for signal in given}) == len(given), "two signals of one kind"
            readings = _by_origin((_origin(s), (s.kind, s.value, s.sample_size)) for s in given)
        found = [
            Reading(origin, ordered)
            for origin, rows in readings
            if (ordered := tuple(sorted(rows)))
        ]
        if len(found) > 1:
            found.sort()
        self.readings = tuple(found)
        self._signals: tuple[Signal, ...] | None = None
        self._text = ""

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The signals, each whole, by kind; made when first asked for."""
        if self._signals is None:
            self._signals = tuple(_signal(*by_kind) for by_kind in self._by_kind().values())
        return self._signals

    def _by_kind(self) -> dict[str, tuple[Origin, Row]]:
        found = {row[0]: (origin, row) for origin, rows in self.readings for row in rows}
        return {kind: found[kind] for kind in sorted(found)}

    def __len__(self) -> int:
        """Return how many signals there are."""
        return sum(len(reading.rows) for reading in self.readings)

    def __eq__(self, other: object) -> bool:
        """Tell whether another set holds the same signals."""
        return isinstance(other, SignalSet) and self.readings == other.readings

    def __hash__(self) -> int:
        """Return a hash of the signals."""
        return hash(self.readings)

    def __repr__(self) -> str:
        """Return it as Python would write it."""
        return f"SignalSet({self.signals!r})"

    def get(self, kind: str) -> Signal | None:
        """Return the signal of a kind, if there is one."""
        each = ((origin, row) for origin, rows in self.readings for row in rows if row[0] == kind)
        found = next(each, None)
        return None if found is None else _signal(*found)

    def value(self, kind: str) -> int | None:
        """Return the whole-number value of a kind, if there is one."""
        found = self.get(kind)
        return found.value if found is not None and isinstance(found.value, int) else None

    def merged(self, other: SignalSet) -> SignalSet:
        """Return both sets in one; a kind in both is taken from the surer."""
        if not self.readings or not other.readings:
            return self if self.readings else other
        best = self._by_kind()
        for kind, (origin, row) in other._by_kind().items():
            if kind not in best or origin.confidence_ppm > best[kind][0].confidence_ppm:
                best[kind] = origin, row
        return SignalSet(readings=_by_origin(best.values()))

    def text(self) -> str:
        """Return the canonical text of `as_json`: written once, then hashed and kept as it is."""
        if not self._text:
            self._text = _write(self.as_json()).decode()
        return self._text

    def as_json(self) -> list[Any]:
        """Return it as a JSON value in which what signals have in common is written once.

        A decision is kept with some dozens of signals of one reading: written one by one, nine
        tenths of their text would be the same provenance again and again.
        """
        return [[origin.as_json(), rows] for origin, rows in self.readings]

    @classmethod
    def from_json(cls, value: list[Any]) -> SignalSet:
        """Read back what `as_json` wrote, or signals each written out whole; all are checked."""
        if value and isinstance(value[0], dict):
            return cls(map(Signal.from_json, value))
        origins = [(Origin.from_json(parts), rows) for parts, rows in value]
        return cls(_signal(origin, tuple(row)) for origin, rows in origins for row in rows)


NOTHING = SignalSet()
"""What an eye answers that knows nothing."""


def usable(signals: SignalSet, as_of: datetime) -> SignalSet:
    """Return the signals that may count at `as_of`.

    Left out: what became known later, what has expired, what rests on fewer cases than its kind
    asks for, and what describes a day still to come.
    """
    return SignalSet(
        readings=(
            (origin, (row for row in rows if row[2] >= KINDS[row[0]].sample_min))
            for origin, rows in signals.readings
            if origin.holds(as_of)
        )
    )
