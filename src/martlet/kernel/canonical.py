"""One way to write a value as bytes, so that a hash of it means the same everywhere and always.

JSON, UTF-8, keys sorted, no spaces. Floats are refused: their text differs between machines, and
whatever is proven by a hash here is either an integer, a text, or a decimal written as text.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder()


def canonical_json(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """Return the canonical bytes of a JSON value of dicts, lists, texts, integers, booleans, null.

    Dates, UUIDs and enums become their usual text. Raises `TypeError` on a float.
    """
    refuse_floats(value)
    return _encoder.encode(value)


def refuse_floats(value: Any) -> None:  # noqa: ANN401 - any JSON value
    """Raise `TypeError` where a float hides anywhere inside."""
    if isinstance(value, float):
        message = f"a float has no canonical text: {value!r}"
        raise TypeError(message)
    if isinstance(value, dict):
        for item in value.values():
            refuse_floats(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            refuse_floats(item)


def parse_json(data: bytes | str) -> Any:  # noqa: ANN401 - any JSON value
    """Read back what `canonical_json` wrote."""
    return _decoder.decode(data)


def content_hash(data: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def hash_of(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return the SHA-256 of a value's canonical bytes, in hexadecimal."""
    return content_hash(canonical_json(value))
