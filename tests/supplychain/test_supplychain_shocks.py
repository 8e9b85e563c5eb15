"""A price that rises and a firm that fails: who is hit, how hard, by what is known of trades."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlet.kernel.errors import Invalid
from martlet.kernel.rates import PPM
from martlet.supplychain import Edge, Provenance, Relation, SourceKind
from martlet.supplychain.shock_limits import NODES_READ_MAX
from martlet.supplychain.shocks import Effect, Event, EventKind, Hit, Spread, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 9, 1, 4, 0, tzinfo=UTC)
CAR, PACKS, PARTS, NYLON, RIVAL = (
    "firm:车厂",
    "firm:电池厂",
    "firm:绝缘厂",
    "firm:尼龙厂",
    "firm:对手",
)
RESIN, COMPOUND, INSULATION = "product:树脂", "product:尼龙料", "product:绝缘件"


def tie(
    begin: str,
    relation: Relation,
    end: str,
    source: SourceKind = SourceKind.REGISTER,
    amount_fen: int | None = None,
    share_ppm: int | None = None,
) -> Edge:
    told = Provenance(source, "book", NOW, date(2026, 8, 1), date(2026, 8, 31))
    return Edge(begin, relation, end, told, amount_fen, share_ppm)


def sold(seller: str, customer: str, amount_fen: int) -> Edge:
    return tie(seller, Relation.SUPPLIES, customer, SourceKind.INVOICE, amount_fen)


CHAIN = (
    tie(RESIN, Relation.MATERIAL_OF, COMPOUND),
    tie("product:玻纤", Relation.MATERIAL_OF, COMPOUND),
    tie(COMPOUND, Relation.MATERIAL_OF, INSULATION),
    tie(NYLON, Relation.MAKES, COMPOUND, share_ppm=800_000),
    tie(PARTS, Relation.MAKES, INSULATION),
    sold(NYLON, PARTS, 3_000),
    sold(RIVAL, PARTS, 1_000),
    sold(NYLON, "firm:别家", 9_000),
    sold(PARTS, PACKS, 5_000),
    sold(PACKS, CAR, 90_000),
)


def ask(event: Event, edges: Sequence[Edge] = CHAIN) -> Spread:
    def edges_of(key: str) -> list[Edge]:
        return [edge for edge in edges if key in {edge.from_key, edge.to_key}]

    return spread(event, edges_of, NOW)


def hit(found: Spread, key: str, effect: Effect) -> Hit:
    (only,) = [one for one in found.hits if one.key == key and one.effect is effect]
    return only


def test_a_dearer_resin_reaches_the_carmaker_through_who_makes_what_of_it() -> None:
    """Half of the compound is resin, as far as is known; four fifths of the maker's goods are it.

    | tier | who             | what it buys becomes dearer by            |
    |------|-----------------|-------------------------------------------|
    | 1    | the compound    | 40 % of a half (two materials): 20 %      |
    | 1    | its maker       | 20 % of four fifths: 16 %                 |
    | 2    | insulation      | half of 20 % passed on: 10 %, its maker   |
    """
    found = ask(Event(RESIN, EventKind.PRICE, 400_000))
    assert hit(found, COMPOUND, Effect.COST).share_ppm == 200_000
    maker = hit(found, NYLON, Effect.COST)
    assert (maker.tier, maker.share_ppm, maker.via_key) == (1, 160_000, COMPOUND)
    assert maker.assumed, "that materials weigh alike is assumed"
    parts = hit(found, PARTS, Effect.COST)
    assert parts.tier == 2
    assert parts.share_ppm == 60_000, "by trades: 3,000 of 4,000 from one who asks 8 % more"
    assert hit(found, PACKS, Effect.COST).share_ppm == 30_000
    assert {one.tier for one in found.hits} == {1, 2, 3, 4}
    assert not found.cut


def test_a_cheaper_good_makes_things_cheaper() -> None:
    found = ask(Event(NYLON, EventKind.PRICE, -400_000))
    assert hit(found, PARTS, Effect.COST).share_ppm == -300_000
    assert not hit(found, PARTS, Effect.COST).assumed


def test_a_failed_customer_takes_sales_and_may_owe_what_was_delivered() -> None:
    found = ask(Event(PARTS, EventKind.FAILURE))
    seller = hit(found, NYLON, Effect.SALES)
    assert (seller.tier, seller.share_ppm, seller.owed_fen) == (-1, 250_000, 3_000)
    rival = hit(found, RIVAL, Effect.SALES)
    assert rival.share_ppm == PPM, "it sells to nobody else that is known"
    packs = hit(found, PACKS, Effect.SUPPLY)
    assert (packs.tier, packs.share_ppm, packs.others_count) == (1, PPM, 0)
    assert hit(found, CAR, Effect.SUPPLY).share_ppm == PPM // 2


def test_another_supplier_softens_a_failure() -> None:
    found = ask(Event(NYLON, EventKind.FAILURE))
    parts = hit(found, PARTS, Effect.SUPPLY)
    assert (parts.share_ppm, parts.others_count) == (750_000, 1)


def test_what_is_inferred_carries_nothing_and_a_tie_without_money_is_assumed() -> None:
    guess = tie(NYLON, Relation.SUPPLIES, CAR, SourceKind.INFERRED)
    found = ask(Event(NYLON, EventKind.FAILURE), [guess])
    assert found.hits == ()
    said = tie(NYLON, Relation.SUPPLIES, CAR, SourceKind.DATASET)
    assert hit(ask(Event(NYLON, EventKind.FAILURE), [said]), CAR, Effect.SUPPLY).assumed


def test_a_kinds_maker_is_hit_with_its_class_and_a_generic_product_carries_nothing() -> None:
    edges = [
        tie(RESIN, Relation.MATERIAL_OF, COMPOUND),
        tie("product:增强尼龙料", Relation.KIND_OF, COMPOUND),
        tie(NYLON, Relation.MAKES, "product:增强尼龙料"),
        tie(RESIN, Relation.MATERIAL_OF, "product:塑料"),
        tie("product:塑料", Relation.MATERIAL_OF, "product:玩具车"),
    ]
    found = ask(Event(RESIN, EventKind.PRICE, 400_000), edges)
    assert hit(found, NYLON, Effect.COST).share_ppm == 400_000
    assert "product:玩具车" not in {one.key for one in found.hits}


FIRMS = st.sampled_from([f"firm:{letter}" for letter in "ABCDEF"])
TRADES = st.lists(st.tuples(FIRMS, FIRMS, st.integers(1, 10**9)), max_size=25)


@given(trades=TRADES, kind=st.sampled_from(EventKind))
def test_circles_end_and_nobody_loses_more_than_all(
    trades: list[tuple[str, str, int]], kind: EventKind
) -> None:
    edges = [sold(a, b, fen) for a, b, fen in trades if a != b]
    event = Event("firm:A", kind, 300_000 if kind is EventKind.PRICE else 0, tiers=5)
    found = ask(event, edges)
    assert ask(event, edges) == found
    assert len({(one.key, one.effect) for one in found.hits}) == len(found.hits)
    assert all(0 < one.share_ppm <= PPM for one in found.hits)
    assert all(one.key != "firm:A" for one in found.hits)
    if kind is EventKind.PRICE:
        assert all(one.share_ppm <= 300_000 for one in found.hits), (
            "nobody pays more than all of it"
        )


def test_a_hub_is_read_up_to_a_bound_and_says_so() -> None:
    edges = [sold(PACKS, f"firm:客户{place}", 1_000) for place in range(NODES_READ_MAX + 50)]
    found = ask(Event(PACKS, EventKind.FAILURE), edges)
    assert found.cut
    assert found.nodes_read == NODES_READ_MAX
    assert len(found.hits) == NODES_READ_MAX - 1, "nothing is said of whom nobody looked at"


WRONG = [
    ("product:树脂", EventKind.FAILURE, 0, 4, "shocks.only_firms_fail"),
    (NYLON, EventKind.PRICE, 0, 4, "shocks.change_outside"),
    (NYLON, EventKind.PRICE, -2 * PPM, 4, "shocks.change_outside"),
    (NYLON, EventKind.FAILURE, 0, 9, "shocks.tiers_outside"),
    ("industry:纺织业", EventKind.PRICE, 1, 4, "shocks.no_such_event"),
]


@pytest.mark.parametrize(("key", "kind", "change", "tiers", "code"), WRONG)
def test_an_event_that_cannot_be_is_refused(
    key: str, kind: EventKind, change: int, tiers: int, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        Event(key, kind, change, tiers=tiers)
    assert refused.value.code == code
