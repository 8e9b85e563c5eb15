"""The faces of a bank as one app: `/v1` for programs, everything else for people."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from martlet.api.access import SESSION_COOKIE, Doorkeeper
from martlet.api.gate import Gate
from martlet.api.limits import THREADS_MAX
from martlet.api.metrics import Metrics
from martlet.api.problems import (
    answer_refusal,
    locale_of,
    of_http,
    of_validation,
    problem,
)
from martlet.api.routes import routers
from martlet.api.schemas import Problem
from martlet.kernel.errors import MartletError
from martlet.web import create_pages

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from martlet.bootstrap import Bank

_DESCRIPTION = """\
An open bank for businesses too small to be seen. Amounts are whole numbers of fen, rates whole
parts per million a day. Every command takes an `Idempotency-Key` of your making: the same key with
the same body is carried out once and answered alike. Every refusal is `application/problem+json`
(RFC 9457) with a `code` for programs and a sentence in the language of `Accept-Language`.
"""


def create_app(bank: Bank) -> FastAPI:
    """Return the app that serves a bank: the REST face and the pages."""
    app = FastAPI(
        title="Martlet",
        version="1",
        summary="An open bank for businesses too small to be seen.",
        description=_DESCRIPTION,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses={"default": {"model": Problem, "description": "A refusal, as problem+json"}},
        lifespan=_with_threads,
    )
    metrics = Metrics()
    app.state.bank = bank
    app.state.metrics = metrics
    app.state.doorkeeper = doorkeeper = Doorkeeper(bank)
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(MartletError, answer_refusal)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(RequestValidationError, _answer_validation)
    app.add_exception_handler(TimeoutError, _answer_timeout)
    app.add_middleware(_Doors, pages=create_pages(bank, doorkeeper))
    app.add_middleware(Gate, metrics=metrics)
    app.openapi = _described(app)  # type: ignore[method-assign] # FastAPI's documented way
    return app


@asynccontextmanager
async def _with_threads(_app: FastAPI) -> AsyncIterator[None]:
    """Give requests their threads: most of them wait together for one commit."""
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS_MAX
    yield


class _Doors:
    """Sends programs to `/v1` and people to the pages."""

    _OURS = frozenset({"/healthz", "/readyz", "/metrics", "/v1"})

    def __init__(self, app: ASGIApp, pages: ASGIApp) -> None:
        self._app = app
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"]
            if not path.startswith("/v1/") and path not in self._OURS:
                await self._pages(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return of_http(error, locale_of(request.scope))


async def _answer_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return of_validation(error, locale_of(request.scope))


async def _answer_timeout(request: Request, _error: Exception) -> Response:
    return problem(503, "api.overloaded", locale_of(request.scope), headers={"Retry-After": "5"})


def _described(app: FastAPI) -> Any:  # noqa: ANN401 - a callable that FastAPI types as a method
    """Return what makes the OpenAPI document: FastAPI's, with the keys and our refusals."""
    plain = app.openapi

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = plain()
            components = document.setdefault("components", {})
            components["securitySchemes"] = {
                "key": {"type": "http", "scheme": "bearer", "description": "mk_prefix.secret"},
                "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE},
            }
            document["security"] = [{"key": []}, {"session": []}]
            for path in document["paths"].values():
                for operation in path.values():
                    _describe_refusals(operation)
        assert app.openapi_schema is not None
        return app.openapi_schema

    return describe


def _describe_refusals(operation: dict[str, Any]) -> None:
    """Say that whatever is not a success is a problem, under its own media type."""
    responses = operation["responses"]
    responses.pop("422", None)
    content = {"schema": {"$ref": "#/components/schemas/Problem"}}
    responses["default"] = {
        "description": "A refusal",
        "content": {"application/problem+json": content},
    }
