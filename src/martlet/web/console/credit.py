"""Decisions with their inputs and replay, the policy and its next version, the models."""

from datetime import UTC, date, datetime, time
from difflib import unified_diff
from itertools import islice
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from martlet.credit import Policy, StoredDecision, champion, parse_policy, policy_in_force
from martlet.kernel.calendar import SHANGHAI, business_date_of, next_day
from martlet.kernel.errors import Invalid, MartletError, NotFound
from martlet.kernel.i18n import write, yuan
from martlet.kernel.principal import Scope
from martlet.kernel.rates import percent_text
from martlet.signals import Signal, Unit, kind_of
from martlet.web.explained import explained
from martlet.web.limits import DIFF_LINES_MAX, LIST_ROWS
from martlet.web.rendering import render
from martlet.web.visitors import Staff, Visitor, shown

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
    return {
        "here": "/console/decisions",
        "note": "",
        "decision_id": stored.decision_id,
        "decision": stored.decision,
        "application": stored.application,
        "business": _business(visitor, stored.application.party_id),
        "product_label": named[visitor.locale.value] if named else product,
        "words": explained(stored.decision, visitor),
        "signals": [_signal(visitor, signal) for signal in stored.signals.signals],
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


def _policy(visitor: Visitor) -> Policy:
    """Return the policy in force."""
    visitor.principal.require(Scope.CREDIT_READ)
    now, tenant_id = visitor.bank.clock.now(), visitor.principal.tenant_id
    with visitor.bank.database.read() as connection:
        return policy_in_force(connection, tenant_id, now)


@router.get("/policy")
def show_policy(visitor: Staff, note: str = "") -> Response:
    """Show the policy in force and every version published."""
    policy = _policy(visitor)
    notes = {"published": visitor.say("The new version is published.")}
    return visitor.page(
        "console/policy.html",
        here="/console/policy",
        note=notes.get(note, ""),
        policy=policy,
        versions=visitor.bank.credit.policies(visitor.principal),
        may_publish=Scope.POLICY_WRITE in visitor.principal.scopes,
    )


@router.get("/policy/new")
def draft_policy(visitor: Staff) -> Response:
    """Offer the policy in force as the draft of the next."""
    policy = _policy(visitor)
    tomorrow = next_day(business_date_of(visitor.bank.clock.now()))
    return _draft(visitor, policy.text, tomorrow.isoformat(), [], None)


@router.post("/policy/new")
def publish_policy(visitor: Staff) -> Response:
    """Show what a draft would change, or publish it."""
    refusals: list[str] = []
    text = visitor.field("text").replace("\r\n", "\n") + "\n"
    start = visitor.field("effective_from")
    with shown(refusals, visitor):
        visitor.principal.require(Scope.POLICY_WRITE)
        parse_policy(text)
        moment = _beginning_of(start)
        if visitor.field("do") == "publish":
            visitor.bank.credit.publish_policy(visitor.principal, visitor.key, text, moment)
            return visitor.go("/console/policy?note=published")
    return _draft(visitor, text, start, refusals, _diff(visitor, text))


def _beginning_of(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(), SHANGHAI).astimezone(UTC)
    except ValueError as error:
        raise Invalid("web.date_unreadable", text=text[:20]) from error


def _draft(
    visitor: Visitor, text: str, start: str, refusals: list[str], diff: list[str] | None
) -> Response:
    return visitor.page(
        "console/policy_new.html",
        422 if refusals else 200,
        here="/console/policy",
        note="",
        text=text,
        effective_from=start,
        refusals=refusals,
        diff=diff,
    )


def _diff(visitor: Visitor, text: str) -> list[str]:
    """Return the lines that differ from the policy in force, with a little around them."""
    policy = _policy(visitor)
    before = policy.text.splitlines()[:DIFF_LINES_MAX]
    after = text.splitlines()[:DIFF_LINES_MAX]
    return list(islice(unified_diff(before, after, lineterm="", n=2), 2, DIFF_LINES_MAX))


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
    """Show a model's card."""
    for model in visitor.bank.credit.models(visitor.principal):
        if model.model_id == model_id:
            return visitor.page("console/model.html", here="/console/models", note="", model=model)
    raise NotFound("credit.model_not_found", model_id=str(model_id))
