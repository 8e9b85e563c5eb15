"""The review queue: what machines propose, what people decide, and how it is taken back.

How to use it, through `SupplychainService`:

    propose(principal, key, [Proposal(what, nodes, edges, reference, confidence_ppm, explanation)])
        what: "fact" (extracted from a text), "link" (computed) or "merge" (one ALIAS_OF edge;
        `merge_of` makes it). The same proposal again changes nothing, whatever became of it.
    waiting(principal, what="", state="waiting", limit=100) -> Reviewed(...), the surest first
    decide(principal, key, review_id, accept=True, reason="…", evidence=None)
    undo(principal, key, review_id, reason="…")

The invariant: a proposal is no part of the graph until a person accepts it; an accepted one is
marked as reviewed and known since that moment only; a computed link stays inferred, and so without
weight for a line, unless the evidence of a trade is attached; and whatever was accepted can be
taken back, from then on, without changing what is seen as of before.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from martlet.kernel.canonical import canonical_json, hash_of
from martlet.kernel.errors import Conflict, Invalid, NotFound, TooLarge
from martlet.supplychain.facts import fact_id
from martlet.supplychain.limits import (
    BULK_EDGES_MAX,
    REASON_CHARS_MAX,
    REVIEW_PAYLOAD_BYTES_MAX,
    REVIEW_ROWS_MAX,
)
from martlet.supplychain.model import PPM, Edge, Node, Provenance, Relation, SourceKind
from martlet.supplychain.tables import edge as edge_table
from martlet.supplychain.tables import review
from martlet.supplychain.wire import edge_from_json, edge_json, node_from_json, node_json
from martlet.supplychain.writing import check_edge, check_node, record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.store import Transaction

WHATS = ("fact", "merge", "link")
STATES = ("waiting", "accepted", "rejected", "undone")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a machine found: the edges that it would write, and why it believes them."""

    what: str
    nodes: tuple[Node, ...]
    """The ends that the graph may not have yet."""
    edges: tuple[Edge, ...]
    reference: str
    """The document, or the model and version, that it comes from."""
    confidence_ppm: int
    explanation: Mapping[str, str] = field(default_factory=dict)
    """What a reviewer should read: the quoted span, the names that were compared, the reasons."""

    def __post_init__(self) -> None:
        if self.what not in WHATS or not self.edges or not 0 <= self.confidence_ppm <= PPM:
            raise Invalid("supplychain.proposal_unusable", what=self.what[:20])
        for node in self.nodes:
            check_node(node)
        for edge in self.edges:
            check_edge(edge)
        merges = [edge.relation is Relation.ALIAS_OF for edge in self.edges]
        if (self.what == "merge") != all(merges) or any(merges) != all(merges):
            raise Invalid("supplychain.proposal_unusable", what=self.what)

    @property
    def fingerprint(self) -> str:
        """What makes two proposals the same: their facts, not when they were made."""
        return hash_of({"what": self.what, "edges": sorted(str(fact_id(e)) for e in self.edges)})

    def payload(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return {
            "nodes": [node_json(node) for node in self.nodes],
            "edges": [edge_json(edge) for edge in self.edges],
            "explanation": dict(self.explanation),
        }


def merge_of(
    duplicate: Node,
    firm: Node,
    known_at: datetime,
    *,
    reference: str,
    confidence_ppm: int,
    explanation: Mapping[str, str],
) -> Proposal:
    """Return the proposal that one entry is another's firm: its facts are then read together."""
    told = Provenance(SourceKind.INFERRED, reference, known_at, confidence_ppm=confidence_ppm)
    edge = Edge(duplicate.key, Relation.ALIAS_OF, firm.key, told)
    return Proposal("merge", (duplicate, firm), (edge,), reference, confidence_ppm, explanation)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a reviewer attaches to a computed link: the trace of the trade itself."""

    source: SourceKind
    reference: str

    def __post_init__(self) -> None:
        if self.source is SourceKind.INFERRED or not self.reference.strip():
            raise Invalid("supplychain.evidence_unusable")


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decides about a proposal."""

    review_id: UUID
    accept: bool
    reason: str
    evidence: Evidence | None = None

    def __post_init__(self) -> None:
        checked_reason(self.reason)

    def as_json(self) -> dict[str, Any]:
        """Return it as the body of a command."""
        attached = self.evidence and {
            "source": self.evidence.source.value,
            "reference": self.evidence.reference,
        }
        return {
            "review_id": str(self.review_id),
            "accept": self.accept,
            "reason": self.reason,
            "evidence": attached,
        }


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A proposal as it stands."""

    review_id: UUID
    what: str
    state: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    explanation: Mapping[str, str]
    reference: str
    confidence_ppm: int
    proposed_at: datetime
    reviewer: str | None
    decided_at: datetime | None
    reason: str | None


def propose(tx: Transaction, proposals: Sequence[Proposal]) -> dict[str, Any]:
    """Put proposals into the queue; answer their ids, those that were there already included."""
    if len(proposals) > BULK_EDGES_MAX:
        raise TooLarge("supplychain.too_many_proposals", max_count=BULK_EDGES_MAX)
    found: dict[str, str] = {}
    rows = []
    for one in proposals:
        mark = one.fingerprint
        if mark in found:
            continue
        before = tx.execute(
            select(review.c.review_id).where(
                review.c.tenant_id == tx.tenant_id, review.c.fingerprint == mark
            )
        ).first()
        if before is not None:
            found[mark] = str(before.review_id)
            continue
        payload = one.payload()
        if len(canonical_json(payload)) > REVIEW_PAYLOAD_BYTES_MAX:
            raise TooLarge("supplychain.proposal_too_large", max_bytes=REVIEW_PAYLOAD_BYTES_MAX)
        made = tx.ids.new()
        found[mark] = str(made)
        rows.append(
            {
                "tenant_id": tx.tenant_id,
                "review_id": made,
                "what": one.what,
                "fingerprint": mark,
                "payload": payload,
                "reference": one.reference,
                "confidence_ppm": one.confidence_ppm,
                "state": "waiting",
                "proposed_at": tx.now,
                "proposed_by": tx.principal.actor,
            }
        )
    if rows:
        tx.execute(insert(review), rows)
        tx.emit("supplychain.proposed", "supplychain", {"proposals_count": len(rows)})
    return {
        "review_ids": [found[one.fingerprint] for one in proposals],
        "new_count": len(rows),
    }


def listed(
    connection: Connection, tenant_id: UUID, what: str, state: str, limit: int
) -> tuple[Reviewed, ...]:
    """Return proposals in a state, the surest first."""
    if state not in STATES or what not in {"", *WHATS}:
        raise Invalid("supplychain.proposal_unusable", what=(what or state)[:20])
    query = select(review).where(review.c.tenant_id == tenant_id, review.c.state == state)
    if what:
        query = query.where(review.c.what == what)
    order = (review.c.confidence_ppm.desc(), review.c.review_id)
    rows = connection.execute(query.order_by(*order).limit(min(limit, REVIEW_ROWS_MAX)))
    return tuple(_reviewed(row) for row in rows)


def decide(tx: Transaction, decision: Decision) -> dict[str, Any]:
    """Accept a waiting proposal and write its edges as reviewed, or reject it."""
    row = _row(tx, decision.review_id)
    state = "accepted" if decision.accept else "rejected"
    _move(
        tx,
        row,
        "waiting",
        {
            "state": state,
            "reviewer": tx.principal.actor,
            "decided_at": tx.now,
            "reason": decision.reason.strip(),
        },
    )
    told: dict[str, Any] = {"review_id": str(decision.review_id), "state": state}
    if decision.accept:
        found = _reviewed(row)
        edges = [_accepted(edge, found.what, decision, tx.now) for edge in found.edges]
        done = record(tx, found.nodes, edges, correct=True, review_id=decision.review_id)
        told |= {"edges_new": done.edges_new, "nodes_new": done.nodes_new}
    tx.emit("supplychain.decided", "supplychain", {**told, "what": row.what})
    return told


def undo(tx: Transaction, review_id: UUID, reason: str) -> dict[str, Any]:
    """Take an acceptance back: end what it wrote, now."""
    row = _row(tx, review_id)
    _move(tx, row, "accepted", {"state": "undone", "undone_at": tx.now})
    ended = tx.execute(
        update(edge_table)
        .where(
            edge_table.c.tenant_id == tx.tenant_id,
            edge_table.c.review_id == review_id,
            edge_table.c.ended_at.is_(None),
        )
        .values(ended_at=tx.now)
    ).rowcount
    told = {"review_id": str(review_id), "state": "undone", "edges_count": int(ended)}
    tx.emit("supplychain.undone", "supplychain", {**told, "reason": checked_reason(reason)})
    return told


def _accepted(edge: Edge, what: str, decision: Decision, now: datetime) -> Edge:
    told = replace(edge.provenance, reviewed=True, known_at=max(edge.provenance.known_at, now))
    if decision.evidence is not None and what == "link":
        told = replace(
            told,
            source=decision.evidence.source,
            reference=decision.evidence.reference.strip(),
            confidence_ppm=PPM,
        )
    return replace(edge, provenance=told)


def checked_reason(reason: str) -> str:
    """Return a reason without its margins; an empty or a very long one is refused."""
    why = reason.strip()
    if not why or len(why) > REASON_CHARS_MAX:
        raise Invalid("supplychain.reason_needed", max_chars=REASON_CHARS_MAX)
    return why


def _row(tx: Transaction, review_id: UUID) -> Any:  # noqa: ANN401 - a row of the queue
    row = tx.execute(
        select(review).where(review.c.tenant_id == tx.tenant_id, review.c.review_id == review_id)
    ).first()
    if row is None:
        raise NotFound("supplychain.proposal_not_found", review_id=str(review_id))
    return row


def _move(tx: Transaction, row: Any, before: str, values: dict[str, Any]) -> None:  # noqa: ANN401 - a row of the queue
    tx.change_one(
        update(review)
        .where(
            review.c.tenant_id == tx.tenant_id,
            review.c.review_id == row.review_id,
            review.c.state == before,
        )
        .values(**values),
        Conflict("supplychain.proposal_decided", review_id=str(row.review_id), state=row.state),
    )


def _reviewed(row: Any) -> Reviewed:  # noqa: ANN401 - a row of the queue
    return Reviewed(
        row.review_id,
        row.what,
        row.state,
        tuple(node_from_json(one) for one in row.payload["nodes"]),
        tuple(edge_from_json(one, row.proposed_at) for one in row.payload["edges"]),
        row.payload["explanation"],
        row.reference,
        row.confidence_ppm,
        row.proposed_at,
        row.reviewer,
        row.decided_at,
        row.reason,
    )
