"""The ways to a core firm that a decision keeps, in the officer's words and in the owner's."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from tests.web.chain_scene import CAR, INSULATION, NYLON, PACKS, chained, edge

from martlet.kernel.i18n import Locale
from martlet.parties import PersonKind
from martlet.signals import Signal
from martlet.supplychain import Edge, Relation, SourceKind
from martlet.supplychain.paths import explain, neighbours_of
from martlet.web.chain_paths import ways_of
from martlet.web.rendering import _environment

if TYPE_CHECKING:
    from tests.web.conftest import Town, Visit

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def chain() -> list[Edge]:
    return [
        edge(NYLON, Relation.SUPPLIES, INSULATION),
        edge(INSULATION, Relation.SUPPLIES, PACKS, SourceKind.TRANSFER, confidence_ppm=900_000),
        edge(PACKS, Relation.SUPPLIES, CAR, SourceKind.TENDER, confidence_ppm=700_000),
    ]


def kept(edges: list[Edge]) -> Signal:
    """Return the signal that a decision keeps of the paths in these edges."""
    found = explain(f"firm:{NYLON}", f"firm:{CAR}", neighbours_of(edges, NOW), NOW)
    told = [path.as_json() for path in found.paths]
    for path in told:
        for hop in path["hops"]:
            for end in ("start", "end"):
                hop[f"{end}_name"] = hop[end].partition(":")[2]
    return signal(json.dumps(told, ensure_ascii=False))


def signal(value: str) -> Signal:
    return Signal(
        *(UUID(int=7), "chain_paths", value, NOW.date(), NOW, NOW + timedelta(days=30)),
        *(1_000_000, 1, "supplychain", "1"),
    )


def shown(signals: list[Signal], own: bool, locale: Locale) -> str:
    template = _environment().from_string(
        '{% from "chain_paths.html" import chain_ways with context %}{{ chain_ways(ways, own) }}'
    )
    return template.render(ways=ways_of(signals), own=own, locale=locale)


def test_an_officer_sees_each_hop_with_source_and_day_and_the_weakest_named() -> None:
    page = shown([kept(chain())], own=False, locale=Locale.EN)
    assert f"Way 1: {NYLON} → {INSULATION} → {PACKS} → {CAR}" in page
    assert page.count("known since 5 Jan 2026") == 3
    assert page.index("Tender notice") > page.index("least certain step") > page.index("Transfer")
    assert "synthetic/invoices.csv" in page


def test_an_owner_reads_the_same_in_plain_words_without_file_names() -> None:
    page = shown([kept(chain())], own=True, locale=Locale.ZH_CN)
    assert "产业链上的位置" in page
    assert "最不确定的一步" in page
    assert "synthetic/invoices.csv" not in page


def test_a_payment_is_told_as_it_ran_and_a_guess_as_a_guess() -> None:
    edges = [
        edge(INSULATION, Relation.PAYS, NYLON, SourceKind.TRANSFER),
        edge(INSULATION, Relation.SUPPLIES, CAR, SourceKind.INFERRED, confidence_ppm=620_000),
    ]
    (way,) = ways_of([kept(edges)])
    assert (way.hops[0].from_name, way.hops[0].to_name) == (INSULATION, NYLON)
    assert way.names == (NYLON, INSULATION, CAR)
    assert [hop.certainty for hop in way.hops] == ["100%", "p=0.62"]
    assert way.hops[1].weakest
    assert "it raises no line" in shown([kept(edges)], own=True, locale=Locale.EN)


def test_names_in_a_path_are_data() -> None:
    told = json.loads(str(kept(chain()).value))
    told[0]["hops"][0]["end_name"] = "<script>x</script>"
    page = shown([signal(json.dumps(told))], own=True, locale=Locale.EN)
    assert "<script>" not in page


@pytest.mark.parametrize("value", ["", "[]", "{}", "[1]", '[{"hops": [{}]}]', "not json", "null"])
def test_what_is_no_path_shows_nothing(value: str) -> None:
    assert shown([signal(value)], own=False, locale=Locale.EN).strip() == ""


def test_a_decision_shows_its_ways_to_both(owner: Visit, town: Town) -> None:
    """From the graph through the night's standing and an application to the two pages."""
    chained(town)
    bank, shop = town.bank, f"/businesses/{town.party_id}"
    bank.supplychain.link_party(town.itself, "link", town.party_id, f"firm:{NYLON}")
    bank.standings.follow(town.itself, "follow", f"firm:{CAR}")
    bank.standings.refresh(town.itself, [town.party_id])
    owner.open(f"{shop}/records")
    owner.send(f"{shop}/consent", record_invoices="yes", record_takings="yes")
    owner.open(f"{shop}/apply")
    usual = {"product": "revolving_daily", "tenor_revolving_daily": "90"}
    offer = owner.send(f"{shop}/apply", amount="1", **usual)
    assert "How we see your place in the chain" in offer.text
    assert f"{NYLON} → {INSULATION} → {PACKS} → {CAR}" in offer.text
    owner.open("/link")
    owner.send("/link", link=town.link(PersonKind.STAFF))
    officer = owner.open(f"/console{offer.url.path}").text
    assert "How it hangs on the core firm" in officer
    assert "least certain step" in officer
    assert "[{" not in officer, "the paths are told in words and not as they are stored"


def test_no_chain_no_section() -> None:
    assert ways_of([]) == ()
