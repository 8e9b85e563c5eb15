"""Publishing a policy: from a moment on, on the record, without a restart.

The invariant: what was in force at a moment never changes afterwards. A policy is published for
now or later, never for the past. A version name means one text for ever; an old version may be
published again, which is how one goes back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from martlet.credit.defaults import default_policy
from martlet.credit.policy import parse_policy
from martlet.credit.recording import keep_artefact
from martlet.credit.tables import credit_policy
from martlet.kernel.errors import Refused
from martlet.kernel.principal import Scope
from martlet.store import Command

if TYPE_CHECKING:
    from datetime import datetime

    from martlet.credit.policy import Policy
    from martlet.kernel.principal import Principal
    from martlet.store import Database, Transaction


def publish_policy(
    database: Database,
    principal: Principal,
    key: str,
    toml_text: str,
    effective_from: datetime | None = None,
) -> dict[str, str]:
    """Publish a policy, in force from a moment on (None: from the moment of publishing)."""
    principal.require(Scope.POLICY_WRITE)
    policy = parse_policy(toml_text)
    body = {
        "text": toml_text,
        "effective_from": None if effective_from is None else effective_from.isoformat(),
    }
    command = Command("credit.publish_policy", principal, key, body)
    return database.command(command, lambda tx: _publish(tx, policy, effective_from)).value


def _publish(tx: Transaction, policy: Policy, effective_from: datetime | None) -> dict[str, str]:
    start = tx.now if effective_from is None else effective_from
    if start < tx.now:
        raise Refused(
            "credit.policy_backdated",
            effective_from=start.isoformat(timespec="minutes"),
            now=tx.now.isoformat(timespec="minutes"),
        )
    texts = set(
        tx.execute(
            select(credit_policy.c.content_hash).where(
                credit_policy.c.tenant_id == tx.tenant_id,
                credit_policy.c.version == policy.version,
            )
        ).scalars()
    )
    shipped = default_policy()
    if policy.version == shipped.version:
        texts.add(shipped.content_hash)
    if texts - {policy.content_hash}:
        raise Refused("credit.policy_version_taken", version=policy.version)
    keep_artefact(tx, policy.content_hash, "policy", policy.text)
    policy_id = tx.ids.new()
    tx.execute(
        insert(credit_policy).values(
            policy_id=policy_id,
            tenant_id=tx.tenant_id,
            version=policy.version,
            content_hash=policy.content_hash,
            effective_from=start,
            published_at=tx.now,
            published_by=tx.principal.actor,
        )
    )
    answer = {
        "policy_id": str(policy_id),
        "version": policy.version,
        "content_hash": policy.content_hash,
        "effective_from": start.isoformat(),
    }
    tx.emit("credit.policy_published", f"policy:{policy_id}", answer)
    return answer
