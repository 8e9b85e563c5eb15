"""Training a challenger: monotone and whole, begun at the expert's curves, the same every time."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.credit.test_credit_training import SHARE, TURNOVER, firms
from tests.realdata import shared_data

from martlet.credit import read_model
from martlet.credit.scorecard import Direction
from martlet.credit.training import Candidate, ComparisonReport, compare, train_trees
from martlet.credit.training.arrays import column_of
from martlet.credit.training.boosted import LENGTHS, TrainedTrees, _boost, _grow, _Grown
from martlet.credit.training.candidates import INVOICE_CANDIDATES
from martlet.credit.training.challenger_card import challenger_card
from martlet.credit.training.contest import BEFORE_2019, labelled_at, read_contest
from martlet.credit.training.measures import auc, auc_paired
from martlet.credit.training.prior_trees import MICRO, curve_tree
from martlet.kernel.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from martlet.credit.boosted import Tree
    from martlet.credit.training.arrays import Floats

CANDIDATES = (TURNOVER, SHARE)


@cache
def trained_once() -> TrainedTrees:
    made = firms(400)
    return train_trees(made.features, made.bad, CANDIDATES, about={"synthetic": "yes"})


def test_training_twice_gives_the_same_bytes_and_the_artefact_reads_back() -> None:
    made = firms(400)
    first = trained_once().model
    again = train_trees(made.features, made.bad, CANDIDATES, about={"synthetic": "yes"}).model
    assert first.artefact == again.artefact
    assert read_model(first.artefact) == first


def test_it_ranks_firms_that_it_has_not_seen() -> None:
    unseen = firms(400, seed=6)
    scored = trained_once().model.score_columns(unseen.features)
    assert auc(unseen.bad, scored["pd_ppm"].to_numpy().astype(np.float64)) > 0.75
    mean = scored["pd_ppm"].to_numpy().mean() / MICRO
    assert mean == pytest.approx(float(unseen.bad.mean()), abs=0.06)


def test_every_pd_lies_in_its_interval() -> None:
    model = trained_once().model
    for score in (200, 400, 500, 600, 800):
        low, high = model.pd_interval_ppm(score) or (0, 0)
        assert low < model.pd_ppm(score) < high


def test_lengths_share_the_average_and_longer_ones_count_less_tree_by_tree() -> None:
    trained = trained_once()
    assert sum(trained.shares.values()) == pytest.approx(1.0)
    assert set(trained.shares) <= set(LENGTHS)
    assert len(trained.model.trees) <= len(CANDIDATES) + max(trained.shares)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**11), st.integers(0, 10**6), st.integers(1, 10**9))
def test_a_better_firm_never_has_a_higher_pd(sales: int, void: int, more: int) -> None:
    model = trained_once().model
    here = model.score({TURNOVER.kind: sales, SHARE.kind: void})
    assert model.score({TURNOVER.kind: sales + more, SHARE.kind: void}) >= here
    assert model.score({TURNOVER.kind: sales, SHARE.kind: max(void - more, 0)}) >= here
    assert 0 < model.neutral_pd_ppm < MICRO


def _worth(tree: Tree, values: Floats) -> Floats:
    missing = np.isnan(values)
    whole = np.where(missing, 0, values).astype(np.int64)
    return tree.worth_columns(whole[np.newaxis], missing[np.newaxis]) / MICRO


@pytest.mark.parametrize("candidate", [*INVOICE_CANDIDATES, TURNOVER, SHARE])
def test_a_curve_as_a_tree_is_the_curve_in_steps(candidate: Candidate) -> None:
    values = np.linspace(candidate.low, candidate.high, 500).round()
    tree = curve_tree(0, candidate, np.append(values, np.nan))
    tree.check_monotone((candidate.direction,))
    exact, steps = candidate.prior_logit(values), _worth(tree, values)
    height = float(np.ptp(exact))
    assert np.abs(steps - exact).max() <= height / 8
    home = float(_worth(tree, np.array([np.nan]))[0])
    assert abs(home - exact.mean()) <= height / 8, "a missing value counts as an average one"


def test_whole_numbers_say_what_lightgbm_says(monkeypatch: pytest.MonkeyPatch) -> None:
    lightgbm = pytest.importorskip("lightgbm")
    made, boosters = firms(300), []
    columns = np.column_stack([column_of(made.features, c.kind) for c in CANDIDATES])
    assert np.isnan(columns).any(), "missing values are among them"
    train = lightgbm.train

    def watched(*arguments: Any, **options: Any) -> Any:
        boosters.append(train(*arguments, **options))
        return boosters[-1]

    monkeypatch.setattr(lightgbm, "train", watched)
    trees, gains = _boost(columns, made.bad, np.zeros(300), CANDIDATES, 30)
    mine = _Grown(0, (), trees, gains).micro_at([30], columns)[0] / MICRO
    theirs = boosters[0].predict(columns, raw_score=True)
    assert np.abs(mine - theirs).max() < 30 / MICRO


def test_boosting_stops_by_itself_where_nothing_is_left_to_learn() -> None:
    columns = np.ones((60, 2))
    bad = np.arange(60) % 3 == 0
    grown = _grow(columns, bad, CANDIDATES, 10)
    assert len(grown.boosted) == 10
    assert grown.gains.sum() == 0
    logits = grown.micro_at(LENGTHS[:3], columns) / MICRO
    assert np.allclose(logits, np.log(2), atol=0.01), "the base rate: two good for each bad"


def test_too_few_bad_cases_are_refused() -> None:
    made = firms(60)
    bad = np.zeros(60, dtype=bool)
    bad[:9] = True
    with pytest.raises(Invalid, match=r"credit\.training_data_unusable"):
        train_trees(made.features, bad, CANDIDATES)


def test_without_the_library_one_clear_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    made = firms(100)
    with pytest.raises(Unavailable, match="boosting"):
        train_trees(made.features, made.bad, CANDIDATES)


def test_a_comparison_shows_both_and_turnover_with_intervals() -> None:
    found = compare(firms(100), "made up", CANDIDATES, repeats=1)
    report = ComparisonReport("made up for a test", synthetic=True, compared=(found,))
    assert [row["measure"] for row in report.rows()][-1] == "AUC above the scorecard"
    assert found.auc_gain.low <= found.auc_gain.value <= found.auc_gain.high
    gain = found.challenger.auc.value - found.scorecard.auc.value
    assert found.auc_gain.value == pytest.approx(gain)
    told = report.as_json()["compared"][0]
    assert told["challenger"]["auc"]["low"] < told["challenger"]["auc"]["high"]
    card = challenger_card(trained_once().model, [found], ["Not for real use."])
    assert trained_once().model.content_hash in card
    assert "cannot decide" in card
    assert "Not for real use." in card
    for feature in trained_once().model.features:
        assert f"`{feature.kind}`" in card


def test_a_way_of_ranking_is_no_better_than_itself() -> None:
    rng = np.random.default_rng(1)
    bad, risks = np.arange(50) % 4 == 0, rng.uniform(size=(2, 50))
    same = auc_paired(bad, risks, risks, rng)
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)
    better = auc_paired(bad, np.stack([bad + 0.0] * 2), risks, rng)
    assert better.low > 0


@pytest.mark.realdata
def test_a_challenger_trains_on_real_firms_the_same_every_time() -> None:
    records, labels = read_contest(shared_data("credit/cumcm2020c"))
    known = labelled_at(records, labels, BEFORE_2019)
    first = train_trees(known.features, known.bad).model
    assert first.artefact == train_trees(known.features, known.bad).model.artefact
    assert [f.direction for f in first.features] == [c.direction for c in INVOICE_CANDIDATES]
    assert Direction.LOWER in {f.direction for f in first.features}
    scored = first.score_columns(known.features)
    rows = known.features.select(first.kinds).to_dicts()
    one_by_one = [
        first.score({kind: value for kind, value in row.items() if value is not None})
        for row in rows
    ]
    assert scored["score"].to_list() == one_by_one
    assert auc(known.bad, scored["pd_ppm"].to_numpy().astype(np.float64)) > 0.85
