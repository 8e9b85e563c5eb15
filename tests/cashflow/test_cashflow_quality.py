"""Forecasts of the bank's own firms played again: what counts, and what a figure stands on."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from martlet.cashflow import History, weekday_calendar
from martlet.cashflow.evaluation.quality import ALL, MEAN, METHODS, OURS, Quality, replayed

FIRST = date(2025, 1, 6)
DAYS = 300


def shops(count: int = 30, days: int = DAYS) -> History:
    """Return made-up shops: a weekly pattern with noise, every third one moving rarely."""
    chance = np.random.default_rng(11)
    week = np.array([1.0, 1.0, 1.0, 1.1, 1.3, 1.8, 1.6])
    values = 100_00 * week[np.arange(days) % 7] * chance.gamma(20, 0.05, (count, days))
    rare = chance.random((count, days)) < 0.25
    values[::3] *= rare[::3]
    return History(tuple(f"shop {at}" for at in range(count)), FIRST, values)


def seen(history: History) -> Quality:
    return replayed(history, weekday_calendar())


def test_bands_and_bias_of_a_steady_street_are_as_promised() -> None:
    found = seen(shops())
    week, month = found.whole
    assert (week.days, month.days) == (7, 28)
    for one in (week.figures, month.figures):
        assert one.series_count == 30
        assert one.plays_count == 30 * 6
        assert 0.7 <= one.day_coverage <= 0.9
        assert abs(one.bias) < 0.1
        assert set(one.errors) == set(METHODS)
    assert month.figures.errors[OURS] < month.figures.errors[MEAN] * 1.1


def test_segments_part_the_plays_and_every_origin_is_told() -> None:
    found = seen(shops())
    parts = [one for one in found.segments if one.name != ALL and one.days == 28]
    assert {one.name for one in parts} == {"sparse", "daily"}
    whole = found.whole[1].figures
    assert sum(one.figures.plays_count for one in parts) == whole.plays_count
    days = [origin.last_known for origin in found.course]
    assert days == sorted(days)
    assert days[-1] == FIRST + timedelta(days=DAYS - 1 - 28)
    assert all((b - a).days == 28 for a, b in itertools.pairwise(days))


def test_what_came_later_changes_no_earlier_origin() -> None:
    history = shops()
    longer = np.concatenate([history.values, 1e9 * np.ones((30, 28))], axis=1)
    later = seen(replace(history, values=longer))
    assert [one.figures.wape for one in later.course[:-1]] == pytest.approx(
        [one.figures.wape for one in seen(history).course[1:]]
    )


def test_a_series_counts_only_where_it_was_known_around_the_origin() -> None:
    history = shops()
    values = history.values.copy()
    values[0, :-50] = np.nan
    found = seen(replace(history, values=values))
    assert found.whole[0].figures.series_count == 29
    short = seen(History(("new",), FIRST, history.values[:1, :60]))
    assert short.segments == ()
    assert short.course == ()
