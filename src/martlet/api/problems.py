"""Every refusal as `application/problem+json` (RFC 9457), in the asker's language.

The `code` is for programs, `title` and `detail` are for people, the figures are members of their
own. A fault of the bank's own says only that it is one: the trace goes to the log.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response

from martlet.api.limits import RETRY_AFTER_SECONDS
from martlet.kernel.errors import Corrupt, MartletError
from martlet.kernel.i18n import choose_locale, explain, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi.exceptions import RequestValidationError
    from starlette.exceptions import HTTPException
    from starlette.requests import Request
    from starlette.types import Scope

    from martlet.kernel.i18n import Locale

MEDIA_TYPE = "application/problem+json"
_encoder = msgspec.json.Encoder()

TITLES = {
    400: "The request could not be read",
    401: "Please sign in",
    403: "Not allowed",
    404: "Not found",
    405: "Not possible here",
    409: "Contradicts what already happened",
    413: "Too large",
    415: "Not this kind of content",
    422: "Refused",
    429: "Too many requests",
    500: "Our mistake",
    503: "Please come back in a moment",
}
"""What each status says to a person; translated in `locales/zh_CN/api.po`."""


def locale_of(scope: Scope) -> Locale:
    """Return the language that a request asks for."""
    wanted = next((v for k, v in scope.get("headers", ()) if k == b"accept-language"), b"")
    return choose_locale(wanted.decode("latin-1"))


def problem(
    status: int,
    code: str,
    locale: Locale,
    figures: Mapping[str, object] | None = None,
    errors: Sequence[Mapping[str, object]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem as a response."""
    figures = figures or {}
    body: dict[str, Any] = {
        "type": f"urn:martlet:problem:{code}",
        "title": text(TITLES.get(status, HTTPStatus(status).phrase), locale),
        "status": status,
        "code": code,
        "detail": explain(code, figures, locale),
    }
    if figures:
        body["figures"] = dict(figures)
    if errors:
        body["errors"] = list(errors)
    shown = {"Content-Language": locale.value, "Cache-Control": "no-store", **(headers or {})}
    return Response(_encoder.encode(body), status, shown, MEDIA_TYPE)


def of_refusal(refusal: MartletError, locale: Locale) -> Response:
    """Return what a room refused; of corrupt storage only that it is so."""
    headers: dict[str, str] = {}
    if refusal.status in {429, 503}:
        wait = refusal.details.get("retry_after_seconds") or RETRY_AFTER_SECONDS
        headers["Retry-After"] = str(wait)
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="martlet"'
    figures = {} if isinstance(refusal, Corrupt) else refusal.details
    return problem(refusal.status, refusal.code, locale, figures, headers=headers)


_HTTP_CODES = {
    400: "api.body_unreadable",
    404: "api.not_found",
    405: "api.method_not_allowed",
    413: "api.body_too_large",
    415: "api.content_type_wrong",
}


def of_http(error: HTTPException, locale: Locale) -> Response:
    """Return what the framework itself refused: no such path, no such method."""
    code = _HTTP_CODES.get(error.status_code, "api.refused")
    return problem(error.status_code, code, locale, headers=error.headers)


_FIELD_CODES = {
    "missing": "api.field_missing",
    "extra_forbidden": "api.field_unknown",
    "greater_than_equal": "api.field_out_of_range",
    "less_than_equal": "api.field_out_of_range",
    "greater_than": "api.field_out_of_range",
    "less_than": "api.field_out_of_range",
    "string_too_long": "api.field_too_long",
    "too_long": "api.field_too_long",
    "string_too_short": "api.field_too_short",
    "too_short": "api.field_too_short",
    "string_pattern_mismatch": "api.field_malformed",
    "enum": "api.field_not_offered",
    "literal_error": "api.field_not_offered",
}
_LIMITS = ("ge", "le", "gt", "lt", "max_length", "min_length", "expected")


def of_validation(error: RequestValidationError, locale: Locale) -> Response:
    """Return which fields are wrong and how, without repeating what was sent."""
    errors = error.errors()
    if any(item["type"] == "json_invalid" for item in errors):
        return problem(400, "api.body_unreadable", locale)
    shown = []
    for item in errors[:20]:
        context = item.get("ctx", {})
        name = str(item["loc"][-1])[:64] if item["loc"] else ""
        bounds = {key: context[key] for key in _LIMITS if key in context}
        limit = next(iter(bounds.values()), "")
        code = _FIELD_CODES.get(item["type"], "api.field_malformed")
        shown.append(
            {
                "at": "/" + "/".join(str(part)[:64] for part in item["loc"]),
                "code": code,
                "detail": explain(code, {"field": name, "limit": limit}, locale),
            }
        )
    return problem(422, "api.request_invalid", locale, errors=shown)


async def answer_refusal(request: Request, error: Exception) -> Response:
    """Exception handler for `MartletError`."""
    assert isinstance(error, MartletError)
    return of_refusal(error, locale_of(request.scope))
