"""Identity: UUIDv7 values, sortable by the moment they were made, from a source handed in."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

import uuid_utils

from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from martlet.kernel.clock import Clock


class IdSource(Protocol):
    """Makes identifiers and secrets that nobody else will make."""

    def new(self) -> UUID:
        """Return a fresh UUIDv7."""
        ...

    def secret(self, nbytes: int = 32) -> bytes:
        """Return random bytes that nobody can guess (in a simulated world: that repeat)."""
        ...


class SystemIds:
    """Identifiers and secrets from the machine's own randomness."""

    def new(self) -> UUID:
        """Return a fresh UUIDv7."""
        return UUID(int=uuid_utils.uuid7().int)

    def secret(self, nbytes: int = 32) -> bytes:
        """Return `nbytes` unguessable bytes."""
        return secrets.token_bytes(nbytes)


class SeededIds:
    """The same identifiers on every run with the same seed: for the simulated world and tests."""

    def __init__(self, seed: int, clock: Clock) -> None:
        self._seed = seed
        self._clock = clock
        self._made = 0

    def new(self) -> UUID:
        """Return the next identifier of the seed, stamped with the clock's moment.

        A counter stands before the seed's own bits, so that later identifiers sort later even
        while the clock stands still.
        """
        tail = int.from_bytes(self.secret(4), "big")
        millis = int(self._clock.now().timestamp() * 1000) & (2**48 - 1)
        high, low = self._made >> 30 & 0xFFF, self._made & (2**30 - 1)
        return UUID(int=millis << 80 | 7 << 76 | high << 64 | 2 << 62 | low << 32 | tail)

    def secret(self, nbytes: int = 32) -> bytes:
        """Return the next bytes of the seed's own stream."""
        self._made += 1
        return hashlib.shake_128(f"{self._seed}:{self._made}".encode()).digest(nbytes)


def parse_id(text: str) -> UUID:
    """Read an identifier that came from outside; anything but a UUID is refused."""
    try:
        return UUID(text)
    except (ValueError, AttributeError, TypeError) as error:
        raise Invalid("kernel.id_unreadable", text=str(text)[:40]) from error
