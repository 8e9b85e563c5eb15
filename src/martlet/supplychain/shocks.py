"""What an event at one node does along the chain: who is hit, how hard, and through whom.

A dearer good makes what is bought with it dearer, tier by tier downstream; a firm that fails takes
supply from its customers and sales from its suppliers. The invariant: the same graph and the same
event give the same hits; the work is bounded whatever hangs on a node and whatever runs in a
circle; a share that no trade tells is marked as assumed; nothing inferred and no generic product
carries an event on.

A share is read off a year of verified trade; where none is known, each supplier of a firm, each
material of a product and each product of a firm counts alike. Each node is hit on the tier at
which the event first reaches it, by all that reaches it there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from martlet.kernel.calendar import business_date_of
from martlet.kernel.errors import Invalid
from martlet.kernel.rates import PPM
from martlet.supplychain.generic import is_generic
from martlet.supplychain.model import NodeKind, Relation
from martlet.supplychain.position.trade import Books, books_of
from martlet.supplychain.shock_limits import (
    CHANGE_MAX_PPM,
    EFFECT_MIN_PPM,
    HITS_MAX,
    MAKERS_MAX,
    NODES_READ_MAX,
    OWED_DAYS,
    TIERS_MAX,
    TRADE_DAYS,
)
from martlet.supplychain.told_once import month_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date, datetime

    from martlet.supplychain.model import Edge

    EdgesOf = Callable[[str], Iterable[Edge]]


class EventKind(StrEnum):
    """What happens."""

    PRICE = "price"
    """The price of a product, or of all that a firm sells, changes."""
    FAILURE = "failure"
    """A firm fails: it delivers nothing, buys nothing and pays nothing."""


class Effect(StrEnum):
    """How a node is hit; its share says how much of it."""

    COST = "cost"
    """What it buys becomes dearer (or, below zero, cheaper), as a share of what it buys."""
    SUPPLY = "supply"
    """It does not get what it buys."""
    SALES = "sales"
    """It does not sell what it sells."""


@dataclass(frozen=True, slots=True)
class Event:
    """What is thought of: what happens where, and what is assumed of how it is carried on."""

    key: str
    kind: EventKind
    change_ppm: int = 0
    """By how much the price changes; of a failure nothing."""
    pass_on_ppm: int = PPM // 2
    """How much of its own hit a node carries on to the next: an assumption of whoever asks."""
    tiers: int = 4

    def __post_init__(self) -> None:
        if not 1 <= self.tiers <= TIERS_MAX:
            raise Invalid("shocks.tiers_outside", tiers=self.tiers, tiers_max=TIERS_MAX)
        if not 0 <= self.pass_on_ppm <= PPM:
            raise Invalid("shocks.pass_on_outside")
        if self.kind is EventKind.FAILURE and not _is(self.key, NodeKind.FIRM):
            raise Invalid("shocks.only_firms_fail", key=self.key[:80])
        if not (_is(self.key, NodeKind.FIRM) or _is(self.key, NodeKind.PRODUCT)):
            raise Invalid("shocks.no_such_event", key=self.key[:80])
        known = -PPM <= self.change_ppm <= CHANGE_MAX_PPM
        if self.kind is EventKind.PRICE and not (known and self.change_ppm):
            raise Invalid("shocks.change_outside", change_ppm=self.change_ppm)


@dataclass(frozen=True, slots=True)
class Hit:
    """One node that is hit."""

    key: str
    tier: int
    """Upstream below zero; a product and who makes it stand on one tier."""
    effect: Effect
    share_ppm: int
    """Of what it buys (cost, supply) or sells (sales); of a cheaper good below zero."""
    via_key: str
    """Through whom most of it comes."""
    assumed: bool
    """Whether a share on the way is not known from trades."""
    owed_fen: int = 0
    """What the failed firm may owe it: sold within three months."""
    others_count: int = 0
    """Other suppliers of a firm that loses one, as far as they are known."""


@dataclass(frozen=True, slots=True)
class Spread:
    """What an event does as of a moment, tier by tier and the hardest hit first."""

    event: Event
    as_of: datetime
    hits: tuple[Hit, ...]
    nodes_read: int
    cut: bool
    """Whether a bound ended the search; more may then be hit."""


class _Step(NamedTuple):
    """That one node's hit reaches another."""

    key: str
    share_ppm: int
    assumed: bool
    owed_fen: int = 0
    others_count: int = 0


RELATIONS = (
    *(Relation.SUPPLIES, Relation.PAYS, Relation.DISTRIBUTES_FOR),
    *(Relation.MATERIAL_OF, Relation.KIND_OF, Relation.MAKES),
    *(Relation.WON_TENDER, Relation.TENDERED_BY),
)
"""Along which relations an event is carried: what a reader of the graph need ask for."""


