"""Training: monotone whatever the data say, honest about what it has not seen, repeatable."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.realdata import shared_data

from martlet.credit import read_scorecard
from martlet.credit.defaults import expert_scorecard
from martlet.credit.scorecard import Direction, Scorecard
from martlet.credit.training import BacktestReport, Candidate, Measured, backtest, train
from martlet.credit.training.backtest import turnover_risk
from martlet.credit.training.binning import BinningRules, bin_characteristic, pre_edges
from martlet.credit.training.card import model_card
from martlet.credit.training.contest import LabelledFirms, labelled_at, read_contest
from martlet.credit.training.fit import stratified_folds
from martlet.credit.training.intervals import pd_bounds
from martlet.credit.training.logistic import fit_logistic
from martlet.credit.training.measures import auc, brier, calibration_error, ks
from martlet.credit.training.prior import expert_scorecard as prior_scorecard
from martlet.credit.training.scale import pd_table
from martlet.credit.training.singles import risk_by
from martlet.credit.training.study import (
    ALL_HISTORY,
    BEFORE_2019,
    LIMITS_OF_USE,
    backtest_folder,
    train_folder,
)
from martlet.kernel.canonical import canonical_json
from martlet.kernel.errors import Invalid, NotFound

TURNOVER = Candidate(
    "invoice_net_sales_total_fen", Direction.HIGHER, 1.0, 10**5, 10**12, logarithmic=True
)
SHARE = Candidate("invoice_void_share_ppm", Direction.LOWER, -1.0, 0, 10**6, unit=10**6)


def firms(count: int = 160, seed: int = 5) -> LabelledFirms:
    """Firms made up for a test: the larger and the cleaner, the safer."""
    rng = np.random.default_rng(seed)
    size = rng.normal(0, 1, count)
    void = rng.uniform(0, 1, count)
    bad = rng.uniform(size=count) < 1 / (1 + np.exp(1.3 + 1.5 * size - 2 * void))
    frame = pl.DataFrame(
        {
            TURNOVER.kind: (10 ** (8 + size)).astype(np.int64),
            SHARE.kind: (void * 1_000_000).astype(np.int64),
        }
    )
    holes = rng.uniform(size=count) < 0.1
    frame = frame.with_columns(
        pl.when(pl.Series(~holes)).then(pl.col(SHARE.kind)).alias(SHARE.kind)
    )
    return LabelledFirms(frame, bad, ALL_HISTORY, "made up for a test (synthetic)", count)


@cache
def trained_once() -> Scorecard:
    made = firms()
    return train(made.features, made.bad, (TURNOVER, SHARE), seed=1).scorecard


@cache
def measured_once() -> Measured:
    return backtest(firms(), "made up", (TURNOVER, SHARE), repeats=1)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.booleans()), min_size=2, max_size=120),
    st.sampled_from([TURNOVER, SHARE]),
    st.sampled_from([0.0, 1.0, 50.0]),
)
def test_bins_are_monotone_whatever_the_data_say(
    cases: list[tuple[int, bool]], candidate: Candidate, prior_cases: float
) -> None:
    values = np.array([value for value, _ in cases], dtype=np.float64)
    bad = np.array([is_bad for _, is_bad in cases])
    rules = BinningRules(prior_cases=max(prior_cases, 0.5))
    binning = bin_characteristic(candidate, values, bad, rules)
    steps = np.diff(binning.woe)
    safer = steps if candidate.direction is Direction.HIGHER else -steps
    assert (safer > 0).all()
    assert list(binning.edges) == sorted(set(binning.edges))
    assert len(binning.woe) == len(binning.edges) + 1


def test_bins_hold_as_many_bad_cases_as_they_must() -> None:
    values = np.arange(100, dtype=np.float64) * 10_000_000
    bad = np.arange(100) % 5 == 0
    rules = BinningRules(bads_min=6.0, prior_cases=1e-6)
    binning = bin_characteristic(TURNOVER, values, bad, rules)
    places = np.searchsorted(binning.edges, values, side="right")
    assert all(bad[places == place].sum() >= 6 for place in range(len(binning.woe)))


def test_edges_are_figures_that_people_can_read() -> None:
    edges = pre_edges(np.array([123_456.0, 234_567.0, 345_678.0, 456_789.0]), 0.25)
    assert edges.tolist() == [235_000.0, 346_000.0]


def test_no_weight_is_negative_and_the_prior_pulls() -> None:
    rng = np.random.default_rng(3)
    columns = rng.normal(size=(200, 2))
    good = rng.uniform(size=200) < 1 / (1 + np.exp(-(columns[:, 0] - columns[:, 1])))
    free = fit_logistic(columns, good, np.ones(2), 1e-6)
    assert free.weights[0] == pytest.approx(1.0, abs=0.4)
    assert free.weights[1] == 0.0
    held = fit_logistic(columns, good, np.ones(2), 1e6)
    assert held.weights == pytest.approx([1.0, 1.0], abs=1e-3)


def test_training_twice_gives_the_same_bytes_and_the_artefact_reads_back() -> None:
    made = firms()
    first = train(made.features, made.bad, (TURNOVER, SHARE), seed=1).scorecard
    again = train(made.features, made.bad, (TURNOVER, SHARE), seed=1).scorecard
    assert first.artefact == again.artefact
    assert read_scorecard(first.artefact) == first


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**11), st.integers(0, 10**6), st.integers(1, 10**9))
def test_more_sales_and_fewer_voids_never_score_lower(sales: int, void: int, more: int) -> None:
    card = trained_once()
    values = {TURNOVER.kind: sales, SHARE.kind: void}
    better = {TURNOVER.kind: sales + more, SHARE.kind: max(void - more, 0)}
    assert card.score(better) >= card.score(values)
    assert card.pd_ppm(card.score(better)) <= card.pd_ppm(card.score(values))


def test_a_business_of_which_nothing_is_known_gets_the_pd_of_all() -> None:
    made = firms()
    card = train(made.features, made.bad, (TURNOVER, SHARE)).scorecard
    assert card.neutral_pd_ppm == pytest.approx(made.bad.mean() * 1_000_000, rel=0.25)


def test_too_few_bad_cases_are_refused() -> None:
    made = firms(30)
    with pytest.raises(Invalid, match=r"credit\.training_data_unusable"):
        train(made.features, np.arange(30) < 3, (TURNOVER,))


def test_the_expert_prior_that_ships_is_the_one_written_down() -> None:
    assert expert_scorecard().artefact == prior_scorecard().artefact


def test_measures_agree_with_figures_worked_out_by_hand() -> None:
    bad = np.array([True, True, False, False])
    assert auc(bad, np.array([0.9, 0.4, 0.4, 0.1])) == pytest.approx(0.875)
    assert ks(bad, np.array([0.9, 0.4, 0.4, 0.1])) == pytest.approx(0.5)
    assert brier(bad, np.array([1.0, 0.5, 0.5, 0.0])) == pytest.approx(0.125)
    assert calibration_error(bad, np.full(4, 0.5), 1) == pytest.approx(0.0)


def test_folds_deal_out_good_and_bad_evenly() -> None:
    bad = np.arange(100) < 27
    folds = stratified_folds(bad, 5, np.random.default_rng(1))
    assert {int(bad[folds == fold].sum()) for fold in range(5)} == {5, 6}


def test_a_backtest_on_noise_finds_nothing() -> None:
    """Labels drawn by lot: whoever finds more than chance has looked at the test folds."""
    made = firms(200)
    lots = np.random.default_rng(11).permutation(made.bad)
    noise = LabelledFirms(made.features, lots, made.as_of, made.source, 0)
    measured = backtest(noise, "noise", (TURNOVER, SHARE), repeats=1)
    assert measured.auc.low < 0.5 < measured.auc.high


def test_a_card_says_what_was_measured_and_what_it_is_not_for() -> None:
    made, measured = firms(), measured_once()
    card = model_card(trained_once(), (measured,), LIMITS_OF_USE)
    assert "turnover alone" in card
    assert measured.auc.text in card
    rows = BacktestReport(made.source, synthetic=True, measured=(measured,)).rows()
    assert {"measure": "AUC", "made up": measured.auc.text} in rows
    assert LIMITS_OF_USE[0] in card
    assert "| from | below | points |" in card


def test_a_missing_folder_is_refused_by_the_name_of_the_file(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with pytest.raises(NotFound, match=r"123_firms\.csv"):
        backtest_folder(tmp_path_factory.mktemp("empty"))


def test_a_pd_has_an_interval_that_reads_back_and_holds_it() -> None:
    card = trained_once()
    for score in range(-50, 1_100, 25):
        bounds = card.pd_interval_ppm(score)
        assert bounds is not None
        assert bounds[0] <= card.pd_ppm(score) <= bounds[1]
    assert read_scorecard(card.artefact).pd_interval_ppm(500) == card.pd_interval_ppm(500)


def test_an_artefact_without_intervals_is_read_as_it_always_was() -> None:
    card = expert_scorecard()
    assert b"pd_low_ppm_by_score" not in card.artefact
    assert read_scorecard(card.artefact).pd_interval_ppm(500) is None


def test_a_pd_outside_its_interval_is_refused() -> None:
    card = trained_once()
    upside_down = {
        **card.as_json(),
        "pd_low_ppm_by_score": list(card.pd_high_ppm_by_score),
        "pd_high_ppm_by_score": list(card.pd_low_ppm_by_score),
    }
    with pytest.raises(Invalid, match="a pd out of its interval"):
        read_scorecard(canonical_json(upside_down))


def test_fewer_businesses_make_a_pd_less_sure() -> None:
    def width(count: int) -> int:
        rng = np.random.default_rng(7)
        held_out = rng.normal(1.3, 1.5, (1, count))
        bad = rng.uniform(size=count) > 1 / (1 + np.exp(-held_out[0]))
        low, high = pd_bounds(held_out, bad, pd_table(), 10.0, np.random.default_rng(1))
        place = 450
        return high[place] - low[place]

    assert width(100) > 2 * width(1_600)


def test_a_single_figure_is_ranked_the_way_it_declares() -> None:
    frame = pl.DataFrame({"invoice_void_share_ppm": [10, None, 900_000, 20]})
    risk = risk_by(frame, "invoice_void_share_ppm", higher_is_safer=False)
    assert risk.tolist() == [10, 900_000, 900_000, 20]
    sales = pl.DataFrame({"invoice_net_sales_total_fen": [5, None, 0]})
    assert turnover_risk(sales).tolist() == [-5, 0, 0]


def test_the_card_shows_intervals_fifths_and_the_best_single_figures() -> None:
    made, measured = firms(), measured_once()
    assert {one.kind for one in measured.singles} == {TURNOVER.kind, SHARE.kind}
    assert sum(one.came for one in measured.fifths) / 5 == pytest.approx(made.bad.mean(), abs=0.01)
    assert all(one.low <= one.foretold <= one.high for one in measured.fifths)
    card = model_card(trained_once(), (measured,), LIMITS_OF_USE)
    assert "| figure, alone | AUC |" in card
    assert "| fifth | pd foretold | its 95 % interval | bad came |" in card
    assert "| score | pd | 95 % interval |" in card
    assert "Evaluation 9" in card


@pytest.mark.realdata
def test_real_firms_are_ranked_at_least_as_well_as_by_turnover() -> None:
    folder = shared_data("credit/cumcm2020c")
    report = train_folder(folder, repeats=1)
    for part in report.measured:
        assert (part.firms, part.bads) == (123, 27)
        assert part.auc.low < part.auc.value < part.auc.high
        assert part.auc.high > 0.8
        assert part.auc.value > part.turnover_auc.value - 0.02
        assert len(part.singles) == 10
        assert part.brier.value < part.brier_of_base_rate
    assert report.scorecard.about["synthetic"] == "no"


@pytest.mark.realdata
def test_what_was_not_known_yet_changes_nothing() -> None:
    records, labels = read_contest(shared_data("credit/cumcm2020c"))
    cut = {kind: rows.filter(pl.col("day") <= BEFORE_2019) for kind, rows in records.items()}
    whole, part = (labelled_at(found, labels, BEFORE_2019) for found in (records, cut))
    assert whole.features.equals(part.features)
    assert auc(whole.bad, turnover_risk(whole.features)) > 0.85
