"""Forms of files: each row becomes facts with their source and date, or says why it does not."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.realdata import shared_data

from martlet.kernel.errors import Invalid, NotFound
from martlet.supplychain import Edge, Node, Relation
from martlet.supplychain.facts import Finding
from martlet.supplychain.loaders import Moments, facts_from
from martlet.supplychain.loaders.gdes import last_day
from martlet.supplychain.loaders.organisations import is_organisation
from martlet.supplychain.loaders.rows import day_of
from martlet.supplychain.ownership import cycles
from martlet.supplychain.wire import node_json

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
# Made up, with check signs that are right.
CODE, OTHER_CODE = "91330200MA2AAAAA1K", "91330200MA2BBBBB2Y"


def read(
    form: str, place: Path, known_on: date | None = None
) -> tuple[dict[str, Node], list[Edge], list[Finding]]:
    nodes: dict[str, Node] = {}
    edges: list[Edge] = []
    findings: list[Finding] = []
    for fact in facts_from(form, place, Moments(NOW, known_on)):
        if isinstance(fact, Finding):
            findings.append(fact)
        else:
            for node in fact.nodes:
                before = nodes.get(node.key, node).attributes
                nodes[node.key] = replace(node, attributes={**before, **node.attributes})
            edges += fact.edges
    return nodes, edges, findings


def pairs(edges: list[Edge]) -> set[tuple[str, str, str]]:
    def bare(key: str) -> str:
        return key.split(":", 1)[1]

    return {(bare(e.from_key), e.relation.value, bare(e.to_key)) for e in edges}


def put(folder: Path, **files: str | bytes) -> Path:
    for name, text in files.items():
        raw = text if isinstance(text, bytes) else text.encode()
        (folder / name.replace("__", ".")).write_bytes(raw)
    return folder


def test_ckg_runs_the_way_goods_run_and_is_never_known_before_it_was_had(tmp_path: Path) -> None:
    put(
        tmp_path,
        company__csv="\ufeffCode,short_name,full_name,exchange,list_date\n"
        "600001SH,甲股份,甲制造股份有限公司,上交所,2001-05-06\n",
        company_product__csv="company,product,weight\n600001SH,尼龙丝,0.6\n600001SH,水,1.3\n",
        product_product__csv="from,to,rel\n安全带,尼龙丝,上游材料\n合成纤维,尼龙丝,产品小类\n"
        "尼龙丝,安全带,下游产品\n安全带,安全带,上游材料\n甲,乙,远房亲戚\n",
    )
    nodes, edges, findings = read("ckg", tmp_path, date(2026, 2, 1))
    assert pairs(edges) >= {
        ("甲制造股份有限公司", "makes", "尼龙丝"),
        ("尼龙丝", "material_of", "安全带"),
        ("尼龙丝", "kind_of", "合成纤维"),
    }
    assert {edge.provenance.known_at for edge in edges} == {datetime(2026, 2, 1, 16, tzinfo=UTC)}
    assert nodes["firm:甲制造股份有限公司"].attributes["short_name"] == "甲股份"
    assert [edge.share_ppm for edge in edges if edge.relation is Relation.MAKES] == [600_000, None]
    assert {one.code for one in findings} == {
        "supplychain.share_outside",
        "supplychain.relation_unknown",
    }


def test_ickg_is_known_from_the_end_of_its_day_and_a_trade_is_no_firm(tmp_path: Path) -> None:
    put(
        tmp_path,
        entity2id__txt="3\n电池厂\t0\n整车厂\t1\n锂电行业\t2\n一种电池\t3\n",
        relation2id__txt="供给\t0\n涉足行业\t1\n持有专利\t2\n",
        time2id__txt="0,2025-02-01\n1,2025-02-02\n",
        quads_dev__txt="0\t0\t1\t0\n0\t1\t2\t1\n0\t2\t3\t1\n0\t0\t2\t1\n9\t0\t1\t0\n",
    )
    _nodes, edges, findings = read("ickg", tmp_path)
    assert pairs(edges) == {
        ("电池厂", "supplies", "整车厂"),
        ("电池厂", "in_industry", "锂电行业"),
        ("电池厂", "holds_patent", "一种电池"),
    }
    first = edges[0].provenance
    assert (first.known_at, first.valid_from) == (
        datetime(2025, 2, 1, 16, tzinfo=UTC),
        date(2025, 2, 1),
    )
    assert [(one.code, one.row) for one in findings] == [
        ("supplychain.not_a_firm", 4),
        ("supplychain.ids_unknown", 5),
    ]


def test_a_snapshot_speaks_until_the_next_is_due(tmp_path: Path) -> None:
    assert last_day(date(2020, 6, 30)) == date(2020, 12, 30)
    assert last_day(date(2020, 12, 31)) == date(2021, 6, 29)
    put(
        tmp_path,
        A_2020_06_30__csv="supplier,customer\n0,1\n1,1\n",
        A_2020_12_31__csv="supplier,customer\n0,1\n",
        node_index__json='{"CSF1": 0, "ICN2": 1}',
    )
    _nodes, edges, _findings = read("gdes", tmp_path)
    assert [edge.provenance.valid_from for edge in edges] == [
        date(2020, 6, 30), date(2020, 6, 30), date(2020, 12, 31),
    ]  # fmt: skip
    assert edges[0].from_key == "firm:gdes/CSF1"
    assert len(read("gdes", tmp_path / "A_2020_12_31.csv")[1]) == 1


def test_kag_adds_transfers_up_by_month_and_names_no_person(tmp_path: Path) -> None:
    put(
        tmp_path,
        Company__csv='id,name,product\nC1,甲**公司,"橡胶-轮胎"\nC2,乙**公司,\nC3,丙**公司,\n',
        Product__csv='id,belongToIndustry,hasSupplyChain\n橡胶,化工,"橡胶-轮胎,橡胶"\n',
        Company_fundTrans_Company__csv="srcId,dstId,transDate,transAmt\n"
        "C1,C2,20230801,100.5\nC1,C2,20230820,1\nC1,C9,20230820,1\nC2,C1,2023,1\n",
        Person__csv='id,name,age,legalRepresentative\n0,臧*,38,"甲**公司,丙**公司"\n',
    )
    nodes, edges, findings = read("kag", tmp_path)
    paid = [edge for edge in edges if edge.relation is Relation.PAYS]
    assert [(edge.amount_fen, edge.provenance.valid_until) for edge in paid] == [
        (10_150, date(2023, 8, 31))
    ]
    assert ("橡胶-轮胎", "kind_of", "橡胶") in pairs(edges)
    assert ("橡胶", "material_of", "橡胶-轮胎") in pairs(edges)
    assert {one.code for one in findings} == {
        "supplychain.self_loop",
        "supplychain.firm_unknown",
        "supplychain.cell_unreadable",
    }
    flag = nodes["firm:kag/C1"].attributes
    assert flag == {"private_same_representative": "firm:kag/C3"}
    assert node_json(nodes["firm:kag/C1"])["attributes"] == {}
    assert not any("臧" in node.name for node in nodes.values())


REGISTER = (
    "企业名称,统一社会信用代码,法定代表人,地址,成立日期,所属行业,股东,持股比例,参保人数\n"
    f"甲尼龙有限公司,{CODE},张三,一号路,2017年3月1日,塑料,乙控股集团有限公司；张三,60%,40\n"
    f"丙配件有限公司,{OTHER_CODE},张三,一号路,2019/1/2,塑料,丙配件有限公司,,9\n"
    "丁铺,9133WRONG,李四,二号路,,,,,\n"
    ",,,,,,,,\n"
    '戊厂,,"没有合上\n'
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_register_joins_what_others_told_of_the_name(tmp_path: Path, encoding: str) -> None:
    put(tmp_path, register__csv=REGISTER.encode(encoding))
    nodes, edges, findings = read("register", tmp_path / "register.csv")
    assert pairs(edges) >= {
        ("甲尼龙有限公司", "alias_of", CODE),
        ("乙控股集团有限公司", "parent_of", CODE),
        (CODE, "in_industry", "塑料"),
    }
    assert nodes[f"firm:{CODE}"].attributes["founded_on"] == "2017-03-01"
    assert next(e for e in edges if e.relation is Relation.PARENT_OF).share_ppm == 600_000
    assert not any("张三" in text for node in nodes.values()
                   for text in (node.name, *node.attributes.values()))  # fmt: skip
    flags = {key: node.attributes.get("private_same_representative") for key, node in nodes.items()}
    assert flags[f"firm:{CODE}"] == f"firm:{OTHER_CODE}"
    assert [(one.code, one.row) for one in findings] == [
        ("supplychain.self_loop", 3),
        ("supplychain.credit_code_wrong", 4),
        ("supplychain.row_quote_open", 6),
    ]


def test_a_name_of_two_firms_joins_nothing(tmp_path: Path) -> None:
    put(
        tmp_path,
        r__csv=f"name,credit_code\n华宏贸易有限公司,{CODE}\n华宏贸易有限公司,{OTHER_CODE}\n"
        "华宏贸易有限公司,\n",
    )
    _nodes, edges, findings = read("register", tmp_path / "r.csv")
    assert edges == []
    assert [(one.code, one.row) for one in findings] == [("supplychain.name_shared", 4)]


def test_a_patent_that_was_bought_was_anothers_before(tmp_path: Path) -> None:
    put(
        tmp_path,
        p__csv="申请号,专利名称,专利类型,申请人,申请日,授权公告日,法律状态,转让日期,受让人,发明人,产品\n"
        "CN2020101,阻燃尼龙,发明,甲有限公司,2020-01-05,2022-03-01,有权,,,王五,阻燃尼龙粒\n"
        "CN2020102,一种挂钩,实用新型,乙有限公司;赵六,2020-02-05,2020-09-01,有权,2025-06-01,甲有限公司,,\n"
        "CN2020103,一种杯子,外观设计,赵六,2020-02-05,,有权,,,,\n",
    )
    nodes, edges, findings = read("patents", tmp_path / "p.csv")
    held = {
        (edge.from_key, edge.to_key): edge.provenance
        for edge in edges
        if edge.relation is Relation.HOLDS_PATENT
    }
    assert set(held) == {
        ("firm:甲有限公司", "patent:2020101"),
        ("firm:甲有限公司", "patent:2020102"),
        ("firm:乙有限公司", "patent:2020102"),
    }
    bought = held["firm:甲有限公司", "patent:2020102"]
    sold = held["firm:乙有限公司", "patent:2020102"]
    assert (bought.valid_from, sold.valid_until) == (date(2025, 6, 1), date(2025, 5, 31))
    assert sold.known_at == datetime(2020, 9, 1, 16, tzinfo=UTC)
    assert bought.known_at == datetime(2025, 6, 1, 16, tzinfo=UTC)
    assert nodes["patent:2020102"].attributes["ownership"] == "bought"
    assert nodes["patent:2020101"].attributes["type"] == "invention"
    assert ("2020101", "patent_covers", "阻燃尼龙粒") in pairs(edges)
    assert [one.code for one in findings] == ["supplychain.holders_persons"]
    assert not any("赵六" in key or "王五" in key for key in nodes)


def release(**changes: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "ocid": "ocds-1-2026-7",
        "date": "2026-01-10T00:00:00Z",
        "tender": {"title": "绝缘件采购", "datePublished": "2026-01-02"},
        "parties": [{"id": "b1", "name": "某市公交集团有限公司"}],
        "buyer": {"id": "b1"},
        "awards": [
            {
                "id": "a1",
                "status": "active",
                "date": "2026-01-09",
                "value": {"amount": 1234.56, "currency": "CNY"},
                "suppliers": [{"name": "甲绝缘材料有限公司"}],
            }
        ],
        "contracts": [{"awardID": "a1", "dateSigned": "2026-01-20", "value": {"amount": 1000}}],
    }
    return plain | changes


@pytest.mark.parametrize(
    "package",
    [
        release(),
        {"releases": [release()]},
        {"records": [{"ocid": "x", "compiledRelease": release(), "releases": [release()]}]},
    ],
)
def test_a_tender_says_who_won_and_who_supplies_whom(
    tmp_path: Path, package: dict[str, Any]
) -> None:
    put(tmp_path, t__json=json.dumps(package))
    _nodes, edges, findings = read("ocds", tmp_path / "t.json")
    assert pairs(edges) == {
        ("甲绝缘材料有限公司", "won_tender", "ocds-1-2026-7"),
        ("ocds-1-2026-7", "tendered_by", "某市公交集团有限公司"),
        ("甲绝缘材料有限公司", "supplies", "某市公交集团有限公司"),
    }
    amounts = {edge.relation.value: edge.amount_fen for edge in edges}
    assert (amounts["won_tender"], amounts["supplies"]) == (123_456, 100_000)
    assert findings == []


def test_cancelled_awards_and_foreign_money_are_no_amounts(tmp_path: Path) -> None:
    cancelled = {"id": "a2", "status": "cancelled", "suppliers": [{"name": "乙有限公司"}]}
    foreign = {
        "id": "a3", "date": "2026-01-09", "value": {"amount": 5, "currency": "USD"},
        "suppliers": [{"name": "丙有限公司"}, {"name": "张三"}],
    }  # fmt: skip
    lines = [json.dumps(release(awards=[cancelled, foreign], contracts=[])), "{broken"]
    put(tmp_path, t__jsonl="\n".join(lines))
    _nodes, edges, findings = read("ocds", tmp_path)
    won = [edge for edge in edges if edge.relation is Relation.WON_TENDER]
    assert [(edge.from_key, edge.amount_fen) for edge in won] == [("firm:丙有限公司", None)]
    assert [one.code for one in findings] == [
        "supplychain.currency_other",
        "supplychain.holders_persons",
        "supplychain.row_unreadable",
    ]


def test_lines_of_two_encodings_in_one_file_are_both_read(tmp_path: Path) -> None:
    raw = "名称,代码\n".encode() + "甲,1\n".encode("gb18030") + "乙,2\n".encode() + b"\xff\xff,3\n"
    put(tmp_path, industry__csv=raw)
    nodes, _edges, findings = read("ckg", tmp_path)
    assert set(nodes) == {"industry:甲", "industry:乙"}
    assert [(one.code, one.row) for one in findings] == [("supplychain.row_unreadable", 4)]


def test_what_is_no_file_of_the_form_is_refused_by_name(tmp_path: Path) -> None:
    empty = put(tmp_path, e__csv="") / "e.csv"
    for form, place, error in (
        ("patents", empty, "file_empty"),
        ("register", tmp_path, "file_needed"),
        ("ckg", tmp_path, "form_not_here"),
        ("ckg", empty, "folder_needed"),
        ("tea leaves", tmp_path, "form_unknown"),
    ):
        with pytest.raises(Invalid, match=error):
            read(form, place)
    with pytest.raises(NotFound, match="file_missing"):
        read("ocds", tmp_path / "nowhere.json")
    put(tmp_path, w__csv="x,y\n1,2\n")
    with pytest.raises(Invalid, match="columns_missing"):
        read("register", tmp_path / "w.csv")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-02", date(2026, 3, 2)),
        ("2026/3/2", date(2026, 3, 2)),
        ("20260302", date(2026, 3, 2)),
        ("2026年3月2日", date(2026, 3, 2)),
        ("2026-03-02T10:00:00Z", date(2026, 3, 2)),
        ("2026-02-30", None),
        ("-", None),
    ],
)
def test_a_day_is_read_however_it_is_written(text: str, day: date | None) -> None:
    assert day_of(text) == day


def test_persons_are_told_from_organisations() -> None:
    firms = ("甲有限公司", "宁波大学", "Acme Co., Ltd.", "老王面店", "比亚迪汽车工业")
    persons = ("张三", "欧阳小明", "买买提·艾力", "John Smith", "张*", "")
    assert all(is_organisation(name) for name in firms)
    assert not any(is_organisation(name) for name in persons)


def test_rings_of_owners_are_each_told_once() -> None:
    owners = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "e"), ("e", "d"), ("x", "y")]
    assert sorted(cycles(owners, 10)) == [["a", "b", "c", "a"], ["d", "e", "d"]]
    assert len(cycles(owners, 1)) == 1


@pytest.mark.realdata
def test_the_published_graphs_are_read_whole() -> None:
    place = shared_data("supply-chain")
    _nodes, edges, findings = read("kag", place / "kag-supplychain")
    paid = (place / "kag-supplychain/Company_fundTrans_Company.csv").read_text().split()[1:]
    yuan = sum(int(line.split(",")[3]) for line in paid)
    assert sum(e.amount_fen or 0 for e in edges if e.relation is Relation.PAYS) == yuan * 100
    assert findings == []
    nodes, edges, findings = read("ickg", place / "ickg25")
    lines = 60_968
    assert len(edges) + len(findings) == lines
    assert len(findings) < lines // 50
    assert sum(edge.relation is Relation.HOLDS_PATENT for edge in edges) == 19_244
    assert all(node.name for node in nodes.values())
