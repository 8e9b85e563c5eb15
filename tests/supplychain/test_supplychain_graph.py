"""The stored graph: a fact once, its end, who may see it, and what was known on a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from tests.supplychain.graph_examples import JANUARY, ChainBank, chain_bank, edge, firm, product

from martlet.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from martlet.supplychain import Node, NodeKind, Relation, SourceKind
from martlet.supplychain.limits import HUB_EDGES, LEG_EDGES_MAX, LOOKED_THROUGH_MAX

if TYPE_CHECKING:
    from martlet.kernel.clock import ManualClock
    from martlet.kernel.principal import Principal
    from martlet.store import Database

RESIN, NYLON, INSULATION, BATTERY, CAR = (
    firm(name) for name in ("树脂厂", "尼龙厂", "绝缘件厂", "电池厂", "整车厂")
)
SUPPLIES = Relation.SUPPLIES


@pytest.fixture
def bank(database: Database, clock: ManualClock, principal: Principal) -> ChainBank:
    return chain_bank(database, clock, principal)


def the_chain(bank: ChainBank) -> None:
    firms = (RESIN, NYLON, INSULATION, BATTERY, CAR)
    bank.told(*(edge(a, SUPPLIES, b) for a, b in pairwise(firms)))


def test_a_firm_stands_between_its_suppliers_and_its_customers(bank: ChainBank) -> None:
    the_chain(bank)
    everyone = {"树脂厂": -1, "尼龙厂": 0, "绝缘件厂": 1, "电池厂": 2, "整车厂": 3}
    assert bank.tiers(NYLON) == everyone
    assert bank.tiers(NYLON, 1) == {"树脂厂": -1, "尼龙厂": 0, "绝缘件厂": 1}
    assert "树脂厂" not in bank.tiers(NYLON, side="downstream")
    with pytest.raises(Invalid, match="tiers_outside"):
        bank.tiers(NYLON, 6)


def test_a_customers_other_supplier_is_not_around(bank: ChainBank) -> None:
    rival = firm("另一家尼龙厂")
    bank.told(edge(NYLON, SUPPLIES, INSULATION), edge(rival, SUPPLIES, INSULATION))
    assert rival.name not in bank.tiers(NYLON)
    assert bank.tiers(INSULATION)[rival.name] == -1


def test_payments_distribution_and_tenders_run_the_way_goods_run(bank: ChainBank) -> None:
    """The payer is a customer, the brand is upstream, the winner of a tender supplies its buyer."""
    payer, brand, buyer = firm("付款方"), firm("品牌方"), firm("招标人")
    tender = Node("tender:2026-1", NodeKind.TENDER, "绝缘件采购", {})
    bank.told(
        edge(payer, Relation.PAYS, NYLON, source=SourceKind.TRANSFER),
        edge(NYLON, Relation.DISTRIBUTES_FOR, brand),
        edge(NYLON, Relation.WON_TENDER, tender, source=SourceKind.TENDER),
        edge(tender, Relation.TENDERED_BY, buyer, source=SourceKind.TENDER),
    )
    seen = bank.tiers(NYLON)
    assert (seen["付款方"], seen["品牌方"], seen["招标人"]) == (1, -1, 1)
    assert bank.tiers(buyer)["尼龙厂"] == -1


def test_the_same_fact_again_is_no_second_edge(bank: ChainBank) -> None:
    fact = edge(NYLON, SUPPLIES, INSULATION, amount_fen=100)
    assert bank.told(fact)["edges_new"] == 1
    again = bank.told(fact, replace(fact, amount_fen=100))
    assert (again["edges_new"], again["edges_same"], again["nodes_new"]) == (0, 2, 0)
    elsewhere = edge(NYLON, SUPPLIES, INSULATION, reference="another graph")
    assert bank.told(elsewhere)["edges_new"] == 1


def test_what_contradicts_is_told_and_a_correction_leaves_the_past_as_it_was(
    bank: ChainBank,
) -> None:
    fact = edge(NYLON, SUPPLIES, INSULATION, amount_fen=100)
    bank.told(fact)
    before = bank.clock.now()
    bank.clock.advance(timedelta(days=1))
    other = replace(fact, amount_fen=70)
    refused = bank.told(other)
    assert refused["edges_new"] == refused["edges_corrected"] == 0
    assert refused["conflicts"][0]["to_key"] == INSULATION.key
    assert bank.told(other, correct=True)["edges_corrected"] == 1

    def amounts(**how: object) -> list[int | None]:
        return [one.amount_fen for one in bank.graph.edges_of(bank.staff, NYLON.key, **how)]

    assert amounts() == [70]
    assert amounts(as_of=before) == [100]


def test_a_withdrawn_reference_is_gone_from_now_on_and_may_be_told_again(bank: ChainBank) -> None:
    the_chain(bank)
    before = bank.clock.now()
    bank.clock.advance(timedelta(hours=1))
    ended = bank.graph.withdraw(
        bank.staff, bank.key(), "a published graph", reason="the source took it back"
    )
    assert ended == {"edges_count": 4}
    assert bank.tiers(NYLON) == {"尼龙厂": 0}
    assert len(bank.tiers(NYLON, as_of=before)) == 5
    with pytest.raises(NotFound, match="nothing_to_withdraw"):
        bank.graph.withdraw(bank.staff, bank.key(), "a published graph", reason="again")
    bank.clock.advance(timedelta(hours=1))
    again = bank.clock.now()
    assert bank.told(edge(NYLON, SUPPLIES, INSULATION))["edges_new"] == 1
    assert len(bank.tiers(NYLON)) == 2
    assert len(bank.tiers(NYLON, as_of=again - timedelta(minutes=1))) == 1


def test_an_edge_dated_tomorrow_is_seen_by_nobody_today(bank: ChainBank) -> None:
    tomorrow = bank.clock.now() + timedelta(days=1)
    bank.told(
        edge(NYLON, SUPPLIES, INSULATION, known_at=tomorrow),
        edge(NYLON, SUPPLIES, BATTERY, period=(tomorrow.date(), None)),
    )
    assert bank.tiers(NYLON) == {"尼龙厂": 0}
    with pytest.raises(Invalid, match="as_of_ahead"):
        bank.tiers(NYLON, as_of=tomorrow)
    bank.clock.advance(timedelta(days=1))
    assert len(bank.tiers(NYLON)) == 3


def test_a_holding_ends_with_its_period_and_a_trade_speaks_for_a_year(bank: ChainBank) -> None:
    last_june = (date(2025, 6, 1), date(2025, 6, 30))
    bank.told(
        edge(NYLON, SUPPLIES, INSULATION, source=SourceKind.CONTRACT, period=last_june),
        edge(NYLON, SUPPLIES, BATTERY, period=last_june),
    )
    assert set(bank.tiers(NYLON)) == {"尼龙厂", "绝缘件厂"}
    assert len(bank.graph.edges_of(bank.staff, NYLON.key, past=True)) == 2
    bank.clock.advance(timedelta(days=150))
    assert bank.tiers(NYLON) == {"尼龙厂": 0}


def test_an_edge_goes_with_the_consent_it_lies_under(bank: ChainBank) -> None:
    party = bank.business()
    bank.told(edge(NYLON, SUPPLIES, INSULATION, source=SourceKind.INVOICE, party=party))
    bank.told(edge(INSULATION, Relation.PAYS, NYLON, source=SourceKind.TRANSFER, party=party))
    kinds = {one.relation for one in bank.graph.edges_of(bank.staff, NYLON.key)}
    assert kinds == {SUPPLIES}, "transfers need a consent of their own"
    allowed = bank.clock.now()
    bank.clock.advance(timedelta(hours=1))
    bank.parties.withdraw_consent(bank.staff, bank.key(), party, records=("invoices",))
    assert bank.tiers(NYLON) == {"尼龙厂": 0}
    assert len(bank.tiers(NYLON, as_of=allowed)) == 2


def test_an_owner_sees_the_own_firm_and_of_it_what_is_public_or_the_owners(
    bank: ChainBank,
) -> None:
    own, others = bank.business(), bank.business()
    secret = firm("别家的客户")
    bank.told(
        edge(NYLON, SUPPLIES, INSULATION, source=SourceKind.INVOICE, party=own),
        edge(NYLON, SUPPLIES, secret, source=SourceKind.INVOICE, party=others),
        edge(RESIN, SUPPLIES, NYLON),
    )
    bank.graph.link_party(bank.staff, bank.key(), own, NYLON.key)
    owner = bank.owner_of(own)
    found = bank.graph.around(owner, NYLON.key)
    assert {one.node.name for one in found.placed} == {"尼龙厂", "绝缘件厂", "树脂厂"}
    assert bank.graph.firms_of(owner, own) == (NYLON.key,)
    with pytest.raises(NotFound, match="node_not_found"):
        bank.graph.around(owner, INSULATION.key)
    with pytest.raises(Forbidden, match="graph_for_staff"):
        bank.graph.find(owner, "尼龙")
    with pytest.raises(Forbidden, match="graph_for_staff"):
        bank.graph.record(owner, bank.key(), [], [])


def test_one_firm_is_one_business(bank: ChainBank) -> None:
    first, second = bank.business(), bank.business()
    the_chain(bank)
    bank.graph.link_party(bank.staff, bank.key(), first, NYLON.key)
    with pytest.raises(Conflict, match="firm_taken"):
        bank.graph.link_party(bank.staff, bank.key(), second, NYLON.key)
    bank.clock.advance(timedelta(hours=1))
    bank.graph.link_party(bank.staff, bank.key(), first, RESIN.key)
    assert bank.graph.firms_of(bank.staff, first) == (RESIN.key,)
    bank.graph.link_party(bank.staff, bank.key(), second, NYLON.key)


@pytest.mark.parametrize("looked", [LOOKED_THROUGH_MAX, LEG_EDGES_MAX])
def test_rings_end_and_hubs_are_never_read_whole(
    bank: ChainBank, looked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node of few edges is read at once, one of many leg by leg: the answer is the same."""
    monkeypatch.setattr("martlet.supplychain.queries.LOOKED_THROUGH_MAX", looked)
    ring = [firm(f"环{n}") for n in range(3)]
    bank.told(
        *(edge(ring[n], Relation.PARENT_OF, ring[(n + 1) % 3]) for n in range(3)),
        *(edge(ring[n], SUPPLIES, ring[(n + 1) % 3]) for n in range(3)),
    )
    assert len(bank.tiers(ring[0], 5)) == 3
    many = [firm(f"小店{n}") for n in range(LEG_EDGES_MAX + 30)]
    bank.told(*(edge(CAR, SUPPLIES, one) for one in many))
    bank.told(edge(CAR, SUPPLIES, NYLON, source=SourceKind.CONTRACT, reference="a contract"))
    found = bank.graph.around(bank.staff, CAR.key, 1)
    assert len(found.placed) == LEG_EDGES_MAX + 2
    assert found.left_out == 30
    assert NYLON.name in {one.node.name for one in found.placed}, "the strongest source survives"


