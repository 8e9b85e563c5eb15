"""The model of a lender's own table: few bad cases, any columns, no order, no leak, no pickle."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from martlet.credit.portfolio.encoding import count_levels, derive, learn_encoder
from martlet.credit.portfolio.engine import Explanatory, FittedPortfolio, fit, read_fitted
from martlet.credit.portfolio.linear import learn_bins
from martlet.credit.training.fit import stratified_folds
from martlet.credit.training.measures import auc
from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from martlet.credit.training.arrays import Floats, Truths

COLUMNS = (
    Explanatory("turnover", "higher"),
    Explanatory("overdrawn_days", "lower"),
    Explanatory("shoe_size", "unknown"),
    Explanatory("town", "unknown", categorical=True),
)


def shops(count: int, seed: int = 7) -> tuple[pl.DataFrame, Truths, Floats]:
    """Return made-up shops: turnover and overdrafts matter, one town is bad, shoes are nothing."""
    rng = np.random.default_rng(seed)
    turnover = np.round(rng.lognormal(10, 1, count))
    overdrawn = rng.poisson(3, count).astype(float)
    town = rng.choice(["杭州", "义乌", "Bad Town"], count, p=[0.5, 0.4, 0.1])
    logit = (
        -1.2 - 1.1 * (np.log(turnover) - 10) + 0.35 * (overdrawn - 3) + 1.5 * (town == "Bad Town")
    )
    bad = rng.random(count) < 1 / (1 + np.exp(-logit))
    turnover[rng.random(count) < 0.05] = np.nan
    frame = pl.DataFrame(
        {
            "turnover": turnover,
            "overdrawn_days": overdrawn,
            "shoe_size": rng.normal(41, 2, count),
            "town": town,
        }
    ).with_columns(pl.col("turnover").fill_nan(None))
    prior = np.nan_to_num(np.log(turnover) - 10, nan=0.0) * 0.5 + 2
    return frame, bad, prior


@cache
def fitted() -> FittedPortfolio:
    frame, bad, prior = shops(240)
    return fit(frame, COLUMNS, bad, prior)


def test_a_table_with_some_dozens_of_bad_cases_ranks_cases_not_seen() -> None:
    frame, bad, prior = shops(2_000, seed=8)
    found = auc(bad, fitted().pd(frame, prior).pd)
    assert found > 0.78
    assert found > auc(bad, -prior) + 0.02, "what was learnt says more than the prior"


def test_probabilities_are_calibrated_and_lie_in_their_intervals() -> None:
    frame, bad, prior = shops(2_000, seed=9)
    answer = fitted().pd(frame, prior)
    assert abs(float(answer.pd.mean()) - float(bad.mean())) < 0.06
    assert (answer.low <= answer.pd).all()
    assert (answer.pd <= answer.high).all()
    assert (answer.high - answer.low).min() > 0.01, "240 cases leave every pd open by a point"


def test_the_order_of_rows_is_nothing() -> None:
    frame, bad, prior = shops(240)
    turned = np.random.default_rng(3).permutation(240)
    again = fit(frame[turned], COLUMNS, bad[turned], prior[turned])
    assert again.version == fitted().version
    assert np.array_equal(again.pd(frame, prior).pd, fitted().pd(frame, prior).pd)


def test_the_artefact_is_json_and_scores_the_same_when_read_back() -> None:
    frame, _, prior = shops(50, seed=4)
    back = read_fitted(fitted().as_bytes(), fitted().report)
    assert np.array_equal(back.pd(frame, prior).pd, fitted().pd(frame, prior).pd)
    with pytest.raises(Invalid, match="artefact_unreadable"):
        read_fitted(b'{"format": 1, "kind": "scorecard"}', fitted().report)


@pytest.mark.parametrize(("column", "better"), [("turnover", 1.1), ("overdrawn_days", 0.5)])
def test_a_told_direction_is_kept_whatever_the_cases_say(column: str, better: float) -> None:
    frame, _, prior = shops(400, seed=5)
    raised = frame.with_columns(pl.col(column) * better)
    before, after = fitted().pd(frame, prior).pd, fitted().pd(raised, prior).pd
    assert (after <= before + 1e-12).all()
    assert (after < before).any(), "and it does count"


def test_a_column_of_noise_adds_nothing_to_speak_of() -> None:
    """Three columns of noise, no prior: nothing is promised, and no case is singled out."""
    rng = np.random.default_rng(1)
    frame = pl.DataFrame({name: rng.normal(size=300) for name in "abc"})
    bad = rng.random(300) < 0.12
    columns = [Explanatory(name, "unknown") for name in "abc"]
    model = fit(frame, columns, bad, np.zeros(300))
    assert model.report.nested
    assert model.report.auc.value < 0.6
    assert model.report.brier.value < model.report.brier_of_base_rate * 1.1
    assert np.ptp(model.pd(frame, np.zeros(300)).pd) < 0.15, "and it is not sure of itself"


def test_the_report_tells_the_best_single_column_beside() -> None:
    report = fitted().report
    assert report.single_column == "turnover"
    assert report.auc.low < report.auc.value < report.auc.high
    assert set(report.model_aucs) == {"prior", "scorecard", "randomised"}
    assert report.as_json()["cases"] == 240


def test_few_bad_cases_leave_the_prior_most_of_the_word() -> None:
    weights = fitted().report.weights
    assert weights["prior"] > 0
    silent = fit(shops(240)[0], COLUMNS, shops(240)[1], np.zeros(240)).report.weights
    assert silent["scorecard"] > weights["scorecard"], "a prior that says nothing gets no share"


def test_a_table_just_above_the_size_of_a_small_one_is_fitted() -> None:
    """5,400 rows are no small table, their training folds of 4,320 would be."""
    frame, bad, prior = shops(5_400, seed=11)
    report = fit(frame, COLUMNS, bad, prior).report
    assert set(report.rounds) == {"boosted", "randomised"}
    assert not report.nested
    assert report.auc.value > 0.78


def test_with_hardly_any_bad_case_nothing_is_learnt() -> None:
    frame, _, prior = shops(60)
    bad = np.arange(60) < 4
    with pytest.raises(Invalid, match="training_data_unusable"):
        fit(frame, COLUMNS, bad, prior)


def test_a_level_never_helps_to_encode_its_own_case() -> None:
    """Every firm has a town of its own: encoded by others, the column knows nothing."""
    bad = np.arange(200) % 5 == 0
    frame = pl.DataFrame({"town": [f"town {number}" for number in range(200)]})
    columns = [Explanatory("town", "unknown", categorical=True)]
    encoder = learn_encoder(frame, columns, bad)
    folds = stratified_folds(bad, 5, np.random.default_rng(2))
    assert np.ptp(encoder.training_matrix(frame, bad, folds)[:, 0]) < 0.05
    unseen = encoder.matrix(pl.DataFrame({"town": ["another", None]}))
    assert unseen[:, 0].tolist() == pytest.approx([np.log(0.2 / 0.8)] * 2)


def test_a_rare_level_is_drawn_to_the_base_rate() -> None:
    levels = count_levels("town", ["a"] * 100 + ["b"], np.array([False] * 90 + [True] * 11))
    often, rare = levels.encode(["a", "b"])[:, 0]
    assert often < np.log(0.11 / 0.89) < rare < np.log(0.25 / 0.75), "one bad case is not 100 %"


def test_close_columns_are_compared_and_told_ones_left_alone() -> None:
    rng = np.random.default_rng(5)
    granted = np.round(rng.lognormal(10, 1, 500), -2)
    frame = pl.DataFrame({"granted": granted, "paid_out": granted * rng.uniform(0.8, 1, 500)})
    open_ones = [Explanatory("granted", "unknown"), Explanatory("paid_out", "unknown")]
    found = {(part.how, part.first, part.second) for part in derive(frame, open_ones)}
    assert ("ratio", "granted", "paid_out") in found
    assert ("zeros", "granted", "") in found
    told = [Explanatory("granted", "higher"), Explanatory("paid_out", "higher")]
    assert derive(frame, told) == ()


def test_bins_of_a_told_direction_only_get_safer() -> None:
    rng = np.random.default_rng(6)
    values = np.where(rng.random(500) < 0.1, np.nan, rng.normal(size=500))
    bins = learn_bins(values, "higher", rng.random(500) < 0.2, 8)
    assert (np.diff(bins.woe[:-1]) >= -1e-12).all()
    assert np.isfinite(bins.of(np.array([np.nan, -99.0, 99.0]))).all()
