"""Keeping decisions: each with all its inputs, in the transaction of whoever asked for it.

The invariant: what was decided can be decided again from what is kept here, byte for byte, so the
policy and the model are kept with it, by the hash of their content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert, select

from martlet.credit import queries
from martlet.credit.decide import decide
from martlet.credit.defaults import policy_of, scorecard_of
from martlet.credit.drafting import Draft, draft
from martlet.credit.shadows import Asked, keep_answers
from martlet.credit.tables import credit_artefact
from martlet.store import Prepared

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.credit.model import Application, Decision
    from martlet.credit.policy import Policy
    from martlet.credit.queries import StoredDecision
    from martlet.credit.scorecard import Scorecard
    from martlet.kernel.principal import Principal
    from martlet.signals import SignalSet
    from martlet.store import Transaction


def decide_and_record(
    tx: Transaction, application: Application, signals: SignalSet, as_of: datetime
) -> tuple[UUID, Decision]:
    """Decide by what is in force and keep the decision, in the caller's transaction."""
    policy = queries.policy_in_force(tx.connection, tx.tenant_id, as_of)
    model, shadows = queries.live_models(tx.connection, tx.tenant_id)
    found = decide(application, signals, policy, model, as_of)
    decision_id = record_decision(tx, application, signals, policy, model, found)
    if shadows:
        keep_answers(tx, decision_id, shadows, Asked(application, signals, policy, as_of))
    return decision_id, found


_KNOWN_ARTEFACT = Prepared(
    select(credit_artefact.c.kind).where(
        credit_artefact.c.tenant_id == bindparam("tenant"),
        credit_artefact.c.content_hash == bindparam("content"),
    )
)
"""Written once: building a statement costs ten times what carrying it out does."""


def record_decision(
    tx: Transaction,
    application: Application,
    signals: SignalSet,
    policy: Policy,
    model: Scorecard,
    decision: Decision,
) -> UUID:
    """Keep a decision with all its inputs, and return its id."""
    keep_artefact(tx, policy.content_hash, "policy", policy.text)
    keep_artefact(tx, model.content_hash, "model", model.artefact.decode())
    (decision_id,) = keep_drafts(tx, [draft(application, signals, policy, model, decision)])
    return decision_id


_COLUMNS = (
    "decision_id",
    "tenant_id",
    "party_id",
    "application_id",
    "outcome",
    "limit_fen",
    "rate_ppm_per_day",
    "score",
    "pd_ppm",
    "policy_version",
    "model_version",
    "policy_hash",
    "model_hash",
    "inputs_hash",
    "as_of",
    "inputs",
    "decision",
    "recorded_at",
)


def keep_drafts(tx: Transaction, drafts: Sequence[Draft]) -> list[UUID]:
    """Keep decisions whose policy and model are kept already; return their ids, in order."""
    driver = tx.driver
    tenant, moment = driver.id(tx.tenant_id), driver.moment(tx.now)
    made, rows = [], []
    for one in drafts:
        decision_id = tx.ids.new()
        made.append(decision_id)
        rows.append(
            (
                driver.id(decision_id),
                tenant,
                driver.id(one.party_id),
                driver.id(one.application_id),
                *tuple(one)[_FIGURES],
                driver.moment(one.as_of),
                one.inputs,
                one.decision,
                moment,
            )
        )
        tx.emit(
            "credit.decided",
            f"application:{one.application_id}",
            {
                "decision_id": str(decision_id),
                "party_id": str(one.party_id),
                "outcome": one.outcome,
                "limit_fen": one.limit_fen,
                "pd_ppm": one.pd_ppm,
                "policy_version": one.policy_version,
                "model_version": one.model_version,
                "inputs_hash": one.inputs_hash,
            },
            business_date=one.applied_on,
        )
    driver.load("credit_decision", _COLUMNS, rows)
    return made


_FIGURES = slice(Draft._fields.index("outcome"), Draft._fields.index("as_of"))
"""The columns that a draft holds as the table keeps them, in the table's order."""


def keep_artefact(tx: Transaction, content_hash: str, kind: str, body: str) -> None:
    """Keep a policy's or a model's text under its hash; one already kept stays."""
    keys = {"tenant": tx.tenant_id, "content": content_hash}
    known = _KNOWN_ARTEFACT.on(tx.connection, keys).first()
    if known is None:
        tx.execute(
            insert(credit_artefact).values(
                tenant_id=tx.tenant_id,
                content_hash=content_hash,
                kind=kind,
                body=body,
                stored_at=tx.now,
            )
        )


def decided_by(
    connection: Connection, principal: Principal, stored: StoredDecision
) -> tuple[Policy, Scorecard]:
    """Return the very policy and model that a stored decision was made by."""
    tenant_id = principal.tenant_id
    policy = policy_of(queries.artefact_body(connection, tenant_id, stored.policy_hash))
    model = scorecard_of(queries.artefact_body(connection, tenant_id, stored.model_hash))
    return policy, model
