"""Write nodes and edges inside a command: what is new, what says otherwise, and nothing twice.

The invariant: the same fact from the same reference is one edge however often it is told; one
that contradicts it is told to the caller, or (where a correction is meant) ends the earlier one
at this moment and begins at this moment, so that what was read before can be read again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from martlet.kernel.canonical import canonical_json
from martlet.kernel.errors import Invalid, TooLarge
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.store import Prepared, PreparedOfSome
from martlet.supplychain.facts import (
    NAMING,
    Finding,
    fact_id,
    folded,
    strength_of,
    values_of,
)
from martlet.supplychain.limits import (
    ATTRIBUTE_CHARS_MAX,
    ATTRIBUTES_MAX,
    BATCH_EDGES_MAX,
    BATCH_NODES_MAX,
    CONFLICTS_TOLD_MAX,
    KEY_CHARS_MAX,
    NAME_CHARS_MAX,
    REFERENCE_CHARS_MAX,
)
from martlet.supplychain.model import PPM, NodeKind
from martlet.supplychain.tables import edge as edge_table
from martlet.supplychain.tables import node as node_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from martlet.store import Transaction
    from martlet.supplychain.model import Edge, Node

ASKED_AT_ONCE = 512
"""Identifiers in one question to the database: far from SQLite's 32,766 parameters."""


@dataclass(slots=True)
class Recorded:
    """What became of what was told."""

    nodes_new: int = 0
    nodes_changed: int = 0
    edges_new: int = 0
    edges_same: int = 0
    edges_corrected: int = 0
    conflicts: list[Finding] = field(default_factory=list)
    """Facts that contradict an earlier telling and were not written."""

    def as_json(self) -> dict[str, Any]:
        """Return it as an answer that a command stores."""
        return {
            "nodes_new": self.nodes_new,
            "nodes_changed": self.nodes_changed,
            "edges_new": self.edges_new,
            "edges_same": self.edges_same,
            "edges_corrected": self.edges_corrected,
            "conflicts_count": len(self.conflicts),
            "conflicts": [dict(one.details) for one in self.conflicts[:CONFLICTS_TOLD_MAX]],
        }


def check_node(node: Node) -> None:
    """Refuse a node that no reader could use: a key of another kind, a text without end."""
    kind, _, identifier = node.key.partition(":")
    texts = [*node.attributes, *node.attributes.values()]
    if (
        not node.key.isprintable()
        or kind != node.kind.value
        or not identifier
        or len(node.key) > KEY_CHARS_MAX
    ):
        raise Invalid("supplychain.key_unusable", key=node.key[:80], kind=node.kind.value)
    fits = (
        0 < len(node.name) <= NAME_CHARS_MAX
        and node.name.isprintable()
        and len(node.attributes) <= ATTRIBUTES_MAX
        and all(len(text) <= ATTRIBUTE_CHARS_MAX and _storable(text) for text in texts)
    )
    if not fits:
        raise Invalid("supplychain.node_too_long", key=node.key[:80])


def _storable(text: str) -> bool:
    """Tell whether both databases keep a text: no half of a surrogate pair, no zero byte."""
    return text.isprintable() or (
        "\0" not in text and not any("\ud800" <= c < "\ue000" for c in text)
    )


def check_edge(edge: Edge) -> None:
    """Refuse an edge from a thing to itself, without a reference, or with an impossible figure."""
    told = edge.provenance
    if edge.from_key == edge.to_key:
        raise Invalid("supplychain.self_loop", key=edge.from_key[:80], relation=edge.relation.value)
    if not 0 < len(told.reference) <= REFERENCE_CHARS_MAX or not told.reference.isprintable():
        raise Invalid("supplychain.reference_needed", max_chars=REFERENCE_CHARS_MAX)
    backwards = told.valid_from and told.valid_until and told.valid_from > told.valid_until
    wrong_share = edge.share_ppm is not None and not 0 <= edge.share_ppm <= PPM
    wrong_amount = edge.amount_fen is not None and not 0 <= edge.amount_fen <= AMOUNT_FEN_MAX
    if backwards or wrong_share or wrong_amount or not 0 <= told.confidence_ppm <= PPM:
        raise Invalid(
            "supplychain.edge_impossible", from_key=edge.from_key[:80], to_key=edge.to_key[:80]
        )


