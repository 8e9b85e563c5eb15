"""The chain as HTML: found by name, drawn by tier, told as tables, and what machines found."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st
from tests.web.chain_scene import CAR, INSULATION, NYLON, PACKS, RIVAL, chained, edge, firm

from martlet.supplychain import Neighbourhood, Placed, Relation, SourceKind
from martlet.supplychain.entries import joined
from martlet.web.chain_drawing import Filter, draw, ties_of
from martlet.web.limits import CHAIN_NODES_DRAWN
from martlet.web.quotation import parts_of

if TYPE_CHECKING:
    from tests.web.conftest import Town, Visit

NOW = datetime(2026, 9, 1, tzinfo=UTC)
CORE = firm("核心")


def around(tiers: list[int], ties: list[tuple[int, int]]) -> Neighbourhood:
    """Return firms at these tiers around a core, joined by number; 0 is the core."""
    firms = [CORE, *(firm(f"厂{place}") for place in range(1, len(tiers) + 1))]
    placed = [Placed(CORE, 0), *(map(Placed, firms[1:], tiers))]
    edges = [edge(firms[a].name, Relation.SUPPLIES, firms[b].name) for a, b in ties if a != b]
    return Neighbourhood(CORE, tuple(placed), tuple(edges), NOW)


TIERS = st.lists(st.integers(-5, 5), min_size=1, max_size=80)


@given(tiers=TIERS, seed=st.integers(0, 1_000))
def test_nobody_stands_on_anybody_and_upstream_is_left(tiers: list[int], seed: int) -> None:
    ties = [(place, (place * seed) % (len(tiers) + 1)) for place in range(len(tiers) + 1)]
    there = around(tiers, ties)
    drawing = draw(there, Filter())
    assert draw(there, Filter()) == drawing
    for places in ([s.wide for s in drawing.spots], [s.narrow for s in drawing.spots]):
        assert len(set(places)) == len(places)
    columns = [
        (tier, min(s.wide[0] for s in spots), max(s.wide[0] for s in spots))
        for tier, spots in drawing.tiers
    ]
    for (_a, _left, right), (_b, left, _right) in pairwise(columns):
        assert right < left
    assert len(drawing.spots) + drawing.filtered_count == len(tiers) + 1


def test_the_nearest_are_drawn_and_the_rest_counted() -> None:
    tiers = [-1 - place % 3 for place in range(CHAIN_NODES_DRAWN + 60)]
    drawing = draw(around(tiers, [(place + 1, 0) for place in range(len(tiers))]), Filter())
    assert len(drawing.spots) == CHAIN_NODES_DRAWN
    assert drawing.undrawn_count >= 61
    farthest = [spot.tier for spot in drawing.spots]
    assert farthest.count(-1) == tiers.count(-1), "no near one gives way to a far one"


def test_sources_of_one_tie_stand_together_and_their_money_is_not_added_up() -> None:
    told = [
        edge("甲", Relation.SUPPLIES, "乙", SourceKind.TRANSFER, amount_fen=500),
        edge("甲", Relation.SUPPLIES, "乙", amount_fen=300, reference="one"),
        edge("甲", Relation.SUPPLIES, "乙", amount_fen=200, reference="two"),
        edge("甲", Relation.SUPPLIES, "乙", SourceKind.INFERRED, confidence_ppm=990_000),
    ]
    (tie,) = ties_of(told)
    assert tie.amount_fen == 500
    assert not tie.inferred, "somebody wrote it down"
    assert ties_of(told[3:])[0].inferred


def test_a_firm_of_two_entries_is_drawn_once_with_the_ties_of_both() -> None:
    there = around([-1, -1, -2], [(1, 0), (3, 2)])
    named = edge("厂2", Relation.ALIAS_OF, "厂1", SourceKind.REGISTER)
    drawing = draw(joined(replace(there, edges=(*there.edges, named))), Filter())
    assert [spot.node.name for spot in drawing.spots if spot.tier] == ["厂3", "厂1"]
    assert {(tie.from_key, tie.to_key) for tie in drawing.ties} == {
        ("firm:厂1", CORE.key),
        ("firm:厂3", "firm:厂1"),
    }
    assert (len(drawing.ties), drawing.filtered_count) == (2, 0)


@given(
    st.text(alphabet="甲乙公司<b>&", max_size=30),
    st.lists(st.sampled_from(["甲", "甲乙", "", "<b>"])),
)
def test_a_quotation_is_cut_and_never_changed(quoted: str, names: list[str]) -> None:
    parts = parts_of(quoted, names)
    assert "".join(part.text for part in parts) == quoted
    assert all(part.text in names for part in parts if part.is_name)


def test_a_firm_is_found_and_its_chain_told_without_scripts(staff: Visit, town: Town) -> None:
    chained(town)
    assert "tier by tier" in staff.open("/console/chain").text
    many = staff.open(f"/console/chain?q={quote('虚构')}")
    assert many.text.count("sheet-link") == 6
    assert "called like this" in staff.open("/console/chain?q=nobody").text
    found = staff.open(f"/console/chain?q={quote('远驰')}&tiers=4")
    assert f"of={quote('firm:' + CAR)}" in str(found.url), "one alone is gone to"
    page = staff.open(f"{found.url.path}?{found.url.query.decode()}&tiers=4").text
    for name in (PACKS, INSULATION, NYLON, "PA66树脂"):
        assert name in page
    assert "4 could be financed" in page
    assert "it has to be confirmed, and then shown by invoices" in page, "the rival is a guess"
    assert re.search(r'data-inferred="p=0\.62"', page)
    assert "¥11,400,000.00" in page, "three months of invoices"
    # Filters and the day say what they leave out.
    base = f"/console/chain?of={quote('firm:' + CAR)}&tiers=4"
    page = staff.open(f"{base}&source=invoice").text
    assert "PA66树脂" not in page
    assert "have no tie of this sort" in page
    assert RIVAL in staff.open(base).text
    assert RIVAL not in staff.open(f"{base}&known=said").text
    before = staff.open(f"{base}&as_of=2026-06-20").text
    assert NYLON not in before, "the packs' first invoice was known on the 28th"
    assert staff.open(f"{base}&as_of=2999-01-01").status_code == 422
    assert staff.open(f"{base}&as_of=soon").status_code == 422
    # A node tells each of its edges, with reference and day.
    asked = f"?of={quote('firm:' + CAR)}&at={quote('firm:' + NYLON)}"
    piece = staff.open(f"/console/chain/node{asked}").text
    assert "<html" not in piece
    assert "synthetic/invoices.csv" in piece
    assert "28 Aug 2026" in piece
    assert piece.count("<li>") == 4, "the customer, the resin, the product, the patent"
    assert piece.count("<details>") == 1, "the customer's months, not opened"
    assert piece.count("<tr>") == 1 + 4
    assert "Founded" in staff.open(f"/console/chain{asked}").text


def test_what_a_machine_found_is_quoted_decided_and_taken_back(staff: Visit, town: Town) -> None:
    chained(town)
    queue = staff.open("/console/chain/review").text
    assert f'<mark class="name">{NYLON}</mark>' in queue
    assert "&lt;b&gt;阻燃尼龙&lt;/b&gt;" in queue, "a text is data"
    assert queue.index("97%") < queue.index("91%") < queue.index("p=0.54")
    paths = {
        what: re.findall(
            r'action="(/console/chain/review/[^"]+)"',
            staff.open(f"/console/chain/review?what={what}").text,
        )
        for what in ("fact", "merge", "link")
    }
    silent = staff.send(paths["fact"][0], do="accept", reason=" ")
    assert silent.status_code == 422
    done = staff.send(paths["fact"][0], do="accept", reason="公告原文相符")
    assert "part of the graph from now on" in done.text
    proved = {"source": "contract", "reference": "HT-2026-08"}
    assert "part of" in staff.send(paths["link"][0], do="accept", reason="见合同", **proved).text
    staff.send(paths["merge"][0], do="accept", reason="同一企业")
    taken = staff.open("/console/chain/review?what=merge&state=accepted").text
    assert "no longer read as facts" in taken
    undone = staff.send(paths["merge"][0], do="undo", reason="看错了")
    assert "as of before nothing has changed" in undone.text
    assert staff.send(paths["merge"][0], do="undo", reason="再撤").status_code == 422
    assert "reviewed" in staff.open(f"/console/chain/node?at={quote('firm:' + NYLON)}").text
    link = staff.open(f"/console/chain/node?at={quote('firm:' + RIVAL)}").text
    assert "HT-2026-08" in link, "with its contract it is no longer inferred"


def test_what_if_the_resin_becomes_dearer_or_a_firm_fails(staff: Visit, town: Town) -> None:
    chained(town)
    assert "no line moves" in staff.open("/console/chain/shock").text
    at = f"/console/chain/shock?at={quote('product:PA66树脂')}"
    dearer = staff.open(f"{at}&percent=60").text
    assert "+20.0%" in dearer, "one of three materials of the compound"
    assert NYLON in dearer, "it makes a kind of the compound"
    failed = f"/console/chain/shock?at={quote('firm:' + INSULATION)}&event=failure"
    page = staff.open(failed).text
    assert "Supply lost" in page
    assert "Sales lost" in page
    assert "100.0%" in page
    for wrong in (f"{at}&event=failure", f"{at}&percent=a lot", f"{at}&percent=-200"):
        assert staff.open(wrong).status_code == 422
    assert staff.open("/console/chain/shock?at=firm:nobody").status_code == 422
    assert staff.open(f"/console/chain/shock?q={quote('虚构')}").text.count("sheet-link") == 6


def test_the_chain_is_the_banks_own_view(owner: Visit) -> None:
    for path in ("/console/chain", "/console/chain/review", "/console/chain/shock"):
        assert owner.open(path).status_code == 403
