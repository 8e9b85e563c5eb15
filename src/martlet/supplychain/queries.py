"""Reads of the room, each of one tenant and bounded: a node's edges are never read whole.

A node is read relation by relation and strength by strength, the newest known first, so that the
strongest sources survive a bound and a hub costs what any node costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, Select, and_, bindparam, func, or_, select, union_all

from martlet.kernel.calendar import business_date_of
from martlet.store import Prepared, PreparedOfSome
from martlet.supplychain.facts import STRENGTHS, TRACES
from martlet.supplychain.limits import (
    ALIAS_EDGES_MAX,
    CANDIDATES_MAX,
    CONTAINS_NODES_MAX,
    COUNTED_MAX,
    HISTORY_EDGES_MAX,
    LEG_EDGES_MAX,
    LOOKED_THROUGH_MAX,
    TRACE_DAYS,
)
from martlet.supplychain.model import Edge, Node, NodeKind, Provenance, Relation, SourceKind
from martlet.supplychain.tables import edge, firm_link, node, node_name, run

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement, Connection, Subquery

ASKED_AT_ONCE = 512
"""Identifiers in one question to the database."""

OUT, IN = "out", "in"
"""Along an edge, or against it."""


@dataclass(frozen=True, slots=True)
class Legs:
    """One question: a node's edges of some relations, each along or against its direction."""

    asked: tuple[tuple[Relation, str], ...]
    prepared: Prepared
    """Leg by leg and strength by strength, each up to a bound: for hubs."""
    whole: Prepared
    """All of them at once: for nodes that have few."""
    counting: Prepared
    """How many there are, counted no farther than tells a hub."""


def legs(*asked: tuple[Relation, str]) -> Legs:
    """Write once the question for a node's edges of these relations and directions."""
    parts = [
        select(_leg(relation, direction, strength).subquery())
        for relation, direction in asked
        for strength in STRENGTHS
    ]
    ends = [
        (direction, [relation for relation, way in asked if way == direction])
        for direction in (OUT, IN)
    ]
    there = [_at(direction, relations) for direction, relations in ends if relations]
    some = [part.limit(bindparam("looked", type_=Integer)) for part in there]
    counted = union_all(*(select(part.subquery().c.from_key) for part in some)).subquery()
    spoken = [select(found).where(_speaking(found)) for found in (p.subquery() for p in there)]
    return Legs(
        asked,
        Prepared(select(union_all(*parts).subquery())),
        Prepared(select(union_all(*spoken).subquery())),
        Prepared(select(func.count().label("count")).select_from(counted)),
    )


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


def _at(direction: str, relations: Sequence[Relation]) -> Select[Any]:
    """Return all the edges of some relations at one end that are known."""
    end = edge.c.from_key if direction == OUT else edge.c.to_key
    return select(*_COLUMNS).where(
        edge.c.tenant_id == bindparam("tenant_id"),
        end == bindparam("key"),
        or_(*(edge.c.relation == relation.value for relation in relations)),
        edge.c.known_at <= _AS_OF,
    )


_AS_OF = bindparam("as_of", type_=edge.c.known_at.type)


def _newest(end: ColumnElement[str], *where: ColumnElement[bool]) -> Subquery:
    """Return the newest known edges at one end, as many as are ever looked through."""
    return (
        select(*_COLUMNS)
        .where(
            edge.c.tenant_id == bindparam("tenant_id"),
            end == bindparam("key"),
            edge.c.known_at <= _AS_OF,
            *where,
        )
        .order_by(edge.c.known_at.desc())
        .limit(bindparam("looked", type_=Integer))
        .subquery()
    )


def _speaking(found: Subquery) -> ColumnElement[bool]:
    """Return whether an edge may speak of the day: `asof.Sight` has the last word."""
    one = found.c
    return and_(
        or_(one.ended_at.is_(None), one.ended_at > _AS_OF),
        or_(
            one.valid_from.is_(None), one.valid_from <= bindparam("day", type_=one.valid_from.type)
        ),
        or_(
            one.valid_until.is_(None),
            one.valid_until >= bindparam("until", type_=one.valid_until.type),
            and_(
                or_(*(one.source == source for source in TRACES)),
                one.valid_until >= bindparam("since", type_=one.valid_until.type),
            ),
        ),
    )


def _leg(relation: Relation, direction: str, strength: int) -> Select[Any]:
    end = edge.c.from_key if direction == OUT else edge.c.to_key
    found = _newest(end, edge.c.relation == relation.value, edge.c.strength == strength)
    # The newest come first out of the inner question; sorting them again would double its cost.
    return select(found).where(_speaking(found)).limit(bindparam("most", type_=Integer))


