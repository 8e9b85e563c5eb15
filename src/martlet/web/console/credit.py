"""Decisions with their inputs and replay, and the models with what has become of them."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from martlet.credit import (
    ModelState,
    RegisteredModel,
    StoredDecision,
    champion,
    reason_text,
)
from martlet.kernel.errors import MartletError, NotFound
from martlet.kernel.i18n import write, yuan
from martlet.kernel.rates import percent_text
from martlet.signals import Signal, Unit, kind_of
from martlet.web.chain_paths import KIND as CHAIN_PATHS
from martlet.web.chain_paths import ways_of
from martlet.web.console.monitoring import watched
from martlet.web.explained import explained
from martlet.web.limits import LIST_ROWS
from martlet.web.rendering import render
from martlet.web.spans import interval_text
from martlet.web.trials import trial
from martlet.web.visitors import Staff, Visitor

router = APIRouter(prefix="/console")


def _business(visitor: Visitor, party_id: UUID) -> str:
    """Return a business's masked name, to who may read it."""
    try:
        return str(visitor.bank.parties.business(visitor.principal, party_id).name)
    except MartletError:
        return str(party_id)[-8:]


@router.get("/decisions")
def list_decisions(visitor: Staff) -> Response:
    """Show the latest decisions."""
    found = visitor.bank.credit.decisions(visitor.principal, limit=LIST_ROWS)
    names = {
        party_id: _business(visitor, party_id)
        for party_id in {stored.application.party_id for stored in found}
    }
    return visitor.page(
        "console/decisions.html",
        here="/console/decisions",
        note="",
        decisions=[
            {
                "decision_id": stored.decision_id,
                "business": names[stored.application.party_id],
                "decision": stored.decision,
            }
            for stored in found
        ],
    )


@router.get("/decisions/{decision_id}")
def show_decision(visitor: Staff, decision_id: UUID) -> Response:
    """Show a decision, what it rested on, how the limit came about, and the reasons."""
    stored = visitor.bank.credit.decision(visitor.principal, decision_id)
    return visitor.page("console/decision.html", **_decision(visitor, stored), replay=None)


@router.post("/decisions/{decision_id}/replay")
def replay(visitor: Staff, decision_id: UUID) -> Response:
    """Make the decision again and say whether it is identical."""
    report = visitor.bank.credit.replay(visitor.principal, decision_id)
    if visitor.request.headers.get("hx-request"):
        piece = render(
            "console/replay.html",
            visitor.locale,
            visitor=visitor,
            decision_id=decision_id,
            replay=report,
        )
        return HTMLResponse(piece)
    stored = visitor.bank.credit.decision(visitor.principal, decision_id)
    return visitor.page("console/decision.html", **_decision(visitor, stored), replay=report)


def _decision(visitor: Visitor, stored: StoredDecision) -> dict[str, Any]:
    labels = {item["product"]: item["name"] for item in visitor.bank.lending.products()}
    product = stored.application.product
    named = labels.get(product)
    answered = visitor.bank.lending.answer_to(visitor.principal, stored)
    return {
        "here": "/console/decisions",
        "note": "",
        "decision_id": stored.decision_id,
        "decision": stored.decision,
        "application": stored.application,
        "business": _business(visitor, stored.application.party_id),
        "product_label": named[visitor.locale.value] if named else product,
        "words": explained(stored.decision, visitor),
        "notes": [reason_text(note, visitor.locale) for note in answered["notes"]],
        "ways": ways_of(stored.signals.signals),
        "signals": [
            _signal(visitor, signal)
            for signal in stored.signals.signals
            if signal.kind != CHAIN_PATHS
        ],
    }


def _signal(visitor: Visitor, signal: Signal) -> dict[str, Any]:
    """Return a signal with its value written in its unit."""
    value, unit = signal.value, kind_of(signal.kind).unit
    written = write("value", value, visitor.locale)
    if isinstance(value, int) and not isinstance(value, bool):
        written = {
            Unit.FEN: yuan(value),
            Unit.PPM: f"{percent_text(value, 1)}%",
        }.get(unit, f"{value:,}")
    return {"signal": signal, "shown": written}


@router.get("/models")
def list_models(visitor: Staff) -> Response:
    """Show the models in the registry and the one that decides."""
    models = visitor.bank.credit.models(visitor.principal)
    with visitor.bank.database.read() as connection:
        deciding = champion(connection, visitor.principal.tenant_id)
    return visitor.page(
        "console/models.html",
        here="/console/models",
        note="",
        deciding=deciding,
        models=models,
    )


@router.get("/models/{model_id}")
def show_model(visitor: Staff, model_id: UUID) -> Response:
    """Show a model's card and, of the one that decides, how its decisions have gone since."""
    model = _model(visitor, model_id)
    deciding = model.state is ModelState.CHAMPION
    seen = visitor.request.app.state.portfolios.of(visitor.principal) if deciding else None
    return visitor.page(
        "console/model.html",
        here="/console/models",
        note="",
        model=model,
        shadow=_shadow(visitor, model) if model.state is ModelState.SHADOW else None,
        **(watched(visitor, seen) if seen is not None else {"seen": None}),
    )


def _shadow(visitor: Visitor, model: RegisteredModel) -> dict[str, Any] | None:
    """Return how a model in shadow compares with the one that decides, on what both judged."""
    for report in visitor.bank.credit.shadow_reports(visitor.principal):
        if report.model.model_id == model.model_id:
            shares = (report.agreement, report.rank_correlation, report.lived.bad)
            return {
                "report": report,
                "shown": [interval_text(s.value_ppm, s.low_ppm, s.high_ppm) for s in shares],
            }
    return None


@router.get("/models/{model_id}/backtest")
def try_model(visitor: Staff, model_id: UUID) -> Response:
    """Show what a model would have decided on stored applications, and whom it would move."""
    model = _model(visitor, model_id)
    changed = visitor.bank.credit.changed(visitor.principal, None, model_id)
    return visitor.page(
        "console/backtest.html",
        here="/console/models",
        note="",
        model=model,
        trial=trial(visitor, changed),
    )


def _model(visitor: Visitor, model_id: UUID) -> RegisteredModel:
    for model in visitor.bank.credit.models(visitor.principal):
        if model.model_id == model_id:
            return model
    raise NotFound("credit.model_not_found", model_id=str(model_id))
