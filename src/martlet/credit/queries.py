"""Reads of the decision heart: what is in force, what was decided, what is registered.

Every query takes a principal and sees its tenant only; an owner sees only its own businesses.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, and_, bindparam, func, or_, select

from martlet.credit.artefact import ModelKind
from martlet.credit.defaults import default_policy, expert_scorecard, policy_of, scorecard_of
from martlet.credit.limits import DECISIONS_PAGE_MAX
from martlet.credit.model import Application, Decision
from martlet.credit.tables import (
    credit_artefact,
    credit_decision,
    credit_model,
    credit_model_state,
    credit_policy,
)
from martlet.kernel.errors import Corrupt, NotFound
from martlet.signals import SignalSet
from martlet.store import Prepared

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import BindParameter, ColumnElement, Connection, Row

    from martlet.credit.policy import Policy
    from martlet.credit.scorecard import Scorecard
    from martlet.kernel.principal import Principal


class ModelState(StrEnum):
    """Where a model stands."""

    CANDIDATE = "candidate"
    SHADOW = "shadow"
    CHAMPION = "champion"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """A model in the registry with its present state."""

    model_id: UUID
    name: str
    version: str
    kind: ModelKind
    content_hash: str
    card: str
    registered_at: datetime
    registered_by: str
    state: ModelState
    changed_at: datetime
    changed_by: str

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "model_id": str(self.model_id),
            "name": self.name,
            "version": self.version,
            "kind": self.kind.value,
            "content_hash": self.content_hash,
            "card": self.card,
            "registered_at": self.registered_at.isoformat(),
            "registered_by": self.registered_by,
            "state": self.state.value,
            "changed_at": self.changed_at.isoformat(),
            "changed_by": self.changed_by,
        }


@dataclass(frozen=True, slots=True)
class PublishedPolicy:
    """A policy as it was published."""

    policy_id: UUID
    version: str
    content_hash: str
    effective_from: datetime
    published_at: datetime
    published_by: str

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "policy_id": str(self.policy_id),
            "version": self.version,
            "content_hash": self.content_hash,
            "effective_from": self.effective_from.isoformat(),
            "published_at": self.published_at.isoformat(),
            "published_by": self.published_by,
        }


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """A decision with all that it was made from."""

    decision_id: UUID
    application: Application
    signals: SignalSet
    policy_hash: str
    model_hash: str
    as_of: datetime
    recorded_at: datetime
    decision: Decision

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "decision_id": str(self.decision_id),
            "application": self.application.as_json(),
            "signals": [signal.as_json() for signal in self.signals.signals],
            "policy_hash": self.policy_hash,
            "model_hash": self.model_hash,
            "as_of": self.as_of.isoformat(),
            "recorded_at": self.recorded_at.isoformat(),
            "decision": self.decision.as_json(),
        }


_BODY = Prepared(
    select(credit_artefact.c.body).where(
        credit_artefact.c.tenant_id == bindparam("tenant"),
        credit_artefact.c.content_hash == bindparam("content"),
    )
)
"""Written once: every decision by a published policy or a registered model asks."""


def artefact_body(connection: Connection, tenant_id: UUID, content_hash: str) -> str:
    """Return the text of a policy or model by its hash."""
    keys = {"tenant": tenant_id, "content": content_hash}
    body = _BODY.on(connection, keys).scalar_one_or_none()
    if body is None:
        raise Corrupt("credit.artefact_lost", content_hash=content_hash)
    return str(body)


_IN_FORCE = Prepared(
    select(credit_policy.c.content_hash)
    .where(
        credit_policy.c.tenant_id == bindparam("tenant"),
        credit_policy.c.effective_from <= bindparam("at"),
    )
    .order_by(
        credit_policy.c.effective_from.desc(),
        credit_policy.c.published_at.desc(),
        credit_policy.c.policy_id.desc(),
    )
    .limit(1)
)
"""Written once: every decision asks, and building costs more than asking."""


def policy_in_force(connection: Connection, tenant_id: UUID, at: datetime) -> Policy:
    """Return the policy in force at a moment; the shipped one where none has been published."""
    keys = {"tenant": tenant_id, "at": at}
    found = _IN_FORCE.on(connection, keys).scalar_one_or_none()
    if found is None:
        return default_policy()
    return policy_of(artefact_body(connection, tenant_id, found))


def policies(connection: Connection, principal: Principal) -> list[PublishedPolicy]:
    """Return every published policy of the tenant, the latest in force first."""
    table = credit_policy.c
    rows = connection.execute(
        select(credit_policy)
        .where(table.tenant_id == principal.tenant_id)
        .order_by(table.effective_from.desc(), table.published_at.desc())
    )
    return [
        PublishedPolicy(
            row.policy_id,
            row.version,
            row.content_hash,
            row.effective_from,
            row.published_at,
            row.published_by,
        )
        for row in rows
    ]


def policy_version(connection: Connection, principal: Principal, version: str) -> Policy:
    """Return a policy by its version; the shipped one is always known by its own."""
    found = connection.execute(
        select(credit_policy.c.content_hash)
        .where(credit_policy.c.tenant_id == principal.tenant_id, credit_policy.c.version == version)
        .limit(1)
    ).scalar_one_or_none()
    if found is not None:
        return policy_of(artefact_body(connection, principal.tenant_id, found))
    if version == default_policy().version:
        return default_policy()
    raise NotFound("credit.policy_not_found", version=version[:80])


def _latest(tenant_id: UUID | BindParameter[Any]) -> ColumnElement[bool]:
    """Say that a transition is the latest of its model."""
    state, later = credit_model_state.c, credit_model_state.alias("later").c
    newest = select(func.max(later.step)).where(
        later.tenant_id == tenant_id, later.model_id == state.model_id
    )
    return and_(state.tenant_id == tenant_id, state.step == newest.scalar_subquery())


def _models(tenant_id: UUID) -> Select[Any]:
    """Select every model with its kind and its latest transition."""
    table, state, kept = credit_model.c, credit_model_state.c, credit_artefact.c
    return (
        select(credit_model, kept.kind.label("mark"), state.state, state.changed_at)
        .add_columns(state.changed_by)
        .join(credit_model_state, state.model_id == table.model_id)
        .join(
            credit_artefact,
            and_(kept.tenant_id == tenant_id, kept.content_hash == table.content_hash),
        )
        .where(table.tenant_id == tenant_id, _latest(tenant_id))
    )


def _registered(row: Row[Any]) -> RegisteredModel:
    return RegisteredModel(
        row.model_id,
        row.name,
        row.version,
        ModelKind.of_mark(row.mark),
        row.content_hash,
        row.card,
        row.registered_at,
        row.registered_by,
        ModelState(row.state),
        row.changed_at,
        row.changed_by,
    )


def models(connection: Connection, principal: Principal) -> list[RegisteredModel]:
    """Return every registered model of the tenant, the newest first."""
    rows = connection.execute(
        _models(principal.tenant_id).order_by(
            credit_model.c.registered_at.desc(), credit_model.c.model_id.desc()
        )
    )
    return [_registered(row) for row in rows]


def model(connection: Connection, tenant_id: UUID, model_id: UUID) -> RegisteredModel:
    """Return one registered model."""
    row = connection.execute(
        _models(tenant_id).where(credit_model.c.model_id == model_id)
    ).one_or_none()
    if row is None:
        raise NotFound("credit.model_not_found", model_id=str(model_id))
    return _registered(row)


def champion_model(connection: Connection, tenant_id: UUID) -> RegisteredModel | None:
    """Return the registered model that decides, if one has been promoted."""
    row = connection.execute(
        _models(tenant_id).where(credit_model_state.c.state == ModelState.CHAMPION.value)
    ).one_or_none()
    return None if row is None else _registered(row)


def shadow_models(connection: Connection, tenant_id: UUID) -> list[RegisteredModel]:
    """Return the models that are asked and not obeyed."""
    rows = connection.execute(
        _models(tenant_id)
        .where(credit_model_state.c.state == ModelState.SHADOW.value)
        .order_by(credit_model_state.c.step)
    )
    return [_registered(row) for row in rows]


_LIVE = Prepared(
    select(credit_model.c.content_hash, credit_model_state.c.state)
    .join(credit_model_state, credit_model_state.c.model_id == credit_model.c.model_id)
    .where(
        credit_model.c.tenant_id == bindparam("tenant"),
        _latest(bindparam("tenant")),
        or_(
            credit_model_state.c.state == ModelState.CHAMPION.value,
            credit_model_state.c.state == ModelState.SHADOW.value,
        ),
    )
    .order_by(credit_model_state.c.step)
)
"""Written once: every decision asks, and building costs more than asking."""


def live_models(connection: Connection, tenant_id: UUID) -> tuple[Scorecard, tuple[str, ...]]:
    """Return the scorecard that decides and, in the same read, the hashes of the shadows.

    The expert prior decides where no model has been promoted.
    """
    rows = _LIVE.on(connection, {"tenant": tenant_id}).all()
    deciding = expert_scorecard()
    shadows = []
    for content_hash, state in rows:
        if state == ModelState.CHAMPION.value:
            deciding = scorecard_of(artefact_body(connection, tenant_id, content_hash))
        else:
            shadows.append(content_hash)
    return deciding, tuple(shadows)


def champion(connection: Connection, tenant_id: UUID) -> Scorecard:
    """Return the scorecard that decides; the expert prior where none has been promoted."""
    return live_models(connection, tenant_id)[0]


def decision(connection: Connection, principal: Principal, decision_id: UUID) -> StoredDecision:
    """Return a decision with all its inputs; one of another's business does not exist."""
    row = connection.execute(
        _own(principal).where(credit_decision.c.decision_id == decision_id)
    ).one_or_none()
    if row is None:
        raise NotFound("credit.decision_not_found", decision_id=str(decision_id))
    return stored_from(row)