def record(
    tx: Transaction,
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    *,
    known_at: datetime | None = None,
    correct: bool = False,
    review_id: UUID | None = None,
) -> Recorded:
    """Write what is new; count what was known; tell or correct what contradicts.

    `known_at` is since when the nodes' own attributes are known (None: this moment).
    """
    if len(nodes) > BATCH_NODES_MAX or len(edges) > BATCH_EDGES_MAX:
        raise TooLarge(
            "supplychain.batch_too_large", nodes_max=BATCH_NODES_MAX, edges_max=BATCH_EDGES_MAX
        )
    for node in nodes:
        check_node(node)
    for edge in edges:
        check_edge(edge)
    done = Recorded()
    _record_nodes(tx, nodes, known_at or tx.now, done)
    _require_ends(tx, edges)
    _record_edges(tx, edges, done, correct=correct, review_id=review_id)
    return done


_NODES = PreparedOfSome(
    select(
        node_table.c.key, node_table.c.revision, node_table.c.name, node_table.c.attributes
    ).where(node_table.c.tenant_id == bindparam("tenant_id")),
    node_table.c.key,
)
_EDGES = PreparedOfSome(
    select(
        edge_table.c.edge_id,
        edge_table.c.revision,
        edge_table.c.valid_until,
        edge_table.c.confidence_ppm,
        edge_table.c.consent_party_id,
        edge_table.c.amount_fen,
        edge_table.c.share_ppm,
        edge_table.c.ended_at,
    ).where(edge_table.c.tenant_id == bindparam("tenant_id")),
    edge_table.c.edge_id,
)
_END = Prepared(
    update(edge_table)
    .where(
        edge_table.c.tenant_id == bindparam("the_tenant"),
        edge_table.c.edge_id == bindparam("the_edge"),
        edge_table.c.revision == bindparam("the_revision"),
        edge_table.c.ended_at.is_(None),
    )
    .values(ended_at=bindparam("the_end"))
)


def _found(tx: Transaction, question: PreparedOfSome, some: Sequence[Any]) -> Iterator[Any]:
    for start in range(0, len(some), ASKED_AT_ONCE):
        part = some[start : start + ASKED_AT_ONCE]
        yield from question.on(tx.connection, {"tenant_id": tx.tenant_id}, part)


def _record_nodes(
    tx: Transaction, nodes: Sequence[Node], known_at: datetime, done: Recorded
) -> None:
    told: dict[str, Node] = {}
    merged: dict[str, dict[str, str]] = {}
    for node in nodes:
        told.setdefault(node.key, node)
        merged.setdefault(node.key, {}).update(node.attributes)
    newest: dict[str, Any] = {}
    for row in _found(tx, _NODES, list(told)):
        if row.key not in newest or newest[row.key].revision < row.revision:
            newest[row.key] = row
    rows, names = [], set()
    moment, recorded = tx.driver.moment(known_at), tx.driver.moment(tx.now)
    for key, node in told.items():
        before, attributes = newest.get(key), merged[key]
        if before is not None:
            attributes = {**before.attributes, **attributes}
            if attributes == before.attributes:
                continue
        done.nodes_new += before is None
        done.nodes_changed += before is not None
        revision = 0 if before is None else before.revision + 1
        # The first name that was told stays: a later one is another name, found as well.
        name = node.name if before is None else before.name
        rows.append(
            (
                tx.driver.id(tx.tenant_id),
                key,
                revision,
                node.kind.value,
                name,
                canonical_json(attributes).decode(),
                moment,
                recorded,
            )
        )
        names |= {(word, key, node.kind.value) for word in _words(node, attributes)}
    if rows:
        tx.driver.load("supplychain_node", [column.name for column in node_table.columns], rows)
    tenant = tx.driver.id(tx.tenant_id)
    if names:
        tx.driver.run_many(
            "INSERT INTO supplychain_name (tenant_id, folded, key, kind) VALUES (?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING",
            [(tenant, *name) for name in sorted(names)],
        )


