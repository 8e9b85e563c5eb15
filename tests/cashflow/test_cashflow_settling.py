"""A crowd's means: typical of each firm, true of all together, and days that keep their shape."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlet.cashflow import Ask, History, Tier, chinese_calendar, forecast
from martlet.cashflow.blend import Window, weighed
from martlet.cashflow.rules import RULES, by_rule
from martlet.cashflow.settling import foretold_whole, is_crowd, settled, shared

LEVELS = (0.1, 0.5, 0.9)
MONDAY = date(2024, 1, 1)


def workshops(count: int = 30, days: int = 400, seed: int = 3) -> History:
    """Made-up firms that are paid now and then, and once in a while for a very large order."""
    random = np.random.default_rng(seed)
    paid = random.random((count, days)) < random.uniform(0.02, 0.5, (count, 1))
    usual = 10.0 ** random.uniform(3.0, 7.0, (count, 1))
    values = np.where(paid, usual * random.lognormal(0.0, 1.5, (count, days)), 0.0)
    return History(tuple(f"F{n:02d}" for n in range(count)), MONDAY, values)


@given(
    totals=st.lists(st.floats(0.0, 1e9), min_size=1, max_size=40),
    ratio=st.floats(0.6, 1.4),
)
def test_shares_add_up_to_the_whole_and_nothing_gets_nothing(
    totals: list[float], ratio: float
) -> None:
    given_totals = np.array(totals)
    whole = ratio * float(given_totals.sum())
    found = shared(given_totals, 2.0 * given_totals, whole)
    assert found.sum() == pytest.approx(whole, rel=1e-6, abs=1e-6)
    assert (found >= 0.0).all()
    assert (found <= 2.01 * given_totals).all()
    assert (found[given_totals == 0.0] == 0.0).all()


def test_a_whole_that_is_far_off_is_believed_half_way() -> None:
    totals = np.array([100.0, 100.0])
    np.testing.assert_allclose(shared(totals, totals, 1_000.0), [150.0, 150.0])


def test_a_steady_firm_gives_nothing_and_an_uncertain_one_all() -> None:
    found = shared(np.array([100.0, 100.0]), np.array([0.0, 80.0]), 230.0)
    np.testing.assert_allclose(found, [100.0, 130.0])


def test_settled_days_keep_their_shape_and_add_up_to_the_whole() -> None:
    history = workshops()
    said = by_rule(RULES["weekday mean"], history, Ask(56, LEVELS, (28, 56)))
    days = chinese_calendar()
    found = settled(said, history, 1.0, days)
    whole = foretold_whole(history, said.mean[:, :28].sum(axis=1), days)
    assert found.mean[:, :28].sum() == pytest.approx(whole, rel=1e-9)
    shape = found.mean / np.maximum(found.mean.sum(axis=1, keepdims=True), 1e-9)
    before = said.mean / np.maximum(said.mean.sum(axis=1, keepdims=True), 1e-9)
    kept = (said.mean.sum(axis=1) > 0) & (found.mean.sum(axis=1) > 0)
    np.testing.assert_allclose(shape[kept], before[kept], atol=1e-9)
    np.testing.assert_array_equal(found.quantiles, said.quantiles)


def test_each_currency_is_a_whole_apart() -> None:
    """Yen that are many do not lend their gap to yuan."""
    history = workshops(40)
    money = ("CNY",) * 20 + ("JPY",) * 20
    apart = replace(history, currencies=money)
    more = replace(apart, values=history.values * np.where(np.arange(40) < 20, 1.0, 50.0)[:, None])
    days, ask = chinese_calendar(), Ask(28, LEVELS, (28,))
    first, second = (
        settled(by_rule(RULES["mean of 28 days"], one, ask), one, 1.0, days)
        for one in (apart, more)
    )
    np.testing.assert_allclose(first.mean[:20], second.mean[:20])


def test_few_series_net_flows_and_busy_shops_are_no_crowd() -> None:
    history = workshops()
    assert is_crowd(history.values)
    assert not is_crowd(history.values[:19])
    assert not is_crowd(history.values - history.values[::-1])
    assert not is_crowd(history.values + 1.0)
    opening = history.values + 1.0
    opening[:, :-20] = np.nan
    assert not is_crowd(opening)


def test_a_short_span_keeps_expectations() -> None:
    """Over a week the typical total of a firm that is paid twice a month is nothing."""
    history = workshops()
    said = by_rule(RULES["mean of 28 days"], history, Ask(14, LEVELS, (7, 14)))
    assert settled(said, history, 1.0, chinese_calendar()) is said


def test_odd_series_survive_beside_healthy_ones_and_levels_are_those_asked_for() -> None:
    history = workshops(24, days=190)
    values = history.values.copy()
    values[0] = 0.0
    values[1] = 700.0
    values[2, :-3] = np.nan
    values[3, :120] = np.nan
    values[4, -100:] = 0.0
    odd = replace(history, values=values)
    said = forecast(odd, 28, (0.05,), cumulative_days=(7,), tier=Tier.AUTO)
    assert said.levels == (0.05,)
    assert set(said.cumulative) == {7}
    assert np.isfinite(said.mean).all()
    assert np.isfinite(said.quantiles).all()
    assert (said.quantiles >= 0.0).all()
    assert (said.cumulative[7] >= 0.0).all()
    assert said.mean[0].sum() == pytest.approx(0.0, abs=1e-6)
    assert said.mean[1].mean() == pytest.approx(700.0, rel=0.25)
    assert said.mean[4].sum() < 0.2 * values[4, :90].mean() * 28


def test_a_lean_is_chosen_where_large_orders_are_rare() -> None:
    """Nine firms of ten take 100 of their unit and one 1,000, and nobody knows which: 190."""
    history = workshops(40)
    size = 10.0 ** np.linspace(2.0, 6.0, 40)[:, None]
    ask = Ask(28, LEVELS, (28,))
    plain = by_rule(RULES["mean of 364 days"], history, ask)
    told = replace(
        plain,
        mean=np.repeat(190.0 * size / 28, 28, axis=1),
        cumulative={28: size * np.array([100.0, 100.0, 1_000.0])},
    )
    came = np.repeat(np.where(np.arange(40) % 10 == 5, 1_000.0, 100.0)[:, None] * size / 28, 28, 1)
    known = np.where(np.arange(400) % 5 == 0, 5.0 * 190.0 * size / 28, 0.0)
    windows = [Window(known, came, {"one": told, "other": told})]
    assert weighed(windows).lean > 0.0
    assert weighed(windows).mean[-1] == 0.0
