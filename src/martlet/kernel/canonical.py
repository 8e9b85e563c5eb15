"""One way to write a value as bytes, so that a hash of it means the same everywhere and always.

JSON, UTF-8, keys sorted, no spaces. Floats are refused: their text differs between machines, and
whatever is proven by a hash here is either an integer, a text, or a decimal written as text. So is
every kind of value that is not named below, because a float could hide inside it.
"""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec

_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder()
_PLAIN = frozenset({str, int, bool, type(None)})
_AS_TEXT = (str, int, date, UUID, Decimal)


def canonical_json(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """Return the canonical bytes of a JSON value of dicts, lists, texts, integers, booleans, null.

    Dates, UUIDs, decimals and enums become their usual text. Raises `TypeError` on a float and on
    anything else.
    """
    refuse_floats(value)
    return _encoder.encode(value)


def refuse_floats(value: Any) -> None:  # noqa: ANN401 - any JSON value
    """Raise `TypeError` where a float, or a kind of value that could hide one, is anywhere inside.

    Most values are flat, so what is plain is passed over without a call of its own.
    """
    if isinstance(value, (dict, list, tuple)):
        items = (*value, *value.values()) if isinstance(value, dict) else value
        for item in items:
            if type(item) not in _PLAIN:
                refuse_floats(item)
    elif isinstance(value, Enum):
        refuse_floats(value.value)
    elif value is not None and not isinstance(value, _AS_TEXT):
        message = f"a {type(value).__name__} has no canonical text: {value!r}"
        raise TypeError(message)


def parse_json(data: bytes | str) -> Any:  # noqa: ANN401 - any JSON value
    """Read back what `canonical_json` wrote."""
    return _decoder.decode(data)


def content_hash(data: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def hash_of(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return the SHA-256 of a value's canonical bytes, in hexadecimal."""
    return content_hash(canonical_json(value))
