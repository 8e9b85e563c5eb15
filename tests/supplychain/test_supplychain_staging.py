"""Which claims of texts become edges: the sure, the twice told, and what a person must see."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from martlet.supplychain.extraction import model as facts
from martlet.supplychain.extraction.entering import stage
from martlet.supplychain.extraction.files import fact_json, read_facts
from martlet.supplychain.extraction.model import Document, Fact, FactRelation
from martlet.supplychain.extraction.reading import Mistakes
from martlet.supplychain.extraction.staging import (
    Telling,
    Verdict,
    edges_of,
    sorted_claims,
    verdict_of,
)
from martlet.supplychain.extraction.tenders import TenderRules
from martlet.supplychain.model import VERIFYING, Relation, SourceKind
from martlet.supplychain.service import SupplychainService

if TYPE_CHECKING:
    from pathlib import Path

    from martlet.kernel.clock import ManualClock
    from martlet.kernel.principal import Principal
    from martlet.store import Database

NOW = datetime(2031, 6, 1, tzinfo=UTC)
SUPPLIES = Fact(
    "青禾尼龙有限公司",
    FactRelation.SUPPLIES,
    "远山汽车股份有限公司",
    "青禾尼龙有限公司向远山汽车股份有限公司供货。",
    0.85,
    "deterministic",
    "1",
)
NOTICE = (
    "远山新材料股份有限公司公告，2031年5月14日，公司收到招标人北岭市轨道交通集团有限公司发来的《中标通知书》，"
    "确定公司为三号线绝缘材料采购项目的中标单位，中标金额为人民币1,234.56万元。"
)


def sure(confidence: float, document: str = "1", **changes: object) -> Telling:
    return Telling(document, replace(SUPPLIES, confidence=confidence, **changes))


def test_one_document_carries_a_claim_alone_only_when_a_rule_is_sure() -> None:
    assert verdict_of([sure(0.95)]) is Verdict.ENTERS
    assert verdict_of([sure(0.85)]) is Verdict.REVIEWED
    assert verdict_of([sure(0.2)]) is Verdict.LEFT


def test_a_language_model_never_carries_a_claim_alone() -> None:
    asked = sure(1.0, extractor="endpoint:reader")
    assert verdict_of([asked]) is Verdict.REVIEWED
    other = sure(1.0, "2", extractor="endpoint:reader", span="另一份文件里的另一句话。")
    assert verdict_of([asked, other]) is Verdict.REVIEWED
    backed = sure(0.6, "2", span="另一份文件里的另一句话。")
    assert verdict_of([asked, backed]) is Verdict.ENTERS


def test_two_documents_in_words_of_their_own_carry_a_claim_together() -> None:
    assert verdict_of([sure(0.6), sure(0.6, "2", span="另一句话。")]) is Verdict.ENTERS
    assert verdict_of([sure(0.6), sure(0.6, "2")]) is Verdict.REVIEWED, "printed twice"
    assert verdict_of([sure(0.6), sure(0.6, span="另一句话。")]) is Verdict.REVIEWED, "one document"


@pytest.mark.parametrize("stage_of_it", ["planned", "candidate"])
def test_a_plan_and_a_candidate_are_no_trade_however_sure(stage_of_it: str) -> None:
    assert verdict_of([sure(1.0, attributes={facts.STAGE: stage_of_it})]) is Verdict.REVIEWED


def test_buying_from_is_supplying_read_backwards_and_one_claim() -> None:
    bought = Telling(
        "2",
        replace(
            SUPPLIES,
            subject=SUPPLIES.object,
            relation=FactRelation.BUYS_FROM,
            object=SUPPLIES.subject,
            span="远山汽车股份有限公司从青禾尼龙有限公司采购。",
            confidence=0.6,
        ),
    )
    found = sorted_claims([sure(0.6), bought])
    (claim,) = found.entering
    nodes, edges = edges_of(claim, NOW)
    assert {(edge.from_key, edge.to_key) for edge in edges} == {
        ("firm:青禾尼龙有限公司", "firm:远山汽车股份有限公司")
    }
    assert {edge.relation for edge in edges} == {Relation.SUPPLIES}
    assert len(nodes) == 2


def test_a_won_tender_becomes_a_dated_supply_edge_with_its_amount() -> None:
    (fact,) = TenderRules().extract([Document("notice-7", NOTICE)])[0]
    claims = sorted_claims([Telling("notice-7", fact)])
    (claim,) = claims.entering
    _, edges = edges_of(claim, NOW)
    by_relation = {edge.relation: edge for edge in edges}
    assert set(by_relation) == {Relation.WON_TENDER, Relation.TENDERED_BY, Relation.SUPPLIES}
    supply = by_relation[Relation.SUPPLIES]
    assert supply.from_key == "firm:远山新材料股份有限公司"
    assert supply.to_key == "firm:北岭市轨道交通集团有限公司"
    assert supply.amount_fen == 1_234_560_000
    assert by_relation[Relation.WON_TENDER].amount_fen == 1_234_560_000
    assert supply.provenance.valid_from == date(2031, 5, 14)
    assert supply.provenance.known_at == NOW
    assert supply.provenance.source is SourceKind.TEXT
    assert supply.provenance.source not in VERIFYING
    assert "notice-7" in supply.provenance.reference


def test_an_amount_that_joint_winners_share_is_nobodys() -> None:
    one = Fact(
        "甲公司",
        FactRelation.WON_TENDER,
        "北岭大桥项目",
        "甲公司与乙公司中标北岭大桥项目。",
        0.95,
        "tender-rules",
        "1",
        {facts.AMOUNT: "100万元", facts.TENDERED_BY: "北岭市交通局"},
    )
    claims = sorted_claims([Telling("1", one), Telling("1", replace(one, subject="乙公司"))])
    assert len(claims.entering) == 2
    for claim in claims.entering:
        assert all(edge.amount_fen is None for edge in edges_of(claim, NOW)[1])


def test_a_file_of_facts_is_read_back_and_its_figures_are_read_from_words(tmp_path: Path) -> None:
    (fact,) = TenderRules().extract([Document("notice-7", NOTICE)])[0]
    forged = fact_json("notice-7", fact)
    forged["attributes"] = {**fact.attributes, facts.AMOUNT_FEN: "999999999999999"}
    file = tmp_path / "facts.jsonl"
    lines = [json.dumps(forged), "{}", '{"id": "x", "subject": "甲", "confidence": 7}', "no"]
    file.write_text("\n".join(lines))
    mistakes = Mistakes()
    ((name, read),) = read_facts(file, mistakes)
    assert mistakes.count == 3
    claims = sorted_claims([Telling(name, read)])
    amounts = {edge.amount_fen for edge in edges_of(claims.entering[0], NOW)[1]}
    assert amounts == {1_234_560_000, None}


def test_two_awards_of_one_notice_between_the_same_firms_are_two_facts() -> None:
    one = Fact(
        "青禾尼龙有限公司",
        FactRelation.WON_TENDER,
        "东区管网工程",
        "青禾尼龙有限公司中标东区管网工程。",
        0.95,
        "tender-rules",
        "1",
        {facts.AMOUNT: "100万元", facts.TENDERED_BY: "北岭水务有限公司"},
    )
    two = replace(
        one, object="西区管网工程", attributes={**one.attributes, facts.AMOUNT: "200万元"}
    )
    claims = sorted_claims([Telling("1", one), Telling("1", two)])
    supplies = {
        (edge.provenance.reference, edge.amount_fen)
        for claim in claims.entering
        for edge in edges_of(claim, NOW)[1]
        if edge.relation is Relation.SUPPLIES
    }
    assert len({reference for reference, _ in supplies}) == 2
    assert {amount for _, amount in supplies} == {100_000_000, 200_000_000}


def test_what_enters_is_in_the_graph_and_what_does_not_waits_for_a_person(
    database: Database, principal: Principal, clock: ManualClock
) -> None:
    graph = SupplychainService(database)
    alias = replace(
        SUPPLIES, subject="青禾", relation=FactRelation.ALIAS_OF, object="青禾尼龙有限公司"
    )
    tellings = [
        sure(0.95),
        sure(0.6, "3", subject="白鹭电气有限公司"),
        sure(0.1, "4", subject="无名有限公司"),
        Telling("5", alias),
        sure(0.95, "6", subject="远山汽车股份有限公司"),
    ]
    report = stage(graph, principal, tellings)
    assert (report.entered_count, report.edges_new_count, report.reviewed_count) == (1, 1, 2)
    assert (report.claims_count, report.left_count) == (5, 2)
    clock.advance(timedelta(hours=1))
    again = stage(graph, principal, tellings)
    assert (again.edges_new_count, again.conflicts_count) == (0, 0)
    edges = graph.edges_of(principal, "firm:青禾尼龙有限公司")
    assert [edge.provenance.source for edge in edges] == [SourceKind.TEXT]
    waiting = graph.waiting(principal)
    assert {one.what for one in waiting} == {"fact", "merge"}
    assert len(waiting) == 2
    assert all(one.explanation["span"] for one in waiting)
