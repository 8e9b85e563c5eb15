"""Trees, blend and bands: what they may read, what they must not, and that they hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from martlet.cashflow import Ask, History, chinese_calendar, weekday_calendar
from martlet.cashflow.blend import blended, inner_origins
from martlet.cashflow.boosting import Setting, predict, train
from martlet.cashflow.conformal import Checked, calibrated, moved
from martlet.cashflow.lags import NAMES, rows, sums
from martlet.cashflow.levels import at_levels
from martlet.cashflow.rules import RULES, by_rule
from martlet.cashflow.tiers import Boosting, Rule

LEVELS = (0.1, 0.5, 0.9)
QUICK = Setting(rounds=15, threads=1)


def shops(count: int = 24, days: int = 260, seed: int = 5) -> History:
    """Made-up shops: busy at weekends, some closed on many days, one that has just opened."""
    random = np.random.default_rng(seed)
    week = np.array([1.0, 0.9, 0.9, 1.0, 1.2, 1.6, 1.4])
    usual = random.uniform(50, 5_000, (count, 1)) * week[np.arange(days) % 7]
    values = usual * random.gamma(9.0, 1 / 9.0, (count, days))
    values[::6] *= random.random((len(values[::6]), days)) < 0.4
    values[-1, : days - 3] = np.nan
    return History(tuple(f"S{n:03d}" for n in range(count)), date(2025, 1, 6), values)


def dates(history: History, horizon: int) -> np.ndarray:
    return np.datetime64(history.first_day) + np.arange(history.day_count + horizon)


def test_a_feature_reads_nothing_at_or_after_its_origin() -> None:
    history = shops()
    other = history.values.copy()
    other[:, 200:] = 1e9
    seen, scale = rows(sums(history.values), 200, 28, dates(history, 28))
    again, same = rows(sums(other), 200, 28, dates(history, 28))
    assert seen.shape == (24, 28, len(NAMES))
    np.testing.assert_array_equal(seen, again)
    np.testing.assert_array_equal(scale, same)


def test_the_weekday_that_is_foretold_is_the_weekday_that_is_remembered() -> None:
    history = shops()
    seen, scale = rows(sums(history.values), 210, 14, dates(history, 14))
    last_week = seen[:, :, NAMES.index("weekday_1")] * scale[:, None]
    np.testing.assert_allclose(last_week[:23, 3], history.values[:23, 206], rtol=1e-5)
    np.testing.assert_allclose(last_week[:23, 10], history.values[:23, 206], rtol=1e-5)


def test_the_same_data_and_seed_grow_the_same_trees() -> None:
    history, ask = shops(), Ask(14, LEVELS, (7, 14))
    days = chinese_calendar().features(history.first_day, history.day_count + 14, history.last_day)
    answers = []
    for _ in range(2):
        model = train(history, ask, days, QUICK, ("squares",))
        assert model is not None
        answers.append(predict(model, history, ask, days, "squares"))
    np.testing.assert_array_equal(answers[0].quantiles, answers[1].quantiles)
    assert (np.diff(answers[0].quantiles, axis=2) >= 0).all()
    assert all((np.diff(total, axis=1) >= 0).all() for total in answers[0].cumulative.values())


def test_too_little_to_learn_from_grows_no_tree() -> None:
    history, ask = shops(count=2, days=20), Ask(14, LEVELS, (7, 14))
    days = weekday_calendar().features(history.first_day, 34, history.last_day)
    assert train(history, ask, days, QUICK) is None


def test_a_blend_is_chosen_before_its_origin() -> None:
    """What comes after the origin changes neither the weights nor the answer."""
    history, ask = shops(), Ask(14, LEVELS, (7, 14))
    tiers = {"weekday mean": Rule("weekday mean"), "boosting": Boosting(setting=QUICK)}
    then = replace(history, values=history.values[:, :240])
    answer, weights = blended(then, ask, tiers)
    assert sum(weights.mean) == pytest.approx(1)
    assert max(inner_origins(240, 14)) + 14 <= 240
    assert np.isfinite(answer.mean).all()
    assert np.isfinite(answer.quantiles).all()
    assert (np.diff(answer.quantiles, axis=2) >= 0).all()


def test_a_short_past_is_blended_alike() -> None:
    history = shops(days=60)
    tiers = {name: Rule(name) for name in ("weekday mean", "last year")}
    answer, weights = blended(history, Ask(14, LEVELS, (7,)), tiers)
    assert weights.mean == (0.5, 0.5, 0.0)
    assert answer.mean.shape == (24, 14)


def test_bands_that_were_too_narrow_are_widened_until_they_hold() -> None:
    random = np.random.default_rng(7)
    known = random.normal(100, 10, (60, 120))
    ask = Ask(28, LEVELS, (7, 28))
    history = History(tuple(map(str, range(60))), date(2025, 1, 6), known)
    said = by_rule(RULES["weekday mean"], history, ask)
    narrow = replace(said, quantiles=said.mean[:, :, None] + np.array([-2.0, 0.0, 2.0]))
    checked = [Checked(known, narrow, random.normal(100, 10, (60, 28))) for _ in range(3)]
    later = random.normal(100, 10, (60, 28))
    held = moved(narrow, known, calibrated(checked))
    inside = (later >= held.at(0.1)) & (later <= held.at(0.9))
    assert 0.76 < inside.mean() < 0.84
    assert ((later >= narrow.at(0.1)) & (later <= narrow.at(0.9))).mean() < 0.3


def test_levels_between_known_ones_lie_between_them() -> None:
    known = np.array([[0.0, 10.0, 30.0]])
    found = at_levels(known, (0.1, 0.5, 0.9), (0.1, 0.3, 0.5, 0.9, 0.99))
    assert found[0, 0] == 0.0
    assert 0.0 < found[0, 1] < 10.0
    assert found[0, 2] == pytest.approx(10.0)
    assert found[0, 4] > 30.0
