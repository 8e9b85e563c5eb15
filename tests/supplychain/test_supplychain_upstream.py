"""What is a product made of? A list of dishes and of electronics answers for products beyond it."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.realdata import shared_data
from typer.testing import CliRunner

from martlet.cli.app import build
from martlet.cli.session import open_session
from martlet.kernel.errors import Invalid
from martlet.kernel.i18n import Locale, explain
from martlet.supplychain.links.candidates import COLUMNS, propose
from martlet.supplychain.links.coined import PartReader
from martlet.supplychain.links.matrices import filled
from martlet.supplychain.links.model import Ground, Vocabulary
from martlet.supplychain.links.names_text import grams_of, without
from martlet.supplychain.links.plain_methods import plain_ranks
from martlet.supplychain.links.ranking import Curve, Examples, fit_curve, fit_ranker
from martlet.supplychain.links.upstream import examples_of, graph_of, learn
from martlet.supplychain.links.upstream_evaluation import is_hidden
from martlet.supplychain.links.upstream_reading import Told, read_edges, read_queries
from martlet.supplychain.model import Relation

if TYPE_CHECKING:
    from pathlib import Path

    from martlet.supplychain.links.model import Suggestion

DISHES = [
    ("红豆汤", "红豆"),
    ("红豆汤", "冰糖"),
    ("绿豆汤", "绿豆"),
    ("绿豆汤", "冰糖"),
    ("莲子汤", "莲子"),
    ("莲子汤", "冰糖"),
    ("牛肉面", "牛肉"),
    ("牛肉面", "面粉"),
    ("羊肉面", "羊肉"),
    ("羊肉面", "面粉"),
    ("鸡蛋面", "鸡蛋"),
    ("鸡蛋面", "面粉"),
]
ELECTRONICS = [
    ("手机电池", "锂"),
    ("手机电池", "铜箔"),
    ("汽车电池", "锂"),
    ("汽车电池", "铜箔"),
    ("笔记本电池", "锂"),
    ("笔记本外壳", "铝合金"),
    ("相机外壳", "铝合金"),
    ("相机外壳", "材料"),
]
LIST = [*DISHES, *ELECTRONICS]
NONE = Vocabulary()


def asked(
    product: str, edges: list[tuple[str, str]] = LIST, names: Vocabulary = NONE, count: int = 8
) -> list[Suggestion]:
    learnt = learn(edges, names, np.random.default_rng(3))
    return list(learnt.suggest([product], count))


def materials(answers: list[Suggestion]) -> list[str]:
    return [each.material for each in answers]


def test_a_product_nobody_listed_is_answered_from_its_name() -> None:
    answers = asked("紫薯汤")
    assert answers[0].material == "冰糖"
    assert [each.rank for each in answers] == list(range(1, len(answers) + 1))
    why = answers[0].whys[0]
    assert why.ground is Ground.ALIKE
    assert "莲子汤" in explain(why.ground.value, why.details, Locale.ZH_CN)


def test_a_material_that_stands_in_the_name_is_found_though_no_edge_ever_named_it() -> None:
    found = {each.material: each for each in asked("紫薯汤")}
    assert found["紫薯"].whys[0].ground is Ground.NEW_IN_NAME
    inside = {each.material: each for each in asked("红豆面")}
    assert inside["红豆"].whys[0].ground is Ground.IN_NAME
    assert {"红豆", "面粉"} <= set(materials(asked("红豆面"))[:3])


def test_what_is_known_and_the_product_itself_are_left_out() -> None:
    answers = materials(
        asked("手机电池", [*LIST, ("手机电池", "手机电池"), ("电池组", "手机电池")])
    )
    assert not {"锂", "铜箔", "手机电池"} & set(answers)


def test_what_goes_together_with_a_known_material_is_told_so() -> None:
    edges = [
        ("口红", "蜂蜡"),
        ("唇膏", "蜂蜡"),
        ("唇膏", "香精"),
        ("发蜡", "蜂蜡"),
        ("发蜡", "香精"),
    ]
    answers = {each.material: each for each in asked("口红", [*edges, *ELECTRONICS])}
    grounds = {why.ground: why.details for why in answers["香精"].whys}
    assert grounds[Ground.TOGETHER] == {"material": "香精", "known": "蜂蜡", "count": 2}
    assert answers["香精"].rank == 1


def test_a_listed_name_may_be_a_material_and_a_general_one_is_called_so() -> None:
    names = Vocabulary(("紫薯粉", "飞机票"), (("手表外壳", "外壳"),))
    assert "紫薯粉" in materials(asked("紫薯粥", names=names))
    general = next(each for each in asked("手表外壳", names=names) if each.material == "材料")
    assert general.whys[-1].ground is Ground.GENERIC


def test_a_hidden_edge_never_helps_to_find_itself() -> None:
    hidden = ("紫薯汤", "木薯粉")
    examples = examples_of(LIST, [hidden], NONE)
    assert not examples.true.any()
    shown = examples_of([*LIST, ("紫薯羹", "木薯粉")], [hidden], NONE)
    assert shown.true.sum() == 1


def test_likelier_never_stands_below_less_likely() -> None:
    for product in ("紫薯汤", "猪肉面", "手表电池", "红豆汤", "无关", "X"):
        chances = [each.probability for each in asked(product)]
        assert chances == sorted(chances, reverse=True)
        assert all(0 < chance < 1 for chance in chances)


def test_probabilities_mean_what_they_say_on_edges_the_curve_was_fitted_on() -> None:
    rng = np.random.default_rng(5)
    scores = rng.normal(size=4_000).astype(np.float32)
    true = rng.random(4_000) < 1 / (1 + np.exp(3 - 1.5 * scores))
    product = np.arange(4_000) // 4
    curve = fit_curve(scores, Examples(product, scores[:, None], true))
    said = curve.probabilities(scores, product)
    assert abs(said.mean() - true.mean()) < 0.005
    high = said > np.quantile(said, 0.9)
    assert abs(said[high].mean() - true[high].mean()) < 0.05


def test_scores_that_tell_nothing_are_not_turned_round() -> None:
    scores = np.array([3, 2, 1, 3, 2, 1], np.float32)
    true = np.array([0, 0, 1, 0, 0, 1], bool)
    curve = fit_curve(scores, Examples(np.array([0, 0, 0, 1, 1, 1]), scores[:, None], true))
    assert curve.slope == 0
    assert Curve(1.0, -1.0, 0.0).probabilities(scores, np.arange(6)).argmax() in range(6)


def test_the_ranker_learns_which_column_speaks() -> None:
    rng = np.random.default_rng(1)
    columns = rng.random((2_000, len(COLUMNS))).astype(np.float32)
    product = np.arange(2_000) // 20
    at = COLUMNS.index("votes")
    best = np.array([columns[product == each, at].max() for each in range(100)])
    true = columns[:, at] == best[product]
    scores = fit_ranker(Examples(product, columns, true), 1).scores(columns)
    first = np.array([scores[product == each].argmax() for each in range(100)])
    assert np.mean([true[product == each][pick] for each, pick in enumerate(first)]) > 0.9


@settings(max_examples=25, deadline=None)
@given(st.text(alphabet="红豆汤面电池锂X ", min_size=1, max_size=12))
def test_any_name_gets_an_answer_without_itself_or_its_known(name: str) -> None:
    graph = graph_of(LIST, NONE, [name])
    found = propose(graph, [name])
    known = set(graph.known(name))
    assert not known & set(found.material.tolist())
    assert name not in {graph.materials[number] for number in found.material}
    assert np.isfinite(found.columns).all()
    assert len(set(grams_of(name))) == len(grams_of(name))
    assert len(without(name, [name])) == 0


def test_a_stretch_that_reads_like_a_material_is_coined_from_others() -> None:
    reader = PartReader([("黄瓜炒蛋", "黄瓜"), ("番茄炒蛋", "番茄"), ("苦瓜炒蛋", "苦瓜")])
    assert reader.coined("丝瓜炒蛋", {"蛋"})[0][0] == "丝瓜"


def test_plain_methods_rank_filtered_and_count_a_miss_as_never() -> None:
    shown = [("甲汤", "盐"), ("乙汤", "盐"), ("乙汤", "水"), ("丙汤", "水")]
    ranks = plain_ranks(shown, [("甲汤", "水"), ("甲汤", "铁")], ["盐", "水", "铁"])
    assert ranks["popularity"] == {("甲汤", "水"): 1.0, ("甲汤", "铁"): np.inf}
    assert ranks["pagerank"]["甲汤", "水"] == 1.0
    assert ranks["text_similarity"]["甲汤", "铁"] == np.inf


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_dirty_file_is_read_and_what_is_left_out_is_told(tmp_path: Path, encoding: str) -> None:
    long = "长" * 61
    text = f"Tail , HEAD\n冰糖,红豆汤\n冰糖,红豆汤\n\n汤,汤\n,面\n{long},汤\n盐\n"
    text += "虾\u200d,汤\nA\x07,汤\n"
    told = Told()
    edges = read_edges(write(tmp_path / "e.csv", text, encoding), told)
    assert edges == [("红豆汤", "冰糖"), ("汤", "虾\u200d")]
    assert (told.rows, told.repeated, told.loops, told.bad) == (8, 1, 1, 4)
    assert told.bad_lines[0] == ("e.csv", 6)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "links.no_rows"),
        ("head,tail\n", "links.no_rows"),
        ("head,tail\n汤,汤\n", "links.no_rows"),
        ("a,b\n1,2\n", "links.column_missing"),
    ],
)
def test_a_file_that_says_nothing_is_refused(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_edges(write(tmp_path / "e.csv", text), Told())
    assert refused.value.code == code


def test_bytes_that_are_no_text_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_bytes(b"head\n\xff\xff\xff\n")
    for name, code in (("q.csv", "links.encoding_unknown"), ("none.csv", "links.file_missing")):
        with pytest.raises(Invalid) as refused:
            read_queries(tmp_path / name, Told())
        assert refused.value.code == code


def test_one_edge_is_too_few_and_no_count_is_outside() -> None:
    with pytest.raises(Invalid, match="edges_few"):
        learn([("汤", "盐"), ("汤", "汤")], NONE, np.random.default_rng(1))
    with pytest.raises(Invalid, match="count_outside"):
        asked("汤", count=0)


def test_the_command_ranks_and_says_why_in_both_languages(tmp_path: Path) -> None:
    lines = "".join(f"{head},{tail}\n" for head, tail in LIST)
    edges = write(tmp_path / "e.csv", "head,tail\n" + lines)
    queries = write(tmp_path / "q.csv", "head\n紫薯汤\n红豆汤\n紫薯汤\n")
    out = tmp_path / "out.csv"
    told = ["--edges", str(edges), "--queries", str(queries), "--out", str(out), "--k", "3"]
    done = CliRunner().invoke(build(), ["supplychain", "link", *told, "--json"])
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert (facts["suggestions_count"], facts["products_unknown_count"]) == (6, 1)
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["head", "tail", "rank", "score", "reason"]
    assert [row["head"] for row in rows] == ["紫薯汤"] * 3 + ["红豆汤"] * 3
    assert rows[0]["tail"] == "冰糖"
    assert "products of like names use it" in rows[0]["reason"]


def test_an_inferred_material_waits_for_a_person_and_is_never_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARTLET_HOME", str(tmp_path / "home"))
    lines = "".join(f"{head},{tail}\n" for head, tail in LIST)
    edges = write(tmp_path / "e.csv", "head,tail\n" + lines)
    queries = write(tmp_path / "q.csv", "head\n紫薯汤\n")
    asked_for = ["--edges", str(edges), "--queries", str(queries), "--out", str(tmp_path / "o.csv")]
    assert CliRunner().invoke(build(), ["init"]).exit_code == 0
    for _ in range(2):
        told = ["supplychain", "link", *asked_for, "--propose-from", "0.2", "--json"]
        done = CliRunner().invoke(build(), told)
        assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["proposed_count"] == 1
    with open_session() as session:
        waiting = session.bank.supplychain.waiting(session.principal, what="link")
    assert [one.state for one in waiting] == ["waiting"]
    edge = waiting[0].edges[0]
    assert edge.relation is Relation.MATERIAL_OF
    assert (edge.from_key, edge.to_key) == ("product:冰糖", "product:紫薯汤")
    assert edge.provenance.inferred
    assert "products of like names use it" in waiting[0].explanation["reason"]


def test_the_evaluation_prints_every_figure_and_how_it_was_measured(tmp_path: Path) -> None:
    many = [(f"{a}{head}", tail) for a in "甲乙丙丁" for head, tail in LIST]
    lines = "".join(f"{head},{tail}\n" for head, tail in many)
    edges = write(tmp_path / "e.csv", "head,tail\n" + lines)
    told = ["supplychain", "evaluate-upstream", "--edges", str(edges), "--json"]
    done = CliRunner().invoke(build(), told)
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["edges_hidden_count"] == sum(map(is_hidden, many))
    whole = report["ranked"]["all_tails_known_by_name"]
    assert whole["hits_at_10"] >= report["plain_methods_all_tails"]["popularity"]["hits_at_10"]
    assert whole["mrr_interval"][0] <= whole["mrr"] <= whole["mrr_interval"][1]


@pytest.mark.realdata
def test_on_public_dishes_and_goods_the_evidence_beats_likeness_of_names() -> None:
    folder = shared_data("supply-chain/ckg")
    with (folder / "product_product.csv").open(encoding="utf-8-sig") as file:
        rows = [row for row in csv.DictReader(file) if row["rel"] == "上游材料"]
    edges = sorted({(row["from"], row["to"]) for row in rows if row["from"].endswith("粥")})
    hidden = [pair for pair in edges if is_hidden(pair)][:150]
    shown = [pair for pair in edges if not is_hidden(pair)]
    tails = sorted({tail for _, tail in edges})
    learnt = learn(shown, Vocabulary(tuple(tails)), np.random.default_rng(2))
    answers: dict[str, list[str]] = {}
    for each in learnt.suggest([head for head, _ in hidden], 10):
        answers.setdefault(each.product, []).append(each.material)
    ours = np.mean([tail in answers[head] for head, tail in hidden])
    plain = plain_ranks(shown, hidden, tails)["text_similarity"]
    assert ours > np.mean([rank <= 10 for rank in plain.values()])


def test_a_matrix_adds_what_falls_on_one_place() -> None:
    assert filled([0, 0], [1, 1], [1.0, 2.0], (1, 2)).toarray().tolist() == [[0.0, 3.0]]
