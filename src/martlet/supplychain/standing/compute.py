"""A business's standing: its best place in a followed chain, its technology, its grade, the paths.

Reads through a view, decides nothing. The invariant: revenue comes from the business's own invoices
and transfers with unrelated firms from which known, not inferred, hops lead to the core firm.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from martlet.kernel.calendar import business_date_of
from martlet.supplychain.model import PPM, NodeKind, Relation, SourceKind
from martlet.supplychain.paths import Explanation, Path, explain
from martlet.supplychain.position import (
    Books,
    Position,
    Surroundings,
    Tie,
    alternatives,
    books_of,
    measure,
    related_firms,
    working_capital_fen,
)
from martlet.supplychain.position.grading import ChainGrade, chain_grade
from martlet.supplychain.standing.limits import (
    COUNTERPARTIES_MAX,
    MAKERS_MAX,
    NODES_READ_MAX,
    OWNERS_DEPTH_MAX,
    PATHS_CHARS_MAX,
)
from martlet.supplychain.technology import (
    Business,
    Patent,
    Technology,
    expert_weights,
    grade,
    patent_of,
    relevance_ppm,
)
from martlet.supplychain.told_once import by_month
from martlet.supplychain.wire import PRIVATE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

    from martlet.supplychain.model import Edge
    from martlet.supplychain.standing.view import View

SAME_HANDS = f"{PRIVATE}same_representative"
"""The flag that loaders put on firms of one legal representative: the other firms' keys."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one business in the chains that the bank follows."""

    firm_key: str
    position: Position | None
    """None where no chain of a followed core firm holds verified trade of it."""
    technology: Technology
    graded: ChainGrade | None
    explanation: Explanation | None
    names: dict[str, str] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    """Kinds of the business's own records that it rests on; each needs its consent."""
    confidence_ppm: int = PPM
    """Of the least sure month of trade behind it."""
    related_count: int = 0
    """Firms of the same hands whose trade was left out."""

    @property
    def figures(self) -> dict[str, int]:
        """Every figure by the slug of its kind."""
        told = dict(self.technology.figures)
        if self.position is not None:
            told |= self.position.figures
        if self.graded is not None:
            told["chain_grade_count"] = self.graded.grade
        return told

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "firm": self.firm_key,
            "position": None if self.position is None else self.position.as_json(),
            "technology": self.technology.as_json(),
            "grade": None if self.graded is None else self.graded.grade,
            "grade_points": None if self.graded is None else dict(self.graded.points),
            "grade_version": None if self.graded is None else self.graded.version,
            "paths": [] if self.explanation is None else told_paths(self.explanation, self.names),
            "related_count": self.related_count,
        }


def standing_of(view: View, firm_keys: Sequence[str], cores: Collection[str]) -> Standing:
    """Return the standing of a business that is these firms of the graph."""
    today = business_date_of(view.as_of)
    own = sorted(set(view.canonical(firm_keys).values()))
    entries = sorted({entry for key in own for entry in (key, *view.entries(key))} | {*firm_keys})
    trades = view.trades(entries)
    books = books_of(own, trades, today)
    others = _largest(books)
    related = _related(view, own, others)
    books = books.without(related)
    barred = view.through(barred=related | set(own[1:]), center=own[0])
    best: tuple[tuple[int, int], Position, str, Tie] | None = None
    for core in sorted(set(view.canonical(cores).values()) - set(own) - related):
        tie = _tie(barred, books, core)
        place = measure(books, tie, today, _around(barred, own, trades, tie, today))
        revenue = place.figures["chain_revenue_monthly_fen"]
        rank = (revenue, -place.figures.get("chain_tiers_count", 99))
        if revenue and (best is None or rank > best[0]):
            best = rank, place, core, tie
    explained = None if best is None else explain_from(barred, own[0], best[2])
    technology = _technology(barred, own, explained, today)
    position = None if best is None else best[1]
    graded = None if position is None else chain_grade(position.figures, technology.points)
    keys = set() if explained is None else _keys(explained)
    return Standing(
        own[0],
        position,
        technology,
        graded,
        explained,
        {key: view.name_of(key) for key in sorted(keys)},
        _sources(trades),
        min((edge.provenance.confidence_ppm for edge in trades), default=PPM),
        len(related - set(own)),
    )


