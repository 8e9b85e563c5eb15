"""A policy for idle cash is played on what happened: what it earned, and when it could not pay."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from martlet.kernel.errors import Invalid
from martlet.treasury.backtest import Morning, Orders, Panel, Rates, Term, parse_rates, play
from martlet.treasury.backtest.choosing import task_for
from martlet.treasury.backtest.policies import Foresight, Split
from martlet.treasury.backtest.renewing import Renewing
from martlet.treasury.backtest.run import Setting, backtest

if TYPE_CHECKING:
    from collections.abc import Sequence

RATES = parse_rates("current=0.002,t0=0.014,term28=0.022")


def panel_of(*flows: Sequence[int]) -> Panel:
    flow = np.array(flows, np.int64)
    names = tuple(str(row) for row in range(len(flows)))
    return Panel(names, date(2026, 1, 1), flow, flow.cumsum(1), np.zeros(len(flows), np.int64))


class Fixed:
    """Orders the same every morning, and remembers what it was shown."""

    def __init__(self, current: int, *terms: int) -> None:
        self.current, self.terms = current, terms
        self.seen: list[Morning] = []
        self.wealth: list[int] = []

    def orders(self, morning: Morning) -> Orders:
        self.seen.append(morning)
        self.wealth.append(int(morning.wealth_fen[0]))
        here = np.ones_like(morning.current_fen)
        return Orders(here * self.current, tuple(here * term for term in self.terms))


def test_money_in_t0_earns_from_the_evening_of_the_morning_it_is_moved() -> None:
    outcome = play(panel_of([1_000_00] + [0] * 10), RATES, Fixed(0), start=1)
    assert outcome.interest_ppm_fen_days.sum() == 1_000_00 * 10 * 14_000
    assert outcome.yield_centi_bp() == 140_00


def test_what_comes_in_pays_what_goes_out_on_the_same_day() -> None:
    """Flows are net: the day's takings stand behind the day's payments."""
    outcome = play(panel_of([100, 0, 500 - 550]), RATES, Fixed(0), start=1)
    assert outcome.short_days.sum() == 0


def test_a_term_is_broken_only_for_what_nothing_else_can_pay_and_loses_its_interest() -> None:
    once = Rates(2_000, 14_000, (Term(28, 22_000),))

    class Once(Fixed):
        def orders(self, morning: Morning) -> Orders:
            asked = super().orders(morning)
            return asked if morning.day == 1 else Orders(asked.current_fen)

    outcome = play(panel_of([1000, 0, 0, -500]), once, Once(100, 600), start=1)
    assert outcome.broken_fen.sum() == 100, "100 current, 300 T+0, then the term"
    assert outcome.short_days.sum() == 1
    assert outcome.forgone_ppm_fen_days.sum() == 100 * 2 * 20_000, "two evenings at 2.2 % - 0.2 %"


def test_a_term_comes_back_on_the_morning_it_is_due() -> None:
    fixed = Fixed(0, 1000)
    rates = Rates(0, 0, (Term(3, 10_000),))
    outcome = play(panel_of([1000, 0, 0, 0, 0, 0, 0]), rates, fixed, start=1)
    assert [int(seen.current_fen[0]) for seen in fixed.seen] == [1000, 0, 0, 1000, 0, 0]
    assert outcome.interest_ppm_fen_days.sum() == 1000 * 6 * 10_000


def test_t0_pays_no_more_than_its_daily_cap() -> None:
    flows = panel_of([1000, 0, -300, -200])
    outcome = play(flows, RATES, Fixed(0), start=1, cap_fen=200)
    assert outcome.short_days.tolist() == [2], "the hundred that was short is owed next morning"
    assert play(flows, RATES, Fixed(0), start=1).short_days.tolist() == [0]


@settings(deadline=None)
@given(
    st.lists(st.integers(-10_000, 10_000), min_size=6, max_size=30),
    st.integers(0, 5_000),
    st.integers(0, 5_000),
    st.none() | st.integers(0, 3_000),
)
def test_no_policy_makes_or_loses_money(
    flows: list[int], current: int, term: int, cap: int | None
) -> None:
    panel = panel_of([20_000, *flows])
    fixed = Fixed(current, term)
    outcome = play(panel, Rates(2_000, 14_000, (Term(4, 22_000),)), fixed, start=1, cap_fen=cap)
    assert fixed.wealth == panel.balance_fen[0, :-1].tolist()
    assert outcome.wealth_fen_days.sum() == panel.balance_fen[0, 1:].sum()


@settings(deadline=None)
@given(st.lists(st.integers(-3_000, 3_000), min_size=40, max_size=60), st.integers(500, 4_000))
def test_foresight_is_short_only_where_all_the_wealth_could_not_pay(
    flows: list[int], cap: int
) -> None:
    panel = panel_of([40_000, *flows])
    floor = ((panel.flow_fen < 0) & (panel.balance_fen < 0)).sum()
    for limit in (None, cap):
        outcome = play(panel, RATES, Foresight(), start=1, cap_fen=limit)
        assert outcome.short_days.sum() >= floor
        if panel.balance_fen.min() >= 0:
            assert outcome.short_days.sum() == 0


def test_a_policy_does_not_see_the_day_it_decides_for() -> None:
    """Whoever changes the future changes no order of the past."""
    rng = np.random.default_rng(7)
    flows = rng.integers(-500, 600, (3, 90))
    flows[:, 0] = 50_000
    later = flows.copy()
    later[:, 60:] += 1_000
    seen: list[list[int]] = []
    for each in (flows, later):
        watched = Split(100_000, 500_000)
        asked: list[int] = []

        class Watch:
            def orders(self, morning: Morning) -> Orders:
                found = watched.orders(morning)  # noqa: B023 - played at once
                if morning.day <= 60:
                    asked.append(int(found.current_fen.sum()))  # noqa: B023 - as above
                return found

        play(panel_of(*each.tolist()), RATES, Watch(), start=50)
        seen.append(asked)
    assert seen[0] == seen[1]


def test_ours_orders_the_same_whatever_comes_later() -> None:
    """Learning again inside the window reads only what is past; so does the count of shortfalls."""
    rng = np.random.default_rng(9)
    flows = rng.integers(-4_000, 4_400, (16, 150))
    flows[:, 0] = 900_000
    later = flows.copy()
    later[:, 130:] -= 3_000
    seen: list[list[list[int]]] = []
    for each in (flows, later):
        panel = panel_of(*each.tolist())
        task = replace(task_for(panel, np.arange(16), RATES, 3_000, 1.0, 30), boosted=False)
        policy = Renewing(panel, task, 90)
        asked: list[list[int]] = []

        class Watch:
            def orders(self, morning: Morning) -> Orders:
                found = policy.orders(morning)  # noqa: B023 - played at once
                if morning.day <= 130:
                    asked.append(found.current_fen.tolist())  # noqa: B023 - as above
                    asked.append(found.terms_fen[0].tolist())  # noqa: B023 - as above
                return found

        play(panel, RATES, Watch(), start=90, cap_fen=3_000)
        assert [told["day"] for told in policy.renewals] == [
            panel.day(90),
            panel.day(118),
            panel.day(146),
        ]
        seen.append(asked)
    assert seen[0] == seen[1]


def test_shortfalls_above_the_accepted_risk_make_the_next_stretch_careful() -> None:
    """The rate is met over the months: what was too much is made good, within bounds."""
    panel = panel_of(*[[900_000] + [100, -100] * 70] * 16)
    task = replace(task_for(panel, np.arange(16), RATES, None, 4.0, 30), boosted=False)
    accepted = []
    for short in (0, 3, 40):

        class Unlucky(Renewing):
            def orders(self, morning: Morning) -> Orders:
                days = np.zeros_like(morning.short_days)
                days[0] = short  # noqa: B023 - played at once
                return super().orders(replace(morning, short_days=days))

        policy = Unlucky(panel, task, 90)
        play(panel, RATES, policy, start=90)
        accepted.append([float(told["accepted_short"]) for told in policy.renewals])
    assert accepted[0] == accepted[0][:1] * 2, "fewer shortfalls than accepted are not spent"
    assert accepted[0][1] == 2.0, "half of it, as the season ahead has not been seen"
    assert accepted[0][1] > accepted[1][1] > accepted[2][1] == 1.0


def test_rates_are_read_by_name() -> None:
    assert parse_rates("t0=1.4%,current=0.002,term7=0.016,term28=0.022") == Rates(
        2_000, 14_000, (Term(7, 16_000), Term(28, 22_000))
    )
    for wrong in ("current=0.002", "current=0.002,t0=2", "current=0,t0=0,term0=0.1", "x=1"):
        with pytest.raises(Invalid):
            parse_rates(wrong)


def test_an_account_without_history_does_not_play() -> None:
    with pytest.raises(Invalid, match="history_short"):
        backtest(panel_of([100] * 30), Setting(RATES, window_days=10, history_days=48))
