"""Who is asking: the one value that every query and command takes and that scopes what it sees."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from martlet.kernel.errors import Forbidden, NotFound

if TYPE_CHECKING:
    from uuid import UUID


class ActorKind(StrEnum):
    """What sort of actor is asking."""

    OWNER = "owner"
    STAFF = "staff"
    API_KEY = "api_key"
    SYSTEM = "system"


class Scope(StrEnum):
    """What an actor may do; roles and API keys are sets of these."""

    PARTIES_READ = "parties:read"
    PARTIES_WRITE = "parties:write"
    RECORDS_READ = "records:read"
    RECORDS_WRITE = "records:write"
    CREDIT_READ = "credit:read"
    POLICY_WRITE = "policy:write"
    MODEL_PROMOTE = "model:promote"
    LENDING_READ = "lending:read"
    LENDING_WRITE = "lending:write"
    COLLECTIONS_READ = "collections:read"
    COLLECTIONS_WRITE = "collections:write"
    TREASURY_READ = "treasury:read"
    TREASURY_WRITE = "treasury:write"
    LEDGER_READ = "ledger:read"
    LEDGER_WRITE = "ledger:write"
    END_OF_DAY = "end_of_day:run"
    STAFF_ADMIN = "staff:admin"
    PARTNER_OWN = "partner:own"
    """A co-lender's key: what concerns that partner, and nothing else."""


@dataclass(frozen=True, slots=True)
class Principal:
    """An actor inside one tenant, with its rights; owners see only their own businesses."""

    tenant_id: UUID
    actor_id: UUID
    kind: ActorKind
    scopes: frozenset[Scope] = field(default_factory=frozenset)
    party_ids: frozenset[UUID] | None = None
    """The businesses it may see; None means every business of its tenant."""

    def __post_init__(self) -> None:
        if self.kind is ActorKind.OWNER:
            assert self.party_ids is not None, "an owner sees named businesses, never all"

    @property
    def actor(self) -> str:
        """How the audit trail names it."""
        return f"{self.kind}:{self.actor_id}"

    def require(self, scope: Scope) -> None:
        """Refuse unless this actor holds `scope`."""
        if scope not in self.scopes:
            raise Forbidden("kernel.scope_missing", scope=scope.value)

    def require_party(self, party_id: UUID) -> None:
        """Refuse a business that is not its own, as if it did not exist."""
        if self.party_ids is not None and party_id not in self.party_ids:
            raise NotFound("parties.business_not_found", party_id=str(party_id))


OWNER_SCOPES = frozenset(
    {
        Scope.PARTIES_READ,
        Scope.PARTIES_WRITE,
        Scope.RECORDS_READ,
        Scope.RECORDS_WRITE,
        Scope.CREDIT_READ,
        Scope.LENDING_READ,
        Scope.LENDING_WRITE,
        Scope.TREASURY_READ,
        Scope.TREASURY_WRITE,
    }
)
ALL_SCOPES = frozenset(Scope)


def system_principal(tenant_id: UUID) -> Principal:
    """Return the bank itself acting in a tenant: the end of day, the rail, the importer."""
    return Principal(tenant_id, tenant_id, ActorKind.SYSTEM, ALL_SCOPES)
