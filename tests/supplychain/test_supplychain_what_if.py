"""A published rule, price to cost to profit, as a regression case; and firms of several entries."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from tests.realdata import shared_data
from tests.supplychain.graph_examples import ChainBank, chain_bank, edge, firm
from tests.supplychain.line_examples import CARMAKER, INSULATION, NYLON, PACKS, R, nylon_maker

from martlet.supplychain.model import Edge, Provenance, Relation, SourceKind
from martlet.supplychain.paths import neighbours_of
from martlet.supplychain.shocks import Effect, Event, EventKind, spread
from martlet.supplychain.standing.service import StandingService

if TYPE_CHECKING:
    from martlet.kernel.clock import ManualClock
    from martlet.kernel.principal import Principal
    from martlet.store import Database

NOW = datetime(2026, 3, 10, 4, tzinfo=UTC)


@pytest.mark.realdata
def test_a_products_price_is_the_cost_of_the_companies_that_the_published_rule_names() -> None:
    folder = shared_data("supply-chain/kag-supplychain")
    tables = {}
    for name in ("Product", "Company", "ProductChainEvent"):
        with (folder / f"{name}.csv").open(encoding="utf-8-sig") as file:
            tables[name] = list(csv.DictReader(file))
    (event,) = tables["ProductChainEvent"]
    assert (event["index"], event["trend"]) == ("价格", "上涨")
    chain = {row["id"]: row["hasSupplyChain"].split(",") for row in tables["Product"]}
    makes = {f"firm:{row['id']}": row["product"].split(",") for row in tables["Company"]}
    by_rule = {key for key, made in makes.items() if set(chain[event["subject"]]) & set(made)}

    def told(start: str, relation: Relation, end: str) -> Edge:
        return Edge(start, relation, end, Provenance(SourceKind.DATASET, "kag", NOW))

    edges = [
        *(
            told(f"product:{product}", Relation.MATERIAL_OF, f"product:{name}")
            for product, names in chain.items()
            for name in names
            if name not in {"", product}
        ),
        *(
            told(key, Relation.MAKES, f"product:{name}")
            for key, names in makes.items()
            for name in names
            if name
        ),
    ]
    around = neighbours_of(edges, NOW)
    asked = Event(f"product:{event['subject']}", EventKind.PRICE, 10_000_000, tiers=1)
    found = spread(asked, lambda key: around(key).edges, NOW)
    cost = {hit.key for hit in found.hits if hit.effect is Effect.COST} & makes.keys()
    assert len(by_rule) > 30
    assert cost == by_rule


@pytest.fixture
def bank(database: Database, clock: ManualClock, principal: Principal) -> ChainBank:
    return chain_bank(database, clock, principal)


def test_a_firm_of_several_entries_is_hit_as_one_and_tenders_carry_a_failure(
    bank: ChainBank,
) -> None:
    nylon_maker(bank)
    registered = firm("91000000XGX000001L")
    bank.told(edge(CARMAKER, R.ALIAS_OF, registered, source=SourceKind.REGISTER))
    room = StandingService(bank.database)
    failed = Event(registered.key, EventKind.FAILURE)
    lost = {h.key: h for h in room.what_if(bank.staff, failed).hits if h.effect is Effect.SALES}
    assert [lost[one.key].tier for one in (PACKS, INSULATION, NYLON)] == [-1, -2, -3]
    dearer = Event(NYLON.key, EventKind.PRICE, 200_000)
    cost = {h.key: h for h in room.what_if(bank.staff, dearer).hits}
    assert (cost[INSULATION.key].tier, cost[INSULATION.key].share_ppm) == (1, 200_000)