def _words(node: Node, attributes: dict[str, str]) -> Iterator[str]:
    """Yield what a node is found by; patents and tenders are found by their key alone."""
    if node.kind in {NodeKind.PATENT, NodeKind.TENDER}:
        return
    for text in (node.name, *(attributes.get(name, "") for name in NAMING)):
        if word := folded(text):
            yield word


def _require_ends(tx: Transaction, edges: Sequence[Edge]) -> None:
    """Refuse an edge to a node that nobody told."""
    wanted = {key for edge in edges for key in (edge.from_key, edge.to_key)}
    there = {row.key for row in _found(tx, _KEYS, sorted(wanted))}
    if missing := sorted(wanted - there):
        raise Invalid("supplychain.node_missing", key=missing[0][:80], nodes_count=len(missing))


_KEYS = PreparedOfSome(
    select(node_table.c.key).where(
        node_table.c.tenant_id == bindparam("tenant_id"), node_table.c.revision == 0
    ),
    node_table.c.key,
)


def _record_edges(
    tx: Transaction,
    edges: Sequence[Edge],
    done: Recorded,
    *,
    correct: bool,
    review_id: UUID | None,
) -> None:
    identified = [(fact_id(edge), edge) for edge in edges]
    standing: dict[UUID, tuple[int, tuple[object, ...] | None, bool]] = {}
    for row in _found(tx, _EDGES, list(dict.fromkeys(key for key, _edge in identified))):
        if row.edge_id not in standing or standing[row.edge_id][0] < row.revision:
            values = None if row.ended_at is not None else tuple(row[2:7])
            standing[row.edge_id] = (row.revision, values, True)
    rows: dict[UUID, tuple[int, Edge, datetime]] = {}
    for key, edge in identified:
        revision, values, stored = standing.get(key, (-1, None, False))
        if values == values_of(edge):
            done.edges_same += 1
            continue
        known_at = edge.provenance.known_at
        if values is not None:
            if not correct:
                done.conflicts.append(_conflict(edge))
                continue
            done.edges_corrected += 1
            known_at = max(known_at, tx.now)
            if stored:
                _END.on(
                    tx.connection,
                    {
                        "the_tenant": tx.tenant_id,
                        "the_edge": key,
                        "the_revision": revision,
                        "the_end": tx.now,
                    },
                )
        else:
            done.edges_new += 1
            if revision >= 0:
                # It was withdrawn, and is told anew: from now on, not since it was first told.
                known_at = max(known_at, tx.now)
        # A fact told twice in one batch overwrites itself: only the last telling was ever there.
        rows[key] = (revision + 1, edge, known_at)
        standing[key] = (revision, values_of(edge), False)
    tx.driver.load(
        "supplychain_edge",
        [column.name for column in edge_table.columns],
        _edge_rows(tx, rows, review_id),
    )


def _conflict(edge: Edge) -> Finding:
    told = edge.provenance
    return Finding(
        "supplychain.conflict",
        told.reference,
        details={
            "from_key": edge.from_key,
            "relation": edge.relation.value,
            "to_key": edge.to_key,
            "reference": told.reference,
        },
    )


def _edge_rows(
    tx: Transaction, rows: dict[UUID, tuple[int, Edge, datetime]], review_id: UUID | None
) -> Iterable[Sequence[Any]]:
    as_id, as_day, as_moment = tx.driver.id, _or_none(tx.driver.day), tx.driver.moment
    for key, (revision, edge, known_at) in rows.items():
        told = edge.provenance
        yield (
            as_id(tx.tenant_id),
            as_id(key),
            revision,
            edge.from_key,
            edge.relation.value,
            edge.to_key,
            told.source.value,
            strength_of(told.source),
            told.reference,
            as_moment(known_at),
            as_day(told.valid_from),
            as_day(told.valid_until),
            told.confidence_ppm,
            None if told.consent_party_id is None else as_id(told.consent_party_id),
            edge.amount_fen,
            edge.share_ppm,
            None if review_id is None else as_id(review_id),
            as_moment(tx.now),
            None,
        )


def _or_none(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)
