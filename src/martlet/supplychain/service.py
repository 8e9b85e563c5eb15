"""The room's door: facts written down with their sources, and read as of a moment.

`record` writes one batch of nodes and edges in one commit; `take_in` streams an import's facts in
such batches under one run. `withdraw` ends what a reference told; `link_party` says which firm a
business of the bank is. Reads (`around`, `edges_of`, `nodes`, `find`, `the_one`, `firms_of`) are
`reading.GraphReading`'s, here as of now where no moment is named; the review queue (`propose`,
`waiting`, `decide`, `undo`) is `review`'s.
"""

from __future__ import annotations

from datetime import date, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, update

from martlet.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from martlet.kernel.principal import Scope
from martlet.parties import business_facts, consents_of_some
from martlet.store import Command
from martlet.supplychain import queries, review
from martlet.supplychain.asof import moment_of
from martlet.supplychain.facts import fact_id, values_of
from martlet.supplychain.model import NodeKind, Relation
from martlet.supplychain.reading import GraphReading
from martlet.supplychain.tables import edge as edge_table
from martlet.supplychain.tables import firm_link
from martlet.supplychain.writing import record

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from martlet.kernel.principal import Principal
    from martlet.store import Database, Transaction
    from martlet.supplychain.asof import AskConsents
    from martlet.supplychain.model import Edge, Neighbourhood, Node
    from martlet.supplychain.review import Proposal, Reviewed

AsOf = date | datetime | None
"""A moment, the end of a day, or (None) now."""


class SupplychainService:
    """The graph of firms, products, industries, patents and tenders, and how each fact is known."""

    def __init__(self, database: Database, ask_consents: AskConsents = consents_of_some) -> None:
        self._database = database
        self.reading = GraphReading(database, ask_consents)
        """The same graph for whoever names the moment and writes nothing."""

    def record(
        self,
        principal: Principal,
        key: str,
        nodes: Sequence[Node],
        edges: Sequence[Edge],
        *,
        known_at: datetime | None = None,
        correct: bool = False,
    ) -> dict[str, Any]:
        """Write a batch in one commit; answer what was new, the same, corrected or in conflict.

        The same fact from the same reference again makes no second edge. One that contradicts an
        earlier telling is told as a conflict and not written, unless `correct` says that it is
        meant: then the earlier one ends now and stays visible as of before. `known_at` is since
        when the nodes' attributes are known (None: now). Staff and unrestricted keys only.
        """
        require_writer(principal)
        command = Command(
            "supplychain.record",
            principal,
            key,
            {
                "batch": digest_of(nodes, edges),
                "known_at": None if known_at is None else known_at.isoformat(),
                "correct": correct,
            },
        )

        def handler(tx: Transaction) -> dict[str, Any]:
            done = record(tx, nodes, edges, known_at=known_at, correct=correct).as_json()
            tx.emit("supplychain.recorded", "supplychain", counted(done))
            return done

        return self._database.command(command, handler).value

    def withdraw(
        self,
        principal: Principal,
        key: str,
        reference: str,
        *,
        reason: str,
        from_key: str = "",
        to_key: str = "",
    ) -> dict[str, Any]:
        """End every standing edge of a reference (between two nodes, where these are named).

        From this moment on they are not seen; as of before they are.
        """
        require_writer(principal)
        why = review.checked_reason(reason)
        body = {"reference": reference, "reason": why, "from_key": from_key, "to_key": to_key}
        command = Command("supplychain.withdraw", principal, key, body)

        def handler(tx: Transaction) -> dict[str, Any]:
            chosen = [
                edge_table.c.tenant_id == tx.tenant_id,
                edge_table.c.reference == reference,
                edge_table.c.ended_at.is_(None),
            ]
            if from_key:
                chosen.append(edge_table.c.from_key == from_key)
            if to_key:
                chosen.append(edge_table.c.to_key == to_key)
            ended = tx.execute(update(edge_table).where(*chosen).values(ended_at=tx.now)).rowcount
            if not ended:
                raise NotFound("supplychain.nothing_to_withdraw", reference=reference[:80])
            tx.emit("supplychain.withdrawn", "supplychain", {**body, "edges_count": ended})
            return {"edges_count": ended}

        return self._database.command(command, handler).value

    def link_party(
        self, principal: Principal, key: str, party_id: UUID, firm_key: str
    ) -> dict[str, Any]:
        """Say that a business of the bank is a firm of the graph; an earlier link ends."""
        require_writer(principal)
        with self._database.read() as connection:
            business_facts(connection, principal, party_id)
        if not firm_key.startswith(f"{NodeKind.FIRM.value}:"):
            raise Invalid("supplychain.firm_key_needed", key=firm_key[:80])
        body = {"party_id": str(party_id), "firm_key": firm_key}
        command = Command("supplychain.link_party", principal, key, body)
        return self._database.command(command, lambda tx: _link(tx, party_id, firm_key)).value

    def unlink_party(self, principal: Principal, key: str, party_id: UUID) -> dict[str, Any]:
        """End the link of a business to its firm of the graph."""
        require_writer(principal)
        command = Command("supplychain.unlink_party", principal, key, {"party_id": str(party_id)})

        def handler(tx: Transaction) -> dict[str, Any]:
            if not _end_links(tx, party_id):
                raise NotFound("supplychain.not_linked", party_id=str(party_id))
            tx.emit("supplychain.unlinked", f"party:{party_id}", {"party_id": str(party_id)})
            return {"party_id": str(party_id)}

        return self._database.command(command, handler).value

    def moment(self, as_of: AsOf = None) -> datetime:
        """Return the moment that a question means; one that is still to come is refused."""
        now = self._database.clock.now()
        if isinstance(as_of, datetime):
            if as_of > now:
                raise Invalid("supplychain.as_of_ahead", as_of=as_of.isoformat())
            return as_of
        return moment_of(as_of, now)

    def around(
        self,
        principal: Principal,
        key: str,
        tiers: int = 4,
        as_of: AsOf = None,
        *,
        side: str = "both",
    ) -> Neighbourhood:
        """Return what is around a node, tier by tier (upstream below zero), as of a moment."""
        return self.reading.around(principal, key, tiers, self.moment(as_of), side)

    def edges_of(
        self,
        principal: Principal,
        key: str,
        relations: Collection[Relation] = tuple(Relation),
        as_of: AsOf = None,
        *,
        past: bool = False,
    ) -> tuple[Edge, ...]:
        """Return a node's edges, in and out, as of a moment; `past`: those of ended periods too."""
        return self.reading.edges_of(principal, key, self.moment(as_of), relations, past=past)

    def nodes(
        self, principal: Principal, keys: Collection[str], as_of: AsOf = None
    ) -> dict[str, Node]:
        """Return nodes by key, with what was known of each at a moment."""
        return self.reading.nodes(principal, keys, self.moment(as_of))

    def find(
        self,
        principal: Principal,
        text: str,
        kinds: Collection[NodeKind] = (NodeKind.FIRM,),
        as_of: AsOf = None,
    ) -> tuple[Node, ...]:
        """Return what is called so, exactly or else similarly; more than one is an ambiguity."""
        return self.reading.find(principal, text, self.moment(as_of), kinds)

    def the_one(self, principal: Principal, text: str, as_of: AsOf = None) -> Node:
        """Return the node of a key or a name; a name of several is refused with the candidates."""
        return self.reading.the_one(principal, text, self.moment(as_of))

    def firms_of(self, principal: Principal, party_id: UUID, as_of: AsOf = None) -> tuple[str, ...]:
        """Return the keys of the firms that a business of the bank is, the newest link first."""
        return self.reading.firms_of(principal, party_id, self.moment(as_of))

    def propose(
        self, principal: Principal, key: str, proposals: Sequence[Proposal]
    ) -> dict[str, Any]:
        """Put what a machine found into the review queue; what waits or was decided stays."""
        require_writer(principal)
        body = {"proposals": [one.fingerprint for one in proposals]}
        command = Command("supplychain.propose", principal, key, body)
        return self._database.command(command, lambda tx: review.propose(tx, proposals)).value

    def waiting(
        self, principal: Principal, *, what: str = "", state: str = "waiting", limit: int = 100
    ) -> tuple[Reviewed, ...]:
        """Return what waits for a person (or stands in another state), the surest first."""
        _require_staff(principal)
        with self._database.read() as connection:
            return review.listed(connection, principal.tenant_id, what, state, limit)

    def decide(
        self,
        principal: Principal,
        key: str,
        review_id: UUID,
        *,
        accept: bool,
        reason: str,
        evidence: review.Evidence | None = None,
    ) -> dict[str, Any]:
        """Accept or reject a proposal, with the reason; accepting writes its edges as reviewed.

        An inferred link stays inferred unless the reviewer attaches the evidence that proves it.
        The right to do so is the risk analysts': whoever brings facts does not accept them.
        """
        principal.require(Scope.POLICY_WRITE)
        _require_staff(principal)
        decision = review.Decision(review_id, accept, reason, evidence)
        command = Command("supplychain.decide", principal, key, decision.as_json())
        return self._database.command(command, lambda tx: review.decide(tx, decision)).value

    def undo(
        self, principal: Principal, key: str, review_id: UUID, *, reason: str
    ) -> dict[str, Any]:
        """Take an acceptance back: its edges end now, and as of before all is as it was."""
        principal.require(Scope.POLICY_WRITE)
        _require_staff(principal)
        body = {"review_id": str(review_id), "reason": reason}
        command = Command("supplychain.undo", principal, key, body)
        return self._database.command(command, lambda tx: review.undo(tx, review_id, reason)).value