@dataclass(frozen=True, slots=True)
class Read:
    """A node's edges as they are stored, and how many nodes more a bound did not let through."""

    rows: Sequence[Any]
    left_out: int


def edges_at(
    connection: Connection,
    tenant_id: UUID,
    key: str,
    asked: Legs,
    as_of: datetime,
    *,
    past: bool = False,
) -> Read:
    """Return a node's edges known at a moment, at most a bound of each relation and strength.

    `past` brings those as well whose period was long over, and more of them.
    """
    day = business_date_of(as_of - timedelta(microseconds=1))
    most = HISTORY_EDGES_MAX if past else LEG_EDGES_MAX
    values = {
        "tenant_id": tenant_id,
        "key": key,
        "as_of": as_of,
        "day": day,
        "until": date.min if past else day,
        "since": day - timedelta(days=TRACE_DAYS),
        "most": most,
        "looked": max(most, LOOKED_THROUGH_MAX),
    }
    few = {name: values[name] for name in ("tenant_id", "key", "as_of")}
    count = asked.counting.on(connection, {**few, "looked": LOOKED_THROUGH_MAX + 1}).scalar_one()
    if count <= LOOKED_THROUGH_MAX:
        spoken = {name: values[name] for name in (*few, "day", "until", "since")}
        return _cut(asked.whole.on(connection, spoken).all(), key, most)
    return _legs_of(connection, values, asked, most)


def _cut(rows: Sequence[Any], key: str, most: int) -> Read:
    """Return a node's edges, of each relation, direction and strength the newest up to a bound."""
    if len(rows) <= most:
        return Read(rows, 0)
    taken: dict[tuple[str, bool, int], int] = {}
    kept, others, left = [], set[str](), set[str]()
    for row in sorted(rows, key=lambda row: row.known_at, reverse=True):
        out = row.from_key == key
        place = (row.relation, out, row.strength)
        taken[place] = taken.get(place, 0) + 1
        other = row.to_key if out else row.from_key
        if taken[place] <= most:
            kept.append(row)
            others.add(other)
        else:
            left.add(other)
    return Read(kept, len(left - others))


def _legs_of(connection: Connection, values: dict[str, Any], asked: Legs, most: int) -> Read:
    """Return a hub's edges, leg by leg; where its newest are over, those before them."""
    read = _asked_legs(connection, values, asked)
    if read.left_out and len(read.rows) < most:
        return _asked_legs(connection, {**values, "looked": COUNTED_MAX}, asked)
    return read


def _asked_legs(connection: Connection, values: dict[str, Any], asked: Legs) -> Read:
    rows = asked.prepared.on(connection, values).all()
    others: dict[tuple[str, str, int], set[str]] = {}
    for row in rows:
        direction, other = (
            (OUT, row.to_key) if row.from_key == values["key"] else (IN, row.from_key)
        )
        others.setdefault((row.relation, direction, row.strength), set()).add(other)
    left_out = 0
    whole = {name: value for name, value in values.items() if name != "most"}
    for relation, direction in asked.asked:
        for strength in STRENGTHS:
            leg = {"relation": relation.value, "strength": strength, "looked": COUNTED_MAX}
            count = _COUNT[direction].on(connection, {**whole, **leg}).scalar_one()
            seen = others.get((relation.value, direction, strength), ())
            left_out += max(0, count - len(seen))
    return Read(rows, left_out)


def _counting(direction: str) -> Prepared:
    end = edge.c.from_key if direction == OUT else edge.c.to_key
    found = _newest(
        end,
        edge.c.relation == bindparam("relation"),
        edge.c.strength == bindparam("strength"),
    )
    other = found.c.to_key if direction == OUT else found.c.from_key
    return Prepared(select(func.count(other.distinct()).label("count")).where(_speaking(found)))


_COUNT = {OUT: _counting(OUT), IN: _counting(IN)}


def _aliases(end: ColumnElement[str]) -> PreparedOfSome:
    return PreparedOfSome(
        select(*_COLUMNS)
        .where(
            edge.c.tenant_id == bindparam("tenant_id"),
            edge.c.relation == Relation.ALIAS_OF.value,
            edge.c.known_at <= _AS_OF,
        )
        .limit(ALIAS_EDGES_MAX),
        end,
    )


_ALIASES = (_aliases(edge.c.from_key), _aliases(edge.c.to_key))


def aliases_of(
    connection: Connection, tenant_id: UUID, keys: Sequence[str], as_of: datetime
) -> list[Any]:
    """Return the edges that say which entries are the same firms as these."""
    rows: list[Any] = []
    for start in range(0, len(keys), ASKED_AT_ONCE):
        part = keys[start : start + ASKED_AT_ONCE]
        for question in _ALIASES:
            rows += question.on(connection, {"tenant_id": tenant_id, "as_of": as_of}, part)
    return rows


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