def explain_from(view: View, firm_key: str, core_key: str) -> Explanation:
    """Return the paths from a firm to a core firm in what a view shows."""
    return explain(firm_key, core_key, view.around, view.as_of, view.name_of, NODES_READ_MAX)


def told_paths(found: Explanation, names: dict[str, str]) -> list[dict[str, Any]]:
    """Return paths as JSON in which every node has its name beside its key."""
    told = []
    for path in found.paths:
        whole = path.as_json()
        for hop in whole["hops"]:
            for end in ("start", "end"):
                hop[f"{end}_name"] = names.get(hop[end], hop[end].partition(":")[2])
        told.append(whole)
    return told


def paths_text(found: Explanation, names: dict[str, str]) -> str:
    """Return the paths as the text that a decision keeps; later ones left out beyond a bound."""
    told = told_paths(found, names)
    while told:
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        if len(text) <= PATHS_CHARS_MAX:
            return text
        told.pop()
    return ""


def _keys(found: Explanation) -> set[str]:
    return {
        key for path in found.paths for hop in path.hops for key in (hop.start_key, hop.end_key)
    }


def _largest(books: Books) -> list[str]:
    sums: dict[str, int] = {}
    for trade in (*books.sales, *books.purchases):
        sums[trade.other_key] = sums.get(trade.other_key, 0) + trade.amount_fen
    return sorted(sums, key=lambda key: (-sums[key], key))


def _related(view: View, own: Sequence[str], others: Sequence[str]) -> frozenset[str]:
    """Return the counterparties of the same hands: one owner above, or one representative."""
    looked = others[:COUNTERPARTIES_MAX]
    owners: dict[str, list[str]] = {}
    waiting = [*own, *looked]
    for _ in range(OWNERS_DEPTH_MAX):
        above: list[str] = []
        for key in waiting:
            if key not in owners:
                owners[key] = sorted(
                    {
                        edge.from_key
                        for edge in view.edges(key)
                        if edge.relation is Relation.PARENT_OF
                        and edge.to_key == key
                        and not edge.provenance.inferred
                    }
                )
                above += owners[key]
        waiting = above
    flagged: set[str] = set()
    for key in own:
        for node in view.nodes(view.entries(key)).values():
            flagged |= set(filter(None, node.attributes.get(SAME_HANDS, "").split(";")))
    hands = dict.fromkeys((*own, *view.canonical(flagged).values()), "same") if flagged else {}
    return related_firms(own, owners, hands, others)


def _tie(view: View, books: Books, core: str) -> Tie:
    """Return how a firm hangs on a core firm by known hops, customer by customer."""
    center, into, tiers = view.center, set[str](), list[int]()
    sums: dict[str, int] = {}
    for trade in books.sales:
        sums[trade.other_key] = sums.get(trade.other_key, 0) + trade.amount_fen
    for customer in sorted(sums, key=lambda key: (-sums[key], key))[:COUNTERPARTIES_MAX]:
        narrow = view.through(
            barred=view.barred, only=frozenset({customer}), center=center, known=True
        )
        found = explain_from(narrow, center, core).paths
        if found and found[0].verifying:
            into.add(customer)
            tiers.append(min(path.tiers for path in found))
    if any(trade.other_key == core for trade in books.purchases):
        tiers.append(1)
    return Tie(core, frozenset(into), min(tiers, default=None))


