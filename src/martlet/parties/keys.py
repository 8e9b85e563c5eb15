"""API keys: `mk_prefix.secret`, found by the prefix, proven by the secret's hash.

A key has its own scopes, may be bound to named businesses, always expires and can be revoked. It
never carries the right to manage people and keys, so that a leaked key cannot make another.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import insert, update

from martlet.kernel.errors import Invalid, NotFound
from martlet.kernel.principal import Scope
from martlet.parties.limits import API_KEY_DAYS_MAX
from martlet.parties.tables import api_key
from martlet.parties.tokens import token_hash

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime
    from uuid import UUID

    from martlet.parties.tokens import ApiKeyText
    from martlet.store import Transaction


def read_key_scopes(names: Iterable[str]) -> frozenset[Scope]:
    """Return the scopes that a key may have; none, an unknown or a forbidden one is refused."""
    scopes: set[Scope] = set()
    for name in names:
        try:
            scope = Scope(name)
        except ValueError as error:
            raise Invalid("parties.scope_unknown", scope=str(name)[:40]) from error
        if scope is Scope.STAFF_ADMIN:
            raise Invalid("parties.scope_not_for_keys", scope=scope.value)
        scopes.add(scope)
    if not scopes:
        raise Invalid("parties.scope_needed")
    return frozenset(scopes)


def store_key(
    tx: Transaction,
    text: ApiKeyText,
    label: str,
    scopes: frozenset[Scope],
    party_ids: frozenset[UUID] | None,
    expires_at: datetime,
) -> UUID:
    """Keep a fresh key by its hash."""
    if not tx.now < expires_at <= tx.now + timedelta(days=API_KEY_DAYS_MAX):
        raise Invalid("parties.key_period_invalid", max_days=API_KEY_DAYS_MAX)
    api_key_id = tx.ids.new()
    names = sorted(scope.value for scope in scopes)
    tx.execute(
        insert(api_key).values(
            tenant_id=tx.tenant_id,
            api_key_id=api_key_id,
            prefix=text.prefix,
            secret_hash=token_hash(text.secret),
            label=label,
            scopes=names,
            party_ids=None if party_ids is None else sorted(str(party) for party in party_ids),
            created_by=tx.principal.actor,
            created_at=tx.now,
            expires_at=expires_at,
        )
    )
    tx.emit(
        "parties.api_key_created",
        f"api_key:{api_key_id}",
        {"prefix": text.prefix, "scopes": names, "expires_at": expires_at.isoformat()},
    )
    return api_key_id


def revoke_key(tx: Transaction, api_key_id: UUID) -> None:
    """Revoke a key: from the commit on it opens nothing."""
    tx.change_one(
        update(api_key)
        .where(
            api_key.c.tenant_id == tx.tenant_id,
            api_key.c.api_key_id == api_key_id,
            api_key.c.revoked_at.is_(None),
        )
        .values(revoked_at=tx.now),
        otherwise=NotFound("parties.api_key_not_found", api_key_id=str(api_key_id)),
    )
    tx.emit("parties.api_key_revoked", f"api_key:{api_key_id}", {})


def revoke_keys_made_by(tx: Transaction, actor: str) -> int:
    """Revoke every key that an actor made; return how many."""
    return tx.execute(
        update(api_key)
        .where(
            api_key.c.tenant_id == tx.tenant_id,
            api_key.c.created_by == actor,
            api_key.c.revoked_at.is_(None),
        )
        .values(revoked_at=tx.now)
    ).rowcount


def note_use(tx: Transaction, api_key_id: UUID, day: date) -> None:
    """Note the day on which a key was last used."""
    tx.execute(
        update(api_key)
        .where(api_key.c.tenant_id == tx.tenant_id, api_key.c.api_key_id == api_key_id)
        .values(last_used_on=day)
    )
