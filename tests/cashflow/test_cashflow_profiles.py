"""The cheap tier: a weekday's share of a level, bands from what was missed before."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from martlet.cashflow import Ask, History, chinese_calendar, weekday_calendar
from martlet.cashflow.activity import activity_classes
from martlet.cashflow.empirical import pooled_quantiles, row_quantiles
from martlet.cashflow.profiles import Profiles
from martlet.cashflow.special_days import effects, kinds_of

MONDAY = date(2024, 1, 1)
ASK = Ask(28)


def _history(values, first_day: date = MONDAY) -> History:
    rows = np.atleast_2d(np.asarray(values, dtype=np.float64))
    return History(tuple(f"s{n}" for n in range(len(rows))), first_day, rows)


def _weekly(weeks: int, *days: float) -> list[float]:
    return list(days) * weeks


def test_a_shop_closed_on_sundays_is_expected_closed_on_sundays() -> None:
    history = _history(_weekly(20, 10, 10, 10, 10, 20, 30, 0))
    forecast = Profiles().forecast(history, ASK, weekday_calendar())
    assert forecast.days[0] == MONDAY + timedelta(days=140)
    assert forecast.mean[0, :7] == pytest.approx([10, 10, 10, 10, 20, 30, 0], abs=0.01)
    assert forecast.total_at(28, 0.5)[0] == pytest.approx(360, rel=0.01)


def test_the_mean_of_rare_payments_is_their_money_and_not_their_median() -> None:
    rng = np.random.default_rng(5)
    paid = np.where(rng.random((40, 364)) < 0.06, 1000.0, 0.0)
    forecast = Profiles().forecast(_history(paid), ASK, weekday_calendar())
    assert np.median(forecast.at(0.5)) < 20
    assert forecast.mean.sum() == pytest.approx(40 * 28 * 60, rel=0.15)


def test_a_band_covers_about_what_it_says() -> None:
    rng = np.random.default_rng(7)
    values = 100 * rng.gamma(4, 0.25, size=(150, 392))
    forecast = Profiles().forecast(_history(values[:, :364]), ASK, weekday_calendar())
    came = values[:, 364:]
    inside = (came >= forecast.at(0.1)) & (came <= forecast.at(0.9))
    assert 0.75 < inside.mean() < 0.87
    week = came[:, :7].sum(axis=1)
    covered = (week >= forecast.total_at(7, 0.1)) & (week <= forecast.total_at(7, 0.9))
    assert 0.7 < covered.mean() < 0.95


def test_a_spring_festival_that_closed_the_shops_closes_them_again() -> None:
    first = date(2022, 11, 1)
    count = (date(2025, 1, 20) - first).days + 1
    days = chinese_calendar().features(first, count, known_on=date(2025, 1, 20))
    rng = np.random.default_rng(11)
    values = rng.uniform(95, 105, size=(60, count))
    values[:, (days.spring_festival >= 0) & (days.spring_festival < 7)] = 4.0
    forecast = Profiles().forecast(_history(values, first), ASK, chinese_calendar())
    festival = forecast.days.index(date(2025, 1, 29))
    assert forecast.mean[:, festival : festival + 7].max() < 30
    assert forecast.mean[:, festival - 4].min() > 80


def test_holidays_of_another_country_are_left_alone() -> None:
    days = chinese_calendar().features(date(2023, 1, 2), 700, known_on=date(2025, 1, 1))
    values = np.random.default_rng(3).normal(100, 1, size=(50, 700))
    factors = effects(values, np.full(50, 4), days.weekday, kinds_of(days))
    assert np.abs(factors - 1).max() < 0.02


@pytest.mark.parametrize(
    "values",
    [[5.0], [5.0, 0.0, 7.0], [0.0] * 90, [np.nan] * 50 + [3.0], [1.0] + [np.nan] * 60, [-4.0] * 9],
)
def test_the_least_of_histories_has_an_answer(values: list[float]) -> None:
    forecast = Profiles().forecast(_history(values), Ask(56), chinese_calendar())
    assert np.isfinite(forecast.mean).all()
    assert np.isfinite(forecast.quantiles).all()
    assert all(np.isfinite(total).all() for total in forecast.cumulative.values())


VALUES = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=70),
    elements=st.one_of(st.floats(-1e9, 1e9), st.just(0.0), st.just(float("nan"))),
)


@given(VALUES)
@settings(max_examples=40, deadline=None)
def test_quantiles_rise_and_nothing_falls_below_what_never_did(values) -> None:
    known = values[~np.isnan(values).all(axis=1)]
    forecast = Profiles().forecast(
        _history(known) if len(known) else _history([[1.0]]), ASK, weekday_calendar()
    )
    scale = np.abs(forecast.quantiles).max(initial=1.0)
    assert (np.diff(forecast.quantiles, axis=2) >= -1e-9 * scale).all()
    assert all((np.diff(t, axis=1) >= -1e-9 * scale).all() for t in forecast.cumulative.values())
    never = ~(known < 0).any(axis=1)
    if len(known):
        assert (forecast.mean[never] >= 0).all()
        assert (forecast.quantiles[never] >= 0).all()


def test_few_samples_give_wide_quantiles() -> None:
    found, counts = row_quantiles(np.array([[1.0, 2.0, 3.0, np.nan]]), (0.25, 0.5, 0.99))
    assert found.tolist() == [[1.0, 2.0, 3.0]]
    assert counts.tolist() == [3]


def test_a_series_without_a_past_leans_on_its_class() -> None:
    samples = np.array([[-1.0, 0.0, 1.0], [np.nan, np.nan, np.nan]])
    found = pooled_quantiles(samples, np.array([2, 2]), (0.5,))
    assert found[1, 0] == 0.0


def test_classes_tell_still_rare_and_daily_apart_and_net_flows_too() -> None:
    values = np.zeros((4, 100))
    values[1, ::20] = 5
    values[2] = 5
    values[3] = np.tile([5.0, -5.0], 50)
    assert activity_classes(values).tolist() == [0, 1, 4, 9]
