"""What a firm sold and bought month by month, and what of it may count as verified.

The invariant: only a trade's own trace counts; what is traded with a related firm, or in a round
with the same partner, is taken out before anything is added up. A further sale never lowers a sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from martlet.supplychain.model import Relation, SourceKind
from martlet.supplychain.position.limits import TRADES_MAX
from martlet.supplychain.told_once import traded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date

    from martlet.supplychain.model import Edge


@dataclass(frozen=True, slots=True)
class Trade:
    """What was traded with one other firm in one month, by one kind of trace."""

    other_key: str
    month: date
    """Its first day."""
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Books:
    """A firm's verified trade: sales and purchases by other firm and month."""

    firm_key: str
    sales: tuple[Trade, ...]
    purchases: tuple[Trade, ...]

    def without(self, related: Collection[str]) -> Books:
        """Return the books without related firms and without the firm itself."""
        out = {*related, self.firm_key}
        return Books(
            self.firm_key,
            tuple(trade for trade in self.sales if trade.other_key not in out),
            tuple(trade for trade in self.purchases if trade.other_key not in out),
        )


def months_between(first: date, last: date) -> int:
    """Return how many months lie between two days, whole calendar months."""
    return (last.year - first.year) * 12 + last.month - first.month


def books_of(firm_keys: Collection[str], edges: Iterable[Edge], through: date) -> Books:
    """Return the verified trade of a firm out of edges that touch it, through a day.

    Each sale counts once, whoever tells it and however often: see `told_once`. A contract promises
    a trade and is none.
    """
    own = frozenset(firm_keys)
    found: dict[tuple[bool, str], list[Edge]] = {}
    for edge in edges:
        ends = sale_of(edge)
        told = edge.provenance
        day = told.valid_until or told.valid_from
        if ends is None or day is None or day > through or (ends[0] in own) == (ends[1] in own):
            continue
        sells = ends[0] in own
        found.setdefault((sells, ends[sells]), []).append(edge)
    rows = [
        (sells, Trade(other, month, fen))
        for (sells, other), sales in sorted(found.items(), key=itemgetter(0))
        for month, fen in sorted((month, fen) for month, fen in traded(sales).items() if month)
    ][:TRADES_MAX]
    return Books(
        min(own),
        tuple(trade for sells, trade in rows if sells),
        tuple(trade for sells, trade in rows if not sells),
    )


def sale_of(edge: Edge) -> tuple[str, str] | None:
    """Return seller and buyer of a trade that left its trace; None where goods or money did not."""
    if edge.provenance.source not in _MOVED or edge.relation not in _SELLER_FIRST:
        return None
    if not edge.amount_fen or edge.amount_fen < 0:
        return None
    ends = edge.from_key, edge.to_key
    return ends if _SELLER_FIRST[edge.relation] else ends[::-1]


_MOVED = frozenset({SourceKind.INVOICE, SourceKind.TRANSFER})
_SELLER_FIRST: Mapping[Relation, bool] = {Relation.SUPPLIES: True, Relation.PAYS: False}
"""Relations in which goods or money moved; a distributor's tie alone moved nothing."""


def related_firms(
    firm_keys: Collection[str],
    owners: Mapping[str, Collection[str]],
    representatives: Mapping[str, str],
    others: Collection[str],
) -> frozenset[str]:
    """Return which of some firms belong to the same hands: one owner, one legal representative.

    `owners` tells of each firm who controls it. Ownership is followed upwards and may run in a
    circle; two firms that meet above are related.
    """
    own = set(firm_keys)
    above = set().union(*(_above(key, owners) for key in own))
    signs = {representatives[key] for key in own if representatives.get(key)}
    return frozenset(
        other
        for other in others
        if other in own
        or _above(other, owners) & above
        or (representatives.get(other) or None) in signs
    )


def _above(key: str, owners: Mapping[str, Collection[str]]) -> set[str]:
    found, waiting = {key}, [key]
    while waiting:
        for owner in owners.get(waiting.pop(), ()):
            if owner not in found:
                found.add(owner)
                waiting.append(owner)
    return found


def netted(books: Books, since: date, through: date) -> dict[str, int]:
    """Return what was sold to each firm between two days, less what was bought back from it."""
    sold = _sums(books.sales, since, through)
    bought = _sums(books.purchases, since, through)
    return {other: fen - bought.get(other, 0) for other, fen in sold.items()
            if fen > bought.get(other, 0)}  # fmt: skip


def _sums(trades: Iterable[Trade], since: date, through: date) -> dict[str, int]:
    sums: dict[str, int] = {}
    for trade in trades:
        if since <= trade.month <= through:
            sums[trade.other_key] = sums.get(trade.other_key, 0) + trade.amount_fen
    return sums


def bought_of(books: Books, since: date, through: date) -> dict[str, int]:
    """Return what was bought of each firm between two days."""
    return _sums(books.purchases, since, through)