def spread(event: Event, edges_of: EdgesOf, as_of: datetime) -> Spread:
    """Return who is hit by an event; `edges_of` tells a node's edges as of that moment."""
    graph = _Graph(edges_of, business_date_of(as_of), event.key)
    if event.kind is EventKind.PRICE:
        hits = _carried(event, graph, Effect.COST, event.change_ppm)
    else:
        hits = _carried(event, graph, Effect.SUPPLY, PPM)
        hits += _carried(event, graph, Effect.SALES, PPM)
    hits.sort(key=lambda hit: (abs(hit.tier), -abs(hit.share_ppm), hit.effect.value, hit.key))
    cut = graph.cut or len(hits) > HITS_MAX
    return Spread(event, as_of, tuple(hits[:HITS_MAX]), len(graph.read), cut)


def _carried(event: Event, graph: _Graph, effect: Effect, first_ppm: int) -> list[Hit]:
    """Return the hits of one sort, tier by tier."""
    side = -1 if effect is Effect.SALES else 1
    settled = {event.key}
    frontier = {event.key: (first_ppm, False)}
    hits: list[Hit] = []
    for tier in range(1, event.tiers + 1):
        reached = _reached(graph, effect, frontier, settled)
        settled |= reached.keys()
        made = _made(graph, reached, settled) if effect is Effect.COST else {}
        settled |= made.keys()
        frontier = {}
        for key, found in sorted({**reached, **made}.items()):
            if abs(found.share_ppm) < EFFECT_MIN_PPM:
                continue
            bounded = found.share_ppm if effect is Effect.COST else min(found.share_ppm, PPM)
            owed, others = found.owed_fen if tier == 1 else 0, found.others_count
            hits.append(
                Hit(key, side * tier, effect, bounded, found.via, found.assumed, owed, others)
            )
            frontier[key] = (bounded * event.pass_on_ppm // PPM, found.assumed)
    return hits


@dataclass(slots=True)
class _Reached:
    """What has reached a node so far on this tier."""

    share_ppm: int = 0
    via: str = ""
    most_ppm: int = -1
    assumed: bool = False
    owed_fen: int = 0
    others_count: int = 0

    def add(self, share_ppm: int, via: str, step: _Step, *, assumed: bool) -> None:
        """Count what comes through one neighbour."""
        self.share_ppm += share_ppm
        self.assumed = self.assumed or assumed or step.assumed
        self.owed_fen += step.owed_fen
        self.others_count = step.others_count
        if abs(share_ppm) > self.most_ppm:
            self.most_ppm, self.via = abs(share_ppm), via


def _reached(
    graph: _Graph, effect: Effect, frontier: dict[str, tuple[int, bool]], settled: set[str]
) -> dict[str, _Reached]:
    """Return what the nodes of one tier do to the next, the hardest hit walked first."""
    found: dict[str, _Reached] = {}
    for key in sorted(frontier, key=lambda key: (-abs(frontier[key][0]), key)):
        passed, assumed = frontier[key]
        if abs(passed) < EFFECT_MIN_PPM:
            continue
        for step in graph.steps(key, effect):
            if step.key not in settled:
                share = passed * step.share_ppm // PPM
                found.setdefault(step.key, _Reached()).add(share, key, step, assumed=assumed)
    return found


def _made(graph: _Graph, reached: dict[str, _Reached], settled: set[str]) -> dict[str, _Reached]:
    """Return the makers of the products that were reached: their goods become dearer to make."""
    found: dict[str, _Reached] = {}
    for key, product in sorted(reached.items()):
        if not _is(key, NodeKind.PRODUCT) or abs(product.share_ppm) < EFFECT_MIN_PPM:
            continue
        for step in graph.makers(key):
            if step.key not in settled:
                share = product.share_ppm * step.share_ppm // PPM
                found.setdefault(step.key, _Reached()).add(
                    share, key, step, assumed=product.assumed
                )
    return found


@dataclass(slots=True)
class _Graph:
    """The graph as far as it has been read; what was read of a node is kept."""

    edges_of: EdgesOf
    today: date
    begin: str
    read: dict[str, tuple[Edge, ...]] = field(default_factory=dict)
    cut: bool = False

    def edges(self, key: str) -> tuple[Edge, ...]:
        """Return what somebody wrote down of a node's edges; nothing once the bound is reached."""
        if key not in self.read:
            if len(self.read) >= NODES_READ_MAX:
                self.cut = True
                return ()
            told = (edge for edge in self.edges_of(key) if not edge.provenance.inferred)
            self.read[key] = tuple(told)
        return self.read[key]

    def books(self, key: str) -> Books:
        """Return a firm's verified trade of the last year."""
        found = books_of([key], self.edges(key), self.today)
        since = month_of(self.today - timedelta(days=TRADE_DAYS))
        return Books(
            key,
            tuple(trade for trade in found.sales if trade.month >= since),
            tuple(trade for trade in found.purchases if trade.month >= since),
        )

    def steps(self, key: str, effect: Effect) -> Iterator[_Step]:
        """Yield the nodes that a node's hit reaches, each with the share of it that is hit."""
        if _is(key, NodeKind.PRODUCT):
            if key != self.begin and self._generic(key):
                return
            for other in self._known(self._others(key, Relation.MATERIAL_OF, out=True)):
                materials = len(self._others(other, Relation.MATERIAL_OF, out=False))
                yield _Step(other, PPM // max(materials, 1), assumed=True)
            return
        sales = effect is Effect.SALES
        for other in self._known(self._suppliers(key) if sales else self._customers(key)):
            yield self._share(other, key, sales=sales)

    def _generic(self, key: str) -> bool:
        """Tell whether a product stands for nothing in particular: it carries nothing on."""
        ends = {end for edge in self.edges(key) for end in (edge.from_key, edge.to_key)}
        return is_generic(key, len(ends) - 1)

    def makers(self, key: str) -> Iterator[_Step]:
        """Yield who makes a product or a kind of it, with its share among what each makes."""
        kinds = [key, *self._known(self._others(key, Relation.KIND_OF, out=False))]
        makers = sorted(
            {m for kind in kinds for m in self._others(kind, Relation.MAKES, out=False)}
        )
        self.cut = self.cut or len(makers) > MAKERS_MAX
        for maker in self._known(makers[:MAKERS_MAX]):
            made = {
                edge.to_key: edge.share_ppm
                for edge in self.edges(maker)
                if edge.relation is Relation.MAKES
            }
            hit = [kind for kind in kinds if kind in made]
            told = [made[kind] for kind in hit]
            if all(share is not None for share in told):
                share = min(sum(share or 0 for share in told), PPM)
                yield _Step(maker, share, assumed=len(hit) > 1 or hit != [key])
            else:
                yield _Step(maker, PPM * len(hit) // len(made), assumed=True)

    def _share(self, key: str, other: str, *, sales: bool) -> _Step:
        """Return which share of a firm's purchases, or of its sales, is with another firm."""
        books = self.books(key)
        trades = books.sales if sales else books.purchases
        with_it = sum(trade.amount_fen for trade in trades if trade.other_key == other)
        total = sum(trade.amount_fen for trade in trades)
        partners = set(self._customers(key) if sales else self._suppliers(key)) | {other}
        recent = month_of(self.today - timedelta(days=OWED_DAYS))
        owed = sum(
            trade.amount_fen
            for trade in books.sales
            if sales and trade.other_key == other and trade.month >= recent
        )
        others = 0 if sales else len(partners) - 1
        if with_it > 0 and total > 0:
            return _Step(
                key, with_it * PPM // total, assumed=False, owed_fen=owed, others_count=others
            )
        return _Step(key, PPM // len(partners), assumed=True, others_count=others)

    def _known(self, keys: list[str]) -> Iterator[str]:
        """Yield those whose edges may still be read: of a share nobody saw nothing is said."""
        for key in keys:
            self.edges(key)
            if key in self.read:
                yield key

    def _customers(self, key: str) -> list[str]:
        found = [
            *self._others(key, Relation.SUPPLIES, out=True),
            *self._others(key, Relation.PAYS, out=False),
            *self._others(key, Relation.DISTRIBUTES_FOR, out=False),
            *self._beyond(key, Relation.WON_TENDER, Relation.TENDERED_BY, out=True),
        ]
        return sorted(set(found) - {key})

    def _suppliers(self, key: str) -> list[str]:
        found = [
            *self._others(key, Relation.SUPPLIES, out=False),
            *self._others(key, Relation.PAYS, out=True),
            *self._others(key, Relation.DISTRIBUTES_FOR, out=True),
            *self._beyond(key, Relation.TENDERED_BY, Relation.WON_TENDER, out=False),
        ]
        return sorted(set(found) - {key})

    def _beyond(self, key: str, near: Relation, far: Relation, *, out: bool) -> list[str]:
        """Return the firms on the other side of a firm's tenders."""
        tenders = self._others(key, near, out=out)
        return [firm for one in tenders for firm in self._others(one, far, out=out)]

    def _others(self, key: str, relation: Relation, *, out: bool) -> list[str]:
        return sorted(
            {
                edge.to_key if out else edge.from_key
                for edge in self.edges(key)
                if edge.relation is relation and (edge.from_key if out else edge.to_key) == key
            }
        )


def _is(key: str, kind: NodeKind) -> bool:
    return key.startswith(f"{kind.value}:")