def test_a_hub_whose_newest_edges_are_over_is_looked_through_farther(
    bank: ChainBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("martlet.supplychain.queries.LOOKED_THROUGH_MAX", 5)
    monkeypatch.setattr("martlet.supplychain.queries.LEG_EDGES_MAX", 3)
    later, over = JANUARY + timedelta(days=9), (None, date(2026, 1, 20))
    bank.told(
        *(edge(CAR, SUPPLIES, firm(f"老客户{n}")) for n in range(5)),
        *(edge(CAR, SUPPLIES, firm(f"旧客户{n}"), known_at=later, period=over) for n in range(8)),
    )
    found = bank.graph.around(bank.staff, CAR.key, 1)
    assert {one.node.name[:3] for one in found.placed} == {"整车厂", "老客户"}
    assert (len(found.placed), found.left_out) == (4, 2)


def test_a_self_loop_is_refused_with_its_reason(bank: ChainBank) -> None:
    with pytest.raises(Invalid, match="self_loop"):
        bank.told(edge(NYLON, Relation.PARENT_OF, NYLON))


def test_makers_of_materials_are_shown_and_generic_products_are_not_walked_through(
    bank: ChainBank,
) -> None:
    chips, yarn, belt, water = (product(name) for name in ("锦纶切片", "锦纶丝", "安全带", "水"))
    maker, everything = firm("切片厂"), [product(f"物{n}") for n in range(HUB_EDGES + 1)]
    bank.told(
        edge(NYLON, Relation.MAKES, yarn),
        edge(chips, Relation.MATERIAL_OF, yarn),
        edge(water, Relation.MATERIAL_OF, yarn),
        edge(yarn, Relation.MATERIAL_OF, belt),
        edge(maker, Relation.MAKES, chips),
        *(edge(water, Relation.MATERIAL_OF, one) for one in everything),
    )
    bank.told(
        edge(firm("水厂"), Relation.MAKES, water), edge(product("冰"), Relation.MATERIAL_OF, water)
    )
    found = bank.graph.around(bank.staff, NYLON.key)
    tiers = {one.node.name: one.tier for one in found.placed}
    assert (tiers["锦纶丝"], tiers["安全带"], tiers["锦纶切片"], tiers["切片厂"]) == (0, 1, -1, -1)
    assert found.not_walked == (water.key,)
    assert "冰" not in tiers
    assert "物1" not in tiers


def test_a_name_is_found_and_an_ambiguous_one_is_settled_by_its_key(bank: ChainBank) -> None:
    north = Node("firm:a", NodeKind.FIRM, "华宏科技", {"short_name": "华宏"})
    south = Node("firm:b", NodeKind.FIRM, "华宏股份", {"short_name": "华宏"})
    bank.graph.record(bank.staff, bank.key(), [north, south], [])
    assert bank.graph.the_one(bank.staff, "华宏 科技").key == "firm:a"
    with pytest.raises(Conflict, match="name_ambiguous"):
        bank.graph.the_one(bank.staff, "华宏")
    assert bank.graph.the_one(bank.staff, "firm:b") == south
    assert [node.key for node in bank.graph.find(bank.staff, "宏股")] == ["firm:b"]
    with pytest.raises(NotFound, match="node_not_found"):
        bank.graph.the_one(bank.staff, "没有这家")


def test_what_is_known_of_a_node_is_known_since_it_was_told(bank: ChainBank) -> None:
    patent = Node("patent:1", NodeKind.PATENT, "阻燃尼龙", {"legal_state": "granted"})
    bank.graph.record(bank.staff, bank.key(), [patent], [])
    before = bank.clock.now()
    bank.clock.advance(timedelta(days=1))
    lapsed = replace(patent, attributes={"legal_state": "lapsed"})
    assert bank.graph.record(bank.staff, bank.key(), [lapsed], [])["nodes_changed"] == 1

    def state(**how: object) -> str:
        return bank.graph.nodes(bank.staff, ["patent:1"], **how)["patent:1"].attributes[
            "legal_state"
        ]

    assert (state(), state(as_of=before)) == ("lapsed", "granted")


def test_another_tenant_sees_nothing(bank: ChainBank) -> None:
    the_chain(bank)
    stranger = replace(bank.staff, tenant_id=bank.database.ids.new())
    with pytest.raises(NotFound):
        bank.graph.around(stranger, NYLON.key)
    assert bank.graph.find(stranger, "尼龙厂") == ()
    assert bank.graph.edges_of(stranger, NYLON.key) == ()