def require_writer(principal: Principal) -> None:
    """Refuse who may not write into a graph that speaks of everybody."""
    principal.require(Scope.RECORDS_WRITE)
    _require_staff(principal)


def _require_staff(principal: Principal) -> None:
    principal.require(Scope.RECORDS_READ)
    if principal.party_ids is not None:
        raise Forbidden("supplychain.graph_for_staff")


def digest_of(nodes: Sequence[Node], edges: Sequence[Edge]) -> str:
    """Return a hash of a batch: it decides whether two requests are the same."""
    found = blake2b(digest_size=16)
    for node in nodes:
        told = (node.key, node.name, sorted(node.attributes.items()))
        found.update(repr(told).encode())
    for edge in edges:
        found.update(fact_id(edge).bytes)
        found.update(repr((values_of(edge), edge.provenance.known_at)).encode())
    return found.hexdigest()


def counted(done: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of what was recorded, for an event."""
    return {**done, "conflicts": len(done["conflicts"])}


def _link(tx: Transaction, party_id: UUID, firm_key: str) -> dict[str, Any]:
    if not queries.nodes_of(tx.connection, tx.tenant_id, [firm_key], tx.now):
        raise NotFound("supplychain.node_not_found", name=firm_key[:80])
    others = queries.links_of(tx.connection, tx.tenant_id, "firm", firm_key, tx.now)
    if any(row.party_id != party_id for row in others):
        raise Conflict("supplychain.firm_taken", firm_key=firm_key[:80])
    _end_links(tx, party_id)
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
    told = {"party_id": str(party_id), "firm_key": firm_key}
    tx.emit("supplychain.linked", f"party:{party_id}", told)
    return told


def _end_links(tx: Transaction, party_id: UUID) -> int:
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
