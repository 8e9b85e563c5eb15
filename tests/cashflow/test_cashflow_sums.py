"""Sums of many people's acts follow the calendar: the ridge learns it, and its bands hold."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from martlet.cashflow.calendar import chinese_calendar
from martlet.cashflow.ridge import MEMBERS, design, members
from martlet.cashflow.sums import (
    conformal,
    daily_quantiles,
    foretell_sums,
    parts,
    rolled_sums,
    spread,
    total_quantiles,
)

FIRST = date(2024, 1, 1)
DAYS, HORIZON = 420, 30
LEVELS = (0.1, 0.5, 0.9, 0.99)


def fund(days: int, noise: float = 0.05) -> np.ndarray:
    """A made-up fund: half as much moves on days off, and twice as much on a month's first."""
    features = chinese_calendar().features(FIRST, days, FIRST + timedelta(days=days))
    rest = features.holiday | ((features.weekday >= 5) & ~features.make_up)
    level = np.where(rest, 50.0, 100.0) * np.where(features.day_of_month == 1, 2.0, 1.0)
    rng = np.random.default_rng(11)
    return level * rng.lognormal(0, noise, (2, days))


def known(days: int, horizon: int = HORIZON):
    return chinese_calendar().features(FIRST, days + horizon, FIRST + timedelta(days=days - 1))


def test_a_holiday_and_a_months_first_day_are_foreseen() -> None:
    before_may = (date(2025, 4, 30) - FIRST).days + 1
    values = fund(before_may + 7)
    mean, _ = foretell_sums(values[:, :before_may], known(before_may, 7), 7)
    came = values[:, before_may:]
    assert abs(mean.sum() / came.sum() - 1) < 0.1
    assert mean[0, 1] < 75 < mean[0, 5], "the 2nd of May is off, the 6th is worked"


def test_no_member_reads_past_the_origin() -> None:
    values = fund(DAYS)
    features = design(known(DAYS))
    spoiled = values.copy()
    spoiled[:, 300:] = 1e9
    said = members(values[:, :300], features, 14)
    assert said.shape == (len(MEMBERS), 2, 14)
    assert np.array_equal(said, members(spoiled[:, :300], features, 14))


def test_bands_cover_about_what_they_say_and_never_cross() -> None:
    values = fund(DAYS + HORIZON, noise=0.2)
    inside = []
    for origin in range(DAYS - 56, DAYS, 7):
        mean, plays = foretell_sums(values[:, :origin], known(origin), HORIZON)
        bands = daily_quantiles(mean, plays, LEVELS)
        assert (np.diff(bands, axis=-1) >= 0).all()
        came = values[:, origin : origin + HORIZON]
        inside.append((came >= bands[..., 0]) & (came <= bands[..., 2]))
        totals = total_quantiles(mean, plays, 7, LEVELS)
        assert (np.diff(totals, axis=-1) >= 0).all()
    assert 0.7 < np.mean(inside) < 0.9


def test_rolling_says_what_each_origin_said_and_nothing_later_touches_it() -> None:
    values = fund(200)
    spoiled = values.copy()
    spoiled[:, 190:] = 1e9
    plays = rolled_sums(values, lambda count: known(count, 5), 5, 180)
    later = rolled_sums(spoiled, lambda count: known(count, 5), 5, 180)
    assert list(plays.origins) == list(range(180, 201))
    assert np.array_equal(plays.said[:11], later.said[:11])
    assert not np.array_equal(plays.said[11:], later.said[11:])
    mean, _ = foretell_sums(values[:, :190], known(190, 5), 5)
    assert np.allclose(plays.said[10], mean)
    assert np.array_equal(plays.came[0], values[:, 180:185])


def test_a_series_that_began_late_one_with_gaps_and_one_of_zeros_are_answered() -> None:
    values = np.vstack([fund(200), fund(200)])
    values[0, :120] = np.nan
    values[1, 50:60] = np.nan
    values[2] = 0.0
    mean, plays = foretell_sums(values, known(200, 10), 10)
    assert np.isfinite(mean).all()
    assert np.isfinite(daily_quantiles(mean, plays, LEVELS)).all()
    assert (mean[2] == 0).all()
    assert mean[0].mean() == pytest.approx(mean[3].mean(), rel=0.3)


def test_a_horizon_is_parted_without_gaps() -> None:
    assert list(parts(1)) == [(0, 1)]
    assert list(parts(30)) == [(0, 1), (1, 7), (7, 14), (14, 30)]
    assert list(parts(400))[-1] == (120, 366)


def test_conformal_steps_outwards() -> None:
    misses = np.arange(1.0, 100.0)
    assert list(conformal(misses, (0.1, 0.9, 0.99))) == [10.0, 90.0, 99.0]
    assert list(conformal(np.full(3, np.nan), (0.5,))) == [0.0]


def test_a_season_that_erred_to_one_side_moves_the_band_half_of_the_way() -> None:
    misses = np.full(99, 10.0)
    assert list(spread(misses, (0.1, 0.9))) == [0.0, 10.0]
    even = np.concatenate([np.arange(1.0, 50.0), -np.arange(1.0, 50.0)])
    assert np.allclose(spread(even, (0.1, 0.5, 0.9)), conformal(even, (0.1, 0.5, 0.9)), atol=1.0)


def test_days_that_no_play_reaches_have_a_band_all_the_same() -> None:
    values = fund(100)
    mean, plays = foretell_sums(values, known(100, 200), 200)
    bands = daily_quantiles(mean, plays, LEVELS)
    assert (bands[:, -1, 2] > bands[:, -1, 0]).all()
    totals = total_quantiles(mean, plays, 200, LEVELS)
    assert (totals[:, 2] > totals[:, 0]).all()
