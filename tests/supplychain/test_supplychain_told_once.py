"""A sale that both firms' books tell is one sale, whichever entry each names."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from martlet.supplychain import (
    Edge,
    Neighbourhood,
    Node,
    NodeKind,
    Placed,
    Provenance,
    Relation,
    SourceKind,
)
from martlet.supplychain.entries import joined, other_names, told_under
from martlet.supplychain.position import books_of
from martlet.supplychain.telling import told_around
from martlet.web.chain_drawing import ties_of

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SELLER, BUYER = UUID(int=1), UUID(int=2)
NYLON, NYLON_NAMED = "firm:91A", "firm:澄川尼龙"
CUSTOMER, CUSTOMER_NAMED = "firm:91B", "firm:恒络绝缘"
NAMES = {NYLON: "澄川尼龙", NYLON_NAMED: "澄川", CUSTOMER: "恒络绝缘", CUSTOMER_NAMED: "恒络绝缘"}
MONTHS = st.dictionaries(st.integers(1, 9), st.integers(1, 10**9), max_size=9)


def told(
    ends: tuple[str, str],
    month: int,
    fen: int,
    party_id: UUID,
    source: SourceKind = SourceKind.INVOICE,
) -> Edge:
    relation = Relation.SUPPLIES if source is SourceKind.INVOICE else Relation.PAYS
    period = date(2026, month, 1), date(2026, month, 28)
    known = Provenance(source, "book", NOW, *period, 950_000, party_id)
    return Edge(ends[0], relation, ends[1], known, fen)


def named(name: str, firm: str) -> Edge:
    return Edge(name, Relation.ALIAS_OF, firm, Provenance(SourceKind.REGISTER, "register", NOW))


def around(*edges: Edge) -> Neighbourhood:
    """Return what is around the customer: its supplier under both of its entries."""
    nodes = {key: Node(key, NodeKind.FIRM, name, {}) for key, name in NAMES.items()}
    tiers = {CUSTOMER: 0, CUSTOMER_NAMED: 0, NYLON: -1, NYLON_NAMED: -1}
    aliases = named(NYLON_NAMED, NYLON), named(CUSTOMER_NAMED, CUSTOMER)
    placed = tuple(Placed(nodes[key], tier) for key, tier in tiers.items())
    return Neighbourhood(nodes[CUSTOMER], placed, (*aliases, *edges), NOW)


@given(sales=MONTHS, purchases=MONTHS, paid=MONTHS)
def test_a_sale_that_both_books_tell_counts_once(
    sales: dict[int, int], purchases: dict[int, int], paid: dict[int, int]
) -> None:
    sold = [told((NYLON, CUSTOMER_NAMED), *one, SELLER) for one in sales.items()]
    bought = [told((NYLON_NAMED, CUSTOMER), *one, BUYER) for one in purchases.items()]
    transfers = [
        told((CUSTOMER_NAMED, NYLON), *one, SELLER, SourceKind.TRANSFER) for one in paid.items()
    ]
    there = around(*sold, *bought, *transfers)
    invoiced = sum(max(sales.get(m, 0), purchases.get(m, 0)) for m in {*sales, *purchases})
    (nylon,) = told_around(there)
    assert nylon.node.key == NYLON
    assert nylon.traded_fen == max(invoiced, sum(paid.values())), "nor is its payment a second sale"
    edges = joined(there).edges
    books = books_of([NYLON], edges, NOW.date())
    assert sum(trade.amount_fen for trade in books.sales) == nylon.traded_fen
    supplies = [tie for tie in ties_of(edges) if tie.relation is Relation.SUPPLIES]
    assert [tie.amount_fen for tie in supplies] == ([invoiced] if invoiced else [])
    for tie in supplies:
        assert tie.books_count == bool(sales) + bool(purchases)


def test_another_name_is_told_where_it_is_another_one() -> None:
    there = around()
    assert joined(there).edges == ()
    firm_of = told_under(NAMES, there.edges)
    assert other_names(NAMES, firm_of) == {NYLON: ("澄川",)}
