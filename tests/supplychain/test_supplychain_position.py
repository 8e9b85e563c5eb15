"""A firm's place: what it sells into the chain, how steadily, and what is taken out of it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from martlet.supplychain.model import Edge, Provenance, Relation, SourceKind
from martlet.supplychain.position import (
    Books,
    Surroundings,
    Tie,
    Trade,
    alternatives,
    books_of,
    measure,
    related_firms,
    working_capital_fen,
)
from martlet.supplychain.position.grading import chain_grade, grade_weights

TODAY = date(2026, 11, 26)
MONTHS = [date(2024 + (8 + i) // 12, (8 + i) % 12 + 1, 1) for i in range(26)]
TIE = Tie("firm:carmaker", frozenset({"firm:insulation"}), 3)
M = 1_000_000_00
"""A million yuan in fen."""


def sale(
    other: str,
    month: date,
    fen: int,
    source: SourceKind = SourceKind.INVOICE,
    relation: Relation = Relation.SUPPLIES,
) -> Edge:
    last = month.replace(day=28)
    told = Provenance(source, "book", datetime(2026, 11, 1, tzinfo=UTC), month, last)
    ends = ("firm:nylon", other) if relation is Relation.SUPPLIES else (other, "firm:nylon")
    return Edge(ends[0], relation, ends[1], told, amount_fen=fen)


def book(*edges: Edge) -> Books:
    return books_of({"firm:nylon"}, edges, TODAY)


def steady(other: str, fen: int) -> list[Edge]:
    return [sale(other, month, fen) for month in MONTHS]


def test_revenue_through_the_chain_is_the_mean_of_a_year_of_invoices_into_it() -> None:
    place = measure(
        book(*steady("firm:insulation", 66_000_000), *steady("firm:shop", 10)), TIE, TODAY
    )
    assert place.figures["chain_revenue_monthly_fen"] == 66_000_000
    assert place.figures["chain_tiers_count"] == 3
    assert place.figures["chain_tenure_months_count"] == 26
    assert place.figures["chain_trade_months_count"] == 24
    assert place.figures["chain_regularity_ppm"] == 1_000_000
    assert place.figures["chain_revenue_share_ppm"] > 999_999 * 99 // 100
    assert place.role == "supplier"


def test_an_invoice_and_the_transfer_that_paid_it_are_one_sale() -> None:
    invoices = steady("firm:insulation", 100)
    paid = [
        sale("firm:insulation", month, 90, SourceKind.TRANSFER, Relation.PAYS) for month in MONTHS
    ]
    both = measure(book(*invoices, *paid), TIE, TODAY).figures["chain_revenue_monthly_fen"]
    assert both == 100
    assert measure(book(*paid), TIE, TODAY).figures["chain_revenue_monthly_fen"] == 90


def test_words_promises_and_guesses_are_no_revenue() -> None:
    for source in set(SourceKind) - {SourceKind.INVOICE, SourceKind.TRANSFER}:
        told = [sale("firm:insulation", month, 5 * M, source) for month in MONTHS]
        assert measure(book(*told), TIE, TODAY).figures["chain_revenue_monthly_fen"] == 0


def test_trade_with_related_firms_and_in_circles_is_taken_out() -> None:
    books = book(*steady("firm:insulation", 100), *steady("firm:sister", 400))
    tie = Tie("firm:carmaker", frozenset({"firm:insulation", "firm:sister"}), 3)
    owners = {"firm:nylon": ["firm:h"], "firm:h": ["firm:g"], "firm:g": ["firm:h"],
              "firm:sister": ["firm:g"]}  # fmt: skip
    others = {"firm:insulation", "firm:sister"}
    related = related_firms({"firm:nylon"}, owners, {}, others)
    assert related == {"firm:sister"}
    left = measure(books.without(related), tie, TODAY).figures
    assert left["chain_revenue_monthly_fen"] == 100
    hands = {"firm:nylon": "a1", "firm:insulation": "b2", "firm:sister": "a1"}
    assert related_firms({"firm:nylon"}, {}, hands, others) == {"firm:sister"}
    back = Trade("firm:insulation", MONTHS[-1].replace(month=9), 900)
    rounds = Books(books.firm_key, books.sales, (back,)).without(related)
    assert measure(rounds, tie, TODAY).figures["chain_revenue_monthly_fen"] == (1200 - 900) // 12


def test_a_distributor_is_known_by_whose_goods_it_buys() -> None:
    sales = tuple(Trade(f"firm:shop{i}", month, 100) for i in range(6) for month in MONTHS)
    purchases = tuple(
        Trade(brand, month, fen)
        for brand, fen in (("firm:dairy", 360), ("firm:spices", 40))
        for month in MONTHS
    )
    books = Books("firm:distributor", sales, purchases)
    place = measure(books, Tie("firm:dairy", frozenset(), 1), TODAY)
    assert place.role == "distributor"
    assert place.figures["chain_revenue_monthly_fen"] == 600 * 9 // 10
    assert place.figures["chain_trade_months_count"] == 24
    assert place.figures["chain_customers_hhi_ppm"] == 1_000_000 // 6
    assert measure(Books("firm:d", sales, ()), Tie("firm:dairy", frozenset(), 1), TODAY).figures[
        "chain_revenue_monthly_fen"
    ] == 0  # fmt: skip


def test_alternatives_are_those_who_make_the_same_for_the_same_customers() -> None:
    suppliers = {"firm:insulation": ["firm:nylon", "firm:rival", "firm:moulds"]}
    products = {"firm:rival": ["product:PA66"], "firm:moulds": ["product:模具"]}
    assert alternatives({"firm:nylon"}, ["product:PA66"], suppliers, products) == 1
    assert alternatives({"firm:nylon"}, ["product:PA66"], {}, products) is None
    around = Surroundings(alternatives=1, coreness=4, need_fen=9)
    told = measure(book(*steady("firm:insulation", 100)), TIE, TODAY, around).figures
    assert told["chain_alternatives_count"] == 1
    assert told["chain_coreness_count"] == 4
    assert "chain_nearness_ppm" not in told


def test_what_stands_unpaid_is_the_working_capital_tied_up() -> None:
    invoiced = dict.fromkeys(MONTHS, 100)
    paid = dict.fromkeys(MONTHS[3:], 100)
    assert working_capital_fen(invoiced, paid, TODAY) == 300
    assert working_capital_fen(invoiced, {}, TODAY) is None


def test_a_grade_needs_revenue_and_rises_with_tenure_and_technology() -> None:
    assert chain_grade({"chain_tiers_count": 1}, 100) is None
    figures = measure(book(*steady("firm:insulation", 100)), TIE, TODAY).figures
    plain, patented = chain_grade(figures, 0), chain_grade(figures, 84)
    assert plain is not None
    assert patented is not None
    assert (plain.grade, patented.grade) == (6, 3)
    assert list(grade_weights().from_points) == sorted(grade_weights().from_points, reverse=True)


_MONEY = st.tuples(
    st.sampled_from(["firm:insulation", "firm:shop", "firm:other"]),
    st.sampled_from(MONTHS),
    st.integers(1, 10**12),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(_MONEY, max_size=30), _MONEY, st.lists(_MONEY, max_size=5))
def test_law_one_more_sale_never_lowers_what_counts(
    sales: list[tuple[str, date, int]],
    more: tuple[str, date, int],
    bought: list[tuple[str, date, int]],
) -> None:
    purchases = tuple(Trade(*one) for one in bought)

    def counted(told: list[tuple[str, date, int]]) -> tuple[int, ...]:
        books = books_of({"firm:nylon"}, [sale(*one) for one in told], TODAY)
        figures = measure(Books(books.firm_key, books.sales, purchases), TIE, TODAY).figures
        graded = chain_grade(figures, 50)
        names = ("revenue_monthly_fen", "tenure_months_count", "trade_months_count")
        return (*(figures.get(f"chain_{name}", 0) for name in names),
                0 if graded is None else 10 - graded.grade)  # fmt: skip

    fewer, after = counted(sales), counted([*sales, more])
    assert all(a <= b for a, b in zip(fewer, after, strict=True))
