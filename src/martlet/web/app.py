"""The pages as one app: routes, static files, and errors shown as pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from martlet.kernel.errors import Corrupt, MartletError
from martlet.kernel.i18n import choose_locale
from martlet.web import console, owner, sign_in
from martlet.web.books import Books
from martlet.web.limits import STATIC_CACHE_SECONDS
from martlet.web.portfolios import Portfolios
from martlet.web.reckonings import Reckonings
from martlet.web.rendering import STATIC, render
from martlet.web.visitors import SignInNeeded, Visitor, answer_sign_in

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from martlet.bootstrap import Bank
    from martlet.web.visitors import Doorkeeper

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)


def create_pages(bank: Bank, doorkeeper: Doorkeeper) -> ASGIApp:
    """Return the owner's pages and the console as an app."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.bank = bank
    app.state.doorkeeper = doorkeeper
    app.state.portfolios = Portfolios(bank)
    app.state.books = Books(bank)
    app.state.reckonings = Reckonings()
    for router in (sign_in.router, *owner.routers, *console.routers):
        app.include_router(router)
    files = StaticFiles(directory=STATIC)
    app.mount("/static", GZipMiddleware(_Kept(files), minimum_size=1_000))
    app.add_exception_handler(SignInNeeded, answer_sign_in)
    app.add_exception_handler(MartletError, _show_refusal)
    app.add_exception_handler(HTTPException, _show_http_error)
    app.add_exception_handler(RequestValidationError, _show_unreadable)
    app.add_exception_handler(Exception, _show_fault)
    return _Guarded(app)


class _Guarded:
    """Gives every page the policy that keeps foreign code out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.setdefault("headers", [])
                headers.append((b"content-security-policy", CONTENT_SECURITY_POLICY.encode()))
                if not any(name == b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
            await send(message)

        await self._app(scope, receive, sealed)


class _Kept:
    """Lets browsers keep static files: their addresses carry the hash of their content."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def lasting(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:  # noqa: PLR2004
                kept = f"public, max-age={STATIC_CACHE_SECONDS}, immutable".encode()
                message["headers"].append((b"cache-control", kept))
            await send(message)

        await self._app(scope, receive, lasting)


def _visitor_of(request: Request) -> Visitor:
    """Return who looks, even where the fault came before we knew."""
    if (known := getattr(request.state, "visitor", None)) is not None:
        assert isinstance(known, Visitor)
        return known
    locale = choose_locale(request.headers.get("accept-language"))
    return Visitor(request, request.app.state.bank, locale, "")


def _error_page(request: Request, status: int, sentence: str) -> Response:
    visitor = _visitor_of(request)
    if request.headers.get("hx-request"):
        from starlette.responses import HTMLResponse  # noqa: PLC0415 - a rare answer

        return HTMLResponse(
            render("piece_error.html", visitor.locale, visitor=visitor, sentence=sentence), status
        )
    return visitor.page("error.html", status, sentence=sentence, status_code=status)


async def _show_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, MartletError)
    visitor = _visitor_of(request)
    sentence = (
        visitor.say("Something on our side is not right. We have been told.")
        if isinstance(error, Corrupt)
        else visitor.explain(error)
    )
    answer = _error_page(request, error.status, sentence)
    if wait := error.details.get("retry_after_seconds"):
        answer.headers["Retry-After"] = str(wait)
    return answer


async def _show_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    visitor = _visitor_of(request)
    sentences = {
        404: visitor.say("This page does not exist, or is not yours to see."),
        405: visitor.say("This page cannot be used that way."),
    }
    fallback = visitor.say("The request could not be read")
    return _error_page(request, error.status_code, sentences.get(error.status_code, fallback))


async def _show_fault(request: Request, _error: Exception) -> Response:
    visitor = _visitor_of(request)
    return _error_page(
        request, 500, visitor.say("Something on our side is not right. We have been told.")
    )


async def _show_unreadable(request: Request, _error: Exception) -> Response:
    visitor = _visitor_of(request)
    return _error_page(
        request, 404, visitor.say("This page does not exist, or is not yours to see.")
    )
