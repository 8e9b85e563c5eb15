"""Secrets at rest: each personal field sealed on its own, findable by a blind index, keys rotated.

AES-256-GCM with the field's place (table, column, row) as associated data, so that a sealed value
copied to another row does not open. HMAC-SHA-256 gives an equal value an equal index without
telling it. A sealed value names its key, so old keys open old values after a rotation.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from martlet.kernel.errors import Corrupt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlet.kernel.ids import IdSource

_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys of one bank: one seals, all open; the index key never changes."""

    sealing_keys: Mapping[str, bytes] = field(repr=False)
    current: str
    index_key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        assert self.current in self.sealing_keys, self.current
        assert all(len(key) == 32 for key in self.sealing_keys.values()), "keys are 256 bits"  # noqa: PLR2004

    def seal(self, plain: str, place: str, ids: IdSource) -> str:
        """Return `plain` sealed for `place` ('table.column.row'), as text."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        nonce = ids.secret(_NONCE_BYTES)
        sealed = AESGCM(self.sealing_keys[self.current]).encrypt(
            nonce, plain.encode(), place.encode()
        )
        return f"{self.current}:{(nonce + sealed).hex()}"

    def open(self, sealed: str, place: str) -> str:
        """Return what was sealed for `place`; a value moved or altered raises `Corrupt`."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        key_id, _, body = sealed.partition(":")
        try:
            raw = bytes.fromhex(body)
            key = self.sealing_keys[key_id]
            opened = AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place.encode())
        except (KeyError, ValueError, InvalidTag) as error:
            raise Corrupt("kernel.sealed_value_unreadable", place=place, key_id=key_id) from error
        return opened.decode()

    def blind_index(self, plain: str, purpose: str) -> str:
        """Return the same index for the same value and purpose, and tell nothing else."""
        return hmac.new(self.index_key, f"{purpose}\0{plain}".encode(), hashlib.sha256).hexdigest()


def new_keyring(ids: IdSource) -> Keyring:
    """Return a keyring with fresh keys, its first sealing key called 'k1'."""
    return Keyring({"k1": ids.secret(32)}, "k1", ids.secret(32))
