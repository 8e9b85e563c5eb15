"""A challenger's artefact: monotone, whole, the same one by one and over columns, to the byte."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.credit.boosted_examples import (
    AGE,
    BY_HAND,
    FEATURES,
    SALES,
    VOID,
    challenger,
    monotone_trees,
)

from martlet.credit import BoostedTrees, ModelKind, expert_scorecard, read_deciding, read_model
from martlet.credit.artefact import kind_of_model, kinds_read
from martlet.credit.boosted import Tree, read_boosted
from martlet.credit.limits import BOOSTED_BYTES_MAX, TREE_DEPTH_MAX, TREE_LEAVES_MAX
from martlet.credit.scorecard import Direction
from martlet.kernel.canonical import canonical_json, parse_json
from martlet.kernel.errors import Invalid, Refused

KINDS_SHOWN = (SALES, VOID, AGE)
VALUES = st.fixed_dictionaries({}, optional={kind: st.integers(-10, 30) for kind in KINDS_SHOWN})
FORESTS = st.lists(monotone_trees(), min_size=1, max_size=5).map(lambda made: challenger(*made))


def test_a_tree_reads_like_a_list_of_questions() -> None:
    model, base = challenger(), 4_600_000
    unit = model.micro_per_point
    assert model.score({SALES: 1_000_000, VOID: 100_000}) == (base - 300_000) // unit
    assert model.score({SALES: 1_000_000, VOID: 100_001}) == (base - 800_000) // unit
    assert model.score({SALES: 1_000_001, AGE: 366}) == (base + 900_000) // unit
    assert model.score({SALES: 1_000_001}) == (base + 100_000) // unit, "no age: as if young"
    assert model.score({}) == (base - 800_000) // unit, "no voids known: as if many"
    assert model.neutral_pd_ppm == model.pd_ppm(model.score({}))


@settings(max_examples=150, deadline=None)
@given(FORESTS, st.lists(VALUES, min_size=1, max_size=20))
def test_columns_score_as_one_by_one(model: BoostedTrees, rows: list[dict[str, int]]) -> None:
    frame = pl.DataFrame(
        {kind: [row.get(kind) for row in rows] for kind in KINDS_SHOWN},
        schema=dict.fromkeys(KINDS_SHOWN, pl.Int64),
    )
    scores = [model.score(row) for row in rows]
    found = model.score_columns(frame)
    assert found["score"].to_list() == scores
    assert found["pd_ppm"].to_list() == [model.pd_ppm(score) for score in scores]
    without = model.score_columns(frame.drop(AGE))["score"].to_list()
    assert without == [
        model.score({kind: value for kind, value in row.items() if kind != AGE}) for row in rows
    ]


@settings(max_examples=150, deadline=None)
@given(FORESTS, VALUES, st.sampled_from(FEATURES), st.integers(0, 40))
def test_a_better_value_never_raises_the_pd(
    model: BoostedTrees, row: dict[str, int], feature: Any, by: int
) -> None:
    if feature.kind not in row:
        return
    step = by if feature.direction is Direction.HIGHER else -by
    better = {**row, feature.kind: row[feature.kind] + step}
    assert model.pd_ppm(model.score(better)) <= model.pd_ppm(model.score(row))


@settings(max_examples=60, deadline=None)
@given(FORESTS)
def test_an_artefact_reads_back_to_the_byte(model: BoostedTrees) -> None:
    again = read_model(model.artefact)
    assert isinstance(again, BoostedTrees)
    assert again == model
    assert again.artefact == model.artefact
    assert again.content_hash == model.content_hash


def test_an_artefact_says_what_kind_of_model_it_is() -> None:
    card, trees = expert_scorecard(), challenger()
    assert read_model(card.artefact) == card
    assert kind_of_model(card) is ModelKind.SCORECARD
    assert kind_of_model(read_model(trees.artefact)) is ModelKind.MONOTONE_TREES
    assert kinds_read(trees) == KINDS_SHOWN
    assert {"records_history_days", "invoice_void_share_ppm"} <= set(kinds_read(card))
    assert [ModelKind.of_mark(kind.mark) for kind in ModelKind] == list(ModelKind)


def test_a_pd_carries_its_interval_and_reads_back_with_it() -> None:
    plain = challenger()
    table = plain.pd_ppm_by_score
    low, high = tuple(pd // 2 + 1 for pd in table), tuple(pd // 2 + 500_000 for pd in table)
    sure = replace(plain, pd_low_ppm_by_score=low, pd_high_ppm_by_score=high)
    assert plain.pd_interval_ppm(500) is None
    assert sure.pd_interval_ppm(500) == (low[500], high[500])
    assert sure.pd_interval_ppm(-7) == (low[0], high[0])
    assert read_model(sure.artefact) == sure
    broken = sure.artefact.replace(b'"pd_low_ppm_by_score":[', b'"pd_low_ppm_by_score":[999999,')
    with pytest.raises(Invalid, match=r"credit\.artefact_unreadable"):
        read_model(broken)
    with pytest.raises(AssertionError, match="interval"):
        replace(plain, pd_low_ppm_by_score=high, pd_high_ppm_by_score=low)


def test_only_a_scorecard_is_read_as_a_model_that_decides() -> None:
    assert read_deciding(expert_scorecard().artefact) == expert_scorecard()
    with pytest.raises(Refused, match=r"credit\.only_scorecards_decide"):
        read_deciding(challenger().artefact)


def _tampered(**changes: Any) -> bytes:
    return canonical_json({**challenger().as_json(), **changes})


def _tree(**changes: Any) -> list[dict[str, Any]]:
    return [{**BY_HAND.as_json(), **changes}]


@pytest.mark.parametrize(
    "artefact",
    [
        b"",
        b"[]",
        b'{"kind":"monotone_trees"}',
        b'{"kind":"a_neural_net","format":1}',
        b" " * (BOOSTED_BYTES_MAX + 1),
        _tampered(format=2),
        _tampered(trees=_tree(leaf_micro=[-800_000, -300_000, 100_000, 900_000])),
        _tampered(trees=_tree(leaf_micro=[-300_000, -800_000, 900_000, 100_000])),
        _tampered(trees=_tree(leaf_micro=[-300_000, -800_000, 100_000])),
        _tampered(trees=_tree(leaf_micro=[-300_000, -800_000, 100_000, 10**12])),
        _tampered(trees=_tree(left=[0, ~0, ~2])),
        _tampered(trees=_tree(left=[1, ~0, ~0])),
        _tampered(trees=_tree(left=[2, ~0, ~2], right=[2, ~1, ~3])),
        _tampered(trees=_tree(feature=[0, 1, 3])),
        _tampered(trees=_tree(feature=[0, 1, True])),
        _tampered(trees=_tree(threshold=[1, 2, 2**63])),
        _tampered(trees=_tree(missing_left=[2, 0, 1])),
        _tampered(features=[]),
        _tampered(base_micro="4600000"),
        _tampered(micro_per_point=0),
        _tampered(pd_ppm_by_score=[1_000, 2_000]),
        _tampered(about=["data"]),
        challenger().artefact.replace(b'"base_micro":4600000', b'"base_micro":4600000.0'),
        challenger().artefact.replace(b'"threshold":[1000000', b'"threshold":[1000000.5'),
    ],
)
def test_a_tampered_artefact_is_refused(artefact: bytes) -> None:
    with pytest.raises(Invalid, match=r"credit\.artefact_unreadable"):
        read_model(artefact)


def test_a_scorecard_is_not_a_challenger() -> None:
    with pytest.raises(Invalid, match=r"credit\.artefact_unreadable"):
        read_boosted(expert_scorecard().artefact)
    assert parse_json(challenger().artefact)["kind"] == "monotone_trees"


def test_turning_a_direction_round_breaks_monotony() -> None:
    turned = replace(FEATURES[0], direction=Direction.LOWER)
    with pytest.raises(AssertionError, match="not monotone"):
        replace(challenger(), features=(turned, *FEATURES[1:]))


def _chain(splits: int) -> Tree:
    """A tree that asks the same question ever again, one deeper each time."""
    return Tree(
        feature=(0,) * splits,
        threshold=tuple(range(splits)),
        left=tuple(~at for at in range(splits)),
        right=(*range(1, splits), ~splits),
        missing_left=(0,) * splits,
        leaf_micro=tuple(range(splits + 1)),
    )


def test_a_tree_is_bounded_in_depth_and_leaves() -> None:
    assert _chain(TREE_DEPTH_MAX).depth == TREE_DEPTH_MAX
    with pytest.raises(AssertionError, match="deep"):
        _chain(TREE_DEPTH_MAX + 1)
    with pytest.raises(AssertionError, match="leaves"):
        _chain(TREE_LEAVES_MAX)
