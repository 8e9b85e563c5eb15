"""Facts that a sentence states by a word of trade, and who acts on whom in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from martlet.cli.app import build
from martlet.supplychain.extraction.deterministic import Deterministic
from martlet.supplychain.extraction.model import STAGE, Document, Fact, FactRelation
from martlet.supplychain.extraction.rules import LISTED, KnownNames

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAMES = ("青禾尼龙有限公司", "远山汽车股份有限公司", "清泉乳业有限公司", "南湖商贸有限公司")
FIRST, SECOND, BRAND, SHOP = NAMES


def read(text: str) -> tuple[Fact, ...]:
    return Deterministic(KnownNames(NAMES)).extract([Document("1", text)])[0]


def run(*arguments: object) -> dict[str, object]:
    typed = ["supplychain", *map(str, arguments), "--json"]
    result = CliRunner().invoke(build(), typed)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize(
    ("text", "subject", "relation", "other"),
    [
        (f"{FIRST}近日向{SECOND}批量供货。", FIRST, "supplies", SECOND),
        (f"{SECOND}从{FIRST}采购阻燃尼龙。", SECOND, "buys_from", FIRST),
        (f"{SECOND}向{FIRST}订购了一批材料。", SECOND, "buys_from", FIRST),
        (f"{FIRST}为{SECOND}配套绝缘件。", FIRST, "supplies", SECOND),
        (f"{FIRST}成为{SECOND}的一级供应商。", FIRST, "supplies", SECOND),
        (f"{FIRST}收到{SECOND}的定点通知。", FIRST, "supplies", SECOND),
        (f"{SHOP}是{BRAND}在北岭市的经销商。", SHOP, "distributes_for", BRAND),
        (f"{BRAND}授权{SHOP}在北岭市经销其产品。", SHOP, "distributes_for", BRAND),
        (f"{SECOND}全资子公司{FIRST}今日开业。", SECOND, "parent_of", FIRST),
        (f"{FIRST}是{SECOND}的控股子公司。", SECOND, "parent_of", FIRST),
        (f"{SECOND}收购{FIRST}60%的股权。", SECOND, "invests_in", FIRST),
        (f"{FIRST}与{SECOND}签署战略合作协议。", FIRST, "cooperates", SECOND),
        (f"{FIRST}与{SECOND}在尼龙市场上竞争激烈。", FIRST, "competes", SECOND),
        (f"{FIRST}（以下简称“青禾”）成立。", "青禾", "alias_of", FIRST),
    ],
)
def test_the_direction_is_in_the_words(text: str, subject: str, relation: str, other: str) -> None:
    found = [(fact.subject, fact.relation.value, fact.object) for fact in read(text)]
    assert found == [(subject, relation, other)]


def test_what_a_firms_subsidiary_does_is_not_said_of_the_firm() -> None:
    for text in (
        f"{SECOND}旗下星河电池向{BRAND}供应电池。",
        f"{SECOND}向{BRAND}旗下星河电池供货。",
        f"{SECOND}收购{BRAND}的全资子公司星河电池。",
    ):
        told = {(fact.subject, fact.object) for fact in read(text)}
        assert (SECOND, BRAND) not in told, text


def test_a_denial_states_nothing_and_a_plan_is_said_to_be_one() -> None:
    assert read(f"{FIRST}否认向{SECOND}供货。") == ()
    assert read(f"{FIRST}没有向{SECOND}供货。") == ()
    (plan,) = read(f"{FIRST}拟向{SECOND}供货。")
    assert plan.attributes[STAGE] == "planned"
    assert plan.confidence < read(f"{FIRST}向{SECOND}供货。")[0].confidence


def test_the_company_is_who_issued_the_notice_and_a_short_name_is_its_firm() -> None:
    text = f"{FIRST}（以下简称“公司”）公告：近日，公司向{SECOND}（以下简称“远山”）供货。"
    supplies = [fact for fact in read(text) if fact.relation is FactRelation.SUPPLIES]
    assert [(fact.subject, fact.object) for fact in supplies] == [(FIRST, SECOND)]


def test_a_trained_classifier_speaks_where_no_word_of_trade_does() -> None:
    from martlet.supplychain.extraction.ports import LabelGuess, Pair

    class Always:
        name, version = "always", "1"

        def classify(self, pairs: Sequence[Pair]) -> Sequence[LabelGuess]:
            return [LabelGuess("被拥有", 0.6) for _ in pairs]

    text = f"{FIRST}、{SECOND}昨日双双走高。"
    extractor = Deterministic(KnownNames(NAMES), Always())
    (fact,) = extractor.extract([Document("1", text)])[0]
    assert (fact.subject, fact.relation, fact.object) == (SECOND, FactRelation.PARENT_OF, FIRST)
    assert fact.confidence == pytest.approx(0.6 * LISTED**2, abs=0.001)  # no surer than its names


PIECES = st.sampled_from(
    [*NAMES, "向", "供货", "采购", "公司", "（以下简称“青禾”）", "，", "。", "中标", "\n"]
)


@given(st.lists(PIECES, max_size=25).map("".join))
def test_names_and_quotation_stand_literally_in_the_text(text: str) -> None:
    for fact in read(text):
        assert fact.subject in text
        assert fact.object in text
        assert fact.span in text


def test_the_command_reads_a_file_and_tells_what_it_could_not(tmp_path: Path) -> None:
    texts, out = tmp_path / "in.jsonl", tmp_path / "facts.jsonl"
    good = json.dumps({"id": "a", "text": f"{FIRST}向{SECOND}供货。"}, ensure_ascii=False)
    other = json.dumps({"ID": "b", "Text": f"{SHOP}是{BRAND}的经销商。"}, ensure_ascii=False)
    lines = [
        b"\xef\xbb\xbf" + good.encode(),
        other.encode("gb18030"),
        b"{broken",
        b"[1, 2]",
        json.dumps({"id": "c", "text": ""}).encode(),
        good.encode(),
        json.dumps({"id": "d", "text": "长" * 200_001}).encode(),
        b"\xff\xfe\xff\xff",
    ]
    texts.write_bytes(b"\n".join(lines))
    names = tmp_path / "names.txt"
    names.write_text("\n".join(NAMES), encoding="utf-8")
    told = run("extract", "--text", texts, "--out", out, "--names", names)
    assert (told["documents_count"], told["facts_count"], told["bad_lines_count"]) == (2, 2, 6)
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert set(rows[0]) == {
        *("id", "subject", "relation", "object", "attributes", "span", "confidence", "extractor"),
    }
    assert [(row["id"], row["relation"]) for row in rows] == [
        ("a", "supplies"),
        ("b", "distributes_for"),
    ]
    shown = CliRunner().invoke(
        build(), ["supplychain", "extract", "--text", str(texts), "--out", str(out)]
    )
    assert "Line 3" in shown.output


def test_a_run_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    out = tmp_path / "facts.jsonl"
    out.write_text("kept")
    typed = ["supplychain", "extract", "--text", str(tmp_path / "none"), "--out", str(out)]
    assert CliRunner().invoke(build(), typed).exit_code != 0
    assert out.read_text() == "kept"
    assert list(tmp_path.iterdir()) == [out]
