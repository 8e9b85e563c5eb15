"""Nine industry chains as data: what goes into what, by which source, and what is refused."""

from __future__ import annotations

import copy
import tomllib
from importlib.resources import files
from itertools import pairwise
from typing import Any

import pytest

from martlet.kernel.errors import Invalid, NotFound
from martlet.supplychain import NodeKind, Relation, SourceKind
from martlet.supplychain.chains import CHAINS, chain_named, facts_of, read_chain


def table_of(name: str) -> dict[str, Any]:
    return tomllib.loads(
        (files("martlet.supplychain.chains") / f"{name}.toml").read_text(encoding="utf-8")
    )


@pytest.mark.parametrize("name", CHAINS)
def test_a_chain_says_what_each_tie_rests_on(name: str) -> None:
    chain = chain_named(name)
    assert 25 <= len(chain.nodes) <= 60
    assert all(node.name.zh and node.name.en for node in chain.nodes)
    assert {edge.relation for edge in chain.edges} <= {
        Relation.MATERIAL_OF,
        Relation.KIND_OF,
        Relation.FEEDS,
    }
    assert all(edge.source.name.zh and edge.source.name.en for edge in chain.edges)
    named = set(table_of(name)["sources"])
    assert named == {edge.source.key for edge in chain.edges}, "a source that nothing rests on"


def test_there_are_nine_and_each_has_its_reason() -> None:
    assert len(CHAINS) == len(set(CHAINS)) == 9
    reasons = {chain_named(name).reason.zh for name in CHAINS}
    assert len(reasons) == 9


def test_the_nylon_of_the_published_case_reaches_the_car() -> None:
    """PA66 resin, flame-retardant nylon, insulation, battery pack or electric drive, car."""
    chain = chain_named("automobile")
    into = {(edge.from_name, edge.to_name) for edge in chain.edges}
    way = ["PA66树脂", "阻燃改性尼龙", "母排绝缘件", "动力电池包", "新能源汽车", "汽车"]
    assert set(pairwise(way)) <= into
    way[3] = "电驱动总成"
    assert set(pairwise(way)) <= into
    tiers = {node.name.zh: node.tier for node in chain.nodes}
    assert [tiers[step] for step in way] == [4, 3, 2, 1, 0, 0]


@pytest.mark.parametrize("name", CHAINS)
def test_the_graph_takes_a_chain_as_published_data_of_its_day(name: str) -> None:
    chain = chain_named(name)
    nodes, edges = facts_of(chain)
    keys = {node.key for node in nodes}
    assert len(keys) == len(chain.nodes)
    assert {node.kind for node in nodes} == {NodeKind.PRODUCT, NodeKind.INDUSTRY}
    for edge in edges:
        assert {edge.from_key, edge.to_key} <= keys
        assert edge.provenance.source is SourceKind.DATASET
        assert not edge.provenance.inferred
        assert edge.provenance.known_at.astimezone().isoformat() >= "2026-11-25"


def _material(table: dict[str, Any], product: str, *materials: str) -> None:
    table["material_of"]["disclosed"].setdefault(product, []).extend(materials)


def _circle(table: dict[str, Any]) -> None:
    _material(table, "籽棉", "服装")


def _twice(table: dict[str, Any]) -> None:
    _material(table, "毛巾", "棉纱")


def _stranger(table: dict[str, Any]) -> None:
    _material(table, "毛巾", "竹纤维")


def _generic(table: dict[str, Any]) -> None:
    table["products"]["原料"] = "Raw material"
    _material(table, "毛巾", "原料")


def _loose(table: dict[str, Any]) -> None:
    table["products"]["竹纤维"] = "Bamboo fibre"


def _full_width(table: dict[str, Any]) -> None:
    table["products"]["ＰＡ６"] = "PA6"
    _material(table, "毛巾", "ＰＡ６")


def _hub(table: dict[str, Any]) -> None:
    for material in list(table["products"])[10:24]:
        if material not in table["material_of"]["disclosed"].get("床上用品", []):
            _material(table, "床上用品", material)


def _unsourced(table: dict[str, Any]) -> None:
    table["feeds"]["hearsay"] = {"纺织业": ["农业"]}


def _small(table: dict[str, Any]) -> None:
    table["products"] = {"服装": "Clothing", "家用纺织品": "Home textiles"}
    table["kind_of"] = table["material_of"] = {}


WRONG = {
    "chains.circle": _circle,
    "chains.told_twice": _twice,
    "chains.node_unknown": _stranger,
    "chains.generic": _generic,
    "chains.not_reached": _loose,
    "chains.spelling": _full_width,
    "chains.hub": _hub,
    "chains.source_unknown": _unsourced,
    "chains.size": _small,
}


@pytest.mark.parametrize("code", WRONG)
def test_what_is_no_chain_is_refused(code: str) -> None:
    table = copy.deepcopy(table_of("textiles"))
    WRONG[code](table)
    with pytest.raises(Invalid) as refused:
        read_chain("textiles", table)
    assert refused.value.code == code


def test_an_unknown_chain_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(NotFound) as refused:
        chain_named("steel")
    assert "automobile" in str(refused.value.details["known"])
