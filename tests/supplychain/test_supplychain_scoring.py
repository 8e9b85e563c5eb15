"""What is counted when a reader of texts is scored, by hand and by the command."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from martlet.cli.app import build
from martlet.supplychain.extraction.model import AS_EDGE, FactRelation
from martlet.supplychain.extraction.ports import UNKNOWN, LabelGuess
from martlet.supplychain.extraction.scoring import (
    calibration_error,
    score_arguments,
    score_mentions,
    score_pairs,
)

if TYPE_CHECKING:
    from pathlib import Path

LABELS = st.sampled_from([UNKNOWN, "合作", "收购", "被收购"])

FINRE = """\
青禾材料\t远山汽车\t订单\t青禾材料近日向远山汽车供货阻燃尼龙。

远山汽车\t青禾材料\tunknown\t青禾材料近日向远山汽车供货阻燃尼龙。
白鹭电子\t青禾材料\t被收购\t青禾材料宣布收购白鹭电子全部股权。
白鹭电子\t北岭机械\tunknown\t白鹭电子与北岭机械的股价今日双双走高。
"""


def run(*arguments: object) -> dict[str, object]:
    typed = ["supplychain", "evaluate", *map(str, arguments), "--json"]
    result = CliRunner().invoke(build(), typed)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_pair_labelled_unknown_asks_for_nothing_and_forgives_nothing() -> None:
    labels = ["合作", "合作", UNKNOWN, UNKNOWN]
    guesses = [
        LabelGuess("合作", 0.9),
        LabelGuess(UNKNOWN, 0.9),
        LabelGuess("收购", 0.5),
        LabelGuess(UNKNOWN, 0.9),
    ]
    found = score_pairs(labels, guesses)
    assert (found.micro.right, found.micro.told, found.micro.labelled) == (1, 2, 2)
    assert found.micro.f1 == 0.5
    assert found.accuracy == 0.5
    assert found.by_label["收购"].precision == 0.0


@given(st.lists(LABELS, min_size=1))
def test_who_answers_every_row_as_labelled_has_every_figure_at_its_best(labels: list[str]) -> None:
    found = score_pairs(labels, [LabelGuess(label, 1.0) for label in labels])
    known = [label for label in labels if label != UNKNOWN]
    assert found.accuracy == 1.0
    assert found.micro.f1 == (1.0 if known else 0.0)
    assert found.calibration == (0.0 if known else None)


@given(st.lists(st.tuples(LABELS, LABELS, st.floats(0, 1)), min_size=1))
def test_no_figure_leaves_zero_to_one(rows: list[tuple[str, str, float]]) -> None:
    guesses = [LabelGuess(guess, sure) for _, guess, sure in rows]
    found = score_pairs([label for label, _, _ in rows], guesses)
    figures = [found.accuracy, found.micro.precision, found.micro.recall, found.micro.f1]
    figures.append(found.calibration or 0.0)
    assert all(0.0 <= figure <= 1.0 for figure in figures)


def test_names_that_training_did_not_name_are_scored_apart() -> None:
    labelled = [frozenset({"青禾材料", "远山汽车"}), frozenset({"白鹭电子"})]
    told = [{"青禾材料": 0.9, "阻燃尼龙": 0.4}, {"白鹭电子": 0.8}]
    found = score_mentions(labelled, told, {"青禾材料"})
    assert (found.all_names.right, found.all_names.told, found.all_names.labelled) == (2, 3, 3)
    assert (found.unseen.right, found.unseen.told, found.unseen.labelled) == (1, 2, 2)


def test_one_who_is_right_as_often_as_he_says_is_calibrated() -> None:
    assert calibration_error([(0.75, True)] * 3 + [(0.75, False)]) == 0.0
    assert calibration_error([(0.95, False)] * 4) == pytest.approx(0.95)
    assert calibration_error([]) is None


def test_a_labelled_argument_is_won_once() -> None:
    labelled = [frozenset({("中标公司", "青禾材料"), ("招标方", "北岭市交通局")})]
    told = [{("中标公司", "青禾材料"): 0.9, ("中标公司", "青禾"): 0.8, ("招标方", "北岭"): 0.3}]
    exact, _, _ = score_arguments(labelled, told, lambda _, a, b: a == b)
    relaxed, by_role, _ = score_arguments(labelled, told, lambda _, a, b: a in b or b in a)
    assert (exact.right, exact.told, exact.labelled) == (1, 3, 2)
    assert (relaxed.right, by_role["中标公司"].right) == (2, 1)


def test_every_relation_of_texts_has_its_edge_in_the_graph() -> None:
    assert set(AS_EDGE) == set(FactRelation)
    assert AS_EDGE[FactRelation.BUYS_FROM].relation is AS_EDGE[FactRelation.SUPPLIES].relation
    assert AS_EDGE[FactRelation.BUYS_FROM].reverse


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_command_scores_a_file_in_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "valid.txt"
    file.write_bytes(FINRE.encode(encoding))
    found = run("--set", "finre", "--file", file)["deterministic"]
    assert found["rows_count"] == 4
    assert found["by_relation"]["被收购"]["told_right_count"] == 1
    mentions = run("--set", "mentions", "--file", file, "--train", file)["deterministic"]
    assert mentions["names"]["labelled_in_file_count"] == 6
    assert mentions["unseen_names"]["labelled_in_file_count"] == 0


def test_an_empty_file_and_bad_lines_are_told_not_stumbled_over(tmp_path: Path) -> None:
    file = tmp_path / "valid.txt"
    file.write_bytes(b"")
    assert run("--set", "finre", "--file", file)["deterministic"]["rows_count"] == 0
    file.write_bytes(
        FINRE.encode() + "只有一格\n".encode() + FINRE.encode("gb18030") + b"\xff\xff\n"
    )
    told = run("--set", "finre", "--file", file)
    assert told["bad_lines_count"] == 2
    assert told["deterministic"]["rows_count"] == 8
