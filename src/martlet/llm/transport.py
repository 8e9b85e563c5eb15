"""One HTTP request with the standard library: bounded in time and size, following nobody elsewhere.

The invariant: a request ends within its time however slowly the other side drips, reads no more
than the bound, and never follows a redirect, so that a key goes to the configured host alone.
"""

from __future__ import annotations

import http.client
import ssl
import time
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from martlet.llm.limits import ANSWER_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping

_PIECE = 65_536


class Unreachable(Exception):
    """The endpoint gave no whole reply; what it did is unknown."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    """Their names in lower case."""


class Transport(Protocol):
    """Sends one request and returns the reply."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout_ms: int) -> Reply:
        """Return the reply to a request, or raise `Unreachable` in time."""
        ...


class HttpTransport:
    """Talks HTTP/1.1 over one connection per request."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes, timeout_ms: int) -> Reply:
        """Return the reply to a request, or raise `Unreachable` in time."""
        until = time.monotonic() + timeout_ms / 1000
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        try:
            with closing(_connection(parts.scheme, parts.netloc, timeout_ms / 1000)) as wire:
                wire.request("POST", path, body=body, headers=dict(headers))
                response = wire.getresponse()
                told = {name.lower(): value for name, value in response.getheaders()}
                return Reply(response.status, _body(wire, response, until), told)
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(type(error).__name__) from error


def _connection(scheme: str, netloc: str, seconds: float) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(netloc, timeout=seconds, context=context)
    return http.client.HTTPConnection(netloc, timeout=seconds)


def _body(
    wire: http.client.HTTPConnection, response: http.client.HTTPResponse, until: float
) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while True:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if wire.sock is not None:
            wire.sock.settimeout(left)
        piece = response.read1(_PIECE)
        if not piece:
            return b"".join(pieces)
        size += len(piece)
        if size > ANSWER_BYTES_MAX:
            raise http.client.HTTPException
        pieces.append(piece)
