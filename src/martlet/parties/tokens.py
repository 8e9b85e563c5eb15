"""Secrets that are shown once: how they are made, written and hashed.

Session tokens and API keys are random and long, so a plain SHA-256 of them tells nothing and is
fast to check; a slow hash is for passwords, which people choose. A login code is short, so its
hash is keyed (a keyring's blind index): whoever steals the table cannot try a million codes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from martlet.parties.limits import (
    API_KEY_PREFIX_BYTES,
    API_KEY_SECRET_BYTES,
    CODE_DIGITS,
    SESSION_TOKEN_BYTES,
)

if TYPE_CHECKING:
    from martlet.kernel.ids import IdSource

_API_KEY = re.compile(r"mk_([0-9a-f]{12})\.([A-Za-z0-9_-]{43})", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ApiKeyText:
    """An API key as its holder writes it: `mk_prefix.secret`."""

    prefix: str
    secret: str = field(repr=False)

    def __str__(self) -> str:
        return f"mk_{self.prefix}.{self.secret}"


def _written(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def new_token(ids: IdSource) -> str:
    """Return a fresh session or link token."""
    return _written(ids.secret(SESSION_TOKEN_BYTES))


def new_api_key(ids: IdSource) -> ApiKeyText:
    """Return a fresh API key."""
    prefix = ids.secret(API_KEY_PREFIX_BYTES).hex()
    return ApiKeyText(prefix, _written(ids.secret(API_KEY_SECRET_BYTES)))


def read_api_key(text: str) -> ApiKeyText | None:
    """Read an API key; anything of another shape is none."""
    match = _API_KEY.fullmatch(text)
    return ApiKeyText(match.group(1), match.group(2)) if match else None


def is_token(text: str) -> bool:
    """Tell whether a text has the shape of a token at all."""
    return _TOKEN.fullmatch(text) is not None


def new_code(ids: IdSource) -> str:
    """Return a fresh login code; 64 random bits make every code as likely as any other."""
    return f"{int.from_bytes(ids.secret(8), 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def token_hash(token: str) -> str:
    """Return what is stored of a random token or secret."""
    return hashlib.sha256(token.encode()).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare two hashes in a time that does not tell where they differ."""
    return hmac.compare_digest(left.encode(), right.encode())
