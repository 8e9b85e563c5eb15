"""Reads of the room, each of one tenant and bounded: a node's edges are never read whole.

A node is read relation by relation and strength by strength, the newest known first, so that the
strongest sources survive a bound and a hub costs what any node costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, bindparam, func, select, union_all

from martlet.store import Prepared, PreparedOfSome
from martlet.supplychain.facts import STRENGTHS
from martlet.supplychain.limits import (
    CANDIDATES_MAX,
    CONTAINS_NODES_MAX,
    COUNTED_MAX,
    LEG_EDGES_MAX,
)
from martlet.supplychain.model import Edge, Node, NodeKind, Provenance, Relation, SourceKind
from martlet.supplychain.tables import edge, firm_link, node, node_name, run

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from sqlalchemy import Connection

ASKED_AT_ONCE = 512
"""Identifiers in one question to the database."""

OUT, IN = "out", "in"
"""Along an edge, or against it."""


@dataclass(frozen=True, slots=True)
class Legs:
    """One question: a node's edges of some relations, each along or against its direction."""

    asked: tuple[tuple[Relation, str], ...]
    prepared: Prepared


def legs(*asked: tuple[Relation, str]) -> Legs:
    """Write once the question for a node's edges of these relations and directions."""
    parts = [
        select(_leg(relation, direction, strength).subquery())
        for relation, direction in asked
        for strength in STRENGTHS
    ]
    return Legs(asked, Prepared(select(union_all(*parts).subquery())))


_COLUMNS = (
    edge.c.from_key,
    edge.c.relation,
    edge.c.to_key,
    edge.c.source,
    edge.c.reference,
    edge.c.known_at,
    edge.c.valid_from,
    edge.c.valid_until,
    edge.c.confidence_ppm,
    edge.c.consent_party_id,
    edge.c.amount_fen,
    edge.c.share_ppm,
    edge.c.review_id,
    edge.c.ended_at,
    edge.c.strength,
)


def _leg(relation: Relation, direction: str, strength: int) -> Select[Any]:
    end = edge.c.from_key if direction == OUT else edge.c.to_key
    return (
        select(*_COLUMNS)
        .where(
            edge.c.tenant_id == bindparam("tenant_id"),
            end == bindparam("key"),
            edge.c.relation == relation.value,
            edge.c.strength == strength,
            edge.c.known_at <= bindparam("as_of", type_=edge.c.known_at.type),
        )
        .order_by(edge.c.known_at.desc())
        .limit(LEG_EDGES_MAX)
    )


@dataclass(frozen=True, slots=True)
class Read:
    """A node's edges as they are stored, and how many more there are than a bound let through."""

    rows: Sequence[Any]
    left_out: int


def edges_at(
    connection: Connection, tenant_id: UUID, key: str, asked: Legs, as_of: datetime
) -> Read:
    """Return a node's edges known at a moment, at most a bound of each relation and strength."""
    values = {"tenant_id": tenant_id, "key": key, "as_of": as_of}
    rows = asked.prepared.on(connection, values).all()
    if len(rows) < LEG_EDGES_MAX:
        return Read(rows, 0)
    counts: dict[tuple[str, str, int], int] = {}
    for row in rows:
        direction = OUT if row.from_key == key else IN
        place = (row.relation, direction, row.strength)
        counts[place] = counts.get(place, 0) + 1
    left_out = 0
    for (relation, direction, strength), count in counts.items():
        if count >= LEG_EDGES_MAX:
            whole = {**values, "relation": relation, "strength": strength}
            left_out += _COUNT[direction].on(connection, whole).scalar_one() - count
    return Read(rows, left_out)


def _counting(direction: str) -> Prepared:
    end = edge.c.from_key if direction == OUT else edge.c.to_key
    some = (
        select(edge.c.edge_id)
        .where(
            edge.c.tenant_id == bindparam("tenant_id"),
            end == bindparam("key"),
            edge.c.relation == bindparam("relation"),
            edge.c.strength == bindparam("strength"),
            edge.c.known_at <= bindparam("as_of", type_=edge.c.known_at.type),
        )
        .limit(COUNTED_MAX)
    )
    return Prepared(select(func.count().label("count")).select_from(some.subquery()))


_COUNT = {OUT: _counting(OUT), IN: _counting(IN)}


def edge_of(row: Any) -> Edge:  # noqa: ANN401 - a row of the edges' columns
    """Return a stored row as an edge."""
    return Edge(
        row.from_key,
        Relation(row.relation),
        row.to_key,
        Provenance(
            SourceKind(row.source),
            row.reference,
            row.known_at,
            row.valid_from,
            row.valid_until,
            row.confidence_ppm,
            row.consent_party_id,
            row.review_id is not None,
        ),
        row.amount_fen,
        row.share_ppm,
    )