def _around(
    view: View, own: Sequence[str], trades: Iterable[Edge], tie: Tie, today: date
) -> Surroundings:
    products = _products(view, own)
    suppliers: dict[str, list[str]] = {}
    makes: dict[str, list[str]] = {}
    for customer in sorted(tie.into):
        suppliers[customer] = sorted(
            {
                edge.from_key
                for edge in view.edges(customer)
                if edge.relation is Relation.SUPPLIES and edge.to_key == customer
            }
        )
        for other in suppliers[customer][:COUNTERPARTIES_MAX]:
            makes.setdefault(other, _products(view, [other]))
    invoiced = _monthly(
        edge
        for edge in trades
        if edge.provenance.source is SourceKind.INVOICE and edge.to_key in tie.into
    )
    paid = _monthly(
        edge
        for edge in trades
        if edge.provenance.source is SourceKind.TRANSFER and edge.from_key in tie.into
    )
    return Surroundings(
        alternatives=alternatives(own, products, suppliers, makes),
        need_fen=working_capital_fen(invoiced, paid, today),
    )


def _monthly(trades: Iterable[Edge]) -> dict[date, int]:
    """Return by month what trades of one kind of source came to, each pair's told once."""
    pairs: dict[tuple[str, str], list[Edge]] = {}
    for edge in trades:
        pairs.setdefault((edge.from_key, edge.to_key), []).append(edge)
    sums: dict[date, int] = {}
    for edges in pairs.values():
        for month, fen in by_month(edges).items():
            if month is not None:
                sums[month] = sums.get(month, 0) + fen
    return sums


def _products(view: View, firms: Iterable[str]) -> list[str]:
    return sorted(
        {
            edge.to_key
            for key in firms
            for edge in view.edges(key)
            if edge.relation is Relation.MAKES and not edge.provenance.inferred
        }
    )


def _technology(
    view: View, own: Sequence[str], explained: Explanation | None, today: date
) -> Technology:
    products = _products(view, own)
    paths: tuple[Path, ...] = () if explained is None else explained.paths
    inner = {key for path in paths for key in path.inner_keys}
    firms = {key for key in inner if key.startswith(NodeKind.FIRM.value)}
    chain = {key for key in inner if key.startswith(NodeKind.PRODUCT.value)}
    chain |= {*_products(view, [*sorted(firms), *([explained.core_key] if explained else [])])}
    names = tuple(view.name_of(key) for key in products)
    business = Business(
        names,
        tuple(view.name_of(key) for key in sorted(chain - set(products))),
        _other_holders(view, own, products, names, today),
    )
    return grade(_patents(view, own), business, today)


def _patents(view: View, firms: Iterable[str]) -> list[Patent]:
    keys = {
        edge.to_key
        for key in firms
        for edge in view.edges(key)
        if edge.relation is Relation.HOLDS_PATENT and not edge.provenance.inferred
    }
    nodes = view.nodes(sorted(keys))
    return [patent_of(key, node.name, node.attributes) for key, node in sorted(nodes.items())]


def _other_holders(
    view: View, own: Sequence[str], products: Sequence[str], names: Sequence[str], today: date
) -> int | None:
    """Return how many other makers of the same products hold a relevant patent in force."""
    if not products:
        return None
    makers = sorted(
        {
            edge.from_key
            for product in products
            for edge in view.edges(product)
            if edge.relation is Relation.MAKES and edge.from_key not in own
        }
    )[:MAKERS_MAX]
    enough = expert_weights().relevance["full"]
    return sum(
        any(
            one.in_force(today) and relevance_ppm(one.title, names) >= enough
            for one in _patents(view, [maker])
        )
        for maker in makers
    )


def _sources(trades: Iterable[Edge]) -> tuple[str, ...]:
    """Return which kinds of the business's own records the trades were read from."""
    found = set()
    for edge in trades:
        parts = edge.provenance.reference.split("/")
        if edge.provenance.consent_party_id is not None and parts[0] == "records":
            found.add(parts[-1].split(":")[0])
    return tuple(sorted(found))
