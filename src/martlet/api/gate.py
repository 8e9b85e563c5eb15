"""The gate: what every request passes on its way in and every answer on its way out.

Pure ASGI, because it stands in the path of every loan. It bounds the body and the requests in
flight, adds the security headers, counts and times, and turns a fault that nobody caught into a
problem without a trace. It decides nothing about who may do what.
"""

from __future__ import annotations

from time import perf_counter
from traceback import format_exception
from typing import TYPE_CHECKING

import structlog
from starlette.exceptions import HTTPException

from martlet.api.limits import (
    IN_FLIGHT_MAX,
    JSON_BODY_BYTES_MAX,
    RETRY_AFTER_SECONDS,
    UPLOAD_BYTES_MAX,
)
from martlet.api.problems import locale_of, of_http, problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from martlet.api.metrics import Metrics

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
_UPLOAD_PATHS = ("/record-imports", "/records")
_log = structlog.get_logger("martlet.api")


class _BodyTooLargeError(Exception):
    """Raised out of `receive` to leave whatever is reading the body."""


class Gate:
    """Bounds, headers, measures, and a last net for faults."""

    def __init__(self, app: ASGIApp, metrics: Metrics, in_flight_max: int = IN_FLIGHT_MAX) -> None:
        self._app = app
        self._metrics = metrics
        self._in_flight_max = in_flight_max
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or say why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        passage = _Passage(scope, receive, send)
        started = perf_counter()
        self._in_flight += 1
        try:
            if self._in_flight > self._in_flight_max:
                retry = {"Retry-After": str(RETRY_AFTER_SECONDS)}
                full = problem(503, "api.overloaded", locale_of(scope), headers=retry)
                await full(scope, receive, passage.send)
            elif passage.announced_bytes > passage.bytes_max:
                await passage.refuse_body()
            else:
                await self._through(passage)
        finally:
            self._in_flight -= 1
            self._metrics.observe(scope, passage.status, perf_counter() - started)

    async def _through(self, passage: _Passage) -> None:
        try:
            await self._app(passage.scope, passage.receive, passage.send)
        except _BodyTooLargeError:
            pass
        except Exception as fault:  # noqa: BLE001 - the last net: no trace ever reaches a caller
            # The trace as text, without the frames' variables: those hold people's data and keys.
            trace = "".join(format_exception(fault))
            _log.error("fault", path=passage.scope["path"], trace=trace)
            if not passage.status:
                mistake = problem(500, "api.fault", locale_of(passage.scope))
                await mistake(passage.scope, passage.receive, passage.send)
        if passage.too_large and not passage.status:
            await passage.refuse_body()


def _is_upload(path: str, content_type: bytes) -> bool:
    """Tell whether a body is streamed to disk; every other is read into memory."""
    return path.endswith(_UPLOAD_PATHS) and content_type[:19].lower() == b"multipart/form-data"


class _Passage:
    """One request on its way: how much of its body came, what was answered."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self.status = 0
        self.too_large = False
        self.announced_bytes = 0
        self._got_bytes = 0
        self.bytes_max = JSON_BODY_BYTES_MAX
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit():
                self.announced_bytes = int(value[:18])
            elif name == b"content-type" and _is_upload(scope["path"], value):
                self.bytes_max = UPLOAD_BYTES_MAX

    async def receive(self) -> Message:
        """Pass on a piece of the body while it stays within its bound."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._got_bytes += len(message.get("body", b""))
            if self._got_bytes > self.bytes_max:
                self.too_large = True
                raise _BodyTooLargeError
        return message

    async def send(self, message: Message) -> None:
        """Pass on the answer with the security headers that it does not set itself."""
        if self.too_large and not self.status:
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._add_headers(message)
        await self._send(message)

    def _add_headers(self, message: Message) -> None:
        headers = message.setdefault("headers", [])
        given = {name.lower() for name, _ in headers}
        headers.extend(pair for pair in _HEADERS if pair[0] not in given)
        if self.scope.get("scheme") == "https":
            headers.append(_HSTS)

    async def refuse_body(self) -> None:
        """Answer that the body is too large, and close: the rest of it is not read."""
        self.too_large = False
        refusal = of_http(
            HTTPException(413, headers={"Connection": "close"}), locale_of(self.scope)
        )
        await refusal(self.scope, self._receive, self.send)
