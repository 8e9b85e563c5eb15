"""Days, weeks and the month are one forecast."""

from __future__ import annotations

import numpy as np

from martlet.cashflow.grains import grain_sums, in_time


def test_a_horizon_has_its_whole_weeks_and_its_whole() -> None:
    assert grain_sums(5).shape == (0, 5)
    assert grain_sums(7).shape == (1, 7)
    month = grain_sums(30)
    assert list(month.sum(axis=1)) == [30, 7, 7, 7, 7]


def test_a_sure_week_moves_unsure_days_and_an_unsure_week_moves_nothing() -> None:
    days, week = np.full(7, 10.0), np.array([91.0])
    summing = grain_sums(7)
    unsure_days = np.array([4.0, 1, 1, 1, 1, 1, 1])
    sure = in_time(days, week, summing, np.concatenate([[0.0], unsure_days]))
    assert sure.sum().round(6) == 91
    assert (sure[0] - 10).round(6) == (4 * (sure[1] - 10)).round(6)
    unsure = in_time(days, week, summing, np.concatenate([[1e12], unsure_days]))
    assert np.allclose(unsure, days, atol=1e-6)


def test_what_agrees_already_is_left_alone_play_by_play() -> None:
    rng = np.random.default_rng(2)
    summing = grain_sums(15)
    days = rng.gamma(3, 5, (4, 15))
    spread = rng.gamma(2, 2, 3 + 15)
    sums = days @ summing.T
    assert np.allclose(in_time(days, sums, summing, spread), days)
    moved = in_time(days, sums * 1.1, summing, spread)
    assert (moved.sum(axis=1) > days.sum(axis=1)).all()
