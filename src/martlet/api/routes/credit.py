"""Decisions and their replay, the policy in force, the models in the registry."""

from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from martlet.api.access import Ask, Order
from martlet.api.schemas import ROWS, Limit, NewPolicy
from martlet.credit import RegisteredModel, champion, policy_in_force
from martlet.kernel.calendar import SHANGHAI
from martlet.kernel.errors import NotFound
from martlet.kernel.principal import Scope

router = APIRouter(prefix="/v1", tags=["credit"])


@router.get("/decisions", summary="The latest decisions")
def list_decisions(ask: Ask, party_id: UUID | None = None, limit: Limit = ROWS) -> Response:
    """Return the latest decisions that the caller may see, without their inputs."""
    found = ask.bank.credit.decisions(ask.principal, party_id=party_id, limit=limit)
    return ask.answer(
        {
            "decisions": [
                {
                    "decision_id": stored.decision_id,
                    "party_id": stored.application.party_id,
                    "application_id": stored.application.application_id,
                    "outcome": stored.decision.outcome,
                    "limit_fen": stored.decision.limit_fen,
                    "rate_ppm_per_day": stored.decision.rate_ppm_per_day,
                    "decided_at": stored.decision.decided_at,
                }
                for stored in found
            ]
        }
    )


@router.get("/decisions/{decision_id}", summary="A decision with all its inputs")
def get_decision(ask: Ask, decision_id: UUID) -> Response:
    """Return a decision, what it was made from, and its sentences in the asker's language."""
    stored = ask.bank.credit.decision(ask.principal, decision_id)
    words = ask.bank.credit.explain(ask.principal, decision_id, ask.locale)
    return ask.answer({**stored.as_json(), "explanation": words.as_json()})


@router.get("/decisions/{decision_id}/replay", summary="Make a decision again and compare")
def replay_decision(ask: Ask, decision_id: UUID) -> Response:
    """Return whether the stored inputs give the same decision, byte for byte."""
    return ask.answer(ask.bank.credit.replay(ask.principal, decision_id).as_json())


@router.get("/policies", summary="Every published policy")
def list_policies(ask: Ask) -> Response:
    """Return what was published, the latest in force first."""
    found = ask.bank.credit.policies(ask.principal)
    return ask.answer({"policies": [policy.as_json() for policy in found]})


@router.get("/policies/current", summary="The policy in force")
def get_policy(ask: Ask) -> Response:
    """Return the policy in force with its whole text."""
    ask.principal.require(Scope.CREDIT_READ)
    with ask.bank.database.read() as connection:
        policy = policy_in_force(connection, ask.principal.tenant_id, ask.bank.clock.now())
    return ask.answer(
        {"version": policy.version, "content_hash": policy.content_hash, "text": policy.text}
    )


@router.post("/policies", status_code=201, summary="Publish a policy")
def publish_policy(order: Order, body: NewPolicy) -> Response:
    """Publish a policy; it counts from the beginning of a day in Shanghai, or at once."""
    start = (
        None
        if body.effective_from is None
        else datetime.combine(body.effective_from, time(), SHANGHAI).astimezone(UTC)
    )
    return order.carry_out(
        lambda: order.bank.credit.publish_policy(order.principal, order.key, body.text, start)
    )


def _model(model: RegisteredModel) -> dict[str, Any]:
    return model.as_json()


@router.get("/models", summary="The models in the registry")
def list_models(ask: Ask) -> Response:
    """Return every registered model, the newest first, and the one that decides."""
    models = ask.bank.credit.models(ask.principal)
    with ask.bank.database.read() as connection:
        deciding = champion(connection, ask.principal.tenant_id)
    return ask.answer(
        {
            "deciding": {
                "name": deciding.name,
                "version": deciding.version,
                "content_hash": deciding.content_hash,
            },
            "models": [_model(model) for model in models],
        }
    )


@router.get("/shadows", summary="What the models in shadow would have done")
def list_shadows(ask: Ask) -> Response:
    """Return, for each model in shadow, how its answers compare with the decisions made."""
    found = ask.bank.credit.shadow_reports(ask.principal)
    return ask.answer({"shadows": [report.as_json() for report in found]})


@router.get("/models/{model_id}", summary="A model with its card")
def get_model(ask: Ask, model_id: UUID) -> Response:
    """Return a model and its card (Markdown)."""
    for model in ask.bank.credit.models(ask.principal):
        if model.model_id == model_id:
            return ask.answer({**_model(model), "card": model.card})
    raise NotFound("credit.model_not_found", model_id=str(model_id))
