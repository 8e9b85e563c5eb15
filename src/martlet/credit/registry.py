"""The registry of models: candidate → shadow → champion → retired, and never by one person alone.

The invariant: at most one champion a tenant, a scorecard, and whoever promotes a model to it is not
the one who registered it. A few models of any kind may run in shadow. A model is its artefact's
hash; its card says what it was made from and what it is not for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from martlet.credit import queries
from martlet.credit.artefact import kind_of_model, kinds_read
from martlet.credit.limits import CARD_CHARS_MAX, SHADOWS_MAX
from martlet.credit.queries import ModelState
from martlet.credit.recording import keep_artefact
from martlet.credit.tables import credit_model, credit_model_state
from martlet.kernel.errors import Invalid, Refused
from martlet.kernel.principal import Scope
from martlet.signals import KINDS
from martlet.store import Command

if TYPE_CHECKING:
    from uuid import UUID

    from martlet.credit.artefact import CreditModel
    from martlet.kernel.principal import Principal
    from martlet.store import Database, Transaction

_NEXT = {
    ModelState.CANDIDATE: {ModelState.SHADOW, ModelState.CHAMPION, ModelState.RETIRED},
    ModelState.SHADOW: {ModelState.CANDIDATE, ModelState.CHAMPION, ModelState.RETIRED},
    ModelState.CHAMPION: {ModelState.RETIRED},
    ModelState.RETIRED: {ModelState.CANDIDATE},
}


def register_model(
    database: Database, principal: Principal, key: str, model: CreditModel, card: str
) -> dict[str, str]:
    """Put a model and its card in the registry as a candidate."""
    principal.require(Scope.POLICY_WRITE)
    for kind in kinds_read(model):
        if kind not in KINDS:
            raise Invalid("credit.artefact_unreadable", detail=f"no kind is called {kind}")
    if not 0 < len(card) <= CARD_CHARS_MAX:
        raise Invalid("credit.card_unreadable", max_chars=CARD_CHARS_MAX)
    body = {"content_hash": model.content_hash, "card": card}
    command = Command("credit.register_model", principal, key, body)
    answer = database.command(command, lambda tx: _register(tx, model, card))
    return answer.value


def promote_model(
    database: Database, principal: Principal, key: str, model_id: UUID, state: ModelState
) -> dict[str, str]:
    """Move a model to another state; champion only by a second person."""
    principal.require(Scope.MODEL_PROMOTE)
    body = {"model_id": str(model_id), "state": state.value}
    command = Command("credit.promote_model", principal, key, body)
    return database.command(command, lambda tx: _promote(tx, model_id, state)).value


def _register(tx: Transaction, model: CreditModel, card: str) -> dict[str, str]:
    taken = tx.execute(
        select(credit_model.c.content_hash).where(
            credit_model.c.tenant_id == tx.tenant_id,
            credit_model.c.name == model.name,
            credit_model.c.version == model.version,
        )
    ).first()
    if taken is not None:
        raise Refused("credit.model_version_taken", name=model.name, version=model.version)
    mark = kind_of_model(model).mark
    keep_artefact(tx, model.content_hash, mark, model.artefact.decode())
    model_id = tx.ids.new()
    tx.execute(
        insert(credit_model).values(
            model_id=model_id,
            tenant_id=tx.tenant_id,
            name=model.name,
            version=model.version,
            content_hash=model.content_hash,
            card=card,
            registered_at=tx.now,
            registered_by=tx.principal.actor,
        )
    )
    _move(tx, model_id, ModelState.CANDIDATE, "registered")
    return {"model_id": str(model_id), "content_hash": model.content_hash}


def _promote(tx: Transaction, model_id: UUID, state: ModelState) -> dict[str, str]:
    found = queries.model(tx.connection, tx.tenant_id, model_id)
    if state not in _NEXT[found.state]:
        raise Refused("credit.model_state_impossible", before=found.state.value, after=state.value)
    if state is ModelState.SHADOW:
        running = len(queries.shadow_models(tx.connection, tx.tenant_id))
        if running >= SHADOWS_MAX:
            raise Refused("credit.too_many_shadows", shadows_max=SHADOWS_MAX)
    if state is ModelState.CHAMPION:
        if not found.kind.decides:
            raise Refused("credit.only_scorecards_decide", name=found.name, version=found.version)
        if found.registered_by == tx.principal.actor:
            raise Refused("credit.second_person_needed", version=found.version)
        before = queries.champion_model(tx.connection, tx.tenant_id)
        if before is not None:
            _move(tx, before.model_id, ModelState.RETIRED, f"replaced by {found.version}")
    _move(tx, model_id, state, "")
    return {"model_id": str(model_id), "state": state.value}


def _move(tx: Transaction, model_id: UUID, state: ModelState, note: str) -> None:
    steps = select(func.coalesce(func.max(credit_model_state.c.step), 0)).where(
        credit_model_state.c.tenant_id == tx.tenant_id
    )
    tx.execute(
        insert(credit_model_state).values(
            tenant_id=tx.tenant_id,
            step=tx.execute(steps).scalar_one() + 1,
            model_id=model_id,
            state=state.value,
            changed_at=tx.now,
            changed_by=tx.principal.actor,
            note=note,
        )
    )
    payload = {"model_id": str(model_id), "state": state.value, "note": note}
    tx.emit("credit.model_moved", f"model:{model_id}", payload)
