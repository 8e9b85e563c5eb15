"""Which firm of the graph a business of the bank is.

A business that no graph names gets an entry of its own, so that its records have where to stand;
once it is linked to a named firm, that entry is read as the same firm. The invariant: at any
moment a firm is at most one business, and an ended link stays readable as of its time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, update

from martlet.kernel.errors import Conflict, NotFound
from martlet.supplychain import queries
from martlet.supplychain.model import Edge, Node, NodeKind, Provenance, Relation, SourceKind
from martlet.supplychain.tables import edge as edge_table
from martlet.supplychain.tables import firm_link
from martlet.supplychain.writing import record

if TYPE_CHECKING:
    from uuid import UUID

    from martlet.parties import BusinessFacts
    from martlet.store import Transaction


def own_entry(facts: BusinessFacts) -> Node:
    """Return the entry of a business that no graph names: by its trade, region and id."""
    name = f"{facts.region} {facts.trade} {str(facts.party_id)[-6:]}"
    return Node(_own_key(facts.party_id), NodeKind.FIRM, name, {})


def _own_key(party_id: UUID) -> str:
    return f"{NodeKind.FIRM.value}:party/{party_id}"


def link(tx: Transaction, party_id: UUID, firm_key: str) -> dict[str, Any]:
    """Link a business to a firm; an earlier link ends, and a firm is one business only."""
    if not queries.nodes_of(tx.connection, tx.tenant_id, [firm_key], tx.now):
        raise NotFound("supplychain.node_not_found", name=firm_key[:80])
    others = queries.links_of(tx.connection, tx.tenant_id, "firm", firm_key, tx.now)
    if any(row.party_id != party_id for row in others):
        raise Conflict("supplychain.firm_taken", firm_key=firm_key[:80])
    end_links(tx, party_id)
    tx.execute(
        insert(firm_link),
        {
            "link_id": tx.ids.new(),
            "tenant_id": tx.tenant_id,
            "party_id": party_id,
            "firm_key": firm_key,
            "linked_at": tx.now,
            "linked_by": tx.principal.actor,
        },
    )
    own_key = _own_key(party_id)
    if firm_key != own_key and queries.nodes_of(tx.connection, tx.tenant_id, [own_key], tx.now):
        # What its own records told stands at the entry it had before: it is the same firm.
        told_by = Provenance(SourceKind.STATED, _link_reference(party_id), tx.now)
        record(tx, [], [Edge(own_key, Relation.ALIAS_OF, firm_key, told_by)])
    told = {"party_id": str(party_id), "firm_key": firm_key}
    tx.emit("supplychain.linked", f"party:{party_id}", told)
    return told


def _link_reference(party_id: UUID) -> str:
    return f"link/{party_id}"


def end_links(tx: Transaction, party_id: UUID) -> int:
    """End the links of a business, and what follows from them; return how many there were."""
    tx.execute(
        update(edge_table)
        .where(
            edge_table.c.tenant_id == tx.tenant_id,
            edge_table.c.reference == _link_reference(party_id),
            edge_table.c.ended_at.is_(None),
        )
        .values(ended_at=tx.now)
    )
    ended = tx.execute(
        update(firm_link)
        .where(
            firm_link.c.tenant_id == tx.tenant_id,
            firm_link.c.party_id == party_id,
            firm_link.c.ended_at.is_(None),
        )
        .values(ended_at=tx.now)
    )
    return int(ended.rowcount)
