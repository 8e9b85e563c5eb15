"""Is it up, is it ready, what does it measure."""

from contextlib import suppress

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from martlet.api.access import Ask
from martlet.kernel.errors import MartletError, NotFound, Unavailable
from martlet.kernel.principal import Scope
from martlet.ledger import current_business_date, trial_balance

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="The process is alive")
async def healthz() -> Response:
    """Answer without touching the database."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz", summary="The bank can answer: its database is there and has its tables")
def readyz(request: Request) -> Response:
    """Answer 503 while the database does not."""
    try:
        ready = request.app.state.bank.database.has_schema()
    except MartletError:
        raise
    except Exception as error:  # a probe must say 503, whatever the driver's fault is called
        raise Unavailable("api.not_ready") from error
    if not ready:
        raise Unavailable("api.not_ready")
    return JSONResponse({"status": "ready"})


@router.get("/metrics", summary="Figures for Prometheus, to whoever may read the ledger")
def metrics(request: Request, ask: Ask) -> Response:
    """Return everything measured, in Prometheus's text format."""
    ask.principal.require(Scope.LEDGER_READ)
    measured = request.app.state.metrics
    with ask.bank.database.read() as connection, suppress(NotFound):
        today = current_business_date(connection, ask.principal.tenant_id)
        balance = trial_balance(connection, ask.principal, today)
        measured.book(today, balance.difference_fen)
    text = measured.text()
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")
