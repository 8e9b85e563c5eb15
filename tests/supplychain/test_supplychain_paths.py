"""A firm explains itself by what it sold, what it holds and what its product becomes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.realdata import shared_data

from martlet.supplychain.generic import is_generic, is_generic_name
from martlet.supplychain.loaders import Moments, Told, facts_from
from martlet.supplychain.model import Edge, Provenance, Relation, SourceKind
from martlet.supplychain.path_limits import (
    EDGES_READ_MAX,
    FIRM_DEGREE_MAX,
    FIRM_HOPS_MAX,
    HOPS_MAX,
    NODES_READ_MAX,
    PRODUCT_HOPS_MAX,
    SCORE_MIN_PPM,
    TRACED_DEGREE_MAX,
)
from martlet.supplychain.path_sample import draw, merged, problems_of, sheet
from martlet.supplychain.paths import Around, Explanation, explain, neighbours_of

MARCH = datetime(2026, 3, 10, 4, tzinfo=UTC)
R = Relation


def edge(
    start: str,
    relation: Relation,
    end: str,
    source: SourceKind = SourceKind.DATASET,
    known: datetime = datetime(2026, 1, 5, tzinfo=UTC),
    ppm: int = 900_000,
    valid: tuple[date | None, date | None] = (None, None),
) -> Edge:
    told = Provenance(source, f"{start}>{end}", known, *valid, confidence_ppm=ppm)
    return Edge(start, relation, end, told)


def ask(edges: list[Edge], as_of: datetime = MARCH) -> Explanation:
    return explain("firm:nylon", "firm:carmaker", neighbours_of(edges, as_of), as_of)


def product(name: str) -> str:
    return f"product:{name}"


CHAIN = [
    edge("firm:nylon", R.HOLDS_PATENT, "patent:ZL1", SourceKind.PATENT),
    edge("patent:ZL1", R.PATENT_COVERS, product("阻燃尼龙"), SourceKind.PATENT),
    edge("firm:nylon", R.MAKES, product("阻燃尼龙"), SourceKind.INVOICE),
    edge(product("阻燃尼龙"), R.MATERIAL_OF, product("母排绝缘件")),
    edge(product("母排绝缘件"), R.MATERIAL_OF, product("动力电池包")),
    edge(product("动力电池包"), R.MATERIAL_OF, product("新能源乘用车")),
    edge("firm:carmaker", R.MAKES, product("新能源乘用车")),
]
TRADE = [
    edge("firm:nylon", R.SUPPLIES, "firm:insulation", SourceKind.INVOICE),
    edge("firm:insulation", R.SUPPLIES, "firm:pack", SourceKind.TEXT, ppm=600_000),
    edge("firm:carmaker", R.PAYS, "firm:pack", SourceKind.TRANSFER),
]


def test_a_nylon_maker_is_explained_by_its_trade_and_by_its_patent() -> None:
    found = ask(CHAIN + TRADE)
    trade, patent = found.paths
    assert trade.inner_keys == ("firm:insulation", "firm:pack")
    assert trade.verifying
    assert trade.hops[trade.weakest].edge.provenance.source is SourceKind.TEXT
    assert patent.inner_keys[0] == "patent:ZL1"
    assert not set(trade.inner_keys) & set(patent.inner_keys)
    assert all(hop["source"] and hop["known_at"] for hop in trade.as_json()["hops"])


def test_what_everybody_who_makes_the_product_could_say_is_no_claim_of_this_firm() -> None:
    assert ask(CHAIN[2:]).paths == ()


def test_a_path_climbs_right_after_its_maker_and_never_later_or_down() -> None:
    patent = [CHAIN[0], edge("patent:ZL1", R.PATENT_COVERS, product("增强阻燃尼龙"))]
    climb = edge(product("增强阻燃尼龙"), R.KIND_OF, product("阻燃尼龙"))
    assert ask([*patent, climb, *CHAIN[3:]]).paths[0].inner_keys[2] == product("阻燃尼龙")
    late = edge(product("母排绝缘件"), R.KIND_OF, product("绝缘件"))
    after = edge(product("绝缘件"), R.MATERIAL_OF, product("新能源乘用车"))
    assert ask([*CHAIN[:4], late, after, CHAIN[6]]).paths == ()
    down = edge(product("阻燃尼龙"), R.KIND_OF, product("增强阻燃尼龙"))
    assert ask([*patent, down, *CHAIN[3:]]).paths == ()


@pytest.mark.parametrize("name", ["材料", "塑料", "金属", "玻璃", "租赁业务", "Plastic", "板"])
def test_a_generic_product_is_never_an_inner_node(name: str) -> None:
    around = [
        *CHAIN[:3],
        edge(product("阻燃尼龙"), R.MATERIAL_OF, product(name)),
        edge(product(name), R.MATERIAL_OF, product("新能源乘用车")),
        CHAIN[6],
    ]
    assert is_generic_name(name)
    assert ask(around).paths == ()


def test_a_hub_that_no_list_names_is_told_by_its_degree() -> None:
    crowd = [edge(product(f"菜{i}号"), R.MATERIAL_OF, product("动力电池包")) for i in range(100)]
    assert ask(CHAIN).paths
    assert ask(CHAIN + crowd).paths == ()


def test_a_busy_firm_is_passed_only_between_two_trades_of_its_own() -> None:
    crowd = [edge(f"firm:{i}", R.SUPPLIES, "firm:pack") for i in range(FIRM_DEGREE_MAX + 1)]
    invoiced = edge("firm:nylon", R.SUPPLIES, "firm:pack", SourceKind.INVOICE)
    told = edge("firm:nylon", R.SUPPLIES, "firm:pack", SourceKind.TEXT)
    assert ask([invoiced, TRADE[2], *crowd]).paths
    assert ask([told, TRADE[2]]).paths
    assert ask([told, TRADE[2], *crowd]).paths == ()


def test_pairs_drawn_by_chance_are_explained_and_checked_anew() -> None:
    drawn = draw(CHAIN + TRADE, MARCH, 5, seed=1, tried_max=50)
    assert drawn.problems == ()
    assert {one.core_key for one in drawn.explanations} <= {
        "firm:carmaker",
        "firm:insulation",
        "firm:pack",
    }
    assert drawn.as_json()["hops_with_source_and_date"] == drawn.as_json()["hops"] > 0
    assert any("〔" in line or "—supplies→" in line for line in sheet(drawn, {}))
    around = neighbours_of(CHAIN + TRADE, MARCH)
    assert problems_of(ask(CHAIN + TRADE), around) == []
    wrong = problems_of(ask(CHAIN + TRADE), around, lambda _: "塑料")
    assert any("generic" in problem for problem in wrong)
    earlier = replace(ask(CHAIN + TRADE), as_of=datetime(2025, 1, 1, tzinfo=UTC))
    assert any("not in force" in problem for problem in problems_of(earlier, around))


def test_march_does_not_see_aprils_edge_nor_a_contract_that_has_ended() -> None:
    april = datetime(2026, 4, 2, tzinfo=UTC)
    late = [replace(TRADE[0], provenance=replace(TRADE[0].provenance, known_at=april))]
    assert ask([*late, *TRADE[1:]]).paths == ()
    assert ask([*late, *TRADE[1:]], as_of=april).paths
    over = edge("firm:nylon", R.SUPPLIES, "firm:carmaker", SourceKind.CONTRACT,
                valid=(date(2025, 1, 1), date(2026, 3, 9)))  # fmt: skip
    assert ask([over]).paths == ()
    bought = edge("firm:nylon", R.SUPPLIES, "firm:carmaker", SourceKind.INVOICE,
                  valid=(date(2026, 2, 1), date(2026, 2, 28)))  # fmt: skip
    assert ask([bought]).paths
    assert ask([bought], as_of=MARCH + timedelta(days=500)).paths == ()


def test_an_inferred_hop_is_marked_and_never_carries_the_claim() -> None:
    guess = edge("firm:nylon", R.SUPPLIES, "firm:carmaker", SourceKind.INFERRED, ppm=990_000)
    assert ask([guess]).paths == ()
    path = ask([edge("firm:nylon", R.SUPPLIES, "firm:pack", SourceKind.INFERRED), TRADE[2]]).paths[
        0
    ]
    assert path.inferred
    assert path.hops[path.weakest].edge.provenance.inferred


def test_a_firm_is_followed_to_its_parent_once_goods_have_reached_it() -> None:
    parent = edge("firm:carmaker", R.PARENT_OF, "firm:pack", SourceKind.REGISTER)
    assert ask([edge("firm:nylon", R.SUPPLIES, "firm:pack", SourceKind.INVOICE), parent]).paths
    assert ask([edge("firm:carmaker", R.PARENT_OF, "firm:nylon", SourceKind.REGISTER)]).paths == ()


def test_a_distributor_is_explained_by_whose_goods_it_bought() -> None:
    bought = edge("firm:carmaker", R.SUPPLIES, "firm:agent", SourceKind.INVOICE)
    again = edge("firm:agent", R.SUPPLIES, "firm:nylon", SourceKind.INVOICE)
    path = ask([bought, again]).paths[0]
    assert path.tiers == 2
    assert path.verifying
    other = edge("firm:agent", R.SUPPLIES, "firm:carmaker", SourceKind.INVOICE)
    assert ask([again, other]).paths == ()


def test_a_hub_of_ten_million_is_read_once_and_never_walked_through() -> None:
    reads: list[str] = []
    trade = neighbours_of([edge("firm:nylon", R.SUPPLIES, "firm:grid", SourceKind.INVOICE)], MARCH)

    def around(key: str) -> Around:
        reads.append(key)
        if key != "firm:grid":
            return trade(key)
        some = (edge("firm:grid", R.SUPPLIES, f"firm:{i}") for i in range(EDGES_READ_MAX))
        return Around((*some, edge("firm:grid", R.SUPPLIES, "firm:carmaker")), 10_000_000)

    found = explain("firm:nylon", "firm:carmaker", around, MARCH)
    assert found.paths == ()
    assert sorted(reads) == ["firm:grid", "firm:nylon"]
    assert explain("firm:grid", "firm:carmaker", around, MARCH).nodes_read <= EDGES_READ_MAX + 1


def test_a_web_without_end_is_left_at_the_bound() -> None:
    def around(key: str) -> Around:
        number = int(key.partition(":")[2] or 0)
        further = range(number * 30 + 1, number * 30 + 31)
        return Around(tuple(edge(key, R.SUPPLIES, f"firm:{i}") for i in further), 31)

    found = explain("firm:1", "firm:carmaker", around, MARCH)
    assert found.cut
    assert found.nodes_read == NODES_READ_MAX


_NODES = [
    *(f"firm:{name}" for name in ("nylon", "carmaker", "a", "b", "c")),
    *(f"product:{name}" for name in ("甲品", "乙品", "丙品", "塑料")),
    "patent:p",
]
Ends = tuple[str, Relation, str]
_ENDS: list[Ends] = [
    (start, relation, end)
    for relation, kinds in (
        (R.SUPPLIES, ("firm", "firm")),
        (R.PAYS, ("firm", "firm")),
        (R.PARENT_OF, ("firm", "firm")),
        (R.ALIAS_OF, ("firm", "firm")),
        (R.MAKES, ("firm", "product")),
        (R.HOLDS_PATENT, ("firm", "patent")),
        (R.PATENT_COVERS, ("patent", "product")),
        (R.MATERIAL_OF, ("product", "product")),
        (R.KIND_OF, ("product", "product")),
    )
    for start in _NODES
    for end in _NODES
    if (start.split(":")[0], end.split(":")[0]) == kinds
]


def _dated(ends: Ends, source: SourceKind, days: int, ppm: int) -> Edge:
    start, relation, end = ends
    return edge(start, relation, end, source, MARCH + timedelta(days=days), ppm)


_EDGES = st.lists(
    st.builds(
        _dated,
        st.sampled_from(_ENDS),
        st.sampled_from(list(SourceKind)),
        st.integers(-60, 60),
        st.integers(300_000, 1_000_000),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(_EDGES)
def test_law_whatever_the_graph_paths_keep_the_rules(edges: list[Edge]) -> None:
    around = neighbours_of(edges, MARCH)
    found = ask(edges)
    inner = [key for path in found.paths for key in path.inner_keys]
    assert len(inner) == len(set(inner))
    assert sum(not path.inner_keys for path in found.paths) <= 1
    for path in found.paths:
        keys = [path.hops[0].start_key, *(hop.end_key for hop in path.hops)]
        assert (keys[0], keys[-1]) == ("firm:nylon", "firm:carmaker")
        assert len(keys) == len(set(keys)) <= HOPS_MAX + 1
        assert problems_of(found, around) == []
        assert not any(is_generic(key, around(key).degree) for key in path.inner_keys)
        assert all(hop.edge.provenance.known_at <= MARCH for hop in path.hops)
        assert any(hop.traced for hop in path.hops)
        relations = [hop.edge.relation for hop in path.hops]
        climbs = [i for i, relation in enumerate(relations) if relation is R.KIND_OF]
        assert all(relations[i - 1] in {R.MAKES, R.PATENT_COVERS} for i in climbs)
        assert relations.count(R.MATERIAL_OF) + len(climbs) <= PRODUCT_HOPS_MAX
        assert (
            SCORE_MIN_PPM - 1
            <= path.score_ppm
            <= min(h.edge.provenance.confidence_ppm for h in path.hops)
        )
        weakest = path.hops[path.weakest]
        assert weakest.edge.provenance.inferred or not path.inferred


@settings(max_examples=60, deadline=None)
@given(st.data(), _EDGES)
def test_law_order_and_what_is_known_later_change_nothing(
    data: st.DataObject, edges: list[Edge]
) -> None:
    known = [one for one in edges if one.provenance.known_at <= MARCH]
    shuffled = data.draw(st.permutations(known))
    scores = [path.score_ppm for path in ask(known).paths]
    assert [path.score_ppm for path in ask(edges).paths] == scores
    assert [path.score_ppm for path in ask(shuffled).paths] == scores


def test_the_bounds_fit_each_other() -> None:
    assert FIRM_DEGREE_MAX <= TRACED_DEGREE_MAX <= EDGES_READ_MAX
    assert FIRM_HOPS_MAX <= HOPS_MAX


@pytest.mark.realdata
def test_paths_drawn_from_published_news_hold_and_run_through_no_hub() -> None:
    folder = shared_data("supply-chain/ickg25")
    told = [one for one in facts_from("ickg", folder, Moments(MARCH)) if isinstance(one, Told)]
    found = draw(merged(e for one in told for e in one.edges), MARCH, 20, seed=1, tried_max=9_000)
    figures = found.as_json()
    assert figures["explained"] == 20
    assert figures["through_generic_hubs"] == 0
    assert figures["hops_with_source_and_date"] == figures["hops"]
    assert found.problems == ()
