"""Won tenders read in notices: who won, who called it, for how much and what for."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.realdata import shared_data

from martlet.supplychain.extraction import model as facts
from martlet.supplychain.extraction.amounts import amount_fen
from martlet.supplychain.extraction.model import Document, Fact, FactRelation
from martlet.supplychain.extraction.tenders import TenderRules

NOTICE = """\
证券代码：699999        证券简称：远山股份        公告编号：2031-008
远山新材料股份有限公司关于子公司中标的公告
远山新材料股份有限公司（以下简称“公司”）全资子公司青禾尼龙有限公司（以下简称“青禾公司”）于2031年5月14日收到\
招标人北岭市轨道交通集团有限公司发来的《中标通知书》，确定青禾公司与白鹭电气有限公司组成的联合体为北岭市轨道交通三号线\
绝缘材料采购项目的中标单位。
一、项目概况
1、项目名称：北岭市轨道交通三号线绝缘材料采购项目
2、招标人：北岭市轨道交通集团有限公司
3、中标金额：人民币12,345.67万元
"""


def read(text: str, title: str = "", published: date | None = None) -> tuple[Fact, ...]:
    return TenderRules().extract([Document("1", text, title, published)])[0]


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("12,345.67万元", 12_345_670_000),
        ("人民币63,856,408.26元", 6_385_640_826),
        ("1.998亿元", 19_980_000_000),
        ("３０万元", 30_000_000),
        ("0.005元", None),
        ("2.26亿欧元", None),
        ("71元/吨", None),
        ("约9.3亿元", None),
        ("不超过人民币 6.6亿元", None),
        ("没有金额", None),
    ],
)
def test_an_amount_is_exact_in_fen_or_it_is_none(text: str, fen: int | None) -> None:
    assert amount_fen(text) == fen


@given(st.integers(1, 10**12))
def test_fen_written_as_yuan_or_as_wan_are_read_back(fen: int) -> None:
    yuan, rest = divmod(fen, 100)
    assert amount_fen(f"{yuan}.{rest:02}元") == fen
    wan, rest = divmod(fen, 10**6)
    assert amount_fen(f"{wan:,}.{rest:06}万元") == fen


def test_a_notice_names_both_winners_the_buyer_the_amount_and_the_day() -> None:
    found = read(NOTICE)
    assert {fact.subject for fact in found} == {"青禾尼龙有限公司", "白鹭电气有限公司"}
    assert {fact.relation for fact in found} == {FactRelation.WON_TENDER}
    first = found[0]
    assert first.object == "北岭市轨道交通三号线绝缘材料采购项目"
    assert first.attributes == {
        facts.STAGE: "won",
        facts.TENDERED_BY: "北岭市轨道交通集团有限公司",
        facts.AMOUNT: "人民币12,345.67万元",
        facts.AMOUNT_FEN: "12345670000",
        facts.ANNOUNCED: "2031-05-14",
    }


def test_the_company_of_a_short_message_is_who_speaks_in_it() -> None:
    (fact,) = read("远山股份公告，公司成为北岭市污水处理厂扩建工程的中标人，中标价为1.07亿元。")
    assert fact.subject == "远山股份"
    assert fact.object == "北岭市污水处理厂扩建工程"
    assert fact.attributes[facts.AMOUNT_FEN] == "10700000000"


def test_a_share_price_between_a_name_and_its_verb_is_read_over_and_quoted_literally() -> None:
    text = "白鹭电气(8.880,0.05,0.57%)中标中国移动(1.2,0.1,9.1%)2031年开关电源采购项目。"
    (fact,) = read(text)
    assert fact.subject == "白鹭电气"
    assert fact.object in text
    assert fact.span in text


def test_candidates_are_not_winners_yet() -> None:
    text = "远山股份公告，公司为北岭大桥施工项目的第一中标候选人，公示期为三天。"
    (fact,) = read(text)
    assert fact.attributes[facts.STAGE] == "candidate"


@pytest.mark.parametrize(
    ("text", "winners", "about"),
    [
        (
            (
                "青禾建设公告，公司与白鹭设计院有限公司组成的联合体收到业主方北岭市住房和城乡建设局的中标通知书，"
                "成为北岭市旅游扶贫一期PPP项目的中标单位。"
            ),
            {"青禾建设", "白鹭设计院有限公司"},
            "北岭市旅游扶贫一期PPP项目",
        ),
        (
            "远山重工股份有限公司以3.26亿元中标三号线牵引系统采购项目，招标人为北岭轨道有限公司。",
            {"远山重工股份有限公司"},
            "三号线牵引系统采购项目",
        ),
        (
            "远山股份公告，在国家电网有限公司2031年第二次电能表采购项目中，公司中标两个包。",
            {"远山股份"},
            "2031年第二次电能表采购项目",
        ),
        (
            "远山股份公告，全资子公司青禾尼龙工程有限公司联合白鹭机械有限公司中标云江大桥工程。",
            {"青禾尼龙工程有限公司", "白鹭机械有限公司"},
            "云江大桥工程",
        ),
    ],
)
def test_notices_tell_of_awards_in_many_words(text: str, winners: set[str], about: str) -> None:
    found = read(text)
    assert {fact.subject for fact in found} == winners
    assert {fact.object for fact in found} == {about}


def test_a_text_made_to_keep_a_reader_busy_is_read_in_bounded_steps() -> None:
    hostile = ("以元凭借再又的公告" * 12 + "，") * 2_000
    assert [fact.subject for fact in read(f"远山股份公告，公司中标云江大桥工程。{hostile}")] == [
        "远山股份"
    ]


def test_two_projects_in_one_notice_are_two_awards_with_their_own_amounts() -> None:
    text = """远山股份公告，近日，公司收到招标人北岭市水务局发来的中标通知书。
项目名称：北岭市东区管网改造工程
中标价：2,000万元
项目名称：北岭市西区管网改造工程
中标价：3,000万元
"""
    found = {fact.object: fact.attributes[facts.AMOUNT_FEN] for fact in read(text)}
    assert found == {
        "北岭市东区管网改造工程": "2000000000",
        "北岭市西区管网改造工程": "3000000000",
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "北岭市国债招标结束，十年期品种中标利率2.70%。",
        "远山股份公告，公司拟回购股份，回购金额不超过1亿元。",
        "本次招标尚未开标。",
    ],
)
def test_who_is_told_of_no_winner_tells_of_none(text: str) -> None:
    assert read(text) == ()


@given(
    st.text(alphabet="公司中标收到由为项目工程的，。：“”（）与和、12亿万元远山\n ", max_size=300)
)
def test_whatever_is_told_stands_literally_in_the_text(text: str) -> None:
    for fact in read(text, published=date(2031, 5, 1)):
        assert fact.subject in text
        assert fact.object in text
        assert fact.span in text
        assert fact.attributes.get(facts.TENDERED_BY, "") in text
        assert fact.attributes.get(facts.AMOUNT, "") in text


@pytest.mark.realdata
def test_real_notices_are_read_better_than_not_at_all() -> None:
    from martlet.supplychain.extraction.evaluation import LabelledSet, evaluate
    from martlet.supplychain.extraction.reading import Mistakes

    file = shared_data("supply-chain/duee-fin") / "dev.jsonl"
    report = evaluate(LabelledSet.DUEEFIN, file, None, Mistakes()).as_json()
    assert report["documents_with_awards_count"] == 65
    assert report["arguments_exact"]["f1"] > 0.6
