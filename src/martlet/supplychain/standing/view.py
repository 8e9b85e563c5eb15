"""The graph as a standing is computed from it: a firm under one key, public or the owner's own.

The invariant: what is seen of others is what anybody may see. An edge under another business's
consent is not here, so that nobody's line, and no explanation that an owner reads, tells of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, or_, select

from martlet.store import Prepared, PreparedOfSome
from martlet.supplychain import queries
from martlet.supplychain.asof import Sight
from martlet.supplychain.limits import LEG_EDGES_MAX
from martlet.supplychain.model import Edge, NodeKind, Relation, SourceKind
from martlet.supplychain.path_limits import FIRM_DEGREE_MAX, TRACED_DEGREE_MAX
from martlet.supplychain.paths import Around
from martlet.supplychain.queries import IN, OUT, legs
from martlet.supplychain.standing.limits import TRADE_ROWS_MAX
from martlet.supplychain.tables import edge as edge_table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.kernel.principal import Principal
    from martlet.supplychain.asof import AskConsents
    from martlet.supplychain.model import Node

_R = Relation
_FIRM = NodeKind.FIRM.value
_WALKED = legs(
    *(
        (relation, way)
        for relation in (
            _R.SUPPLIES,
            _R.PAYS,
            _R.DISTRIBUTES_FOR,
            _R.PARENT_OF,
            _R.MAKES,
            _R.MATERIAL_OF,
            _R.WON_TENDER,
            _R.TENDERED_BY,
            _R.HOLDS_PATENT,
            _R.PATENT_COVERS,
            _R.KIND_OF,
        )
        for way in (OUT, IN)
    )
)
_OF_FIRMS = frozenset(
    {_R.SUPPLIES, _R.PAYS, _R.DISTRIBUTES_FOR, _R.PARENT_OF, _R.WON_TENDER, _R.TENDERED_BY}
)
_ALIASES = (
    select(edge_table)
    .where(
        edge_table.c.tenant_id == bindparam("tenant_id"),
        edge_table.c.relation == _R.ALIAS_OF.value,
        edge_table.c.known_at <= bindparam("as_of", type_=edge_table.c.known_at.type),
    )
    .limit(LEG_EDGES_MAX)
)
_NAMED_AS = PreparedOfSome(_ALIASES, edge_table.c.from_key)
_NAMES_OF = PreparedOfSome(_ALIASES, edge_table.c.to_key)
_MOVED = (SourceKind.INVOICE.value, SourceKind.TRANSFER.value)
_TRADES = {
    way: Prepared(
        select(edge_table)
        .where(
            edge_table.c.tenant_id == bindparam("tenant_id"),
            (edge_table.c.from_key if way == OUT else edge_table.c.to_key) == bindparam("key"),
            or_(edge_table.c.relation == _R.SUPPLIES.value, edge_table.c.relation == _R.PAYS.value),
            edge_table.c.strength == 0,
            or_(*(edge_table.c.source == source for source in _MOVED)),
            edge_table.c.known_at <= bindparam("as_of", type_=edge_table.c.known_at.type),
        )
        .order_by(edge_table.c.known_at.desc(), edge_table.c.edge_id)
        .limit(TRADE_ROWS_MAX)
    )
    for way in (OUT, IN)
}


@dataclass(slots=True)
class View:
    """One moment of the graph, for one business or (None) for what is public alone."""

    connection: Connection
    principal: Principal
    as_of: datetime
    party_id: UUID | None
    ask_consents: AskConsents
    whole: bool = False
    """Whether all that the bank may see is here, as for staff; then no owner reads of it."""
    barred: frozenset[str] = frozenset()
    """Firms that are not walked to: related ones."""
    only: frozenset[str] | None = None
    """From the firm itself, the customers that may be walked to; None: all."""
    center: str = ""
    known: bool = False
    """Whether only ties between firms that somebody wrote down are walked: no model's guess, and
    no "whoever makes this might buy that"."""
    _read: dict[str, list[Edge]] = field(default_factory=dict)
    _cut: set[str] = field(default_factory=set)
    _canonical: dict[str, str] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)

    def through(
        self,
        *,
        barred: frozenset[str],
        only: frozenset[str] | None = None,
        center: str = "",
        known: bool = False,
    ) -> View:
        """Return the same view with fewer ways; what was read is kept in common."""
        return replace(self, barred=barred, only=only, center=center, known=known)

    def canonical(self, keys: Iterable[str]) -> dict[str, str]:
        """Return for each key the firm that it is an entry of; another thing's is its own."""
        wanted = list(dict.fromkeys(keys))
        new = [k for k in wanted if k.startswith(_FIRM) and k not in self._canonical]
        sight = self._sight()
        for start in range(0, len(new), queries.ASKED_AT_ONCE):
            part = new[start : start + queries.ASKED_AT_ONCE]
            rows = sight.seen(_NAMED_AS.on(self.connection, self._keys(), part))
            found = {row.from_key: row.to_key for row in sorted(rows, key=lambda r: r.to_key)}
            self._canonical |= {key: found.get(key, key) for key in part}
        return {key: self._canonical.get(key, key) for key in wanted}

    def entries(self, key: str) -> list[str]:
        """Return the keys under which a firm stands in the graph, its own first."""
        if not key.startswith(_FIRM):
            return [key]
        rows = self._sight().seen(_NAMES_OF.on(self.connection, self._keys(), [key]))
        return [key, *sorted({row.from_key for row in rows} - {key})]

    def edges(self, key: str) -> list[Edge]:
        """Return the edges of a firm or thing as of the moment, other firms under one key each."""
        if key not in self._read:
            rows = []
            for entry in self.entries(key):
                found = queries.edges_at(
                    self.connection, self.principal.tenant_id, entry, _WALKED, self.as_of
                )
                if found.left_out:
                    self._cut.add(key)
                rows += self._sight().seen(found.rows)
            self._read[key] = self._told(rows)
        return self._read[key]

    def trades(self, keys: Collection[str]) -> list[Edge]:
        """Return a business's own months of trade, of all periods known by then."""
        sight, rows = self._sight(past=True), []
        for key in keys:
            for way in (OUT, IN):
                values = {**self._keys(), "key": key}
                rows += sight.seen(_TRADES[way].on(self.connection, values))
        return self._told(rows)

    def around(self, key: str) -> Around:
        """Return what a search of paths reads of a node."""
        edges = self.edges(key)
        others = {edge.to_key if edge.from_key == key else edge.from_key for edge in edges}
        degree = len(others)
        if key in self._cut and degree > FIRM_DEGREE_MAX:
            degree = TRACED_DEGREE_MAX + 1
        return Around(tuple(one for one in edges if self._walks(key, one)), degree)

    def nodes(self, keys: Collection[str]) -> dict[str, Node]:
        """Return nodes with what was known of them."""
        return queries.nodes_of(self.connection, self.principal.tenant_id, keys, self.as_of)

    def name_of(self, key: str) -> str:
        """Return what a node is called; its identifier where nothing is told."""
        if key not in self._names:
            found = self.nodes([key]).get(key)
            self._names[key] = key.partition(":")[2] if found is None else found.name
        return self._names[key]

    def _walks(self, key: str, edge: Edge) -> bool:
        other = edge.to_key if edge.from_key == key else edge.from_key
        if other in self.barred:
            return False
        if self.known and (edge.provenance.inferred or edge.relation not in _OF_FIRMS):
            return False
        trade = edge.relation in {_R.SUPPLIES, _R.PAYS}
        if self.only is None or key != self.center:
            return True
        return trade and other in self.only

    def _told(self, rows: Iterable[object]) -> list[Edge]:
        """Return stored edges that may be seen here, each firm under its one key."""
        edges = [queries.edge_of(row) for row in rows]
        if not self.whole:
            edges = [e for e in edges if e.provenance.consent_party_id in {None, self.party_id}]
        keys = self.canonical(key for one in edges for key in (one.from_key, one.to_key))
        plain = [replace(e, from_key=keys[e.from_key], to_key=keys[e.to_key]) for e in edges]
        return [one for one in plain if one.from_key != one.to_key]

    def _sight(self, *, past: bool = False) -> Sight:
        return Sight(self.connection, self.principal, self.as_of, self.ask_consents, past)

    def _keys(self) -> dict[str, object]:
        return {"tenant_id": self.principal.tenant_id, "as_of": self.as_of}
