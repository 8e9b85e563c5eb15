"""Idle cash goes where it earns most and still pays what may fall due."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlet.kernel.errors import Invalid
from martlet.kernel.i18n import Locale
from martlet.treasury.allocation import (
    Held,
    Place,
    Situation,
    StandingOrder,
    fit_need,
    free_fen,
    plan_for,
    sentences,
)
from martlet.treasury.allocation.features import Features, needs
from martlet.treasury.allocation.limits import AGE_DAYS_MIN
from martlet.treasury.backtest import Panel, Rates, Term, play
from martlet.treasury.backtest.choosing import kept_to, learn, tail_for, task_for
from martlet.treasury.backtest.ours import Forecasts, Ours
from martlet.treasury.backtest.policies import Split

DAY = date(2026, 3, 2)
T0 = Place("t0", 14_000)
TERM28 = Place("term28", 22_000, 28)
TERM7 = Place("term7", 16_000, 7)
FREE = StandingOrder(consented_on=date(2026, 1, 1))


def shops(count: int = 12, days: int = 200, seed: int = 3) -> Panel:
    """Synthetic shops: takings daily, a large payment once a month."""
    rng = np.random.default_rng(seed)
    flow = rng.integers(0, 20_000, (count, days))
    flow[:, 0] = 1_000_000
    for row in range(count):
        flow[row, 10 + row % 7 :: 28] -= 280_000
    opened = np.zeros(count, np.int64)
    names = tuple(f"shop-{row}" for row in range(count))
    return Panel(names, date(2025, 1, 1), flow, flow.cumsum(1), opened)


def test_what_may_be_needed_is_not_locked_and_the_rest_is() -> None:
    situation = Situation(100_000_00, {1: 5_000_00, 28: 60_000_00}, 0.998)
    plan = plan_for(situation, (T0, TERM28), FREE, DAY)
    assert [(p.name, p.amount_fen) for p in plan.placements] == [
        ("term28", 40_000_00),
        ("t0", 60_000_00),
    ]
    assert plan.placements[0].until == DAY + timedelta(days=28)
    assert plan.placements[0].earns_fen == 40_000_00 * 22_000 * 28 // (365 * 1_000_000)


def test_several_terms_compete_and_the_longest_does_not_take_what_falls_due_before_it_ends() -> (
    None
):
    """Nothing much is needed this week, nearly everything by the fourth: the week is used."""
    pytest.importorskip("highspy")
    situation = Situation(100_000_00, {1: 0, 7: 10_000_00, 28: 95_000_00}, 0.998)
    plan = plan_for(situation, (T0, TERM7, TERM28), FREE, DAY)
    amounts = {p.name: p.amount_fen for p in plan.placements}
    assert amounts == {"term7": 85_000_00, "term28": 5_000_00, "t0": 10_000_00}


def test_an_instalment_plan_counts_what_will_still_be_paid_in() -> None:
    pytest.importorskip("highspy")
    monthly = Place("monthly", 25_000, 84, instalment_days=28)
    assert (monthly.instalments, monthly.fen_days()) == (3, 84 + 56 + 28)
    situation = Situation(90_000_00, {1: 0, 28: 30_000_00, 56: 30_000_00, 84: 30_000_00}, 0.998)
    plan = plan_for(situation, (T0, monthly, TERM28), FREE, DAY)
    amounts = {p.name: p.amount_fen for p in plan.placements}
    later = 3 * amounts.get("monthly", 0)
    assert later <= 60_000_00
    assert plan.locked_fen > 0


@given(
    st.integers(0, 10**12),
    st.lists(st.integers(0, 10**12), min_size=4, max_size=4),
    st.lists(st.tuples(st.integers(0, 10**11), st.integers(1, 28)), max_size=4),
)
def test_a_plan_never_locks_into_a_reserve_nor_moves_more_than_there_is(
    wealth: int, asked: list[int], lots: list[tuple[int, int]]
) -> None:
    situation = Situation(
        wealth,
        dict(zip((1, 7, 14, 28), asked, strict=True)),
        0.99,
        tuple(Held(amount, days) for amount, days in lots),
    )
    plan = plan_for(situation, (T0, TERM28), FREE, DAY)
    free = max(wealth - situation.locked_after_fen(0), 0)
    assert sum(p.amount_fen for p in plan.placements) + plan.account_fen == free
    if plan.locked_fen:
        earlier = 0
        for days in (1, 7, 14, 28):
            locked = situation.locked_after_fen(earlier) + plan.locked_fen
            assert wealth - locked >= max(
                situation.need_fen[d] for d in (1, 7, 14, 28) if d <= days
            )
            earlier = days


def test_a_standing_order_bounds_the_plan_and_says_whether_to_ask() -> None:
    situation = Situation(100_000_00, {28: 0}, 0.998)
    order = StandingOrder(10_000_00, 30_000_00, consented_on=DAY, valid_until=DAY)
    plan = plan_for(situation, (T0, TERM28), order, DAY)
    assert (plan.locked_fen, plan.account_fen, plan.needs_consent) == (
        30_000_00,
        10_000_00,
        False,
    )
    assert plan_for(situation, (T0, TERM28), order, DAY + timedelta(days=1)).needs_consent
    assert plan_for(situation, (T0, TERM28), StandingOrder(), DAY).needs_consent


def test_a_plan_is_told_in_both_languages() -> None:
    plan = plan_for(Situation(50_000_00, {28: 20_000_00}, 0.998), (T0, TERM28), FREE, DAY)
    english, chinese = sentences(plan, Locale.EN), sentences(plan, Locale.ZH_CN)
    assert english[0] == "¥30,000.00 into term28 until 30 Mar 2026: earns ¥50.63 if it stays."
    assert "到期" in chinese[0]
    assert len(english) == len(chinese)
    assert not [told for told in (*english, *chinese) if "allocation." in told or "{" in told]


def test_a_need_that_says_nothing_is_refused() -> None:
    with pytest.raises(Invalid):
        Situation(1, {}, 0.99)


def test_the_reserve_is_a_share_of_all_the_wealth_not_of_what_is_liquid() -> None:
    """As a share of the liquid part, each morning would lock a part of what the last one left."""
    wealth, share = np.array([1_000_000]), np.array([[400_000]])
    locked = np.zeros(1, np.int64)
    for _ in range(20):
        held = locked.copy()
        locked += free_fen(wealth, share, (28,), lambda _days, held=held: held, 28)
    assert locked.tolist() == [600_000]


def test_every_morning_counts_so_that_the_largest_payment_is_never_missed() -> None:
    """A payment on an odd day is a one-day need of that morning and of no other."""
    panel = shops(2, 60)
    panel.flow_fen[0, 41] -= 600_000
    panel.balance_fen[:] = panel.flow_fen.cumsum(1)
    features = Features(panel)
    by_day = [float(needs(features, day, (1,), None, 1)[0, 0]) for day in range(30, 59)]
    assert int(np.argmax(by_day)) + 30 == 41
    model = fit_need(shops(), (1,), None, np.arange(12) % 4, boosted=False)
    days = 200 - AGE_DAYS_MIN
    assert model.rows_count == 12 * days - 12
    assert len(model.calibrations[0].factors) == model.rows_count, "the last morning has its day"


def test_features_and_needs_of_the_past_do_not_change_with_the_future() -> None:
    panel = shops()
    later = Panel(
        panel.account_ids,
        panel.first_day,
        np.hstack([panel.flow_fen[:, :120], panel.flow_fen[:, 120:] * 3]),
        panel.balance_fen.copy(),
        panel.opened,
    )
    later.balance_fen[:] = later.flow_fen.cumsum(1)
    assert (Features(panel).at(120) == Features(later).at(120)).all()
    short = Features(panel.until(120))
    assert np.isnan(needs(short, 100, (28,), None, 1)).all(), "not known yet, so not learnt from"


@pytest.mark.parametrize("boosted", [False, True])
def test_the_calibrated_need_covers_what_it_promises(boosted: bool) -> None:
    if boosted:
        pytest.importorskip("lightgbm")
    panel = shops(24)
    parts = np.arange(24) % 4
    model = fit_need(panel.until(150), (7, 28), None, parts, boosted=boosted)
    features, seen = Features(panel), []
    for day in range(150, 170):
        kept = model.term_ppm(model.forecast(features.at(day)), 0.99)
        needed = needs(features, day, (7, 28), None, 1)
        seen.append(needed * 1_000_000 <= kept)
    assert np.concatenate(seen).mean() > 0.95


def test_ours_earns_more_than_t0_and_is_hardly_ever_short_where_the_month_repeats() -> None:
    panel, rates = shops(), Rates(2_000, 14_000, (Term(28, 22_000),))
    task = replace(task_for(panel, np.arange(12), rates, None, 0.5, 48), boosted=False)
    learnt = learn(panel.until(140), task)
    forecasts = Forecasts(panel, learnt.model, 140, None)
    outcome = play(panel, rates, Ours(forecasts, learnt.levels_for(0.5)), start=140)
    bold = play(panel, rates, Split(0, 900_000), start=140)
    assert outcome.short_days.sum() <= 2 < bold.short_days.sum()
    assert outcome.yield_centi_bp() > 150_00


def test_a_higher_level_never_locks_more() -> None:
    panel = shops()
    model = fit_need(panel.until(140), (1, 7, 14, 28), None, np.arange(12) % 4, boosted=False)
    raw = model.forecast(Features(panel).at(140))
    kept = [model.term_ppm(raw, level) for level in (0.9, 0.99, 0.999)]
    assert (kept[0] <= kept[1]).all()
    assert (kept[1] <= kept[2]).all()


def test_where_more_is_needed_in_money_more_of_the_common_risk_is_run() -> None:
    """A short day counts one for everybody, but a locked half of much earns much."""
    panel = shops()
    model = fit_need(panel.until(140), (1, 28), None, np.arange(12) % 4, boosted=False)
    alike = np.full((3, 2), 0.2)
    wealth = np.array([10_000, 1_000_000, 100_000_000])
    levels = model.levels(alike, wealth, 0.002)
    assert (np.diff(levels, axis=0) < 0).all()
    bolder = model.levels(alike, wealth, 0.004)
    assert (bolder < levels).all()


def test_a_cap_is_prepared_for_where_large_payments_come_and_nowhere_else() -> None:
    """Two shops of three pay on the 28th morning what T+0 cannot pay in a day; the third never."""
    rng = np.random.default_rng(11)
    flow = rng.integers(0, 20_000, (24, 200))
    flow[:, 0] = 1_000_000
    for row in range(24):
        if row % 3:
            flow[row, 10 + row % 7 :: 28] -= 280_000
    opened = np.zeros(24, np.int64)
    names = tuple(f"shop-{row}" for row in range(24))
    panel = Panel(names, date(2025, 1, 1), flow, flow.cumsum(1), opened)
    pytest.importorskip("lightgbm")
    model = fit_need(panel.until(170), (1, 28), 150_000, np.arange(24) % 4, boosted=True)
    assert model.chances is not None
    features = Features(panel)
    held = []
    for day in range(170, 198):
        wealth = panel.balance_fen[:, day - 1]
        chances = model.chances.at(features.at(day), features.wealth(day))
        assert (np.diff(chances, axis=1) <= 0).all(), "more on the account is never more risk"
        cautious = model.chances.account_fen(chances, wealth, 1_000.0)
        assert (cautious >= model.chances.account_fen(chances, wealth, 100.0)).all()
        assert (cautious <= wealth).all()
        held.append(cautious)
    paying = np.arange(24) % 3 > 0
    mean = np.mean(held, axis=0)
    assert mean[paying].mean() > 10 * mean[~paying].mean()


@given(
    st.lists(st.integers(0, 40), min_size=5, max_size=5),
    st.floats(0, 60),
    st.floats(0, 60),
)
def test_more_accepted_risk_never_turns_the_dial_back(
    counts: list[int], one: float, other: float
) -> None:
    tails = (0.0005, 0.001, 0.002, 0.004, 0.008)
    careful, bold = sorted((one, other))
    found = [tail_for(kept_to(accepted), tails, counts) for accepted in (careful, bold)]
    assert tails[0] <= found[0] <= found[1] <= tails[-1]