def decisions(
    connection: Connection,
    principal: Principal,
    *,
    party_id: UUID | None = None,
    application_id: UUID | None = None,
    limit: int = DECISIONS_PAGE_MAX,
) -> list[StoredDecision]:
    """Return decisions that the principal may see, the latest first."""
    query = _own(principal)
    if party_id is not None:
        query = query.where(credit_decision.c.party_id == party_id)
    if application_id is not None:
        query = query.where(credit_decision.c.application_id == application_id)
    query = query.order_by(
        credit_decision.c.recorded_at.desc(), credit_decision.c.decision_id.desc()
    )
    rows = connection.execute(query.limit(min(limit, DECISIONS_PAGE_MAX)))
    return [stored_from(row) for row in rows]


def _own(principal: Principal) -> Select[Any]:
    query = select(credit_decision).where(credit_decision.c.tenant_id == principal.tenant_id)
    if principal.party_ids is not None:
        query = query.where(credit_decision.c.party_id.in_(sorted(principal.party_ids)))
    return query


def stored_from(row: Row[Any]) -> StoredDecision:
    """Return a decision and its inputs from its row."""
    return StoredDecision(
        decision_id=row.decision_id,
        application=Application.from_json(row.inputs["application"]),
        signals=SignalSet.from_json(row.inputs["signals"]),
        policy_hash=row.policy_hash,
        model_hash=row.model_hash,
        as_of=row.as_of,
        recorded_at=row.recorded_at,
        decision=Decision.from_json(row.decision),
    )