_NODES = PreparedOfSome(
    select(
        node.c.key, node.c.revision, node.c.kind, node.c.name, node.c.attributes, node.c.known_at
    ).where(node.c.tenant_id == bindparam("tenant_id")),
    node.c.key,
)


def nodes_of(
    connection: Connection, tenant_id: UUID, keys: Collection[str], as_of: datetime
) -> dict[str, Node]:
    """Return nodes with what was known of them at a moment; unknown keys are not there.

    A node that an edge known earlier names, while its own row came later, has its name alone.
    """
    found: dict[str, tuple[tuple[datetime, int], Node]] = {}
    wanted = list(dict.fromkeys(keys))
    for start in range(0, len(wanted), ASKED_AT_ONCE):
        part = wanted[start : start + ASKED_AT_ONCE]
        for row in _NODES.on(connection, {"tenant_id": tenant_id}, part):
            known = row.known_at <= as_of
            place = (row.known_at, row.revision) if known else (_NEVER, -row.revision)
            if row.key in found and found[row.key][0] > place:
                continue
            kept = row.attributes if known else {}
            found[row.key] = (place, Node(row.key, NodeKind(row.kind), row.name, kept))
    return {key: made for key, (_place, made) in found.items()}


_NEVER = datetime(1, 1, 1, tzinfo=UTC)
"""Before everything that is known."""

_EXACT = Prepared(
    select(node_name.c.key)
    .where(node_name.c.tenant_id == bindparam("tenant_id"), node_name.c.folded == bindparam("word"))
    .order_by(node_name.c.key)
    .limit(CANDIDATES_MAX)
)
_LIKE = Prepared(
    select(node_name.c.key, func.length(node_name.c.folded).label("chars"))
    .where(
        node_name.c.tenant_id == bindparam("tenant_id"),
        node_name.c.folded.like(bindparam("pattern"), escape="\\"),
    )
    .order_by(func.length(node_name.c.folded), node_name.c.key)
    .limit(CANDIDATES_MAX)
)
_NAMES_COUNT = Prepared(
    select(func.count().label("count")).select_from(
        select(node_name.c.key)
        .where(node_name.c.tenant_id == bindparam("tenant_id"))
        .limit(CONTAINS_NODES_MAX)
        .subquery()
    )
)


def keys_named(connection: Connection, tenant_id: UUID, word: str) -> list[str]:
    """Return the keys of what is called exactly so, in whatever case and spacing."""
    rows = _EXACT.on(connection, {"tenant_id": tenant_id, "word": word})
    return list(dict.fromkeys(row.key for row in rows))


def keys_like(connection: Connection, tenant_id: UUID, word: str) -> list[str]:
    """Return keys of what is called similarly, the shortest name first: beginnings, then inside."""
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    patterns = [f"{escaped}%"]
    count = _NAMES_COUNT.on(connection, {"tenant_id": tenant_id}).scalar_one()
    if count < CONTAINS_NODES_MAX:
        patterns.append(f"%{escaped}%")
    found: dict[str, None] = {}
    for pattern in patterns:
        rows = _LIKE.on(connection, {"tenant_id": tenant_id, "pattern": pattern})
        found |= dict.fromkeys(row.key for row in rows)
    return list(found)[:CANDIDATES_MAX]


_LINKS_OF = {
    "party": Prepared(
        select(firm_link).where(
            firm_link.c.tenant_id == bindparam("tenant_id"),
            firm_link.c.party_id == bindparam("of"),
        )
    ),
    "firm": Prepared(
        select(firm_link).where(
            firm_link.c.tenant_id == bindparam("tenant_id"),
            firm_link.c.firm_key == bindparam("of"),
        )
    ),
}


def links_of(
    connection: Connection, tenant_id: UUID, what: str, of: UUID | str, as_of: datetime
) -> list[Any]:
    """Return the links of a party or of a firm that stood at a moment, the newest first."""
    rows = _LINKS_OF[what].on(connection, {"tenant_id": tenant_id, "of": of})
    standing = [
        row
        for row in rows
        if row.linked_at <= as_of and (row.ended_at is None or row.ended_at > as_of)
    ]
    return sorted(standing, key=lambda row: (row.linked_at, row.link_id.bytes), reverse=True)


def runs(connection: Connection, tenant_id: UUID, limit: int) -> list[Any]:
    """Return imports, the newest first."""
    query = select(run).where(run.c.tenant_id == tenant_id)
    return list(connection.execute(query.order_by(run.c.started_at.desc()).limit(limit)))
