"""A small made-up chain and the businesses in it, for the tests of the stored graph."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from martlet.kernel.crypto import new_keyring
from martlet.kernel.ids import SeededIds
from martlet.kernel.principal import OWNER_SCOPES, ActorKind, Principal
from martlet.parties import HeldCodeSender, PartiesService, Registration
from martlet.supplychain import Edge, Node, NodeKind, Provenance, Relation, SourceKind
from martlet.supplychain.service import SupplychainService

if TYPE_CHECKING:
    from uuid import UUID

    from martlet.kernel.clock import ManualClock
    from martlet.store import Database

JANUARY = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)


def firm(name: str, **attributes: str) -> Node:
    """Return a firm that is known by its name."""
    return Node(f"firm:{name}", NodeKind.FIRM, name, attributes)


def product(name: str) -> Node:
    """Return a product."""
    return Node(f"product:{name}", NodeKind.PRODUCT, name, {})


def edge(
    from_node: Node,
    relation: Relation,
    to_node: Node,
    *,
    source: SourceKind = SourceKind.DATASET,
    reference: str = "a published graph",
    known_at: datetime = JANUARY,
    party: UUID | None = None,
    period: tuple[date | None, date | None] = (None, None),
    amount_fen: int | None = None,
) -> Edge:
    """Return an edge; what is not said is as plain as it can be."""
    told = Provenance(source, reference, known_at, *period, consent_party_id=party)
    return Edge(from_node.key, relation, to_node.key, told, amount_fen)


@dataclass
class ChainBank:
    """A bank with a graph: its services, its staff, and the steps of every story."""

    database: Database
    clock: ManualClock
    staff: Principal
    parties: PartiesService
    graph: SupplychainService
    keys: int = 0

    def key(self) -> str:
        self.keys += 1
        return f"key-{self.keys}"

    def business(self, consents: tuple[str, ...] = ("invoices",)) -> UUID:
        self.keys += 1
        told = Registration(
            name=f"合成商户 {self.keys}",
            owner_phone=f"1990000{self.keys:04d}",
            owner_name="东家",
            trade="workshop",
            region="宁波",
        )
        party = self.parties.register_businesses(self.staff, self.key(), [told])[0]
        until = date(2026, 12, 31)
        self.parties.give_consent(self.staff, self.key(), party, records=consents, until=until)
        return party

    def owner_of(self, party_id: UUID) -> Principal:
        return Principal(
            self.staff.tenant_id, party_id, ActorKind.OWNER, OWNER_SCOPES, frozenset({party_id})
        )

    def told(self, *edges: Edge, nodes: tuple[Node, ...] = (), **how: Any) -> dict[str, Any]:
        ends = [
            Node(key, NodeKind(key.split(":")[0]), key.split(":", 1)[1], {})
            for one in edges
            for key in (one.from_key, one.to_key)
        ]
        return self.graph.record(self.staff, self.key(), [*nodes, *ends], edges, **how)

    def tiers(self, node: Node, tiers: int = 4, **how: Any) -> dict[str, int]:
        found = self.graph.around(self.staff, node.key, tiers, **how)
        return {one.node.name: one.tier for one in found.placed}


def chain_bank(database: Database, clock: ManualClock, staff: Principal) -> ChainBank:
    """Return a bank whose graph is empty."""
    parties = PartiesService(database, new_keyring(SeededIds(7, clock)), clock, HeldCodeSender())
    return ChainBank(database, clock, staff, parties, SupplychainService(database))
