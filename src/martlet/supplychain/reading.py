"""Read the graph as of a moment: what is around a firm, a thing's edges, who is called how.

Needs nothing that writes, so that a process which only decides can read as well. Staff and the
bank's machines see the whole graph of their tenant; an owner sees what is around the owner's own
firms, and of it only what is public or lies under the owner's own consent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from martlet.kernel.principal import Scope
from martlet.parties import consents_of_some
from martlet.supplychain import queries
from martlet.supplychain.around import DOWN, UP, aliases, walk
from martlet.supplychain.asof import Sight
from martlet.supplychain.facts import folded, plain_name
from martlet.supplychain.limits import CANDIDATES_MAX, TIERS_MAX
from martlet.supplychain.model import NodeKind, Relation
from martlet.supplychain.queries import IN, OUT, legs

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.kernel.principal import Principal
    from martlet.store import Reading
    from martlet.supplychain.asof import AskConsents
    from martlet.supplychain.model import Edge, Neighbourhood, Node
    from martlet.supplychain.queries import Legs

SIDES = {"both": (DOWN, UP), "downstream": (DOWN,), "upstream": (UP,)}
_ALL = tuple(Relation)


class GraphReading:
    """The graph, for whoever may only read; every question names its moment."""

    def __init__(self, database: Reading, ask_consents: AskConsents = consents_of_some) -> None:
        self._database = database
        self._ask_consents = ask_consents

    def around(
        self, principal: Principal, key: str, tiers: int, as_of: datetime, side: str = "both"
    ) -> Neighbourhood:
        """Return what is around a node: tiers 1 to 5, upstream below zero, as of a moment.

        `side` is both, upstream or downstream. An unknown key is `NotFound`.
        """
        principal.require(Scope.RECORDS_READ)
        if not 1 <= tiers <= TIERS_MAX:
            raise Invalid("supplychain.tiers_outside", tiers=tiers, tiers_max=TIERS_MAX)
        if side not in SIDES:
            raise Invalid("supplychain.side_unknown", side=side[:20])
        with self._database.read() as connection:
            self._require_own(connection, principal, key, as_of)
            center = self._node(connection, principal, key, as_of)
            sight = Sight(connection, principal, as_of, self._ask_consents)
            return walk(sight, center, tiers, SIDES[side])

    def edges_of(
        self,
        principal: Principal,
        key: str,
        as_of: datetime,
        relations: Collection[Relation] = _ALL,
        *,
        past: bool = False,
    ) -> tuple[Edge, ...]:
        """Return a node's edges of some relations, in and out, the strongest and newest first.

        At most `LEG_EDGES_MAX` of each relation, direction and strength of source. `past` brings
        those as well whose period was over by then (the months of a tie, ended holdings), at most
        `HISTORY_EDGES_MAX` of each.
        """
        principal.require(Scope.RECORDS_READ)
        with self._database.read() as connection:
            self._require_own(connection, principal, key, as_of)
            sight = Sight(connection, principal, as_of, self._ask_consents, past)
            asked = _legs(tuple(sorted(set(relations))))
            found = queries.edges_at(connection, principal.tenant_id, key, asked, as_of, past=past)
            rows = sight.seen(found.rows)
        rows.sort(key=lambda row: row.known_at, reverse=True)
        rows.sort(key=lambda row: row.strength)
        return tuple(queries.edge_of(row) for row in rows)

    def aliases(
        self, principal: Principal, keys: Collection[str], as_of: datetime
    ) -> tuple[Edge, ...]:
        """Return what says which entries are the same firms as these; staff only."""
        require_whole(principal)
        with self._database.read() as connection:
            return tuple(aliases(Sight(connection, principal, as_of, self._ask_consents), keys))

    def nodes(
        self, principal: Principal, keys: Collection[str], as_of: datetime
    ) -> dict[str, Node]:
        """Return nodes by key with what was known of each at a moment; staff only."""
        require_whole(principal)
        with self._database.read() as connection:
            return queries.nodes_of(connection, principal.tenant_id, keys, as_of)

    def find(
        self,
        principal: Principal,
        text: str,
        as_of: datetime,
        kinds: Collection[NodeKind] = (NodeKind.FIRM,),
    ) -> tuple[Node, ...]:
        """Return what is called so: its key, else exactly so, else similarly; staff only.

        More than one is an ambiguity that the asker must settle; none is an empty answer. An entry
        that is another's firm (an alias of one that is found as well) is not told beside it.
        """
        require_whole(principal)
        text = plain_name(text)
        word = folded(text)
        if not word:
            return ()
        with self._database.read() as connection:
            tenant_id = principal.tenant_id
            coded = [f"{kind.value}:{text}" for kind in kinds]
            for keys in (
                [text],
                [*queries.keys_named(connection, tenant_id, word), *coded],
                queries.keys_like(connection, tenant_id, word),
            ):
                found = queries.nodes_of(connection, tenant_id, keys, as_of)
                there = [found[key] for key in dict.fromkeys(keys) if key in found]
                wanted = [node for node in there if node.kind in kinds]
                if wanted:
                    sight = Sight(connection, principal, as_of, self._ask_consents)
                    return tuple(_single(sight, wanted[:CANDIDATES_MAX]))
        return ()

    def the_one(self, principal: Principal, text: str, as_of: datetime) -> Node:
        """Return the one node that is called so; several are told as candidates.

        A key of any kind is taken as it is. Of several firms of one name, those that were merged
        are one. An owner may name nothing but the owner's own firms, by their keys.
        """
        if principal.party_ids is not None:
            with self._database.read() as connection:
                self._require_own(connection, principal, text, as_of)
                return self._node(connection, principal, text, as_of)
        text = plain_name(text)
        found = self.find(principal, text, as_of, tuple(NodeKind))
        word = folded(text)
        firms = [node for node in found if node.kind is NodeKind.FIRM]
        candidates = firms or list(found)
        if not candidates:
            raise NotFound("supplychain.node_not_found", name=text[:80])
        same = [node for node in candidates if node.key == text or folded(node.name) == word]
        if len(candidates) > 1 and len(same) != 1:
            named = "; ".join(f"{node.key} ({node.name})" for node in candidates)
            raise Conflict("supplychain.name_ambiguous", name=text[:80], candidates=named)
        return same[0] if same else candidates[0]

    def firms_of(self, principal: Principal, party_id: UUID, as_of: datetime) -> tuple[str, ...]:
        """Return the keys of the firms of the graph that a business of the bank is."""
        principal.require(Scope.RECORDS_READ)
        principal.require_party(party_id)
        with self._database.read() as connection:
            rows = queries.links_of(connection, principal.tenant_id, "party", party_id, as_of)
        return tuple(dict.fromkeys(row.firm_key for row in rows))

    def parties_of(self, principal: Principal, key: str, as_of: datetime) -> tuple[UUID, ...]:
        """Return the businesses of the bank that a firm of the graph is, as far as one may see."""
        principal.require(Scope.RECORDS_READ)
        with self._database.read() as connection:
            rows = queries.links_of(connection, principal.tenant_id, "firm", key, as_of)
        own = principal.party_ids
        return tuple(
            dict.fromkeys(row.party_id for row in rows if own is None or row.party_id in own)
        )

    def _require_own(
        self, connection: Connection, principal: Principal, key: str, as_of: datetime
    ) -> None:
        """Refuse a node that is not the asker's own firm, as if it did not exist."""
        if principal.party_ids is None:
            return
        rows = queries.links_of(connection, principal.tenant_id, "firm", key, as_of)
        if not any(row.party_id in principal.party_ids for row in rows):
            raise NotFound("supplychain.node_not_found", name=key[:80])

    def _node(
        self, connection: Connection, principal: Principal, key: str, as_of: datetime
    ) -> Node:
        found = queries.nodes_of(connection, principal.tenant_id, [key], as_of).get(key)
        if found is None:
            raise NotFound("supplychain.node_not_found", name=key[:80])
        return found


def _single(sight: Sight, found: list[Node]) -> list[Node]:
    """Return nodes without those that are only another name of one among them."""
    if len(found) == 1:
        return found
    there = {node.key for node in found}
    asked = _legs((Relation.ALIAS_OF,))
    aliases = {
        row.from_key
        for node in found
        for row in sight.seen(
            queries.edges_at(sight.connection, sight.tenant_id, node.key, asked, sight.as_of).rows
        )
        if row.from_key in there and row.to_key in there
    }
    return [node for node in found if node.key not in aliases] or found[:1]


def require_whole(principal: Principal) -> None:
    """Refuse who may see only some businesses: the whole graph speaks of others."""
    principal.require(Scope.RECORDS_READ)
    if principal.party_ids is not None:
        raise Forbidden("supplychain.graph_for_staff")


_asked: dict[Sequence[Relation], Legs] = {}


def _legs(relations: tuple[Relation, ...]) -> Legs:
    """Return the question for these relations, written once however often it is asked."""
    if relations not in _asked:
        _asked[relations] = legs(*((one, way) for one in relations for way in (OUT, IN)))
    return _asked[relations]
